"""From takes to gestures to a show that plays by itself, and the take of that show."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from models.checkpoint import CheckpointError
from models.division import TrainingError
from models.gestures.checkpoint import GestureModel, load_gestures, save_gestures
from models.gestures.recipe import GestureRecipe
from performer.clock import ManualClock
from performer.commands.instrument import load_instrument
from performer.commands.manner import load_manner
from performer.commands.render import Replay
from performer.commands.taking import begin, head_of
from performer.commands.train_gesture import Options, train_gesture
from performer.events import Event, OscEvent
from performer.parameters import INDEX
from performer.takes import Packer, Take, TakeError
from tests.artist import PLAYED, play_take
from tests.commands.test_render import PATCH, save_model
from tests.models.gestures.test_gestures import MANIFEST, model

__all__ = ["model"]  # a fixture
RECIPE = GestureRecipe(hidden=8, judging=8, noise=2, slow=1, window=16, lead_in=8, batch=4)


def learn(folder: Path, *takes: Path, held_out: tuple[Path, ...] = ()) -> tuple[Path, str]:
    """Gestures of a few steps of training, and what was said."""
    out, console = folder / "mine.safetensors", Console(file=io.StringIO(), width=140)
    train_gesture(Options(takes, out, held_out, 0.01, RECIPE), console, lambda: False)
    return out, console.file.getvalue()


def test_takes_become_gestures_and_are_measured(tmp_path: Path) -> None:
    takes = [play_take(tmp_path / f"{i}.take", 70.0, seed=i) for i in range(2)]
    out, said = learn(tmp_path, takes[0], held_out=(takes[1],))
    manifest = load_gestures(out).manifest
    assert set(manifest.parameters) == set(PLAYED)
    (learnt,) = manifest.takes
    assert learnt.file == "0.take" and learnt.seconds == pytest.approx(70.0, abs=0.2)
    assert "Held-out takes" in said and "Noise walks" in said and "Nearest" in said
    assert f"performer play --autopilot {out}" in said.replace("\n", "")


def test_too_little_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="short.take: is 10 s long"):
        learn(tmp_path, play_take(tmp_path / "short.take", 10.0, seed=1))
    still = tmp_path / "still.take"
    packer = Packer()
    head = packer.head(Take(tmp_path / "short.take").head)
    still.write_bytes(head + packer.frames([(n / 10, ()) for n in range(700)])[0])
    with pytest.raises(TrainingError, match="nothing that can be learnt is moved"):
        learn(tmp_path, still)


class Gallery:
    """A show with an autopilot that begins after two seconds."""

    def __init__(self, folder: Path, gestures: Path) -> None:
        self.take = folder / "night.take"
        save_model(folder / "tiny.safetensors", 1)
        patch = folder / "moving.toml"
        patch.write_text(PATCH)
        bare = load_instrument(str(patch), None, "cpu")
        self.instrument = replace(bare, manner=load_manner(gestures, 2.0))

    def play(self, frames: int) -> tuple[list[bytes], np.ndarray]:
        """The pictures, and the values behind them; a hand comes and goes in between."""
        clock, packer = ManualClock(100.0), Packer()
        engine = begin(self.instrument, 7, True)
        content = packer.head(head_of(self.instrument, 7, True))
        pictures, values, before_s = [], [], clock.now_s
        for number in range(frames):
            events: tuple[Event, ...] = ()
            if number == frames // 2:
                events = (OscEvent(clock.now_s, "/psi", (1.0,)),)
            frame = engine.frame(clock.now_s, clock.now_s - before_s, events)
            content += packer.frames([(clock.now_s, events)])[0]
            pictures.append(frame.image.tobytes())
            values.append(engine.values)
            before_s = clock.now_s
            clock.now_s += 0.03 + 0.005 * (number % 3)
        self.take.write_bytes(content)
        return pictures, np.array(values)


@pytest.fixture
def gestures(model: GestureModel, tmp_path: Path) -> Path:  # noqa: F811
    path = tmp_path / "mine.safetensors"
    save_gestures(path, model.generator, MANIFEST)
    return path


def test_a_show_that_played_by_itself_renders_to_the_last_bit(
    tmp_path: Path, gestures: Path
) -> None:
    gallery = Gallery(tmp_path, gestures)
    pictures, values = gallery.play(240)
    zoom = values[:, INDEX["zoom"]]
    assert np.ptp(zoom[:50]) == 0.0 and np.ptp(zoom[80:120]) > 0.001
    again = [shot.image.tobytes() for shot in Replay(Take(gallery.take), None, "cpu").shots(None)]
    assert again == pictures
    # At another rate the gesture is the same within a frame of the show.
    steady = list(Replay(Take(gallery.take), None, "cpu").shots(30.0))
    assert len({shot.image.tobytes() for shot in steady}) > 100
    assert np.ptp(zoom[135:170]) < 1e-6 and np.ptp(zoom[200:]) > 0.001


def test_a_take_whose_gestures_changed_says_so(tmp_path: Path, gestures: Path) -> None:
    gallery = Gallery(tmp_path, gestures)
    gallery.play(3)
    gestures.write_bytes(gestures.read_bytes().replace(b"now", b"new"))
    with pytest.raises(TakeError, match="mine.safetensors have changed"):
        Replay(Take(gallery.take), None, "cpu")
    gestures.unlink()
    with pytest.raises(CheckpointError, match="mine.safetensors: no such file"):
        Replay(Take(gallery.take), None, "cpu")


def test_gestures_of_parameters_that_are_not_there_are_refused(
    tmp_path: Path, gestures: Path
) -> None:
    content = gestures.read_bytes()
    for name in (b"hux", b"tap"):
        gestures.write_bytes(content.replace(b"hue", name))
        with pytest.raises(CheckpointError, match=f"mine.safetensors: moves {name.decode()}"):
            load_manner(gestures, None)
