"""Why a file cannot be imported, in one sentence."""

from typing import NoReturn

SHOWN = 80


class ImporterError(ValueError):
    """A file that cannot be imported: one sentence that names what is wrong."""


def refuse(sentence: str) -> NoReturn:
    """Stop reading; whoever knows the file puts its name before the sentence."""
    raise ImporterError(sentence)


def shown(text: str, length: int = SHOWN) -> str:
    """Words out of a file as they may be printed: short, on one line, plain letters only."""
    return text[:length].encode("unicode_escape").decode()
