"""Where a show stands, in a file: written beside the frame loop, trusted as little as any file."""

import logging
import os
import threading
from pathlib import Path

import msgspec

from performer.events import RestoreEvent

VERSION = 1
SIZE_MAXIMUM = 16_000_000  # a loop of each parameter is a fifth of it


class State(msgspec.Struct, frozen=True):
    """A show at a moment: the text of its patch and all that has moved since."""

    version: int
    patch_file: str
    patch: str
    stands: RestoreEvent


def read_state(path: Path) -> State | None:
    """The state in a file; None where there is none, of which the log tells if it is damaged."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_MAXIMUM + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        _refuse(path, str(error.strerror))
        return None
    return decode(data, path)


def decode(data: bytes, path: Path) -> State | None:
    """The state that some bytes are; None where they are none, of which the log tells."""
    try:
        if len(data) > SIZE_MAXIMUM:
            raise ValueError("it is too large")
        state = msgspec.msgpack.decode(data, type=State)
        if state.version != VERSION:
            raise ValueError("it is another version's")
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        _refuse(path, str(error))
        return None
    return state


def _refuse(path: Path, reason: str) -> None:
    logging.getLogger(__name__).warning(
        "the show starts from the beginning, %s: %s", path.name, reason
    )


def write_whole(path: Path, data: bytes, *, lasting: bool) -> None:
    """Write a file at once or not at all; a `lasting` one survives a power cut. Raises OSError."""
    beside = path.with_name(f"{path.name}.new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        if lasting:
            os.fsync(file.fileno())
    beside.replace(path)


class StateWriter:
    """A thread that writes the newest state it was given."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._newest: State | None = None
        self._wakes = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="state", daemon=True)
        self._thread.start()

    def put(self, state: State) -> None:
        """Have a state written soon; never blocks."""
        self._newest = state
        self._wakes.set()

    def close(self) -> None:
        """End the thread; what was given is written."""
        self._ended = True
        self._wakes.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended:
            self._wakes.wait()
            self._wakes.clear()
            state, self._newest = self._newest, None
            if state is not None:
                self._write(state)

    def _write(self, state: State) -> None:
        try:
            write_whole(self._path, msgspec.msgpack.encode(state), lasting=False)
        except (OSError, ValueError, OverflowError) as error:
            logging.getLogger(__name__).warning("the state cannot be saved: %s", error)
