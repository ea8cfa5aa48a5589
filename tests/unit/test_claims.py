"""Claims: what one says against its row is never lost, in memory or in the record."""

from dataclasses import replace

import pytest

from broker.consent.decide import decide
from broker.consent.facts import Facts, recorded
from broker.consent.law.policy import POLICY
from broker.schemas.claims import Article6, Claim, Life, NoConsent, NotAsked, Subject, Whose
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


NONE, NOTHING = Claim(article_6=None), Claim()


def claiming(claim: Claim) -> Facts:
    return replace(ISSUED, claimed=claim)


def test_claiming_none_is_not_saying_nothing() -> None:
    assert NONE != NOTHING
    assert len({NONE, NOTHING, Claim(article_6=None), Claim(article_6=Article6.PUBLIC_TASK)}) == 3
    assert claiming(NONE) != claiming(NOTHING)
    assert NONE != "a claim"


@pytest.mark.parametrize("order", [(NONE, NOTHING), (NOTHING, NONE)], ids=["none first", "nothing first"])
def test_what_was_decided_of_one_is_not_taken_for_the_other(order: tuple[Claim, Claim]) -> None:
    shared = {
        one.article_6 is None and bool(one.model_fields_set): decide(claiming(one), POLICY, NIGHT).shared
        for one in order
    }
    assert shared == {True: False, False: True}


@pytest.mark.parametrize(
    "claim",
    [NONE, NOTHING, Claim(necessity=False), Claim(subjects=(Whose(subject=Subject.CHILD),)), POLICY.bases[0].claim],
    ids=["none", "nothing", "no", "nested", "whole"],
)
def test_a_claim_is_recorded_as_it_was_made(claim: Claim) -> None:
    facts = replace(claiming(claim), recipient_claimed=claim)
    back = recorded(facts.coded())
    assert back == facts
    assert back.claimed is not None
    assert back.claimed.model_fields_set == claim.model_fields_set
