"""An installation left alone: killed, hung, blinded or damaged, it comes back as it was."""

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from parts import Screen, end, free_tcp_port, free_udp_port, require, wait_until
from test_play import save_tiny_model

from performer.serving.boxes import kept_boxes
from performer.serving.mirror import Mirror
from performer.serving.state import read_state
from performer.takes import Take

pytestmark = pytest.mark.live

DEADLINE_S = 60.0
# The goal is two seconds; a busy machine that runs tests may need more.
RECOVERY_S = 8.0
X_FILES = Path("/tmp")  # noqa: S108 - where X servers have their sockets
# Its picture is never black: psi 0 and a light ground.
PATCH = """version = 1
name = "Hall"
[start]
psi = 0
brightness = 0.3
hue = 20
[[modulators]]
shape = "sine"
parameter = "brightness"
rate_hz = 4
depth = 0.05
"""


@dataclass
class Show:
    """A running `performer serve`, and its parts as the system sees them."""

    folder: Path
    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def parts(self, *words: str) -> list[int]:
        """The process numbers of its parts whose command line has all the words."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    status = (entry / "status").read_text()
                    command = (entry / "cmdline").read_bytes().decode().split("\0")
                except OSError:
                    continue
                is_child = f"PPid:\t{self.process.pid}\n" in status
                if is_child and "State:\tZ" not in status and all(w in command for w in words):
                    found.append(int(entry.name))
        return sorted(found)

    @property
    def instruments(self) -> list[int]:
        """The one on air, then its understudy."""
        return self.parts("play")

    @property
    def curtains(self) -> list[int]:
        return self.parts("performer.serving.curtain")

    @property
    def mirror(self) -> Mirror:
        """What all its parts look into."""
        for entry in Path(f"/proc/{self.instruments[0]}/environ").read_bytes().split(b"\0"):
            if entry.startswith(b"PERFORMER_MIRROR="):
                return Mirror(Path(entry.partition(b"=")[2].decode()))
        raise LookupError("its parts have no mirror")

    def journal(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def count(self, words: str) -> int:
        return self.journal().count(words)

    def is_settled(self) -> bool:
        """One plays, and another stands ready."""
        return self.count("Playing") >= 1 and len(self.instruments) == 2

    def osc(self, address: str, value: float) -> None:
        oscsend = require("oscsend", "liblo-tools")
        subprocess.run([oscsend, "127.0.0.1", str(self.port), address, "f", str(value)], check=True)


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Show]]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    save_tiny_model(tmp_path / "tiny.safetensors")
    (tmp_path / "hall.toml").write_text(PATCH)
    shows: list[Show] = []

    def start(*options: str) -> Show:
        port = free_udp_port()
        log = tmp_path / f"serve-{len(shows)}.log"
        model = ("--model", str(tmp_path / "tiny.safetensors")) if "--model" not in options else ()
        process = subprocess.Popen(
            [sys.executable, "-m", "performer", "serve", str(tmp_path / "hall.toml")]
            + ["--midi", "none", "--osc", f"127.0.0.1:{port}", "--log", str(log)]
            + [*model, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        shows.append(Show(tmp_path, process, port, log))
        return shows[-1]

    yield start
    for show in shows:
        for part in show.instruments:
            os.kill(part, signal.SIGCONT)
        with show.process:
            end(show.process, 20.0)
        print(show.journal())


def until(predicate: Callable[[], object], what: str, timeout_s: float = DEADLINE_S) -> None:
    wait_until(predicate, timeout_s, what)


@dataclass
class Audience:
    """Looks at the middle of the screen all the time: how dark it was, when it last changed."""

    screen: Screen
    darkest: float = 255.0
    changes_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        last = -1.0
        while not self._over.wait(0.01):
            middle = float(self.screen.screenshot()[300:420, 500:780].mean())
            self.darkest = min(self.darkest, middle)
            if middle != last:
                last = middle
                self.changes_s.append(time.monotonic())

    def leave(self) -> None:
        self._over.set()
        self._thread.join()

    def rate_hz(self, seconds: float) -> float:
        """How often the picture changed in the last seconds."""
        begin_s = time.monotonic() - seconds
        return sum(at > begin_s for at in self.changes_s) / seconds

    def longest_hold_s(self, since_s: float) -> float:
        """How long the picture stood still at most."""
        seen = [since_s, *(at for at in self.changes_s if at > since_s)]
        return max(after - before for before, after in zip(seen, seen[1:], strict=False))


def mean(screen: Screen) -> float:
    """How bright its middle is; a screen that is only being made is black."""
    middle = screen.screenshot()[300:420, 500:780]
    return float(middle.mean()) if middle.size else 0.0


def lets_in(port: int, token: str) -> bool:
    """Whether the page that is there lets in who has this token in a cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/-/app.js", headers={"Cookie": f"performer={token}"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_killed_and_hung_parts_are_replaced_and_the_screen_is_never_black(
    xvfb: Screen, serve: Callable[..., Show]
) -> None:
    page = free_tcp_port()
    show = serve("--lan", "--port", str(page))
    until(lambda: mean(xvfb) > 40, "the picture")
    mirror = show.mirror
    tablet = (show.folder / "state" / "performer" / "hall-0.token").read_text()
    until(lambda: (mirror.ready, mirror.curtains) == (2, 1), "the understudy and the curtain")
    figures = {}
    # What is done, and how many instruments and curtains have become ready after it.
    faults: dict[str, tuple[Callable[[], None], tuple[int, int]]] = {
        "instrument killed": (lambda: os.kill(show.instruments[0], signal.SIGKILL), (3, 1)),
        "instrument hung": (lambda: os.kill(show.instruments[0], signal.SIGSTOP), (4, 1)),
        "curtain killed": (lambda: os.kill(show.curtains[0], signal.SIGKILL), (4, 2)),
        "understudy killed": (lambda: os.kill(show.instruments[1], signal.SIGKILL), (5, 2)),
    }
    for name, (do, parts) in faults.items():
        audience = Audience(xvfb)
        time.sleep(0.3)
        fault_s = time.monotonic()
        do()
        until(lambda parts=parts: (mirror.ready, mirror.curtains) == parts, "all parts again")
        time.sleep(2.0)
        # More often than the curtain shows a picture: it does not hide the instrument.
        assert audience.rate_hz(1.5) > 8, name
        audience.leave()
        figures[name] = (audience.longest_hold_s(fault_s), audience.darkest)
        assert audience.darkest > 40, name
        assert figures[name][0] < RECOVERY_S, name
    until(lambda: lets_in(page, tablet), "the page, for a tablet that was let in before")
    assert not lets_in(page, tablet[::-1])
    boxes = kept_boxes(show.folder / "state" / "performer" / "black-boxes")
    faults_told = {Take(box).head.fault for box in boxes}
    assert faults_told == {
        "the instrument ended with -9",
        "the instrument gave no good frame",
    }
    assert all(next(Take(box).moments(), None) is not None for box in boxes)
    for name, (hold_s, darkest) in figures.items():
        print(f"{name}: the picture stood for {hold_s:.2f} s, at its darkest {darkest:.0f}")
    show.process.send_signal(signal.SIGTERM)
    assert show.process.wait(20) == 0
    assert not show.instruments and not show.curtains
    assert read_state(show.folder / "state" / "performer" / "hall-0.state") is not None
    assert not mirror.path.exists()


