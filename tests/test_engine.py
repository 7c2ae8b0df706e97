"""The engine: what a performance does to the picture, and that nothing stops it."""

import logging
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from models.runtime import Runtime
from performer.engine import Engine, Frame
from performer.events import ClockEvent, Event, KeyEvent, MidiEvent, OscEvent, PortEvent, SoundEvent
from performer.latent import Latent
from performer.parameters import INDEX, TABLE
from performer.patch import Binding, Modulator, Scene, load_controller
from performer.paths import CONTROLLERS
from performer.schema import Controller
from tests.tiny_model import still_patch

MakeEngine = Callable[..., Engine]
DT_S = 1 / 60


def osc(address: str, *args: float) -> OscEvent:
    return OscEvent(0.0, address, args)


def cc(number: int, value: float, port: str = "a") -> MidiEvent:
    return MidiEvent(0.0, port, "cc", 1, number, value)


def settle(engine: Engine, *events: Event, seconds: float = 1.0) -> Frame:
    """Give events, then let time pass until the slews have arrived."""
    frame = engine.frame(0.0, DT_S, events)
    for _ in range(round(seconds / DT_S)):
        frame = engine.frame(0.0, DT_S, ())
    return frame


def difference(a: Frame, b: Frame) -> float:
    return float(np.abs(a.image.astype(int) - b.image.astype(int)).mean())


def test_a_frame_is_contiguous_bytes_of_the_canvas(make_engine: MakeEngine) -> None:
    frame = make_engine().frame(0.0, DT_S, ())
    assert frame.image.shape == (16, 32, 3)
    assert frame.image.dtype == np.uint8 and frame.image.flags.c_contiguous
    assert frame.image.std() > 5


def test_psi_zero_is_one_picture_for_every_seed(make_engine: MakeEngine) -> None:
    engine = make_engine(start={"psi": 0.0, "walk.reach": 0.0, "walk.speed": 0.0, "glide": 0.0})
    pictures = [settle(engine, osc("/seed", seed)) for seed in (0, 5, 77.5)]
    assert difference(pictures[0], pictures[1]) == difference(pictures[0], pictures[2]) == 0


@pytest.mark.parametrize(
    "address, value",
    [
        ("/seed", 3.0),
        ("/seed_mix", 1.0),
        ("/psi", 0.2),
        ("/walk/reach", 1.0),
        ("/style/mix", 1.0),
        ("/noise", 3.0),
        ("/brightness", 0.5),
        ("/contrast", 0.3),
        ("/saturation", 0.0),
        ("/hue", 90.0),
        ("/zoom", 2.0),
        ("/mirror", 3.0),
        ("/kaleidoscope/size", 1.0),
        ("/palette/mix", 1.0),
        ("/direction/1", 3.0),
        ("/coarse/1", 3.0),
        ("/middle/2", 3.0),
        ("/fine/1", 4.0),
        ("/blackout", 1.0),
        ("/next_seed", 1.0),
    ],
)
def test_each_knob_moves_the_picture(make_engine: MakeEngine, address: str, value: float) -> None:
    engine = make_engine()
    before = settle(engine)
    assert difference(before, settle(engine, osc(address, value))) > 0.5


def test_the_event_that_moved_a_knob_is_shown_by_that_frame(make_engine: MakeEngine) -> None:
    engine = make_engine()
    before = engine.frame(0.0, DT_S, ())
    moved, lost = osc("/brightness", 0.5), osc("/no/such", 1.0)
    frame = engine.frame(0.0, DT_S, (moved, lost))
    assert frame.shows == (moved,)
    assert difference(before, frame) > 0.5
    assert engine.controls.refused == {"osc": 1}


def test_freeze_gives_identical_frames_and_time_stands_still(make_engine: MakeEngine) -> None:
    engine = make_engine(start={"walk.speed": 1.0, "walk.reach": 1.0})
    settle(engine)
    frozen = engine.frame(0.0, DT_S, (KeyEvent(0.0, "space", True),))
    for _ in range(30):
        frame = engine.frame(0.0, DT_S, (osc("/hue", 90.0),))
        assert difference(frozen, frame) == 0
    going = engine.frame(0.0, DT_S, (KeyEvent(0.0, "space", True),))
    assert difference(frozen, going) > 0


