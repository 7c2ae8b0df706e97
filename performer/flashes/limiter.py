"""The flash limiter: lets three flashes a second through, and smooths what would be more."""

import numpy as np
from numpy.typing import NDArray

from performer.flashes.light import Floats, Frame, measure
from performer.flashes.transitions import PERIOD_S, Mask, Transitions

AREA = 0.22  # of the field; the guidelines say a quarter
FIELDS = 3
SMOOTH_S, RELEASE_S = 1.6, 1.0


class FlashLimiter:
    """Keeps frames within WCAG 2.2 success criterion 2.3.1 and ITU-R BT.1702.

    A flash is two opposing changes of relative luminance by 0.1 or more, where the darker is below
    0.8, or of saturated red by 20 / 320. No more than three of either may happen within a second
    at the same places, where these are a quarter or more of a field. The field is any third by
    third of the picture, as in WCAG (341x256 of 1024x768 pixels); so an area that fills a quarter
    of the whole picture, as in BT.1702, is one too, wherever it lies. Places are those of a grid
    of 32 x 18. Where too much would flash, and only there, the light follows as through a slow
    filter, without ever making the transition that is one too many.
    """

    def __init__(self) -> None:
        self._now_s = 0.0
        self.forget()

    @property
    def is_limiting(self) -> bool:
        """Whether the last frame was changed."""
        return bool(self._hold.any())

    def forget(self) -> None:
        """Begin anew with the next frame."""
        self._frame = np.zeros((0, 0, 3), np.uint8)
        self._begin(np.zeros((3, 0, 0), np.float32))

    def apply(self, frame: Frame, dt_s: float) -> Frame:
        """The frame (H, W, 3) to show, `dt_s` after the one before; the same where none flashes."""
        measured = measure(frame)
        self._now_s += dt_s
        if self._shown.shape != measured.shape:
            self._begin(measured)
        else:
            frame, measured = self._step(frame, measured, dt_s)
        self._keep(frame, measured)
        return frame

    def _keep(self, frame: Frame, measured: Floats) -> None:
        # A copy: the frame's memory may be used for others.
        if self._frame.shape != frame.shape:
            self._frame = np.empty_like(frame)
        np.copyto(self._frame, frame)
        self._shown = measured

    def _begin(self, measured: Floats) -> None:
        self._shown = measured
        self._asked = Transitions.begin(measured)
        self._made: Transitions | None = None
        self._light: Floats | None = None
        self._over_until_s = np.full(measured.shape[1:], -np.inf)
        self._hold = np.zeros(measured.shape[1:], np.float32)
        self._apart_until_s = 0.0

    def _step(self, frame: Frame, asked: Floats, dt_s: float) -> tuple[Frame, Floats]:
        """The frame to show and its measure."""
        now_s, before = self._now_s, self._asked
        self._asked, excess = before.after(asked, now_s)
        if self._made is not None:
            excess = excess | self._made.after(asked, now_s)[1]
        self._hold_where_needed(excess, dt_s)
        if self._hold.any():
            made = self._made or before
            self._apart_until_s = now_s + PERIOD_S
            frame, asked = self._smoothed(frame, asked, made, dt_s)
            self._made = made.after(asked, now_s)[0]
        elif self._made is not None:
            self._light = None
            self._made = self._made.after(asked, now_s)[0]
            if now_s > self._apart_until_s:
                self._asked, self._made = self._made, None
        return frame, asked

    def _hold_where_needed(self, excess: Mask, dt_s: float) -> None:
        if excess.any():
            self._over_until_s[excess] = self._now_s + PERIOD_S
        elif not self._hold.any():
            return
        over = self._over_until_s > self._now_s
        too_many = over & crowded(over)
        self._hold = np.where(too_many, 1.0, np.maximum(self._hold - dt_s / RELEASE_S, 0.0))

    def _smoothed(
        self, frame: Frame, asked: Floats, made: Transitions, dt_s: float
    ) -> tuple[Frame, Floats]:
        held = self._hold > 0.0
        slow = 1.0 - np.exp(-dt_s / np.where(held, SMOOTH_S * self._hold, 1.0))
        share = np.where(held, np.minimum(slow, made.share(self._shown, asked, self._now_s)), 1.0)
        frame = self._mixed(frame, share)
        return frame, measure(frame)

    def _mixed(self, frame: Frame, share: NDArray[np.floating]) -> Frame:
        """A share of the frame over what is shown, in light: the square of its values, nearly."""
        height, width, _ = frame.shape
        if self._light is None or self._light.shape != (height, width * 3):
            self._light = np.square(_fitted(self._frame, frame), dtype=np.float32)
            self._light = self._light.reshape(height, -1)
        light = np.square(frame.reshape(height, -1), dtype=np.float32)
        light -= self._light
        light *= np.repeat(spread(least_around(share), height, width), 3, axis=1)
        self._light += light
        return (np.sqrt(self._light) + 0.5).astype(np.uint8).reshape(frame.shape)


def crowded(over: Mask) -> Mask:
    """The places of all fields of which AREA or more is `over`."""
    height, width = (max(1, length // FIELDS) for length in over.shape)
    shares = _boxes(over, height, width) / (height * width)
    near = np.pad(shares >= AREA, ((height - 1, height - 1), (width - 1, width - 1)))
    return _boxes(near, height, width) > 0


def _boxes(mask: Mask, height: int, width: int) -> NDArray[np.int64]:
    """How many are true in each box of that size that lies within the mask."""
    sums = np.pad(mask.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    rows = sums[height:] - sums[:-height]
    return rows[:, width:] - rows[:, :-width]


def least_around(share: NDArray[np.floating]) -> NDArray[np.floating]:
    """The least of each place and its neighbours, so that between places none gets more."""
    for axis in (0, 1):
        wide = np.pad(share, [(1, 1) if i == axis else (0, 0) for i in (0, 1)], mode="edge")
        share = np.lib.stride_tricks.sliding_window_view(wide, 3, axis=axis).min(axis=-1)
    return share


def spread(share: NDArray[np.floating], height: int, width: int) -> Floats:
    """From places to pixels (height, width), straight from the middle of each to the next."""
    for axis, length in ((0, height), (1, width)):
        count = share.shape[axis]
        at = np.clip((np.arange(length) + 0.5) * count / length - 0.5, 0.0, count - 1.0)
        below = np.minimum(at.astype(np.intp), max(count - 2, 0))
        part = (at - below).astype(np.float32)
        part = part[:, None] if axis == 0 else part
        upper = share.take(np.minimum(below + 1, count - 1), axis)
        share = share.take(below, axis) * (1.0 - part) + upper * part
    return share.astype(np.float32)


def _fitted(held: Frame, frame: Frame) -> Frame:
    """An earlier frame in the size of this one, which may be of a model with another canvas."""
    if held.shape == frame.shape:
        return held
    (height, width, _), (old_height, old_width, _) = frame.shape, held.shape
    rows, columns = np.arange(height) * old_height // height, np.arange(width) * old_width // width
    return held[rows][:, columns]
