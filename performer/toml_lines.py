"""On which line of a TOML text each key and table stands, for errors that name the line."""

import re
import tomllib

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
DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}

Token = tuple[str, str]


def key_lines(text: str) -> dict[str, int]:
    """The line, from 1, of each path such as `bindings[2].takeover` (entries count from 1).

    `text` is valid TOML 1.0. What stands inside an inline table or array has no line of its own.
    """
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for line, statement in _statements(text):
        keys = _keys(statement)
        if statement[0] == ("mark", "["):
            is_array = statement[1] == ("mark", "[")
            table = path = _table_path(keys, is_array, counts)
        else:
            path = ".".join([table, *keys] if table else keys)
        lines[path] = line
        for parent in _parents(path):
            lines.setdefault(parent, line)
    return lines


def line_of(lines: dict[str, int], path: str) -> int:
    """The line of `path`, or of the nearest thing around it that has one."""
    return next((lines[place] for place in (path, *_parents(path)) if place in lines), 1)


def _parents(path: str) -> list[str]:
    """The paths around a path, the nearest first."""
    return [path[: match.start()] for match in re.finditer(r"[.\[]", path)][::-1]


def _statements(text: str) -> list[tuple[int, list[Token]]]:
    """The table headers and the key-value pairs: each one's first line and tokens."""
    statements: list[tuple[int, list[Token]]] = []
    tokens: list[Token] = []
    line = start = 1
    depth = 0
    for match in TOKEN.finditer(text):
        kind, word = match.lastgroup or "", match.group()
        if kind == "newline" and depth == 0 and tokens:
            statements.append((start, tokens))
            tokens = []
        elif kind in ("text", "mark", "bare"):
            start = start if tokens else line
            tokens.append((kind, word))
            depth += DEPTH.get(word, 0)
        line += word.count("\n")
    return [*statements, (start, tokens)] if tokens else statements


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
