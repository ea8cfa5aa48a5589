"""Offence data: what the labels make of a message, and that both tests are asked of it."""

from dataclasses import replace

import pytest

from broker.consent.decide import decide
from broker.consent.facts import Facts
from broker.consent.law.policy import POLICY
from broker.judge import judge
from broker.schemas.catalogue import BY_TYPE
from broker.state import Case
from tests.facts import ISSUED
from tests.fixed import REGISTRY, documents, parsed
from tests.personas import MET, NIGHT
from tests.rule_cases import Change, claims


def facts_of(type_name: str, *, without: tuple[str, ...] = ()) -> Facts:
    """What the broker holds of the fixed message of that type, without these fields."""
    document = next(whole for name, (whole, _) in documents().items() if type_name in name)
    content = {name: value for name, value in document["content"].items() if name not in without}
    submission = parsed({**document, "content": content})
    sender = REGISTRY.get(MET)
    assert sender is not None
    judged = judge(
        submission,
        BY_TYPE[submission.type],
        submission.to[:1],
        Case(owner=MET, id=str(submission.case)),
        sender=sender,
        registry=REGISTRY,
        policy=POLICY,
        now=NIGHT,
    )
    return judged[0].facts


ALLEGED = ("connections", "circumstances", "adults", "referralMade", "priorNotificationRef")
PROHIBITED = (
    "doNotTell",
    "settingSafetyCondition",
)


def test_an_allegation_is_offence_data() -> None:
    """A10-01: by its label, without any conviction; a live prohibition too."""
    assert facts_of("notification-issued").criminal_offence
    assert facts_of("notification-issued", without=ALLEGED).criminal_offence
    assert facts_of("notification-issued", without=PROHIBITED).criminal_offence
    bare = facts_of("notification-issued", without=ALLEGED + PROHIBITED)
    assert not bare.criminal_offence
    assert bare.special_category  # that the child was there is handled as special-category data, not as an offence


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        (claims(article_9=None, article_10=None), {"A9-01", "A10-02"}),
        (claims(article_9=None), {"A9-01"}),
        (claims(article_10=None), {"A10-02"}),
        ({}, set()),
    ],
    ids=str,
)
def test_what_is_both_needs_both(change: Change, missing: set[str]) -> None:
    """A10-05."""
    facts = replace(ISSUED, special_category=True, criminal_offence=True, **change)
    found = {one.rule for one in decide(facts, POLICY, NIGHT).findings}
    assert found & {"A9-01", "A10-02"} == missing
