"""What the soak sees: the screen as the audience does, and each process as the system does."""

import mmap
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LOOK_EVERY_S = 0.02
BLACK = 6.0


class Audience:
    """Looks at the middle of an Xvfb's screen, file and all, fifty times a second."""

    def __init__(self, framebuffer: Path) -> None:
        self._file = framebuffer
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._looks: list[tuple[float, float]] = []
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def leave(self) -> None:
        self._over.set()
        self._thread.join()

    def since(self, begin_s: float) -> list[tuple[float, float]]:
        """All looks from a time on: when, and the brightness of the middle, NaN for no screen."""
        with self._lock:
            return [look for look in self._looks if look[0] >= begin_s]

    def forget(self, until_s: float) -> None:
        with self._lock:
            self._looks = [look for look in self._looks if look[0] >= until_s]

    def _look(self) -> None:
        while not self._over.wait(LOOK_EVERY_S):
            look = time.monotonic(), self._brightness()
            with self._lock:
                self._looks.append(look)

    def _brightness(self) -> float:
        """The mean of a strip in the middle, read by XWDFile.h's header."""
        try:
            with self._file.open("rb") as file:
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    header = np.frombuffer(data, ">u4", count=25).copy()
                    start = int(header[0]) + int(header[19]) * 12
                    row = int(header[12])
                    at = start + row * (int(header[5]) // 2) + row // 3
                    return float(np.frombuffer(data[at : at + row // 3], np.uint8).mean())
        except (OSError, ValueError, IndexError):
            return float("nan")


@dataclass(frozen=True)
class Seen:
    """What the audience saw from a fault on: in words, and the longest that nothing moved."""

    words: str
    longest_hold_s: float


def judge(looks: list[tuple[float, float]], begin_s: float) -> Seen:
    """How it was: a picture that stood, a black screen, or nothing at all.

    Black is no picture, so what is black moves nothing.
    """
    longest_s, last_s, last = 0.0, begin_s, float("nan")
    black = sum(level < BLACK for _, level in looks) * LOOK_EVERY_S
    no_screen = sum(level != level for _, level in looks) * LOOK_EVERY_S
    for at_s, level in looks:
        longest_s = max(longest_s, at_s - last_s)
        if level >= BLACK and level != last:
            last_s, last = at_s, level
    words = f"black for {black:.1f} s" if black > 0.05 else "the last picture stood"
    if no_screen > 0.2:
        words = "no screen, then the picture"
    elif longest_s < 0.3 and black <= 0.05:
        words = "nothing"
    return Seen(words, longest_s)


def tree(root: int) -> dict[int, str]:
    """The living processes below (and with) one: their numbers and what they are."""
    parents, names = {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            own_name = (entry / "comm").read_text().strip()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(entry.name)] = int(fields[1])
            names[int(entry.name)] = _name(own_name, command)
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {pid: names[pid] for pid in found if pid in names}


def _name(own_name: str, command: list[str]) -> str:
    if own_name.startswith("performer-"):
        return own_name.removeprefix("performer-")
    words = " ".join(command)
    for sign, name in (
        ("performer serve", "supervisor"),
        ("performer play", "instrument"),
        ("serving.curtain", "curtain"),
        ("resource_tracker import", "tracker"),
    ):
        if sign in words:
            return name
    return command[0].rpartition("/")[2]


def memory_kib(pid: int) -> dict[str, int] | None:
    """Resident memory (KiB), threads and open files of a process; None where it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        files = len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in status.splitlines())
    if "VmRSS" not in fields:
        return None
    own = int(fields["RssAnon"].split()[0]) + int(fields["RssShmem"].split()[0])
    return {
        "rss_kib": int(fields["VmRSS"].split()[0]),
        "own_kib": own,
        "threads": int(fields["Threads"]),
        "files": files,
    }


def busy_share(before: list[int], after: list[int]) -> float:
    """How much of all processors' time was used between two readings of `cpu_times`."""
    spent = [now - then for now, then in zip(after, before, strict=True)]
    return 1.0 - (spent[3] + spent[4]) / max(sum(spent), 1)


def cpu_times() -> list[int]:
    return [int(n) for n in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
