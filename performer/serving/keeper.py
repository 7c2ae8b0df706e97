"""The keeper: shows from the frame loop that the instrument lives, and where it stands."""

from collections.abc import Callable, Sequence

from performer.engine import Engine
from performer.events import Event, PatchEvent
from performer.serving.mirror import Mirror
from performer.serving.state import VERSION, State, StateWriter

PICTURE_EVERY_S, STATE_EVERY_S = 0.25, 1.0


class Keeper:
    """A companion of the stage that beats on a mirror for each frame that did not fail.

    An instrument whose every frame fails, because the card is gone or its memory is full, is as
    lost as one that hangs. `come_forward` is called when something may lie over the window.
    """

    def __init__(
        self,
        mirror: Mirror,
        writer: StateWriter,
        patch_file: str,
        patch: str,
        come_forward: Callable[[], None],
    ) -> None:
        self._mirror, self._writer, self._come_forward = mirror, writer, come_forward
        self._patch_file, self._patch = patch_file, patch
        self._errors = 0
        self._curtains = 0
        self._picture_due_s = self._state_due_s = float("-inf")

    def follow(self, now_s: float, events: Sequence[Event], engine: Engine) -> None:
        for event in events:
            if isinstance(event, PatchEvent) and event.patch is not None:
                self._patch = event.text
        failed, self._errors = engine.errors != self._errors, engine.errors
        if failed:
            return
        self._mirror.beat()
        if now_s >= self._picture_due_s:
            self._picture_due_s = now_s + PICTURE_EVERY_S
            self._mirror.show(engine.image)
            self._look_for_curtains()
        if now_s >= self._state_due_s:
            self._state_due_s = now_s + STATE_EVERY_S
            stands = engine.performance.state(now_s)
            self._writer.put(State(VERSION, self._patch_file, self._patch, stands))

    def close(self) -> None:
        """The last state is written."""
        self._writer.close()

    def _look_for_curtains(self) -> None:
        before, self._curtains = self._curtains, self._mirror.curtains
        if before != self._curtains:
            self._come_forward()
