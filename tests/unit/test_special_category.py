"""The policy document: who is told what in which words."""

from dataclasses import replace

import pytest

from broker.consent.decide import decide
from broker.consent.facts import Facts, Paper
from broker.consent.law.policy import POLICY
from broker.consent.rules.special_category import TO_AN_AUTHORITY, TO_HEALTH_OR_CARE, TO_OTHERS
from broker.schemas.claims import Claim, Schedule1, Urgency
from broker.schemas.terms import Outcome, Release
from tests.facts import ISSUED, RECEIPT, TO_COUNCIL
from tests.personas import NIGHT
from tests.rule_cases import HOLD, REFUSE, SHARE, WARN, Change, claims


def found(facts: Facts) -> dict[str, Outcome]:
    return {one.rule: one.outcome for one in decide(facts, POLICY, NIGHT).findings}


@pytest.mark.parametrize(
    ("facts", "cure"),
    [(RECEIPT, TO_AN_AUTHORITY), (TO_COUNCIL, TO_HEALTH_OR_CARE), (ISSUED, TO_OTHERS)],
    ids=["to the police", "to a council", "to a school"],
)
def test_without_a_document_the_cure_fits_the_recipient(facts: Facts, cure: str) -> None:
    """APD-04: paragraph 10(2), paragraph 2 with (h), 9(2)(c) and 9(2)(f), in that order, as far as each can work."""
    decision = decide(replace(facts, sender_document=Paper.NONE), POLICY, NIGHT)
    assert [(one.rule, one.outcome, one.cure) for one in decision.findings] == [("APD-01", REFUSE, cure)]
    ways = [cure.find(way) for way in ("10(2)", "9(2)(h)", "9(2)(c)", "9(2)(f)")]
    possible = [at for at in ways if at >= 0]
    assert possible == sorted(possible)
    assert len(possible) == {TO_AN_AUTHORITY: 4, TO_HEALTH_OR_CARE: 3, TO_OTHERS: 2}[cure]


def test_paragraph_10_to_the_police_is_shared_without_a_document() -> None:
    said = claims(schedule_1=(Schedule1.PARA_10, Schedule1.PARA_36))
    facts = replace(RECEIPT, **said, sender_document=Paper.NONE)
    assert decide(facts, POLICY, NIGHT).outcome is SHARE


@pytest.mark.parametrize(
    "change",
    [
        {"sender_document": Paper.NONE},
        {"sender_document": Paper.LAPSED},
        {"sender_document": Paper.ANOTHERS},
        {"recipient_document": Paper.NONE},
        {"recipient_document": Paper.LAPSED},
        {"recipient_document": Paper.ANOTHERS},
    ],
    ids=str,
)
def test_a_missing_paper_never_keeps_an_urgent_message_for_good(change: Change) -> None:
    """It is held; the sender's role holder can break the glass, and it goes with a warning."""
    urgent = replace(ISSUED, claimed=Claim(urgency=Urgency.URGENT), **change)
    assert decide(urgent, POLICY, NIGHT).outcome is HOLD
    assert decide(replace(urgent, released=Release.BREAK_GLASS), POLICY, NIGHT).outcome is WARN


def test_a_document_past_its_grace_says_what_to_do_and_what_would_do_without() -> None:
    assert found(replace(ISSUED, sender_document=Paper.LAPSED)) == {"APD-01": HOLD, "APD-03": HOLD}
    assert found(replace(ISSUED, sender_document=Paper.REVIEW_SOON)) == {}


def test_of_the_recipients_document_the_sender_is_told_whose_it_is() -> None:
    decision = decide(replace(ISSUED, recipient_document=Paper.LAPSED), POLICY, NIGHT)
    assert [one.rule for one in decision.findings] == ["APD-01", "APD-03"]
    assert all(one.reason.startswith("At the recipient's side: ") for one in decision.findings)
    assert all(one.field == "to.organisation" for one in decision.findings)
