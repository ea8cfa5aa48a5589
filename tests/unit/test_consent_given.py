"""Consent: what wanting it does not stop, and that every id of the sections it stands among is kept somewhere."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from broker.consent.decide import decide
from broker.consent.facts import Facts
from broker.consent.law.policy import POLICY
from broker.consent.rulebook import Built
from broker.consent.rules import consent_given, offences, special_category
from broker.schemas.claims import Agreed, Article6, Claim, Urgency
from broker.schemas.terms import Outcome, Release
from tests.facts import ISSUED, RECEIPT, TO_COUNCIL
from tests.personas import NIGHT
from tests.rule_cases import HOLD, SHARE, WARN, claims

IDS = (
    *(f"CON-0{number}" for number in range(1, 10)),
    *(f"A9-0{number}" for number in range(1, 5)),
    *(f"S1-18{limb}" for limb in "abcd"),
    *(f"S1-{para}" for para in ("06", "01", "10", "12", "19", "08")),
    *(f"APD-0{number}" for number in range(1, 5)),
    *(f"A10-0{number}" for number in range(1, 7)),
)
BUILT: tuple[Built, ...] = (*special_category.BUILT, *offences.BUILT)


def test_every_id_of_sections_5_to_7_is_in_exactly_one_place() -> None:
    rules = (*consent_given.RULES, *special_category.RULES, *offences.RULES)
    kept = Counter([*(one.id for one in rules), *(one.id for one in BUILT)])
    assert set(kept.values()) == {1}
    assert set(kept) == {*IDS, "S1-17"}


@pytest.mark.parametrize("built", BUILT, ids=lambda built: built.id)
def test_what_is_built_in_names_a_test_that_stands(built: Built) -> None:
    file, name = built.test.split("::")
    assert f"def {name}(" in (Path(__file__).parents[2] / file).read_text(encoding="utf-8")
    assert (Path(__file__).parents[2] / built.where.split()[0].rstrip(":")).exists()


def test_a_service_that_is_refused_does_not_stop_the_sharing() -> None:
    """CON-06: the family is told, and the message goes on its own basis."""
    assert not decide(replace(ISSUED, **claims(agreement_to_service=True)), POLICY, NIGHT).findings


@pytest.mark.parametrize("facts", [ISSUED, TO_COUNCIL], ids=lambda facts: facts.type)
def test_nobodys_consent_is_needed_to_safeguard(facts: Facts) -> None:
    assert decide(facts, POLICY, NIGHT).outcome is SHARE
    assert facts.consent is None


def test_after_a_withdrawal_a_person_decides_whether_another_ground_stood_all_along() -> None:
    withdrawn = replace(ISSUED, consent=Agreed.WITHDRAWN)
    assert decide(withdrawn, POLICY, NIGHT).outcome is HOLD
    assert decide(replace(withdrawn, released=Release.RELEASE), POLICY, NIGHT).outcome is WARN


def test_consent_relied_on_beside_another_ground_is_found_once() -> None:
    found = decide(replace(ISSUED, consent=Agreed.EXPIRED), POLICY, NIGHT).findings
    assert [one.rule for one in found] == ["CON-04"]


def test_consent_that_does_not_stand_holds_an_urgent_message_and_does_not_refuse_it() -> None:
    said = Claim(article_6=Article6.CONSENT, urgency=Urgency.URGENT)
    facts = replace(RECEIPT, claimed=said, consent=Agreed.EXPIRED)
    found = {one.rule: one.outcome for one in decide(facts, POLICY, NIGHT).findings}
    assert found["CON-04"] is HOLD
    assert Outcome.REFUSE not in found.values()
