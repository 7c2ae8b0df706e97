"""Distilling: a student begins near its teacher, comes nearer, keeps its W, and goes on exactly."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from tiny import CPU, generator, go, manifest
from torch import Tensor

from models.ancestor import read_ancestor
from models.canvas import Canvas, canvas_of
from models.checkpoint import CheckpointError, Images, Likeness, Lineage, Origin, load_checkpoint
from models.checkpoint import save_checkpoint as save
from models.distil.distiller import Distiller, difference
from models.distil.latents import sample_w
from models.distil.likeness import COMPARED_SEED, Comparison, Moments
from models.distil.narrowing import most_telling, narrow, regression
from models.distil.sizes import TARGETS, asked_size, cost_ms, student_size
from models.distil.snapshots import StudentSnapshots
from models.distil.teacher import Teacher, read_teacher
from models.networks import Generator, Widths
from models.recipe import Recipe, Stage
from models.run import Goal, Run
from models.saves import Saves
from models.stylegan3.layout import StyleGAN3
from models.stylegan3.networks import Generator as Generator3

CANVAS = canvas_of(16, 16)
WIDE = Widths(channel_base=128, channel_max=16, z_dim=16, w_dim=16, mapping_layers=2)
SLIM = msgspec.structs.replace(WIDE, own_channels=(8, 8, 4))


def taught(tmp_path: Path, *, noisy: bool = True, classes: int = 0) -> Teacher:
    """A teacher out of a file, with two directions."""
    widths = msgspec.structs.replace(WIDE, classes=classes)
    made = generator(CANVAS, widths)
    for name, tensor in made.state_dict().items():
        if name.endswith("noise_strength"):
            tensor.mul_(0.3 if noisy else 0.0)
        if "torgb" in name:
            tensor.mul_(0.5)
    told = manifest(canvas=CANVAS, widths=widths, name="tides", origin=Origin("x", "y", "z", "CC0"))
    save(tmp_path / "tides.safetensors", made, told, torch.randn(2, 16) * 0.1)
    return read_teacher(tmp_path / "tides.safetensors", CPU)


def recipe(**asked: Any) -> Recipe:
    canvas = asked.pop("canvas", CANVAS)
    stage = Stage(doublings=canvas.doublings, kimg=1.0, r1_gamma=0.05)
    widths = asked.pop("widths", SLIM)
    return Recipe(canvas, widths, (stage,), batch=4, augment="none", **asked)


def distiller(teacher: Teacher, **asked: Any) -> Distiller:
    made = recipe(before=teacher.manifest.lineage, **asked)
    pictures = teacher.draw(24, seed=COMPARED_SEED, canvas=made.canvas)
    return Distiller(made, teacher, pictures, CPU)


def pictures_of(network: Generator, w: Tensor) -> Tensor:
    with torch.no_grad():
        drawn: Tensor = network.synthesis(w[:, None].expand(-1, network.num_ws, -1))
    return drawn.clamp(-1, 1)


def error(teacher: Generator, student: Generator) -> float:
    w = sample_w(teacher, 32, seed=7)
    return float((pictures_of(teacher, w) - pictures_of(student, w)).square().mean())


def test_a_student_with_room_for_every_channel_is_its_teacher() -> None:
    teacher, student = generator(CANVAS, WIDE), Generator(CANVAS, WIDE)
    narrow(teacher, student)
    assert error(teacher, student) < 1e-4 * float(pictures_of(teacher, sample_w(teacher, 8)).var())


def test_channels_that_repeat_others_are_not_missed() -> None:
    """Loud twins are told by one of them; quiet channels of their own come before the other."""
    loud, quiet = torch.randn(2, 500) * 10.0, torch.randn(2, 500)
    channels = torch.cat([loud, loud, quiet])
    chosen = most_telling(channels @ channels.t(), 4).tolist()
    assert chosen == sorted(set(chosen)) and {i % 2 for i in chosen if i < 4} == {0, 1}
    assert {4, 5} <= set(chosen)


def test_a_narrowed_teacher_is_nearer_than_chance_and_than_its_channels_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    teacher, student = generator(CANVAS, WIDE), Generator(CANVAS, SLIM)
    chance = error(teacher, student)
    narrow(teacher, student)
    carried = error(teacher, student)
    kept = lambda wide, slim: torch.eye(len(wide))[:, : len(slim)]  # noqa: E731
    monkeypatch.setattr("models.distil.narrowing.regression", kept)
    narrow(teacher, student)
    assert carried < 0.5 * chance and carried < 0.8 * error(teacher, student)


def test_regression_finds_the_matrix_that_was_there() -> None:
    slim, matrix = torch.randn(3, 200), torch.randn(5, 3)
    torch.testing.assert_close(regression(matrix @ slim, slim), matrix, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("noisy", [True, False])
def test_it_comes_nearer_and_its_mapping_stays(tmp_path: Path, noisy: bool) -> None:
    teacher = taught(tmp_path, noisy=noisy)
    student = distiller(teacher, learning_rate=0.01)
    before = error(teacher.generator, student.pair.generator)
    go(student, 60)
    assert error(teacher.generator, student.averaged) < 0.85 * before
    state = student.averaged.mapping.state_dict()
    for name, tensor in teacher.generator.mapping.state_dict().items():
        assert torch.equal(tensor, state[name]), name


def test_the_discriminator_has_a_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    teacher = taught(tmp_path)
    played, alone = distiller(teacher), distiller(teacher)
    go(played, 3)
    monkeypatch.setattr("models.distil.distiller.ADVERSARIAL_WEIGHT", 0.0)
    go(alone, 3)
    state, other = played.state(), alone.state()
    assert not torch.equal(state["G.synthesis.b16.conv1.weight"],
                           other["G.synthesis.b16.conv1.weight"])  # fmt: skip


def test_a_run_taken_up_again_equals_one_that_never_stopped(tmp_path: Path) -> None:
    teacher = taught(tmp_path)
    whole, stopped, resumed = (distiller(teacher) for _ in range(3))
    go(whole, 20)
    go(stopped, 13)
    go(resumed, 1)
    resumed.restore({name: tensor.clone() for name, tensor in stopped.state().items()})
    go(resumed, 7)
    state, other = whole.state(), resumed.state()
    assert state.keys() == other.keys()
    assert not [name for name in state if not torch.equal(state[name], other[name])]


def test_a_batch_in_parts_learns_the_same(tmp_path: Path) -> None:
    teacher = taught(tmp_path)
    whole, parts = distiller(teacher), distiller(teacher)
    parts.division.at_once = 3
    lesson = whole.lesson()
    torch.testing.assert_close(lesson.pictures, parts.lesson().pictures)
    seen = [whole.real_images(part_of(whole, rows)) for rows in (slice(0, 3), slice(3, 4))]
    assert torch.equal(torch.cat(seen), lesson.pictures)
    whole.loss = parts.loss
    for one in (whole, parts):
        go(one, 1)
    name = "G.synthesis.b4.torgb.bias"
    torch.testing.assert_close(whole.state()[name], parts.state()[name], atol=5e-3, rtol=0)


def part_of(trained: Distiller, rows: slice) -> Any:
    from models.division import Part

    return Part(rows, 1.0, trained.draws("D", rows))


@pytest.mark.parametrize("classes", [0, 3])
def test_a_smaller_student_meets_its_teacher_made_small(tmp_path: Path, classes: int) -> None:
    teacher = taught(tmp_path, classes=classes)
    small = canvas_of(8, 8)
    widths = msgspec.structs.replace(teacher.manifest.widths, own_channels=(8, 8))
    student = distiller(teacher, canvas=small, widths=widths, learning_rate=0.01)
    lesson = student.lesson()
    assert lesson.pictures.shape == (4, 3, 8, 8) and lesson.ws.shape == (4, 4, 16)
    ws = torch.cat([lesson.ws, lesson.ws[:, -1:].expand(-1, 2, -1)], dim=1)
    expected = teacher.generator.synthesis(ws).clamp(-1, 1)
    expected = torch.nn.functional.avg_pool2d(expected, 2)
    torch.testing.assert_close(lesson.pictures, expected)
    before = difference(student.pair.paint(lesson.ws), lesson.pictures)
    go(student, 40)
    assert difference(student.averaged.synthesis(lesson.ws), lesson.pictures) < 0.8 * before


def test_the_difference_knows_every_scale() -> None:
    flat = torch.zeros(1, 3, 16, 16)
    assert float(difference(flat, flat)) == 0.0
    assert float(difference(flat + 0.5, flat)) == pytest.approx(0.5)
    grain = flat.clone()
    grain[..., ::2, ::2] = grain[..., 1::2, 1::2] = 0.5
    grain[..., ::2, 1::2] = grain[..., 1::2, ::2] = -0.5
    assert float(difference(grain, flat)) == pytest.approx(0.5), "of which coarse scales see none"


def test_a_run_leaves_a_student_that_tells_its_teacher_and_plays_its_directions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.walk.SECONDS", 1)
    teacher, folder = taught(tmp_path), tmp_path / "student"
    start(teacher, distiller(teacher), folder, Goal(kimg=0.2))
    student, told, directions = load_checkpoint(folder / "model.safetensors")
    assert told.teacher is not None and told.origin is None
    assert (told.teacher.name, told.teacher.sha256) == ("tides", teacher.sha256)
    lineage = Lineage(teacher.manifest.origin)
    assert told.before == told.lineage == lineage, "what its teacher comes from, and the licence"
    assert read_ancestor(folder).lineage == lineage, "and no images that were none"
    assert directions is not None and torch.equal(directions, teacher.directions)
    rows = Moments(folder).rows
    assert [kimg for kimg, _ in rows] == [0.2] and rows[0][1] == told.teacher.likeness
    card = (folder / "model.md").read_text()
    assert "## Its teacher" in card and teacher.sha256 in card and "CC0" in card
    drawn = Comparison(teacher.draw(24, seed=COMPARED_SEED, canvas=CANVAS), CPU)
    from models.sampling import draw

    again = drawn.of(draw(student, 24, seed=COMPARED_SEED))
    assert again.l1 == pytest.approx(told.teacher.likeness.l1, abs=1e-4)
    save_, tensors = Saves(folder).load()
    assert save_.images.fingerprint == teacher.sha256
    taken = Distiller(save_.recipe, teacher, drawn.images, CPU)
    taken.restore(tensors)
    assert taken.step == 50
    Moments(folder).forget_after(0.1)
    assert not Moments(folder).rows


def start(teacher: Teacher, trained: Distiller, folder: Path, goal: Goal) -> None:
    images = Images(0, teacher.sha256)
    snapshots = StudentSnapshots(folder, trained, images, print)
    run = Run(folder, trained, images, print, snapshots)
    run.train(goal, stop=lambda: False, report=lambda _: None)


def test_likeness_of_the_same_pictures_is_perfect_and_noise_makes_it_worse(tmp_path: Path) -> None:
    pictures = taught(tmp_path).draw(24, seed=1, canvas=CANVAS)
    comparison = Comparison(pictures, CPU)
    same = comparison.of(pictures)
    assert same.l1 == 0.0 and same.psnr_db == 99.0 and same.apart == 0.0
    noisy = (pictures.int() + torch.randint(-40, 41, pictures.shape)).clamp(0, 255).byte()
    other = comparison.of(noisy)
    assert other.l1 > 0.05 and other.psnr_db < 25 and other.apart > 0.1


def test_the_best_is_the_nearest_and_a_spoilt_table_is_no_reason_to_stop(tmp_path: Path) -> None:
    moments = Moments(tmp_path)
    assert moments.best is None
    for kimg, apart in ((1.0, 0.5), (2.0, 0.2), (3.0, 0.3)):
        moments.add(kimg, Likeness(0.1, 20.0, apart))
    moments.path.write_text(moments.path.read_text() + "4.0,what\n")
    found = Moments(tmp_path)
    assert len(found.rows) == 3 and found.best is not None and found.best[0] == 2.0


def test_a_stylegan3_model_is_refused_in_a_sentence(tmp_path: Path) -> None:
    canvas = canvas_of(16, 16)
    widths = Widths(256, 8, z_dim=8, w_dim=8, mapping_layers=2)
    torch.manual_seed(0)
    design = StyleGAN3()
    told = manifest(canvas=canvas, widths=widths, architecture=design)
    save(tmp_path / "three.safetensors", Generator3(canvas, widths, design), told)
    with pytest.raises(CheckpointError, match=r"three.*StyleGAN3.*cannot be distilled"):
        read_teacher(tmp_path / "three.safetensors", CPU)


FULL = Widths(channel_base=32768, channel_max=512)


@pytest.mark.parametrize("target", sorted(TARGETS))
@pytest.mark.parametrize("size", [(1024, 1024), (256, 256), (512, 288), (1920, 1088)])
def test_a_student_fits_its_target_and_is_nowhere_wider(target: str, size: tuple[int, int]) -> None:
    own, chosen = canvas_of(*size), TARGETS[target]
    canvas, widths = student_size(own, FULL, chosen)
    assert cost_ms(canvas, widths, chosen) <= chosen.budget_ms
    assert (canvas.base_h, canvas.base_w) == (own.base_h, own.base_w)
    channels = [widths.channels(level) for level in canvas.levels]
    assert channels == sorted(channels, reverse=True) and channels[-1] >= 8
    assert all(widths.channels(i) <= FULL.channels(i) for i in canvas.levels)


def test_a_large_model_gets_a_smaller_canvas_on_a_processor() -> None:
    canvas, _ = student_size(canvas_of(1024, 1024), FULL, TARGETS["cpu"])
    assert canvas == Canvas(4, 4, 7)
    assert student_size(canvas_of(1024, 1024), FULL, TARGETS["gpu"])[0].width_px == 1024


def test_a_light_model_is_left_as_wide_as_it_is() -> None:
    canvas, widths = student_size(CANVAS, WIDE, TARGETS["cpu"])
    assert canvas == CANVAS
    assert all(widths.channels(i) == WIDE.channels(i) for i in CANVAS.levels)
    _, asked = asked_size(CANVAS, WIDE, 64, 8)
    assert asked.own_channels == (8, 8, 4)
