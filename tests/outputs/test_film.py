"""Filming the show: a real encoder's process that lags, dies or gets a picture of another size."""

import contextlib
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from performer.outputs.film import FilmRecorder
from performer.outputs.film_process import SLOTS
from performer.outputs.movie import MovieError, check_movie

IMAGE = np.random.default_rng(1).integers(0, 255, (36, 64, 3), dtype=np.uint8)
LARGER = np.zeros((72, 128, 3), dtype=np.uint8)


def until(predicate: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + 20.0
    while not predicate():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


class Filming:
    """A recorder whose show has a time of its own."""

    def __init__(self, path: Path) -> None:
        self.recorder = FilmRecorder(lambda: path)
        self.now_s = 50.0

    def give(self, count: int, image: np.ndarray = IMAGE, on: bool = True) -> None:
        for _ in range(count):
            self.now_s += 0.02
            self.recorder.frame(on, self.now_s, (), image)

    def give_slowly(self, count: int) -> None:
        """Only as fast as they are encoded."""
        film = self.recorder._film
        assert film is not None
        for _ in range(count):
            until(lambda: film._ring is None or film.filmed - film._ring.done < SLOTS)
            self.give(1)

    def begin(self) -> int:
        """Wait for the encoder; its process."""
        self.give(1)
        film = self.recorder._film
        assert film is not None
        until(lambda: film._is_ready)
        assert film._process is not None and film._process.pid is not None
        return film._process.pid


def shared_memory() -> set[str]:
    """The names of what this process shares with others."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    return {line.rpartition("/")[2] for line in lines if "/psm_" in line}


def frame_times(path: Path) -> list[float]:
    with av.open(str(path)) as file:
        return [float(frame.time) for frame in file.decode(video=0)]


def test_frames_are_filmed_at_their_times_and_larger_ones_are_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    others = shared_memory()
    filming = Filming(tmp_path / "show.mp4")
    with caplog.at_level(logging.INFO):
        filming.begin()
        assert shared_memory() > others
        filming.give_slowly(20)
        assert filming.recorder.lamp == "VIDEO 0:00"
        filming.give(5, LARGER)
        filming.give_slowly(20)
        assert filming.recorder.lamp == "VIDEO LOST"
        filming.give(2, on=False)
        assert filming.recorder.lamp == ""
        filming.recorder.close()
    times = frame_times(tmp_path / "show.mp4")
    expected = [n * 0.02 for n in (*range(20), *range(25, 45))]
    assert times == pytest.approx(expected, abs=1e-4)
    assert "(40 frames, 5 left out)" in caplog.text
    assert "the picture has grown" in caplog.text
    assert shared_memory() == others


def test_an_encoder_that_lags_holds_nothing_up_and_one_that_dies_is_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    filming = Filming(tmp_path / "show.mkv")
    encoder = filming.begin()
    os.kill(encoder, signal.SIGSTOP)
    filming.give(100)
    film = filming.recorder._film
    assert film is not None
    assert film.left_out >= 100 - SLOTS - 1
    os.kill(encoder, signal.SIGKILL)
    until(lambda: film.trouble)
    with caplog.at_level(logging.WARNING):
        filming.give(100)
        filming.recorder.close()
    assert len(caplog.records) == 1 and "ended unasked" in caplog.text
    assert "ended unasked" in film.trouble


def test_a_full_disk_is_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    filming = Filming(tmp_path / "show.mp4")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))  # the encoder's too
    try:
        filming.begin()
        film = filming.recorder._film
        assert film is not None
        while not film.trouble:
            filming.give_slowly(1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    filming.give(50)
    filming.recorder.close()
    assert len([each for each in caplog.records if each.levelno == logging.WARNING]) == 1
    assert "show.mp4: cannot be written: File too large" in caplog.text
    with av.open(str(tmp_path / "show.mp4")) as file, contextlib.suppress(av.InvalidDataError):
        frames = 0
        for _ in file.decode(video=0):
            frames += 1
    assert frames > 0  # what there was room for


def test_without_pyav_it_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MovieError, match=r"video needs PyAV: .+ install"):
        check_movie(tmp_path / "show.mp4")


def test_a_file_that_cannot_be_is_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    filming = Filming(tmp_path / "gone" / "show.mp4")
    filming.give(1)
    film = filming.recorder._film
    assert film is not None
    until(lambda: film.trouble)
    filming.give(50)
    assert filming.recorder.lamp == "VIDEO LOST"
    assert "no such folder" in filming.recorder.trouble
    filming.recorder.close()
    assert len(caplog.records) == 1
