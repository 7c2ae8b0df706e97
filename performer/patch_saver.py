"""Saves what is learnt into the patch's file, in a thread of its own, and says where."""

import contextlib
import os
import tempfile
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from performer.clock import Clock
from performer.engine import Engine
from performer.events import Event, Inbox, Notice
from performer.patch_edit import Edit, with_edits
from performer.paths import PATCHES, user_patches
from performer.toml_files import PatchError, read_text


class PatchSaver:
    """Keeps a patch file up with the edits that it is given.

    A shipped patch is left as it is: its copy in the user's own folder takes the edits. What
    could not be saved is tried again with the next edit.
    """

    def __init__(self, patch: Path, inbox: Inbox, clock: Clock) -> None:
        self._patch, self._inbox, self._clock = patch, inbox, clock
        self._waiting: deque[Edit] = deque()
        self._unsaved: list[Edit] = []
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="patch", daemon=True)
        self._thread.start()

    @property
    def file(self) -> Path:
        """The file that is written."""
        return own_copy(self._patch)

    def follow(self, now_s: float, events: Sequence[Event], engine: Engine) -> None:
        """Take what was learnt in this frame, to be saved soon."""
        while engine.learn.edits:
            self.save(engine.learn.edits.popleft())

    def save(self, edit: Edit) -> None:
        """Take an edit to be saved soon; never blocks."""
        self._waiting.append(edit)
        self._wake.set()

    def close(self) -> None:
        """Save what is left, and end."""
        self._closing = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        closing = False
        while not closing:
            self._wake.wait()
            self._wake.clear()
            closing = self._closing
            while self._waiting:
                self._unsaved.append(self._waiting.popleft())
            if self._unsaved:
                self._inbox.put(Notice(self._clock.now(), self._save()))

    def _save(self) -> str:
        """Write the file; how that went, in a sentence."""
        file = self.file
        try:
            text = read_text(file if file.is_file() else self._patch)
            replace_text(file, with_edits(text, file, self._unsaved))
        except PatchError as error:
            return f"not saved: {error}"
        except OSError as error:
            return f"not saved: {file}: {error.strerror}"
        self._unsaved.clear()
        if file == self._patch:
            return f"saved in {file}"
        return f"saved in {file}, which is what `performer play {file.stem}` plays from now on"


def own_copy(patch: Path) -> Path:
    """The file that takes a patch's edits: itself, or the user's copy of a shipped one."""
    if patch.resolve().parent != PATCHES.resolve():
        return patch
    return user_patches() / patch.name


def replace_text(file: Path, text: str) -> None:
    """Write a file whole or not at all; raises OSError."""
    file = file.resolve()
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "wb") as new:
            new.write(text.encode("utf-8"))
            new.flush()
            os.fsync(new.fileno())
        if file.exists():
            os.chmod(name, file.stat().st_mode)
        else:
            os.chmod(name, 0o644)
        os.replace(name, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
