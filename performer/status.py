"""What the stage tells a display about the running show, for the player's eyes only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from performer.outline import Outline


@dataclass(frozen=True, slots=True)
class LearnView:
    """What learn shows: the chosen parameter, whether a control is awaited, and what is bound.

    `control` is in words, "" where nothing is bound; `low` and `high` are the ends of its travel
    in the parameter's unit. `note` is what just happened, or "".
    """

    parameter: str
    waiting: bool
    control: str
    low: float
    high: float
    curve: str
    note: str


@dataclass(frozen=True, slots=True)
class Motion:
    """A modulator: what moves, in words, which parameter, how deep, and what it gives now.

    `depth` is a share of the parameter's range, as the knobs set it; `output` is -1..1.
    """

    source: str
    parameter: str
    depth: float
    output: float


@dataclass(frozen=True, slots=True)
class Status:
    """One look at the instrument.

    `latency_ms` maps an event source ("midi", "osc", "key") to the p50 and p99 of its
    knob-to-screen time. `canvas` is (height, width) in pixels. `last_events` runs newest first.
    `values` is float64 in the order of `parameters.TABLE`. `message` is the last warning, or "".
    `cues` are the one that is out and the next one, "" for none; `preview` is the next one's
    picture, uint8 (H, W, 3), at most 160 pixels wide.
    `beat` is the music's, and `tempo_source` who counts it.
    `lamps` are the recorders that run, in words, and `loop` is the looper's state, or "".
    `sound` is what `ear.HEARD` names, each 0..1, or () where nothing is heard.
    `outline` is what the patch holds, and `follows_in_s` how soon its next cue goes out by itself,
    None where none does. `decks` are the models on A and on B, "" for none.
    `autopilot` is whether it plays by itself now.
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
    storing: bool = False
    cues: tuple[str, str] = ("", "")
    preview: NDArray[np.uint8] | None = None
    beat: float = 0.0
    tempo_source: str = ""
    spared: str = ""
    flash_limit: bool = True
    flashes_held: bool = False
    learn: LearnView | None = None
    lamps: tuple[str, ...] = ()
    loop: str = ""
    sound: tuple[float, ...] = ()
    modulation: tuple[Motion, ...] = ()
    modulation_amount: float = 1.0
    outline: Outline = Outline({}, (), ())
    follows_in_s: float | None = None
    decks: tuple[str, str] = ("", "")
    autopilot: bool = False
