"""The parameter table for people and programs."""

import json

from performer.commands.params import as_json, table_rows
from performer.families import families
from performer.parameters import TABLE


def test_json_holds_every_parameter() -> None:
    rows = json.loads(as_json())
    assert [row["name"] for row in rows] == [parameter.name for parameter in TABLE]
    (psi,) = [row for row in rows if row["name"] == "psi"]
    assert (psi["address"], psi["minimum"], psi["maximum"]) == ("/psi", 0.0, 1.5)


def test_rows_draw_numbered_families_together() -> None:
    addresses = [row[0] for row in table_rows()]
    assert "/direction/1-16" in addresses and "/scene/1-9" in addresses and "/hue" in addresses
    assert len(addresses) == len(set(addresses)) == len(families(TABLE))
    (scenes,) = [row for row in table_rows() if row[0] == "/scene/1-9"]
    assert scenes[3] == "1-9" and scenes[4] == "Recall scene N of the patch."
    (kinds,) = [row for row in table_rows() if row[0] == "/bend/kind/1-3"]
    assert kinds[4].startswith("What bend N does: 0 scale, 1 ablate,")
