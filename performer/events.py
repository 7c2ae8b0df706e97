"""What an input hands over to the frame loop: frozen, timestamped events and their inbox."""

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

MidiKind = Literal["cc", "cc14", "note", "bend", "pressure", "poly", "program"]
ClockKind = Literal["tick", "start", "stop", "continue", "position"]
DeckName = Literal["a", "b"]
OscArgument = float | int | str | bool | bytes | None


@dataclass(frozen=True, slots=True)
class MidiEvent:
    """One MIDI channel message (MIDI 1.0), its value normalised to 0..1.

    `channel` counts from 1 to 16. `number` is the controller, note or program number, 0..127 (0
    where the kind has none; for `cc14` the number of its MSB, 0..31). A `note` carries its
    velocity; value 0 is its release.
    """

    source: ClassVar[str] = "midi"
    time_s: float
    port: str
    kind: MidiKind
    channel: int
    number: int
    value: float


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """A MIDI clock's message (MIDI 1.0, system real time): 24 ticks make a beat.

    The first tick after a start is that of beat 0, the first after a continue that of `value`,
    the song position in beats that a `position` told; other kinds have the value 0.
    """

    source: ClassVar[str] = "clock"
    time_s: float
    port: str
    kind: ClockKind
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """A look at an Ableton Link session: its beat and tempo at `time_s`.

    `peers` counts the other programs in it; with 0 there is no session to follow.
    """

    source: ClassVar[str] = "link"
    time_s: float
    beat: float
    bpm: float
    peers: int


@dataclass(frozen=True, slots=True)
class LatencyEvent:
    """From now on a frame is on the screen `ahead_s` after the time that it was drawn for."""

    source: ClassVar[str] = "latency"
    time_s: float
    ahead_s: float


@dataclass(frozen=True, slots=True)
class OscEvent:
    """One OSC 1.0 message whose structure was checked; `address` may be a pattern.

    `peer` is the host and port that it was sent from, where that is known.
    """

    source: ClassVar[str] = "osc"
    time_s: float
    address: str
    args: tuple[OscArgument, ...]
    peer: tuple[str, int] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class PageEvent:
    """A touch on the control page: a parameter by name, and its value in its unit.

    Without a value a trigger happens and a toggle turns over.
    """

    source: ClassVar[str] = "page"
    time_s: float
    parameter: str
    value: float | None


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A key of the computer's keyboard, by its lower-case pygame name, such as `space`."""

    source: ClassVar[str] = "key"
    time_s: float
    key: str
    pressed: bool


@dataclass(frozen=True, slots=True)
class PortEvent:
    """A MIDI port that came (`present`) or went."""

    source: ClassVar[str] = "port"
    time_s: float
    port: str
    present: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """Bytes from outside that an input refused, with the reason in words."""

    source: ClassVar[str] = "refusal"
    time_s: float
    origin: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class ModelEvent:
    """Another model, checked and ready to be played from the next frame on.

    `generator` is a `latent.Generator` and `directions` its Tensor (DIRECTIONS, w_dim) on the
    CPU, of which this room knows nothing. `name` is for the player; `path` and `sha256` are those
    of its file, by which it is found again. `deck` is the one that takes it. With `drifts` the
    weights that play may move to its weights, where they are kin.
    """

    source: ClassVar[str] = "model"
    time_s: float
    name: str
    generator: Any
    directions: Any
    path: str = ""
    sha256: str = ""
    deck: DeckName = "a"
    drifts: bool = True

    def as_recorded(self) -> "ModelEvent":
        """What is left to tell of it; the model itself is not kept alive."""
        return replace(self, generator=None, directions=None)


@dataclass(frozen=True, slots=True)
class SoundEvent:
    """What a moment of sound was like, all 0..1; `onset` is above 0 where a sound begins."""

    source: ClassVar[str] = "sound"
    time_s: float
    level: float
    bass: float
    mid: float
    treble: float
    brightness: float
    onset: float


@dataclass(frozen=True, slots=True)
class PatchEvent:
    """The patch's file was saved: the patch that its `text` is now, or why it cannot be played."""

    source: ClassVar[str] = "patch"
    time_s: float
    name: str
    patch: Any
    text: str = ""
    error: str = ""

    def as_recorded(self) -> "PatchEvent":
        """What a take keeps: the text, from which the patch is read again."""
        return replace(self, patch=None)


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the player from a part that works beside the show."""

    source: ClassVar[str] = "notice"
    time_s: float
    text: str


@dataclass(frozen=True, slots=True)
class RestoreEvent:
    """Go on from here: where a show stood that was interrupted.

    `values` are (name, where it stands, where it goes) of parameters in their units, `walk` is
    the wander in steps, `turns` the oscillators' at `turns_beat`, `loops` the little-endian
    float64 of each parameter's loop. What the patch that plays does not have is left out.
    """

    source: ClassVar[str] = "restore"
    time_s: float
    values: tuple[tuple[str, float, float], ...]
    walk: float
    cue: int
    cue_s: float
    cue_beats: float
    turns: tuple[float, ...]
    turns_beat: float
    beat: float
    bpm: float
    loops: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class HoursEvent:
    """The house opens, or closes: then it is dark."""

    source: ClassVar[str] = "hours"
    time_s: float
    is_open: bool


@dataclass(frozen=True, slots=True)
class ThriftEvent:
    """How much work is spared from now on; levels as in `governor`."""

    source: ClassVar[str] = "thrift"
    time_s: float
    level: int


Event = (
    MidiEvent
    | ClockEvent
    | LinkEvent
    | LatencyEvent
    | OscEvent
    | PageEvent
    | KeyEvent
    | PortEvent
    | Refusal
    | ModelEvent
    | SoundEvent
    | PatchEvent
    | Notice
    | RestoreEvent
    | HoursEvent
    | ThriftEvent
)


class Inbox:
    """The one queue between the input threads and the frame loop.

    Bounded: when the loop stalls longer than `capacity` events last, the oldest go first, so
    that the newest position of every control survives.
    """

    def __init__(self, capacity: int = 65_536) -> None:
        self._events: deque[Event] = deque(maxlen=capacity)

    def put(self, event: Event) -> None:
        """Hand over one event; safe from any thread, never blocks."""
        self._events.append(event)

    def drain(self) -> list[Event]:
        """Take all events that are there now, oldest first."""
        events = []
        for _ in range(len(self._events)):
            events.append(self._events.popleft())
        return events
