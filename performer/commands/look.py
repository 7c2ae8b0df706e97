"""A look at a file: what changes whenever it is another one."""

from pathlib import Path

Look = tuple[int, int, int] | None


def look_at(path: Path) -> Look:
    """What changes whenever a file is another one: its time, number and size; None if not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
