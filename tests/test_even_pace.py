"""An even pace: equal time shows about equal change, at any frame rate, and bounded."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from models.canvas import Canvas
from models.networks import Generator, Widths
from models.runtime import Runtime
from performer.latent import Latent, SeedTable, mix, mix_all
from performer.pace import EASE_S, FASTEST, SLOWEST, SPACING, Walk, place_after, rate
from performer.parameters import TABLE

VALUES = {parameter.name: parameter.default for parameter in TABLE} | {"glide": 0.0}
WALKING = VALUES | {"walk.speed": 1.0, "walk.reach": 0.8, "psi": 1.0}
RATES = st.floats(1.0 / FASTEST, 1.0 / SLOWEST)
WIDTHS = Widths(channel_base=64, channel_max=8, z_dim=32, w_dim=32, mapping_layers=2)


class Stretched(torch.nn.Module):
    """A mapping that goes to and fro four times as fast where the first z is large."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("w_avg", torch.zeros(32))

    def forward(self, z: Tensor, shares: Tensor | None = None) -> Tensor:
        return z * (0.2 + 2.0 * torch.sigmoid(6.0 * z[:, :1]))


@pytest.fixture(scope="module")
def uneven() -> Runtime:
    generator = Generator(Canvas(4, 4, 1), WIDTHS)
    generator.mapping = Stretched()  # type: ignore[assignment]
    return Runtime(generator, torch.device("cpu"))


def wander(runtime: Runtime, values: dict[str, float], seconds: int, fps: int) -> list[Tensor]:
    latent = Latent(runtime)
    return [latent.advance(values, 1 / fps)[0] for _ in range(seconds * fps)]


def spread(ws: list[Tensor]) -> float:
    """The coefficient of variation of the steps' lengths."""
    lengths = torch.stack(ws).diff(dim=0).norm(dim=1)
    return float(lengths.std() / lengths.mean())


def test_equal_time_shows_equal_change_where_w_stretches(
    uneven: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    even = spread(wander(uneven, WALKING, 20, 20))
    monkeypatch.setattr("performer.pace.rate", lambda *_: 1.0)
    assert even < spread(wander(uneven, WALKING, 20, 20)) / 3


def test_its_pace_is_the_speeds_on_average(uneven: Runtime) -> None:
    latent = Latent(uneven)
    for _ in range(1000):
        latent.advance(WALKING | {"walk.reach": 1.0}, 0.15)
    assert latent.walk == pytest.approx(150.0, rel=0.1)


@pytest.mark.parametrize("speed", [1.0, -1.0])
def test_every_frame_rate_wanders_alike(uneven: Runtime, speed: float) -> None:
    places = []
    for fps in (24, 144):
        latent = Latent(uneven)
        for _ in range(5 * fps):
            latent.advance(WALKING | {"walk.speed": speed}, 1 / fps)
        places.append(latent.walk)
    assert places[0] == pytest.approx(places[1], rel=0.01) and places[0] * speed > 0.0


def test_what_does_not_wander_is_not_moved_and_no_reach_goes_the_plain_way(
    uneven: Runtime,
) -> None:
    latent = Latent(uneven, walk=3.5)
    latent.advance(WALKING | {"walk.speed": 0.0}, 1.0)
    assert latent.walk == 3.5
    latent.advance(WALKING | {"walk.reach": 0.0, "walk.speed": 0.25}, 2.0)
    assert latent.walk == 4.0


@pytest.mark.parametrize("psi", [0.0, 0.01, 1.5])
def test_no_truncation_stops_it(uneven: Runtime, psi: float) -> None:
    latent = Latent(uneven)
    for _ in range(50):
        latent.advance(WALKING | {"psi": psi}, 0.1)
    assert 5.0 * SLOWEST < latent.walk < 5.0 * FASTEST


def test_a_recalled_walk_arrives_when_it_is_expected_and_then_keeps_an_even_pace(
    uneven: Runtime,
) -> None:
    latent = Latent(uneven)
    latent.morph([], 7.0, 2.0)
    for i in range(20):
        latent.advance(WALKING, 0.1, (i + 1) / 20)
    assert latent.walk == pytest.approx(9.0)
    steps = []
    for _ in range(round(EASE_S / 0.1) + 20):
        before = latent.walk
        latent.advance(WALKING, 0.1)
        steps.append(latent.walk - before)
    assert steps[0] == pytest.approx(0.1, rel=0.1) and max(steps) > 0.12


@given(st.floats(-2, 2), RATES, RATES, st.floats(-SPACING / 3, SPACING / 3))
def test_the_integral_of_the_rate_is_solved_exactly(
    steps: float, before: float, after: float, begin: float
) -> None:
    way = place_after(steps, before, after, begin)
    cells = 4000
    total = 0.0
    for i in range(cells):
        place = (begin + way * (i + 0.5) / cells) / SPACING + 0.5
        total += (before + (after - before) * min(max(place, 0.0), 1.0)) * way / cells
    assert total == pytest.approx(steps, rel=1e-3, abs=1e-6)


@given(st.floats(allow_nan=True), st.floats(0, 1))
def test_a_rate_is_bounded_whatever_a_model_says(change: float, usual: float) -> None:
    found = rate(change, usual)
    assert 1.0 / FASTEST <= found <= 1.0 / SLOWEST and math.isfinite(found)


@pytest.mark.parametrize("phase", [0.05, 3.0, 7.95, -2.5])
def test_the_places_around_are_those_of_the_walk(phase: float) -> None:
    table = SeedTable(24)
    expected = [table.walk(phase + i * SPACING) for i in (-1, 0, 1)]
    around = table.around(phase)
    torch.testing.assert_close(around, torch.stack(expected), atol=1e-5, rtol=1e-5)
    mixed = [mix(table.whole(3), each, 0.4) for each in expected]
    torch.testing.assert_close(
        mix_all(table.whole(3), around, 0.4), torch.stack(mixed), atol=1e-4, rtol=1e-4
    )


def test_a_look_is_good_for_a_little_of_the_way_and_as_long_as_nothing_is_moved() -> None:
    walk = Walk(2.0)
    assert not walk.has_seen(0.5, 1.0)
    walk.see(0.5, 1.0, [0.0, 0.0])
    assert walk.has_seen(0.5, 1.0)
    assert not walk.has_seen(0.6, 1.0) and not walk.has_seen(0.5, 0.9)
    looks = 0
    for _ in range(600):  # ten seconds
        if not walk.has_seen(0.5, 1.0):
            walk.see(0.5, 1.0, [0.0, 0.0])
            looks += 1
        walk.go(0.02 / 60, 1.0)
    assert walk.phase == pytest.approx(2.0 + 0.2 * FASTEST) and 15 < looks < 35
