"""The only place that asks what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is that one place


def step(file: Path, to: datetime) -> None:
    """Make every `unsafe_stepped_clock` on this file say `to` now. Whole or not at all: others are reading it."""
    draft = file.with_suffix(".new")
    draft.write_text(str((to - system_clock()).total_seconds()))
    draft.replace(file)


def unsafe_stepped_clock(file: Path) -> Clock:
    """System time plus the seconds written in `file`, so that a demonstration can let an hour pass."""

    def now() -> datetime:
        return system_clock() + timedelta(seconds=float(file.read_text()))

    return now
