"""`performer play`: opens the parts of a show, plays it, and closes them."""

import json
import logging
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from models.engines import describe_engine
from models.nvidia import unused_card
from performer.clock import SystemClock
from performer.commands.doing_without import DoingWithout
from performer.commands.follower import Follower
from performer.commands.instrument import Instrument, describe_model, load_instrument
from performer.commands.listening import Listening
from performer.commands.manner import load_manner
from performer.commands.options import Options, parse_host_port, with_free_names
from performer.commands.patch_models import deck_b_of, live_patch, model_loader
from performer.commands.preparing import Preparer
from performer.commands.recording import open_recorders
from performer.commands.screens import open_display, outputs_of, show_test_card
from performer.commands.served import goes_on, served
from performer.commands.taking import begin, head_of
from performer.commands.tidying import Tidying
from performer.engine import Engine
from performer.events import Inbox, ModelEvent
from performer.outputs import Display
from performer.outputs.base import Image
from performer.outputs.ways import find_way, share
from performer.panel.guard import new_token
from performer.panel.opening import as_text, open_panel
from performer.panel.panel import Panel
from performer.panel.whereabouts import Signpost
from performer.paths import LATEST_MODEL, model_file
from performer.screen_log import flush_log, log_to_screen
from performer.serving.box_file import BoxFile
from performer.serving.boxes import LogEnd, box_folder, keep_box, keep_orphans
from performer.serving.doorkeeper import Doorkeeper
from performer.stage import Companion, Labels, Stage


def play(options: Options, stopped: Callable[[], bool]) -> None:
    """Load, open, play until the end or `stopped`, and leave nothing behind."""
    log_to_screen()
    if options.test_card:
        show_test_card(options, stopped)
        return
    with ExitStack() as parts:
        show = Show(options, stopped, parts)
        if show.is_called():
            show.play()


