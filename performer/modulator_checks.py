"""Checks of a patch's modulators: of one kind each, and all that they name is there."""

import re
from typing import NoReturn, cast

from performer.checks import LONGEST_BEATS, LONGEST_S, find_parameter, modulator_names
from performer.expressions import Expression, ExpressionError
from performer.readings import SOURCES, placed, readable
from performer.schema import MODULATOR_KINDS, Modulator
from performer.toml_files import Document, either, meant
from performer.triggers import parse_trigger

SHORTEST_BEATS = 1 / 16
GREATEST_GAIN = 100.0
COMMON = ("parameter", "depth", "name")
NAME = re.compile(r"[a-z][a-z0-9_]{0,23}")


def read_modulators(doc: Document) -> tuple[Modulator, ...]:
    """The [[modulators]]."""
    names = modulator_names(doc)
    known = readable(names)
    modulators = []
    for i, raw in enumerate(doc.entries("modulators"), 1):
        entry = f"modulators[{i}]"
        modulator = doc.convert(raw, Modulator, entry)
        _check_name(doc, entry, modulator.name, names[: i - 1])
        _check_target(doc, entry, placed(modulator.parameter, names))
        _check_kind(doc, entry, cast(dict[str, object], raw))
        match modulator.kind:
            case "shape":
                _check_pace(doc, entry, modulator)
            case "source":
                _check_source(doc, entry, modulator, known)
            case "trigger":
                _check_trigger(doc, entry, modulator)
            case "expression":
                _check_expression(doc, entry, modulator, known)
        doc.check(f"{entry}.depth", modulator.depth, -1.0, 1.0)
        modulators.append(modulator)
    return tuple(modulators)


def _check_name(doc: Document, entry: str, name: str, before: list[str]) -> None:
    if name and not NAME.fullmatch(name):
        doc.fail(f"{entry}.name", "is not allowed; use up to 24 of a-z, 0-9 and _, a letter first")
    if name and name in before:
        doc.fail(f"{entry}.name", f"{name} is the name of another modulator; use each name once")


def _check_target(doc: Document, entry: str, name: str) -> None:
    parameter = find_parameter(doc, f"{entry}.parameter", name)
    if parameter.kind != "value":
        doc.fail(f"{entry}.parameter", f"{name} is a {parameter.kind} and cannot move")


def _check_kind(doc: Document, entry: str, raw: dict[str, object]) -> None:
    """It is of exactly one kind, and says only what that kind has."""
    kinds = [key for key in MODULATOR_KINDS if raw.get(key)]
    if len(kinds) != 1:
        found = f"has {' and '.join(kinds)}" if kinds else "has no kind"
        doc.fail(entry, f"{found}; use one of {either(MODULATOR_KINDS)}")
    own = MODULATOR_KINDS[kinds[0]]
    for key in raw:
        if key not in (*COMMON, kinds[0], *own):
            words = f"{kinds[0]} has {either(own)}" if own else f"{kinds[0]} has nothing of its own"
            doc.fail(f"{entry}.{key}", f"is of another kind; {words}")


def _check_pace(doc: Document, entry: str, modulator: Modulator) -> None:
    if (modulator.rate_hz is None) == (modulator.beats is None):
        doc.fail(entry, "needs rate_hz (turns a second) or beats (the length of a turn), not both")
    if modulator.rate_hz is not None:
        doc.check(f"{entry}.rate_hz", modulator.rate_hz, 0.0, 50.0)
    if modulator.beats is not None:
        doc.check(f"{entry}.beats", modulator.beats, SHORTEST_BEATS, LONGEST_BEATS)
    doc.check(f"{entry}.phase", modulator.phase, 0.0, 1.0)
    doc.check(f"{entry}.seed", modulator.seed, 0, 2**31 - 1)


def _check_source(doc: Document, entry: str, modulator: Modulator, known: dict[str, int]) -> None:
    if modulator.source not in known:
        _refuse(doc, f"{entry}.source", modulator.source, known)
    doc.check(f"{entry}.attack_s", modulator.attack_s, 0.0, LONGEST_S)
    doc.check(f"{entry}.release_s", modulator.release_s, 0.0, LONGEST_S)
    doc.check(f"{entry}.gain", modulator.gain, 0.0, GREATEST_GAIN)
    doc.check(f"{entry}.threshold", modulator.threshold, 0.0, 0.99)


def _check_trigger(doc: Document, entry: str, modulator: Modulator) -> None:
    try:
        parse_trigger(modulator.trigger)
    except ValueError as error:
        doc.fail(f"{entry}.trigger", str(error))
    for field in MODULATOR_KINDS["trigger"]:
        doc.check(f"{entry}.{field}", getattr(modulator, field), 0.0, LONGEST_S)


def _check_expression(
    doc: Document, entry: str, modulator: Modulator, known: dict[str, int]
) -> None:
    try:
        names = Expression(modulator.expression).names
    except ExpressionError as error:
        doc.fail(f"{entry}.expression", str(error))
    for name in sorted(names - known.keys()):
        _refuse(doc, f"{entry}.expression", name, known)


def _refuse(doc: Document, entry: str, name: str, known: dict[str, int]) -> NoReturn:
    """For a wild name the sources are told: all parameters would fill the screen."""
    question = meant(name, known)
    if not question.startswith("did"):
        question = f"use {', '.join(SOURCES)}, modulation.N or any parameter"
    doc.fail(entry, f'"{name}" cannot be read; {question}')
