"""The bench: it runs, and its flood loses neither a trigger nor the newest value."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from test_play import save_tiny_model

from performer.commands.bench_train import measure

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
    assert len(result["median_ms"]) == 6 and min(result["median_ms"].values()) > 0
    assert result["flood_newest_value_won"] is True
    assert result["flood_triggers_done"] == result["flood_triggers_sent"]
    assert result["flood_events"]["midi"] > 0 and result["flood_events"]["osc"] > 0
    for source in ("midi", "osc"):
        assert result["flood_latency_ms"][source]["count"] > 0


def test_training_is_measured_beside_the_plain_networks() -> None:
    result = measure("16x8", torch.device("cpu"), rounds=1)
    assert result.canvas == "16x8" and len(result.rounds) == 1
    assert result.plain > 0 and result.ours > 0
    assert result.ratio == pytest.approx(result.ours / result.plain)
