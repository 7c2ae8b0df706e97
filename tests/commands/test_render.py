"""A show, its take and its video: the same pictures, whatever happens to the files between."""

import resource
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from rich.console import Console

from models.canvas import Canvas
from models.checkpoint import Images, Manifest, save_checkpoint
from models.networks import Generator
from performer import replay
from performer.clock import ManualClock
from performer.commands import replay as replay_command
from performer.commands.instrument import Instrument, load_instrument
from performer.commands.preparing import ready_model
from performer.commands.render import Options, Replay, render
from performer.commands.taking import begin, free_name, head_of, numbered
from performer.engine import Engine
from performer.events import Event, Inbox, KeyEvent, OscEvent, ThriftEvent
from performer.governor import SKETCHES
from performer.outputs import take_file
from performer.outputs.memory import MemoryDisplay
from performer.outputs.movie import MovieError
from performer.outputs.take_file import TakeFile
from performer.stage import Labels, Stage
from performer.takes import Take, TakeError
from tests.tiny_model import TINY

PATCH = """version = 1
name = "Moving"
model = "tiny.safetensors"
[start]
"walk.speed" = 1
trails = 0.2
[[modulators]]
shape = "noise"
parameter = "hue"
rate_hz = 1
depth = 0.3
[[bindings]]
source = "key x"
parameter = "zoom"
"""
LABELS = Labels("CPU", "tiny", "moving", tuple, "off")
Script = dict[int, list[Event]]


def save_model(path: Path, seed: int) -> None:
    torch.manual_seed(seed)
    canvas = Canvas(4, 8, 2)
    generator = Generator(canvas, TINY)
    images = Images(1, "none")
    save_checkpoint(path, generator, Manifest(canvas, TINY, 0.0, images, 1, "nonsaturating", "now"))


class Keeping(MemoryDisplay):
    """A display that keeps every picture."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.pictures: list[bytes] = []

    def present(self, image, status) -> None:
        super().present(image, status)
        self.pictures.append(image.tobytes())


class Show:
    """A folder with a patch and a model, and what is played from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.take = folder / "show.take"
        self.model = folder / "tiny.safetensors"
        self.patch = folder / "moving.toml"
        save_model(self.model, 1)
        self.patch.write_text(PATCH)

    def instrument(self) -> Instrument:
        return load_instrument(str(self.patch), None, "cpu")

    def play(self, frames: int, script: Script, *, from_start: bool = True) -> list[bytes]:
        """The pictures of a show in which events come before frames by their number."""
        instrument, clock, inbox = self.instrument(), ManualClock(100.0), Inbox()
        instrument.runtime.prepare_sketch()
        name = None if not from_start else self.take
        engine, display = begin(instrument, 7, from_start), Keeping(clock)
        take = TakeFile(
            lambda: head_of(instrument, 7, from_start),
            name,
            lambda: self.take,
            self.take.parent,
            engine.performance.state,
        )
        take.start()
        stage = Stage(engine, display, inbox, clock, LABELS, recorders=(take,))
        for number in range(frames):
            for event in script.get(number, []):
                inbox.put(event)
            clock.now_s += 0.015 + 0.002 * (number % 3)
            stage.one_frame(clock.now_s)
        take.close()
        return display.pictures

    def replayed(self, fps: float | None = None, model: Path | None = None) -> list[bytes | None]:
        """The pictures of the take; None where it was not recording."""
        shots = Replay(Take(self.take), model, "cpu").shots(fps)
        return [None if shot.time_s is None else shot.image.tobytes() for shot in shots]


@pytest.fixture
def show(tmp_path: Path) -> Show:
    return Show(tmp_path)


def osc(address: str, *args: float) -> OscEvent:
    return OscEvent(100.0, address, args)


HANDS: Script = {
    5: [osc("/hue", 120.0), osc("/loop/record", 1.0), osc("/loop/beats", 1.0)],
    20: [osc("/direction/1", 3.0), KeyEvent(100.3, "x", True)],
    30: [osc("/psi", 1.2), osc("/seed", 40.0), osc("/trails", 0.0)],
    50: [osc("/loop/record", 0.0), osc("/mirror", 1.0)],
    70: [osc("/freeze", 1.0)],
    75: [osc("/freeze", 0.0), osc("/blackout", 1.0)],
}


def test_a_take_is_the_show_to_the_last_bit(show: Show) -> None:
    pictures = show.play(90, HANDS)
    assert len(set(pictures)) > 70
    assert show.replayed() == pictures
    steady = show.replayed(25)
    assert steady == show.replayed(25) and len(steady) == pytest.approx(90 * 0.017 * 25, abs=2)


