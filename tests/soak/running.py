"""The soak itself: an installation, hands on all of its parts, and one fault after another."""

import json
import math
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from faults import FAULTS, SURVIVED, Fault
from midi_device import Device, plugged_in
from page_client import PageClient, value
from parts import JackServer, free_udp_port, require
from pythonosc.udp_client import SimpleUDPClient
from test_serve import LentScreen
from watching import Audience, busy_share, cpu_times, judge, memory_kib, tree

from performer.paths import STARTER_MODEL

PATCH = """version = 1
name = "Soak"
model = "model.safetensors"

[start]
brightness = 0.3

[[bindings]]
source = "cc 21"
parameter = "direction.1"
range = [-2, 2]
takeover = "none"

[[modulators]]
shape = "sine"
parameter = "brightness"
rate_hz = 3
depth = 0.05

[[modulators]]
shape = "noise"
parameter = "zoom"
rate_hz = 0.1
depth = 0.1

[scenes.1]
morph_s = 4
values = { psi = 0.6, "direction.4" = 1 }

[scenes.2]
morph_s = 2
values = { psi = 0.9, "direction.4" = -1 }
"""
CLOCK_SOURCE = Path(__file__).with_name("wall_clock.c")
SETTLED_S, BEFORE_S, AFTER_S = 90.0, 2.5, 3.0
SAMPLE_EVERY_S = 5.0
# An instrument that ends sooner is one of a row, for which `serve` has other ways.
LIFE_S = 60.0
# The state is kept each second: what was touched a second and a half before is there again.
KEPT_AFTER_S = 1.6
DISK = "16m"


class Installation:
    """All that stands in the room, and what is done to it."""

    def __init__(self, out: Path, stack: ExitStack) -> None:
        self.out = out
        self.log_path = out / "serve.log"
        self.model, self.patch = out / "model.safetensors", out / "soak.toml"
        self.model.write_bytes(STARTER_MODEL.read_bytes())
        self.patch.write_text(PATCH)
        self.state = out / "state"
        self.state.mkdir(exist_ok=True)
        size = f"size={DISK}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", self.state], check=True)
        self.log_path = self.state / "serve.log"
        self.clock = out / "clock"
        self.clock.write_bytes(bytes(8))
        compiler = require("cc", "gcc")
        library = self.clock.with_suffix(".so")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, CLOCK_SOURCE], check=True)
        os.environ |= {"JACK_NO_AUDIO_RESERVATION": "1", "JACK_NO_START_SERVER": "1"}
        self.jack = JackServer()
        stack.callback(self.jack.stop)
        os.environ["JACK_DEFAULT_SERVER"] = self.jack.name
        self.screen = LentScreen(out)
        stack.callback(self.screen.kill)
        self.audience = Audience(out / "Xvfb_screen0")
        stack.callback(self.audience.leave)
        self.osc_port, self.page_port = free_udp_port(), free_udp_port()
        self.osc = SimpleUDPClient("127.0.0.1", self.osc_port)
        self._device = stack.enter_context(ExitStack())
        self.device: Device | None = None
        self.plug_in()
        self.process = self._serve()
        stack.callback(self.end)
        self.page = PageClient(self.page_port)
        stack.callback(self.page.leave)

    def _serve(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "DISPLAY": self.screen.screen.display,
            "SDL_VIDEODRIVER": "x11",
            "XDG_STATE_HOME": str(self.state),
            "LD_PRELOAD": str(self.clock.with_suffix(".so")),
            "WALL_CLOCK": str(self.clock),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "performer", "serve", str(self.patch), "--page"]
            + ["--port", str(self.page_port), "--osc", f"127.0.0.1:{self.osc_port}"]
            + ["--log", str(self.log_path)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=(self.out / "stderr.txt").open("wb"),
        )

    def end(self) -> float | None:
        """End it by SIGTERM; how long that took, None if it had to be killed."""
        if self.process.poll() is None:
            begin_s = time.monotonic()
            self.process.terminate()
            try:
                self.process.wait(20.0)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                return None
            return time.monotonic() - begin_s
        return None

    def parts(self) -> dict[int, str]:
        """Its living processes; of two instruments the first is on air."""
        return tree(self.process.pid)

    def of(self, name: str) -> list[int]:
        return sorted(pid for pid, each in self.parts().items() if each == name)

    @property
    def on_air(self) -> int | None:
        """The instrument that has the page, for an understudy has none; else the oldest."""
        instruments = self.of("instrument")
        for page in self.of("page"):
            parent = int(Path(f"/proc/{page}/stat").read_text().rpartition(")")[2].split()[1])
            if parent in instruments:
                return parent
        return instruments[0] if instruments else None

    def understudy(self) -> int | None:
        others = [pid for pid in self.of("instrument") if pid != self.on_air]
        return others[0] if others else None

    def kill(self, pid: int | None, number: int = signal.SIGKILL) -> None:
        if pid is not None:
            os.kill(pid, number)

    def plug_in(self) -> None:
        self.device = self._device.enter_context(plugged_in("Soak"))

    def unplug(self) -> None:
        assert self.device is not None
        device, self.device = self.device, None
        device.unplug()

    def step_clock(self, seconds: int) -> None:
        """Let the instrument's wall clock differ by so much, from now on."""
        with self.clock.open("r+b") as file:
            file.write(seconds.to_bytes(8, "little", signed=True))

    def fill_disk(self) -> None:
        with (self.state / "full").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)

    def free_disk(self) -> None:
        (self.state / "full").unlink(missing_ok=True)

    def is_moving(self) -> bool:
        """The picture changes, as it has in the last second."""
        levels = [level for _, level in self.audience.since(time.monotonic() - 1.0)]
        return len({level for level in levels if level == level}) > 8

    def is_settled(self) -> bool:
        """It moves, one stands ready behind it, and the page answers."""
        return (
            self.is_moving()
            and self.understudy() is not None
            and value(self.page_port, "/hue") is not None
        )

    def journal(self) -> list[str]:
        try:
            return self.log_path.read_text(errors="replace").splitlines()
        except OSError:
            return []


