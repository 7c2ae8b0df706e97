"""A video of the running show: the frame loop only copies, another process encodes."""

import logging
import multiprocessing
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import numpy as np

from performer.attended import start_deaf
from performer.events import Event
from performer.outputs.base import Image, minutes
from performer.outputs.film_process import (
    COUNTER_BYTES,
    END,
    FRAME,
    READY,
    SLOTS,
    Job,
    Ring,
    run,
)
from performer.outputs.movie import MovieError, check_movie, even

PATIENCE_S = 20.0


class Film:
    """One video file. All that takes time happens on a thread and in the process."""

    def __init__(self, path: Path, image: Image) -> None:
        """`image` is of the size that the video gets."""
        self.path = path
        self.trouble = ""
        self.filmed = self.left_out = 0
        self.began_s: float | None = None
        self._height, self._width = image.shape[:2]
        self._slot_bytes = image.nbytes
        self._ring: Ring | None = None
        self._frames: Connection | None = None
        self._process: BaseProcess | None = None
        self._is_ready = self._is_finished = False
        self._sending = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="film", daemon=True)
        self._thread.start()

    def put(self, image: Image, now_s: float) -> None:
        """Film a frame; the newest is left out when the encoder lags. Never waits."""
        ring, frames = self._ring, self._frames
        if not self._is_ready or ring is None or frames is None:
            return
        if image.nbytes > self._slot_bytes:
            self.trouble = f"{self.path}: the picture has grown; switch video off and on again"
        if image.nbytes > self._slot_bytes or self.filmed - ring.done >= SLOTS:
            self.left_out += 1
            return
        self.began_s = now_s if self.began_s is None else self.began_s
        slot, (height, width) = self.filmed % SLOTS, image.shape[:2]
        np.copyto(ring.image(slot, height, width), image)
        try:
            frames.send_bytes(FRAME.pack(slot, height, width, now_s - self.began_s))
        except OSError:
            self._is_ready = False  # The thread says why.
            return
        self.filmed += 1

    def finish(self) -> None:
        """No more frames; the file is completed beside the show."""
        with self._sending:
            self._is_finished, was_ready, self._is_ready = True, self._is_ready, False
            if was_ready and self._frames is not None:
                _send_end(self._frames)

    def wait(self) -> None:
        """Until the file is complete, or patience ends."""
        self._thread.join(PATIENCE_S)
        if self._process is not None and self._process.is_alive():
            self.trouble = self.trouble or f"{self.path}: the encoder does not end"
            self._process.kill()
            self._thread.join()

    def _run(self) -> None:
        try:
            check_movie(self.path, live=True)
            memory = SharedMemory(create=True, size=COUNTER_BYTES + SLOTS * self._slot_bytes)
            try:
                self._ring = Ring(memory, self._slot_bytes)
                self._ring.touch()
                self._film(memory.name)
            finally:
                self._is_ready, self._ring = False, None
                memory.unlink()  # Its pages go when the last of the loop's views has gone.
                _close(memory)
        except (MovieError, OSError) as error:
            self.trouble = str(error)

    def _film(self, memory: str) -> None:
        """Start the process, and listen to it until it ends."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        job = Job(str(self.path), even((self._width, self._height)), memory, self._slot_bytes)
        process = context.Process(target=run, args=(job, theirs), name="film", daemon=True)
        start_deaf(process)
        theirs.close()
        self._frames, self._process = ours, process
        try:
            while True:
                self._hear(ours.recv_bytes(), ours)
        except (EOFError, OSError):
            process.join()
        self._is_ready = False
        if not self.trouble and (process.exitcode != 0 or not self._is_finished):
            self.trouble = f"{self.path}: the encoder ended unasked ({process.exitcode})"

    def _hear(self, message: bytes, ours: Connection) -> None:
        if not message.startswith(READY):
            self.trouble = message.decode(errors="replace")
            return
        codec = message.removeprefix(READY).decode()
        logging.getLogger("performer.video").info("Filming %s with %s", self.path, codec)
        with self._sending:
            self._is_ready = not self._is_finished
            if self._is_finished:
                _send_end(ours)


class FilmRecorder:
    """Films the show while `video` is on, each time into a file of its own."""

    parameter = "video"

    def __init__(self, name: Callable[[], Path]) -> None:
        """`name` tells the next file."""
        self._name = name
        self._film: Film | None = None
        self._finishing: list[Film] = []
        self._now_s = 0.0
        self._told = ""

    @property
    def lamp(self) -> str:
        film = self._film
        if film is None:
            return ""
        if film.trouble:
            return "VIDEO LOST"
        return f"VIDEO {minutes(self._now_s - (film.began_s or self._now_s))}"

    @property
    def trouble(self) -> str:
        return self._film.trouble if self._film else ""

    def frame(self, on: bool, now_s: float, events: Sequence[Event], image: Image) -> None:
        self._now_s = now_s
        if on and self._film is None:
            self._film = Film(self._name(), image)
        elif not on and self._film is not None:
            self._film.finish()
            self._finishing.append(self._film)
            self._film = None
        if self._film is not None:
            self._film.put(image, now_s)
            self._tell(self._film)

    def close(self) -> None:
        """Complete every file, and say where they are."""
        films = [*self._finishing, *([self._film] if self._film else [])]
        for film in films:
            film.finish()
        for film in films:
            film.wait()
            self._tell(film)
            if film.filmed:
                words = "Video: %s (%d frames, %d left out)"
                counts = film.path, film.filmed, film.left_out
                logging.getLogger("performer.video").info(words, *counts)

    def _tell(self, film: Film) -> None:
        """Say once what went wrong."""
        if film.trouble and film.trouble != self._told:
            self._told = film.trouble
            logging.getLogger("performer.video").warning("video: %s", film.trouble)


def _send_end(frames: Connection) -> None:
    try:
        frames.send_bytes(END)
    except OSError:
        return  # It has ended already.


def _close(memory: SharedMemory) -> None:
    try:
        memory.close()
    except BufferError:
        return  # The loop is just copying into it.
