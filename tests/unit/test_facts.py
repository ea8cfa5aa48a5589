"""Facts are kept as codes and read back, so that a decision can be replayed."""

from dataclasses import replace

import pytest

from broker.consent.decide import decide
from broker.consent.facts import Doubt, recorded
from broker.consent.law.policy import POLICY
from broker.schemas.claims import Bar, Barred, Claim
from broker.schemas.terms import Kind, Outcome
from tests.facts import HANDOVER, ISSUED, RECEIPT
from tests.personas import NIGHT
from tests.rule_cases.every import CASES

BARRED = Claim(barred=(Barred(field="childVoice", bar=Bar.COURT_PAPERS),))


@pytest.mark.parametrize(
    "facts",
    [ISSUED, HANDOVER, RECEIPT, replace(ISSUED, claimed=BARRED, doubts=(Doubt.KEY_REVOKED,), recipient=None)],
    ids=["issued", "handover", "receipt", "claimed"],
)
def test_what_is_recorded_is_read_back_as_it_was(facts: object) -> None:
    assert recorded(facts.coded()) == facts  # type: ignore[attr-defined]


def test_every_case_of_a_rule_can_be_recorded() -> None:
    for case in CASES:
        assert recorded(case.bitten.coded()) == case.bitten


def test_facts_hold_codes_alone() -> None:
    coded = replace(ISSUED, claimed=BARRED).coded()
    assert coded["sender"] == Kind.POLICE.value
    assert coded["claimed"] == {"barred": [{"field": "childVoice", "bar": "family-court-papers"}]}


def test_to_deny_is_not_to_be_silent() -> None:
    """Decisions are remembered by their facts, so a claim that denies must not be taken for an empty one."""
    silent, denies = replace(ISSUED, claimed=Claim()), replace(ISSUED, claimed=Claim(article_6=None))
    assert decide(silent, POLICY, NIGHT).outcome is Outcome.SHARE
    assert decide(denies, POLICY, NIGHT).outcome is Outcome.REFUSE
    assert silent != denies
    assert Claim() != "a claim"


def test_what_is_not_facts_is_not_read() -> None:
    with pytest.raises(ValueError, match="sender"):
        recorded({**ISSUED.coded(), "sender": Outcome.HOLD})
