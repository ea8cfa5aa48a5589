"""Decide whether one message may reach one recipient, and why: facts, policy and time in, a decision out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache

from broker.consent.clocks import day_of_law
from broker.consent.facts import Facts
from broker.consent.law.bases import Basis
from broker.consent.law.policy import Policy
from broker.consent.rulebook import Finding, Question, Rule, ends
from broker.consent.rules import RULES
from broker.schemas.terms import Outcome, Release, Scope

SEVERITY = (Outcome.SHARE, Outcome.SHARE_WITH_WARNING, Outcome.HOLD, Outcome.REFUSE)
REMEMBERED = 4096
"""Decisions kept by their facts: few differ, because facts are codes. It bounds memory, not what can be decided."""
BY_BREAKING_THE_GLASS = frozenset({Release.BREAK_GLASS})
IF_IT_CANNOT_WAIT = (
    " It is urgent, so it is held and not refused: if it cannot wait for that, a role holder of yours lets it go with "
    "hold-released, by breaking the glass."
)
"""What is added to the cure of a refusal that has become a hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of one message for one recipient. Both bases are there whenever it is shared.

    `removed`: fields that may not go though the rest does -> the rule of scope element that says so.
    """

    outcome: Outcome
    findings: tuple[Finding, ...]
    sender_basis: Basis | None
    recipient_basis: Basis | None
    removed: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def shared(self) -> bool:
        """Whether the recipient gets its copy."""
        return self.outcome in (Outcome.SHARE, Outcome.SHARE_WITH_WARNING)


def decide(facts: Facts, policy: Policy, now: datetime) -> Decision:
    """Apply every rule; the gravest finding is the outcome. Without a complete basis at both ends nothing is shared.

    The same facts on the same day under the same policy are decided once.
    """
    return _decided(facts, policy, day_of_law(now))


@lru_cache(maxsize=REMEMBERED)
def _decided(facts: Facts, policy: Policy, day: date) -> Decision:
    return decide_by(RULES, facts, policy, day)


def decide_by(rules: Iterable[Rule], facts: Facts, policy: Policy, day: date) -> Decision:
    """The same, by these rules and afresh."""
    row, own, sender, recipient = ends(facts, policy, day)
    question = Question(facts=facts, policy=policy, day=day, sender=sender, recipient=recipient)
    findings = tuple([_settled(found, rule, question) for rule in rules for found in rule.find(question)])
    whole = [found.outcome for found in findings if found.scope is not Scope.ELEMENT]
    removed = {found.field.removeprefix("content."): found.rule for found in findings if found.scope is Scope.ELEMENT}
    least = Outcome.SHARE_WITH_WARNING if removed else Outcome.SHARE
    outcome = max([least, *whole], key=SEVERITY.index)
    decision = Decision(outcome=outcome, findings=findings, sender_basis=row, recipient_basis=own, removed=removed)
    if decision.shared and (row is None or own is None):
        raise AssertionError("no rule stopped a share without a basis at both ends")
    return decision


def _settled(found: Finding, rule: Rule, question: Question) -> Finding:
    """Urgent: what a person could cure is held, not refused. Released by the sender's role holder: a warning."""
    releases = rule.released_by
    if found.outcome is Outcome.REFUSE and found.scope is not Scope.ELEMENT and rule.curable and question.urgent:
        found = replace(found, outcome=Outcome.HOLD, cure=found.cure + IF_IT_CANNOT_WAIT)
        releases = BY_BREAKING_THE_GLASS
    if found.outcome is Outcome.HOLD and question.facts.released in releases:
        return replace(found, outcome=Outcome.SHARE_WITH_WARNING)
    return replace(found, released_by=releases) if found.outcome is Outcome.HOLD and releases else found
