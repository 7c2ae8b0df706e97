"""Opening hours, and the light in the house."""

from datetime import datetime, timedelta

import pytest

from performer.opening_hours import HoursError, parse_hours

MONDAY = datetime(2026, 11, 23)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


@pytest.mark.parametrize(
    "text, open_at, closed_at",
    [
        ("Mon-Fri 10:00-18:00", [at(0, 10), at(4, 17, 59)], [at(0, 9, 59), at(4, 18), at(5, 12)]),
        ("mon-fri 10:00-18:00, SAT 12:00-20:00", [at(5, 12)], [at(5, 11, 59), at(6, 12)]),
        ("9:30-24:00", [at(0, 9, 30), at(6, 23, 59)], [at(0, 0), at(6, 9, 29)]),
        ("Fri 22:00-2:00", [at(4, 22), at(5, 1, 59)], [at(5, 2), at(4, 1), at(5, 22)]),
        ("Sun 22:00-2:00", [at(6, 23), at(0, 1)], [at(0, 2), at(6, 1)]),
        ("Sat-Mon 0:00-24:00", [at(5, 0), at(6, 12), at(0, 23, 59)], [at(1, 0), at(4, 23, 59)]),
        ("Tue 10:00-12:00, Tue 14:00-15:00", [at(1, 14)], [at(1, 12), at(1, 13)]),
    ],
)
def test_when_it_is_open(text: str, open_at: list[datetime], closed_at: list[datetime]) -> None:
    hours = parse_hours(text)
    assert all(hours.is_open(local) for local in open_at)
    assert not any(hours.is_open(local) for local in closed_at)


@pytest.mark.parametrize(
    "text, word",
    [
        ("", "not understood"),
        ("always", "not understood"),
        ("Mon 10-18", "not understood"),
        ("Mon 10:00-18:00,", "not understood"),
        ("Mit 10:00-18:00", '"mit" is not a day'),
        ("Mon-Fry 10:00-18:00", '"fry" is not a day'),
        ("25:00-26:00", "time outside of the day"),
        ("10:60-12:00", "time outside of the day"),
        ("24:30-2:00", "time outside of the day"),
        ("10:00-10:00", "an empty span of time"),
    ],
)
def test_what_is_wrong_is_one_sentence(text: str, word: str) -> None:
    with pytest.raises(HoursError, match=word) as error:
        parse_hours(text)
    assert str(error.value).startswith("hours: ") and "\n" not in str(error.value)
