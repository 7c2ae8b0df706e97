"""Twenty loops that play, and hands that record twenty more, for `performer bench`."""

from collections.abc import Iterator

import numpy as np

from performer.engine import Engine
from performer.events import OscEvent
from performer.looper import CELLS, DOUBLE
from performer.parameters import BY_NAME

NUMBERS, BEATS = range(1, 11), 4
PLAYED = [f"{group}.{i}" for group in ("direction", "coarse") for i in NUMBERS]
RECORDED = [f"{group}.{i}" for group in ("middle", "fine") for i in NUMBERS]
SWING = 0.3


def begin(engine: Engine) -> None:
    """Have the loops played, and what hands do recorded."""
    cells = SWING * np.sin(np.linspace(0.0, 2.0 * np.pi, BEATS * CELLS, endpoint=False))
    loops = [(name, cells.astype(DOUBLE).tobytes()) for name in PLAYED]
    engine.performance.looper.restore(loops, 0.0)
    engine.controls.set("loop.record", 1.0)


def hands(now_s: float) -> Iterator[OscEvent]:
    """Each of twenty hands a little further on its way."""
    for number, name in enumerate(RECORDED):
        yield OscEvent(now_s, BY_NAME[name].address, (SWING * float(np.sin(now_s + number)),))
