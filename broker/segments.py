"""Which segments of free text go to one recipient: as the screening says, or as the sender's human has cleared them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from broker.schemas.message import Block
from broker.screening.verdict import State
from broker.statement import Kept, Statement

NOT_READ = "TXT-8"
"""The rule where no other is named."""


class Segment(Block):
    """What became of one segment. `text`: the broker's wording, if it put one in its place."""

    state: State
    rules: tuple[Annotated[str, Field(pattern=r"^TXT-[0-9]$")], ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goes:
    """What of the free text goes to one recipient.

    `signed`: segments as the sender signed them. `wording`: of each field that goes in any part, the broker's wording
    of each segment it replaced, and None for a signed one, in their order; what is kept back is not among it.
    `stays`: what is kept back, as `circumstances/2`. `rules`: by field, why.
    """

    signed: Kept
    wording: Mapping[str, tuple[str | None, ...]]
    stays: tuple[str, ...]
    rules: Mapping[str, tuple[str, ...]]

    @property
    def fields(self) -> frozenset[str]:
        """Of which anything goes."""
        return frozenset(self.wording)

    @property
    def why(self) -> Mapping[str, str]:
        """By field, the first rule by which not all of it goes as it was signed."""
        return {name: rules[0] for name, rules in self.rules.items()}

    @property
    def stays_by(self) -> tuple[str, ...]:
        """The rule of each segment that is kept back."""
        return tuple(self.why[name.partition("/")[0]] for name in self.stays)


def _rules(one: Segment) -> tuple[str, ...]:
    """Why it does not go as it was signed. Of one that is kept back and names no rule: it could not be read."""
    return one.rules or (() if one.state is State.CLEAR else (NOT_READ,))


def by_verdict(fields: Mapping[str, Sequence[Segment]], allowed: frozenset[str]) -> Goes:
    """What goes by what the screening says. `allowed`: fields that this recipient may see today."""
    signed, wording, stays, rules = {}, {}, [], {}
    for name, parts in fields.items():
        if name not in allowed:
            continue
        clear = frozenset(number for number, one in enumerate(parts, 1) if one.state is State.CLEAR)
        said = tuple(one.text or None for one in parts if one.state is not State.WITHHELD)
        if clear:
            signed[name] = clear
        if said:
            wording[name] = said
        stays += [f"{name}/{number}" for number, one in enumerate(parts, 1) if one.state is State.WITHHELD]
        if found := sorted({rule for one in parts for rule in _rules(one)}):
            rules[name] = tuple(found)
    return Goes(signed=signed, wording=wording, stays=tuple(stays), rules=rules)


def as_signed(statement: Statement, names: frozenset[str], only: Sequence[str]) -> Goes:
    """What goes when the sender's human has cleared it. `only`: those segments; none: all of these fields."""
    signed: dict[str, frozenset[int]] = {}
    for name in sorted(names):
        every = range(1, len(statement.segments.get(name, (None,))) + 1)
        if numbers := frozenset(number for number in every if not only or f"{name}/{number}" in only):
            signed[name] = numbers
    wording = {name: (None,) * len(numbers) for name, numbers in signed.items()}
    return Goes(signed=signed, wording=wording, stays=(), rules={})
