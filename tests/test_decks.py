"""Two decks: crossfaded as pictures, blended as weights, and neither drawn where it is not seen."""

import gc
import weakref
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from models.canvas import Canvas
from models.graph.choice import Choice
from models.graph.network import network_of
from models.graph.runtime import GraphRuntime
from models.networks import Generator
from models.runtime import Runtime
from performer.deck import Deck
from performer.decks import Decks, crossfade
from performer.engine import Engine
from performer.events import KeyEvent, ModelEvent, OscEvent
from performer.parameters import BENDS, DIRECTIONS, TABLE
from tests.test_deck import LARGE, SMALL, difference, resident_mb, snapshot, steps
from tests.tiny_model import TINY, still_patch

DT_S = 1 / 30
CPU = torch.device("cpu")
VALUES = {parameter.name: parameter.default for parameter in TABLE}
STILL = VALUES | {"walk.speed": 0.0, "walk.reach": 0.0, "glide": 0.0}
MOVING = VALUES | {"walk.speed": 0.5, "deck.seed": 5.0}
GROUPS = ("coarse", "middle", "fine")


def stranger(seed: int = 9, canvas: Canvas = SMALL) -> Runtime:
    torch.manual_seed(seed)
    generator = Generator(canvas, TINY)
    generator.mapping.track_average(generator.mapping(torch.randn(64, 8)), beta=0.0)
    return Runtime(generator, CPU)


def packed(runtime: Runtime) -> GraphRuntime:
    generator = runtime.generator
    return GraphRuntime(generator, network_of(generator), Choice("graph", "float32", 1))


def load(decks: Decks, deck: str, runtime: Runtime | GraphRuntime) -> None:
    decks.follow(deck, runtime, runtime.directions(DIRECTIONS), drifts=False)


def two(there: Runtime | GraphRuntime | None = None) -> Decks:
    decks = Decks(snapshot(0.0))
    load(decks, "b", there or stranger())
    return decks


def alone(runtime: Runtime | GraphRuntime, **values: float) -> Tensor:
    return Deck(runtime).draw(STILL | values, DT_S)


def seen(decks: Decks, values: dict[str, float], **more: float) -> Tensor:
    named = {name.replace("_", ".", 1): value for name, value in more.items()}
    return decks.draw(values | named, DT_S).clone()


def blended(amount: float) -> dict[str, float]:
    return {f"blend.{group}": amount for group in GROUPS}


class Counted(Runtime):
    """A model that counts its pictures."""

    drawn = 0

    def draw(self, *asked: object) -> Tensor:  # type: ignore[override]
        self.drawn += 1
        return super().draw(*asked)  # type: ignore[arg-type]


def test_the_ends_of_the_crossfader_are_the_decks_to_the_bit() -> None:
    decks = two()
    assert torch.equal(seen(decks, STILL, deck_mix=0.0), alone(snapshot(0.0)))
    assert torch.equal(seen(decks, STILL, deck_mix=1.0, deck_seed=4.0), alone(stranger(), seed=4.0))


def test_a_deck_that_is_not_seen_is_not_drawn() -> None:
    here, there = Counted(snapshot(0.0).generator, CPU), Counted(stranger().generator, CPU)
    decks = Decks(here)
    load(decks, "b", there)
    drawn = []
    for mix in (0.0, 0.5, 1.0):
        seen(decks, MOVING, deck_mix=mix)
        drawn.append((here.drawn, there.drawn))
    assert drawn == [(1, 0), (2, 1), (2, 2)]


def test_the_crossfade_has_no_jump_and_a_deck_that_rested_is_where_it_would_be() -> None:
    decks = two()
    up = [step / 60 for step in range(61)]
    shown = [seen(decks, STILL, deck_mix=mix) for mix in (*up, *reversed(up))]
    whole = difference(shown[0], shown[60])
    assert max(steps(shown)) < 3 * whole / 60
    decks, other = two(), two()
    for mix in (0.0, 1.0, 1.0, 1.0, 0.0):
        decks.draw(MOVING | {"deck.mix": mix}, DT_S)
        ever = other.draw(MOVING, DT_S)
    assert decks.walk == pytest.approx(other.walk)
    torch.testing.assert_close(decks.draw(MOVING, DT_S), other.draw(MOVING, DT_S))
    assert ever.shape == (1, 3, 16, 32)


def test_a_picture_of_another_size_takes_the_size_of_the_first() -> None:
    decks = two(stranger(canvas=LARGE))
    assert seen(decks, STILL, deck_mix=0.5).shape == (1, 3, 16, 32)
    assert seen(decks, STILL, deck_mix=1.0).shape == (1, 3, 32, 64)


def test_light_is_mixed_and_what_is_beyond_white_stays_beyond() -> None:
    black, white = torch.full((1, 3, 2, 2), -1.0), torch.ones(1, 3, 2, 2)
    assert float(crossfade(black, white, 0.5).mean()) == pytest.approx(2 * 0.5**0.5 - 1)
    beyond = torch.tensor([-1.5, 1.7]).expand(1, 3, 2, 2)
    torch.testing.assert_close(crossfade(beyond, beyond, 0.3), beyond)


