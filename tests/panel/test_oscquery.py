"""OSCQuery's tree: the whole table, in the shape that Chataigne and VDMX read."""

import pytest

from performer.inputs.osc_packet import decode
from performer.panel.oscquery import BadQuery, NoPath, Tree, host_info, index_of, message
from performer.panel.settings import Settings
from performer.parameters import BY_ADDRESS, TABLE

VALUES = [parameter.default for parameter in TABLE]
TREE = Tree(True, {"scene.1": "Open water"})


def test_every_parameter_is_where_its_address_says() -> None:
    for parameter in TABLE:
        node = TREE.node(parameter.address, VALUES)
        assert node["FULL_PATH"] == parameter.address and parameter.help in node["DESCRIPTION"]
        if parameter.kind == "value":
            (span,) = node["RANGE"]
            assert (span["MIN"], span["MAX"]) == (parameter.minimum, parameter.maximum)
            assert node["TYPE"] == "f" and node["VALUE"] == [parameter.default]
            assert node["ACCESS"] == 3 and node["CLIPMODE"] == ["both"]
        elif parameter.kind == "toggle":
            is_on = parameter.default >= 0.5
            assert node["TYPE"] == "FT"[is_on] and node["VALUE"] == [is_on]
            assert node["ACCESS"] == 3
        else:
            assert node["TYPE"] == "N" and "VALUE" not in node and node["ACCESS"] == 2


def test_the_root_holds_all() -> None:
    found, waiting = set(), [TREE.node("/", VALUES)]
    while waiting:
        node = waiting.pop()
        waiting += node.get("CONTENTS", {}).values()
        if node["ACCESS"]:
            found.add(node["FULL_PATH"])
    assert found == set(BY_ADDRESS)


def test_steps_are_listed_and_scenes_named() -> None:
    stepped = [p for p in TABLE if p.step]
    for parameter in stepped:
        vals = TREE.node(parameter.address, VALUES)["RANGE"][0].get("VALS", [])
        assert all(parameter.clamp(value) == value for value in vals)
    assert TREE.node("/mirror", VALUES)["RANGE"][0]["VALS"] == [0, 1, 2, 3]
    assert TREE.node("/scene/1", VALUES)["DESCRIPTION"].startswith("Open water: ")


def test_one_attribute_may_be_asked_for() -> None:
    assert TREE.attribute("/psi", "VALUE", VALUES) == {"VALUE": [0.8]}
    assert TREE.attribute("/panic", "VALUE", VALUES) is None
    assert TREE.attribute("/walk", "VALUE", VALUES) is None
    with pytest.raises(BadQuery):
        TREE.attribute("/psi", "PRICE", VALUES)
    for path in ("/nowhere", "/psi/deeper", "/walk/nowhere"):
        with pytest.raises(NoPath):
            TREE.attribute(path, "VALUE", VALUES)


def test_without_osc_nothing_can_be_written() -> None:
    assert Tree(False).node("/psi", VALUES)["ACCESS"] == 1
    assert Tree(False).node("/panic", VALUES)["ACCESS"] == 0
    settings = Settings("b", "t", "u", None, None, 1)
    assert "OSC_PORT" not in host_info(settings)


def test_the_host_says_where_osc_is_heard() -> None:
    here = host_info(Settings("b", "t", "u", None, ("127.0.0.1", 9000), 1))
    assert (here["OSC_IP"], here["OSC_PORT"], here["EXTENSIONS"]["LISTEN"]) == (
        "127.0.0.1",
        9000,
        True,
    )
    everywhere = host_info(Settings("b", "t", "u", "x", ("0.0.0.0", 9000), 1))  # noqa: S104
    assert "OSC_IP" not in everywhere and everywhere["OSC_PORT"] == 9000


@pytest.mark.parametrize("value", [0.0, 1.0, 0.25])
def test_a_message_is_osc(value: float) -> None:
    for parameter in TABLE:
        if parameter.kind != "trigger":
            (told,) = decode(message(parameter.address, value))
            assert told.address == parameter.address
            assert told.args == ((value,) if parameter.kind == "value" else (value >= 0.5,))


def test_only_what_has_a_value_can_be_listened_to() -> None:
    assert index_of("/psi") is not None
    for address in ("/panic", "/nowhere", "/", 5, None, ["/psi"], {}):
        assert index_of(address) is None
