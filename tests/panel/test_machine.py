"""The machine's health: what is told is read, what is missing is left out."""

import os
from pathlib import Path

import pytest

from performer.panel.machine import health, processor


def sensor(folder: Path, named: str, name: str, file: str, text: str) -> None:
    folder.mkdir(parents=True)
    (folder / named).write_text(f"{name}\n")
    (folder / file).write_text(text)


def test_the_processors_own_sensor_counts_and_no_hotter_disk(tmp_path: Path) -> None:
    assert processor(tmp_path) == {}
    sensor(tmp_path / "hwmon" / "hwmon0", "name", "nvme", "temp1_input", "81000\n")
    assert processor(tmp_path) == {"cpu_c": 81.0}
    sensor(tmp_path / "hwmon" / "hwmon1", "name", "k10temp", "temp1_input", "61250\n")
    sensor(tmp_path / "thermal" / "thermal_zone0", "type", "cpu-thermal", "temp", "59000\n")
    sensor(tmp_path / "thermal" / "thermal_zone1", "type", "cpu-big", "temp", "broken\n")
    assert processor(tmp_path) == {"cpu_c": 61.2}


CARDS = [
    ("71, 3021, 8192, 96", {"gpu_c": 71, "gpu_used_mib": 3021, "gpu_total_mib": 8192,
                            "gpu_percent": 96}),
    ("35, 1024, 143771, [N/A]\n40, 1, 2, 3", {"gpu_c": 35, "gpu_used_mib": 1024,
                                             "gpu_total_mib": 143771}),
    ("No devices were found", {}),
    ("", {}),
]  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="the tool is a script")
@pytest.mark.parametrize(("told", "expected"), CARDS)
def test_a_card_is_read_as_far_as_it_tells(
    told: str, expected: dict[str, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\nprintf '%s\\n' '{told}'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert {k: v for k, v in health(os.getpid()).items() if k.startswith("gpu")} == expected


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux tells it")
def test_the_memory_of_a_process_and_of_one_that_is_gone() -> None:
    assert 10 < health(os.getpid())["memory_mib"] < 10_000
    assert "memory_mib" not in health(2**22 + 1)
