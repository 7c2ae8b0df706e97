"""The machine's health as far as it can be read: temperatures, graphics memory, memory."""

import shutil
import subprocess
from pathlib import Path

PERIOD_S = 3.0
_TIMEOUT_S = 5.0
_QUERY = "temperature.gpu,memory.used,memory.total,utilization.gpu"

Health = dict[str, float]


def health(pid: int) -> Health:
    """What can be read of the machine and of the process `pid`; C, MiB and percent."""
    return _processor() | _memory(pid) | _graphics()


def _processor() -> Health:
    """The hottest sensor of the processor (Linux)."""
    hottest = max((_number(path) for path in _sensors()), default=0.0) / 1000.0
    return {"cpu_c": round(hottest, 1)} if hottest > 0.0 else {}


def _sensors() -> list[Path]:
    return [
        *Path("/sys/class/thermal").glob("thermal_zone*/temp"),
        *Path("/sys/class/hwmon").glob("hwmon*/temp1_input"),
    ]


def _number(path: Path) -> float:
    try:
        return float(path.read_text())
    except (OSError, ValueError):
        return 0.0


def _memory(pid: int) -> Health:
    """The memory that the process holds (Linux)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return {}
    return {"memory_mib": round(pages / 256)}  # of 4 KiB each


def _graphics() -> Health:
    """The first NVIDIA card, by its own tool."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return {}
    try:
        told = subprocess.run(  # noqa: S603
            [tool, f"--query-gpu={_QUERY}", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
        ).stdout
        first = [float(cell) for cell in told.splitlines()[0].split(",")]
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
        return {}
    names = ("gpu_c", "gpu_used_mib", "gpu_total_mib", "gpu_percent")
    return dict(zip(names, first, strict=False))
