"""Train on a folder, stop, go on and play what came out: the real commands, in real processes."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from parts import running, wait_until
from PIL import Image

from models.checkpoint import load_checkpoint

pytestmark = pytest.mark.live

PERFORMER = (sys.executable, "-c", "from performer.cli import main; main()")
TINY = ("--size", "32x16", "--device", "cpu", "--channel-base", "64", "--channel-max", "16")
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "COLUMNS": "200", "NO_COLOR": "1"}
DEADLINE_S = 60.0


def paint(folder: Path, seed: int) -> None:
    """24 tiny images."""
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(seed)
    for index in range(24):
        pixels = random.integers(0, 256, (2, 4, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((64, 32), Image.Resampling.BICUBIC).save(
            folder / f"{index:02}.png"
        )


def performer(*arguments: object) -> tuple[int, str]:
    """A command's exit status and all that it said."""
    with running(*PERFORMER, *map(str, arguments), **ENVIRONMENT) as process:
        said, _ = process.communicate(timeout=DEADLINE_S)
    assert "Traceback" not in said, said
    return process.returncode, said


def one_sentence(said: str) -> bool:
    """Whether it is one line with no report of a crash."""
    return said.count("\n") == 1 and "Details:" not in said


def test_train_stop_go_on_and_play(tmp_path: Path) -> None:
    images, run = tmp_path / "images", tmp_path / "tides"
    paint(images, seed=1)
    originals = {path.name: path.read_bytes() for path in images.iterdir()}
    (images / "broken [old].png").write_bytes(b"no image")

    train = (*PERFORMER, "train", str(images), "--out", str(run))
    with running(*train, *TINY, "--kimg", "1000", "--seed", "4", **ENVIRONMENT) as process:
        wait_until((run / "latest.safetensors").exists, DEADLINE_S, "the first grid")
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0 and "Traceback" not in said, said
    assert "24 images on 32x16" in said
    assert "broken [old].png: no image" in said
    assert f"performer train {images} --out {run} --resume" in said
    assert f"performer play {run}" in said
    stopped = load_checkpoint(run / "latest.safetensors").manifest
    assert stopped.kimg < 900 and stopped.images.count == 24

    status, said = performer("train", images, "--out", run, *TINY)
    assert status == 1 and one_sentence(said) and "go on with --resume" in said

    goal = stopped.kimg + 0.2
    status, said = performer("train", images, "--out", run, "--resume", "--kimg", goal)
    assert status == 0 and "Stopped" not in said, said
    manifest = load_checkpoint(run / "latest.safetensors").manifest
    assert goal - 1e-6 <= manifest.kimg < goal + 0.05
    assert (manifest.seed, manifest.images) == (4, stopped.images), "the recipe is the run's own"
    assert str(manifest.canvas) == "32x16" and manifest.widths.channel_max == 16
    assert len(list((run / "samples").iterdir())) >= 2 and (run / "log.csv").exists()
    assert {name: (images / name).read_bytes() for name in originals} == originals

    stats = tmp_path / "stats.json"
    status, said = performer(
        "play", "--model", run, "--headless", "--frames", 30, "--osc", "none", "--midi", "none",
        "--device", "cpu", "--stats", stats,
    )  # fmt: skip
    assert status == 0, said
    measured = json.loads(stats.read_text())
    assert measured["frames"] == 30 and measured["errors"] == 0

    shutil.rmtree(images)
    paint(images, seed=2)
    saves = {path: path.read_bytes() for path in (run / "saves").iterdir()}
    status, said = performer("train", images, "--out", run, "--resume", "--kimg", goal + 1)
    assert status == 1 and "does not hold the images that this run was trained on" in said, said
    assert re.search(r"^[^\n]+trained on[^\n]*\n\Z", said, re.MULTILINE)
    assert {path: path.read_bytes() for path in (run / "saves").iterdir()} == saves

    status, said = performer(
        "train", images, "--out", run, "--resume", "--kimg", goal + 0.1, "--changed-images"
    )
    assert status == 0, said
    assert load_checkpoint(run / "latest.safetensors").manifest.images.fingerprint != (
        manifest.images.fingerprint
    )


def test_what_cannot_be_trained_on_is_one_sentence(tmp_path: Path) -> None:
    images, run = tmp_path / "images", tmp_path / "run"
    paint(images, seed=1)
    asked = {
        "unknown loss": (images, *TINY, "--loss", "wasserstein"),
        "no folder": (tmp_path / "nowhere [old]", *TINY),
        "a file": (images / "00.png", *TINY),
        "no canvas": (images, "--device", "cpu", "--size", "300x7"),
        "no run": (images, *TINY, "--resume"),
    }
    wanted = {
        "unknown loss": '--loss "wasserstein" is unknown; use nonsaturating, minimax, hinge or rp',
        "no folder": "no such folder",
        "a file": "no such folder",
        "no canvas": "300x7 is not a canvas",
        "no run": "holds no run to resume",
    }
    processes = {
        what: subprocess.Popen(
            [*PERFORMER, "train", *map(str, arguments), "--out", str(run)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | ENVIRONMENT,
        )
        for what, arguments in asked.items()
    }
    for what, process in processes.items():
        said, _ = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 1, f"{what}: {said}"
        assert wanted[what] in said and "Traceback" not in said and "Details:" not in said, said
    assert not run.exists(), "nothing is left behind"
