"""How finished pictures come from the device to the host, beside the next one's making."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Image = NDArray[np.uint8]


class Arrival(Protocol):
    """A picture on its way to the host."""

    def image(self) -> Image:
        """uint8 (H, W, 3), waited for, unchanged until `release`.

        Raises ArithmeticError where the picture was no numbers, and what the device raises.
        """
        ...

    def release(self) -> None:
        """Give its memory up for other pictures."""
        ...


Send = Callable[[Tensor, Tensor], Arrival]


class Lane(Protocol):
    """Copies from a device to the host, in memory of its own choice."""

    def memory(self, like: Tensor) -> Tensor:
        """Memory on the host for such a tensor."""
        ...

    def copy(self, pairs: list[tuple[Tensor, Tensor]]) -> Callable[[], None]:
        """Begin to copy (target, source) once the sources are made; a call waits for the end."""
        ...


class CudaLane:
    """A stream of its own: the copy of one picture and the making of the next go on at once."""

    def __init__(self, device: torch.device) -> None:
        self._device, self._stream = device, torch.cuda.Stream(device)

    def memory(self, like: Tensor) -> Tensor:
        return torch.empty(like.shape, dtype=like.dtype, pin_memory=True)

    def copy(self, pairs: list[tuple[Tensor, Tensor]]) -> Callable[[], None]:
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._stream):
            for target, source in pairs:
                target.copy_(source, non_blocking=True)
                source.record_stream(self._stream)
            end = torch.cuda.Event()
            end.record(self._stream)
        return end.synchronize


class HostLane:
    """The stand-in without a card: it copies at once."""

    def memory(self, like: Tensor) -> Tensor:
        return torch.empty(like.shape, dtype=like.dtype)

    def copy(self, pairs: list[tuple[Tensor, Tensor]]) -> Callable[[], None]:
        for target, source in pairs:
            target.copy_(source)
        return lambda: None


class Slots:
    """Sends pictures to the host into memory that is used again: after some frames none is taken.

    What is shown, what is under way and what is sent next have a slot each.
    """

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self.free: list[_Slot] = []

    def send(self, picture: Tensor, sound: Tensor) -> Arrival:
        """uint8 (H, W, 3), and whether it is numbers as bool (), both on the device."""
        if not self.free or self.free[-1].pixels.shape != picture.shape:
            self.free = [_Slot(self._lane.memory(picture), self._lane.memory(sound))]
        slot = self.free.pop()
        wait = self._lane.copy([(slot.pixels, picture), (slot.sound, sound)])
        return _InSlot(self, slot, wait)


class _Slot:
    """Memory on the host for one picture."""

    def __init__(self, pixels: Tensor, sound: Tensor) -> None:
        self.pixels, self.sound = pixels, sound


class _InSlot:
    """A picture that is copied into a slot."""

    def __init__(self, slots: Slots, slot: _Slot, wait: Callable[[], None]) -> None:
        self._slots, self._slot, self._wait = slots, slot, wait
        self._released = False

    def image(self) -> Image:
        self._wait()
        return _checked(self._slot.pixels, self._slot.sound)

    def release(self) -> None:
        if not self._released:
            self._released = True
            self._slots.free.append(self._slot)


class Here:
    """A picture that is on the host as soon as it is made, in memory of its own."""

    def __init__(self, picture: Tensor, sound: Tensor) -> None:
        self._picture, self._sound = picture.cpu(), sound.cpu()

    def image(self) -> Image:
        return _checked(self._picture, self._sound)

    def release(self) -> None:
        """Nothing else is made in it."""


def sender(device: torch.device) -> Send:
    """The way from a device to the host."""
    return Slots(CudaLane(device)).send if device.type == "cuda" else Here


def _checked(pixels: Tensor, sound: Tensor) -> Image:
    if not sound:
        raise ArithmeticError("the model gave NaN or infinite values")
    image: Image = pixels.numpy()
    return image