def test_blackout_is_black_even_when_frozen_and_comes_back(make_engine: MakeEngine) -> None:
    engine = make_engine()
    before = settle(engine, osc("/freeze", 1.0))
    assert settle(engine, osc("/blackout", 1.0), seconds=2.0).image.max() == 0
    assert difference(before, settle(engine, osc("/blackout", 0.0), seconds=2.0)) == 0


def test_panic_brings_the_start_back(make_engine: MakeEngine) -> None:
    engine = make_engine()
    before = settle(engine)
    settle(engine, osc("/hue", 120.0), osc("/trails", 5.0), osc("/seed", 9.0), osc("/blackout", 1))
    assert difference(before, settle(engine, KeyEvent(0.0, "p", True), seconds=3.0)) == 0


def test_next_seed_counts_on_and_wraps(make_engine: MakeEngine) -> None:
    engine = make_engine(start={"seed": 998.0})
    engine.frame(0.0, DT_S, (osc("/next_seed"),) * 3)
    assert engine.controls.target("seed") == 1.0


def test_a_change_of_seed_glides_without_a_jump(make_engine: MakeEngine) -> None:
    engine = make_engine(start={"walk.speed": 0.0, "walk.reach": 0.0, "glide": 1.0})
    frames = [settle(engine)]
    frames.append(engine.frame(0.0, DT_S, (osc("/seed", 40.0),)))
    frames += [engine.frame(0.0, DT_S, ()) for _ in range(120)]
    steps = [difference(a, b) for a, b in zip(frames, frames[1:], strict=False)]
    whole = difference(frames[0], frames[-1])
    assert whole > 5 and max(steps) < whole / 8
    assert steps[-1] < 0.5


def test_walk_is_smooth_and_never_still(make_engine: MakeEngine) -> None:
    engine = make_engine(start={"walk.speed": 0.5, "walk.reach": 1.0})
    frames = [engine.frame(0.0, DT_S, ()) for _ in range(240)]
    steps = [difference(a, b) for a, b in zip(frames, frames[1:], strict=False)]
    assert max(steps) < 12 * np.median(steps) + 1
    assert difference(frames[0], frames[-1]) > 5


def test_a_scene_morphs_and_a_touched_parameter_leaves_it(make_engine: MakeEngine) -> None:
    scene = Scene(name="Deep", morph_s=1.0, values={"hue": 100.0, "psi": 0.2})
    engine = make_engine(scenes={"1": scene})
    engine.frame(0.0, DT_S, (osc("/scene/1"),))
    settle(engine, osc("/psi", 1.2), seconds=0.5)
    assert 0.0 < engine.controls.target("hue") < 100.0
    settle(engine, seconds=1.0)
    assert engine.controls.target("hue") == 100.0
    assert engine.controls.target("psi") == 1.2
    settle(engine, osc("/scene/7"))  # empty: nothing happens


def test_bpm_follows_the_clock_that_leads(make_engine: MakeEngine) -> None:
    engine = make_engine()
    ticks = [ClockEvent(i * 60 / 140 / 24, "a", "tick") for i in range(24 * 8)]
    for i in range(180):
        now_s = i * DT_S
        due = [tick for tick in ticks if now_s - DT_S < tick.time_s <= now_s]
        assert not engine.frame(now_s, DT_S, due).shows
    assert engine.controls.target("bpm") == engine.values[INDEX["bpm"]] == pytest.approx(140.0)
    assert engine.performance.tempo.source == "MIDI clock"
    engine.frame(180 * DT_S, DT_S, (osc("/bpm", 90.0), osc("/tempo/source", 1.0)))
    engine.frame(181 * DT_S, DT_S, ())
    assert engine.performance.tempo.bpm == 90.0 and engine.performance.tempo.source == "own"


def test_taps_move_bpm(make_engine: MakeEngine) -> None:
    engine = make_engine()
    for i in range(4):
        engine.frame(i * 0.4, 0.4, (KeyEvent(i * 0.4, "t", True),))
    engine.frame(2.0, 0.4, ())
    assert engine.controls.target("bpm") == 150.0


