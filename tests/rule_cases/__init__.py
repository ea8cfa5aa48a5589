"""Cases by which every machine-checked rule is shown to bite where it must, and not in the nearest case beside it."""

from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from broker.consent.facts import Facts
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


def claims(**given: Any) -> Change:  # noqa: ANN401 - any field of a claim
    """The sender claims this beyond, or against, its row."""
    return {"claimed": Claim(**given)}


def recipient_claims(**given: Any) -> Change:  # noqa: ANN401 - any field of a claim
    """The recipient has registered this beyond, or against, its row."""
    return {"recipient_claimed": Claim(**given)}
