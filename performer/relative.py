"""Endless encoders: the five ways in which they tell steps, and how far a step goes.

The names are those of Ableton Live; an encoder sends each step as the value of a control change.
"""

from typing import Literal, get_args

Relative = Literal["twos", "offset", "offset16", "signed", "signed2"]
ENCODINGS: tuple[Relative, ...] = get_args(Relative)

# 128 steps from end to end, as a 7-bit knob has.
STEP = 1.0 / 128.0
# A wrong encoding must not throw a parameter from end to end.
LARGEST = 16
# Steps that follow each other faster than this count more, up to GAIN times.
SLOW_S = 0.05
GAIN = 4.0


def raw_7bit(value: float) -> int:
    """The byte 0..127 of a normalised control change: the inverse of the reader's."""
    return round(value * 128.0 if value <= 0.5 else value * 126.0 + 1.0)


def steps(encoding: Relative, raw: int) -> int:
    """How many steps a byte 0..127 tells, at most `LARGEST`; up is positive."""
    if encoding == "twos":
        told = raw if raw < 64 else raw - 128
    elif encoding == "offset":
        told = raw - 64
    elif encoding == "offset16":
        told = raw - 16
    else:
        told = raw & 63
        if (raw >= 64) == (encoding == "signed"):
            told = -told
    return min(max(told, -LARGEST), LARGEST)


def gain(pause_s: float) -> float:
    """How much a step counts that comes so long after the one before: fast turns go far."""
    return min(max(SLOW_S / pause_s, 1.0), GAIN) if pause_s > 0.0 else 1.0
