"""Families: rows of the table that differ by a number alone, told in one line."""

import re
from collections.abc import Iterable

from performer.parameter import Parameter


def families(parameters: Iterable[Parameter]) -> list[list[Parameter]]:
    """Runs of parameters numbered 1, 2, 3, ..., each other parameter alone."""
    found: list[list[Parameter]] = []
    for parameter in parameters:
        number = number_of(parameter)
        if number not in ("", "1") and spanned(found[-1][:1]) == spanned([parameter], "1"):
            found[-1].append(parameter)
        else:
            found.append([parameter])
    return found


def number_of(parameter: Parameter) -> str:
    """The part of its name that is a number, "" where there is none."""
    return next((part for part in parameter.name.split(".") if part.isdigit()), "")


def spanned(family: list[Parameter], span: str = "") -> str:
    """The address of a family, with `span` in its number's place, or its first number."""
    return re.sub(r"/\d+(?=/|$)", f"/{span}", family[0].address) if span else family[0].address
