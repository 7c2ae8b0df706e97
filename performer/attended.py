"""A process beside the show: a thread hears it, and starts it again when it has ended.

Whatever becomes of it, the frame loop does not notice: nothing here is called from that but `send`
and `close`, and what a library there does with Python's lock held, it does with another's.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

END = b"."
ENDING_S = 2.0
BACK_OFF_S = 0.5
LONGEST_BACK_OFF_S = 30.0
LASTS_S = 60.0  # a process that lived so long is well, and started again at once
Target = Callable[..., None]


class Attended:
    """Runs `target(pipe, *arguments())` in a process of its own, again and again, until closed.

    `name` is what logs and lists of processes call it. `arguments` may take its time, and gives
    None where it is all over. `hear` is given each message of at most `longest` bytes, in a
    thread; `ended` is called there when a life is over. One that says nothing for `silent_s` is
    ended. `END` is what the process is sent when it is to end; it must also end when its pipe does.
    """

    def __init__(
        self,
        name: str,
        target: Target,
        arguments: Callable[[], tuple[Any, ...] | None],
        hear: Callable[[bytes], None],
        longest: int,
        ended: Callable[[], None] = lambda: None,
        silent_s: float | None = None,
    ) -> None:
        self._name, self._target, self._arguments = name, target, arguments
        self._hear, self._longest, self._ended = hear, longest, ended
        self._silent_s = silent_s
        self._sending = threading.Lock()
        self._pipe: Connection | None = None
        self.closing = threading.Event()
        self.started = 0
        self.process: BaseProcess | None = None
        self._thread = threading.Thread(target=self._attend, name=name, daemon=True)

    def start(self) -> None:
        """Begin its first life."""
        self._thread.start()

    def send(self, message: bytes, patience_s: float = -1) -> None:
        """Tell it something, if it lives; waits until it takes it, for -1 as long as it lives.

        Another message that waits is waited for, at most `patience_s`.
        """
        if not self._sending.acquire(timeout=patience_s):
            return
        try:
            with contextlib.suppress(OSError):
                if self._pipe is not None:
                    self._pipe.send_bytes(message)
        finally:
            self._sending.release()

    def close(self) -> None:
        """End it, in order if it can."""
        self.closing.set()
        self.send(END, ENDING_S)
        self._thread.join(ENDING_S)
        if self._thread.is_alive() and self.process is not None:
            self.process.kill()
            self._thread.join(ENDING_S)

    def _attend(self) -> None:
        log = logging.getLogger(__name__)
        back_off_s = BACK_OFF_S
        while not self.closing.is_set():
            arguments = self._arguments()
            if arguments is None:
                return
            began_s = time.monotonic()
            try:
                self._live(arguments)
            except Exception as error:
                log.warning("%s: %s", self._name, error)
            self._ended()
            if self.closing.is_set():
                return
            if time.monotonic() - began_s > LASTS_S:
                back_off_s = BACK_OFF_S
            log.warning(
                "%s: its process has ended; it starts again in %.1f s", self._name, back_off_s
            )
            self.closing.wait(back_off_s)
            back_off_s = min(2 * back_off_s, LONGEST_BACK_OFF_S)

    def _live(self, arguments: tuple[Any, ...]) -> None:
        """Start the process, and hear it until it ends."""
        context = multiprocessing.get_context("spawn")  # it inherits nothing but its pipe
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_run, args=(self._name, self._target, theirs, arguments), daemon=True
        )
        with theirs:
            start_deaf(process)
        self.process, self._pipe, self.started = process, ours, self.started + 1
        if self.closing.is_set():
            process.kill()
        try:
            while ours.poll(self._silent_s):
                self._hear(ours.recv_bytes(self._longest))
            logging.getLogger(__name__).warning("%s: its process does not answer", self._name)
            process.kill()  # before the lock: whoever sends may wait for it to take something
        except (EOFError, OSError):
            pass  # it has ended, or sends what it should not
        finally:
            self._part_from(process, ours)

    def _part_from(self, process: BaseProcess, pipe: Connection) -> None:
        with self._sending:
            self._pipe = None
            pipe.close()
        process.join(ENDING_S)
        if process.is_alive():
            process.kill()
            process.join()


def _run(name: str, target: Target, pipe: Connection, arguments: tuple[Any, ...]) -> None:
    """The process: Ctrl-C is for the instrument alone, which ends it."""
    name_process(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    target(pipe, *arguments)


def hush() -> None:
    """Let nobody hear what a library says by itself; what matters is told through the pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def start_deaf(process: BaseProcess) -> None:
    """Start a process that no signal reaches before its first line; there it must choose."""
    if not hasattr(signal, "pthread_sigmask"):
        process.start()
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def name_process(name: str) -> None:
    """Let a list of processes call this one `performer-NAME`; only Linux does."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(f"performer-{name}")
