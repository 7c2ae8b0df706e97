"""The machine's health as far as it can be read: temperatures, graphics memory, memory."""

import os
import shutil
import subprocess
from pathlib import Path

PERIOD_S = 3.0
_TIMEOUT_S = 5.0
_SYSTEM = Path("/sys/class")
_PROCESSORS = ("coretemp", "k10temp", "zenpower", "x86_pkg", "cpu", "soc")
_QUERY = {
    "gpu_c": "temperature.gpu",
    "gpu_used_mib": "memory.used",
    "gpu_total_mib": "memory.total",
    "gpu_percent": "utilization.gpu",
}

Health = dict[str, float]


def health(pid: int) -> Health:
    """What can be read of the machine and of the process `pid`; C, MiB and percent."""
    return processor() | _memory(pid) | _graphics()


def processor(system: Path = _SYSTEM) -> Health:
    """The hottest sensor of the processor, or of all where none is known as its own (Linux)."""
    sensors = {
        **{file: file.parent / "type" for file in system.glob("thermal/thermal_zone*/temp")},
        **{file: file.parent / "name" for file in system.glob("hwmon/hwmon*/temp*_input")},
    }
    own = [file for file, name in sensors.items() if _text(name).startswith(_PROCESSORS)]
    hottest = max((_number(_text(file)) or 0.0 for file in own or sensors), default=0.0) / 1000.0
    return {"cpu_c": round(hottest, 1)} if hottest > 0.0 else {}


def _text(path: Path) -> str:
    try:
        return path.read_text().strip().lower()
    except (OSError, ValueError):
        return ""


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _memory(pid: int) -> Health:
    """The memory that the process holds (Linux)."""
    cells = _text(Path(f"/proc/{pid}/statm")).split()
    if len(cells) < 2:
        return {}
    return {"memory_mib": round(int(cells[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20)}


def _graphics() -> Health:
    """The first NVIDIA card, by its own tool; what the card does not tell is left out."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return {}
    query = ",".join(_QUERY.values())
    try:
        told = subprocess.run(  # noqa: S603
            [tool, f"--query-gpu={query}", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
        ).stdout
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}
    first = next(iter(told.splitlines()), "").split(",")
    cells = {name: _number(cell) for name, cell in zip(_QUERY, first, strict=False)}
    return {name: number for name, number in cells.items() if number is not None}
