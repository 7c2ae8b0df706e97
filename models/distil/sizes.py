"""How large a student may be for the machine it shall play on, and what fits into that.

A picture's time is told by two sums: the multiply-adds of its convolutions, and the values of the
feature maps that they read and write, which on a processor is most of it. So a student stays wide
where maps are small, which is where composition is made, and narrow where they are large.
"""

from typing import NamedTuple

import msgspec

from models.canvas import Canvas
from models.networks import Widths

FINEST_MINIMUM = 8  # channels at the finest level; with fewer, a smaller canvas looks better
FIR_TAPS = 16


class Target(NamedTuple):
    """A kind of machine: milliseconds for 10^9 multiply-adds and for 10^6 values, and in all.

    30 frames/s leave 33 ms; what is not the generator's is for effects, copy and display.
    """

    gmac_ms: float
    million_values_ms: float
    budget_ms: float
    channel_max: int


TARGETS = {
    # Fitted to twelve random networks, 256 to 1024 px, in the graph engine (float32, two threads
    # of a server's cores on a slow day, when one of them took twice its time in the benchmarks),
    # within a quarter for those near the budget.
    "cpu": Target(2.5, 6.2, 30.0, 256),
    # Reckoned, not measured: 3 * 10^12 operations/s and 128 GB/s, a small laptop GPU, half
    # precision, each value moved eight times.
    "gpu": Target(0.67, 0.125, 20.0, 512),
}


def student_size(canvas: Canvas, widths: Widths, target: Target) -> tuple[Canvas, Widths]:
    """The canvas and widths of a teacher's student: the widest that the target's budget holds.

    The canvas is halved while even a student of FINEST_MINIMUM channels would be too slow on it.
    No level is wider than the teacher's.
    """
    while True:
        finest = _at_finest(canvas, widths)
        while finest > FINEST_MINIMUM:
            found = _narrowed(canvas, widths, finest, target.channel_max)
            if cost_ms(canvas, found, target) <= target.budget_ms:
                return canvas, found
            finest -= 4 if finest <= 32 else 8
        found = _narrowed(canvas, widths, FINEST_MINIMUM, target.channel_max)
        if canvas.doublings == 1 or cost_ms(canvas, found, target) <= target.budget_ms:
            return canvas, found
        canvas = msgspec.structs.replace(canvas, doublings=canvas.doublings - 1)


def asked_size(
    canvas: Canvas, widths: Widths, channel_base: int | None, channel_max: int | None
) -> tuple[Canvas, Widths]:
    """The teacher's canvas, and widths as asked for, at no level wider than the teacher's."""
    asked = Widths(channel_base or widths.channel_base, channel_max or widths.channel_max)
    channels = tuple(min(widths.channels(i), asked.channels(i)) for i in canvas.levels)
    return canvas, msgspec.structs.replace(widths, own_channels=channels)


def cost_ms(canvas: Canvas, widths: Widths, target: Target) -> float:
    """About how long a picture takes on the target."""
    multiply_adds, values = 0, 0
    for level in canvas.levels:
        height, width = canvas.size_at(level)
        area, channels = height * width, widths.channels(level)
        inputs = widths.channels(level - 1) if level else 0
        multiply_adds += area // 4 * inputs * channels * 9 + (area * channels * FIR_TAPS) * (
            level > 0
        )
        multiply_adds += area * channels * (channels * 9 + 3)
        values += area * channels
    return (multiply_adds / 1e3 * target.gmac_ms + values * target.million_values_ms) / 1e6


def _at_finest(canvas: Canvas, widths: Widths) -> int:
    """A number of channels at the finest level with which no level is narrowed."""
    widest = max(widths.channels(level) >> (canvas.doublings - level) for level in canvas.levels)
    return max(widest, widths.channels(canvas.doublings), FINEST_MINIMUM)


def _narrowed(canvas: Canvas, widths: Widths, finest: int, most: int) -> Widths:
    """Widths that double from the finest level down to `most`, never above the teacher's."""
    channels = tuple(
        min(widths.channels(level), most, finest << (canvas.doublings - level))
        for level in canvas.levels
    )
    return msgspec.structs.replace(widths, own_channels=channels)
