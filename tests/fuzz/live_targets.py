"""What comes in while a show plays: OSC, MIDI, the page, OSCQuery, and any events at all."""

import asyncio
import atexit
import math
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any, get_args

from drawn import Drawn
from target import HERE, Target, advance, performance, play

from performer.events import ClockEvent, Event, MidiEvent, OscEvent, PageEvent
from performer.inputs.midi_messages import Reader as MessageReader
from performer.inputs.osc_packet import MalformedPacket, decode
from performer.inputs.osc_reply import encode
from performer.osc_replies import OscReplies, Replies
from performer.panel.board import Board, Reader
from performer.panel.commands import CommandError
from performer.panel.commands import decode as decode_command
from performer.panel.guard import App
from performer.panel.hub import Hub
from performer.panel.panel import as_json
from performer.panel.settings import Settings
from performer.panel.web import is_reading, make_app
from performer.performance import Performance
from performer.stage import describe
from performer.status import Status
from performer.takes import Packer

HELD = "secret-token"
KINDS = ("cc", "note", "bend", "pressure", "poly", "program")
CLOCKS = ("tick", "start", "stop", "continue", "position")
MOST = 50


def _heard(data: bytes) -> list[Event]:
    return [OscEvent(1.0, m.address, m.args, HERE) for m in decode(data)[:MOST]]


def _told(played: Performance, events: list[Event]) -> None:
    """The page is told what came, and what is learnt."""
    said = tuple(describe(event) for event in events)
    status = Status(
        0.0, 0.0, 0.0, 0, {}, "", "", "", (8, 8), (), "", said, played.values,
        learn=played.learn.view(),
    )  # fmt: skip
    as_json(status, list(said))


def _osc(data: bytes) -> None:
    """They act, and whoever sent them is told what others change."""
    played, replies = performance(), OscReplies(Replies())
    events = _heard(data)
    for event in events:
        replies.hear(event, played.controls)
    play(played, events)
    _told(played, events)
    for _, state in replies.messages(2.0, played.controls):
        b"".join(encode(state))


def _osc_learning(data: bytes) -> None:
    played = performance()
    play(played, [OscEvent(1.0, "/learn", ("psi",), HERE)], 1)
    events = _heard(data)
    play(played, events)
    _told(played, events)


