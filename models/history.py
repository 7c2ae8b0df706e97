"""What a run has measured of itself, snapshot by snapshot, in a table that spreadsheets open."""

import csv
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path

from models.metrics import Measures
from models.watch import Moment, Watch

TABLE = "measures.csv"
NUMBERS = [field.name for field in fields(Measures)]
COLUMNS = ["kimg", "canvas", *NUMBERS, "p", "p_at_cap", "sign_real"]


class History:
    """The moments of one canvas, oldest first: measures of different sizes cannot be compared."""

    def __init__(self, path: Path, canvas: str) -> None:
        self.path, self.canvas = path, canvas
        self._rows = _read(path)
        self.moments = [_moment(row) for row in self._rows if row["canvas"] == canvas]

    @property
    def watch(self) -> Watch:
        """The verdict on all moments so far."""
        return Watch(tuple(self.moments))

    @property
    def best(self) -> Moment | None:
        """The best moment of this canvas."""
        index = self.watch.best
        return None if index is None else self.moments[index]

    def add(self, moment: Moment, p: float) -> None:
        """Append a moment, and write the whole table."""
        self.moments.append(moment)
        told = {**asdict(moment.measures), "kimg": moment.kimg, "canvas": self.canvas, "p": p}
        told |= {"p_at_cap": int(moment.p_at_cap), "sign_real": moment.sign_real}
        self._rows.append({name: str(value) for name, value in told.items()})
        _write(self.path, self._rows)


def forget_after(path: Path, kimg: float) -> None:
    """Remove what a run had measured beyond the point from where it goes on."""
    if path.exists():
        _write(path, [row for row in _read(path) if float(row["kimg"]) <= kimg + 1e-6])


def _read(path: Path) -> list[dict[str, str]]:
    """The rows that are whole; a table that was spoilt by hand is no reason to stop."""
    if not path.exists():
        return []
    with path.open(newline="", errors="replace") as file:
        return [row for row in _rows(csv.DictReader(file)) if _is_whole(row)]


def _rows(reader: "csv.DictReader[str]") -> Iterator[dict[str, str]]:
    """Those that can be read; a field may be too long for the library."""
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    """The whole table at once."""
    part = path.with_name(f".{path.name}")
    with part.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    part.replace(path)


def _is_whole(row: dict[str, str]) -> bool:
    try:
        _moment(row)
    except (KeyError, TypeError, ValueError):
        return False
    return set(row) == set(COLUMNS)


def _moment(row: dict[str, str]) -> Moment:
    measures = Measures(**{name: float(row[name]) for name in NUMBERS})
    at_cap = bool(int(row["p_at_cap"]))
    return Moment(float(row["kimg"]), measures, at_cap, float(row["sign_real"]))
