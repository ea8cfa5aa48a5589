"""RD-1 to RD-14, each by its name (core-flows 3.5): what is withheld from whom, and what says so."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any

import pytest

from broker.consent.book import entries
from broker.consent.redact import DERIVES_A_PLACE, Shown, view
from broker.consent.rulebook import Keeping, Redaction
from broker.consent.rules.redaction import REDACTIONS
from broker.drafts import Carried
from broker.errors import Reason, Refused
from broker.judge import parse
from broker.schemas import notification_issued
from broker.schemas.catalogue import BY_TYPE, CATALOGUE
from broker.schemas.encompass import NOT_FOR_EDUCATION
from broker.schemas.message import Flow, Line, Message, Unlabelled
from broker.schemas.terms import FOR_A_SETTING, AddressHandling, Kind, Label, Role
from tests.named import existing
from tests.personas import ACLAND, CAMDEN, HEATH, MARRIOTTS, MET, Json, incident, lead, notification
from tests.world import World

ISSUED = notification_issued.FLOW
LEAD = Role.SAFEGUARDING_LEAD
REFUGE = AddressHandling.REFUGE
TO_EDUCATION = [flow for flow in CATALOGUE if LEAD in flow.views]
HMPPS = {Kind.PRISON, Kind.DELIVERY_UNIT}


def opened(world: World, document: Json, organisation: str = ACLAND) -> Json:
    """What that organisation reads: the cover and the content."""
    (one,) = world.opened(world.carry(document), organisation)
    return {"body": one.body, "content": one.content, "to": list(one.to), "statement": one.statement}


def rules_of(carried: Carried, world: World) -> list[list[str]]:
    return [[found["rule"] for found in one["findings"]] for one in world.outcome(carried)["recipients"]]


def shown(role: Role, given: tuple[str, ...], flow: Flow = ISSUED, handling: AddressHandling | None = None) -> Shown:
    return view(flow, given, role=role, handling=handling)


# The table -----------------------------------------------------------------------------------------------------------


def test_there_are_fourteen_in_order_and_each_has_its_test_here() -> None:
    assert [one.id for one in REDACTIONS] == [f"RD-{number}" for number in range(1, 15)]
    for one in REDACTIONS:
        file, _, name = one.test.rpartition("/")[2].partition("::")
        assert file == "test_redactions.py"
        assert name.startswith(f"test_{one.id.lower().replace('-', '_')}_")
        assert f"{file}::{name}" in existing()


@pytest.mark.parametrize("one", REDACTIONS, ids=lambda one: one.id)
def test_each_says_what_why_and_by_what_it_is_kept(one: Redaction) -> None:
    assert one.states.endswith(".")
    assert one.why.endswith(".")
    assert one.kept_by
    assert ("not built yet" in one.states) is (Keeping.NOT_YET in one.kept_by or one.id == "RD-5")


def test_every_one_is_in_the_book_once() -> None:
    assert sorted(entry.rule.id for entry in entries() if entry.rule.id in {one.id for one in REDACTIONS}) == sorted(
        one.id for one in REDACTIONS
    )


# RD-1 ----------------------------------------------------------------------------------------------------------------


def test_rd_1_one_child_one_recipient_one_message(world: World) -> None:
    elder, younger = incident(), incident(givenNames="Robin", dateOfBirth="2016-03-04")
    one = opened(world, notification(lead(ACLAND), content=elder))
    other = opened(world, notification(lead(HEATH), content=younger), HEATH)
    assert "incidentRef" not in {*one["content"], *other["content"]}
    for part in ("case", "message", "view"):
        assert one["body"][part] != other["body"][part]
    assert [line["organisation"] for line in one["to"]] == [ACLAND]
    texts = [json.dumps({name: item[name] for name in ("body", "content", "to")}) for item in (one, other)]
    assert HEATH not in texts[0]
    assert "Robin" not in texts[0]
    assert incident()["incidentRef"] not in "".join(texts)
    for name in ("siblings", "otherChildren"):
        for flow in TO_EDUCATION:
            assert flow.message.must_not_carry[name].startswith("RD-1")


# RD-2 ----------------------------------------------------------------------------------------------------------------

PLACE: Json = {
    "homeAddress": {"lines": ["1 Example Row"], "postcode": "NW1 1AA"},
    "currentAddress": {"lines": ["2 Example Row"], "postcode": "NW1 1AB"},
    "locationAddress": {"lines": ["3 Example Row"], "postcode": "NW1 1AD"},
    "uprn": "100012345678",
    "residenceAuthority": CAMDEN.removeprefix("la:"),
    "childWhereabouts": "with an aunt",
}


@dataclass(frozen=True)
class Derivable:
    """From what a place could be derived, the fields that would hold it, and how they are kept from a setting."""

    what: str
    fields: tuple[str, ...]
    always: bool  # also where nothing is protected


DERIVABLE = [
    Derivable("address and postcode", ("homeAddress", "currentAddress"), always=False),
    Derivable("address of the incident", ("locationAddress",), always=True),
    Derivable("host council", ("residenceAuthority",), always=False),
    Derivable("force area", ("residenceForce", "forceCode"), always=True),
    Derivable("telephone", ("callbackTelephone", "callbackRole"), always=True),
    Derivable("map reference", ("uprn",), always=False),
    Derivable("kind of place", ("locationCategory",), always=False),
    Derivable("whereabouts", ("childWhereabouts",), always=False),
    Derivable("reference", ("incidentRef",), always=True),
    Derivable("that it is protected", ("addressHandling",), always=True),
    Derivable("whoever must not be told", ("doNotTellOrganisations",), always=True),
]


@pytest.mark.parametrize("one", DERIVABLE, ids=lambda one: one.what)
def test_rd_2_nothing_from_which_a_protected_place_follows(world: World, one: Derivable) -> None:
    content = incident(**PLACE, doNotTellOrganisations=[MARRIOTTS], locationCategory="other-home")
    plain = opened(world, notification(content=content))
    content["addressHandling"] = "refuge"
    hidden = opened(world, notification(content=content))
    for field in one.fields:
        assert field in content
        goes = field in plain["content"] or plain["body"]["notShown"][field] == "pending"
        assert goes is not one.always
        assert field not in hidden["content"]
        if field != "incidentRef":  # RD-1, in open cases too
            assert hidden["body"]["notShown"][field] == "not-included"
        for text in map(str, telling(content[field])):
            assert text not in json.dumps([hidden["content"], hidden["body"], hidden["to"]])


def telling(value: Any) -> list[str]:  # noqa: ANN401 - JSON
    """The texts in a value that would give it away."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in telling(item)]
    if isinstance(value, list):
        return [text for item in value for text in telling(item)]
    return [value] if len(value) > 3 and value != MET.partition(":")[2] else []


