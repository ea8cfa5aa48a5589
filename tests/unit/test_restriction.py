"""Where the sender is exempt for reasons of crime, its recipient is told to tell nobody (TR-04)."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console
from rich.panel import Panel

from broker import show, words
from broker.consent.decide import decide
from broker.consent.facts import Facts
from broker.consent.law.policy import POLICY
from broker.schemas.claims import Claim, Urgency
from broker.schemas.terms import Kind, Release
from tests.facts import HANDOVER, INDEPENDENT_ANSWERS, ISSUED, RECEIPT
from tests.personas import ACLAND, HERTS, NIGHT, handover, notification
from tests.world import World

RESTRICTED = {"tell": "nobody", "exemption": "sch2-para-2", "recipient": "exempt-to-the-same-extent"}
SILENT = Claim(restriction_travels=False, urgency=Urgency.URGENT)


def shown(opened: Panel) -> str:
    out = StringIO()
    Console(file=out, width=160).print(opened)
    return out.getvalue()


def test_a_force_that_takes_over_reads_in_its_cover_that_nobody_is_told(world: World) -> None:
    (opened,) = world.opened(world.carry(handover()), HERTS)
    assert opened.body["restriction"] == RESTRICTED
    text = shown(show.delivery({"body": opened.body, "content": opened.content}, world.registry))
    assert "tell nobody" in text
    assert "sch2-para-2" in text


def test_a_school_reads_of_no_exemption_that_its_sender_does_not_claim(world: World) -> None:
    (opened,) = world.opened(world.carry(notification()), ACLAND)
    assert opened.body["restriction"] is None
    assert "tell nobody" not in shown(show.delivery({"body": opened.body, "content": opened.content}, world.registry))


@pytest.mark.parametrize("facts", [ISSUED, RECEIPT, INDEPENDENT_ANSWERS], ids=lambda facts: facts.cited_basis)
def test_who_claims_no_exemption_restricts_nobody(facts: Facts) -> None:
    assert words.restriction(decide(facts, POLICY, NIGHT)) is None


def test_without_a_basis_there_is_no_exemption() -> None:
    assert words.restriction(decide(replace(HANDOVER, sender=Kind.SCHOOL), POLICY, NIGHT)) is None


def test_a_restriction_that_its_sender_forgot_travels_if_a_person_lets_the_message_go() -> None:
    held = replace(HANDOVER, claimed=SILENT)
    assert not decide(held, POLICY, NIGHT).shared
    released = decide(replace(held, released=Release.BREAK_GLASS), POLICY, NIGHT)
    assert released.shared
    assert words.restriction(released) == RESTRICTED