def test_what_is_heard_moves_what_it_is_to(make_engine: MakeEngine) -> None:
    follower = Modulator(source="sound.bass", parameter="hue", depth=0.5, attack_s=0.0)
    flash = Modulator(trigger="sound.onset", parameter="zoom", depth=0.5, attack_s=0.0, decay_s=1.0)
    press = Modulator(trigger="next_seed", parameter="contrast", depth=0.5, attack_s=0.0)
    engine = make_engine(modulators=(follower, flash, press))
    engine.frame(0.0, 0.0, ())
    events = (SoundEvent(0.1, 1.0, 0.5, 0, 0, 0, 0.9), SoundEvent(0.1, 1.0, 0.25, 0, 0, 0, 0.0))
    shows = engine.frame(0.1, 0.1, events).shows
    assert engine.values[INDEX["hue"]] == pytest.approx(45.0)
    assert engine.values[INDEX["zoom"]] == pytest.approx(2.5)
    assert shows == (), "a sound is no knob whose way to the screen is measured"
    engine.frame(0.2, 0.1, (KeyEvent(0.2, "n", True),))
    assert engine.values[INDEX["contrast"]] == pytest.approx(2.5)
    assert engine.values[INDEX["hue"]] == pytest.approx(45.0)
    assert 1.0 < engine.values[INDEX["zoom"]] < 2.5


def test_modulators_move_and_freeze_holds_them(make_engine: MakeEngine) -> None:
    sine = Modulator(shape="sine", parameter="hue", rate_hz=1.0, depth=0.2)
    engine = make_engine(modulators=(sine,))
    first, second = settle(engine, seconds=0.1), settle(engine, seconds=0.1)
    assert difference(first, second) > 0.5


def test_trails_linger_and_fade(make_engine: MakeEngine) -> None:
    engine = make_engine()
    bright = settle(engine, osc("/trails", 2.0), osc("/brightness", 0.5), seconds=2.0)
    soon = settle(engine, osc("/brightness", -0.5), seconds=0.5)
    later = settle(engine, seconds=10.0)
    assert bright.image.mean() > soon.image.mean() > later.image.mean() + 5


def test_a_devices_profile_fills_in_when_it_is_plugged_in(runtime: Runtime) -> None:
    profile = Controller("K", ("nano",), (Binding(source="cc 16", parameter="hue"),))
    engine = Engine(runtime, still_patch(), controllers=(profile,))
    turn = [cc(16, 0.5, "nanoKONTROL2"), cc(16, 0.52, "nanoKONTROL2"), cc(16, 1, "nanoKONTROL2")]
    settle(engine, *turn)
    assert engine.controls.target("hue") == 0.0
    settle(engine, PortEvent(0.0, "nanoKONTROL2", True), *turn)
    assert engine.controls.target("hue") == 180.0


