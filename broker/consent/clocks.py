"""Deadlines: computed from a calendar, a start and a rule, and always carrying their kind.

A report never mixes kinds: what statute demands, what guidance asks, what the scheme aims at and what we propose are
four different things.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from broker.schemas.message import Clock

LONDON = ZoneInfo("Europe/London")

BANK_HOLIDAYS = frozenset(
    date.fromisoformat(day)
    for day in [
        "2026-01-01",
        "2026-04-03",
        "2026-04-06",
        "2026-05-04",
        "2026-05-25",
        "2026-08-31",
        "2026-12-25",
        "2026-12-28",
        "2027-01-01",
        "2027-03-26",
        "2027-03-29",
        "2027-05-03",
        "2027-05-31",
        "2027-08-30",
        "2027-12-27",
        "2027-12-28",
        "2028-01-03",
        "2028-04-14",
        "2028-04-17",
        "2028-05-01",
        "2028-05-29",
        "2028-08-28",
        "2028-12-25",
        "2028-12-26",
    ]
)
"""England and Wales, as published on gov.uk. Days after LAST_KNOWN_DAY are not known to be free of holidays."""
LAST_KNOWN_DAY = date(2028, 12, 31)
OPENS = time(8, 50)
"""When an organisation of which the register does not say it is taken to begin its day."""


class DeadlineKind(StrEnum):
    """By what authority something is due."""

    STATUTE = "statute"
    GUIDANCE = "guidance"
    SCHEME_TARGET = "scheme target"
    PROPOSAL = "proposal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When a human at the recipient must have read it, by which rule, and what was assumed."""

    due: datetime
    clock: Clock
    kind: DeadlineKind
    says: str
    assumes: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: DeadlineKind
    says: str
    due: Callable[[datetime, time], datetime]
    school: bool = False


def day_of_law(now: datetime) -> date:
    """The day in England and Wales at that time: law, policies and papers begin and end at midnight there."""
    return now.astimezone(LONDON).date()


def is_working_day(day: date) -> bool:
    """Not Saturday, Sunday or a bank holiday in England and Wales."""
    return day.weekday() < 5 and day not in BANK_HOLIDAYS  # noqa: PLR2004 - Saturday is 5


def next_at(start: datetime, at: time) -> datetime:
    """The first time after `start` that it is `at` o'clock in London on a working day."""
    day = start.astimezone(LONDON).date()
    while not (is_working_day(day) and datetime.combine(day, at, LONDON) > start):
        day += timedelta(days=1)
    return datetime.combine(day, at, LONDON)


def _within_the_hour(start: datetime, _: time) -> datetime:
    return start + timedelta(hours=1)


def _within_a_quarter(start: datetime, _: time) -> datetime:
    return start + timedelta(minutes=15)


def _at_once(start: datetime, opens: time) -> datetime:
    here = start.astimezone(LONDON)
    if is_working_day(here.date()) and opens <= here.time() < time(16, 0):
        return start + timedelta(hours=1)
    return next_at(start, opens)


_RULES: dict[Clock, _Rule] = {
    Clock.SCHOOL_DAY: _Rule(
        DeadlineKind.SCHEME_TARGET,
        "before the first session of the setting's next school day [S1 fn 54]; statute says: as soon as is "
        "reasonably practicable",
        next_at,
        school=True,
    ),
    Clock.WORKING_MORNING: _Rule(
        DeadlineKind.PROPOSAL, "by the next working morning; statute sets no time [P]", next_at
    ),
    Clock.ONE_HOUR: _Rule(DeadlineKind.PROPOSAL, "acknowledged within one hour [P]", _within_the_hour),
    Clock.SCREENING: _Rule(
        DeadlineKind.PROPOSAL, "free text screened within 15 minutes, else its sender is told [P]", _within_a_quarter
    ),
    Clock.AT_ONCE: _Rule(
        DeadlineKind.PROPOSAL,
        "at once: within an hour while the recipient is open, else when it next opens [P]",
        _at_once,
        school=True,
    ),
}


STARTS_WITH_THE_GROUNDS = frozenset({Clock.SCHOOL_DAY, Clock.WORKING_MORNING})
"""These clocks start when the grounds were formed; the others when the broker sends."""


@lru_cache(maxsize=1024)  # the recipients of a message mostly open at the same time
def deadline(clock: Clock, *, start: datetime, opens: time) -> Deadline | None:
    """Deadline of a clock that starts at `start` for a recipient that opens at `opens`; None for Clock.NONE."""
    if clock is Clock.NONE:
        return None
    rule = _RULES[clock]
    due = rule.due(start, opens)
    assumes = []
    if rule.school:
        assumes.append("no term dates are on file: every working weekday is taken for a school day")
    if due.date() > LAST_KNOWN_DAY:
        assumes.append("bank holidays after 2028 are not on file")
    return Deadline(due=due, clock=clock, kind=rule.kind, says=rule.says, assumes="; ".join(assumes))
