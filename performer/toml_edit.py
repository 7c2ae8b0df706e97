"""Changes of a TOML text that leave every other byte of it, comments and layout, as they are."""

import json
from collections.abc import Mapping

from performer.toml_lines import Statement, statements


def literal(value: object) -> str:
    """A value as TOML: text, a number, true or false, or an array of those."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    return repr(value)


def quoted(text: str) -> str:
    """A TOML basic string: JSON's, but for the delete character, which JSON leaves bare."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def append_entry(text: str, name: str, values: Mapping[str, object]) -> str:
    """Add an entry [[name]] behind the last one, or at the end where there is none."""
    newline = _newline(text)
    lines = [f"[[{name}]]", *(f"{key} = {literal(value)}" for key, value in values.items())]
    block = newline.join(lines) + newline
    count = _count(text, name)
    if not count:
        gap = "" if not text else newline if text.endswith("\n") else 2 * newline
        return text + gap + block
    end = _line_end(text, _entry(text, name, count)[-1].end)
    gap = newline if text[:end].endswith("\n") else 2 * newline
    return text[:end] + gap + block + text[end:]


def remove_entry(text: str, name: str, number: int) -> str:
    """Take out the entry [[name]] of a number from 1, and the empty line that set it apart."""
    entry = _entry(text, name, number)
    begin, end = _line_begin(text, entry[0].begin), _line_end(text, entry[-1].end)
    behind = _line_end(text, end)
    if not text[end:behind].strip():
        end = behind
    if end == len(text):
        return text[:begin].rstrip() + _newline(text) if begin else ""
    return text[:begin] + text[end:]


def set_key(text: str, name: str, number: int, key: str, value: object | None) -> str:
    """Set a key of the entry [[name]] of a number from 1; None takes it out."""
    entry = _entry(text, name, number)
    path = f"{name}[{number}].{key}"
    old = next((statement for statement in entry if statement.path == path), None)
    if old is not None and value is not None:
        return text[: old.value] + literal(value) + text[old.end :]
    if old is not None:
        return text[: _line_begin(text, old.begin)] + text[_line_end(text, old.end) :]
    if value is None:
        return text
    end = _line_end(text, entry[-1].end)
    before = text[:end] if text[:end].endswith("\n") else text[:end] + _newline(text)
    return before + f"{key} = {literal(value)}" + _newline(text) + text[end:]


def _entry(text: str, name: str, number: int) -> list[Statement]:
    """The statements of an entry, its header first; KeyError where it is no table of its own."""
    path = f"{name}[{number}]"
    inside = [s for s in statements(text) if s.path == path or s.path.startswith(f"{path}.")]
    if not inside or not inside[0].is_header:
        raise KeyError(path)
    return inside


def _count(text: str, name: str) -> int:
    """How many entries [[name]] there are."""
    headers = [s for s in statements(text) if s.is_header and s.path.startswith(f"{name}[")]
    return len({s.path.partition(".")[0] for s in headers})


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _line_begin(text: str, place: int) -> int:
    return text.rfind("\n", 0, place) + 1


def _line_end(text: str, place: int) -> int:
    """Behind the line's end."""
    end = text.find("\n", place)
    return len(text) if end < 0 else end + 1
