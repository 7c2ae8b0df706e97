"""Traces: what the artist's hands did comes out of a take."""

from pathlib import Path

import numpy as np
import pytest

from performer.events import Event, KeyEvent, PatchEvent
from performer.takes import Packer, Take, TakeError
from performer.traces import PLAYABLE, moved, trace
from tests.artist import FPS, HEAD, PLAYED, play_take, positions

RATE_HZ = 10.0
COLUMNS = [p.name for p in PLAYABLE]


def test_a_take_gives_back_where_hands_were(tmp_path: Path) -> None:
    found = trace(Take(play_take(tmp_path / "a.take", 30.0, seed=1)), RATE_HZ)
    did = positions(30.0, seed=1)[:: round(FPS / RATE_HZ)]
    assert abs(len(found) - len(did)) <= 1
    columns = [COLUMNS.index(name) for name in PLAYED]
    assert set(moved([found])) == set(columns)
    ours = found[: len(did), columns]
    assert np.abs(ours[:-1] - did[: len(ours) - 1]).max() < 1e-4


def take_of(path: Path, *events: Event) -> Take:
    packer = Packer()
    frames = [(n / 60, events if n == 60 else ()) for n in range(180)]
    path.write_bytes(packer.head(HEAD) + packer.frames(frames)[0])
    return Take(path)


def test_pictures_switches_and_the_tempo_are_no_gestures(tmp_path: Path) -> None:
    keys = [KeyEvent(1.0, key, True) for key in ("n", "b", "t", "space")]
    assert moved([trace(take_of(tmp_path / "a.take", *keys), RATE_HZ)]) == ()
    assert not {"seed", "bpm", "class", "cue.number", "autopilot.after"} & set(COLUMNS)


def test_a_short_file_that_claims_days_is_refused(tmp_path: Path) -> None:
    path, packer = tmp_path / "a.take", Packer()
    path.write_bytes(packer.head(HEAD) + packer.frames([(0.0, ()), (6e5, ())])[0])
    with pytest.raises(TakeError, match="a.take: is longer than 6 hours"):
        trace(Take(path), 1 / 60)


def test_a_patch_that_was_saved_in_the_show_counts(tmp_path: Path) -> None:
    text = 'version = 1\nname = "Other"\n[start]\nhue = 90\n'
    event = PatchEvent(1.0, "other.toml", None, text)
    found = trace(take_of(tmp_path / "a.take", event), RATE_HZ)[:, COLUMNS.index("hue")]
    assert found[0] == 0.5 and found[-1] == pytest.approx(0.75)
