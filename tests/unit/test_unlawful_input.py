"""Unlawful input: each has its typed outcome, with the rule that says why and what would be lawful."""

from datetime import datetime
from typing import Any, NamedTuple

import pytest

from broker.check import check
from broker.consent.law.policy import POLICY
from broker.data import filed
from broker.errors import Reason
from broker.registry import Nation, Organisation, Registry
from tests.fixed import REGISTRY
from tests.personas import (
    CAMDEN,
    CHARITY,
    ISLINGTON,
    NIGHT,
    Json,
    agreement_withdrawn,
    grant,
    homeless,
    referral,
)
from tests.world import World

SCHOOL, COUNCIL_IN_WALES, CHARITY_IN_WALES = "school:100053", "la:W06000015", "charity:9999998"
MI5 = "intelligence:security-service"


def with_wales() -> Registry:
    """The same, and a council and a charity in Wales."""

    def moved(one: str, to: str) -> Organisation:
        found = REGISTRY.get(one)
        assert found is not None
        return found.model_copy(update={"id": to, "nation": Nation.WALES})

    everybody = [*REGISTRY, moved(CAMDEN, COUNCIL_IN_WALES), moved(CHARITY, CHARITY_IN_WALES)]
    return Registry(everybody, papers=filed(everybody, NIGHT.date()))


class Bad(NamedTuple):
    """A document, what becomes of it, the rules or the reason that say so, and when it is sent."""

    says: str
    document: Json
    status: str
    why: set[str]
    now: datetime = NIGHT


def school(law: Json, **content: Any) -> Json:  # noqa: ANN401 - JSON
    return referral(sender=SCHOOL, basis="LB-W1", law=law, **content)


INPUT = (
    Bad("an unknown basis code", {**referral(), "basis": "LB-NOSUCH"}, "refused", {"FLW-2"}),
    Bad("a basis code that is no code", {**referral(), "basis": "because I say so"}, "refused", {Reason.MALFORMED}),
    Bad("an unknown point of Article 6", referral(law={"article6": "6(1)(z)"}), "refused", {Reason.MALFORMED}),
    Bad("a field of the claim that there is not", referral(law={"lawful": True}), "refused", {Reason.MALFORMED}),
    Bad(
        "a gateway that nobody knows, as the only function",
        school({"gateways": ["no-such-Act"]}),
        "refused",
        {"A6-04"},
    ),
    Bad(
        "contradictory claims: a public body with a private body's basis",
        school({"article6": "6(1)(ea)", "annex1": "annex-1-para-6"}),
        "refused",
        {"A6-06"},
    ),
    Bad("contradictory claims: Part 3 for welfare", school({"regime": "dpa-2018-part-3"}), "refused", {"REG-01"}),
    Bad(
        "contradictory claims: consent with a condition that is for want of consent",
        referral(law={"article9": "9(2)(a)", "schedule1": ["sch1-para-18"]}),
        "refused",
        {"CON-09"},
    ),
    Bad(
        "a duty before its commencement",
        school({"article6": "6(1)(c)", "gateways": ["CA2004-s16LB"]}),
        "refused",
        {"A6-02", "A6-03"},
    ),
    Bad(
        "a date before the row began: Annex 1 is law since 5 February 2026",
        referral(),
        "refused",  # nor was there a policy document on that day
        {"POL-2"},
        datetime.fromisoformat("2026-02-04T12:00:00+00:00"),
    ),
    Bad(
        "an England-only gateway cited from Wales",
        referral(sender=CHARITY_IN_WALES, law={"gateways": ["CA2004-s10"]}),
        "refused",
        {"REG-09"},
    ),
    Bad(
        "an England-only row, for a council in Wales",
        referral(sender=COUNCIL_IN_WALES, basis="LB-W1"),
        "held",
        {"POL-2"},
    ),
    Bad(
        "a deceased child treated as a data subject, and the living sibling not",
        referral(
            law={
                "subjects": [
                    {"subject": "child", "life": "deceased", "personalData": True},
                    {"subject": "sibling", "life": "living", "personalData": False},
                ]
            }
        ),
        "refused",
        {"REG-07"},
    ),
    Bad(
        "an unborn child",
        referral(
            dateOfBirth="2027-03-01",
            dateOfBirthIs="estimated",
            law={"subjects": [{"subject": "child", "life": "unborn"}]},
        ),
        "shared",
        {"REG-08"},
    ),
    Bad("an intelligence service", referral(MI5), "refused", {"GW-E1"}),
    Bad(
        "an intelligence service inside MAPPA",
        referral(MI5, law={"gateways": ["CJA2003-s325(4)"]}),
        "refused",
        {"GW-E1", "REG-04"},
    ),
    Bad("a school inside MAPPA under the UK GDPR", school({"gateways": ["CJA2003-s325(4)"]}), "refused", {"REG-03"}),
    Bad(
        "agreement to a service, called consent",
        referral(law={"article6": "6(1)(a)", "agreementToService": True}),
        "refused",
        {"CON-06"},
    ),
)


@pytest.mark.parametrize("bad", INPUT, ids=lambda bad: bad.says)
def test_unlawful_input_has_its_typed_outcome(bad: Bad) -> None:
    said = check(bad.document, sender=None, told=(), registry=with_wales(), policy=POLICY, now=bad.now)
    findings = [found for one in said["recipients"] for found in one["findings"]]
    assert said["status"] == bad.status
    found = {one["rule"] for one in findings} | ({said["refused"]["code"]} if "refused" in said else set())
    assert bad.why <= found
    assert all(one["reason"] and one["cure"] for one in findings), "and says what would make it lawful"


def test_a_living_siblings_record_stands_beside_that_of_a_deceased_child() -> None:
    lawful = referral(
        law={
            "subjects": [
                {"subject": "child", "life": "deceased", "personalData": False},
                {"subject": "sibling", "life": "living", "personalData": True},
            ]
        }
    )
    said = check(lawful, sender=None, told=(), registry=REGISTRY, policy=POLICY, now=NIGHT)
    assert "REG-07" not in {found["rule"] for one in said["recipients"] for found in one["findings"]}


@pytest.mark.parametrize("ends", ["it has lapsed", "it was withdrawn"])
def test_an_agreement_that_no_longer_stands_sends_nothing(world: World, ends: str) -> None:
    lapsed = {"givenAt": "2026-10-01T00:00:00Z", "expiresAt": "2026-11-01T00:00:00Z"}
    given = grant(**(lapsed if ends == "it has lapsed" else {}))
    world.carry(given, CAMDEN)
    if ends == "it was withdrawn":
        world.carry(agreement_withdrawn(given), CAMDEN)
    said = world.outcome(world.carry(homeless(given, ISLINGTON), CAMDEN), CAMDEN)
    assert said["status"] == "refused"
    assert "CON-07" in {found["rule"] for found in said["recipients"][0]["findings"]}
