"""`performer params`: the parameter table for people and programs."""

import json
import re
from dataclasses import asdict

from rich import box
from rich.table import Table

from performer.families import families, spanned
from performer.parameters import TABLE

COLUMNS = ("OSC address", "Range", "Default", "Key", "What it does")


def as_json() -> str:
    """The whole table as a JSON list."""
    rows = [asdict(parameter) | {"address": parameter.address} for parameter in TABLE]
    return json.dumps(rows, indent=2, ensure_ascii=False)


def as_table() -> Table:
    """The table with numbered rows of a kind drawn together."""
    table = Table(
        box=box.SIMPLE,
        caption="A parameter's name is its address, dotted: /walk/speed is walk.speed.",
    )
    for column in COLUMNS:
        table.add_column(column, no_wrap=column != COLUMNS[-1])
    for row in table_rows():
        table.add_row(*row)
    return table


def as_markdown() -> str:
    """The table for `docs/parameters.md`."""
    lines = [COLUMNS, ("---",) * len(COLUMNS), *table_rows()]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def table_rows() -> list[tuple[str, ...]]:
    """The rows as text; parameters that differ by their number alone share one."""
    rows: list[tuple[str, ...]] = []
    for family in families(TABLE):
        first, last = family[0], family[-1]
        many = len(family) > 1
        is_value = first.kind == "value"
        unit = "" if first.unit == "seed" else first.unit
        span = f"{first.minimum:g} to {first.maximum:g} {unit}".strip()
        rows.append(
            (
                spanned(family, f"1-{len(family)}" if many else ""),
                span if is_value else first.kind,
                f"{first.default:g}" if is_value else "",
                f"{first.key}-{last.key}" if many and first.key else first.key,
                re.sub(r"(?<=\w) 1 ", " N ", first.help) if many else first.help,
            )
        )
    return rows
