"""What a binding listens to: the words `cc 16`, `osc /address`, `key space` and their meaning."""

from dataclasses import dataclass

from performer.addresses import MAX_LENGTH, WILDCARDS

# The largest number that each kind takes; cc14 is named by its MSB (MIDI 1.0, controllers 0-31).
NUMBERED = {"cc": 127, "cc14": 31, "note": 127, "poly": 127}
RESERVED = WILDCARDS | set(" #,")
PLAIN = ("bend", "pressure", "program")
ALLOWED = (
    "cc N, cc14 N, note N, bend, pressure, poly N, program, program N, osc /address or key NAME"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A physical or virtual control; `kind` is a MidiEvent's, or `osc` or `key`.

    `number` is None where the kind has none, and for a `program` of any number. `text` is the
    address of `osc` and the name of `key`.
    """

    kind: str
    number: int | None = None
    text: str = ""

    @property
    def is_midi(self) -> bool:
        return self.kind not in ("osc", "key")


def parse_source(words: str) -> Source:
    """Read a source's words; raises ValueError with the reason."""
    kind, _, rest = words.strip().partition(" ")
    rest = rest.strip()
    if kind == "osc":
        return Source("osc", text=_address(rest))
    if kind == "key":
        if not rest:
            raise ValueError("key needs the name of a key, such as key space")
        return Source("key", text=rest.lower())
    for name in PLAIN:
        if kind == name and not rest:
            return Source(name)
    for name, largest in {**NUMBERED, "program": 127}.items():
        if kind == name:
            return Source(name, _number(kind, rest, largest))
    raise ValueError(f'"{words}" is not allowed; use {ALLOWED}')


def _number(kind: str, digits: str, largest: int) -> int:
    if digits.isascii() and digits.isdigit() and len(digits) <= 3 and int(digits) <= largest:
        return int(digits)
    raise ValueError(f'{kind} needs a number from 0 to {largest}, not "{digits}"')


def _address(text: str) -> str:
    is_plain = text.isascii() and text.isprintable()
    is_plain = is_plain and not RESERVED.intersection(text)
    if not text.startswith("/") or not is_plain:
        raise ValueError(
            f'osc needs a plain address such as /fader/1, without spaces and patterns, not "{text}"'
        )
    if len(text) > MAX_LENGTH:
        raise ValueError(f"osc needs an address of at most {MAX_LENGTH} characters")
    return text
