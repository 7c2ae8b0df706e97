"""Reading a TOML file against a schema, with errors that name the file, the line and the entry."""

import difflib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_args, get_type_hints

import msgspec

from performer.plain_text import CONTROL, printable
from performer.toml_lines import key_lines, line_of, longest_key

MAX_BYTES = 1_000_000
DEEPEST = 16

T = TypeVar("T")


class PatchError(ValueError):
    """A file that cannot be played: `file:line: entry: what is wrong and what is allowed`."""


def read_text(path: Path) -> str:
    """The text of a file; raises PatchError."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise PatchError(f"{path}: there is no such file") from None
    except OSError as error:
        raise PatchError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise PatchError(f"{path}: is larger than {MAX_BYTES // 1_000_000} MB")
    try:
        # Some editors put a byte-order mark first.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PatchError(f"{path.name}:{line}: is not UTF-8 text") from None


class Document:
    """A parsed TOML text that knows on which line everything stands."""

    def __init__(self, text: str, path: Path) -> None:
        """Parse `text`; raises PatchError. `path` only names the file in errors."""
        self._file = path.name
        self._text = text.replace("\r\n", "\n")
        try:
            # First, for the time that tomllib takes grows with the square of a key's length.
            too_deep = longest_key(text) > DEEPEST
            self.data = {} if too_deep else tomllib.loads(text)
        except RecursionError:
            too_deep = True
        except ValueError as error:
            raise PatchError(self._syntax(str(error))) from None
        if too_deep or _is_deep(self.data):
            raise PatchError(f"{self._file}: is nested too deeply")
        self._check_letters(self.data)

    def _check_letters(self, part: object, entry: str = "") -> None:
        """Fail where a text would do more to a terminal than stand there."""
        if isinstance(part, str) and CONTROL.search(part):
            self.fail(entry, "holds a control character; use letters that can be seen")
        elif isinstance(part, list):
            for i, each in enumerate(part, 1):
                self._check_letters(each, f"{entry}[{i}]")
        elif isinstance(part, dict):
            for key, value in part.items():
                place = join(entry, key)
                self._check_letters(key, place)
                self._check_letters(value, place)

    def _syntax(self, reason: str) -> str:
        place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", reason)
        if not place:
            return f"{self._file}: {reason}"
        line = place[1] or len(self._text.rstrip().split("\n"))
        return f"{self._file}:{line}: {reason[: place.start()]}"

    def fail(self, entry: str, reason: str) -> NoReturn:
        """Raise PatchError for the entry at a path such as `bindings[2].takeover`."""
        line = line_of(key_lines(self._text), entry)
        raise PatchError(f"{self._file}:{line}: {printable(entry) + ': ' if entry else ''}{reason}")

    def check(self, entry: str, value: float, low: float, high: float) -> None:
        """Fail unless low <= value <= high; NaN fails too."""
        if not low <= value <= high:
            # A whole number can be too large for a float.
            shown = f"{value:g}" if isinstance(value, float) else str(value)[:24]
            self.fail(entry, f"{shown} is not allowed; use {low:g} to {high:g}")

    def table(self, name: str) -> dict[str, object]:
        """A table of the document, empty where there is none."""
        value = self.data.get(name, {})
        if not isinstance(value, dict):
            self.fail(name, "must be a table")
        return value

    def entries(self, name: str) -> list[object]:
        """An array of tables of the document, empty where there is none."""
        value = self.data.get(name, [])
        if not isinstance(value, list):
            self.fail(name, f"must be written [[{name}]]")
        return value

    def head(self, schema: type[T], apart: Iterable[str]) -> T:
        """The document's plain keys as a `schema`; the tables named in `apart` are read apart."""
        apart = set(apart)
        unknown = self.data.keys() - apart - get_type_hints(schema).keys()
        for key in self.data:
            if key in unknown:
                known = [*get_type_hints(schema), *sorted(apart)]
                self.fail(key, f"is unknown; {meant(key, known)}")
        return self.convert({k: v for k, v in self.data.items() if k not in apart}, schema)

    def convert(self, data: object, schema: type[T], entry: str = "") -> T:
        """`data`, which stands at `entry`, as a flat `schema`."""
        try:
            return msgspec.convert(data, schema)
        except msgspec.ValidationError as error:
            reason, _, place = str(error).partition(" - at `$")
        field = re.sub(r"\W.*", "", place.strip(".`"))
        if unknown := re.search(r"unknown field `(.*)`", reason):
            fields = get_type_hints(schema)
            self.fail(join(entry, unknown[1]), f"is unknown; {meant(unknown[1], fields)}")
        if missing := re.search(r"missing required field `(.*)`", reason):
            self.fail(entry, f"{missing[1]} is missing")
        if word := re.search(r"Invalid enum value '(.*)'", reason):
            allowed = _words(get_type_hints(schema)[field])
            self.fail(join(entry, field), f'"{word[1]}" is not allowed; use {either(allowed)}')
        self.fail(join(entry, field), _type_reason(reason))


def _is_deep(data: Any) -> bool:
    """Whether tables and arrays are nested deeper than any file needs."""
    level = [data]
    for _ in range(DEEPEST):
        inside = [each.values() if isinstance(each, dict) else each for each in level]
        level = [part for each in inside for part in each if isinstance(part, dict | list)]
    return bool(level)


def _words(hint: object) -> list[str]:
    """The words of a Literal, optional or not."""
    if isinstance(hint, str):
        return [hint]
    return [word for inner in get_args(hint) for word in _words(inner)]


def _type_reason(reason: str) -> str:
    """The reason of a wrong type in TOML's words."""
    names = {"str": "text", "int": "a whole number", "float": "a number", "array": "an array"}
    names |= {"object": "a table", "bool": "true or false"}
    found = re.match(r"Expected `(\w+).*?`(.*?), got `?(\w+)", reason)
    if not found:
        return reason[0].lower() + reason[1:]
    wanted, got = (names.get(found[i], found[i]) for i in (1, 3))
    return f"must be {wanted}{found[2]}, not {got}"


def join(entry: str, key: str) -> str:
    """The path of a key inside an entry; either may be the whole, ""."""
    return f"{entry}.{key}" if entry and key else entry or key


def either(words: Iterable[str]) -> str:
    """`a, b or c`."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def meant(word: str, known: Iterable[str]) -> str:
    """A question for the nearest known word, or the list of all of them."""
    known = list(known)
    if not known:
        return "the file has none"
    near = difflib.get_close_matches(word, known, 1)
    return f"did you mean {near[0]}?" if near else f"use {either(known)}"
