"""Ableton Link: looks at the session of the network, its beat and tempo, by aalink (an extra)."""

import asyncio
import threading
from typing import Any

from performer.clock import Clock
from performer.events import Inbox, LinkEvent
from performer.extras import install_command
from performer.inputs import InputError
from performer.inputs.refusals import Refusals

_LOOK_S = 0.05
# A look that took longer was interrupted, and its time is not the beat's.
_LONGEST_LOOK_S = 0.001
_OWN_BPM = 120.0


class LinkInput:
    """Joins the session that there is, and tells of it while others are in it.

    It only listens: the session's tempo is the others'. Raises InputError where aalink, which
    is not installed by default for its licence (GPL-3 or later), is missing.
    """

    def __init__(self, inbox: Inbox, clock: Clock) -> None:
        try:
            import aalink
        except ImportError as error:
            command = install_command("link")
            raise InputError(f"Link needs aalink (GPL-3 or later): {command}") from error
        self._aalink = aalink
        self._inbox, self._clock = inbox, clock
        self._refusals = Refusals(inbox, clock)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave the session."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._watch())
        except Exception as error:
            # Nothing that the network does may end more than this.
            self._refusals.add("Link", f"{type(error).__name__}: {error}")

    async def _watch(self) -> None:
        link = self._aalink.Link(_OWN_BPM)
        link.enabled = True
        peers = 0
        while not self._closing.is_set():
            event = self._look(link)
            if event is not None and (event.peers or peers):
                self._inbox.put(event)
                peers = event.peers
            await asyncio.sleep(_LOOK_S)
        link.enabled = False

    def _look(self, link: Any) -> LinkEvent | None:
        before_s = self._clock.now()
        beat = float(link.beat)
        after_s = self._clock.now()
        if after_s - before_s > _LONGEST_LOOK_S:
            return None
        time_s = (before_s + after_s) / 2
        return LinkEvent(time_s, beat, float(link.tempo), int(link.num_peers))
