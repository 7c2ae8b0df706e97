"""Refusals: what strangers send is told in one line of plain letters, and not too often."""

from performer.clock import ManualClock
from performer.events import Inbox, Refusal
from performer.inputs.refusals import PAUSE_S, Refusals


def test_a_strangers_bytes_write_no_line_of_their_own() -> None:
    inbox = Inbox()
    Refusals(inbox, ManualClock(1.0)).add("OSC from a:1", "/é\x1b[2J\nall is well\u202e has none")
    (said,) = inbox.drain()
    assert isinstance(said, Refusal)
    assert said.reason == "/é?[2J?all is well? has none"


def test_a_flood_is_counted() -> None:
    inbox, clock = Inbox(), ManualClock(1.0)
    refusals = Refusals(inbox, clock)
    for _ in range(5):
        refusals.add("OSC", "no")
    clock.sleep_until(1.0 + 2 * PAUSE_S)
    refusals.add("OSC", "no")
    reasons = [event.reason for event in inbox.drain() if isinstance(event, Refusal)]
    assert reasons == ["no", "no (and 4 before it)"] and refusals.count == 6