def until(predicate: Callable[[], bool], timeout_s: float) -> bool:
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        try:
            if predicate():
                return True
        except (OSError, IndexError):
            pass
        time.sleep(0.1)
    return False


def is_near(told: float | None, sent: float) -> bool:
    """Whether a value is what was sent as a float of 32 bits."""
    return told is not None and abs(told - sent) < 1e-3


@contextmanager
def hands(room: Installation) -> Iterator[None]:
    """A knob, a fader over OSC and now and then a scene, all along."""
    over = threading.Event()

    def play() -> None:
        count = 0
        while not over.wait(1 / 30):
            count += 1
            now_s = time.monotonic()
            room.osc.send_message("/direction/3", 2.0 * math.sin(now_s))
            if count % 300 == 0:
                room.osc.send_message(f"/scene/{1 + count // 300 % 2}", 1)
            device = room.device
            if device is not None and device.process.poll() is None:
                position = int(63.5 + 63.5 * math.sin(0.7 * now_s))
                try:
                    device.send(f"b0 15 {position:02x}")
                except (OSError, ValueError):
                    continue

    thread = threading.Thread(target=play, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5.0)


class Ledger:
    """The log: a line of JSON for each fault and each look at the machine."""

    def __init__(self, room: Installation) -> None:
        self._room, self._file = room, (room.out / "log.jsonl").open("w")
        self._begin_s, self._lock = time.monotonic(), threading.Lock()
        self._over = threading.Event()
        self.disturbed = True
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def write(self, **fields: Any) -> None:
        with self._lock:
            at_s = round(time.monotonic() - self._begin_s, 2)
            self._file.write(json.dumps({"at_s": at_s} | fields) + "\n")
            self._file.flush()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._file.close()

    def _sample(self) -> None:
        before = cpu_times()
        while not self._over.wait(SAMPLE_EVERY_S):
            after = cpu_times()
            parts = self._room.parts()
            used = {pid: memory_kib(pid) for pid in parts}
            status = self._room.page.status
            is_fresh = time.monotonic() - self._room.page.told_s < 2.0
            self.write(
                kind="sample",
                parts=[
                    {"pid": pid, "name": parts[pid], **each} for pid, each in used.items() if each
                ],
                late=status.get("late_frames") if is_fresh else None,
                fps=status.get("fps") if is_fresh else None,
                p99_ms=status.get("frame_ms_p99") if is_fresh else None,
                on_air=self._room.on_air if is_fresh else None,
                busy=round(busy_share(before, after), 3),
                disturbed=self.disturbed,
                pictures=self._room.page.pictures,
            )
            before = after