def test_without_a_deck_b_the_crossfader_does_nothing() -> None:
    decks = Decks(snapshot(0.0))
    assert torch.equal(seen(decks, STILL, deck_mix=1.0), alone(snapshot(0.0)))
    assert torch.equal(seen(decks, STILL | blended(0.5)), alone(snapshot(0.0)))


@pytest.mark.parametrize("mix", [0.0, 0.5, 1.0])
def test_the_same_model_on_both_decks(mix: float) -> None:
    runtime = snapshot(0.0)
    decks = Decks(runtime)
    load(decks, "b", runtime)
    shown = seen(decks, STILL, deck_mix=mix, deck_seed=STILL["seed"])
    torch.testing.assert_close(shown, alone(runtime), atol=1e-3, rtol=0)


@pytest.mark.parametrize("there", [snapshot(1.0), stranger()], ids=["kin", "stranger"])
def test_the_ends_of_a_blend_are_the_models_to_the_bit(there: Runtime) -> None:
    decks = two(there)
    assert torch.equal(seen(decks, STILL | blended(0.0)), alone(snapshot(0.0)))
    assert torch.equal(seen(decks, STILL | blended(1.0)), alone(there))
    assert torch.equal(seen(decks, STILL | blended(0.0)), alone(snapshot(0.0)))


def test_the_moving_picture_moves_in_both_models_alike() -> None:
    decks, other = two(), Deck(stranger())
    for _ in range(20):
        shown = seen(decks, MOVING | blended(1.0))
        expected = other.draw(MOVING, DT_S)
    assert torch.equal(shown, expected)


def test_a_blend_has_no_jump_and_each_range_is_seen() -> None:
    for group in GROUPS:
        decks = two()
        amounts = [step / 60 for step in range(61)]
        shown = [seen(decks, STILL | {f"blend.{group}": amount}) for amount in amounts]
        whole = difference(shown[0], shown[-1])
        assert whole > 0.02 and max(steps(shown)) < 6 * whole / 60, group


def test_a_morph_while_blended_goes_on_in_both() -> None:
    decks, other = two(), Deck(stranger())
    values = STILL | blended(1.0)
    decks.draw(values, DT_S), other.draw(STILL, DT_S)
    decks.morph({"seed"}, None), other.morph({"seed"}, None)
    for share in (0.25, 0.5, 1.0):
        shown = decks.draw(values | {"seed": 7.0}, DT_S, share)
        expected = other.draw(STILL | {"seed": 7.0}, DT_S, share)
        assert torch.equal(shown, expected)


def test_another_model_on_deck_b_while_blended_is_no_jump() -> None:
    decks = two()
    shown = [seen(decks, STILL | blended(0.8)) for _ in range(3)]
    load(decks, "b", stranger(seed=10))
    shown += [seen(decks, STILL | blended(0.8)) for _ in range(90)]
    assert difference(shown[0], shown[-1]) > 0.05
    assert max(steps(shown)) < 0.05 * max(difference(shown[0], each) for each in shown[1:])


def test_models_of_other_shapes_say_that_they_cannot_be_blended() -> None:
    decks = two(stranger(canvas=LARGE))
    assert torch.equal(seen(decks, STILL | blended(0.5)), alone(snapshot(0.0)))
    assert "cannot be blended" in decks.notice
    seen(decks, STILL)
    assert decks.notice == ""


def test_a_model_that_cannot_be_bent_says_so() -> None:
    class Stiff(Runtime):
        pliant = None  # type: ignore[assignment]

    decks = Decks(Stiff(snapshot(0.0).generator, CPU))
    assert torch.equal(seen(decks, STILL | {"bend.amount.1": 0.5}), alone(snapshot(0.0)))
    assert "cannot be bent" in decks.notice


def test_models_by_hand_dissolve_and_keep_their_weights() -> None:
    first, second = snapshot(0.0), snapshot(1.0)
    before, after = alone(first), alone(second)
    decks = Decks(first)
    shown = [seen(decks, STILL)]
    load(decks, "a", second)
    shown += [seen(decks, STILL) for _ in range(61)]
    assert torch.equal(shown[0], before) and torch.equal(shown[-1], after)
    assert max(steps(shown)) < 2 * difference(before, after) / 60
    assert torch.equal(alone(first), before) and torch.equal(alone(second), after)
    decks.follow("a", snapshot(0.5), snapshot(0.5).directions(DIRECTIONS), drifts=True)
    for _ in range(61):
        seen(decks, STILL)
    assert torch.equal(alone(second), after), "a newer snapshot does not move it either"