def test_a_strobe_is_limited_on_the_screen_unless_that_is_switched_off(
    make_engine: MakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    strobe = {"strobe.amount": 1.0, "strobe.rate": 12.0, "brightness": 0.8}

    def swing(engine: Engine) -> float:
        settle(engine, seconds=2.0)
        means = [engine.frame(0.0, DT_S, ()).image.mean() for _ in range(30)]
        return float(max(means) - min(means))

    engine = make_engine(start=strobe)
    assert swing(engine) < 40 and engine.flashes.is_limiting
    engine.frame(0.0, DT_S, (osc("/flash_limit", 0.0),))
    assert "flash limit is off" in caplog.text
    assert swing(engine) > 150 and not engine.flashes.is_limiting
    engine.frame(0.0, DT_S, (osc("/panic", 1.0),))
    assert engine.controls.target("flash_limit") == 1.0


def test_a_patch_orders_the_effects(make_engine: MakeEngine) -> None:
    start = {"palette.mix": 1.0, "kaleidoscope.size": 1.0, "bloom.amount": 1.0}
    usual, other = make_engine(start=start), make_engine(start=start, effects=("bloom",))
    assert difference(settle(usual), settle(other)) > 0.5


def test_the_same_performance_gives_the_same_frames(runtime: Runtime) -> None:
    random = np.random.default_rng(5)
    names = [parameter for parameter in TABLE if parameter.kind != "trigger"]
    script: list[list[Event]] = []
    for _ in range(120):
        parameter = names[random.integers(len(names))]
        span = parameter.maximum - parameter.minimum
        value = parameter.minimum + span * random.random()
        script.append([osc(parameter.address, value)] if random.random() < 0.5 else [])

    def perform() -> list[bytes]:
        engine = Engine(runtime, still_patch())
        return [engine.frame(0.0, DT_S, events).image.tobytes() for events in script]

    assert perform() == perform()


class Failing:
    """The tiny model, until it is told to fail."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.mode = "well"

    def __getattr__(self, name: str) -> object:
        return getattr(self._runtime, name)

    def draw(self, ws: Tensor, noise: float) -> Tensor:
        if self.mode == "raise":
            raise RuntimeError("CUDA error: out of memory")
        image = self._runtime.draw(ws, noise)
        return image * torch.nan if self.mode == "nan" else image


@pytest.mark.parametrize("mode", ["raise", "nan"])
def test_a_failing_generator_leaves_the_last_good_frame(
    runtime: Runtime, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    generator = Failing(runtime)
    engine = Engine(generator, still_patch(start={"walk.speed": 2.0, "walk.reach": 1.0}))  # type: ignore[arg-type]
    good = settle(engine)
    generator.mode = mode
    with caplog.at_level(logging.WARNING):
        for _ in range(50):
            assert difference(good, engine.frame(1.0, DT_S, ())) == 0
    assert engine.errors == 50 and engine.message
    assert len(caplog.records) == 1
    generator.mode = "well"
    assert difference(good, settle(engine)) > 0
    assert engine.message == ""


def test_what_fails_while_frames_pass_by_is_told(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = Failing(runtime)
    engine = Engine(generator, still_patch(start={"walk.speed": 2.0}))  # type: ignore[arg-type]
    generator.mode = "raise"  # nothing is drawn
    engine.pass_by(1.0, DT_S, ())
    assert engine.errors == 0
    monkeypatch.setattr(Latent, "advance", lambda *_: 1 / 0)
    engine.pass_by(2.0, DT_S, ())
    assert engine.errors == 1 and "ZeroDivisionError" in engine.message


@pytest.mark.parametrize("dt_s", [0.0, -1.0, 1e9, 0.25])
def test_a_stall_or_a_stepped_clock_does_no_harm(make_engine: MakeEngine, dt_s: float) -> None:
    engine = make_engine(start={"walk.speed": 4.0, "glide": 1.0})
    settle(engine, osc("/seed", 4.0), osc("/trails", 1.0))
    assert np.isfinite(engine.frame(0.0, dt_s, ()).image).all()
    assert engine.errors == 0


@pytest.mark.parametrize("fps", [24, 60, 144])
def test_motion_is_the_same_at_every_frame_rate(runtime: Runtime, fps: int) -> None:
    def after_a_second(fps: int) -> Frame:
        engine = Engine(runtime, still_patch(start={"walk.speed": 0.5, "glide": 1.0}))
        events: Sequence[Event] = (osc("/seed", 8.0), osc("/hue", 60.0))
        engine.frame(0.0, 0.0, ())
        frame = engine.frame(0.0, 1 / fps, events)
        for _ in range(fps - 1):
            frame = engine.frame(0.0, 1 / fps, ())
        return frame

    assert difference(after_a_second(fps), after_a_second(48)) < 1.0


def test_learn_is_switched_and_undone_from_outside(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine(bindings=(Binding("cc 1", "psi"),))

    def frame(*events: Event) -> None:
        engine.frame(1.0, 0.01, events)

    frame(OscEvent(1.0, "/learn", ()))
    assert engine.learn.view() is not None
    frame(OscEvent(1.0, "/learn", ("psi",)), OscEvent(1.0, "/unlearn", ()))
    assert engine.controls.bindings == ()
    frame(OscEvent(1.0, "/learn", (1,)))
    assert engine.learn.view() is None


def test_a_known_controllers_knobs_take_the_directions(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine(bindings=(Binding("cc 16", "psi"),))
    engine.performance._controllers = (load_controller(CONTROLLERS / "nanokontrol2.toml"),)
    engine.frame(1.0, 0.01, [PortEvent(1.0, "nanoKONTROL2", True)])
    assert [b.parameter for b in engine.controls.profile("nanoKONTROL2") if "direction" in
            b.parameter] == [f"direction.{i}" for i in range(1, 8)]  # fmt: skip
