"""Envelopes: a rise, a hold and a fall for each trigger, the same at every frame rate."""

import numpy as np
import pytest

from performer.events import KeyEvent, MidiEvent
from performer.modulators import Modulators
from performer.schema import Modulator
from performer.triggers import heard_in, parse_trigger

RATES_HZ = (24, 60, 144)


def envelope(trigger: str = "next_seed", **times_s: float) -> Modulators:
    times_s = {"attack_s": 0.25, "hold_s": 0.25, "decay_s": 0.5} | times_s
    return Modulators([Modulator(trigger=trigger, parameter="hue", depth=1.0, **times_s)])


def given(modulators: Modulators) -> float:
    return float(modulators.waves()[0])


def run(
    modulators: Modulators, rate_hz: int, begin_s: float, end_s: float, bpm: float = 0
) -> float:
    for i in range(round(begin_s * rate_hz) + 1, round(end_s * rate_hz) + 1):
        modulators.advance(i / rate_hz, 1 / rate_hz, i / rate_hz * bpm / 60)
    return given(modulators)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize(
    ("after_s", "value"),
    [(1 / 12, 1 / 3), (0.25, 1.0), (0.5, 1.0), (0.75, 0.25), (1.0, 0.0), (2.0, 0.0)],
)
def test_the_shape_at_every_frame_rate(rate_hz: int, after_s: float, value: float) -> None:
    modulators = envelope()
    assert run(modulators, rate_hz, 0.0, 1.0) == 0.0
    modulators.hear("next_seed", 1.0)
    assert run(modulators, rate_hz, 1.0, 1.0 + after_s) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize(("word", "struck_s"), [("beat", 0.6), ("bar", 2.4)])
def test_the_beat_strikes_when_it_falls_not_when_the_frame_does(
    rate_hz: int, word: str, struck_s: float
) -> None:
    modulators = envelope(word, attack_s=0.5, hold_s=0.0, decay_s=9.0)
    at_s = struck_s + 0.25
    end_s = np.ceil(at_s * rate_hz) / rate_hz
    value = run(modulators, rate_hz, 0.0, float(end_s), bpm=100.0)
    assert value == pytest.approx((end_s - struck_s) / 0.5)


def test_struck_again_it_goes_on_from_where_it_is() -> None:
    modulators = envelope(decay_s=1.0)
    modulators.hear("next_seed", 0.0)
    before = run(modulators, 1000, 0.0, 1.0)
    assert before == pytest.approx(0.25)
    modulators.hear("next_seed", 1.0)
    assert run(modulators, 1000, 1.0, 1.001) == pytest.approx(before, abs=0.005)
    assert run(modulators, 1000, 1.001, 1.125) == pytest.approx(0.5 * (1.0 + before))


def test_a_note_is_as_strong_as_it_was_struck() -> None:
    modulators = envelope("note 36")
    modulators.hear("note 36", 0.0, 0.6)
    assert run(modulators, 60, 0.0, 0.4) == pytest.approx(0.6)


def test_no_attack_is_there_in_the_same_frame() -> None:
    modulators = envelope(attack_s=0.0)
    modulators.hear("next_seed", 1 / 60)
    assert run(modulators, 60, 0.0, 1 / 60) == 1.0


def test_without_any_length_it_does_no_harm() -> None:
    modulators = envelope(attack_s=0.0, hold_s=0.0, decay_s=0.0)
    modulators.hear("next_seed", 0.0)
    assert run(modulators, 60, 0.0, 1.0) == 0.0


@pytest.mark.parametrize(
    ("trigger", "word", "strikes"),
    [
        ("scene", "scene.3", True),
        ("scene.3", "scene.3", True),
        ("scene.3", "scene.4", False),
        ("sound.onset", "sound.onset", True),
        ("note 36", "note 37", False),
        ("key x", "key x", True),
    ],
)
def test_what_strikes(trigger: str, word: str, strikes: bool) -> None:
    modulators = envelope(trigger)
    modulators.hear(word, 0.0)
    assert (run(modulators, 60, 0.0, 0.25) > 0.9) is strikes


def test_what_was_struck_long_ago_is_over() -> None:
    modulators = envelope(attack_s=0.0)
    modulators.hear("next_seed", 0.0)
    modulators.advance(10.0, 1 / 60, 0.0)
    assert given(modulators) == 0.0


@pytest.mark.parametrize("words", ["note 36", "key x", "beat", "bar", "scene", "cue.go", "tap"])
def test_a_trigger_is_heard_by_its_words(words: str) -> None:
    assert parse_trigger(words) == words


@pytest.mark.parametrize("words", ["", "cc 1", "note 128", "key", "psi", "freeze", "scene.10"])
def test_all_else_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_trigger(words)


def test_notes_and_keys_strike_and_their_release_does_not() -> None:
    def note(value: float) -> MidiEvent:
        return MidiEvent(0.0, "p", "note", 1, 36, value)

    assert heard_in(note(0.5)) == ("note 36", 0.5)
    assert heard_in(note(0.0)) is None
    assert heard_in(KeyEvent(0.0, "x", True)) == ("key x", 1.0)
    assert heard_in(KeyEvent(0.0, "x", False)) is None
