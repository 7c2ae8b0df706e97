"""Sharing: the newest frame wins, the show never waits, and what fails is opened anew."""

import sys
import threading

import numpy as np
import pytest

from performer.extras import install_command
from performer.outputs import sharing as room
from performer.outputs.base import Image
from performer.outputs.rgbx import Rgbx
from performer.outputs.sharing import Sharing, SharingError, Slot
from performer.outputs.ways import WAYS, find_way

DEADLINE_S = 5.0


def picture(grey: int, width: int = 4) -> Image:
    return np.full((2, width, 3), grey, np.uint8)


class Gate:
    """A sender that keeps what it was sent, and waits before each picture until it may go on."""

    def __init__(self, sent: list[tuple[tuple[int, int], int]], size: tuple[int, int]) -> None:
        self.seen, self.size, self.is_closed = sent, size, False
        self.at_work, self.may_go_on = threading.Semaphore(0), threading.Semaphore(0)

    def send(self, image: Image) -> None:
        assert image.shape == (self.size[1], self.size[0], 3)
        self.at_work.release()
        assert self.may_go_on.acquire(timeout=DEADLINE_S)
        self.seen.append((self.size, int(image[0, 0, 0])))

    def close(self) -> None:
        self.is_closed = True


class Gates:
    """Opens a gate for each size asked for; the first `failures` times it cannot."""

    def __init__(self, failures: int = 0) -> None:
        self.sent: list[tuple[tuple[int, int], int]] = []
        self.opened: list[Gate] = []
        self.failures = failures
        self.is_there = threading.Semaphore(0)

    def __call__(self, size: tuple[int, int]) -> Gate:
        if self.failures:
            self.failures -= 1
            raise OSError("no such camera")
        self.opened.append(Gate(self.sent, size))
        self.is_there.release()
        return self.opened[-1]

    def next(self) -> Gate:
        assert self.is_there.acquire(timeout=DEADLINE_S)
        return self.opened[-1]


def show(sharing: Sharing, image: Image) -> None:
    sharing.frame(True, 0.0, (), image)


def test_a_slow_receiver_gets_the_newest_and_the_show_goes_on() -> None:
    gates = Gates()
    sharing = Sharing("Gate", gates)
    show(sharing, picture(1))
    gate = gates.next()
    assert gate.at_work.acquire(timeout=DEADLINE_S)
    for grey in range(2, 200):
        show(sharing, picture(grey))
    gate.may_go_on.release(2)
    assert gate.at_work.acquire(timeout=DEADLINE_S)
    sharing.close()
    assert [grey for _, grey in gates.sent] == [1, 199]
    assert gate.is_closed and sharing.sent == 2


def test_what_was_left_is_a_copy() -> None:
    slot, image = Slot(), picture(7)
    slot.put(image)
    image[:] = 0
    taken = slot.take()
    assert taken is not None and (taken == 7).all()


def test_no_more_than_three_pictures_are_kept() -> None:
    slot = Slot()
    buffers = set()
    for _ in range(50):
        slot.put(picture(1))
        slot.put(picture(2))
        taken = slot.take()
        assert taken is not None and (taken == 2).all()
        buffers.add(taken.ctypes.data)
        slot.give_back(taken)
    assert len(buffers) <= 3


def test_another_size_gets_another_sender() -> None:
    gates = Gates()
    sharing = Sharing("Gate", gates)
    for width in (4, 8):
        show(sharing, picture(width, width))
        gate = gates.next()
        assert gate.at_work.acquire(timeout=DEADLINE_S)
        gate.may_go_on.release()
    sharing.close()
    assert gates.sent == [((4, 2), 4), ((8, 2), 8)]
    assert all(gate.is_closed for gate in gates.opened)


def test_what_fails_is_told_and_opened_anew(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(room, "RETRY_S", 0.01)
    gates = Gates(failures=2)
    sharing = Sharing("Camera", gates)
    tries = 0
    while not gates.opened and tries < 1000:
        show(sharing, picture(5))
        sharing._slot.closed_within(0.005)
        tries += 1
    assert (sharing.trouble, sharing.lamp) == ("Camera: no such camera", "Camera LOST")
    gate = gates.next()
    assert gate.at_work.acquire(timeout=DEADLINE_S)
    gate.may_go_on.release()
    sharing.close()
    assert gates.sent and (sharing.trouble, sharing.lamp) == ("", "Camera")
    assert caplog.messages == ["Camera: no such camera"], "said once"


def test_the_fourth_byte_is_opaque() -> None:
    pixels = Rgbx((3, 2)).of(np.full((2, 3, 3), 9, np.uint8))
    assert pixels.shape == (2, 3, 4)
    assert (pixels[:, :, :3] == 9).all() and (pixels[:, :, 3] == 255).all()


def test_a_library_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 13, 9))
    for word, way in WAYS.items():
        monkeypatch.setattr(sys, "platform", way.system or "linux")
        monkeypatch.setitem(sys.modules, way.library, None)
        with pytest.raises(SharingError) as error:
            find_way(word)
        told = f"{way.label} needs the library {way.library}: {install_command(way.extra)}"
        assert str(error.value) == told


def test_a_library_without_a_build_for_this_python_names_one_that_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "SpoutGL", None)
    for version, told in (((3, 14, 0), "no build for Python 3.14 .* use Python 3.13"),
                          ((3, 13, 9), "needs the library SpoutGL: ")):  # fmt: skip
        monkeypatch.setattr(sys, "version_info", version)
        with pytest.raises(SharingError, match=told):
            find_way("spout")


def test_a_way_of_another_system_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(SharingError, match="Spout works on Windows only"):
        find_way("spout")
    with pytest.raises(SharingError, match="Syphon works on macOS only"):
        find_way("syphon=Stage")


def test_an_unknown_way_names_the_others() -> None:
    with pytest.raises(SharingError, match=r'"ndy" is not a way .* ndi, spout, syphon or camera'):
        find_way("ndy=Stage")


def test_a_way_may_have_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cyndilib", sys)
    monkeypatch.setitem(sys.modules, "pyvirtualcam", sys)
    assert find_way("ndi") == (WAYS["ndi"], "Performer")
    assert find_way("ndi=Stage left") == (WAYS["ndi"], "Stage left")
    assert find_way("camera=/dev/video2") == (WAYS["camera"], "/dev/video2")
    assert find_way("camera") == (WAYS["camera"], "")
