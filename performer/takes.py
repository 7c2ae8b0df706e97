"""Takes: a whole performance as control data, in a file that is whole wherever it is cut off.

After the magic line come records: the length and CRC-32 of some bytes, then the bytes, which are
the next piece of one DEFLATE stream (RFC 1951) and end on a flush. The first piece unpacks to the
head, each other one to frames, all as MessagePack. Nothing in it is ever run.
"""

import math
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar, get_args

import msgspec

from performer.events import Event, ModelEvent, PatchEvent
from performer.fields import build

MAGIC = b"performer take 1\n"
RECORD = struct.Struct("<II")
# What a record holds, unpacked; packed it may be a little more.
RECORD_MAXIMUM = 32_000_000
READ_MAXIMUM = 34_000_000
LONGEST_S = 7 * 24 * 3600.0
LATEST_S = 1e10  # a clock that runs for centuries, and still tells microseconds
RAW_DEFLATE = -15
UNWRITABLE = (ValueError, OverflowError, TypeError, msgspec.MsgspecError)
KINDS: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}

T = TypeVar("T")
TakeEvents = Sequence[tuple[float, Sequence[Event]]]


class TakeError(ValueError):
    """A take that cannot be read or written: one sentence that names it and what is wrong."""


class Head(msgspec.Struct, frozen=True):
    """All that a show begins with.

    `patch` is the text of the patch file, `controllers` those of the profiles by file name.
    `model` is the model's file, or `starter`; `follows` that it was one of a run, whose newer
    ones are taken as they come. `recording` is whether the take was asked for from the start.
    `engine`, `performer` and `torch` tell on what it was played. `gestures` is the file that the
    autopilot plays, "" for none, `after_s` what was asked for by `--after`. Of a black box `fault`
    is what befell the show, `log` the last lines of its log, and `ended_unix_s` when that was.
    """

    patch_file: str
    patch: str
    controllers: dict[str, str]
    model: str
    model_sha256: str
    follows: bool
    seed: int | None
    recording: bool
    engine: str
    performer: str
    torch: str
    gestures: str = ""
    gestures_sha256: str = ""
    after_s: float | None = None
    fault: str = ""
    log: tuple[str, ...] = ()
    ended_unix_s: float = 0.0


class Moment(NamedTuple):
    """A frame of the show: when it was made, in the show's seconds, and what it was given."""

    now_s: float
    events: tuple[Event, ...]


class _Frame(msgspec.Struct, array_like=True):
    """A moment in a file; each event is its kind's name and its fields by name."""

    now_s: float
    events: list[tuple[str, dict[str, Any]]]


class Packer:
    """Turns a show into the bytes of a take, piece by piece."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(wbits=RAW_DEFLATE)
        self._encoder = msgspec.msgpack.Encoder()

    def head(self, head: Head) -> bytes:
        """How a take begins."""
        return MAGIC + self._record(self._encoder.encode(head))

    def frames(self, frames: TakeEvents) -> tuple[bytes, int]:
        """The next records: some frames, each its time and events; and how many were left out.

        Those are events that no file can hold: a number of a hundred digits, a flood of blobs.
        """
        written = [(now_s, [_written(event) for event in events]) for now_s, events in frames]
        try:
            plain, left_out = self._encoder.encode(written), 0
        except UNWRITABLE:
            kept = [(now_s, list(filter(self._is_writable, events))) for now_s, events in written]
            left_out = sum(len(events) for _, events in written) - sum(len(e) for _, e in kept)
            plain = self._encoder.encode(kept)
        if len(plain) <= RECORD_MAXIMUM:
            return self._record(plain), left_out
        if len(frames) == 1:
            ((now_s, events),) = frames
            return self._record(self._encoder.encode([(now_s, ())])), len(events)
        half = len(frames) // 2
        (first, some), (second, more) = self.frames(frames[:half]), self.frames(frames[half:])
        return first + second, some + more

    def _is_writable(self, event: tuple[str, Event]) -> bool:
        try:
            self._encoder.encode(event)
        except UNWRITABLE:
            return False
        return True

    def _record(self, plain: bytes) -> bytes:
        packed = self._deflate.compress(plain) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return RECORD.pack(len(packed), zlib.crc32(packed)) + packed


def _written(event: Event) -> tuple[str, Event]:
    if isinstance(event, ModelEvent | PatchEvent):
        event = event.as_recorded()
    return type(event).__name__, event


class Take:
    """A take in a file, read from the start as often as wanted; raises `TakeError`.

    A last record that is torn is left out. Memory stays that of one record.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._frames = msgspec.msgpack.Decoder(list[_Frame])
        for piece in self._pieces():
            self.head = self._decode(msgspec.msgpack.Decoder(Head), piece)
            break
        else:
            raise TakeError(f"{path}: this take is cut off before its first frame")

    def moments(self) -> Iterator[Moment]:
        """All frames in order; raises `TakeError`."""
        pieces = self._pieces()
        next(pieces, None)
        begin_s = before_s = math.nan
        for piece in pieces:
            for frame in self._decode(self._frames, piece):
                begin_s = frame.now_s if math.isnan(begin_s) else begin_s
                # Written so that NaN is refused.
                lasts = abs(frame.now_s) <= LATEST_S and frame.now_s - begin_s <= LONGEST_S
                if not lasts or frame.now_s < before_s:
                    raise TakeError(f"{self.path}: its frames are not in the order of time")
                before_s = frame.now_s
                yield Moment(frame.now_s, tuple(self._event(*event) for event in frame.events))

    def _event(self, kind: str, fields: dict[str, Any]) -> Event:
        if kind not in KINDS:
            raise TakeError(f"{self.path}: holds events ({kind[:32]}) of a newer Performer")
        try:
            return build(KINDS[kind], fields)
        except ValueError as error:
            raise TakeError(f"{self.path}: is damaged: {error}") from None

    def _decode(self, decoder: msgspec.msgpack.Decoder[T], data: bytes) -> T:
        try:
            return decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise TakeError(f"{self.path}: is damaged: {error}") from None

    def _pieces(self) -> Iterator[bytes]:
        """The unpacked records."""
        try:
            with self.path.open("rb") as file:
                if file.read(len(MAGIC)) != MAGIC:
                    raise TakeError(f"{self.path}: is no take of this version of Performer")
                yield from self._unpack(_records(file))
        except OSError as error:
            raise TakeError(f"{self.path}: cannot be read: {error.strerror}") from None

    def _unpack(self, records: Iterable[bytes]) -> Iterator[bytes]:
        inflate = zlib.decompressobj(wbits=RAW_DEFLATE)
        for packed in records:
            try:
                plain = inflate.decompress(packed, READ_MAXIMUM)
            except zlib.error as error:
                raise TakeError(f"{self.path}: is damaged: {error}") from None
            if inflate.unconsumed_tail or inflate.eof:
                raise TakeError(f"{self.path}: is damaged: a record is too large")
            yield plain


def _records(file: BinaryIO) -> Iterator[bytes]:
    """The packed records up to the first that is not whole."""
    while len(header := file.read(RECORD.size)) == RECORD.size:
        length, checksum = RECORD.unpack(header)
        # A machine that lost its power may leave zeros.
        if not 0 < length <= READ_MAXIMUM:
            return
        packed = file.read(length)
        if len(packed) < length or zlib.crc32(packed) != checksum:
            return
        yield packed
