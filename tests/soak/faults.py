"""The faults: what is done, how it is undone, and for how long it lasts."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from page_client import value

if TYPE_CHECKING:
    from running import Installation

GARBAGE = str(Path(__file__).with_name("garbage.py"))
Undo = Callable[[], object] | None


@dataclass(frozen=True)
class Fault:
    """`blinds` is one during which nobody can see anything; `check` must hold in the end."""

    name: str
    do: "Callable[[Installation], Undo]"
    lasts_s: float = 4.0
    blinds: bool = False
    check: "Callable[[Installation], bool] | None" = None


def _instrument_killed(room: "Installation") -> Undo:
    room.kill(room.on_air)
    return None


def _instrument_hung(room: "Installation") -> Undo:
    room.kill(room.on_air, signal.SIGSTOP)
    return None


def _understudy_killed(room: "Installation") -> Undo:
    room.kill(room.understudy())
    return None


def _curtain_killed(room: "Installation") -> Undo:
    room.kill(room.of("curtain")[0])
    return None


def _page_killed(room: "Installation") -> Undo:
    room.kill(room.of("page")[0])
    return None


def _midi_process_killed(room: "Installation") -> Undo:
    room.kill(room.of("midi")[0])
    return None


def _display_lost(room: "Installation") -> Undo:
    room.screen.kill()
    return room.screen.start


def _midi_unplugged(room: "Installation") -> Undo:
    room.unplug()
    return room.plug_in


def _knob_moves(room: "Installation") -> bool:
    before = value(room.page_port, "/direction/1")
    time.sleep(0.5)
    return value(room.page_port, "/direction/1") != before


def _jack_killed(room: "Installation") -> Undo:
    room.unplug()
    room.jack.stop()

    def back() -> None:
        room.jack.start()
        room.plug_in()

    return back


def _port_taken(room: "Installation", kind: int, port: int) -> Undo:
    """Whoever gets the port while the instrument is exchanged holds it for a while."""
    taken = socket.socket(socket.AF_INET, kind)

    def take() -> None:
        deadline_s = time.monotonic() + 3.0
        while time.monotonic() < deadline_s:
            try:
                taken.bind(("127.0.0.1", port))
            except OSError:
                time.sleep(0.0005)
            else:
                return

    taker = threading.Thread(target=take)
    taker.start()
    room.kill(room.on_air)
    taker.join()
    return taken.close


def _disk_full(room: "Installation") -> Undo:
    room.fill_disk()
    return room.free_disk


def _disk_full_and_killed(room: "Installation") -> Undo:
    room.fill_disk()
    time.sleep(2.0)
    room.kill(room.on_air)
    return room.free_disk


def _model_damaged(room: "Installation") -> Undo:
    sound = room.model.read_bytes()
    room.model.write_bytes(sound[: len(sound) // 2])
    room.kill(room.on_air)
    return lambda: room.model.write_bytes(sound)


def _patch_broken(room: "Installation") -> Undo:
    sound = room.patch.read_text()
    room.patch.write_text("version = 1\nname =")
    return lambda: room.patch.write_text(sound)


def _clock_stepped(seconds: int) -> "Callable[[Installation], Undo]":
    def do(room: "Installation") -> Undo:
        room.step_clock(seconds)
        return lambda: room.step_clock(0)

    return do


def _garbage(room: "Installation") -> Undo:
    subprocess.Popen([sys.executable, GARBAGE, str(room.osc_port), "10"], stdout=subprocess.DEVNULL)
    return None


def _page_garbage(room: "Installation") -> Undo:
    for size in (10, 3000, 100_000, 1_000_000):
        for _ in range(20):
            try:
                with socket.create_connection(("127.0.0.1", room.page_port), 1.0) as sender:
                    sender.sendall(os.urandom(size))
            except OSError:
                continue
    return None


def _osc_heard(room: "Installation") -> bool:
    return _answers(room, "/brightness", 0.25) and _answers(room, "/brightness", 0.3)


def _answers(room: "Installation", address: str, number: float) -> bool:
    room.osc.send_message(address, number)
    time.sleep(0.4)
    answer = value(room.page_port, address)
    return answer is not None and abs(answer - number) < 1e-3


UDP, TCP = socket.SOCK_DGRAM, socket.SOCK_STREAM
_TABLE = (
    Fault("instrument killed (kill -9)", _instrument_killed),
    Fault("instrument hung (SIGSTOP)", _instrument_hung),
    Fault("display lost for 10 s", _display_lost, 10.0, blinds=True),
    Fault("model file damaged, instrument killed", _model_damaged, 5.0),
    Fault(
        "OSC port taken, instrument killed",
        lambda room: _port_taken(room, UDP, room.osc_port),
        8.0,
        check=_osc_heard,
    ),
    Fault(
        "page's port taken, instrument killed",
        lambda room: _port_taken(room, TCP, room.page_port),
        8.0,
    ),
    Fault("disk full, instrument killed", _disk_full_and_killed, 5.0),
    Fault("understudy killed", _understudy_killed),
    Fault("curtain killed", _curtain_killed),
    Fault("page killed", _page_killed),
    Fault("MIDI's process killed", _midi_process_killed, check=_knob_moves),
    Fault("MIDI controller unplugged for 5 s", _midi_unplugged, 5.0, check=_knob_moves),
    Fault("MIDI server killed for 5 s", _jack_killed, 5.0, check=_knob_moves),
    Fault("10,000 garbage datagrams/s for 10 s", _garbage, 11.0, check=_osc_heard),
    Fault("garbage at the page's port", _page_garbage, 1.0),
    Fault("disk full for 15 s", _disk_full, 15.0),
    Fault("patch file broken for 5 s", _patch_broken, 5.0),
    Fault("clock stepped 3 days on and back", _clock_stepped(259_200), 8.0),
    Fault("clock stepped a year back and again", _clock_stepped(-31_536_000), 8.0),
)
FAULTS = {fault.name: fault for fault in _TABLE}
SURVIVED = {fault.name for fault in _TABLE[7:]}