def _midi(data: bytes) -> None:
    events: list[Event] = []
    for kind, channel, number, raw in struct.iter_unpack("4B", data[: len(data) // 4 * 4][:400]):
        known: Any = KINDS[kind % len(KINDS)]
        events.append(MidiEvent(1.0, "nano", known, channel % 16 + 1, number % 128, raw / 255))
    play(performance(), events)


def _midi_bytes(data: bytes) -> None:
    """As a driver hands them over: one byte says how long the next message is."""
    reader, events, at = MessageReader("nano"), [], 0
    while at < min(len(data), 400):
        length = data[at] % 8
        with suppress(ValueError):
            events += reader.read(list(data[at + 1 : at + 1 + length]), 1.0)
        at += 1 + length
    play(performance(), events)


def _clock(data: bytes) -> None:
    """Each two bytes are a pause and a message of a clock."""
    played, now_s = performance(), 1.0
    for number, (pause, said) in enumerate(
        struct.iter_unpack("2B", data[: len(data) // 2 * 2][:200])
    ):
        now_s += pause / 2000
        kind: Any = CLOCKS[said % len(CLOCKS)]
        played.take(ClockEvent(now_s, "port", kind, said * 7.0))
        if number % 4 == 0:
            advance(played, now_s, pause / 500)
    if not math.isfinite(played.tempo.beat):
        raise AssertionError("the beat is no number")


def _events(data: bytes) -> None:
    """Any events of some time, from a take or an input; all can be written, or are left out."""
    drawn, events = Drawn(data), []
    kinds = get_args(Event)
    while drawn.left and len(events) < MOST:
        event = drawn.an(kinds[drawn.byte() % len(kinds)])
        events.append(replace(event, time_s=drawn.byte() / 100))
    played = performance()
    play(played, events)
    _told(played, events)
    Packer().frames([(1.0, events)])


def _page(data: bytes) -> None:
    command = decode_command(data)
    events: list[Event] = [PageEvent(1.0, name, value) for name, value in command.set.items()]
    play(performance(), [*events, *(PageEvent(1.0, name, None) for name in command.press)])


def _web(data: bytes) -> None:
    """A request, or a socket that says one thing; none without the token moves anything."""
    lines = data.split(b"\n")
    headers = [line.partition(b":")[::2] for line in lines[2:12] if b":" in line]
    scope = {
        "type": "websocket" if data[:1] == b"w" else "http",
        "path": "/" + lines[0][2:].decode("utf-8", "replace"),
        "query_string": b"".join(lines[1:2]),
        "headers": [(name.lower().strip(), value.strip()) for name, value in headers],
        "method": "GET",
        "scheme": "http",
    }
    sent = asyncio.run(_answered(_app(), scope, b"\n".join(lines[12:])))
    let_in = any(m.get("status") == 200 or m["type"] == "websocket.accept" for m in sent)
    if let_in and not is_reading(scope) and HELD.encode() not in data:
        raise AssertionError("somebody came in without the token")


async def _answered(app: App, scope: dict[str, Any], said: bytes) -> list[Any]:
    """All that is sent to someone who says one thing and leaves."""
    sent: list[Any] = []
    told = iter(
        [
            {"type": "websocket.connect"},
            {"type": "websocket.receive", "text": said.decode("utf-8", "replace")},
        ]
        if scope["type"] == "websocket"
        else [{"type": "http.request"}]
    )

    async def receive() -> dict[str, Any]:
        return next(told, {"type": f"{scope['type']}.disconnect", "code": 1000})

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


@cache
def _app() -> App:
    board = Board()
    reader = Reader(board.name)
    for each in (board, reader):
        atexit.register(each.close)
    settings = Settings(board.name, "t", "http://localhost:8000", HELD, ("127.0.0.1", 9000), 1)
    return make_app(Hub(reader, settings, lambda _: True), settings)


OSC = b"/psi\0\0\0\0,f\0\0" + struct.pack(">f", 0.5)
OSC_SEEDS = [
    OSC,
    b"/direction/*\0\0\0\0,f\0\0" + struct.pack(">f", 2.0),
    b"#bundle\0" + struct.pack(">Q", 1) + struct.pack(">i", len(OSC)) + OSC,
    b"/{hue,psi}\0\0,ifdhTFNIt\0\0" + bytes(32),
    b"/learn\0\0,ss\0psi\0cc 21\0\0\0",
]
PAGE_SEEDS = [b'{"set":{"psi":0.5,"hue":-3}}', b'{"press":["next_seed","scene.1"]}']
INSIDE = b"\nhost:localhost\ncookie:performer=secret-token" + 9 * b"\n"
WEB_SEEDS = [
    b"h/\n\nhost:127.0.0.1:8000\naccept:text/html",
    b"h/-/qr.svg\ntoken=secret-token\nhost:localhost\norigin:http://localhost",
    b"h/psi\nVALUE\nhost:10.0.0.2:8000",
    b"h/\nHOST_INFO\nhost:localhost",
    b"w/-/live\n" + INSIDE + PAGE_SEEDS[0],
    b"w/\n" + INSIDE + b'{"COMMAND":"LISTEN","DATA":"/psi"}',
]


def _osc_seeds() -> list[bytes]:
    return OSC_SEEDS


def _kinds() -> list[bytes]:
    """An event of each kind, a second time with another choice of values."""
    count = len(get_args(Event))
    return [bytes([kind, *([fill] * 60)]) for kind in range(count) for fill in (0, 100)]


def _seeds(*data: bytes) -> Callable[[], list[bytes]]:
    return lambda: list(data)


TARGETS: dict[str, Target] = {
    "osc": Target(_osc, (MalformedPacket,), _osc_seeds),
    "osc-learning": Target(_osc_learning, (MalformedPacket,), _osc_seeds),
    "midi": Target(_midi, (), _seeds(bytes(range(64)))),
    "midi-bytes": Target(_midi_bytes, (), _seeds(bytes([3, 0xB0, 21, 64, 3, 0x90, 60, 99]))),
    "clock": Target(_clock, (), _seeds(bytes([40, 0] * 60), bytes([40, 1, 40, 0, 0, 4] * 9))),
    "events": Target(_events, (), _kinds),
    "page": Target(_page, (CommandError,), _seeds(*PAGE_SEEDS)),
    "web": Target(_web, (), _seeds(*WEB_SEEDS)),
}