def soak(out: Path, seconds: float, names: list[str], calm_s: float) -> None:
    """Play for so long, a fault, some calm, a fault; all of it goes into `out/log.jsonl`."""
    require("unshare", "util-linux")
    end_s = time.monotonic() + seconds
    with ExitStack() as stack:
        room = Installation(out, stack)
        ledger = Ledger(room)
        stack.callback(ledger.close)
        began_s = time.monotonic()
        if not until(room.is_settled, SETTLED_S):
            raise SystemExit(f"it does not begin to play:\n{''.join(room.journal()[-5:])}")
        ledger.write(kind="begun", after_s=round(time.monotonic() - began_s, 2))
        source = random.Random(7)  # noqa: S311
        with hands(room):
            for name in schedule(names, end_s):
                inject(room, ledger, FAULTS[name], source)
                time.sleep(calm_s if name in SURVIVED else max(calm_s, LIFE_S))
            ledger.disturbed = False
        parts = room.parts()
        took_s = room.end()
        time.sleep(1.0)
        left = [pid for pid in parts if Path(f"/proc/{pid}").exists()]
        ledger.write(kind="ended", took_s=took_s, left=len(left), status=room.process.returncode)
        (out / "serve.log").write_text("\n".join(room.journal()))


def schedule(names: list[str], end_s: float) -> Iterator[str]:
    """Those that end the instrument in the first half, those that it survives in the second.

    So each half tells something: how it comes back, and how one instrument ages.
    """
    now_s = time.monotonic()
    half_s = now_s + (end_s - now_s) / 2
    ending = [name for name in names if name not in SURVIVED]
    survived = [name for name in names if name in SURVIVED]
    for group, until_s in ((ending or survived, half_s), (survived or ending, end_s)):
        i = 0
        while time.monotonic() < until_s:
            yield group[i % len(group)]
            i += 1


def inject(room: Installation, ledger: Ledger, fault: Fault, source: random.Random) -> None:
    """One fault from before to after, and what it cost."""
    mark = round(source.uniform(-170.0, 170.0), 1)
    room.osc.send_message("/hue", mark)
    time.sleep(max(KEPT_AFTER_S, BEFORE_S))
    set_ok = is_near(value(room.page_port, "/hue"), mark)
    lines_before = len(room.journal())
    ledger.disturbed = True
    begin_s = time.monotonic()
    undo = fault.do(room)
    time.sleep(fault.lasts_s)
    lived = room.is_moving()
    undone_s = time.monotonic()
    if undo is not None:
        undo()
    settled = until(room.is_settled, SETTLED_S)
    settled_s = time.monotonic() - begin_s
    time.sleep(AFTER_S)
    seen = judge(room.audience.since(begin_s), begin_s)
    hold_s = seen.longest_hold_s - (undone_s - begin_s if fault.blinds else 0.0)
    if fault.check is not None:
        settled = until(lambda: fault.check is not None and fault.check(room), 30.0) and settled
    stands = value(room.page_port, "/hue")
    ledger.disturbed = False
    ledger.write(
        kind="fault",
        name=fault.name,
        seen=seen.words,
        hold_s=round(max(hold_s, 0.0), 2),
        settled_s=round(settled_s, 2) if settled else None,
        moved_meanwhile=lived,
        lost=not is_near(stands, mark) if set_ok else None,
        hue=[mark, stands],
        log=room.journal()[lines_before:][:12],
    )
    print(f"{fault.name}: {seen.words}, {hold_s:.2f} s", flush=True)
    room.audience.forget(time.monotonic())
