"""Sound as the instrument sees it: what a device or a file tells, by way of a process.

A device that is pulled out may hang or crash the library that reads it; here it does so alone.
"""

import logging
import threading
from multiprocessing.process import BaseProcess

from performer.attended import Attended
from performer.events import Inbox
from performer.inputs import InputError
from performer.inputs.news import LONGEST_NEWS, decode_news
from performer.inputs.sound_process import serve

# It tells something a hundred times a second, or while it seeks every few.
SILENT_S = 15.0


class Sound:
    """Posts a SoundEvent about a hundred times a second; a lost device is sought until it is back.

    `what` is `default`, a part of a device's name, or a file that is listened to again and again.
    Raises `InputError` where that cannot be, in a sentence; with `patient` it is sought then too.
    """

    def __init__(self, inbox: Inbox, what: str, *, patient: bool = False) -> None:
        self._inbox = inbox
        self.status = self.name = ""
        self._answered = threading.Event()
        self._is_open = patient
        self._attended = Attended(
            "sound", serve, lambda: (what,), self._hear, LONGEST_NEWS, self._lose, SILENT_S
        )
        self._attended.start()
        if patient:
            return
        answered = self._answered.wait(SILENT_S)
        refusal = self.status if answered else "sound: its process does not answer"
        if refusal:
            self.close()
            raise InputError(refusal)
        self._is_open = True
        self._log()

    @property
    def process(self) -> BaseProcess | None:
        """That which owns sound, as soon as it has been started."""
        return self._attended.process

    def close(self) -> None:
        """Stop listening."""
        self._attended.close()

    def _hear(self, message: bytes) -> None:
        status, names, events = decode_news(message)
        name = names[0] if names else ""
        has_changed = (status, name) != (self.status, self.name)
        self.status, self.name = status, name
        if has_changed and self._is_open:
            self._log()
        for event in events:
            self._inbox.put(event)
        self._answered.set()

    def _lose(self) -> None:
        """The process has ended."""
        self.status = self.name = ""

    def _log(self) -> None:
        log = logging.getLogger(__name__)
        if self.status:
            log.warning("%s", self.status)
        elif self.name:
            log.info("Listening to %s", self.name)
