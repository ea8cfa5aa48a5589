from datetime import UTC, date, datetime, time, timedelta

import pytest

from broker.consent.clocks import BANK_HOLIDAYS, Deadline, DeadlineKind, deadline, is_working_day
from broker.schemas.message import Clock

OPENS = time(8, 40)
OFFICER = Clock.DESIGNATED_OFFICER
SCHOOL, MORNING, HOUR, AT_ONCE = Clock.SCHOOL_DAY, Clock.WORKING_MORNING, Clock.ONE_HOUR, Clock.AT_ONCE


def due(clock: Clock, start: str, opens: time = OPENS) -> Deadline:
    made = deadline(clock, start=datetime.fromisoformat(start).astimezone(UTC), opens=opens)
    assert made is not None
    return made


# Times are London's, as a reader of the calendar would write them.
@pytest.mark.parametrize(
    ("says", "clock", "start", "at"),
    [
        ("Thursday night: Friday's first session", SCHOOL, "2026-11-19T22:15+00:00", "2026-11-20T08:40+00:00"),
        ("08:10, school opens 08:40: in half an hour", SCHOOL, "2026-11-20T08:10+00:00", "2026-11-20T08:40+00:00"),
        ("one minute before the session", SCHOOL, "2026-11-20T08:39+00:00", "2026-11-20T08:40+00:00"),
        ("at the session itself: the next day's", SCHOOL, "2026-11-19T08:40+00:00", "2026-11-20T08:40+00:00"),
        ("Friday 23:00: Monday", SCHOOL, "2026-11-20T23:00+00:00", "2026-11-23T08:40+00:00"),
        ("Saturday: Monday", SCHOOL, "2026-11-21T12:00+00:00", "2026-11-23T08:40+00:00"),
        ("Friday before a bank holiday: Tuesday", SCHOOL, "2026-05-01T23:00+01:00", "2026-05-05T08:40+01:00"),
        ("Maundy Thursday: the Tuesday after Easter", SCHOOL, "2026-04-02T20:00+01:00", "2026-04-07T08:40+01:00"),
        ("Christmas Eve: 29 December", SCHOOL, "2026-12-24T18:00+00:00", "2026-12-29T08:40+00:00"),
        ("the night the clocks go back", SCHOOL, "2026-10-25T00:30+01:00", "2026-10-26T08:40+00:00"),
        ("the hour that comes twice", SCHOOL, "2026-10-25T01:30+00:00", "2026-10-26T08:40+00:00"),
        ("the night the clocks go forward", SCHOOL, "2027-03-28T00:59+00:00", "2027-03-30T08:40+01:00"),
        ("after midnight here, yesterday in UTC", SCHOOL, "2026-06-12T00:10+01:00", "2026-06-12T08:40+01:00"),
        ("given with an offset from elsewhere", SCHOOL, "2026-11-20T03:10-05:00", "2026-11-20T08:40+00:00"),
        ("New Year's Eve", MORNING, "2026-12-31T23:30+00:00", "2027-01-04T08:40+00:00"),
        ("a council on Friday night", MORNING, "2026-11-20T23:00+00:00", "2026-11-23T08:40+00:00"),
        ("an hour is an hour at night", HOUR, "2026-11-21T02:00+00:00", "2026-11-21T03:00+00:00"),
        ("an hour is an hour when clocks go back", HOUR, "2026-10-25T01:30+01:00", "2026-10-25T01:30+00:00"),
        ("an hour is an hour when clocks go forward", HOUR, "2027-03-28T00:30+00:00", "2027-03-28T02:30+01:00"),
        ("at once while open: within the hour", AT_ONCE, "2026-11-20T08:40+00:00", "2026-11-20T09:40+00:00"),
        ("at once just before closing", AT_ONCE, "2026-11-20T15:59+00:00", "2026-11-20T16:59+00:00"),
        ("at once after closing: when it opens", AT_ONCE, "2026-11-20T16:00+00:00", "2026-11-23T08:40+00:00"),
        ("at once before it opens: when it opens", AT_ONCE, "2026-11-20T08:10+00:00", "2026-11-20T08:40+00:00"),
        ("the designated officer: one working day", OFFICER, "2026-11-19T22:15+00:00", "2026-11-20T17:00+00:00"),
        ("counted from the day after", OFFICER, "2026-11-19T08:00+00:00", "2026-11-20T17:00+00:00"),
        ("not at the weekend", OFFICER, "2026-11-20T23:00+00:00", "2026-11-23T17:00+00:00"),
        ("nor on a bank holiday", OFFICER, "2026-05-02T12:00+01:00", "2026-05-05T17:00+01:00"),
        ("at once on a bank holiday", AT_ONCE, "2026-05-04T11:00+01:00", "2026-05-05T08:40+01:00"),
    ],
)  # fmt: skip
def test_when_it_is_due(says: str, clock: Clock, start: str, at: str) -> None:
    assert due(clock, start).due == datetime.fromisoformat(at), says


def test_each_setting_has_its_own_session() -> None:
    assert [due(SCHOOL, "2026-11-20T08:50+00:00", opens).due.hour for opens in (OPENS, time(9, 15))] == [8, 9]


@pytest.mark.parametrize(
    ("clock", "kind", "assumes"),
    [
        (SCHOOL, DeadlineKind.SCHEME_TARGET, "no term dates"),
        (AT_ONCE, DeadlineKind.PROPOSAL, "no term dates"),
        (OFFICER, DeadlineKind.GUIDANCE, ""),
        (MORNING, DeadlineKind.PROPOSAL, ""),
        (HOUR, DeadlineKind.PROPOSAL, ""),
    ],
)
def test_a_deadline_says_by_what_authority_and_what_it_assumes(clock: Clock, kind: DeadlineKind, assumes: str) -> None:
    made = due(clock, "2026-11-20T12:00+00:00")
    assert (made.kind, made.clock) == (kind, clock)
    assert made.says
    assert assumes in made.assumes
    assert bool(made.assumes) is bool(assumes)


def test_a_deadline_past_the_known_bank_holidays_says_so() -> None:
    assert "bank holidays after 2028" in due(MORNING, "2028-12-29T12:00+00:00", time(8)).assumes
    assert due(MORNING, "2028-12-28T12:00+00:00", time(8)).assumes == ""


def test_some_messages_have_no_deadline() -> None:
    assert deadline(Clock.NONE, start=datetime(2026, 11, 20, tzinfo=UTC), opens=OPENS) is None


@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_every_year_has_its_eight_bank_holidays_all_on_weekdays(year: int) -> None:
    days = [day for day in BANK_HOLIDAYS if day.year == year]
    assert len(days) == 8
    assert all(day.weekday() < 5 for day in days)


def test_a_working_day_is_a_weekday_that_is_no_holiday() -> None:
    monday = date(2026, 8, 24)
    assert [is_working_day(monday + timedelta(days=n)) for n in range(8)] == [True] * 5 + [False] * 3
