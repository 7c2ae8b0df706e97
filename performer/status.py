"""What the stage tells a display about the running show, for the player's eyes only."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Status:
    """One look at the instrument.

    `latency_ms` maps an event source ("midi", "osc", "key") to the p50 and p99 of its
    knob-to-screen time. `canvas` is (height, width) in pixels. `last_events` runs newest first.
    `values` is float64 in the order of `parameters.TABLE`. `message` is the last warning, or "".
    `titles` are the names that the patch gives to parameters, such as to its scenes.
    """

    fps: float
    frame_ms_p50: float
    frame_ms_p99: float
    late_frames: int
    latency_ms: dict[str, tuple[float, float]]
    device: str
    model: str
    patch: str
    canvas: tuple[int, int]
    midi_ports: tuple[str, ...]
    osc_address: str
    last_events: tuple[str, ...]
    values: NDArray[np.float64]
    message: str = ""
    frozen: bool = False
    blackout: bool = False
    titles: dict[str, str] = field(default_factory=dict)