def test_strangers_of_equal_shape_dissolve_where_snapshots_drift() -> None:
    decks, unknown = Decks(snapshot(0.0)), stranger()
    before, after = seen(decks, STILL), alone(unknown)
    decks.follow("a", unknown, unknown.directions(DIRECTIONS), drifts=True)
    shown = [seen(decks, STILL) for _ in range(61)]
    half = torch.lerp(before, after, 30 / 60)
    torch.testing.assert_close(shown[29], half, atol=1e-4, rtol=0)
    assert torch.equal(shown[-1], after)


names = [
    *(f"bend.{what}.{i}" for what in ("amount", "kind", "layer", "channels") for i in (1, 2)),
    *(f"blend.{group}" for group in GROUPS),
    "deck.mix",
    "deck.seed",
    "psi",
]
ranges = {parameter.name: (parameter.minimum, parameter.maximum) for parameter in TABLE}
moves = st.sampled_from(names).flatmap(
    lambda name: st.tuples(st.just(name), st.floats(*ranges[name]))
)


@pytest.fixture(scope="module")
def played() -> Iterator[Decks]:
    decks = Decks(packed(snapshot(0.0)))
    load(decks, "b", packed(stranger()))
    yield decks


@settings(max_examples=40, deadline=None)
@given(st.lists(moves, max_size=12))
def test_whatever_the_knobs_do_there_is_a_picture(
    played: Decks, moved: list[tuple[str, float]]
) -> None:
    values = dict(MOVING)
    for name, value in moved:
        values[name] = value
        assert torch.isfinite(played.draw(values, DT_S)).all()


def test_going_over_to_the_pliant_engine_and_back_is_unseen() -> None:
    decks = Decks(packed(snapshot(0.0)))
    amounts = [0.0] * 3 + [0.01 * step for step in range(40)]
    amounts += list(reversed(amounts)) + [0.0] * 90
    shown = [seen(decks, STILL | {"bend.amount.1": amount}) for amount in amounts]
    assert torch.equal(shown[0], shown[-1])
    bent = [alone(snapshot(0.0), **{"bend.amount.1": 0.01 * step}) for step in range(40)]
    assert max(steps(shown)) < 2.2 * max(steps(bent)), "one picture is held back"


@pytest.mark.parametrize(
    "make", [stranger, lambda seed: packed(stranger(seed))], ids=["torch", "packed"]
)
def test_a_hundred_swaps_leave_nothing_behind(make: object) -> None:
    models = [make(seed) for seed in (1, 2, 3)]  # type: ignore[operator]
    decks = Decks(models[0])

    def swap(number: int) -> None:
        load(decks, "ab"[number % 2], models[number % 3])
        for mix in (0.0, 0.5, 1.0):
            values = MOVING | {"deck.mix": mix, "bend.amount.1": 0.5} | blended(0.5)
            decks.draw(values, DT_S)

    for number in range(20):
        swap(number)
    before = resident_mb()
    for number in range(100):
        swap(number)
    assert resident_mb() - before < 4.0


def test_a_model_that_left_is_gone() -> None:
    old = stranger()
    gone = weakref.ref(old)
    decks = two(old)
    seen(decks, STILL | blended(0.5), deck_mix=0.5)
    load(decks, "b", stranger(3))
    for _ in range(70):
        seen(decks, STILL | blended(0.5), deck_mix=0.5)
    del old
    gc.collect()
    assert gone() is None


def ready(runtime: Runtime, deck: str = "b") -> ModelEvent:
    pushes = runtime.directions(DIRECTIONS)
    return ModelEvent(0.0, "tides", runtime, pushes, deck=deck, drifts=False)  # type: ignore[arg-type]


def test_a_vj_loads_fades_and_loads_again() -> None:
    start = {"walk.speed": 0.0, "walk.reach": 0.0, "glide": 0.0, "deck.fade": 0.5}
    engine = Engine(snapshot(0.0), still_patch(start=start, models={"2": "tides.safetensors"}))
    asked: list[tuple[str, str]] = []
    engine.performance.on_load = lambda key, deck: asked.append((key, deck))
    tab = KeyEvent(0.0, "tab", True)
    first = engine.frame(0.0, DT_S, (tab,)).image.copy()
    engine.frame(0.0, DT_S, (OscEvent(0.0, "/model/2", ()),))
    assert asked == [("2", "b")] and engine.controls.target("deck.mix") == 0.0, "nothing is on B"
    assert (engine.frame(0.0, DT_S, (ready(stranger()),)).image == first).all()
    engine.frame(0.0, DT_S, (tab,))
    for _ in range(60):
        last = engine.frame(0.0, DT_S, ()).image.copy()
    assert engine.controls.target("deck.mix") == 1.0 and (last != first).any()
    engine.frame(0.0, DT_S, (OscEvent(0.0, "/model/7", ()),))
    assert asked[-1] == ("7", "a"), "the one that is not seen"
    engine.frame(0.0, DT_S, (tab, OscEvent(0.0, "/deck/mix", (0.25,))))
    for _ in range(60):
        engine.frame(0.0, DT_S, ())
    assert engine.controls.target("deck.mix") == 0.25, "a hand ends the fade"
    assert engine.errors == 0 and BENDS == 3
