"""The parameter table as the page draws it."""

from dataclasses import asdict
from typing import Any

from performer.parameters import TABLE


def rows() -> list[dict[str, Any]]:
    """Each row with its group and address, in table order."""
    return [
        asdict(parameter) | {"group": parameter.group, "address": parameter.address}
        for parameter in TABLE
    ]
