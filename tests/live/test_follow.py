"""Playing a run while it trains: real processes, real files."""

import json
import os
import signal
import subprocess
from pathlib import Path

import msgspec
import pytest
import torch
from parts import running, wait_until
from test_train_then_play import DEADLINE_S, ENVIRONMENT, PERFORMER, TINY, paint

from models.canvas import parse_size
from models.checkpoint import load_checkpoint, save_checkpoint
from models.networks import Generator

pytestmark = pytest.mark.live

PLAY = ("--headless", "--device", "cpu", "--osc", "none", "--midi", "none")


def hear(process: subprocess.Popen[str], words: str) -> str:
    """The next line that holds the words."""
    line = ""

    def heard() -> bool:
        nonlocal line
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f'it ended without "{words}"'
        return words in line

    wait_until(heard, DEADLINE_S, words)
    return line


def grow(path: Path) -> None:
    """Replace a snapshot by one of twice its size."""
    manifest = load_checkpoint(path).manifest
    torch.manual_seed(1)
    canvas = parse_size("64x32")
    manifest = msgspec.structs.replace(manifest, canvas=canvas, kimg=99.0)
    save_checkpoint(path, Generator(canvas, manifest.widths), manifest)


def test_a_run_is_played_while_it_trains(tmp_path: Path) -> None:
    images, run, stats = tmp_path / "images", tmp_path / "tides", tmp_path / "stats.json"
    paint(images, seed=1)
    newest = run / "latest.safetensors"
    train = (*PERFORMER, "train", str(images), "--out", str(run), *TINY, "--kimg", "1000")
    play = (*PERFORMER, "play", str(run), *PLAY, "--seconds", "300", "--stats", str(stats))
    with running(*train, **ENVIRONMENT) as training:
        wait_until((run / "model.safetensors").exists, DEADLINE_S, "the first model")
        with running(*play, **ENVIRONMENT) as playing:
            hear(playing, "Playing Drift (32x16)")
            training.send_signal(signal.SIGINT)
            said, _ = training.communicate(timeout=DEADLINE_S)
            assert training.returncode == 0, said
            kimg = load_checkpoint(newest).manifest.kimg
            assert f"took tides at {kimg:.1f} kimg" in hear(playing, "took") and kimg > 0
            newest.write_bytes(os.urandom(4000))
            hear(playing, "refused, latest.safetensors: damaged, cut short")
            grow(run / "model.safetensors")
            os.replace(run / "model.safetensors", newest)
            hear(playing, "took tides at 99.0 kimg")
            playing.send_signal(signal.SIGTERM)
            said, _ = playing.communicate(timeout=DEADLINE_S)
    assert playing.returncode == 0 and "Traceback" not in said, said
    measured = json.loads(stats.read_text())
    received = measured["events_received"]
    assert received["model"] == 2 and received["refusal"] == 1
    assert measured["latency_ms"]["model"]["count"] == 2
    assert measured["errors"] == 0 and measured["frames"] > 60


def test_a_folder_without_a_model_is_one_sentence(tmp_path: Path) -> None:
    with running(*PERFORMER, "play", str(tmp_path), *PLAY, **ENVIRONMENT) as process:
        said, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 1 and said.count("\n") == 1, said
    assert f"{tmp_path} holds no model yet" in said and "every few minutes" in said
