"""`performer play`: opens the window and plays."""

import json
import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from models.engines import describe_engine
from performer.clock import SystemClock
from performer.commands.follower import Follower
from performer.commands.instrument import Instrument, describe_model, load_instrument, warm_up
from performer.events import Inbox
from performer.flight import Latency
from performer.inputs import InputError
from performer.inputs.midi import MidiInput
from performer.inputs.osc import OscInput
from performer.inputs.sound import SoundInput
from performer.outputs import Display
from performer.outputs.memory import MemoryDisplay
from performer.panel.opening import as_text, open_panel
from performer.panel.panel import Panel
from performer.paths import LATEST_MODEL
from performer.stage import Labels, Stage


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
    midi: str
    sound: str
    frames: int | None
    seconds: float | None
    stats: Path | None
    page: bool
    lan: bool
    port: int


def parse_host_port(text: str) -> tuple[str, int]:
    """`HOST:PORT`, `[V6]:PORT` or `PORT`; raises `InputError`."""
    host, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65_535:
        raise InputError(f'OSC: "{text}" is no address; write HOST:PORT, such as 127.0.0.1:9000')
    return host.strip("[]") or "127.0.0.1", int(port)


def play(options: Options, stopped: Callable[[], bool]) -> None:
    """Load, open, play until the end or `stopped`, and leave nothing behind."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    instrument = load_instrument(options.patch, options.model, options.device)
    clock, inbox = SystemClock(), Inbox()
    with ExitStack() as parts:
        osc_address = "off"
        if options.osc != "none":
            host, port = parse_host_port(options.osc)
            osc = OscInput(inbox, clock, host, port)
            parts.callback(osc.close)
            osc_address = "{}:{}".format(*osc.address)
        ports: Callable[[], tuple[str, ...]] = tuple
        if options.midi != "none":
            midi = MidiInput(inbox, clock, None if options.midi == "all" else options.midi)
            parts.callback(midi.close)
            ports = lambda: midi.ports  # noqa: E731
        if options.sound != "none":
            sound = SoundInput(inbox, clock, options.sound)
            parts.callback(sound.close)
            logging.getLogger(__name__).info("Listening to %s", sound.name)
        engine = instrument.engine(options.seed, options.latency)
        parts.callback(engine.close)
        warm_up(engine)
        display = _open_display(options, clock, instrument)
        parts.callback(display.close)
        panel = _open_panel(options, inbox, clock, instrument, osc_address)
        for onlooker in panel:
            parts.callback(onlooker.close)
        labels = _labels(instrument, ports, osc_address)
        stage = Stage(engine, display, inbox, clock, labels, panel)
        if instrument.run is not None:
            newest = instrument.run / LATEST_MODEL
            follower = Follower(newest, instrument.runtime.device, inbox, clock)
            parts.callback(follower.close)
            follower.start()
        logging.getLogger(__name__).info(
            "Playing %s (%s) on %s; OSC at %s; display: %s",
            instrument.patch.name,
            instrument.manifest.canvas,
            describe_engine(instrument.runtime),
            osc_address,
            display.describe(),
        )
        stage.play(frames=options.frames, seconds=options.seconds, stopped=stopped)
        if options.stats:
            statistics = stage.statistics() | {"display": display.describe()}
            options.stats.write_text(json.dumps(statistics, indent=2) + "\n")


def _open_display(options: Options, clock: SystemClock, instrument: Instrument) -> Display:
    if options.headless:
        return MemoryDisplay(clock)
    from performer.outputs.display import PygameDisplay

    return PygameDisplay(
        clock,
        fullscreen=not options.windowed and options.size is None,
        size=options.size,
        display_index=options.display,
        title=f"Performer: {instrument.patch.name}",
    )


def _open_panel(
    options: Options, inbox: Inbox, clock: SystemClock, instrument: Instrument, osc_address: str
) -> tuple[Panel, ...]:
    """The control page, if it is asked for, and where to find it."""
    if not (options.page or options.lan):
        return ()
    panel = open_panel(
        inbox,
        clock,
        title=f"Performer: {instrument.patch.name}",
        osc=None if osc_address == "off" else parse_host_port(osc_address),
        port=options.port,
        lan=options.lan,
    )
    logging.getLogger(__name__).info("Page at %s", panel.url)
    if options.lan:
        print(as_text(panel.url))
    return (panel,)


def _labels(
    instrument: Instrument, ports: Callable[[], tuple[str, ...]], osc_address: str
) -> Labels:
    return Labels(
        device=describe_engine(instrument.runtime),
        model=describe_model(instrument.manifest, instrument.model),
        patch=instrument.patch.name,
        midi_ports=ports,
        osc_address=osc_address,
    )
