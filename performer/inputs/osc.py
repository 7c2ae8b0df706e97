"""OSC over UDP: one socket, one receiving thread, and future bundles kept until their time."""

import contextlib
import errno
import heapq
import itertools
import logging
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from performer.clock import Clock
from performer.events import Inbox, OscArgument, OscEvent
from performer.inputs import InputError
from performer.inputs.osc_packet import MalformedPacket, TimedMessage, decode
from performer.inputs.osc_reply import encode
from performer.inputs.refusals import Refusals

HORIZON_S = 10.0
MAX_WAITING = 1024
RETRY_S = 0.25
_IDLE_S = 0.1
_REST_S = 0.002
_MOST_AT_ONCE = 512
_LARGEST_DATAGRAM = 65_536
# Nobody reads more of a message, and thousands of them may wait for a frame that hangs.
LONGEST, MOST_ARGS = 255, 16


class OscInput:
    """Receives OSC datagrams and hands over their messages.

    `port` 0 takes a free one; `address` says which. `wall` is the time in seconds since 1970 that
    timetags refer to. `received` counts datagrams, `refused` those that did no good.

    Raises InputError when the address cannot be bound; one that is `patient` says so in the log,
    and listens as soon as it can.
    """

    def __init__(
        self,
        inbox: Inbox,
        clock: Clock,
        host: str = "127.0.0.1",
        port: int = 9000,
        wall: Callable[[], float] = time.time,
        *,
        patient: bool = False,
    ) -> None:
        self._inbox, self._clock, self._wall = inbox, clock, wall
        self._refusals = Refusals(inbox, clock)
        self._waiting: list[tuple[float, int, OscEvent]] = []
        self._order = itertools.count()
        self.received = 0
        self._asked = host, port
        self._socket = self._bound(patient)
        self._open = True
        self._thread = threading.Thread(target=self._run, name="osc", daemon=True)
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port it listens on, or will as soon as it can."""
        if self._socket is None:
            return self._asked
        host, port = self._socket.getsockname()[:2]
        return host, port

    @property
    def refused(self) -> int:
        """How many datagrams were refused."""
        return self._refusals.count

    def tell(self, peer: tuple[str, int], state: Mapping[str, float]) -> None:
        """Send addresses and values from this very port; what cannot go at once is lost."""
        if self._socket is None:
            return
        for datagram in encode(state):
            with contextlib.suppress(OSError):
                self._socket.sendto(datagram, peer)

    def close(self) -> None:
        """Stop listening; what waits for its time is dropped."""
        self._open = False
        self._thread.join()
        if self._socket is not None:
            self._socket.close()

    def _bound(self, patient: bool) -> socket.socket | None:
        try:
            return _bind(*self._asked)
        except InputError as error:
            if not patient:
                raise
            logging.getLogger(__name__).warning("%s; it is tried again until it can", error)
            return None

    def _bind_later(self) -> None:
        with contextlib.suppress(InputError):
            self._socket = _bind(*self._asked)
            logging.getLogger(__name__).info("OSC is heard at {}:{}".format(*self.address))

    def _run(self) -> None:
        while self._open:
            if self._socket is None:
                time.sleep(RETRY_S)
                self._bind_later()
                continue
            try:
                self._step(self._socket)
            except Exception as error:
                # Nothing that comes from outside may end this thread, and no error may spin it.
                self._refusals.add("OSC", f"{type(error).__name__}: {error}")
                time.sleep(0.001)

    def _step(self, receiver: socket.socket) -> None:
        self._deliver_due()
        timeout_s = _IDLE_S
        if self._waiting:
            timeout_s = min(max(self._waiting[0][0] - self._clock.now(), 0.0), _IDLE_S)
        if not select.select([receiver], [], [], timeout_s)[0]:
            return
        for _ in range(_MOST_AT_ONCE):
            try:
                datagram, sender = receiver.recvfrom(_LARGEST_DATAGRAM)
            except BlockingIOError:
                break
            except ConnectionResetError:
                continue  # Windows reports here that someone we never wrote to is gone.
            self._receive(datagram, sender)
        # In a dense stream, waking for each message would take the processor from the picture;
        # the first message after a pause has been handed over at once.
        time.sleep(_REST_S)

    def _receive(self, datagram: bytes, sender: tuple[str, int]) -> None:
        self.received += 1
        try:
            self._accept(decode(datagram), sender[:2])
        except MalformedPacket as error:
            self._refusals.add(f"OSC from {sender[0]}:{sender[1]}", str(error))

    def _accept(self, messages: list[TimedMessage], peer: tuple[str, int]) -> None:
        """Hand over or keep all messages of a datagram, or refuse it whole."""
        if any(len(message.address) > LONGEST for message in messages):
            raise MalformedPacket(f"an address of more than {LONGEST} letters")
        now_s, wall_s = self._clock.now(), self._wall()
        delays = [0.0 if m.unix_s is None else m.unix_s - wall_s for m in messages]
        if any(delay_s > HORIZON_S for delay_s in delays):
            raise MalformedPacket(f"a bundle dated more than {HORIZON_S:g} s ahead")
        if sum(delay_s > 0.0 for delay_s in delays) > MAX_WAITING - len(self._waiting):
            raise MalformedPacket(f"more than {MAX_WAITING} messages wait for their time")
        for message, delay_s in zip(messages, delays, strict=True):
            event = OscEvent(now_s, message.address, _brief(message.args), peer)
            if delay_s <= 0.0:
                self._inbox.put(event)
            else:
                heapq.heappush(self._waiting, (now_s + delay_s, next(self._order), event))

    def _deliver_due(self) -> None:
        while self._waiting and self._waiting[0][0] <= (now_s := self._clock.now()):
            _, _, event = heapq.heappop(self._waiting)
            self._inbox.put(replace(event, time_s=now_s))


def _brief(args: tuple[OscArgument, ...]) -> tuple[OscArgument, ...]:
    """The first of them, texts and blobs cut short."""
    return tuple(arg[:LONGEST] if isinstance(arg, str | bytes) else arg for arg in args[:MOST_ARGS])


def resolve(host: str, port: int) -> tuple[str, int]:
    """The address in figures of a computer that is told of changes; raises InputError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0][4]
    except (OSError, UnicodeError, OverflowError) as error:
        raise InputError(f"OSC: {host}:{port} cannot be told of changes ({error})") from error
    return str(found[0]), int(found[1])


def _bind(host: str, port: int) -> socket.socket:
    where = f"OSC: port {port} on {host}"
    if not 0 <= port <= 65_535:
        # The resolver would take it modulo 65,536.
        raise InputError(f"{where}: a port is a number from 0 to 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE
        )[0]
        receiver = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise InputError(f"{where}: {error}; choose another with --osc HOST:PORT") from error
    try:
        receiver.setblocking(False)
        _enlarge(receiver)
        receiver.bind(address)
    except OSError as error:
        receiver.close()
        raise InputError(
            f"{where} {_reason(error)}; choose another with --osc HOST:PORT"
        ) from error
    return receiver


def _reason(error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return "is in use by another program"
    if code == errno.EACCES:
        return "needs administrator rights"
    if code == errno.EADDRNOTAVAIL:
        return "is not an address of this computer"
    return f"cannot be opened ({error})"


def _enlarge(receiver: socket.socket) -> None:
    """Ask for the largest buffer the system grants, so that a stalled frame loses no message."""
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
        # Without it Windows lets a second program take the same port silently.
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    for size in (8 << 20, 4 << 20, 1 << 20, 1 << 18):
        try:
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
            return
        except OSError:
            continue