def test_rd_2_a_new_school_a_calendar_and_a_size_tell_nothing(world: World) -> None:
    """The other setting's line is not in a copy; the deadline is by one's own calendar; the digests do not count."""
    content = incident(**PLACE, addressHandling="refuge")
    alone = opened(world, notification(lead(ACLAND), content=content))
    beside = opened(world, notification(lead(ACLAND), lead(HEATH), content=content))
    fewer = {name: value for name, value in content.items() if name not in PLACE}
    bare = opened(world, notification(lead(ACLAND), content=fewer))
    for other in (beside, bare):
        assert other["body"]["due"] == alone["body"]["due"]
        assert other["to"] == alone["to"]
        assert other["content"] == alone["content"]
        assert other["body"]["notShown"] == alone["body"]["notShown"]
        assert len(other["statement"].split("~")) == len(alone["statement"].split("~"))
        assert abs(len(other["statement"]) - len(alone["statement"])) <= 1
    sizes = {
        len(out.value or b"")
        for document in (notification(content=content), notification(content=fewer))
        for out in world.carry(document).outgoing
        if out.key == ACLAND.encode()
    }
    assert len(sizes) == 1


def test_rd_2_a_sender_that_would_tell_the_place_is_a_hold_for_its_human(world: World) -> None:
    """The routing organisation. The callback and the reference of such a message are kept from every setting."""
    content = incident(**PLACE, addressHandling="placement-confidential")
    carried = world.carry(notification(lead(MARRIOTTS), content=content))
    (one,) = world.outcome(carried)["recipients"]
    assert [found["rule"] for found in one["findings"]] == ["RD-2-SENDER"]
    for choice in ("hand over", "telephone", "release"):
        assert choice in one["findings"][0]["cure"]
    for flow in TO_EDUCATION:
        for name, labels in flow.message.labels.items():
            if name.startswith("callback") or name in ("incidentRef", "forceCode", "breachAssessmentRef"):
                assert not any(labels <= flow.views[role].labels for role in FOR_A_SETTING)


