"""`performer import`: what was found, where it is, and one sentence when it cannot be."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from rich.console import Console

from models.canvas import canvas_of
from models.checkpoint import load_checkpoint
from models.importers.refusal import ImporterError
from models.networks import Generator, Widths
from performer.commands.import_ import import_
from performer.commands.instrument import load_instrument

WIDTHS = Widths(64, 16, z_dim=8, w_dim=8, mapping_layers=2)


def rosinality(path: Path) -> Path:
    """A file whose every name is rosinality's, the noise left out."""
    state = Generator(canvas_of(8, 8), WIDTHS).state_dict()
    layers = {"conv1": "b4.conv1", "convs.0": "b8.conv0", "convs.1": "b8.conv1",
              "to_rgb1": "b4.torgb", "to_rgbs.0": "b8.torgb"}  # fmt: skip
    told = {"input.input": state["synthesis.b4.const"][None]}
    for index in (0, 1):
        for kind in ("weight", "bias"):
            told[f"style.{index + 1}.{kind}"] = state[f"mapping.fc{index}.{kind}"]
    for there, ours in layers.items():
        bias = state[f"synthesis.{ours}.bias"]
        colours = there.startswith("to_rgb")
        told[f"{there}.bias" if colours else f"{there}.activate.bias"] = bias
        told[f"{there}.conv.weight"] = state[f"synthesis.{ours}.weight"][None]
        for kind in ("weight", "bias"):
            affine = state[f"synthesis.{ours}.affine.{kind}"]
            told[f"{there}.conv.modulation.{kind}"] = affine
    torch.save({"g_ema": told}, path)
    return path


def test_it_tells_what_was_found_and_the_model_plays(tmp_path: Path) -> None:
    path = rosinality(tmp_path / "my [old].pt")
    console = Console(file=io.StringIO(), width=200)
    import_(path, None, "CC0", console)
    words = console.file.getvalue()  # type: ignore[attr-defined]
    out = tmp_path / "my [old].safetensors"
    for part in ("StyleGAN2 by rosinality", "my [old].pt", "CC0", "8x8", "16, 8",
                 f'Play it: performer play --model "{out}"'):  # fmt: skip
        assert part in words, words
    instrument = load_instrument("drift", out, "cpu")
    assert instrument.engine().frame(0.0, 0.0, ()) is not None
    assert "a grid" in words and "Looking for directions in " in words
    assert load_checkpoint(out).directions is not None
    assert out.with_suffix(".png").exists() and "CC0" in out.with_suffix(".md").read_text()
    with pytest.raises(ImporterError, match="is there already"):
        import_(path, None, "", console)


def test_a_hostile_file_is_one_sentence_and_exit_status_1(tmp_path: Path) -> None:
    path, trace = tmp_path / "hostile.pkl", tmp_path / "executed"
    path.write_bytes(b"\x80\x02cos\nsystem\n\x8c\x0etouch executed\x85R.")
    ended = subprocess.run(
        [sys.executable, "-c", "from performer.cli import main; main()", "import", str(path)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    assert "hostile.pkl: it asks for os.system, which no model needs" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert not trace.exists() and sorted(tmp_path.iterdir()) == [path]
