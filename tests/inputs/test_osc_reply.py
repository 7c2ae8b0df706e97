"""What is written over OSC is what our own reader, which checks everything, reads."""

import pytest

from performer.inputs import InputError
from performer.inputs.osc import resolve
from performer.inputs.osc_packet import decode
from performer.inputs.osc_reply import LARGEST, encode


@pytest.mark.parametrize("count", [0, 1, 2, 3, 96, 1000])
def test_all_arrives_in_small_datagrams(count: int) -> None:
    state = {f"/group/{'x' * (i % 5)}{i}": i / 4 for i in range(count)}
    datagrams = list(encode(state))
    assert all(len(datagram) <= LARGEST for datagram in datagrams)
    read = [message for datagram in datagrams for message in decode(datagram)]
    assert {message.address: message.args[0] for message in read} == state
    assert len(read) == count


def test_one_value_is_a_plain_message() -> None:
    assert next(encode({"/psi": 0.5})) == b"/psi\0\0\0\0,f\0\0\x3f\0\0\0"


def test_a_host_that_is_not_there_is_a_sentence() -> None:
    assert resolve("127.0.0.1", 9001) == ("127.0.0.1", 9001)
    with pytest.raises(InputError, match="no.such.host.invalid:9001 cannot be told of changes"):
        resolve("no.such.host.invalid", 9001)