@pytest.mark.parametrize(
    ("text", "names_it"),
    [
        ("He must not come near NW1 1AA.", True),
        ("He must not come near TQ 298 839.", True),
        ("He must not come near TQ2988783901.", True),
        ("He must not come near filled.count.soap at all.", True),
        ("Ring 020 7946 0902 first.", True),
        ("He must not come near 1 Example Row.", True),
        ("He must not collect the child before 15.30 or on 20.11.2026.", False),
        ("He must not collect the child. Ask to 10 30.", False),
    ],
)
def test_rd_2_the_one_text_that_is_never_withheld_names_no_place(world: World, text: str, *, names_it: bool) -> None:
    content = incident(**PLACE, addressHandling="refuge", settingSafetyCondition=text)
    assert (["RD-2-TEXT"] in rules_of(world.carry(notification(content=content)), world)) is names_it
    open_case = notification(content={**content, "addressHandling": "open"})
    assert world.carry(open_case).line.status == "shared"


def test_rd_2_does_not_bite_on_who_must_find_the_child() -> None:
    given = tuple(ISSUED.message.labels)
    for role in (Role.SOCIAL_CARE, Role.RESIDENCE_FORCE):
        flow = next(
            flow for flow in CATALOGUE if role in flow.views and flow.name in ("authority-notified", "force-handover")
        )
        made = shown(role, tuple(flow.message.labels), flow, REFUGE)
        assert {"homeAddress", "currentAddress", "residenceForce", "addressHandling"} <= made.fields
    for role in set(ISSUED.views):
        hidden = shown(role, given, ISSUED, REFUGE).fields
        assert not any(ISSUED.message.labels[name] & DERIVES_A_PLACE for name in hidden)


# RD-3 to RD-6 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flow", TO_EDUCATION, ids=lambda flow: flow.name)
@pytest.mark.parametrize("name", [name for name, why in NOT_FOR_EDUCATION.items() if why.startswith("RD-3")])
def test_rd_3_no_criminal_record_to_education_but_a_live_prohibition(flow: Flow, name: str) -> None:
    document = notification(type=flow.type, content={name: "Zqrecord"})
    with pytest.raises(Refused) as refused:
        parse(document, flow)
    assert refused.value.reason is Reason.MALFORMED
    (said,) = refused.value.fields
    assert said.startswith(f"content.{name}: must not be carried (RD-3")
    condition = "settingSafetyCondition"
    if condition in flow.message.labels:
        for handling in AddressHandling:
            assert condition in shown(LEAD, (condition,), flow, handling).fields


