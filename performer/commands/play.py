"""`performer play`: opens the window and plays."""

import json
import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from models.engines import describe_engine
from performer.clock import SystemClock
from performer.commands.follower import Follower
from performer.commands.instrument import Instrument, describe_model, load_instrument
from performer.commands.live_patch import LivePatch
from performer.commands.manner import load_manner
from performer.commands.preparing import Preparer
from performer.commands.served import Served, goes_on, served
from performer.commands.taking import begin, free_name, head_of, numbered
from performer.engine import Engine
from performer.events import DeckName, Inbox, ModelEvent, Refusal
from performer.feedback import MidiFeedback, OscFeedback
from performer.flight import Latency
from performer.inputs import InputError
from performer.inputs.link import LinkInput
from performer.inputs.midi import MidiInput
from performer.inputs.midi_out import MidiOutput
from performer.inputs.osc import OscInput, resolve
from performer.inputs.sound import SoundInput
from performer.lights import Lights
from performer.opening_hours import OpeningHours
from performer.osc_replies import OscReplies, Replies
from performer.outputs import Display, DisplayError
from performer.outputs.base import Image, Recorder
from performer.outputs.film import FilmRecorder
from performer.outputs.fit import Fit
from performer.outputs.layout import Output, load_outputs
from performer.outputs.memory import MemoryDisplay
from performer.outputs.movie import check_new_movie
from performer.outputs.take_file import TakeFile
from performer.outputs.ways import find_way, share
from performer.panel.opening import DEFAULT_PORT, as_text, open_panel
from performer.panel.panel import Panel
from performer.patch import model_path, path_of, same_device
from performer.paths import LATEST_MODEL, STARTER_MODEL, model_file
from performer.schema import Patch
from performer.serving.doorkeeper import Doorkeeper
from performer.stage import Companion, Labels, Stage


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
        raise InputError(f'OSC: "{text}" is no address; write HOST:PORT, such as 127.0.0.1:9000')
    return host.strip("[]") or "127.0.0.1", int(port)


def parse_replies(text: str) -> Replies | None:
    """`--osc-feedback`: `auto`, `none`, `PORT` or `HOST:PORT`; raises `InputError`."""
    if text == "none":
        return None
    if text == "auto":
        return Replies()
    host, port = parse_host_port(text)
    return Replies(port=port) if text.isdigit() else Replies(fixed=resolve(host, port))


