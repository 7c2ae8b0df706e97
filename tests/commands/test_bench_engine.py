"""The bench of engines: what is measured where, and what is told."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from models.canvas import Canvas, canvas_of
from models.limits import Floor, operations
from models.networks import Generator, Widths
from performer.commands import bench_ways
from performer.commands.bench_engine import BenchError, Result, bench_engine, table
from performer.commands.bench_ways import OFFICIAL, TORCH, ways


def test_the_official_network_is_measured_only_where_it_can_draw(tmp_path: Path) -> None:
    assert OFFICIAL in ways(canvas_of(32, 32), tmp_path)
    assert OFFICIAL not in ways(Canvas(4, 8, 2), tmp_path)
    assert ways(canvas_of(32, 32), None)[0] == TORCH
    with pytest.raises(BenchError, match="no copy of the official"):
        bench_engine(3, tmp_path, False, Console(file=io.StringIO()))


def test_operations_are_those_of_the_convolutions() -> None:
    widths = Widths(channel_base=16, channel_max=4, z_dim=4, w_dim=4, mapping_layers=1)
    made = Generator(canvas_of(8, 8), widths)  # 4 channels at 4x4, 2 at 8x8
    conv = 4 * 4 * 9 * 16 + 4 * 2 * 9 * 16 + 2 * 2 * 9 * 64
    colours = 4 * 3 * 16 + 2 * 3 * 64
    assert operations(made) == pytest.approx(2 * (conv + colours))


def test_the_table_and_its_json_hold_every_figure() -> None:
    result = Result(
        "net", "graph fp32", 2, 1.25, 3.5, 100.0, Floor(0.75, 0.25), 1e-6, 130.0, [1.0, 1.5]
    )
    console = Console(file=io.StringIO(), width=200)
    console.print(table([result], "here"))
    words = console.file.getvalue()  # type: ignore[attr-defined]
    for part in (
        "here",
        "net",
        "graph fp32",
        "1.25",
        "1.00 to 1.50",
        "3.50",
        "100",
        "0.75 / 0.25",
        "1.0e-06",
    ):
        assert part in words
    assert json.dumps(result.rounds_ms) and np.isfinite(result.psnr_db)


def test_a_round_has_enough_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(bench_ways, "ROUND_S", 0.0)
    assert bench_ways._round_ms(lambda: drawn.append(1) or torch.zeros(1)) >= 0.0
    assert len(drawn) == bench_ways.FRAMES_MINIMUM