def test_rd_4_adults_by_relationship(world: World) -> None:
    one = opened(world, notification())
    assert one["content"]["adults"] == [{"adultRef": "adult-1", "role": "victim", "relation": "mother"}]
    assert one["body"]["notShown"]["adultNames"] == "RD-4"
    assert "Alex" not in json.dumps([one["content"], one["body"]])
    names = {Role.SOCIAL_CARE, Role.RESIDENCE_FORCE, Role.DESIGNATED_OFFICER}
    for flow in CATALOGUE:
        for role, seen in flow.views.items():
            assert Label.ADULT_NAME not in seen.labels or role in names


def test_rd_5_the_childs_voice() -> None:
    keeps_the_child_safe = {*FOR_A_SETTING, Role.SOCIAL_CARE, Role.RESIDENCE_FORCE}
    for flow in CATALOGUE:
        for name, labels in flow.message.labels.items():
            assert ("voice" in name.lower()) <= (Label.VOICE in labels)
        for role, seen in flow.views.items():
            assert Label.VOICE not in seen.labels or role in keeps_the_child_safe
    (withheld,) = shown(Role.DESIGNATED_OFFICER, ("childVoice",)).withheld
    assert (withheld.rule, withheld.neutral) == ("RD-5", False)
    assert not {role for role in Role if "parent" in role}


def test_rd_6_health_only_as_support_need() -> None:
    support = {"communicationNeeds", "childInjurySupport"}
    for flow in TO_EDUCATION:
        named = {name for name, labels in flow.message.labels.items() if Label.SUPPORT_NEED in labels}
        assert named <= support
        for name in ("injury", "diagnosis", "healthRecord", "nhsNumber", "medication"):
            content = {**incident(), name: "Zqhealth"}
            with pytest.raises(Refused):
                parse(notification(type=flow.type, content=content), flow)
    labels = ISSUED.views[LEAD].labels - {Label.SUPPORT_NEED}
    narrowed = replace(ISSUED, views={LEAD: replace(ISSUED.views[LEAD], labels=labels)})
    assert {one.rule for one in shown(LEAD, tuple(sorted(support)), narrowed).withheld} == {"RD-6"}


# RD-7 (the scenes are in test_conflict.py) ---------------------------------------------------------------------------


def test_rd_7_the_alternate_is_told_and_the_usual_desk_learns_nothing(world: World) -> None:
    at = {"part": "alleged-perpetrator", "organisation": ACLAND, "capacity": "works-there", "worksWithChildren": True}
    carried = world.carry(notification(content=incident(connections=[at])))
    assert world.opened(carried, ACLAND) == []
    assert len(world.opened(carried, "alternate:100053")) == 1
    for flow in CATALOGUE:
        if LEAD in flow.views:
            assert Label.CONFLICT not in flow.views[LEAD].labels
    (withheld,) = shown(LEAD, ("connections",)).withheld
    assert (withheld.rule, withheld.neutral) == ("RD-7", True)


# RD-8 to RD-10: the flows are not built yet; their labels are --------------------------------------------------------


class Placed(Message):
    """What a notice of the next step could hold."""

    name: Annotated[Line, Label.IDENTITY]
    placement_address: Annotated[Line | None, Label.PLACEMENT] = None
    care_plan: Annotated[Line | None, Label.CARE_PLAN] = None
    victim: Annotated[Line | None, Label.OFFENCE_VICTIM] = None


def placed(role: Role, *sees: Label) -> Shown:
    labels = frozenset({Label.IDENTITY, *sees})
    flow = replace(ISSUED, message=Placed, views={role: replace(ISSUED.views[LEAD], labels=labels)})
    return view(flow, tuple(Placed.labels), role=role, handling=None)


def is_kept_by_its_label(label: Label, field: str, rule: str) -> None:
    assert field in placed(Role.SOCIAL_CARE, label).fields
    kept = placed(LEAD)
    assert field not in kept.fields
    assert {one.field: one.rule for one in kept.withheld}[field] == rule
    for flow in CATALOGUE:
        assert not any(label in labels for labels in flow.message.labels.values()), "its flow is built: say so"
        assert not any(label in seen.labels for seen in flow.views.values()), "nobody sees it by chance"