class LentScreen:
    """An X server on a display number of its own that can die and come back."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._program = folder, require("Xvfb", "xvfb")
        self.number = next(n for n in range(70, 200) if not (X_FILES / f".X{n}-lock").exists())
        self.screen = Screen(f":{self.number}", folder / "Xvfb_screen0")
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._program, self.screen.display, "-screen", "0", "1280x720x24"]
            + ["-fbdir", str(self._folder), "-nolisten", "tcp", "-noreset"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until((X_FILES / f".X11-unix/X{self.number}").exists, "the X server")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for name in (f".X{self.number}-lock", f".X11-unix/X{self.number}"):
            (X_FILES / name).unlink(missing_ok=True)


@pytest.fixture
def lent_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LentScreen]:
    lent = LentScreen(tmp_path)
    monkeypatch.setenv("DISPLAY", lent.screen.display)
    monkeypatch.setenv("SDL_VIDEODRIVER", "x11")
    yield lent
    lent.kill()


def test_a_display_that_went_and_came_back_shows_it_again(
    lent_screen: LentScreen, serve: Callable[..., Show]
) -> None:
    show = serve()
    until(lambda: mean(lent_screen.screen) > 40, "the picture")
    until(show.is_settled, "the understudy")
    time.sleep(6.0)
    lent_screen.kill()
    until(lambda: show.count("waiting for the display"), "the instrument that waits")
    time.sleep(5.0)
    assert show.process.poll() is None
    lent_screen.start()
    back_s = time.monotonic()
    until(lambda: mean(lent_screen.screen) > 40, "the picture again", 30.0)
    print(f"a display that was back showed the picture after {time.monotonic() - back_s:.2f} s")
    until(lambda: len(show.curtains) == 1, "the curtain again")


HEADLESS = ("--headless",)


def test_a_damaged_model_is_told_at_a_first_start(serve: Callable[..., Show]) -> None:
    show = serve(*HEADLESS, "--model", "/nowhere/at/all.safetensors")
    assert show.process.wait(DEADLINE_S) == 1
    assert show.count("all.safetensors") == 1


def test_where_it_has_played_before_the_starter_plays_for_a_damaged_model(
    serve: Callable[..., Show], tmp_path: Path
) -> None:
    first = serve(*HEADLESS, "--seconds", "3")
    assert first.process.wait(DEADLINE_S) == 0
    model = tmp_path / "tiny.safetensors"
    sound = model.read_bytes()
    model.write_bytes(sound[: len(sound) // 2])
    # A patch that is being edited when the power comes back is no reason to stay dark either.
    (tmp_path / "hall.toml").write_text("version = 1\nname =")
    show = serve(*HEADLESS)
    until(lambda: show.count("Playing"), "the show")
    journal = show.journal()
    assert "the fallback model plays" in journal and "tiny.safetensors" in journal
    assert "the patch plays as before" in journal
    assert "Playing Hall (256x144) on CPU" in journal
    model.write_bytes(sound)


def test_where_it_has_played_before_it_does_without_what_is_gone(
    serve: Callable[..., Show], tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    asked = {
        "--autopilot": gone / "manner.safetensors",
        "--deck-b": gone / "b.safetensors",
        "--outputs": gone / "wall.toml",
        "--take": gone / "night.take",
        "--video": gone / "night.mp4",
    }
    arguments = [str(word) for pair in asked.items() for word in pair]
    arguments += ["--sound", "no such device", "--osc-feedback", "no such host:9001"]
    assert serve(*HEADLESS, *arguments).process.wait(DEADLINE_S) == 1
    assert serve(*HEADLESS, "--seconds", "3").process.wait(DEADLINE_S) == 0
    show = serve(*HEADLESS, "--seconds", "3", *arguments)
    assert show.process.wait(DEADLINE_S) == 0
    journal = show.journal()
    assert all(file.name in journal for file in asked.values())
    assert "fallback" not in journal and "sound: no input" in journal
    assert "whoever sends OSC is told" in journal
    assert Take(tmp_path / "state" / "performer" / "night.take").head.recording


def test_a_patch_that_never_played_ends_with_its_error_and_what_is_asked_wrongly_too(
    serve: Callable[..., Show], tmp_path: Path
) -> None:
    (tmp_path / "hall.toml").write_text("version = 1\nname =")
    show = serve(*HEADLESS)
    assert show.process.wait(DEADLINE_S) == 1 and show.count("hall.toml") == 1
    assert serve("--sharp").process.wait(DEADLINE_S) == 2


def test_fresh_begins_as_the_patch_starts_and_else_it_goes_on(
    serve: Callable[..., Show], tmp_path: Path
) -> None:
    kept = tmp_path / "state" / "performer" / "hall-0.state"
    tokens: list[str] = []

    def hue_at_the_end(*options: str, hue: float | None = None) -> float:
        show = serve(*HEADLESS, "--no-understudy", "--lan", "--port", "0", *options)
        until(lambda: show.count("Playing"), "the show")
        if hue is not None:
            show.osc("/hue", hue)
        time.sleep(1.5)  # a state is kept each second
        show.process.send_signal(signal.SIGINT)
        assert show.process.wait(20) == 0
        tokens.append(kept.with_suffix(".token").read_text())
        assert show.count(f"?token={tokens[-1]}")
        state = read_state(kept)
        assert state is not None
        return next(target for name, _, target in state.stands.values if name == "hue")

    assert hue_at_the_end(hue=77.0) == 77.0
    assert hue_at_the_end() == 77.0
    assert hue_at_the_end("--fresh") == 20.0
    assert tokens[0] == tokens[1] != tokens[2]
    kept.write_bytes(kept.read_bytes()[:40])
    assert hue_at_the_end() == 20.0


def test_a_killed_watch_leaves_nobody_behind(serve: Callable[..., Show]) -> None:
    show = serve(*HEADLESS)
    until(show.is_settled, "the understudy")
    parts = show.instruments
    show.process.kill()
    until(lambda: not any(is_running(part) for part in parts), "the end of its parts", 20.0)


def is_running(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False
    return "State:\tZ" not in status
