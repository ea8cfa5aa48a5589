"""Claims: what one says against its row is never lost, in memory or in the record."""

from dataclasses import replace

from broker.consent.decide import decide
from broker.consent.facts import recorded
from broker.consent.law.policy import POLICY
from broker.schemas.claims import Claim, Life, NoConsent, NotAsked, Subject, Whose
from tests.facts import ISSUED
from tests.personas import NIGHT
from tests.rule_cases import REFUSE, SHARE

DENIES = Claim(necessity=False)


def test_a_claim_that_denies_is_not_one_that_is_silent() -> None:
    assert Claim() != DENIES
    assert Claim(necessity=False) == DENIES
    assert hash(Claim(necessity=False)) == hash(DENIES)
    assert DENIES != "a claim"


def test_a_decision_that_is_remembered_is_not_that_of_a_silent_claim() -> None:
    silent, denying = (decide(replace(ISSUED, claimed=one), POLICY, NIGHT) for one in (Claim(), DENIES))
    assert (silent.outcome, denying.outcome) == (SHARE, REFUSE)


def test_what_a_claim_denies_is_in_the_record() -> None:
    said = Claim(
        necessity=False,
        schedule_1=(),
        not_asked=(NotAsked(subject=Subject.CHILD, because=NoConsent.CANNOT_BE_GIVEN),),
    )
    facts = replace(ISSUED, claimed=said, recipient_claimed=DENIES)
    assert facts.coded()["recipient_claimed"] == {"necessity": False}
    assert recorded(facts.coded()) == facts
    assert recorded(ISSUED.coded()) == ISSUED


def test_the_living_are_counted_one_by_one() -> None:
    two = Claim(
        subjects=(
            Whose(subject=Subject.SIBLING),
            Whose(subject=Subject.SIBLING),
            Whose(subject=Subject.CHILD, life=Life.DECEASED, personal_data=False),
        )
    )
    assert two.living == {Subject.SIBLING: 2}
