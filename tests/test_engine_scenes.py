"""Scenes, cues, the XY pad and live patches as a show: in the frames, and without a jump."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from performer.engine import Engine, Frame
from performer.events import Event, KeyEvent, MidiEvent, OscEvent, PatchEvent
from performer.parameters import INDEX
from performer.patch import parse_patch
from performer.schema import XY, Cue, Patch, Scene

MakeEngine = Callable[..., Engine]
DT_S = 1 / 60
HOME = Scene("Home", 1.0, {"seed": 3.0}, whole=True, walk=1.5)
AWAY = Scene("Away", 1.0, {"seed": 40.0, "hue": 60.0, "direction.1": 2.0}, whole=True, walk=9.0)
ALIVE = {"walk.speed": 0.3, "walk.reach": 0.6, "glide": 2.0}


def osc(address: str, *args: float) -> OscEvent:
    return OscEvent(0.0, address, args)


def play(engine: Engine, *events: Event, frames: int = 1) -> list[Frame]:
    """Give events, then let frames pass."""
    return [engine.frame(0.0, DT_S, events if i == 0 else ()) for i in range(frames)]


def difference(a: Frame, b: Frame) -> float:
    return float(np.abs(a.image.astype(int) - b.image.astype(int)).mean())


def steps(frames: list[Frame]) -> list[float]:
    return [difference(a, b) for a, b in zip(frames, frames[1:], strict=False)]


def test_a_recall_comes_to_the_same_look_from_anywhere(make_engine: MakeEngine) -> None:
    looks = []
    for start in ({"hue": 90.0, "trails": 0.0}, {"seed": 77.0, "zoom": 3.0, "direction.4": 2.0}):
        engine = make_engine(scenes={"1": AWAY}, start=ALIVE | start)
        play(engine, frames=37)
        looks.append(play(engine, osc("/scene/1"), frames=90)[-1])
    assert difference(*looks) < 0.5


def test_recalls_take_no_jump_even_when_they_interrupt_each_other(make_engine: MakeEngine) -> None:
    engine = make_engine(scenes={"1": HOME, "2": AWAY}, start=ALIVE)
    frames = play(engine, frames=30)
    for i in range(8):
        frames += play(engine, osc(f"/scene/{i % 2 + 1}"), frames=(60, 20, 7, 1)[i % 4])
    frames += play(engine, frames=60)
    assert max(steps(frames)) < 6.0
    assert difference(frames[0], frames[-1]) > 5.0


def test_freeze_holds_a_morph_and_it_goes_on_from_there(make_engine: MakeEngine) -> None:
    engine = make_engine(scenes={"2": AWAY}, start=ALIVE)
    frames = play(engine, osc("/scene/2"), frames=20)
    held = play(engine, osc("/freeze", 1.0), frames=90)
    assert max(steps([frames[-1], *held])) == 0.0
    going = play(engine, osc("/freeze", 0.0), frames=60)
    assert max(steps([held[-1], *going])) < 8.0  # the slew of the knobs came to its end
    assert engine.controls.target("hue") == 60.0


def test_store_then_recall_brings_the_very_picture_back(make_engine: MakeEngine) -> None:
    engine = make_engine(start=ALIVE)
    stored: list[tuple[str, Scene]] = []
    engine.on_store = lambda key, scene: stored.append((key, scene))
    play(engine, osc("/hue", 45.0), osc("/seed", 12.0), osc("/direction/2", -1.5), frames=600)
    before = play(engine, KeyEvent(0.0, "s", True), KeyEvent(0.0, "4", True))[0]
    ((key, scene),) = stored
    assert key == "4" and scene.whole and scene.values["hue"] == 45.0
    assert engine.controls.target("store") == 0.0
    play(engine, osc("/seed", 80.0), osc("/hue", -90.0), osc("/fine/3", 4.0), frames=300)
    went = play(engine, KeyEvent(0.0, "4", True), frames=round(scene.morph_s / DT_S))
    assert engine.performance._walk() == pytest.approx(scene.walk), "it arrives where it was stored"
    assert difference(before, went[-1]) < 2.0 < 30.0 < difference(before, went[0])


def test_a_stored_cut_is_exact(make_engine: MakeEngine) -> None:
    still = {"walk.speed": 0.0, "walk.reach": 0.7, "glide": 2.0}
    scenes = {"1": Scene("Cut", 0.0)}
    engine = make_engine(start=still, scenes=scenes)
    before = play(engine, osc("/seed", 12.0), osc("/hue", 30.0), frames=900)[-1]
    play(engine, osc("/store", 1.0), osc("/scene/1"))
    play(engine, osc("/seed", 80.0), osc("/hue", -90.0), frames=30)
    after = play(engine, osc("/scene/1"), frames=120)[-1]
    assert difference(before, after) < 0.02


CUES = (Cue("Dawn", "1"), Cue("Noon", "2", follow_s=0.5), Cue("Dusk", "1", {"hue": -30.0}))
SHOW = {"scenes": {"1": HOME, "2": AWAY}, "cues": CUES, "start": ALIVE}


def test_cues_go_back_follow_and_count(make_engine: MakeEngine) -> None:
    engine = make_engine(**SHOW)
    number = lambda: engine.controls.target("cue.number")  # noqa: E731
    play(engine, KeyEvent(0.0, "return", True), frames=60)
    assert engine.performance.cue_names == ("1 Dawn", "2 Noon") and number() == 1.0
    play(engine, osc("/cue/go"), frames=29)
    assert engine.performance.cue_names == ("2 Noon", "3 Dusk")
    play(engine, frames=2)
    assert engine.performance.cue_names == ("3 Dusk", "") and number() == 3.0
    play(engine, frames=61)
    assert engine.controls.target("hue") == -30.0
    play(engine, osc("/cue/back"))
    assert engine.performance.cue_names == ("2 Noon", "3 Dusk") and number() == 2.0
    play(engine, osc("/cue/number", 1.0))
    assert engine.performance.cue_names == ("1 Dawn", "2 Noon")
    play(engine, osc("/cue/number", 77.0))
    assert engine.performance.cue_names == ("1 Dawn", "2 Noon") and number() == 1.0
    play(engine, osc("/panic"))
    assert engine.performance.cue_names == ("", "1 Dawn") and number() == 0.0


def test_follow_on_and_morph_in_beats(make_engine: MakeEngine) -> None:
    cues = (Cue("a", "1", morph_beats=2.0, follow_beats=4.0), Cue("b", "2"))
    engine = make_engine(**SHOW | {"cues": cues, "start": ALIVE | {"bpm": 240.0}})
    play(engine, osc("/hue", 90.0), frames=60)
    play(engine, osc("/cue/go"), frames=29)
    assert 0.0 < engine.controls.target("hue") < 10.0
    play(engine, frames=2)
    assert engine.controls.target("hue") == 0.0
    play(engine, frames=28)
    assert engine.performance.cue_names[0] == "1 a"
    play(engine, frames=2)
    assert engine.performance.cue_names[0] == "2 b"


def test_the_next_cue_has_a_picture_and_making_it_changes_nothing(
    make_engine: MakeEngine,
) -> None:
    engine, twin = make_engine(**SHOW), make_engine(**SHOW)
    assert engine.preview is None
    while engine.rehearse():
        pass
    expected = make_engine(start=ALIVE, scenes={"1": HOME})
    still = HOME.values | {"walk.speed": 0.0}
    cut = msgspec.structs.replace(HOME, morph_s=0.0, values=still)
    expected = make_engine(start=still, scenes={"1": cut})
    picture = play(expected, osc("/scene/1"), frames=60)[-1].image
    assert engine.preview is not None and engine.preview.shape == (16, 32, 3)
    assert np.abs(engine.preview.astype(int) - picture.astype(int)).mean() < 2.0
    for events in ((osc("/cue/go"),), (), (osc("/cue/go"),)):
        frames = play(engine, *events, frames=9)
        assert difference(frames[-1], play(twin, *events, frames=9)[-1]) == 0.0
        while engine.rehearse():
            pass


def test_the_pad_goes_between_four_looks_without_a_jump(make_engine: MakeEngine) -> None:
    third = Scene("Third", 1.0, {"seed": 90.0, "psi": 1.2})
    scenes = {"1": HOME, "2": AWAY, "3": third, "4": Scene("Fourth", 0.0, {"hue": -90.0})}
    engine = make_engine(scenes=scenes, xy=XY(("1", "2", "3", "4")), start=ALIVE)
    frames = play(engine, osc("/xy/y", 0.0), frames=10)
    for i in range(181):
        frames += play(engine, osc("/xy/mix", i / 180), osc("/xy/x", i / 180))
    assert engine.values[0] == 0.0
    for i in range(181):
        frames += play(engine, osc("/xy/y", i / 180), osc("/xy/x", 1 - i / 180))
    frames += play(engine, frames=30)
    assert max(steps(frames)) < 6.0 and engine.errors == 0
    assert difference(frames[0], frames[-1]) > 5.0


LIVE = """version = 1
name = "Live"
[start]
hue = 10
psi = 0.7
[[bindings]]
source = "cc 1"
parameter = "psi"
[[bindings]]
source = "cc 2"
parameter = "hue"
[[modulators]]
shape = "sine"
parameter = "direction.1"
rate_hz = 0.3
depth = 0.2
[scenes.1]
values = { zoom = 2.0 }
"""


def live(text: str = LIVE) -> Patch:
    return parse_patch(text, Path("live.toml"))


def saved(text: str) -> PatchEvent:
    return PatchEvent(0.0, "live.toml", live(text))


def cc(number: int, value: float) -> MidiEvent:
    return MidiEvent(0.0, "nano", "cc", 1, number, value)


@pytest.fixture
def playing(runtime: object) -> Engine:
    """An engine that plays the text above; a hand holds psi at 1.5."""
    engine = Engine(runtime, live())  # type: ignore[arg-type]
    play(engine, cc(1, 0.3), cc(1, 0.9), cc(1, 1.0), frames=90)
    assert engine.controls.target("psi") == 1.5
    return engine


def test_the_same_text_again_is_no_change_at_all(runtime: object) -> None:
    engines = [Engine(runtime, live()) for _ in range(2)]  # type: ignore[arg-type]
    for i in range(60):
        events = (cc(1, i / 60), *((saved(LIVE + "# a remark\n"),) if i % 7 == 3 else ()))
        first, second = engines[0].frame(0.0, DT_S, (cc(1, i / 60),)), None
        second = engines[1].frame(0.0, DT_S, events)
        assert np.array_equal(first.image, second.image)
    assert np.array_equal(engines[0].values, engines[1].values)


def test_a_start_that_changed_applies_and_what_the_hand_moved_stays(playing: Engine) -> None:
    shown = play(playing, saved(LIVE.replace("hue = 10", "hue = 80")))[0].shows
    assert [event.source for event in shown] == ["patch"], "within one frame"
    assert playing.controls.target("hue") == 80.0
    assert playing.controls.target("psi") == 1.5
    play(playing, osc("/panic"))
    assert playing.controls.target("hue") == 80.0 and playing.controls.target("psi") == 0.7


def test_modulators_keep_their_phase_when_their_depth_changes(playing: Engine) -> None:
    before = playing.performance.modulators.waves()
    play(playing, saved(LIVE.replace("depth = 0.2", "depth = 0.1")))
    after = playing.performance.modulators.waves()
    assert 0.0 < abs(float(after[0] - before[0])) < 0.1 and abs(float(after[0])) > 0.1


def test_what_a_hand_did_to_a_modulator_goes_with_it_to_its_new_place(playing: Engine) -> None:
    play(playing, osc("/modulation/1/depth", 0.5))
    above = '[[modulators]]\nsource = "beat"\nparameter = "fine.1"\ndepth = 0.1\n[[modulators]]'
    play(playing, saved(LIVE.replace("[[modulators]]", above)))
    assert playing.controls.target("modulation.2.depth") == 0.5
    assert playing.controls.target("modulation.1.depth") == 1.0


def test_a_binding_that_stays_keeps_its_hand_and_another_begins(playing: Engine) -> None:
    more = '[[bindings]]\nsource = "cc 3"\nparameter = "zoom"\ntakeover = "none"\n'
    play(playing, saved(LIVE.replace('source = "cc 2"', 'source = "cc 9"') + more))
    play(playing, cc(3, 1.0), cc(1, 0.9), cc(2, 0.0), cc(2, 1.0))
    assert playing.controls.target("psi") == pytest.approx(1.35), "no need to pick it up again"
    assert playing.controls.target("zoom") == 4.0
    assert playing.controls.target("hue") == 10.0, "cc 2 is bound no more"
    play(playing, saved(LIVE + '[[bindings]]\nsource = "key x"\nparameter = "panic"\n'))
    play(playing, KeyEvent(0.0, "x", True))
    assert playing.controls.target("psi") == 0.7


def test_scenes_cues_and_pad_are_the_new_ones(playing: Engine) -> None:
    text = LIVE.replace("zoom = 2.0", "zoom = 3.0") + '[[cues]]\nscene = "1"\nname = "In"\n'
    text += '[xy]\nscenes = ["1", "1", "1", "1"]\n'
    play(playing, saved(text), osc("/cue/go"), frames=5)
    assert playing.performance.cue_names == ("1 In", "") and playing.controls.target("zoom") == 3.0
    play(playing, osc("/zoom", 1.0), osc("/xy/mix", 1.0), frames=120)
    assert playing.values[INDEX["zoom"]] == pytest.approx(3.0)


def test_a_patch_that_cannot_be_played_leaves_the_old_one(playing: Engine) -> None:
    before = play(playing)[0].image
    play(playing, PatchEvent(0.0, "live.toml", None, "live.toml:4: hue: must be a number"))
    assert playing.errors == 0 and before.shape == (16, 32, 3)
    assert playing.controls.target("psi") == 1.5


def test_the_seed_that_was_asked_for_stays_until_the_file_says_another(runtime: object) -> None:
    engine = Engine(runtime, live(), seed=42)  # type: ignore[arg-type]
    play(engine, saved(LIVE.replace("hue = 10", "hue = 20")))
    assert engine.controls.target("seed") == 42.0
    play(engine, saved(LIVE.replace("hue = 10", "hue = 20\nseed = 7")))
    assert engine.controls.target("seed") == 7.0
