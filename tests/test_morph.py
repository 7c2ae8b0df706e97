"""Morphs and corners in w: no step, the exact picture at the end, and no stop on the way."""

from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor

from models.canvas import Canvas
from models.networks import Generator, Widths
from models.runtime import Runtime
from performer.latent import Latent
from performer.parameter import shape
from performer.parameters import TABLE

DT_S = 1 / 60
FRAMES = 120
DEFAULTS = {parameter.name: parameter.default for parameter in TABLE}
STILL = DEFAULTS | {"walk.speed": 0.0, "walk.reach": 0.0, "glide": 2.0, "seed": 3.0}
MOVING = DEFAULTS | {"walk.speed": 0.5, "walk.reach": 0.8, "glide": 2.0, "seed": 3.0}
SEEDS = ["seed", "seed_b", "style.seed"]


@dataclass(frozen=True)
class Piece:
    share: float
    pictures: dict[str, float] = field(default_factory=dict)
    walk: float | None = None


def run(latent: Latent, values: dict[str, float], shares: list[float]) -> list[Tensor]:
    return [latent.advance(values, DT_S, share) for share in shares]


def ramp(frames: int = FRAMES) -> list[float]:
    return [shape("smooth", (i + 1) / frames) for i in range(frames)]


def steps(ws: list[Tensor]) -> list[float]:
    return [float((b - a).norm()) for a, b in zip(ws, ws[1:], strict=False)]


def test_it_ends_exactly_at_the_scene_without_a_step(runtime: Runtime) -> None:
    latent = Latent(runtime)
    start = latent.advance(STILL, 0.0)
    latent.morph(SEEDS, None)
    ws = [start, *run(latent, STILL | {"seed": 40.0}, ramp())]
    end = Latent(runtime).advance(STILL | {"seed": 40.0}, 0.0)
    whole = float((end - start).norm())
    assert torch.equal(ws[-1], end)
    assert max(steps(ws)) < 1.6 * whole / FRAMES  # smooth is 1.5 times as fast in its middle
    assert steps(ws)[0] < 0.05 * max(steps(ws))
    # A line in w: the lengths of the steps add up to the distance.
    assert sum(steps(ws)) == pytest.approx(whole, rel=1e-3)


def test_it_walks_on_from_the_old_look_into_the_new(runtime: Runtime) -> None:
    latent, alone, there = Latent(runtime), Latent(runtime), Latent(runtime)
    before = run(latent, MOVING, [1.0] * 30)
    stays = run(alone, MOVING, [1.0] * (30 + FRAMES))[30:]
    latent.morph(SEEDS, 7.0)
    there.morph([], 7.0)
    goal = MOVING | {"seed": 40.0}
    goes = run(there, goal, [1.0] * FRAMES)
    ws = run(latent, goal, ramp())
    whole = max(float((a - b).norm()) for a, b in zip(stays, goes, strict=True))
    usual = max(*steps(stays), *steps(goes))
    assert max(steps([before[-1], *ws])) < usual + 1.6 * whole / FRAMES
    assert torch.allclose(ws[0], stays[0], atol=1e-2 * whole), "it begins as if nothing had come"
    assert torch.equal(ws[-1], goes[-1]), "and ends as if it had always been there"
    # Truncation-safe: every w lies between two that the model knows.
    for w, old, new, share in zip(ws, stays, goes, ramp(), strict=True):
        assert torch.allclose(w, torch.lerp(old, new, share), atol=1e-4)


@pytest.mark.parametrize("interrupted_at", [0, 1, 30, 60, 119])
def test_a_morph_that_interrupts_another_starts_at_the_present_look(
    runtime: Runtime, interrupted_at: int
) -> None:
    latent = Latent(runtime)
    ws = [latent.advance(STILL, 0.0)]
    latent.morph(SEEDS, None)
    ws += run(latent, STILL | {"seed": 40.0}, ramp()[:interrupted_at])
    latent.morph(SEEDS, 5.0)
    third = STILL | {"seed": 80.0, "psi": 0.8}
    ws += run(latent, third, ramp())
    assert torch.equal(ws[-1], Latent(runtime).advance(third, 0.0))
    looks = [ws[0], ws[interrupted_at], ws[-1]]
    looks.append(Latent(runtime).advance(STILL | {"seed": 40.0}, 0.0))
    far = max(float((a - b).norm()) for a in looks for b in looks)
    assert max(steps(ws)) < 1.6 * far / FRAMES


def test_a_storm_of_morphs_holds_two_pictures_and_takes_no_step(runtime: Runtime) -> None:
    latent = Latent(runtime)
    ws = [latent.advance(MOVING, 0.0)]
    for i in range(60):
        latent.morph(SEEDS, float(i))
        ws += run(latent, MOVING | {"seed": 10.0 * i}, ramp()[:6])
    assert max(steps(ws)) < 0.5
    assert latent._leaving is not None and latent._leaving.held.keys() == {*SEEDS, "class"}


