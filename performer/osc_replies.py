"""Which OSC controllers are told of which parameters: those that spoke, of what others changed."""

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from performer.controls import Controls, first_number
from performer.events import OscEvent
from performer.parameters import TABLE

Peer = tuple[str, int]
State = dict[str, float]

PERIOD_S = 1.0 / 30.0
HOLD_OFF_S = 0.3
MOST_PEERS = 8
TOLERANCE = 1e-5
SHOWN = [(i, row.address) for i, row in enumerate(TABLE) if row.kind != "trigger"]


@dataclass(frozen=True, slots=True)
class Replies:
    """Who may be told: `fixed` alone; else who spoke, at `port` of theirs or where they spoke from.

    With neither, only programs on this computer are: a datagram's sender can be made up.
    """

    fixed: Peer | None = None
    port: int | None = None

    def to(self, sender: Peer) -> Peer | None:
        """Where a sender is told; None: nowhere."""
        if self.fixed is not None:
            return self.fixed if self.fixed[0] == sender[0] else None
        if self.port is not None:
            return sender[0], self.port
        return sender if _is_here(sender[0]) else None


@dataclass(slots=True)
class _Known:
    """What a peer has been told or said itself, and what it still has to be told."""

    told: State = field(default_factory=dict)
    touched_s: State = field(default_factory=dict)
    owed: set[str] = field(default_factory=set)


class OscReplies:
    """Follows the parameters, at most 30 times a second, changes only; at most eight peers."""

    def __init__(self, replies: Replies) -> None:
        self._replies = replies
        self._peers: OrderedDict[Peer, _Known] = OrderedDict()
        self._state: State = {}
        self._next_s = float("-inf")
        if replies.fixed is not None:
            self._peers[replies.fixed] = _Known()

    def hear(self, event: OscEvent, controls: Controls) -> None:
        """Note who spoke and what of: it is not echoed while a finger is on it."""
        peer = self._replies.to(event.peer) if event.peer is not None else None
        if peer is None:
            return
        if peer not in self._peers:
            self._peers[peer] = _Known(owed=set(self._state))
            while len(self._peers) > MOST_PEERS:
                self._peers.popitem(last=False)
        self._peers.move_to_end(peer)
        known = self._peers[peer]
        number = first_number(event.args)
        for address in controls.find(event.address):
            known.touched_s[address] = event.time_s
            known.owed.add(address)
            known.told[address] = math.nan if number is None else number

    def messages(self, now_s: float, controls: Controls) -> list[tuple[Peer, State]]:
        """What each peer has to be told at `now_s`."""
        if now_s < self._next_s or not self._peers:
            return []
        self._next_s = now_s + PERIOD_S
        state = state_of(controls)
        changed = {address for address, value in state.items() if self._state.get(address) != value}
        self._state = state
        told = []
        for peer, known in self._peers.items():
            known.owed |= changed
            news = _news(known, state, now_s)
            if news:
                told.append((peer, news))
        return told


def state_of(controls: Controls) -> State:
    """Every address's value: a parameter's in its unit, a bound address's position 0..1."""
    targets = controls.targets.tolist()
    state = {address: targets[i] for i, address in SHOWN}
    for address, bound in controls.addresses.items():
        shown = next((c for c in bound if c.parameter.kind != "trigger"), None)
        if shown is not None:
            target = controls.target(shown.parameter.name)
            is_value = shown.parameter.kind == "value"
            state[address] = shown.position_of(target) if is_value else target
    return state


def _news(known: _Known, state: Mapping[str, float], now_s: float) -> State:
    """What a peer does not know yet, but for what its finger is on."""
    news = {}
    for address in sorted(known.owed):
        if now_s - known.touched_s.get(address, -math.inf) < HOLD_OFF_S:
            continue
        known.owed.discard(address)
        value = state.get(address)
        if value is None:
            continue
        told = known.told.get(address, math.nan)
        if not math.isclose(told, value, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            news[address] = known.told[address] = value
    return news


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
