"""A served show's token for its page: kept in a file, so that a fault locks no tablet out."""

import logging
import os
import re
from collections.abc import Callable
from pathlib import Path

from performer.serving.state import write_whole

VARIABLE = "PERFORMER_TOKEN_FILE"
LONGEST = 200
SHAPE = re.compile(r"[A-Za-z0-9_-]{20,100}")
SHADES = frozenset("▀▄█")  # what a QR code is printed with


def given_token_file() -> Path | None:
    """The file in which whoever started this process keeps its token, if anyone does."""
    name = os.environ.get(VARIABLE)
    return Path(name) if name else None


def kept_token(path: Path, new: Callable[[], str]) -> str:
    """The token of the last time, or a `new` one, which is kept for the next."""
    token = _read(path)
    if token is None:
        token = new()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, token.encode(), lasting=True)
        except OSError as error:
            logging.getLogger(__name__).warning("the page's token cannot be saved: %s", error)
    return token


def tells_token(line: str) -> bool:
    """Whether a line that was printed would let in whoever reads it."""
    return "token=" in line or not SHADES.isdisjoint(line)


def _read(path: Path) -> str | None:
    """The token in a file; None where there is none, or others may have read it."""
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST)
            was_open = os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077
    except OSError:
        return None
    text = data.decode("ascii", "replace")
    return text if SHAPE.fullmatch(text) and not was_open else None
