"""Triggers: what makes an envelope begin, as a patch writes it and as it is heard."""

from performer.events import Event, KeyEvent, MidiEvent
from performer.parameters import TABLE
from performer.sources import parse_source

MOMENTS = ("sound.onset", "beat", "bar")
_PULLED = [parameter for parameter in TABLE if parameter.kind == "trigger"]
PULLED = tuple(dict.fromkeys(word for p in _PULLED for word in (p.group, p.name)))
ALLOWED = f"{', '.join(MOMENTS)}, note N, key NAME, or a trigger such as next_seed, scene, scene.3"


def parse_trigger(words: str) -> str:
    """The word by which a trigger is heard; raises ValueError with the reason."""
    if words in MOMENTS or words in PULLED:
        return words
    if words.partition(" ")[0] in ("note", "key"):
        source = parse_source(words)
        return f"{source.kind} {source.text or source.number}"
    raise ValueError(f'"{words}" is not allowed; use {ALLOWED}')


def heard_in(event: Event) -> tuple[str, float] | None:
    """The word and the strength 0..1 of what an event strikes, if it does."""
    if isinstance(event, MidiEvent) and event.kind == "note" and event.value > 0.0:
        return f"note {event.number}", min(event.value, 1.0)
    if isinstance(event, KeyEvent) and event.pressed:
        return f"key {event.key}", 1.0
    return None
