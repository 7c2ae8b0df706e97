"""What may happen to a training run: killed, out of disk, images replaced, several processes."""

import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
import torch
from parts import running, wait_until
from test_train_then_play import DEADLINE_S, ENVIRONMENT, PERFORMER, TINY, paint, performer

from models.checkpoint import load_checkpoint
from models.saves import Saves

pytestmark = pytest.mark.live

# Saves after every step, so that a kill falls into one.
EAGER = (
    sys.executable, "-c",
    "from models import run, walk; run.SNAPSHOT_EVERY_S = 0; run.SNAPSHOT_SHARE = 1e9; "
    "walk.SECONDS = 1; import models.judge; models.judge.MOST = 20; "
    "from performer.cli import main; main()",
)  # fmt: skip


def state(run: Path) -> dict[str, torch.Tensor]:
    return Saves(run).load()[1]


def test_a_run_killed_while_it_saves_goes_on_bit_by_bit(tmp_path: Path) -> None:
    images, run, whole = tmp_path / "images", tmp_path / "run", tmp_path / "whole"
    paint(images, seed=1)
    train = ("train", str(images), "--out", str(run))
    asked: tuple[str, ...] = (*TINY, "--seed", "4", "--batch", "4")
    for delay_s in (0.3, 0.05, 0.6):
        with running(*EAGER, *train, *asked, "--kimg", "1000", **ENVIRONMENT) as process:
            known = len(Saves(run).files)
            wait_until(lambda n=known: len(Saves(run).files) > n, DEADLINE_S, "a new save")
            time.sleep(delay_s)
            process.send_signal(signal.SIGKILL)
            process.wait(DEADLINE_S)
        asked = ("--resume",)
        state(run)
        load_checkpoint(run / "latest.safetensors")
        load_checkpoint(run / "model.safetensors")
        for path in Saves(run).files[1:]:  # So that the next round sees a new one.
            path.unlink()

    goal = Saves(run).load()[0].kimg + 0.02
    status, said = performer(*train, "--resume", "--kimg", goal)
    assert status == 0, said
    assert not list((run / "saves").glob(".*")), "no scraps"
    status, said = performer(
        "train", images, "--out", whole, *TINY, "--seed", "4", "--batch", "4", "--kimg", goal
    )
    assert status == 0, said
    killed, unharmed = state(run), state(whole)
    assert killed.keys() == unharmed.keys()
    assert [name for name in killed if not torch.equal(killed[name], unharmed[name])] == []


def test_a_disk_that_is_full_is_one_sentence_and_keeps_the_save_before(tmp_path: Path) -> None:
    """A limit on the size of files is as real to the writer as a full disk."""
    images, run = tmp_path / "images", tmp_path / "run"
    paint(images, seed=1)
    assert performer("train", images, "--out", run, *TINY, "--kimg", "0.016")[0] == 0
    before = {path: path.read_bytes() for path in (run / "saves").iterdir()}
    train = (*PERFORMER, "train", str(images), "--out", str(run), "--resume", "--kimg", "0.04")
    limited = ("bash", "-c", 'trap "" XFSZ; ulimit -f 100; exec "$@"', "limited", *train)
    with running(*limited, **ENVIRONMENT) as process:
        said, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 1 and "Traceback" not in said and "Details" not in said, said
    assert "cannot be written: File too large" in said
    assert {path: path.read_bytes() for path in (run / "saves").iterdir()} == before


def test_images_replaced_during_training_change_nothing_until_it_is_resumed(
    tmp_path: Path,
) -> None:
    images, run, same = tmp_path / "images", tmp_path / "run", tmp_path / "same"
    paint(images, seed=1)
    asked = (*TINY, "--kimg", "0.4", "--seed", "4")
    train = (*PERFORMER, "train", str(images), "--out", str(run), *asked)
    with running(*train, **ENVIRONMENT) as process:
        wait_until((run / "latest.safetensors").exists, DEADLINE_S, "the first model")
        shutil.copytree(images, tmp_path / "originals")
        shutil.rmtree(images)
        paint(images, seed=2)
        said, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, said
    assert performer("train", tmp_path / "originals", "--out", same, *asked)[0] == 0
    replaced, untouched = state(run), state(same)
    assert all(torch.equal(replaced[name], untouched[name]) for name in untouched)
    status, said = performer("train", images, "--out", run, "--resume", "--kimg", "1")
    assert status == 1 and "add --changed-images" in said, said


def test_two_processes_learn_what_one_learns(tmp_path: Path) -> None:
    images, one, two = tmp_path / "images", tmp_path / "one", tmp_path / "two"
    paint(images, seed=1)
    asked = (*TINY, "--kimg", "0.048", "--seed", "4", "--batch", "8", "--mirror")
    asked += ("--precision", "float32")
    asked += ("--augment", "ada", "--loss", "rp", "--path-length-weight", "2")
    assert performer("train", images, "--out", one, *asked)[0] == 0
    torchrun = (
        sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--no-python",
        "--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0",
    )  # fmt: skip
    train = (*PERFORMER, "train", str(images), "--out", str(two), *asked)
    with running(*torchrun, *train, **ENVIRONMENT) as process:
        said, _ = process.communicate(timeout=2 * DEADLINE_S)
    assert process.returncode == 0, said
    assert said.count("Play it with") == 1, "only the first one speaks"
    alone, together = state(one), state(two)
    assert alone.keys() == together.keys()
    for name in (name for name in alone if name.startswith(("G.", "D.", "G_ema."))):
        away = (alone[name].float() - together[name].float()).abs().mean()
        assert float(away) < 1e-3 * float(alone[name].float().abs().mean() + 1e-3), name
