"""Decide again what was decided: from the coded facts of a decision record, under the policy that it names, or another.

A decision record is the body of an `audit` record. It holds codes, public ids and names of fields: no content.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from broker import words
from broker.consent.facts import Facts, recorded
from broker.consent.law.policy import Policy
from broker.judge import settle
from broker.schemas.catalogue import BY_TYPE

Json = Mapping[str, Any]
DECISIONS = ("decision", "decision-anew")
"""What an audit body is called that holds decisions."""


class Unreadable(ValueError):  # noqa: N818 - it says of a record that it is
    """A record that this release cannot decide again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was decided for one recipient, in codes: outcome, what each rule found, bases, what was shown."""

    outcome: str
    found: tuple[tuple[str, str], ...]
    basis: Json
    shown: frozenset[str]
    withheld: frozenset[tuple[str, str]]

    def differs(self, other: "Verdict") -> dict[str, dict[str, Any]]:
        """What is not the same -> before, after."""
        made: dict[str, dict[str, Any]] = {}
        if self.outcome != other.outcome:
            made["outcome"] = {"before": self.outcome, "after": other.outcome}
        if self.found != other.found:
            made["rules"] = {"before": _rules(self), "after": _rules(other)}
        for end in ("sender", "recipient"):
            was, becomes = self.basis.get(end), other.basis.get(end)
            if was != becomes:
                made[f"{end}'s basis"] = {"before": was, "after": becomes}
        if self.shown != other.shown:
            made["shown"] = {"lost": sorted(self.shown - other.shown), "gained": sorted(other.shown - self.shown)}
        if self.withheld != other.withheld:
            made["withheld"] = {
                "before": [list(one) for one in sorted(self.withheld - other.withheld)],
                "after": [list(one) for one in sorted(other.withheld - self.withheld)],
            }
        return made


def _rules(verdict: Verdict) -> list[str]:
    return [f"{rule}: {outcome}" for rule, outcome in verdict.found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One recipient's decision as it is on record."""

    message: str
    sender: str
    recipient: str
    type: str
    at: datetime
    policy: str
    rules: str
    registry: str
    given: tuple[str, ...]
    facts: Facts
    verdict: Verdict

    def again(self, policy: Policy, now: datetime | None = None) -> Verdict:
        """What would be decided by this policy, at the time of the record or another."""
        decision, shown = settle(BY_TYPE[self.type], self.facts, self.given, policy, now or self.at)
        withheld = {(one.field, one.rule) for one in shown.withheld} if decision.shared else set()
        return Verdict(
            outcome=decision.outcome.value,
            found=tuple((one.rule, one.outcome.value) for one in decision.findings),
            basis=words.bases(decision),
            shown=shown.fields if decision.shared else frozenset(),
            withheld=frozenset(withheld),
        )


def read(body: Json) -> list[Recorded]:
    """The decisions in one audit body, recipient by recipient; none if it is about something else.

    Raises Unreadable: it was made by another release, or is no record.
    """
    if body.get("is") not in DECISIONS:
        return []
    if body.get("type") not in BY_TYPE:
        raise Unreadable("it is of a message type that this release does not carry")
    try:
        return [_one(body, one) for one in body["recipients"]]
    except (KeyError, TypeError, AttributeError, ValueError):
        raise Unreadable("it lacks something, or holds facts that this release does not know") from None


def _one(body: Json, one: Json) -> Recorded:
    return Recorded(
        message=str(body["message"]),
        sender=str(body["from"]),
        recipient=str(one["organisation"]),
        type=body["type"],
        at=datetime.fromisoformat(body["at"]),
        policy=str(body["policy"]),
        rules=str(body["rules"]),
        registry=str(body["registry"]),
        given=tuple(body["given"]),
        facts=recorded(one["facts"]),
        verdict=Verdict(
            outcome=str(one["outcome"]),
            found=tuple((found["rule"], found["outcome"]) for found in one["findings"]),
            basis=one["basis"],
            shown=frozenset(one["shown"]),
            withheld=frozenset((field["field"], field["rule"]) for field in one["withheld"]),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One recorded decision that another policy would decide differently."""

    record: Recorded
    before: Verdict
    after: Verdict

    @property
    def as_json(self) -> dict[str, Any]:
        """In codes."""
        return {
            "message": self.record.message,
            "from": self.record.sender,
            "to": self.record.recipient,
            "type": self.record.type,
            "at": self.record.at.isoformat(),
            "gained": sorted(self.after.shown - self.before.shown),
            "lost": sorted(self.before.shown - self.after.shown),
            "differs": self.before.differs(self.after),
        }


def compare(old: Policy, new: Policy, records: Iterable[Recorded], now: datetime | None = None) -> list[Change]:
    """Every recorded decision whose outcome, basis or shown fields differ between two policies."""
    return list(_changes(old, new, records, now))


def _changes(old: Policy, new: Policy, records: Iterable[Recorded], now: datetime | None) -> Iterator[Change]:
    for one in records:
        before, after = one.again(old, now), one.again(new, now)
        if before.differs(after):
            yield Change(record=one, before=before, after=after)


def read_all(bodies: Sequence[Json]) -> tuple[list[Recorded], int]:
    """All decisions in these bodies, and how many bodies this release cannot decide again."""
    found: list[Recorded] = []
    unreadable = 0
    for body in bodies:
        try:
            found += read(body)
        except Unreadable:
            unreadable += 1
    return found, unreadable
