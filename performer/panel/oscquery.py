"""OSCQuery: the parameter table as a tree that other programs read.

Vidvox's OSCQueryProposal: https://github.com/Vidvox/OSCQueryProposal. One float a parameter, since
some readers drop longer ones.
"""

import struct
from collections.abc import Sequence
from typing import Any

from performer.panel.settings import Settings
from performer.parameter import Parameter
from performer.parameters import BY_ADDRESS, INDEX, TABLE

ATTRIBUTES = (
    "ACCESS",
    "CLIPMODE",
    "CONTENTS",
    "DESCRIPTION",
    "FULL_PATH",
    "RANGE",
    "TYPE",
    "VALUE",
)
NO_VALUE, READ, WRITE, READ_AND_WRITE = range(4)
MOST_VALS = 32

Node = dict[str, Any]


class BadQuery(ValueError):
    """An attribute that OSCQuery does not know."""


class NoPath(LookupError):
    """An address at which there is nothing."""


def host_info(settings: Settings) -> Node:
    """What the server is and can do."""
    info: Node = {
        "NAME": settings.title,
        "EXTENSIONS": {
            name: True
            for name in ("ACCESS", "CLIPMODE", "DESCRIPTION", "LISTEN", "PATH_CHANGED", "RANGE")
            + ("TYPE", "VALUE")
        },
        "OSC_TRANSPORT": "UDP",
    }
    if settings.osc is not None:
        host, port = settings.osc
        info["OSC_PORT"] = port
        if host not in ("0.0.0.0", "::"):  # noqa: S104 - there every address is right
            info["OSC_IP"] = host
    return info


class Tree:
    """The table as nodes; `titles` are the patch's own names for parameters."""

    def __init__(self, heard: bool, titles: dict[str, str] | None = None) -> None:
        """`heard` says whether the instrument hears OSC, so that values can be written."""
        self._heard, self._titles = heard, titles or {}

    def node(self, path: str, values: Sequence[float]) -> Node:
        """The node at a path with all below it; raises `NoPath`. `values` are in table order."""
        root = self._root(values)
        for part in path.strip("/").split("/") if path.strip("/") else ():
            try:
                root = root["CONTENTS"][part]
            except KeyError:
                raise NoPath(path) from None
        return root

    def attribute(self, path: str, name: str, values: Sequence[float]) -> Node | None:
        """One attribute of a node, None where it has none; raises `NoPath` and `BadQuery`."""
        if name not in ATTRIBUTES:
            raise BadQuery(name)
        node = self.node(path, values)
        return {name: node[name]} if name in node else None

    def _root(self, values: Sequence[float]) -> Node:
        root: Node = {"FULL_PATH": "/", "ACCESS": NO_VALUE, "CONTENTS": {}}
        for parameter, value in zip(TABLE, values, strict=True):
            node, path = root, ""
            for part in parameter.address.split("/")[1:]:
                path += f"/{part}"
                inside = node.setdefault("CONTENTS", {})
                node = inside.setdefault(part, {"FULL_PATH": path, "ACCESS": NO_VALUE})
            node |= self._leaf(parameter, value)
        return root

    def _leaf(self, parameter: Parameter, value: float) -> Node:
        said = self._titles.get(parameter.name)
        node: Node = {"DESCRIPTION": f"{said}: {parameter.help}" if said else parameter.help}
        if parameter.kind == "trigger":
            return node | {"TYPE": "N", "ACCESS": WRITE if self._heard else NO_VALUE}
        node["ACCESS"] = READ_AND_WRITE if self._heard else READ
        if parameter.kind == "toggle":
            return node | {"TYPE": "T" if value >= 0.5 else "F", "VALUE": [value >= 0.5]}
        span: Node = {"MIN": parameter.minimum, "MAX": parameter.maximum}
        if vals := _steps(parameter):
            span["VALS"] = vals
        return node | {"TYPE": "f", "VALUE": [value], "RANGE": [span], "CLIPMODE": ["both"]}


def _steps(parameter: Parameter) -> list[float]:
    """All values of a parameter that has few, else none."""
    if not parameter.step:
        return []
    count = round((parameter.maximum - parameter.minimum) / parameter.step) + 1
    values = [parameter.minimum + i * parameter.step for i in range(count)]
    return values if count <= MOST_VALS else []


def message(address: str, value: float) -> bytes:
    """A parameter's value as one OSC 1.0 message."""
    if BY_ADDRESS[address].kind == "toggle":
        return _padded(address) + _padded(",T" if value >= 0.5 else ",F")
    return _padded(address) + _padded(",f") + struct.pack(">f", value)


def _padded(text: str) -> bytes:
    data = text.encode("ascii")
    return data + bytes(4 - len(data) % 4)


def index_of(address: object) -> int | None:
    """The row of a parameter that has values, None for all else."""
    parameter = BY_ADDRESS.get(address) if isinstance(address, str) else None
    if parameter is None or parameter.kind == "trigger":
        return None
    return INDEX[parameter.name]
