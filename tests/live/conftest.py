"""Fixtures that lend real parts to the live tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from parts import JackServer, Screen, xvfb_screen


@pytest.fixture
def jack_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[JackServer]:
    """A JACK server that this process and its children use; it survives killed clients."""
    yield from _jack(monkeypatch)


@pytest.fixture
def steady_jack_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[JackServer]:
    """A synchronous JACK server: it loses no event, but no client may be killed."""
    yield from _jack(monkeypatch, "-S")


@pytest.fixture
def quick_jack_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[JackServer]:
    """A synchronous JACK server with blocks as short as a sound card allows."""
    yield from _jack(monkeypatch, "-S", period=64)


def _jack(
    monkeypatch: pytest.MonkeyPatch, *options: str, period: int = 256
) -> Iterator[JackServer]:
    monkeypatch.setenv("JACK_NO_AUDIO_RESERVATION", "1")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    server = JackServer(*options, period=period)
    monkeypatch.setenv("JACK_DEFAULT_SERVER", server.name)
    yield server
    server.stop()


@pytest.fixture
def xvfb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """A screen of 1280x720 that SDL and other X clients of this process use."""
    with xvfb_screen(tmp_path) as screen:
        monkeypatch.setenv("DISPLAY", screen.display)
        monkeypatch.setenv("SDL_VIDEODRIVER", "x11")
        yield screen
