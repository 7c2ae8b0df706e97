"""What `performer play` is asked for on its command line."""

from dataclasses import dataclass, replace
from pathlib import Path

from performer.commands.taking import numbered
from performer.flight import Latency
from performer.inputs import InputError
from performer.inputs.osc import resolve
from performer.opening_hours import OpeningHours
from performer.osc_replies import Replies
from performer.outputs.fit import Fit
from performer.panel.opening import DEFAULT_PORT


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    patch: str
    model: Path | None
    device: str
    seed: int | None
    windowed: bool
    size: tuple[int, int] | None
    display: int
    headless: bool
    latency: Latency
    osc: str
    osc_feedback: str
    midi: str
    sound: str
    frames: int | None
    seconds: float | None
    stats: Path | None
    link: bool = False
    take: Path | None = None
    video: Path | None = None
    hours: OpeningHours | None = None
    deck_b: Path | None = None
    page: bool = False
    lan: bool = False
    port: int = DEFAULT_PORT
    share: tuple[str, ...] = ()
    fit: Fit = "contain"
    outputs: Path | None = None
    test_card: bool = False
    autopilot: Path | None = None
    after_s: float | None = None


def parse_host_port(text: str) -> tuple[str, int]:
    """`HOST:PORT`, `[V6]:PORT` or `PORT`; raises `InputError`."""
    host, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65_535:
        raise InputError(
            f'OSC: "{text}" is not an address; write HOST:PORT, such as 127.0.0.1:9000'
        )
    return host.strip("[]") or "127.0.0.1", int(port)


def parse_replies(text: str) -> Replies | None:
    """`--osc-feedback`: `auto`, `none`, `PORT` or `HOST:PORT`; raises `InputError`."""
    if text == "none":
        return None
    if text == "auto":
        return Replies()
    host, port = parse_host_port(text)
    return Replies(port=port) if text.isdigit() else Replies(fixed=resolve(host, port))


def with_free_names(options: Options) -> Options:
    """What is recorded after an interruption goes into files beside those from before it."""
    take, video = (path and numbered(path) for path in (options.take, options.video))
    return replace(options, take=take, video=video)
