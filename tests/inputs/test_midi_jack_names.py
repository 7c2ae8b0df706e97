"""Names of JACK's ports: listed while ports go, and found for ports of our own."""

from dataclasses import dataclass

import pytest

from performer.inputs.midi_jack import _free_name, _names


@dataclass
class Port:
    name: str

    @property
    def shortname(self) -> str:
        return self.name


class Client:
    """A client whose listing fails as often as ports go while it runs."""

    def __init__(self, failures: int) -> None:
        self.failures, self.asked = failures, dict[str, bool]()

    def get_ports(self, **asked: bool) -> list[Port]:
        self.asked = asked
        self.failures -= 1
        if self.failures >= 0:
            raise OSError("Port not found")
        return [Port("pads:out"), Port("keys:out")]


@pytest.mark.parametrize("failures", [0, 1, 9])
def test_ports_are_listed_while_others_go(failures: int) -> None:
    client = Client(failures)
    assert _names(client, is_output=True) == ["pads:out", "keys:out"]
    assert client.asked == {"is_midi": True, "is_output": True}


def test_a_system_that_never_lists_is_an_error() -> None:
    with pytest.raises(OSError, match="not found"):
        _names(Client(1000), is_output=True)


def test_our_ports_have_names_of_their_own() -> None:
    assert _free_name([], "pads out") == "pads out"
    assert _free_name([Port("pads out")], "pads out") == "pads out 2"
    assert _free_name([Port("pads out"), Port("pads out 2")], "pads out") == "pads out 3"


def test_names_are_as_short_as_jack_wants_them() -> None:
    name = _free_name([], "ü" * 300)
    assert name == "ü" * 100
    assert _free_name([Port(name)], "ü" * 300) == f"{name} 2"
