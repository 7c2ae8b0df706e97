"""Tempo counts beats."""

import pytest

from performer.tempo import Tempo


def test_beats_pass_at_the_tempo() -> None:
    tempo = Tempo()
    for _ in range(60):
        tempo.advance(1 / 60, 90.0)
    assert tempo.beat == pytest.approx(1.5)
