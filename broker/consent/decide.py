"""Decide whether one message may reach one recipient, and why: facts, policy and time in, a decision out."""

from dataclasses import dataclass, replace
from datetime import datetime

from broker.consent.facts import Facts
from broker.consent.law import Basis, Policy
from broker.consent.rules import RELEASES, RULES, Finding
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.terms import Outcome

SEVERITY = (Outcome.SHARE, Outcome.SHARE_WITH_WARNING, Outcome.HOLD, Outcome.REFUSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of one message for one recipient. Both bases are there whenever it is shared."""

    outcome: Outcome
    findings: tuple[Finding, ...]
    sender_basis: Basis | None
    recipient_basis: Basis | None

    @property
    def shared(self) -> bool:
        """Whether the recipient gets its copy."""
        return self.outcome in (Outcome.SHARE, Outcome.SHARE_WITH_WARNING)


def _released(found: Finding, facts: Facts) -> Finding:
    """A hold that the sender's role holder has let go is a warning."""
    if found.outcome is Outcome.HOLD and facts.released in RELEASES.get(found.rule, ()):
        return replace(found, outcome=Outcome.SHARE_WITH_WARNING)
    return found


def decide(facts: Facts, policy: Policy, now: datetime) -> Decision:
    """Apply every rule; the gravest finding is the outcome. Without a complete basis at both ends nothing is shared."""
    findings = tuple(_released(found, facts) for rule in RULES if (found := rule(facts, policy, now)))
    outcome = max((found.outcome for found in findings), key=SEVERITY.index, default=Outcome.SHARE)
    view = BY_TYPE[facts.type].views.get(facts.recipient_role)
    sender = recipient = None
    if view is not None and facts.recipient is not None and facts.recipient_nation is not None:
        sender = policy.basis(
            view.sender_basis.get(facts.sender, ""),
            kind=facts.sender,
            nation=facts.sender_nation,
            independent=facts.sender_independent,
            day=now.date(),
        )
        recipient = policy.basis(
            view.recipient_basis,
            kind=facts.recipient,
            nation=facts.recipient_nation,
            independent=facts.recipient_independent,
            day=now.date(),
        )
    decision = Decision(outcome=outcome, findings=findings, sender_basis=sender, recipient_basis=recipient)
    if decision.shared and (sender is None or recipient is None):
        raise AssertionError("no rule stopped a share without a basis at both ends")
    return decision
