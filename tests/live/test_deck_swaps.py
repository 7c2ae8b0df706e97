"""Models swapped while they play: real files, a real process beside the show, real time."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from parts import end, wait_until
from test_play import Player, save_tiny_model

from performer.clock import SystemClock
from performer.commands.bench_swaps import save_relative
from performer.commands.instrument import load_instrument, warm_up
from performer.commands.patch_models import model_loader
from performer.commands.preparing import Preparer
from performer.events import Inbox, OscEvent
from performer.outputs.memory import MemoryDisplay
from performer.paths import STARTER_MODEL
from performer.stage import Labels, Stage

pytestmark = pytest.mark.live

DEADLINE_S = 60.0
REFRESH_HZ = 25.0
PATCH = """version = 1
name = "Two"
[start]
walk.speed = 0.3
deck.fade = 0.5
[models]
1 = "one.safetensors"
2 = "two.safetensors"
3 = "broken.safetensors"
4 = "missing.safetensors"
"""


class Show(Stage):
    """A stage that writes down the HUD's line at each frame."""

    def __init__(self, *parts: object) -> None:
        super().__init__(*parts)  # type: ignore[arg-type]
        self.said: list[str] = []

    def one_frame(self, now_s: float) -> None:
        super().one_frame(now_s)
        self.said.append(self.status().message)


@pytest.fixture
def patch(tmp_path: Path) -> Path:
    for seed, name in enumerate(("one", "two")):
        save_relative(STARTER_MODEL, tmp_path / f"{name}.safetensors", seed)
    (tmp_path / "broken.safetensors").write_bytes(bytes(1000))
    path = tmp_path / "two.toml"
    path.write_text(PATCH)
    return path


def test_models_are_swapped_and_refused_under_load(patch: Path) -> None:
    """How late frames are meanwhile, `performer bench --swaps` tells."""
    instrument = load_instrument(str(patch), None, "cpu")
    clock, inbox = SystemClock(), Inbox()
    engine = instrument.engine()
    warm_up(engine)
    labels = Labels("", "", "", tuple, "")
    show = Show(engine, MemoryDisplay(clock, refresh_hz=REFRESH_HZ), inbox, clock, labels)
    preparer = Preparer(instrument.runtime.device, inbox, clock)
    engine.performance.on_load = model_loader(engine, instrument, preparer, inbox, clock)
    ended = threading.Event()

    def send(address: str, *values: float) -> None:
        inbox.put(OscEvent(clock.now(), address, values))

    def flood() -> None:
        while not ended.wait(0.001):
            send("/hue", 90 * np.sin(clock.now()))

    def hear(words: str) -> None:
        wait_until(lambda: any(words in said for said in show.said), DEADLINE_S, words)
        show.said.clear()

    def vj() -> None:
        for key, words in (("1", "took one"), ("2", "took two"), ("1", "took one")):
            send(f"/model/{key}")
            hear(words)
            send("/deck/swap")
            time.sleep(1.0)
        send("/model/3"), hear("broken.safetensors: damaged")
        send("/model/4"), hear("missing.safetensors: no such file")
        send("/model/9"), hear("the patch names no such model")
        for address in ("/bend/amount/1", "/blend/coarse"):
            send(address, 0.5)
            time.sleep(0.5)
            send(address, 0.0)
        ended.set()

    threads = [threading.Thread(target=part, daemon=True) for part in (flood, vj)]
    for thread in threads:
        thread.start()
    show.play(seconds=3 * DEADLINE_S, stopped=ended.is_set)
    preparer.close()
    assert ended.is_set() and engine.errors == 0
    assert np.ptp(show._engine.image) > 0


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., Player]]:
    players: list[Player] = []

    def start(*options: str) -> Player:
        players.append(Player(tmp_path, "--headless", "--midi", "none", *options))
        return players[-1]

    yield start
    for player in players:
        with player.process:
            end(player.process)


def test_a_model_for_deck_b_is_named_on_the_command_line(
    tmp_path: Path, play: Callable[..., Player]
) -> None:
    save_tiny_model(tmp_path / "other.safetensors")
    player = play("--deck-b", str(tmp_path / "other.safetensors"))
    assert player.process.stdout
    said = ""
    while "on deck B" not in said:
        said = player.process.stdout.readline()
        assert said, "it ended"
    player.osc("/deck/swap", "i", "1")
    player.osc("/bend/amount/1", "f", "0.5")
    time.sleep(1.0)
    status, output = player.stop()
    assert status == 0 and "Traceback" not in output, output
    statistics = player.statistics()
    assert statistics["errors"] == 0 and statistics["events_received"]["model"] == 1


def test_a_model_for_deck_b_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, play: Callable[..., Player]
) -> None:
    player = play("--deck-b", str(tmp_path / "none.safetensors"))
    output, _ = player.process.communicate(timeout=DEADLINE_S)
    assert player.process.returncode == 1 and "none.safetensors: no such file" in output
    assert "Traceback" not in output
