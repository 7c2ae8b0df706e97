"""The engine: events and time in, a frame out; it knows no window and no socket."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from performer.arrival import Arrival
from performer.autopilot import Gestures
from performer.events import Event
from performer.flashes.limiter import FlashLimiter
from performer.flight import AHEAD, Flight, Latency, crew_for
from performer.latent import Generator
from performer.limited_log import LimitedLog
from performer.painter import Painter
from performer.performance import Performance
from performer.schema import Controller, Patch, Scene

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Frame:
    """A finished frame: uint8 (H, W, 3), and the events that it is the first to show."""

    image: Image
    shows: tuple[Event, ...]


class Engine:
    """All the state of the instrument, owned by the thread that calls `frame`.

    With `latency` "smooth" a frame is shown by the call after the one that began it, and made in
    between: the painter is then the crew's, who get orders.
    """

    def __init__(
        self,
        generator: Generator,
        patch: Patch,
        *,
        controllers: Sequence[Controller] = (),
        seed: int | None = None,
        latency: Latency = "low",
        gestures: Gestures | None = None,
    ) -> None:
        self._painter = Painter(generator)
        self.performance = Performance(
            patch, controllers, seed, lambda: self._painter.walk, gestures
        )
        self.performance.on_store = self._keep_picture
        self.controls, self.learn = self.performance.controls, self.performance.learn
        self.on_store: Callable[[str, Scene], None] = lambda key, scene: None
        self._rehearsal, self._expected = self._painter.rehearsal, patch
        self._rehearsal.expect(patch)
        self._crew, self._ahead = crew_for(latency, generator.device), AHEAD[latency]
        self._flights: deque[Flight] = deque()
        self._shown: Arrival | None = None
        self._image = np.zeros((generator.height_px, generator.width_px, 3), dtype=np.uint8)
        self.flashes = FlashLimiter()
        self._is_limited = True
        self._log = LimitedLog(logging.getLogger("performer.engine"))
        self.errors = 0
        self.message = ""

    @property
    def values(self) -> NDArray[np.float64]:
        """The values of the picture begun last, in table order and units."""
        return self.performance.values

    @property
    def image(self) -> Image:
        """The frame shown last, uint8 (H, W, 3), until the next one."""
        return self._image

    @property
    def notice(self) -> str:
        """What is asked of a model and is beyond it, in words."""
        return self._painter.notice

    @property
    def canvas(self) -> tuple[int, int]:
        """Height and width of the picture shown, in pixels."""
        height, width, _ = self._image.shape
        return height, width

    def close(self) -> None:
        """End what makes frames."""
        self._crew.close()

    @torch.inference_mode()
    def frame(self, now_s: float, dt_s: float, events: Sequence[Event]) -> Frame:
        """The frame of `now_s`, `dt_s` after the one before; never raises for what arrived.

        It is the frame that this call began, or with smooth latency the one of the call before,
        and `shows` are the events of the call that began it. Where a frame fails the last good
        one is returned once more, which is the first to show nothing. The image is good until the
        next call.
        """
        elapsed_s = max(dt_s, 0.0)
        order, shows = self.performance.step(now_s, elapsed_s, events)
        if self.performance.patch is not self._expected:
            self._expected = self.performance.patch
            self._rehearsal.expect(self._expected)
        self._flights.append(Flight(self._crew.begin(partial(self._painter.paint, order)), shows))
        if len(self._flights) <= self._ahead:
            return Frame(self._image, ())
        return self._land(self._flights.popleft(), now_s, elapsed_s)

    @torch.inference_mode()
    def pass_by(self, now_s: float, dt_s: float, events: Sequence[Event]) -> None:
        """Let a frame go by that nobody sees: all but the light that lingers goes on as in one.

        Not for smooth latency, whose pictures are another thread's.
        """
        order, _ = self.performance.step(now_s, max(dt_s, 0.0), events)
        try:
            self._painter.pass_by(order)
        except Exception as error:
            self._fail(now_s, error)

    def _land(self, flight: Flight, now_s: float, dt_s: float) -> Frame:
        """The frame that a flight brings, or the last good one."""
        try:
            arrival = flight.arrival.result()
            self._image = self._limited(arrival.image(), dt_s)
        except Exception as error:
            self._fail(now_s, error)
            return Frame(self._image, ())
        if self._shown is not None and self._shown is not arrival:
            self._shown.release()
        self._shown = arrival
        self.message = ""
        return Frame(self._image, flight.shows)

    def _fail(self, now_s: float, error: Exception) -> None:
        """The show goes on with the last good frame, whatever the network or device did."""
        self.errors += 1
        self.message = f"{type(error).__name__}: {error}"
        self._log.warning(now_s, "frame kept: %s", self.message)
        if isinstance(error, ArithmeticError):
            self._forget()

    @property
    def preview(self) -> Image | None:
        """A small picture of the next cue, uint8 (H, W, 3), if there is one yet."""
        cue = self.performance.cues.next
        return None if cue is None else self._rehearsal.picture(self.performance.scene_of(cue))

    @torch.inference_mode()
    def rehearse(self) -> bool:
        """Draw one small picture of a cue that is missing; whether one was."""
        if self._rehearsal.is_complete:
            return False
        for flight in self._flights:
            flight.arrival.exception()  # waits: the deck is the crew's until then
        cues = self.performance.cues
        index = cues.next_index or 0
        ahead = cues.cues[index:] + cues.cues[:index]
        return self._rehearsal.make([self.performance.scene_of(cue) for cue in ahead])

    def _keep_picture(self, key: str, scene: Scene) -> None:
        """What was stored looks like the frame that is shown."""
        self._rehearsal.expect(self.performance.patch)
        if not self.controls.target("blackout"):
            self._rehearsal.keep(scene, self._image)
        self.on_store(key, scene)

    def _limited(self, image: Image, dt_s: float) -> Image:
        """What the audience sees, with no more flashes than are good for it."""
        if self.controls.target("flash_limit"):
            self._is_limited = True
            return self.flashes.apply(image, dt_s)
        if self._is_limited:
            logging.getLogger("performer.engine").warning("the flash limit is off")
            self.flashes.forget()
        self._is_limited = False
        return image

    def _forget(self) -> None:
        """Drop all that values which are no numbers may have come into."""
        while self._flights:
            self._flights.popleft().arrival.exception()  # waits
        self._painter.forget()