def test_two_morphs_in_one_frame_are_one(runtime: Runtime) -> None:
    once, twice = Latent(runtime), Latent(runtime)
    for latent in (once, twice):
        latent.advance(MOVING, 0.1)
    twice.morph(SEEDS, 50.0)
    once.morph(SEEDS, 5.0)
    twice.morph(SEEDS, 5.0)
    for share in ramp():
        goal = MOVING | {"seed": 9.0}
        assert torch.equal(once.advance(goal, DT_S, share), twice.advance(goal, DT_S, share))


def test_a_hand_on_a_seed_still_glides_during_a_morph(runtime: Runtime) -> None:
    latent = Latent(runtime)
    latent.advance(STILL, 0.0)
    latent.morph(SEEDS, None)
    ws = run(latent, STILL | {"seed": 40.0}, ramp()[:60])
    ws += run(latent, STILL | {"seed": 41.0}, ramp()[60:])
    ws += run(latent, STILL | {"seed": 41.0}, [1.0] * 240)
    end = Latent(runtime).advance(STILL | {"seed": 41.0}, 0.0)
    assert torch.allclose(ws[-1], end, atol=1e-2)
    assert max(steps(ws)) < 0.2


def test_a_morph_of_classes_goes_straight_in_w() -> None:
    torch.manual_seed(1)
    widths = Widths(64, 16, z_dim=8, w_dim=8, mapping_layers=2, classes=5)
    latent = Latent(Runtime(Generator(Canvas(4, 4, 1), widths), torch.device("cpu")))
    start = latent.advance(STILL, 0.0)
    latent.morph(["class"], None)
    goal = STILL | {"class": 4.0}
    middle = latent.advance(goal, DT_S, 0.5)
    end = latent.advance(goal, DT_S, 1.0)
    assert float((end - start).norm()) > 0.01
    assert torch.allclose(middle, (start + end) / 2, atol=1e-5)


def test_another_model_in_the_middle_of_a_morph(runtime: Runtime) -> None:
    latent = Latent(runtime)
    latent.advance(STILL, 0.0)
    latent.morph(SEEDS, None)
    latent.advance(STILL | {"seed": 40.0}, DT_S, 0.5)
    torch.manual_seed(9)
    other = Runtime(
        Generator(Canvas(4, 4, 1), Widths(64, 16, z_dim=8, w_dim=12, mapping_layers=2)),
        torch.device("cpu"),
    )
    latent.take(other, other.directions(16))
    assert torch.isfinite(latent.advance(STILL | {"seed": 40.0}, DT_S, 0.6)).all()


def test_corners_are_shares_of_w(runtime: Runtime) -> None:
    own = Latent(runtime).advance(STILL, 0.0)
    looks = [Latent(runtime).advance(STILL | {"seed": seed}, 0.0) for seed in (10.0, 20.0)]
    corners = [Piece(0.25, {"seed": 10.0}), Piece(0.5, {"seed": 20.0})]
    w = Latent(runtime).advance(STILL, 0.0, 1.0, corners)
    assert torch.allclose(w, 0.25 * own + 0.25 * looks[0] + 0.5 * looks[1], atol=1e-5)
    alone = Latent(runtime).advance(STILL, 0.0, 1.0, [Piece(1.0, {"seed": 20.0})])
    assert torch.allclose(alone, looks[1], atol=1e-5)
    unnamed = Latent(runtime).advance(STILL, 0.0, 1.0, [Piece(1.0)])
    assert torch.allclose(unnamed, own, atol=1e-5)


def test_a_corner_wanders_on_from_where_it_was_stored(runtime: Runtime) -> None:
    latent = Latent(runtime)
    run(latent, MOVING, [1.0] * 200)
    stored = Latent(runtime)
    stored.morph([], 4.0)
    corner = [Piece(1.0, {"seed": 9.0}, 4.0)]
    for _ in range(30):
        w = latent.advance(MOVING, DT_S, 1.0, corner)
        expected = stored.advance(MOVING | {"seed": 9.0}, DT_S)
        assert torch.allclose(w, expected, atol=1e-4)


def test_a_look_apart_leaves_what_plays_alone(runtime: Runtime) -> None:
    latent, twin = Latent(runtime), Latent(runtime)
    for each in (latent, twin):
        each.advance(MOVING, 0.5)
        each.morph(SEEDS, 3.0)
        each.advance(MOVING | {"seed": 9.0}, DT_S, 0.3)
    apart = latent.apart(3.0).advance(STILL | {"seed": 50.0}, 0.0)
    assert torch.equal(apart, Latent(runtime).advance(STILL | {"seed": 50.0}, 0.0))
    for share in (0.4, 0.5, 1.0):
        goal = MOVING | {"seed": 9.0}
        assert torch.equal(latent.advance(goal, DT_S, share), twin.advance(goal, DT_S, share))
