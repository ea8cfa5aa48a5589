"""Cases by which every machine-checked rule is shown to bite where it must, and not in the nearest case beside it."""

from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from broker.consent.decide import decide_by
from broker.consent.facts import Facts
from broker.consent.law.policy import POLICY
from broker.consent.rulebook import Rule
from broker.consent.rules import RULES
from broker.schemas.claims import Claim
from broker.schemas.terms import Outcome
from tests.personas import NIGHT

SHARE, WARN, HOLD, REFUSE = Outcome.SHARE, Outcome.SHARE_WITH_WARNING, Outcome.HOLD, Outcome.REFUSE
Change = dict[str, Any]


class Case(NamedTuple):
    """`change` to `facts` makes `rule` bite with `outcome`; `near` is the nearest change with which it does not.

    `on`: the day on which it bites; what is near is of the usual day.
    """

    rule: str
    says: str
    facts: Facts
    change: Change
    outcome: Outcome
    near: Change
    on: date = NIGHT.date()

    @property
    def bitten(self) -> Facts:
        return replace(self.facts, **self.change)

    @property
    def spared(self) -> Facts:
        return replace(self.facts, **self.near)

    def holds(self, *, mutated_to: bool | None = None) -> bool:
        """Whether the rule bites there and not here, as it is or as one that always permits or always bites."""
        rules = mutant(RULES, self.rule, mutated_to)
        try:
            bitten = decide_by(rules, self.bitten, POLICY, self.on)
            spared = decide_by(rules, self.spared, POLICY, NIGHT.date())
        except AssertionError:
            return False  # nothing may be shared without a basis at both ends
        found = {one.outcome for one in bitten.findings if one.rule == self.rule}
        return self.outcome in found and all(one.rule != self.rule for one in spared.findings)


def mutant(rules: tuple[Rule, ...], rule_id: str, bites: bool | None) -> tuple[Rule, ...]:  # noqa: FBT001 - as above
    """The rules, one of which always bites, or never does; None: as they are."""
    if bites is None:
        return rules
    return tuple(replace(rule, bites=lambda _: bites) if rule.id == rule_id else rule for rule in rules)


def claims(**given: Any) -> Change:  # noqa: ANN401 - any field of a claim
    """The sender claims this beyond, or against, its row."""
    return {"claimed": Claim(**given)}


def recipient_claims(**given: Any) -> Change:  # noqa: ANN401 - any field of a claim
    """The recipient has registered this beyond, or against, its row."""
    return {"recipient_claimed": Claim(**given)}
