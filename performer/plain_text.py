"""A stranger's text, as a terminal and a log may show it."""

import logging
import re

# C0, DEL and C1 but for tab and line feed: what moves a terminal's cursor and writes its title.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """On one line, a question mark for every letter that a terminal takes for more."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def printable_lines(text: str) -> str:
    """The same line by line."""
    return "\n".join(printable(line) for line in text.split("\n"))


class PlainFormatter(logging.Formatter):
    """Of log lines, in which names of files, addresses and patches stand."""

    def format(self, record: logging.LogRecord) -> str:
        """A record, all of whose lines are printable."""
        return printable_lines(super().format(record))
