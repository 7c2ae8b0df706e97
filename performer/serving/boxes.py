"""The boxes that are kept: of each fault one take of the minutes before, the last ten of them."""

import logging
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import msgspec

from performer.black_box import PIECES
from performer.paths import state_folder
from performer.plain_text import PlainFormatter
from performer.serving.box_file import PIECE, pieces
from performer.serving.token import tells_token
from performer.takes import Moment, Packer, Take, TakeError

BOXES, BOX = 10, ".take"
LINES = 40
AT_ONCE = 600
# Who lives writes twice a second.
SILENT_S = 60.0


class LogEnd(logging.Handler):
    """The last lines of the log, with their times; none that tells the page's token."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(PlainFormatter("%(asctime)s %(message)s", "%H:%M:%S"))
        self.lines: deque[str] = deque(maxlen=LINES)

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)[:300]
        if not tells_token(line):
            self.lines.append(line)


def box_folder() -> Path:
    """Where boxes and their pieces lie."""
    return state_folder() / "black-boxes"


def keep_box(process: int, fault: str, log: Iterable[str], folder: Path) -> Path | None:
    """Make one box of the pieces that a process left, and remove them; None where it left none.

    Raises OSError where it cannot be written; then the pieces stay.
    """
    found = pieces(folder, process)
    takes = [take for path in found[-PIECES:] if (take := _opened(path)) is not None]
    box = None
    if takes:
        head = msgspec.structs.replace(
            takes[-1].head, fault=fault, log=tuple(log), ended_unix_s=found[-1].stat().st_mtime
        )
        box = _free_name(folder, Path(head.patch_file).stem, head.ended_unix_s)
        beside = box.with_suffix(".new")
        packer = Packer()
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(packer.head(head))
            moments = _all(takes)
            while part := list(islice(moments, AT_ONCE)):
                file.write(packer.frames(part)[0])
        beside.replace(box)
    for path in found:
        path.unlink(missing_ok=True)
    for old in kept_boxes(folder)[:-BOXES]:
        old.unlink(missing_ok=True)
    return box


def keep_orphans(folder: Path) -> None:
    """Keep what was left by those who could keep it no more: the power went, say."""
    written_unix_s: dict[str, float] = {}
    try:
        for path in folder.glob(f"*{PIECE}"):
            process = path.name.partition("-")[0]
            newest = max(written_unix_s.get(process, 0.0), path.stat().st_mtime)
            written_unix_s[process] = newest
        for process, newest in written_unix_s.items():
            if process.isdigit() and time.time() - newest > SILENT_S:
                keep_box(int(process), "it ended without a word", (), folder)
    except OSError as error:
        logging.getLogger(__name__).warning("no black box can be written: %s", error)


def kept_boxes(folder: Path) -> list[Path]:
    """The boxes there are, the oldest first."""
    return sorted(folder.glob(f"*{BOX}"), key=lambda path: path.stat().st_mtime)


def _opened(path: Path) -> Take | None:
    try:
        return Take(path)
    except TakeError:
        return None


def _all(takes: list[Take]) -> Iterator[Moment]:
    """What can be read of each."""
    for take in takes:
        try:
            yield from take.moments()
        except TakeError:
            continue


def _free_name(folder: Path, stem: str, unix_s: float) -> Path:
    begin = f"{stem}-{time.strftime('%Y%m%d-%H%M%S', time.localtime(unix_s))}"
    names = (f"{begin}{BOX}", *(f"{begin}-{number}{BOX}" for number in range(2, 100)))
    return next(path for name in names if not (path := folder / name).exists())
