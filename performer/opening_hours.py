"""Opening hours: when a show is to be seen, by the clock on the wall."""

import re
from dataclasses import dataclass
from datetime import datetime

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MIN = 24 * 60
WEEK_MIN = 7 * DAY_MIN
SPAN = re.compile(r"(?:([a-z]{3})(?:-([a-z]{3}))? +)?(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)")


class HoursError(ValueError):
    """Hours that cannot be read: one sentence that says which, and how to write them."""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """The spans of a week in which it is open, [begin, end) in minutes since Monday 0:00.

    An end may lie after the week's, in the next one.
    """

    spans: tuple[tuple[int, int], ...]

    def is_open(self, local: datetime) -> bool:
        """Whether it is open at a local time."""
        minute = local.weekday() * DAY_MIN + local.hour * 60 + local.minute
        return any(
            begin <= at < end for begin, end in self.spans for at in (minute, minute + WEEK_MIN)
        )


def parse_hours(text: str) -> OpeningHours:
    """`Mon-Fri 10:00-18:00, Sat 22:00-2:00`, or `10:00-18:00` each day; raises `HoursError`."""
    spans = [span for part in text.split(",") for span in _spans(part.strip())]
    return OpeningHours(tuple(sorted(spans)))


def _spans(part: str) -> list[tuple[int, int]]:
    """The spans that one part of the text means."""
    match = SPAN.fullmatch(part.lower())
    if match is None:
        raise HoursError(f'hours: "{part}" is not understood; write "Mon-Fri 10:00-18:00"')
    first, last, *numbers = match.groups()
    for day in (first, last):
        if day is not None and day not in DAYS:
            raise HoursError(
                f'hours: "{day}" is not a day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun'
            )
    begin, end = _minutes(part, *numbers[:2]), _minutes(part, *numbers[2:])
    if begin == end:
        raise HoursError(f'hours: "{part}" is an empty span of time; all day is 0:00-24:00')
    end += DAY_MIN if end < begin else 0
    return [(day * DAY_MIN + begin, day * DAY_MIN + end) for day in _days(first, last)]


def _days(first: str | None, last: str | None) -> list[int]:
    """The days of a part, from 0 for Monday; all where it names none."""
    if first is None:
        return list(range(7))
    begin = DAYS.index(first)
    count = (DAYS.index(last) - begin) % 7 + 1 if last else 1
    return [(begin + i) % 7 for i in range(count)]


def _minutes(part: str, hour: str, minute: str) -> int:
    minutes = int(hour) * 60 + int(minute)
    if int(minute) > 59 or minutes > DAY_MIN:
        raise HoursError(f'hours: "{part}" has a time outside of the day; write 0:00 to 24:00')
    return minutes