def test_rd_8_a_placement_address_has_a_label_of_its_own() -> None:
    is_kept_by_its_label(Label.PLACEMENT, "placementAddress", "RD-8")


def test_rd_9_a_care_plan_has_a_label_of_its_own() -> None:
    is_kept_by_its_label(Label.CARE_PLAN, "carePlan", "RD-9")


def test_rd_10_victims_of_an_offence_have_a_label_of_their_own() -> None:
    is_kept_by_its_label(Label.OFFENCE_VICTIM, "victim", "RD-10")


# RD-11 to RD-14 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flow", CATALOGUE, ids=lambda flow: f"{flow.family}.{flow.name}")
def test_rd_11_no_name_before_an_adoption(flow: Flow) -> None:
    for name in ("preAdoptionName", "nameBeforeAdoption", "birthName"):
        with pytest.raises(Refused) as refused:
            parse(notification(type=flow.type, content={name: "Zqbefore"}), flow)
        (said,) = refused.value.fields
        assert said.startswith(f"content.{name}: must not be carried (RD-11")
        assert "Zqbefore" not in said


def test_rd_11_no_type_can_be_made_that_has_one() -> None:
    with pytest.raises(Unlabelled, match="birthName"):

        class Adopted(Message):
            birth_name: Annotated[Line, Label.IDENTITY]


def test_rd_12_nothing_personal_outside_what_is_sealed(world: World) -> None:
    content = incident(familyName="Zqfamily", givenNames="Zqgiven", addressHandling="refuge")
    carried = world.carry(notification(lead(ACLAND), lead(HEATH), lead("school:199999"), content=content))
    outside = [
        part
        for out in carried.outgoing
        for part in (out.topic.encode(), out.key or b"", *(value or b"" for _, value in out.headers))
    ]
    outside += [out.value or b"" for out in carried.outgoing]
    whole = b"\0".join(outside).lower()
    for word in (
        b"zqfamily",
        b"zqgiven",
        b"refuge",
        b"2011-02-03",
        b"nw1 1aa",
        b"notification-issued",
        b"encompass",
        b"metropolitan",
    ):
        assert word not in whole


def test_rd_13_a_marker_for_whatever_is_withheld() -> None:
    given = tuple(ISSUED.message.labels)
    for role in ISSUED.views:
        for handling in AddressHandling:
            made = shown(role, given, ISSUED, handling)
            markers = made.markers(ISSUED)
            assert set(markers) == set(given) - made.fields
            for one in made.withheld:
                assert markers[one.field] == ("not-included" if one.neutral else one.rule)
    neutral = {one.field for one in shown(LEAD, given).withheld if one.neutral}
    assert {"connections", "doNotTellOrganisations", "locationAddress", "residenceForce"} <= neutral
    agreed = view(ISSUED, given, role=Role.ALTERNATE, handling=None, agreed=(Label.IDENTITY,))
    assert agreed.markers(ISSUED)["connections"] == "not-included"


def test_rd_14_no_free_text_reaches_hmpps_yet() -> None:
    for flow in CATALOGUE:
        for role, kinds in flow.kinds.items():
            if kinds & HMPPS:
                assert Label.NARRATIVE not in flow.views[role].labels
    (one,) = (one for one in REDACTIONS if one.id == "RD-14")
    assert one.kept_by == (Keeping.NOT_YET,)


def test_what_is_withheld_stays_so_when_it_is_sent_again(world: World) -> None:
    document = notification(content=incident(**PLACE, addressHandling="refuge"))
    first = opened(world, document)
    world.now += timedelta(minutes=1)
    (again,) = world.send_again(ACLAND)
    (now,) = world.opened(again, ACLAND)
    assert (now.content, now.body["notShown"]) == (first["content"], first["body"]["notShown"])
    assert BY_TYPE[document["type"]] is ISSUED
