"""Where in a TOML text each key and table stands: for errors that name the line, and for edits."""

import re
import tomllib
from typing import NamedTuple

TOKEN = re.compile(
    r"""
    (?P<text> \"{3} (?:[^\\]|\\.)*? \"{3,5} | '{3} .*? '{3,5}
            | \" (?:[^"\\\n]|\\.)* \" | ' [^'\n]* ')
  | (?P<comment> \#[^\n]*)
  | (?P<newline> \n)
  | (?P<space> [ \t\r]+)
  | (?P<mark> [\[\]{}=.,])
  | (?P<bare> [^\s\[\]{}=.,"'\#]+)
    """,
    re.VERBOSE | re.DOTALL,
)
# What is no key, closed or not, so that each character is looked at once.
NO_KEY = re.compile(
    r"""
    \"{3} (?:[^\\]|\\.)*? (?:\"{3,5}|\Z) | '{3} .*? (?:'{3,5}|\Z)
  | \" (?:[^"\\\n]|\\.)*+ \"? | '[^'\n]*+ '? | \#[^\n]*+
    """,
    re.VERBOSE | re.DOTALL,
)
DOTTED = re.compile(r"(?<![\w-])[\w-]++(?:[ \t]*+\.[ \t]*+[\w-]++)*+")
DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}

Token = tuple[str, str]


class Statement(NamedTuple):
    """A table header or a key-value pair: its path, first line, and place text[begin:end].

    `value` is where the value begins, and `end` where all but a comment ends.
    """

    path: str
    line: int
    begin: int
    value: int
    end: int
    is_header: bool


def longest_key(text: str) -> int:
    """How many parts the longest dotted key of any text has; the work grows with its length."""
    keys = DOTTED.finditer(NO_KEY.sub("_", text))
    return max((key.group().count(".") + 1 for key in keys), default=0)


def key_lines(text: str) -> dict[str, int]:
    """The line, from 1, of each path such as `bindings[2].takeover` (entries count from 1).

    `text` is valid TOML 1.0. What stands inside an inline table or array has no line of its own.
    """
    lines: dict[str, int] = {}
    for statement in statements(text):
        lines[statement.path] = statement.line
        for parent in _parents(statement.path):
            lines.setdefault(parent, statement.line)
    return lines


def statements(text: str) -> list[Statement]:
    """The statements of a valid TOML 1.0 text in order, entries of arrays counted from 1."""
    found: list[Statement] = []
    counts: dict[str, int] = {}
    table = ""
    for line, begin, value, end, tokens in _statements(text):
        keys = _keys(tokens)
        is_header = tokens[0] == ("mark", "[")
        if is_header:
            is_array = tokens[1] == ("mark", "[")
            table = path = _table_path(keys, is_array, counts)
        else:
            path = ".".join([table, *keys] if table else keys)
        found.append(Statement(path, line, begin, value, end, is_header))
    return found


def line_of(lines: dict[str, int], path: str) -> int:
    """The line of `path`, or of the nearest thing around it that has one."""
    return next((lines[place] for place in (path, *_parents(path)) if place in lines), 1)


def _parents(path: str) -> list[str]:
    """The paths around a path, the nearest first."""
    return [path[: match.start()] for match in re.finditer(r"[.\[]", path)][::-1]


def _statements(text: str) -> list[tuple[int, int, int, int, list[Token]]]:
    """The table headers and key-value pairs: first line, begin, value's begin, end, tokens."""
    found: list[tuple[int, int, int, int, list[Token]]] = []
    tokens: list[Token] = []
    line = start = 1
    begin = value = end = depth = 0
    for match in TOKEN.finditer(text):
        kind, word = match.lastgroup or "", match.group()
        if kind == "newline" and depth == 0 and tokens:
            found.append((start, begin, value, end, tokens))
            tokens = []
        elif kind in ("text", "mark", "bare"):
            if not tokens:
                start, begin, value = line, match.start(), 0
            elif tokens[-1] == ("mark", "=") and not value:
                value = match.start()
            tokens.append((kind, word))
            end = match.end()
            depth += DEPTH.get(word, 0)
        line += word.count("\n")
    return [*found, (start, begin, value, end, tokens)] if tokens else found


def _keys(statement: list[Token]) -> list[str]:
    """The parts of the dotted key that a statement begins with."""
    keys: list[str] = []
    for kind, word in statement:
        if word == "=" and kind == "mark":
            break
        if kind == "text":
            keys.append(next(iter(tomllib.loads(f"{word} = 0"))))
        elif kind == "bare":
            keys.append(word)
    return keys


def _table_path(keys: list[str], is_array: bool, counts: dict[str, int]) -> str:
    """The path of a table header; inside an array of tables it means the latest entry."""
    path = ""
    for i, key in enumerate(keys):
        path = f"{path}.{key}" if path else key
        if is_array and i == len(keys) - 1:
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = f"{path}[{counts[path]}]"
    return path
