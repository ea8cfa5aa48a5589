"""What a message claims is laid over the row: to claim none of something is another thing than to say nothing of it."""

from dataclasses import replace

import pytest

from broker.consent.decide import decide
from broker.consent.facts import Facts, recorded
from broker.consent.law.policy import POLICY
from broker.schemas.claims import Article6, Claim, Subject, Whose
from tests.facts import ISSUED
from tests.personas import NIGHT

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
