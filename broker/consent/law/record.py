"""What every record of the law has: dates, whose law it is, where it was read, and who has confirmed it."""

from dataclasses import dataclass
from datetime import date

from broker.registry import Nation

ENGLAND = frozenset({Nation.ENGLAND})
WALES = frozenset({Nation.WALES})
ENGLAND_AND_WALES = ENGLAND | WALES


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One dated record. `in_force_from` None: on the statute book, but off until a source says when it began."""

    code: str
    title: str
    in_force_from: date | None
    in_force_to: date | None = None
    jurisdiction: frozenset[Nation] = ENGLAND_AND_WALES
    source: str
    mark: str
    confirmed_by: str | None = None

    def in_force(self, day: date) -> bool:
        """Whether it can be cited on this day."""
        begun = self.in_force_from is not None and self.in_force_from <= day
        return begun and (self.in_force_to is None or day < self.in_force_to)