def test_what_is_recorded_is_what_was_on(show: Show) -> None:
    script = {number: [KeyEvent(0.0, "r", True)] for number in (20, 40, 50, 60)}
    pictures = show.play(80, script, from_start=False)
    shots = list(Replay(Take(show.take), None, "cpu").shots(None))
    times = [shot.time_s for shot in shots]
    on = [number for number, time_s in enumerate(times) if time_s is not None]
    assert on == [*range(20, 40), *range(50, 60)]
    assert [shots[n].image.tobytes() for n in on] == [pictures[n] for n in on]
    seconds = [times[n] for n in on]
    assert seconds[0] == 0.0
    assert 0.014 < np.diff(seconds).min() and np.diff(seconds).max() < 0.02  # the pause is cut out


def test_what_nobody_recorded_is_passed_by_and_leaves_its_mark(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "LEAD_S", 4.0)  # twenty times the trails
    other = show.folder / "other.safetensors"
    save_model(other, 2)
    cpu, clock = torch.device("cpu"), ManualClock(100.0)
    script = HANDS | {
        40: [osc("/displacement/amount", 0.5), osc("/strobe/amount", 0.4), osc("/seed", 90.0)],
        90: [osc("/trails", 0.2), osc("/blackout", 0.0), osc("/style/mix", 0.5)],
        100: [ready_model(other, cpu, clock, moves=False)],
        110: [replace(ready_model(show.model, cpu, clock, moves=False), deck="b")],
        120: [osc("/deck/mix", 0.5), osc("/blend/coarse", 1.0)],
        400: [KeyEvent(0.0, "r", True)],
        430: [osc("/deck/seed", 50.0)],
        450: [KeyEvent(0.0, "r", True), osc("/deck/mix", 1.0)],
        760: [osc("/deck/mix", 0.2), KeyEvent(0.0, "r", True)],
    }
    pictures = show.play(780, script, from_start=False)
    passed: list[float] = []
    monkeypatch.setattr(Engine, "pass_by", spied(Engine.pass_by, passed))
    replayed = show.replayed()
    recorded = [*range(400, 450), *range(760, 780)]
    assert [n for n, picture in enumerate(replayed) if picture] == recorded
    assert [replayed[n] for n in recorded] == [pictures[n] for n in recorded]
    times = [moment.now_s for moment in Take(show.take).moments()]
    undrawn = [
        time_s
        for n, time_s in enumerate(times)
        if not any(n <= last and times[last - 1] - time_s <= 4.0 for last in (74, *recorded))
    ]
    assert passed == undrawn and len(undrawn) > 150


