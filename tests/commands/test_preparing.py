"""Preparing beside the show: the choice is found elsewhere, the model comes ready or refused."""

import multiprocessing
import threading
import time
from pathlib import Path

import pytest
import torch

from models.canvas import Canvas
from models.checkpoint import Images, Manifest, save_checkpoint
from models.graph.runtime import GraphRuntime
from models.networks import Generator
from performer.clock import ManualClock
from performer.commands import preparing
from performer.commands.preparing import Preparer, find_choice
from performer.engine import Engine
from performer.events import Event, Inbox, ModelEvent, Refusal
from performer.latent import Generator as Playing
from tests.tiny_model import TINY, still_patch

CPU = torch.device("cpu")
WAIT_S = 60.0


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, which a process beside it shares."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "performer" / "engines"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    torch.manual_seed(1)
    canvas = Canvas(4, 8, 3)
    path = tmp_path / "tides.safetensors"
    manifest = Manifest(canvas, TINY, 2.0, Images(9, "x"), 0, "minimax", "now", name="tides")
    save_checkpoint(path, Generator(canvas, TINY), manifest)
    return path


def one_of(inbox: Inbox) -> Event:
    """The next event; the thread takes its time."""
    end_s = time.monotonic() + WAIT_S
    while time.monotonic() < end_s:
        if events := inbox.drain():
            return events[0]
        time.sleep(0.01)
    raise AssertionError("nothing came")


def test_a_model_is_tried_in_another_process_and_comes_ready(
    model: Path, home: Path, runtime: Playing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("tried beside the show")

    monkeypatch.setattr("models.graph.choice.choose", never)
    inbox = Inbox()
    preparer = Preparer(CPU, inbox, ManualClock(7.0))
    preparer.prepare(model)
    event = one_of(inbox)
    preparer.close()
    assert isinstance(event, ModelEvent) and event.name == "tides at 2.0 kimg"
    assert isinstance(event.generator, GraphRuntime) or type(event.generator).__name__ == "Runtime"
    assert len(list(home.iterdir())) == 1, "what was found is kept"
    engine = Engine(runtime, still_patch())
    assert engine.frame(0.0, 0.02, (event,)).image.shape == (32, 64, 3) and not engine.errors


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """No process is started; the models that would have had one."""
    tried: list[Path] = []
    monkeypatch.setattr(preparing, "find_choice", lambda path, *_: tried.append(path))
    return tried


def test_what_cannot_be_read_is_refused_and_the_next_one_comes(
    model: Path, no_process: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.contest.ROUNDS_S", 0.0)
    inbox, broken = Inbox(), model.with_name("broken.safetensors")
    broken.write_bytes(model.read_bytes()[:999])
    preparer = Preparer(CPU, inbox, ManualClock(7.0))
    preparer.prepare(broken)
    preparer.prepare(model)
    refused = one_of(inbox)
    assert isinstance(refused, Refusal) and refused.origin == "broken.safetensors"
    assert str(broken) not in refused.reason and "\n" not in refused.reason
    assert isinstance(one_of(inbox), ModelEvent)
    assert no_process == [model]
    preparer.close()


def test_closing_hands_nothing_over(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()

    def wait(path: Path, device: torch.device, ended: threading.Event) -> None:
        begun.set()
        ended.wait(WAIT_S)

    monkeypatch.setattr(preparing, "find_choice", wait)
    monkeypatch.setattr(preparing, "ready_model", lambda *_, **__: "a model")
    inbox = Inbox()
    preparer = Preparer(CPU, inbox, ManualClock())
    preparer.prepare(model)
    assert begun.wait(WAIT_S)
    preparer.close()
    assert inbox.drain() == []


def test_a_process_is_ended_with_the_show(model: Path) -> None:
    ended = threading.Event()
    ended.set()
    find_choice(model, CPU, ended)
    assert not multiprocessing.active_children()


def test_the_last_ones_stay_prepared_until_their_file_is_another_one(
    model: Path, no_process: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.contest.ROUNDS_S", 0.0)
    monkeypatch.setattr(preparing, "KEPT", 2)
    others = [model.with_name(f"{number}.safetensors") for number in range(2)]
    for other in others:
        other.write_bytes(model.read_bytes())
    preparer = Preparer(CPU, Inbox(), ManualClock(7.0))
    first = preparer.ready(model)
    again = preparer.ready(model, "b")
    assert again.generator is first.generator and (first.deck, again.deck) == ("a", "b")
    assert not first.drifts, "its weights are kept"
    model.write_bytes(model.read_bytes())
    renewed = preparer.ready(model)
    assert renewed.generator is not first.generator
    preparer.ready(others[0])
    assert preparer.ready(model).generator is renewed.generator, "the newest used"
    preparer.ready(others[1])
    preparer.ready(others[0])
    assert [path.stem for path in no_process] == ["tides", "tides", "0", "1", "0"]
    preparer.close()