def play(options: Options, stopped: Callable[[], bool]) -> None:
    """Load, open, play until the end or `stopped`, and leave nothing behind."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if options.test_card:
        show_test_card(options, stopped)
        return
    outputs = outputs_of(options)
    for way in options.share:
        find_way(way)
    watch = served()
    state = watch.state() if watch else None
    instrument = load_instrument(
        options.patch, options.model, options.device, state.patch if state else None
    )
    if options.autopilot is not None:
        instrument = replace(instrument, manner=load_manner(options.autopilot, options.after_s))
    clock, inbox = SystemClock(), Inbox()
    with ExitStack() as parts:
        preparer = Preparer(instrument.runtime.device, inbox, clock)
        parts.callback(preparer.close)
        live = _live_patch(instrument, preparer, inbox, clock)
        engine = begin(instrument, options.seed, options.take is not None, options.latency)
        parts.callback(engine.close)
        engine.controls.set("video", float(options.video is not None))
        deck_b = options.deck_b or _deck_b(instrument)
        if deck_b is not None:
            inbox.put(preparer.ready(model_file(deck_b), "b"))
        backdrop = None
        if watch is not None:
            engine.controls.set("governor", 1.0)
            if not watch.wait(stopped):
                return
            asked, state = stopped, watch.state()
            stopped = lambda: asked() or watch.prompter.is_over  # noqa: E731
            options, backdrop = with_free_names(options), watch.mirror.picture()
        text, begins = goes_on(instrument, state, clock.now())
        for event in begins:
            inbox.put(event)
        companions: list[Companion] = []
        osc_address = "off"
        replies = parse_replies(options.osc_feedback)
        if options.osc != "none":
            host, port = parse_host_port(options.osc)
            osc = OscInput(inbox, clock, host, port)
            parts.callback(osc.close)
            osc_address = "{}:{}".format(*osc.address)
            if replies is not None:
                companions.append(OscFeedback(OscReplies(replies), osc))
        ports: Callable[[], tuple[str, ...]] = tuple
        if options.midi != "none":
            midi = MidiInput(inbox, clock, None if options.midi == "all" else options.midi)
            parts.callback(midi.close)
            ports = lambda: midi.ports  # noqa: E731
            controllers = instrument.controllers
            lights = MidiOutput(lambda one, other: same_device(controllers, one, other))
            parts.callback(lights.close)
            companions.append(MidiFeedback(Lights(controllers), lights))
        if options.sound != "none":
            sound = SoundInput(inbox, clock, options.sound)
            parts.callback(sound.close)
            logging.getLogger(__name__).info("Listening to %s", sound.name)
        if options.link:
            link = LinkInput(inbox, clock)
            parts.callback(link.close)
        recorders = _recorders(options, instrument, parts)
        opened = partial(_open_display, options, outputs, clock, instrument, watch, backdrop)
        display = watch.open_patiently(opened, stopped) if watch and state else opened()
        parts.callback(display.close)
        if watch is not None:
            keeper = watch.keeper(instrument, text, display)
            parts.callback(keeper.close)
            companions.append(keeper)
        if options.hours is not None:
            doorkeeper = Doorkeeper(options.hours, inbox)
            doorkeeper.look(clock.now())
            companions.append(doorkeeper)
        panels = _open_panel(options, inbox, clock, instrument, osc_address)
        for panel in panels:
            parts.callback(panel.close)
        sharings = [share(way, display.refresh_hz) for way in options.share]
        for sharing in sharings:
            parts.callback(sharing.close)
        labels = _labels(instrument, ports, osc_address)
        recorders = (*recorders, *sharings)
        stage = Stage(engine, display, inbox, clock, labels, companions, recorders, panels)
        if instrument.run is not None:
            newest = instrument.run / LATEST_MODEL
            follower = Follower(newest, instrument.runtime.device, inbox, clock)
            parts.callback(follower.close)
            follower.start()
        engine.performance.on_load = model_loader(engine, instrument, preparer, inbox, clock)
        engine.on_store = live.store
        companions.append(live)
        parts.callback(live.close)
        live.start()
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


def _deck_b(instrument: Instrument) -> Path | None:
    """The model that the patch asks for on deck B, if any."""
    name = instrument.patch.deck_b
    return path_of(name, instrument.file) or STARTER_MODEL if name else None


def model_loader(
    engine: Engine, instrument: Instrument, preparer: Preparer, inbox: Inbox, clock: SystemClock
) -> Callable[[str, DeckName], None]:
    """Has a model of the patch that plays loaded on a deck, beside the show."""

    def load(key: str, deck: DeckName) -> None:
        name = engine.performance.patch.models.get(key)
        if name is None:
            reason = "the patch names no such model under [models]"
            inbox.put(Refusal(clock.now(), f"model.{key}", reason))
        else:
            preparer.prepare(path_of(name, instrument.file) or STARTER_MODEL, deck)

    return load


def _live_patch(
    instrument: Instrument, preparer: Preparer, inbox: Inbox, clock: SystemClock
) -> LivePatch:
    def ready(patch: Patch, path: Path) -> ModelEvent:
        return preparer.ready(model_path(patch, path) or STARTER_MODEL)

    chooses = None if instrument.model_is_asked else ready
    return LivePatch(instrument.file, instrument.patch, inbox, clock, chooses)


def _recorders(options: Options, instrument: Instrument, parts: ExitStack) -> tuple[Recorder, ...]:
    """What keeps the show, ready; raises `TakeError` and `MovieError`."""
    stem, video = instrument.patch.name, options.video
    if video is not None:
        check_new_movie(video)
    take = TakeFile(
        lambda: head_of(instrument, options.seed, options.take is not None),
        options.take,
        lambda: free_name(stem, ".take"),
    )
    film = FilmRecorder(lambda: numbered(video) if video else free_name(stem, ".mp4"))
    parts.callback(take.close)
    parts.callback(film.close)
    take.start()
    return take, film


def with_free_names(options: Options) -> Options:
    """What is recorded after an interruption goes into files beside those from before it."""
    take, video = (path and numbered(path) for path in (options.take, options.video))
    return replace(options, take=take, video=video)


def _open_display(
    options: Options,
    outputs: Sequence[Output],
    clock: SystemClock,
    instrument: Instrument,
    watch: Served | None,
    backdrop: Image | None,
) -> Display:
    if options.headless:
        return MemoryDisplay(clock)
    from performer.outputs.display import PygameDisplay

    return PygameDisplay(
        clock,
        outputs,
        title=f"Performer: {instrument.patch.name}",
        hint=watch is None,
        backdrop=backdrop,
    )


def show_test_card(options: Options, stopped: Callable[[], bool]) -> None:
    """Set up the outputs: a card in place of the show, and the file of outputs followed."""
    from performer.outputs.display import PygameDisplay
    from performer.outputs.test_card import CardShow

    clock = SystemClock()
    display = PygameDisplay(
        clock, outputs_of(options), title="Performer", hint=False, captions=True
    )
    try:
        logging.getLogger(__name__).info("Test card; display: %s", display.describe())
        card = CardShow(display, options.outputs)
        card.show(clock, stopped, options.frames, options.seconds)
    finally:
        display.close()


def outputs_of(options: Options) -> tuple[Output, ...]:
    """Those of the file that is named, else the one; raises PatchError and DisplayError."""
    windowed = options.windowed or options.size is not None
    one = Output(display=options.display, windowed=windowed, size=options.size, fit=options.fit)
    if options.outputs is None:
        return (one,)
    if one != Output():
        raise DisplayError(
            f"{options.outputs} says where and how; leave out --windowed, --size, --display, --fit."
        )
    return load_outputs(options.outputs)


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