def test_a_show_that_began_anew_is_as_it_was(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(take_file, "SPOOLED_S", 2.0)
    script = HANDS | {
        90: [osc("/trails", 0.1), osc("/blackout", 0.0)],
        700: [KeyEvent(0.0, "r", True)],
    }
    pictures = show.play(720, script, from_start=False)
    first = next(Take(show.take).moments())
    assert first.now_s == pytest.approx(110.0, abs=0.1)  # two seconds before the end
    seen, was = show.replayed()[-20:], pictures[-20:]
    differ = [np.abs(as_levels(a) - as_levels(b)).max() for a, b in zip(seen, was, strict=True)]
    assert max(differ) <= 1 and len(set(was)) == 20


def test_a_replay_begins_where_it_is_asked_to(
    show: Show, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(replay_command, "SETTLES_S", 3.0)
    pictures = show.play(400, HANDS)  # of seven seconds
    display = Keeping(ManualClock(0.0))
    monkeypatch.setattr(replay_command, "_display", lambda options, take: display)
    options = replay_command.Options(show.take, -1.0, False, None, "cpu", False, True)
    replay_command.replay(options, print, never)
    assert len(display.pictures) == pytest.approx(1.0 / 0.017, abs=3)
    assert display.pictures == pictures[-len(display.pictures) :]
    assert "400 frames in 6.8 s" in capsys.readouterr().out


def as_levels(picture: bytes | None) -> np.ndarray:
    assert picture is not None
    return np.frombuffer(picture, np.uint8).astype(int)


def spied(method: Callable[..., None], at: list[float]) -> Callable[..., None]:
    def spy(engine: Engine, now_s: float, *rest: object) -> None:
        at.append(now_s)
        method(engine, now_s, *rest)

    return spy


def test_a_model_that_came_during_the_show_comes_again(show: Show) -> None:
    other = show.folder / "other.safetensors"
    save_model(other, 2)
    cpu = torch.device("cpu")
    pictures = show.play(40, {10: [ready_model(other, cpu, ManualClock(100.0), moves=False)]})
    assert show.replayed() == pictures
    assert show.replayed(model=show.model) != pictures  # one model from beginning to end
    save_model(other, 3)
    with pytest.raises(TakeError, match="other.safetensors has changed since; give --model"):
        show.replayed()
    other.unlink()
    with pytest.raises(TakeError, match="other.safetensors is not there"):
        show.replayed()


def test_what_the_show_spared_is_spared_in_its_own_frames_alone(show: Show) -> None:
    bloom = {5: [osc("/bloom/amount", 1.0)]}
    whole, steady = show.play(60, bloom), show.replayed(30)
    show.take.unlink()
    spared = show.play(60, bloom | {30: [ThriftEvent(100.0, SKETCHES)]})
    assert spared[:30] == whole[:30] and spared[30:] != whole[30:]
    assert show.replayed() == spared and show.replayed(30) == steady


def options(show: Show, **changes: object) -> Options:
    fields = {
        "take": show.take,
        "out": show.folder / "show.mp4",
        "size": None,
        "fps": 50.0,
        "sound": None,
        "model": None,
        "device": "cpu",
    }
    return Options(**(fields | changes))  # type: ignore[arg-type]


def video(path: Path) -> tuple[list[float], np.ndarray]:
    """The times of a video's frames, and the first."""
    with av.open(str(path)) as file:
        frames = list(file.decode(video=0))
    return [float(frame.time) for frame in frames], frames[0].to_ndarray(format="rgb24")


def never() -> bool:
    return False


def test_a_video_of_any_size_and_one_that_is_stopped(show: Show) -> None:
    show.play(60, HANDS)
    quiet = Console(quiet=True)
    render(options(show, size=(64, 48)), quiet, never)
    times, picture = video(show.folder / "show.mp4")
    assert times == pytest.approx([n / 50 for n in range(len(times))])
    assert len(times) == pytest.approx(60 * 0.017 * 50, abs=2)
    assert picture.shape == (48, 64, 3) and picture[:6].max() < 20 < picture[10:38].max()
    stops = iter([False] * 9 + [True])
    render(options(show, out=show.folder / "short.mkv"), quiet, lambda: next(stops))
    assert len(video(show.folder / "short.mkv")[0]) == 10
    assert not list(show.folder.glob(".*"))


def test_the_colours_of_a_video_are_those_of_the_show(show: Show) -> None:
    show.play(3, {})
    render(options(show, size=(256, 128), fps=None), Console(quiet=True), never)
    _, seen = video(show.folder / "show.mp4")
    first = next(iter(Replay(Take(show.take), None, "cpu").shots(None))).image
    assert np.abs(seen.mean((0, 1)) - first.mean((0, 1))).max() < 3


@pytest.mark.parametrize(
    "spoil, words",
    [
        (lambda show: show.model.unlink(), "tiny.safetensors is not there; give --model"),
        (lambda show: save_model(show.model, 9), "tiny.safetensors has changed since"),
        (lambda show: show.take.write_text("x"), "is no take"),
        (lambda show: show.take.write_bytes(show.take.read_bytes()[:40]), "is cut off"),
    ],
)
def test_what_cannot_be_rendered_is_one_sentence(
    show: Show, spoil: Callable[[Show], None], words: str
) -> None:
    show.play(3, {})
    spoil(show)
    with pytest.raises(TakeError, match=words):
        render(options(show), Console(quiet=True), never)
    assert not (show.folder / "show.mp4").exists()


def test_sound_that_cannot_be_read_and_places_that_are_not_there(show: Show) -> None:
    show.play(3, {})
    (show.folder / "noise.wav").write_bytes(b"RIFF" + bytes(100))
    quiet = Console(quiet=True)
    with pytest.raises(MovieError, match="noise.wav: its sound cannot be read"):
        render(options(show, sound=show.folder / "noise.wav"), quiet, never)
    with pytest.raises(MovieError, match="gone.wav: its sound cannot be read"):
        render(options(show, sound=show.folder / "gone.wav"), quiet, never)
    with pytest.raises(MovieError, match="ends in .mp4"):
        render(options(show, out=show.folder / "show.gif"), quiet, never)
    with pytest.raises(MovieError, match="no such folder"):
        render(options(show, out=show.folder / "no" / "show.mp4"), quiet, never)
    assert not list(show.folder.glob("*.mp4")) and not list(show.folder.glob(".*"))


def test_a_full_disk_is_one_sentence(show: Show) -> None:
    show.play(60, HANDS)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
    try:
        with pytest.raises(MovieError, match="cannot be written: File too large"):
            render(options(show, size=(320, 180)), Console(quiet=True), never)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(show.folder.glob("*.mp4")) and not list(show.folder.glob(".*"))


def test_a_moved_model_is_found_by_name(show: Show) -> None:
    show.play(3, {})
    moved = shutil.move(show.model, show.folder / "moved.safetensors")
    render(options(show, model=Path(moved)), Console(quiet=True), never)
    assert (show.folder / "show.mp4").exists()


def test_free_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert numbered(Path("a.mp4")) == Path("a.mp4")
    Path("a.mp4").touch()
    Path("a-2.mp4").touch()
    assert numbered(Path("a.mp4")) == Path("a-3.mp4")
    assert free_name("../My Patch/", ".take").name.startswith("my-patch-")
    assert free_name("", ".take").name.startswith("show-")
