"""The light of the house in the picture: dark outside the hours, by the wall's clock alone."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from performer.engine import Engine
from performer.events import Event, HoursEvent, Inbox, OscEvent
from performer.house import FADE_S
from performer.opening_hours import parse_hours
from performer.serving.doorkeeper import Doorkeeper

MakeEngine = Callable[..., Engine]
DT_S = 0.1


class Clock:
    """A clock on a wall that somebody sets."""

    def __init__(self) -> None:
        self.local = datetime(2026, 11, 23, 9, 0)

    def __call__(self) -> datetime:
        return self.local


def light(engine: Engine, seconds: float, *events: Event) -> float:
    """The mean of the picture after some time."""
    for i in range(round(seconds / DT_S)):
        engine.frame(0.0, DT_S, events if i == 0 else ())
    return float(engine.image.mean())


def test_it_fades_out_and_in(make_engine: MakeEngine) -> None:
    engine = make_engine()
    lit = light(engine, 0.5)
    half = light(engine, FADE_S / 2, HoursEvent(0.0, False))
    assert 0.2 * lit < half < 0.8 * lit
    assert light(engine, FADE_S / 2 + 0.2) == 0
    assert 0 < light(engine, FADE_S / 2, HoursEvent(0.0, True)) < lit
    assert light(engine, FADE_S / 2 + 0.2) == pytest.approx(lit, abs=1.0)


def test_a_show_that_begins_outside_its_hours_begins_dark(make_engine: MakeEngine) -> None:
    engine = make_engine()
    engine.frame(0.0, 0.0, (HoursEvent(0.0, False),))
    assert not engine.image.any()


def test_in_the_dark_nothing_is_drawn_and_the_blackout_key_opens_nothing(
    make_engine: MakeEngine, runtime: object
) -> None:
    engine = make_engine()
    light(engine, FADE_S + 0.5, HoursEvent(0.0, False))
    walk = engine.performance.state(0.0).walk
    assert light(engine, 1.0, OscEvent(0.0, "/blackout", (0.0,))) == 0
    assert engine.performance.state(0.0).walk == walk


def test_the_clock_on_the_wall_may_step_as_it_likes(make_engine: MakeEngine) -> None:
    engine, wall, inbox = make_engine(), Clock(), Inbox()
    door = Doorkeeper(parse_hours("10:00-18:00"), inbox, wall)
    told = []
    for second, local in enumerate((9, 10, 11, 3, 12, 19, 17)):
        wall.local = wall.local.replace(hour=local)
        door.follow(float(second), (), engine)
        door.follow(second + 0.5, (), engine)  # it looks once a second
        told.append([event.is_open for event in inbox.drain() if isinstance(event, HoursEvent)])
    assert told == [[False], [True], [], [False], [True], [False], [True]]
    wall.local += timedelta(days=-400)
    door.follow(8.0, (), engine)
    assert not inbox.drain()
