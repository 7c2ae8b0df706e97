"""Replies over OSC: to whom, of what, and not to the finger that moved it."""

import pytest

from performer.controls import Controls
from performer.events import OscEvent
from performer.osc_replies import HOLD_OFF_S, MOST_PEERS, PERIOD_S, OscReplies, Replies, state_of
from performer.parameters import TABLE
from performer.schema import Binding

HERE, THERE = ("127.0.0.1", 5000), ("10.0.0.7", 5000)


class Stand:
    """Controls, who spoke, and what they were told."""

    def __init__(self, replies: Replies = Replies(), *bindings: Binding) -> None:  # noqa: B008
        self.controls, self.replies = Controls(bindings, {}), OscReplies(replies)
        self.now_s = 10.0

    def say(self, peer, address: str, *args) -> None:
        event = OscEvent(self.now_s, address, args, peer)
        self.controls.handle(event)
        self.replies.hear(event, self.controls)

    def told(self, wait_s: float = PERIOD_S) -> dict[tuple[str, int], dict[str, float]]:
        self.now_s += wait_s
        return dict(self.replies.messages(self.now_s, self.controls))


def test_who_speaks_is_told_how_everything_stands_and_then_the_changes() -> None:
    stand = Stand()
    assert stand.told() == {}
    stand.say(HERE, "/psi", 0.5)
    first = stand.told()[HERE]
    values = {row.address for row in TABLE if row.kind != "trigger"}
    assert first.keys() == values - {"/psi"}
    stand.controls.set("hue", 30.0)
    assert stand.told() == {HERE: {"/hue": 30.0}}
    assert stand.told(1.0) == {}, "it knows psi: it said so itself"


def test_a_mover_hears_no_echo_but_the_others_do() -> None:
    stand, other = Stand(), ("127.0.0.1", 6000)
    for peer in (HERE, other):
        stand.say(peer, "/nothing")
    stand.told()
    for i in range(5):
        stand.say(HERE, "/psi", i / 10)
        assert stand.told() == {other: {"/psi": i / 10}}
    assert stand.told(HOLD_OFF_S) == {}


def test_a_finger_that_asked_for_too_much_is_told_what_came_of_it() -> None:
    stand = Stand()
    stand.say(HERE, "/nothing")
    stand.told()
    stand.say(HERE, "/psi", 99.0)
    assert stand.told() == {}
    assert stand.told(HOLD_OFF_S) == {HERE: {"/psi": 1.5}}
    stand.say(HERE, "/freeze")
    assert stand.told(HOLD_OFF_S + PERIOD_S) == {HERE: {"/freeze": 1.0}}
    stand.say(HERE, "/direction/*", 1.0)
    assert stand.told(HOLD_OFF_S + PERIOD_S) == {}


def test_a_bound_address_is_told_its_position() -> None:
    stand = Stand(Replies(), Binding("osc /1/fader1", "zoom"), Binding("osc /1/go", "panic"))
    stand.say(HERE, "/nothing")
    assert stand.told()[HERE]["/1/fader1"] == 0.0
    stand.controls.set("zoom", 2.5)
    assert stand.told() == {HERE: {"/zoom": 2.5, "/1/fader1": 0.5}}
    stand.say(HERE, "/1/fader1", 0.75)
    assert stand.told() == {HERE: {"/zoom": 3.25}}
    assert stand.told(1.0) == {}
    assert "/1/go" not in state_of(stand.controls)


def test_it_is_told_at_most_thirty_times_a_second() -> None:
    stand = Stand()
    stand.say(HERE, "/nothing")
    stand.told()
    count = 0
    for i in range(1000):
        stand.controls.set("hue", float(i % 100))
        count += len(stand.told(0.001))
    assert 20 <= count <= 30


def test_only_so_many_are_told_and_the_newest_stay() -> None:
    stand = Stand()
    for port in range(1, 3 * MOST_PEERS):
        stand.say(("127.0.0.1", port), "/nothing")
    assert [port for _, port in stand.told()] == list(range(2 * MOST_PEERS, 3 * MOST_PEERS))


@pytest.mark.parametrize(
    ("replies", "sender", "told"),
    [
        (Replies(), HERE, HERE),
        (Replies(), ("::1", 7), ("::1", 7)),
        (Replies(), THERE, None),
        (Replies(), ("nonsense", 7), None),
        (Replies(port=9001), THERE, ("10.0.0.7", 9001)),
        (Replies(port=9001), HERE, ("127.0.0.1", 9001)),
        (Replies(fixed=("10.0.0.7", 9001)), THERE, ("10.0.0.7", 9001)),
        (Replies(fixed=("10.0.0.7", 9001)), HERE, None),
    ],
)
def test_who_may_be_told(replies: Replies, sender, told) -> None:
    assert replies.to(sender) == told
    stand = Stand(replies)
    stand.say(sender, "/hue", 1.0)
    expected = told or replies.fixed
    assert list(stand.told()) == ([expected] if expected else [])


def test_an_event_without_a_sender_is_nobodys() -> None:
    stand = Stand()
    stand.say(None, "/hue", 1.0)
    assert stand.told() == {}
