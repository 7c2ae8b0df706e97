"""Building a dataclass from fields that came from outside: each is checked against its type."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def build(kind: type[T], given: Mapping[str, object]) -> T:
    """A `kind` of the given fields; raises ValueError. What is `Any` comes from no file: None."""
    hints = _hints(cast(Any, kind))
    unknown = given.keys() - hints
    missing = _required(cast(Any, kind)) - given.keys()
    if unknown or missing:
        raise ValueError(f"{kind.__name__} has wrong fields")
    return kind(**{name: checked(value, hints[name]) for name, value in given.items()})


def checked(value: object, hint: Any) -> object:
    """The value, lists as tuples, if it is what the type says; raises ValueError."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return None
    if origin in (Union, UnionType):
        return _any_of(value, inner)
    if origin is tuple and isinstance(value, list | tuple):
        of_each = inner[:1] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(checked(item, each) for item, each in zip(value, of_each, strict=True))
    if origin is Literal and type(value) is str and value in inner:
        return value
    if type(value) is hint or (hint is float and type(value) is int):
        return value
    if hint in (None, type(None)) and value is None:
        return None
    raise ValueError(f"{type(value).__name__} is not {hint}")


def _any_of(value: object, hints: tuple[Any, ...]) -> object:
    for hint in hints:
        try:
            return checked(value, hint)
        except ValueError:
            continue
    raise ValueError(f"{type(value).__name__} is not allowed")


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


@cache
def _required(kind: type) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind) if field.default is MISSING)
