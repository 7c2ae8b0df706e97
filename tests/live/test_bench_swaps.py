"""The bench of swaps: where each frame is counted, and a show of a swap and a saved patch."""

from pathlib import Path

import numpy as np
import pytest
from test_play import save_tiny_model

from performer.commands import preparing
from performer.commands.bench_swaps import SAVED, SWAP, Act, BenchError, Plan, measure, rows
from performer.commands.instrument import load_instrument

pytestmark = pytest.mark.live


def test_every_frame_is_counted_where_it_falls() -> None:
    intervals_s = np.full(60, 0.1)
    intervals_s[[5, 12, 33, 45]] = 0.1, 0.16, 0.14, 0.2
    times_s = np.concatenate([[0.0], np.cumsum(intervals_s)])
    acts = [Act(SWAP, 1.05, 2.05), Act(SAVED, 3.05, 3.15)]
    found = {
        row.when: (row.frames, row.late, round(row.latest_ms)) for row in rows(times_s, acts, 10.0)
    }
    assert list(found.values()) == [
        (10, 0, 0),
        (19, 1, 60),
        (31, 1, 100),
        (5, 0, 0),
        (5, 0, 40),
        (40, 2, 100),
    ]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny model, for which no process has to find how it is played."""
    monkeypatch.setattr(preparing, "find_choice", lambda *_: None)
    save_tiny_model(tmp_path / "tiny.safetensors")
    return tmp_path / "tiny.safetensors"


def test_a_model_is_swapped_and_a_patch_saved(model: Path) -> None:
    found = measure(load_instrument("drift", model, "cpu"), 25.0, Plan(1.0, 2, 0.5))
    quiet, swap, saved, *parts = (row.frames for row in found)
    assert min(quiet, swap, saved) > 0 and swap + saved == sum(parts)


def test_a_swap_that_fails_is_one_sentence(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("no")

    monkeypatch.setattr(preparing, "ready_model", broken)
    with pytest.raises(BenchError, match="a swap failed: ValueError: no"):
        measure(load_instrument("drift", model, "cpu"), 25.0, Plan(0.1, 2, 0.5))
