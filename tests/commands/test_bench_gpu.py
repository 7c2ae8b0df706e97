"""The table of a graphics card: every way has its row, on a CPU with stand-ins as well."""

import io
import json
from pathlib import Path

import pytest
import torch
from rich.console import Console

from models import limits
from models.limits import Rates, floor, traffic_bytes
from models.networks import Widths
from performer.commands import bench_gpu as bench
from performer.commands.bench_engine import random_generator

CPU = torch.device("cpu")
TINY = Widths(64, 16, 8, 8, 2, clamp=256.0)
WAYS = [
    "fp32 op by op", "fp32 one graph", "bf16 op by op", "bf16 one graph", "fp16 op by op",
    "fp16 one graph", "instrument, low: fp16 one graph", "instrument, smooth: fp16 one graph",
]  # fmt: skip

OFFICIAL = """
import torch

class SynthesisNetwork(torch.nn.Module):
    def __init__(self, w_dim, img_resolution, num_fp16_res, conv_clamp, **widths):
        super().__init__()
        self.halves, self.size = num_fp16_res, img_resolution
        assert conv_clamp == 256
    def load_state_dict(self, weights):
        assert "b8.conv0.weight" in weights
    def forward(self, ws, noise_mode):
        assert ws.shape == (1, 4, 8) and noise_mode == "const"
        return torch.zeros(1, 3, self.size, self.size)
"""


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny networks, few frames, small matrices."""
    monkeypatch.setattr(bench, "NETWORKS", {"8x8": (8, TINY)})
    monkeypatch.setattr(bench, "FRAMES", 2)
    monkeypatch.setattr(bench, "ROUND_S", 0.0)
    monkeypatch.setattr(limits, "SIDES", {"cpu": 64})
    monkeypatch.setattr(limits, "COPIED_BYTES", {"cpu": 1 << 16})
    monkeypatch.setattr(bench, "prepare", lambda device: None)


def test_every_way_has_its_row_and_its_floor(capsys: pytest.CaptureFixture[str]) -> None:
    bench.bench_gpu(CPU, 3, None, True, Console())
    told = json.loads(capsys.readouterr().out)
    rows = told["results"]
    assert [row["way"] for row in rows] == WAYS and set(told["rates"]) == {"fp32", "bf16", "fp16"}
    for row in rows:
        assert row["network"] == "8x8" and row["p99_ms"] >= row["p50_ms"] > 0
        assert row["floor"]["operations_ms"] > 0 and row["floor"]["bytes_ms"] > 0
        assert row["ratio"] > 0 and row["peak_mib"] is None
    assert [row["psnr_db"] is None for row in rows] == [False] * 6 + [True] * 2
    assert rows[1]["psnr_db"] > 100 > rows[2]["psnr_db"] > 38


def test_the_vendors_code_is_what_ours_is_held_against(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "__init__.py").touch()
    (tmp_path / "training" / "networks_stylegan2.py").write_text(OFFICIAL)
    monkeypatch.syspath_prepend(tmp_path)
    console = Console(file=io.StringIO(), width=200)
    bench.bench_gpu(CPU, 3, tmp_path, False, console)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    rows = [line for line in lines if "8x8" in line]
    assert len(rows) == 2 + len(WAYS) and "official fp16" in rows[0] and "official fp32" in rows[1]
    assert any("bf16:" in line and "TFLOP/s" in line for line in lines)


def test_what_fails_leaves_a_gap(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no graphs here\nand more")

    monkeypatch.setattr("models.gpu.runtime.prepared", fail)
    made = random_generator(8, TINY)
    results = bench.measure_network(
        "8x8", made, CPU, 3, None, dict.fromkeys(bench.PRECISIONS, Rates(1e9, 1e9))
    )
    assert [each.way for each in results] == ["fp32 op by op", "bf16 op by op", "fp16 op by op"]
    assert caplog.records[0].message == "without fp32 one graph: RuntimeError: no graphs here"


def test_the_floor_counts_each_layers_features_once() -> None:
    made = random_generator(8, Widths(16, 4, 4, 4, 1))  # 4 channels at 4x4, 2 at 8x8
    features = (4 + 4) * 16 + (4 * 16 + 2 * 64) + (2 + 2) * 64 + 4 * 16 + 2 * 64
    weights = 9 * (4 * 4 + 4 * 2 + 2 * 2)
    image = 3 * (16 + 64) * 5
    assert traffic_bytes(made, 2) == 2 * (features + weights) + image
    least = floor(made, "float16", Rates(operations=1e6, bytes=1e6))
    assert least.bytes_ms == pytest.approx(traffic_bytes(made, 2) / 1000)
    assert limits.measure(CPU, "float32").operations > 0


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_card_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = dict.fromkeys(bench.PRECISIONS, Rates(1e12, 1e12))
    made = random_generator(64, TINY)
    results = bench.measure_network("64x64", made, torch.device("cuda"), 3, None, rates)
    assert {way for way in WAYS} <= {each.way for each in results}
    assert all(each.peak_mib is not None for each in results)
