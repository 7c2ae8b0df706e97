"""The benches: they run, their flood loses nothing, and their engines draw the same."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from test_play import save_tiny_model

from models.bending_operations import KINDS
from performer.commands.bench_engine import BenchError
from performer.commands.bench_engine import measure as measure_engines
from performer.commands.bench_page import measure as measure_page
from performer.commands.bench_page import summary
from performer.commands.bench_train import measure
from performer.commands.bench_ways import TORCH
from performer.commands.instrument import load_instrument

pytestmark = pytest.mark.live


def test_bench_measures_and_loses_nothing(tmp_path: Path) -> None:
    model = tmp_path / "tiny.safetensors"
    save_tiny_model(model)
    command = [sys.executable, "-c", "from performer.cli import main; main()", "bench", "--json"]
    done = subprocess.run(
        [*command, "--model", str(model), "--rounds", "3"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert len(result["median_ms"]) == 10 + len(KINDS) + 2 and min(result["median_ms"].values()) > 0
    assert result["flood_newest_value_won"] is True
    assert result["flood_triggers_done"] == result["flood_triggers_sent"]
    assert result["flood_events"]["midi"] > 0 and result["flood_events"]["osc"] > 0
    for source in ("midi", "osc"):
        assert result["flood_latency_ms"][source]["count"] > 0


def test_training_is_measured_beside_the_plain_networks() -> None:
    result = measure("16x8", torch.device("cpu"), rounds=1, steps=2)
    assert result.canvas == "16x8" and len(result.rounds) == 1
    assert result.plain > 0 and result.ours > 0
    assert result.ratio == pytest.approx(result.ours / result.plain)


def test_every_engine_draws_the_same_and_is_timed(tmp_path: Path) -> None:
    model = tmp_path / "tiny.safetensors"
    save_tiny_model(model)
    results = measure_engines("tiny", model, 1, None)
    assert results[0].engine == TORCH and results[0].ratio == 1.0 and len(results) >= 2
    for each in results:
        assert each.ms > 0 and len(each.rounds_ms) == 1
        assert each.error < (0.05 if each.engine.endswith("bf16") else 1e-5)


def test_an_engine_that_ends_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "tiny.safetensors"
    save_tiny_model(model)
    monkeypatch.setattr("performer.commands.bench_engine.ways", lambda *_: ["official"])
    with pytest.raises(BenchError, match='"official" ended early'):
        measure_engines("tiny", model, 1, tmp_path)


def test_frames_are_timed_with_the_page_and_without(tmp_path: Path) -> None:
    model = tmp_path / "tiny.safetensors"
    save_tiny_model(model)
    instrument = load_instrument("drift", model, "cpu")
    for with_page in (False, True):
        found = summary(measure_page(instrument, with_page, 0.3))
        assert found["frames"] > 5 and found["p50"] <= found["p99"] <= found["max"]
