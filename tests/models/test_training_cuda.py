"""Training on a GPU: half precision, images in its memory, and memory that runs out."""

from pathlib import Path

import msgspec
import pytest
import torch
from tiny import WIDTHS, generator, images, manifest, recipe

from models.canvas import canvas_of
from models.checkpoint import save_checkpoint
from models.distil.distiller import Distiller, difference
from models.distil.teacher import read_teacher
from models.feed import Feed
from models.networks import Widths
from models.recipe import Stage
from models.trainer import Trainer

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]

GPU = torch.device("cuda")
EVERYTHING = {"augment": "ada", "loss": "rp", "path_length_weight": 2.0, "mirror": True}


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_every_part_trains_in_every_precision(precision: str) -> None:
    canvas = canvas_of(64, 64)
    trained = Trainer(
        recipe(canvas=canvas, batch=8, precision=precision, **EVERYTHING), images(canvas), GPU
    )
    steps = trained.train()
    for _ in range(20):
        losses = next(steps)
    assert all(torch.isfinite(torch.tensor(list(losses.values()))))
    assert all(torch.isfinite(tensor).all() for tensor in trained.state().values())
    assert trained.skips == {"G": 0, "D": 0}


def test_a_run_taken_up_again_goes_on_alike() -> None:
    whole, stopped = (Trainer(recipe(**EVERYTHING), images(), GPU) for _ in range(2))
    for trained, count in ((whole, 8), (stopped, 5)):
        steps = trained.train()
        for _ in range(count):
            next(steps)
    resumed = Trainer(recipe(**EVERYTHING), images(), GPU)
    resumed.restore({name: tensor.cpu() for name, tensor in stopped.state().items()})
    steps = resumed.train()
    for _ in range(3):
        next(steps)
    for name, tensor in whole.state().items():
        torch.testing.assert_close(resumed.state()[name], tensor, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("room", [0.25, 0.0])
def test_images_come_from_its_memory_or_are_fetched_ahead(
    room: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.feed.SHARE_OF_FREE_MEMORY", room)
    feed = Feed(images(), GPU, batch=4, rows=slice(0, 4), seed=1)
    assert (feed.images.device.type == "cuda") is (room > 0)
    host = Feed(images(), torch.device("cpu"), batch=4, rows=slice(0, 4), seed=1)
    for step in (0, 1, 2, 9):
        assert torch.equal(feed.at(step).cpu(), host.at(step))


def test_real_lack_of_memory_makes_smaller_parts() -> None:
    canvas = canvas_of(256, 256)
    widths = Widths(channel_base=16384, channel_max=256, z_dim=64, w_dim=64, mapping_layers=2)
    stages = (Stage(doublings=canvas.doublings, kimg=1.0, r1_gamma=1.0),)
    asked = recipe(canvas=canvas, widths=widths, stages=stages, batch=64)
    total = torch.cuda.get_device_properties(GPU).total_memory
    torch.cuda.set_per_process_memory_fraction(min(4e9 / total, 1.0))
    try:
        trained = Trainer(asked, images(canvas), GPU)
        steps = trained.train()
        for _ in range(2):
            next(steps)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert 1 <= trained.division.at_once < 64 and trained.step == 2


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_student_learns_on_it(precision: str, tmp_path: Path) -> None:
    canvas, slim = canvas_of(32, 32), msgspec.structs.replace(WIDTHS, own_channels=(8, 8, 4, 2))
    save_checkpoint(
        tmp_path / "teacher.safetensors",
        generator(canvas),
        manifest(canvas=canvas),
        torch.randn(2, 16),
    )
    teacher = read_teacher(tmp_path / "teacher.safetensors", GPU)
    told = recipe(canvas=canvas, widths=slim, precision=precision, augment="none")
    student = Distiller(told, teacher, teacher.draw(12, seed=1, canvas=canvas), GPU)
    lesson = student.lesson()
    before = difference(student.pair.paint(lesson.ws), lesson.pictures)
    steps = student.train()
    for _ in range(100):
        next(steps)
    assert difference(student.pair.paint(lesson.ws), lesson.pictures) < before