class Show:
    """All the parts of a show; what is slow or may fail is done before anything opens."""

    def __init__(self, options: Options, stopped: Callable[[], bool], parts: ExitStack) -> None:
        for way in options.share:
            find_way(way)
        self._watch = served()
        self._state = self._watch.state() if self._watch else None
        self._without = DoingWithout(lambda: self._goes_on)
        self._options, self._stopped, self._parts = self._without.options(options), stopped, parts
        self._outputs = outputs_of(self._options)
        self._instrument = self._load()
        self._clock, self._inbox = SystemClock(), Inbox()
        device = self._instrument.runtime.device
        is_served = self._watch is not None
        self._preparer = Preparer(device, self._inbox, self._clock, sketched=is_served)
        if is_served:  # and governed
            self._instrument.runtime.prepare_sketch()
        parts.callback(self._preparer.close)
        self._live = live_patch(self._instrument, self._preparer, self._inbox, self._clock)
        self._engine = self._begin()
        self._backdrop: Image | None = None

    def _load(self) -> Instrument:
        options, state = self._options, self._state
        played = state.patch if state else None
        instrument = load_instrument(options.patch, options.model, options.device, played)
        if options.autopilot is None:
            return instrument
        manner = partial(load_manner, options.autopilot, options.after_s)
        return replace(instrument, manner=self._without.open(manner, "the autopilot rests"))

    def _begin(self) -> Engine:
        """The engine, warm, and the second deck's model for its first frame."""
        options, instrument = self._options, self._instrument
        engine = begin(instrument, options.seed, options.take is not None, options.latency)
        self._parts.callback(engine.close)
        engine.controls.set("video", float(options.video is not None))
        deck_b = options.deck_b or deck_b_of(instrument)
        if deck_b is not None:
            ready = partial(self._ready_for_b, deck_b)
            if (event := self._without.open(ready, "deck B stays empty")) is not None:
                self._inbox.put(event)
        return engine

    def _ready_for_b(self, path: Path) -> ModelEvent:
        return self._preparer.ready(model_file(path), "b")

    def is_called(self) -> bool:
        """Whether it goes on air: at once, or served as soon as it is called."""
        watch = self._watch
        if watch is None:
            return True
        self._engine.controls.set("governor", 1.0)
        asked = self._stopped
        if not watch.wait(asked):
            return False
        self._state = watch.state()
        self._stopped = lambda: asked() or watch.prompter.is_over
        self._options = with_free_names(self._without.options(self._options))
        self._backdrop = watch.mirror.picture()
        return True

    @property
    def _goes_on(self) -> bool:
        """Whether this show has played before: then nothing that is taken or gone ends it."""
        return self._state is not None

    def play(self) -> None:
        """Open what hears, what shows and what keeps; play until the end."""
        options, engine = self._options, self._engine
        text, begins = goes_on(self._instrument, self._state, self._clock.now())
        for event in begins:
            self._inbox.put(event)
        heard = Listening(
            options,
            self._instrument.controllers,
            self._inbox,
            self._clock,
            self._parts,
            patient=self._goes_on,
        )
        state = engine.performance.state
        recorders = open_recorders(options, self._instrument, state, self._parts)
        display = self._open_display()
        companions = [*heard.companions, *self._watchers(text, display), self._live, self._box()]
        panels = self._open_panel(heard.osc_address)
        sharings = [share(way, display.refresh_hz) for way in options.share]
        for panel in panels:
            self._parts.callback(panel.close)
        for sharing in sharings:
            self._parts.callback(sharing.close)
        labels, shown = self._labels(heard), (*recorders, *sharings)
        stage = Stage(engine, display, self._inbox, self._clock, labels, companions, shown, panels)
        self._follow_files()
        self._parts.callback(Tidying().close)
        self._tell(heard, display)
        stage.play(frames=options.frames, seconds=options.seconds, stopped=self._stopped)
        if options.stats:
            statistics = stage.statistics() | {"display": display.describe()}
            options.stats.write_text(json.dumps(statistics, indent=2) + "\n")

    def _open_display(self) -> Display:
        opened = partial(
            open_display,
            self._options,
            self._outputs,
            self._clock,
            self._instrument,
            self._watch,
            self._backdrop,
        )
        if self._watch and self._goes_on:
            display = self._watch.open_patiently(opened, self._stopped)
        else:
            display = opened()
        self._parts.callback(display.close)
        return display

    def _watchers(self, text: str, display: Display) -> list[Companion]:
        """Who tells the watch how it goes, and who opens and closes the house."""
        watchers: list[Companion] = []
        if self._watch is not None:
            keeper = self._watch.keeper(self._instrument, text, display)
            self._parts.callback(keeper.close)
            watchers.append(keeper)
        if self._options.hours is not None:
            doorkeeper = Doorkeeper(self._options.hours, self._inbox)
            doorkeeper.look(self._clock.now())
            watchers.append(doorkeeper)
        return watchers

    def _box(self) -> BoxFile:
        """The black box, which is kept where the show does not end well."""
        folder, said = box_folder(), LogEnd()
        box = BoxFile(lambda: head_of(self._instrument, self._options.seed, True), folder)

        def end(kind: type[BaseException] | None, *_: object) -> None:
            box.close()
            logging.getLogger().removeHandler(said)
            fell = kind is not None and issubclass(kind, Exception)
            if fell and self._watch is not None:
                return  # The watch keeps it.
            if fell or self._engine.errors:
                fault = kind.__name__ if fell and kind else self._engine.message
                kept = keep_box(os.getpid(), fault or "frames failed", said.lines, folder)
                logging.getLogger(__name__).info("to see what happened: performer replay %s", kept)
            box.forget()

        if self._watch is None:
            keep_orphans(folder)
        logging.getLogger().addHandler(said)
        self._parts.push(end)
        box.start()
        return box

    def _open_panel(self, osc_address: str) -> tuple[Panel, ...]:
        """The control page, if it is asked for, and where to find it."""
        options = self._options
        if not (options.page or options.lan):
            return ()
        panel = open_panel(
            self._inbox,
            self._clock,
            title=f"Performer: {self._instrument.patch.name}",
            osc=None if osc_address == "off" else parse_host_port(osc_address),
            port=options.port,
            token=self._token() if options.lan else None,
            patient=self._goes_on,
        )
        if options.lan:
            self._parts.callback(Signpost(panel.url, _show_page).close)
        else:
            logging.getLogger(__name__).info("Page at %s", panel.url)
        return (panel,)

    def _token(self) -> str:
        return self._watch.token(new_token) if self._watch else new_token()

    def _labels(self, heard: Listening) -> Labels:
        instrument = self._instrument
        return Labels(
            device=describe_engine(instrument.runtime),
            model=describe_model(instrument.manifest, instrument.model),
            patch=instrument.patch.name,
            midi_ports=heard.ports,
            osc_address=heard.osc_address,
        )

    def _follow_files(self) -> None:
        """Take newer models of a run, saved patches, and the models that are asked for."""
        instrument, clock, inbox = self._instrument, self._clock, self._inbox
        if instrument.run is not None:
            newest = instrument.run / LATEST_MODEL
            follower = Follower(newest, instrument.runtime.device, inbox, clock)
            self._parts.callback(follower.close)
            follower.start()
        loader = model_loader(self._engine, instrument, self._preparer, inbox, clock)
        self._engine.performance.on_load = loader
        self._engine.on_store = self._live.store
        self._parts.callback(self._live.close)
        self._live.start()

    def _tell(self, heard: Listening, display: Display) -> None:
        logging.getLogger(__name__).info(
            "Playing %s (%s) on %s; OSC at %s; display: %s",
            self._instrument.patch.name,
            self._instrument.manifest.canvas,
            describe_engine(self._instrument.runtime),
            heard.osc_address,
            display.describe(),
        )
        if sentence := unused_card():
            logging.getLogger(__name__).warning(sentence)


def _show_page(url: str) -> None:
    """Where the page is, and as a QR code for whoever stands before the terminal or its log."""
    logging.getLogger(__name__).info("Page at %s", url)
    flush_log()
    print(as_text(url))
