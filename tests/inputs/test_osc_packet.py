"""OSC datagrams: each well-formed one is read, each malformed one is refused whole."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from performer.inputs.osc_packet import MAX_DEPTH, MalformedPacket, TimedMessage, decode

NOW = b"#bundle\0" + struct.pack(">Q", 1)
PSI = b"/psi\0\0\0\0,f\0\0" + struct.pack(">f", 0.5)


def sized(element: bytes) -> bytes:
    return struct.pack(">i", len(element)) + element


def nested(depth: int) -> bytes:
    packet = PSI
    for _ in range(depth):
        packet = NOW + sized(packet)
    return packet


def single(datagram: bytes) -> TimedMessage:
    (message,) = decode(datagram)
    return message


TAGS = [
    (b"i", struct.pack(">i", -7), -7),
    (b"f", struct.pack(">f", 1.5), 1.5),
    (b"s", b"hi\0\0", "hi"),
    (b"s", b"four\0\0\0\0", "four"),
    (b"S", b"sym\0", "sym"),
    (b"b", struct.pack(">i", 5) + b"hello\0\0\0", b"hello"),
    (b"b", struct.pack(">i", 0), b""),
    (b"h", struct.pack(">q", -(2**40)), -(2**40)),
    (b"d", struct.pack(">d", 2.5), 2.5),
    (b"t", struct.pack(">Q", 3 << 31), 1.5),
    (b"c", struct.pack(">i", ord("a")), "a"),
    (b"r", b"\x01\x02\x03\x04", 0x01020304),
    (b"m", b"\x00\x90\x4a\x7f", b"\x00\x90\x4a\x7f"),
    (b"T", b"", True),
    (b"F", b"", False),
    (b"N", b"", None),
    (b"I", b"", math.inf),
]


@pytest.mark.parametrize(("tag", "data", "value"), TAGS)
def test_every_type_tag_is_read_and_consumes_its_data(
    tag: bytes, data: bytes, value: object
) -> None:
    message = single(b"/a\0\0," + tag + b"i\0" + data + struct.pack(">i", 9))
    assert message == TimedMessage(None, "/a", (value, 9))  # type: ignore[arg-type]


def test_arrays_are_flattened() -> None:
    assert single(b"/a\0\0,[T[F]]N\0\0\0\0").args == (True, False, None)


def test_a_message_of_an_old_sender_without_type_tags_has_no_arguments() -> None:
    assert single(b"/next_seed\0\0") == TimedMessage(None, "/next_seed", ())


def test_a_bundle_dates_its_messages() -> None:
    dated = b"#bundle\0" + struct.pack(">II", 2_208_988_800 + 100, 1 << 31)
    assert [m.unix_s for m in decode(dated + sized(PSI) + sized(NOW + sized(PSI)))] == [100.5] * 2
    assert decode(NOW) == []
    assert len(decode(nested(MAX_DEPTH))) == 1


MALFORMED = {
    "empty": b"",
    "negative size loops python-osc for ever": NOW + struct.pack(">i", -4),
    "zero size": NOW + struct.pack(">i", 0),
    "size beyond the datagram": NOW + struct.pack(">i", 64) + PSI,
    "size not a multiple of 4": NOW + struct.pack(">i", 15) + PSI,
    "40 kB of nesting": nested(2000),
    "one level too deep": nested(MAX_DEPTH + 1),
    "bundle without a timetag": b"#bundle\0",
    "bundle with half a timetag": b"#bundle\0\0\0\0\0",
    "string not UTF-8": b"/a\0\0,s\0\0\xff\xfe\0\0",
    "address not UTF-8": b"/\xff\0\0,\0\0\0",
    "truncated float": b"/a\0\0,f\0\0",
    "truncated double": b"/a\0\0,d\0\0\0\0\0\0",
    "truncated to no multiple of 4": PSI[:-1],
    "symbol without data": b"/a\0\0,S\0\0",
    "character beyond Unicode": b"/a\0\0,c\0\0\x7f\xff\xff\xff",
    "half a character": b"/a\0\0,c\0\0\0\0\xd8\x3d",
    "negative character": b"/a\0\0,c\0\0\xff\xff\xff\xff",
    "blob of a negative size": b"/a\0\0,b\0\0\xff\xff\xff\xfc",
    "blob beyond the end": b"/a\0\0,b\0\0\0\0\0\x09abcdefgh",
    "string without its end": b"/a\0\0,s\0\0abcd",
    "address without its end": b"/abc",
    "type tags without their end": b"/a\0\0,fff",
    "no slash": b"psi\0,f\0\0\0\0\0\0",
    "arguments without type tags": b"/a\0\0\0\0\0\x01",
    "bytes after the last argument": PSI + b"\0\0\0\0",
    "unknown type tag": b"/a\0\0,z\0\0",
    "array not closed": b"/a\0\0,[T\0",
    "array not opened": b"/a\0\0,]T[\0\0\0\0",
    "one bad message of two": NOW + sized(PSI) + sized(b"/a\0\0,f\0\0"),
    "not OSC": b"GET / HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("datagram", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_datagram_is_refused_with_a_reason(datagram: bytes) -> None:
    with pytest.raises(MalformedPacket, match=".+"):
        decode(datagram)


def read_or_refused(datagram: bytes) -> None:
    try:
        for message in decode(datagram):
            assert message.address.startswith("/")
    except MalformedPacket as error:
        assert str(error)


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_read_or_refused(datagram: bytes) -> None:
    read_or_refused(datagram)
    read_or_refused(NOW + datagram)


@given(st.data())
def test_a_damaged_packet_is_read_or_refused(data: st.DataObject) -> None:
    packet = bytearray(NOW + sized(PSI) + sized(nested(3)) + sized(b"/b\0\0,b\0\0\0\0\0\4abcd"))
    for _ in range(data.draw(st.integers(1, 6))):
        packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    start, end = data.draw(st.integers(0, 8)), data.draw(st.integers(0, len(packet)))
    read_or_refused(bytes(packet))
    read_or_refused(bytes(packet[start:end]))


text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
argument = st.one_of(
    st.integers(-(2**31), 2**31 - 1),
    st.floats(width=32, allow_nan=False),
    st.booleans(),
    st.none(),
    text,
    st.binary(min_size=1, max_size=40),
)


@given(text, st.lists(argument, max_size=12))
def test_what_python_osc_builds_is_read_back(name: str, args: list[object]) -> None:
    builder = OscMessageBuilder("/" + name)
    for arg in args:
        builder.add_arg(arg)  # type: ignore[arg-type]
    message = builder.build()
    bundle = OscBundleBuilder(IMMEDIATELY)
    bundle.add_content(message)
    bundle.add_content(message)
    expected = TimedMessage(None, "/" + name, tuple(args))  # type: ignore[arg-type]
    assert decode(message.dgram) == [expected]
    assert decode(bundle.build().dgram) == [expected, expected]
