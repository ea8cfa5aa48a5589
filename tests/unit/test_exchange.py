"""The procedure as a whole, without Kafka: what goes in, and everything that comes out."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4, uuid5

import pytest

from broker import receipts, topics
from broker.consent.clocks import deadline
from broker.consent.law.policy import Policy
from broker.drafts import Carried, Outgoing
from broker.envelope import DELIVERY
from broker.errors import PLAIN, Reason, Refused
from broker.exchange import Exchange, Incoming
from broker.registry import Channel, KeyUse, Registry
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.message import Clock, Flow
from broker.sealing import COVER, unseal
from broker.state import LEEWAY, TOLD_ANEW, WINDOW, Cabinet, Unsigned
from broker.statement import MAX_BYTES, MAX_STATEMENT, TYP, b64, dumps, loads, unb64
from broker.written import NAMESPACE
from tests import foreign, personas
from tests.personas import (
    ACLAND,
    ARGYLE,
    BROKER,
    BROOKFIELD,
    CAMDEN,
    HERTS,
    HERTS_AREA,
    MARRIOTTS,
    MET,
    NIGHT,
    Json,
    follow_up,
    incident,
    lead,
    notification,
    receipt,
    withdrawal,
)
from tests.world import World, incoming

HOUR = timedelta(hours=1)
AFTER_GROUNDS = {"rejectedBecause": "not-on-roll"}
AT_A_REFUGE = incident(locationCategory="refuge-or-confidential")
Spoil = Callable[[World, Incoming], Incoming]


def on(carried: Carried, topic: str) -> list[Outgoing]:
    return [out for out in carried.outgoing if out.topic == topic]


def told_to(carried: Carried) -> set[str]:
    """Who gets a copy; the sender's own outcome is not one."""
    audience = {dict(out.headers).get("ce_audience", b"").decode() for out in carried.outgoing}
    return audience - {"", carried.line.sender}


def kept(world: World, carried: Carried, topic: str) -> Json:
    """The one record that the broker kept for itself on a topic."""
    (record,) = on(carried, topic)
    return dict(unseal(record.value, world.home.keys(BROKER)))


def rules(world: World, carried: Carried, sender: str = MET) -> dict[str, list[str]]:
    """Organisation -> the rules that bit, as the sender is told."""
    recipients = world.outcome(carried, sender)["recipients"]
    return {one["organisation"]: [found["rule"] for found in one["findings"]] for one in recipients}


def overdue(world: World, **later: float) -> list[Carried]:
    """Let time pass, and fire what falls due."""
    world.now += timedelta(**later)
    fired = []
    while due := world.memory.next_due(world.now):
        fired.append(world.exchange.fire(*due, world.now))
        world.memory.remember(*fired[-1].remember)
    return fired


def amended(world: World, organisation: str, **changes: Any) -> Exchange:  # noqa: ANN401 - fields of the entry
    """The procedure with one entry of the registry changed."""
    members = (one.model_copy(update=changes if one.id == organisation else {}) for one in world.registry)
    made = world.exchange
    made.take(Registry(tuple(members), papers=world.registry.papers), world.home.signer(world.home.broker(), world.now))
    return made


# Refusals ------------------------------------------------------------------------------------------------------------


def header(name: str, value: bytes | None) -> Spoil:
    return lambda _, record: replace(
        record, headers=[(key, value if key == name else was) for key, was in record.headers]
    )


def inside(change: Callable[[Json], object]) -> Spoil:
    """The record with something else sealed in it."""
    return lambda world, record: replace(
        record, value=world.sealed(change(unseal(record.value or b"", world.home.keys(BROKER))))
    )


def unsigned(part: int, **changes: object) -> Spoil:
    """The JWS header (0) or payload (1) rewritten by somebody without the key."""

    def change(sealed: Json) -> Json:
        parts = sealed["statement"].split(".", 2)
        parts[part] = b64(dumps({**loads(unb64(parts[part])), **changes}).encode())
        return {"statement": ".".join(parts)}

    return inside(change)


def signed(content: Json | None = None, *, sender: str = MET, **changes: Any) -> Spoil:  # noqa: ANN401 - JSON
    """Another document, signed by a sender whose system validates nothing."""
    document = {**notification(), **({"content": content} if content is not None else {}), **changes}
    return lambda world, _: foreign.record(world, document, sender)


def claimed(**claims: Any) -> Spoil:  # noqa: ANN401 - JSON
    return lambda world, _: foreign.record(world, notification(), **claims)


def dated(when: timedelta) -> Spoil:
    return lambda world, _: foreign.record(world, notification(), iat=int((world.now + when).timestamp()))


A_SECOND = timedelta(seconds=1)
SPOILT: list[tuple[Reason, str, Spoil]] = [
    (Reason.OVERSIZED, "sealed", lambda _, record: replace(record, value=b"x" * (MAX_BYTES + 1))),
    (Reason.OVERSIZED, "inside", inside(lambda _: {"statement": "x" * (MAX_STATEMENT + 1)})),
    (Reason.ENVELOPE, "no type", header("ce_type", None)),
    (Reason.ENVELOPE, "id twice", lambda _, record: replace(record, headers=[*record.headers, ("ce_id", b"x")])),
    (Reason.UNSEALABLE, "tombstone", lambda _, record: replace(record, value=None)),
    (Reason.UNSEALABLE, "truncated", lambda _, record: replace(record, value=(record.value or b"")[:-9])),
    (Reason.UNSEALABLE, "plaintext", lambda _, record: replace(record, value=json.dumps(notification()).encode())),
    (Reason.MALFORMED, "no object", inside(lambda _: [])),
    (Reason.MALFORMED, "no statement", inside(lambda _: {"statement": 5})),
    (Reason.MALFORMED, "rubbish", inside(lambda _: {"statement": "é~é"})),
    (Reason.MALFORMED, "half a character", signed(incident(familyName="a\ud800"))),
    (Reason.MALFORMED, "unknown field", signed(incident(nickname="Ro"))),
    (Reason.MALFORMED, "barred field", signed(incident(nhsNumber="9990000018"))),
    (Reason.MALFORMED, "no content", signed({})),
    (Reason.MALFORMED, "an id that says something", claimed(jti="Rowan Testcase")),
    (Reason.MALFORMED, "a basis that is none", claimed(basis={})),
    (Reason.UNKNOWN_TYPE, "another family", unsigned(1, vct="uk.safeguarding.placement.notified.v1")),
    (Reason.UNKNOWN_SENDER, "another force", unsigned(1, iss="police:99")),
    (Reason.FORGED, "no such key", unsigned(0, kid="no-such-key")),
    (Reason.FORGED, "another case", unsigned(1, sub=str(uuid4()))),
    (Reason.FORGED, "in another's name", unsigned(1, iss=HERTS)),
    (Reason.MISMATCH, "id", header("ce_id", str(uuid4()).encode())),
    (Reason.MISMATCH, "source", header("ce_source", HERTS.encode())),
    (Reason.MISMATCH, "type", header("ce_type", b"uk.safeguarding.encompass.force-handover.v1")),
    (Reason.WRONG_PARTITION, "partition", lambda _, record: replace(record, partition=(record.partition + 1) % 6)),
    (Reason.WRONG_PARTITION, "key", lambda _, record: replace(record, key=b"x")),
    (Reason.WRONG_PARTITION, "no key", lambda _, record: replace(record, key=None)),
    (Reason.STALE, "a week and a second", dated(-WINDOW - A_SECOND)),
    (Reason.NOT_ADDRESSED, "nobody", signed(to=[])),
    (Reason.NO_SUCH_CASE, "case of another force", signed(caseOwner=HERTS)),
    (Reason.NO_SUCH_CASE, "unknown case", lambda world, _: foreign.record(world, withdrawal(notification()))),
    (Reason.NO_SUCH_CASE, "an answer", lambda world, _: foreign.record(world, receipt(notification()), ACLAND)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "spoil"), [pytest.param(reason, spoil, id=f"{reason}: {says}") for reason, says, spoil in SPOILT]
)
def test_what_cannot_be_accepted_is_kept_audited_and_explained_to_whom_it_claims_to_be_from(
    world: World, reason: Reason, spoil: Spoil
) -> None:
    record = spoil(world, incoming(world.submit(notification())))
    carried = world.carry_record(record)
    source = dict(record.headers)["ce_source"] or b""
    sender = carried.line.sender

    outcome = world.outcome(carried, sender)
    assert outcome["refused"]["code"] == reason
    assert (outcome["refused"]["reason"], outcome["refused"]["cure"]) == PLAIN[reason]
    (set_aside,) = on(carried, topics.QUARANTINE)
    assert set_aside.value == (record.value or b"")
    assert dict(set_aside.headers) == {"reason": reason.encode(), "claims-to-be-from": sender.encode()}
    told = kept(world, carried, topics.AUDIT)
    assert (told["is"], told["from"], told["refused"]["code"]) == ("refusal", sender, reason)
    assert len(carried.outgoing) == 3
    assert (carried.line.status, carried.line.rules) == ("refused", (reason,))
    assert source.decode() in (sender, HERTS)


IN_TEST_TRUST = {Reason.KEY_REVOKED, Reason.WRONG_ROLE, Reason.SUSPENDED, Reason.FROM_THE_FUTURE}


def test_every_reason_is_refused_for_here_or_below() -> None:
    assert {reason for reason, _, _ in SPOILT} == set(Reason) - {
        Reason.REPLAYED,
        Reason.FAULT,
        Reason.KEY_NOT_VALID,
        Reason.CASE_FULL,
        *IN_TEST_TRUST,
    }


UNPROVEN = {Reason.OVERSIZED, Reason.UNSEALABLE, Reason.UNKNOWN_TYPE, Reason.UNKNOWN_SENDER, Reason.FORGED}


@pytest.mark.parametrize(
    ("reason", "spoil"),
    [
        pytest.param(reason, spoil, id=f"{reason}: {says}")
        for reason, says, spoil in SPOILT
        if reason in UNPROVEN | {Reason.WRONG_PARTITION, Reason.STALE}
    ],
)
def test_a_refusal_calls_an_id_the_senders_own_only_if_its_signature_was_verified(
    world: World, reason: Reason, spoil: Spoil
) -> None:
    record = spoil(world, incoming(world.submit(notification())))
    said = (dict(record.headers)["ce_id"] or b"").decode()
    carried = world.carry_record(record)
    outcome = world.outcome(carried, carried.line.sender)
    assert (outcome["message"], outcome["claimed"]) == (("", said) if reason in UNPROVEN else (said, ""))


def test_a_fault_of_ours_is_told_too(world: World) -> None:
    record = incoming(world.submit(notification()))
    carried = world.exchange.set_aside(record, Refused(Reason.FAULT), NIGHT)
    assert world.outcome(carried)["refused"]["code"] == Reason.FAULT
    assert carried.remember == ()


@pytest.mark.parametrize("headers", [[], [("ce_source", b"school:999999"), ("ce_id", b"Rowan Testcase")]])
def test_rubbish_from_nobody_is_kept_and_audited(world: World, headers: list[tuple[str, bytes | None]]) -> None:
    record = Incoming(partition=0, partitions=6, key=None, headers=headers, value=b"\0Rowan")
    carried = world.carry_record(record)
    assert {out.topic for out in carried.outgoing} == {topics.QUARANTINE, topics.AUDIT}
    assert (carried.line.sender, carried.line.message) == ("unknown", "")
    assert carried.remember == ()


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (incident(childSpokenTo="Rowan"), ["content.childSpokenTo"]),
        (incident(Rowan=1), ["content.(a field that this type does not have)"]),
        (
            incident(homeAddress={"lines": ["x"], "postcode": "NW1 1AA", "Rowan": 1}),
            ["content.homeAddress.(a field that this type does not have)"],
        ),
        (incident(nhsNumber="9990000018"), ["content.nhsNumber: must not be carried"]),
        (incident(groundsFormedAt="9999-12-31T23:59:00Z"), ["content.groundsFormedAt"]),
        (incident(groundsFormedAt="0001-01-01T00:00:00Z"), ["content.groundsFormedAt"]),
        (incident(groundsFormedAt="2026-11-19T21:39:59Z"), ["content"]),  # before the incident
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, list) else "",
)
def test_a_refusal_names_the_fields_at_fault_and_nothing_that_was_in_them(
    world: World, content: Json, fields: list[str]
) -> None:
    outcome = world.outcome(world.carry_record(foreign.record(world, notification(content=content))))
    named = outcome["refused"]["fields"]
    assert [one.partition(" (not required")[0] for one in named] == fields
    assert "Rowan" not in json.dumps(outcome)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"homeAddress": {"lines": ["1 Example Row"], "postcode": "nw11aa"}}, "content.homeAddress.postcode"),
        ({"callbackTelephone": "020 7946 0902"}, "content.callbackTelephone"),
        ({"callbackRole": " Officer "}, "content.callbackRole"),
        ({"communicationNeeds": None}, "content.communicationNeeds"),
        ({"occurredFrom": "2026-11-19T22:40:00+01:00"}, ""),
        ({"occurredFrom": "2026-11-19T21:40:00.000Z"}, ""),
        ({"circumstances": ["2026-99-99T99:99:99Z"]}, ""),  # only looks like one
    ],
    ids=str,
)
def test_what_is_passed_on_as_signed_must_be_in_normal_form(world: World, content: Json, field: str) -> None:
    document = notification(content={**incident(), **content})
    carried = world.carry_record(foreign.record(world, document))
    if not field:
        assert carried.line.status == "shared"
        return
    assert world.outcome(carried)["refused"]["fields"] == [f"{field} (not in normal form)"]


@pytest.mark.parametrize("flow", BY_TYPE.values(), ids=lambda flow: flow.name)
def test_no_message_holds_a_number_which_could_be_written_in_two_ways(flow: Flow) -> None:
    """What equals its normal form is taken to be in it: 1 equals 1.0 and true."""
    assert not re.search('"(number|integer)"', json.dumps(flow.message.model_json_schema()))


@pytest.mark.parametrize("value", [1, 1.0, "true"])
def test_what_only_equals_a_truth_value_is_refused(world: World, value: object) -> None:
    document = notification(content=incident(welfareCheck=value))
    carried = world.carry_record(foreign.record(world, document))
    assert world.outcome(carried)["refused"]["fields"] == ["content.welfareCheck"]


def test_a_delivery_has_the_id_that_follows_from_its_message(world: World) -> None:
    document = notification(lead(ACLAND))
    (opened,) = world.opened(world.carry(document), ACLAND)
    assert opened.id == str(uuid5(NAMESPACE, f"{MET}/{document['id']}|{ACLAND}"))


def test_a_message_wrong_in_a_thousand_places_names_the_first_few(world: World) -> None:
    content = incident(**{f"x{number}": number for number in range(20)}, adults=[{"relation": 5}] * 1000)
    document = notification(
        content={name: content[name] for name in list(content)[:27]} | {"adults": content["adults"]}
    )
    carried = world.carry_record(foreign.record(world, document))
    assert 1 <= len(world.outcome(carried)["refused"]["fields"]) <= 20


# Freshness -----------------------------------------------------------------------------------------------------------


def test_the_same_again_gets_the_first_outcome_again_and_nobody_is_told_twice(world: World) -> None:
    record = incoming(world.submit(notification()))
    first = world.carry_record(record)
    world.now += HOUR
    again = world.carry_record(record)
    assert world.outcome(again) == world.outcome(first)
    assert again.line.status == "repeated"
    assert (len(again.outgoing), again.remember) == (1, ())
    assert dict(again.outgoing[0].headers)["ce_id"] == dict(on(first, topics.inbox(MET))[0].headers)["ce_id"]


def test_another_message_under_the_same_id_is_refused_and_the_first_stays(world: World) -> None:
    document = notification()
    first = world.carry(document)
    other = world.carry({**document, "content": incident(givenNames="Robin")})
    assert world.outcome(other)["refused"]["code"] == Reason.REPLAYED
    assert other.remember == ()
    assert first.line.status == "shared"


def test_a_refused_message_repeated_is_refused_again_and_quarantined_once(world: World) -> None:
    record = foreign.record(world, notification() | {"to": []})
    first, again = world.carry_record(record), world.carry_record(record)
    assert world.outcome(first) == world.outcome(again)
    assert on(again, topics.QUARANTINE) == []


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(spoil, id=f"{reason}: {says}")
        for reason, says, spoil in SPOILT
        if reason in (Reason.ENVELOPE, Reason.MISMATCH, Reason.WRONG_PARTITION)
    ],
)
def test_a_true_message_in_a_wrong_envelope_does_not_use_up_its_id(world: World, spoil: Spoil) -> None:
    record = incoming(world.submit(notification()))
    assert world.carry_record(spoil(world, record)).line.status == "refused"
    assert world.carry_record(record).line.status == "shared"


@pytest.mark.parametrize(
    ("later", "status"),
    [(WINDOW, "shared"), (WINDOW + timedelta(seconds=1), "refused")],
    ids=["at the window's end", "after it"],
)
def test_a_message_may_be_a_week_old(world: World, later: timedelta, status: str) -> None:
    record = incoming(world.submit(notification()))
    world.now += later
    assert world.carry_record(record).line.status == status


def test_a_clock_may_run_five_minutes_ahead(world: World) -> None:
    ahead = int((NIGHT + LEEWAY).timestamp())
    assert world.carry_record(foreign.record(world, notification(), iat=ahead)).line.status == "shared"


# Sharing -------------------------------------------------------------------------------------------------------------


def test_each_recipient_gets_its_own_copy_and_the_sender_the_outcome(world: World) -> None:
    document = notification(lead(ACLAND), lead(ARGYLE))
    carried = world.carry(document)
    assert told_to(carried) == {ACLAND, ARGYLE}
    for school in (ACLAND, ARGYLE):
        (opened,) = world.opened(carried, school)
        assert opened.verified == ("broker", MET)
        assert [line["organisation"] for line in opened.to] == [school]
        assert opened.body["caseOwner"] == MET
        assert opened.body["due"]["kind"] == "scheme target"
        shown = set(opened.content)
        assert shown == set(incident()) - {
            "incidentRef",
            "residenceForce",
            "forceCode",
            "callbackRole",
            "callbackTelephone",
            "addressHandling",
            "adultNames",
        }
    outcome = world.outcome(carried)
    assert outcome["status"] == "shared"
    assert set(outcome["recipients"][0]["shown"]) == shown
    assert {one["field"]: one["rule"] for one in outcome["recipients"][0]["withheld"]}["adultNames"] == "RD-4"


def test_the_audit_can_show_which_digest_was_withheld_under_which_rule(world: World) -> None:
    document = notification()
    carried = world.carry(document)
    (opened,) = world.opened(carried, ACLAND)
    told = kept(world, carried, topics.AUDIT)
    (recipient,) = told["recipients"]
    digests = loads(unb64(opened.statement.split(".")[1]))["_sd"]
    receipt = receipts.read(recipient["receipt"], world.home.broker(), world.now)
    assert len(receipt.digests) == len(recipient["withheld"]) == 7
    assert set(receipt.digests) < set(digests)
    assert recipient["facts"]["type"] == document["type"]
    assert recipient["basis"]["sender"]["confirmedBy"] is None
    assert told["policy"] == world.exchange.policy.version
    assert told["registry"] == world.registry.version
    assert not set(json.dumps(told).split('"')) & {"Testcase", "Rowan", "NW1 1AA"}


def test_a_field_that_a_foreign_sender_left_out_is_neither_shown_nor_withheld(world: World) -> None:
    content = incident(dateOfBirthIs=None, adultNames=None)
    carried = world.carry_record(foreign.record(world, notification(lead(ACLAND), lead(CAMDEN), content=content)))
    shared, refused = world.outcome(carried)["recipients"]
    assert "dateOfBirthIs" not in shared["shown"]
    assert (refused["outcome"], refused["shown"], refused["withheld"]) == ("refuse", [], [])


@pytest.mark.parametrize(
    ("changes", "rule", "sheet"),
    [
        ({"to": [lead("school:999999")]}, "ADR-1", False),
        ({"content": incident(dateOfBirth="1990-01-01", dateOfBirthIs="estimated")}, "ENC-18", True),
        ({"to": [lead(BROOKFIELD)]}, "CHN-1", True),
        ({"to": [lead(ACLAND, "left")]}, "ENC-ROLL", True),
        ({"content": incident(residenceForce=HERTS_AREA)}, "ENC-RES", True),
        ({"to": [lead(MARRIOTTS)], "content": incident(addressHandling="refuge")}, "RD-2-SENDER", True),
        ({"to": [lead(MARRIOTTS)], "content": AT_A_REFUGE}, "RD-2-SENDER", True),
        (
            {"content": incident(addressHandling="refuge", settingSafetyCondition="Not to NW1 1AA")},
            "RD-2-TEXT",
            True,
        ),
    ],
    ids=[
        "unknown",
        "perhaps 18",
        "not connected",
        "left",
        "other force",
        "sender tells",
        "sender tells of the refuge",
        "text tells",
    ],
)
def test_a_hold_is_kept_whole_for_the_senders_desk_with_a_due_time(
    world: World,
    changes: Json,
    rule: str,
    sheet: bool,  # noqa: FBT001
) -> None:
    document = {**notification(), **changes}
    carried = world.carry(document)
    (recipient,) = world.outcome(carried)["recipients"]
    assert rules(world, carried) == {document["to"][0]["organisation"]: [rule]}
    assert told_to(carried) == set()
    assert ("callSheet" in recipient) is sheet
    held = kept(world, carried, topics.HELD)
    assert held["owner"] == MET
    assert held["statement"].count("~") == len(document["content"]) + 2
    assert (carried.line.status, carried.line.rules) == ("held", ())
    assert [one.body["is"] for one in (world.opened(run, MET)[0] for run in overdue(world, days=2))] == ["overdue"]


def test_one_recipient_that_may_not_have_it_does_not_keep_it_from_the_others(world: World) -> None:
    carried = world.carry(notification(lead(ACLAND), lead(BROOKFIELD), lead(CAMDEN)))
    assert world.outcome(carried)["status"] == "partial"
    assert told_to(carried) == {ACLAND}
    assert rules(world, carried) == {ACLAND: [], BROOKFIELD: ["CHN-1"], CAMDEN: ["GW-E1", "X-04", "GW-07"]}


def test_an_unknown_organisation_in_a_role_that_the_flow_lacks_is_refused(world: World) -> None:
    line = {"organisation": "la:E09999999", "role": "childrens-social-care"}
    carried = world.carry(notification(line))
    assert (carried.line.status, rules(world, carried)) == ("refused", {"la:E09999999": ["ADR-1", "GW-E1"]})


def to_council(council: str, **changes: str) -> Json:
    """A notice that a home-educated child of Camden was there."""
    content = incident(educationStatus="home-educated", residenceAuthority=CAMDEN.removeprefix("la:"), **changes)
    to = [{"organisation": council, "role": "childrens-social-care"}]
    return personas.document("authority-notified", basis="LB-E2", to=to, content=content)


@pytest.mark.parametrize(
    ("council", "changes", "bites"),
    [
        (CAMDEN, {}, []),
        (personas.ISLINGTON, {}, ["ENC-RES-TO"]),
        (CAMDEN, {"residenceForce": HERTS_AREA}, []),  # whose force it is concerns settings alone
    ],
    ids=["its own", "another", "other force"],
)
def test_a_council_is_told_of_the_children_who_live_there(
    world: World, council: str, changes: dict[str, str], bites: list[str]
) -> None:
    assert rules(world, world.carry(to_council(council, **changes))) == {council: bites}


@pytest.mark.parametrize("protected", [False, True])
@pytest.mark.parametrize("whose", [MET, ACLAND])
def test_where_an_area_is_unknown_nothing_is_taken_for_granted(world: World, whose: str, protected: bool) -> None:  # noqa: FBT001
    """As of a force that serves no area (British Transport Police), or of a setting that lies in none."""
    content = AT_A_REFUGE if protected else incident()
    record = incoming(world.submit(notification(content=content)))
    carried = amended(world, whose, police_area=None).carry(record, world.memory, NIGHT)
    bites = ["ENC-AREA"] * (whose == MET) + ["RD-2-SENDER"] * protected
    assert rules(world, carried) == {ACLAND: bites}


def test_a_line_of_an_address_that_is_a_bare_number_names_no_place(world: World) -> None:
    home = {"lines": ["12", "Example Row"], "postcode": "NW1 1AA"}
    for condition, names in (("Order 12/26: no contact.", False), ("Not to go to Example Row.", True)):
        content = incident(addressHandling="refuge", homeAddress=home, settingSafetyCondition=condition)
        assert rules(world, world.carry(notification(content=content)))[ACLAND] == (["RD-2-TEXT"] if names else [])


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("Must not come near NW1 1AA.", True),
        ("Ring 020 7946 0958 first.", True),
        ("Ring +44 20 7946 0958 first.", True),
        ("Must not be told of 1 example row.", True),
        ("Must not be told of 1, Example  Row.", True),
        ("Ring `020-7946-0909` first.", True),
        ("Ring (020) 79460909 first.", True),
        ("Ring +44 (0)20.7946.0909 first.", True),
        ("Must not come near N1  9ZZ.", True),
        ("Must not come near n1-9zz.", True),
        ("Court order 26/1234 of 19 November 2026: no contact.", False),
        ("The father must not collect the child.", False),
    ],
)
def test_the_text_that_is_never_withheld_must_not_name_the_place(world: World, condition: str, names: bool) -> None:  # noqa: FBT001
    for handling in ("refuge", "open"):
        content = incident(addressHandling=handling, settingSafetyCondition=condition)
        carried = world.carry(notification(content=content))
        assert rules(world, carried)[ACLAND] == (["RD-2-TEXT"] if names and handling == "refuge" else [])


@pytest.mark.parametrize(
    ("born", "grounds", "status"),
    [
        ("2008-11-20", "2026-11-19T22:15:00Z", "shared"),  # 18 tomorrow
        ("2008-11-19", "2026-11-19T22:15:00Z", "refused"),  # 18 today
        ("2008-06-12", "2026-06-11T23:10:00Z", "refused"),  # 00:10 in London: 18 today
        ("2008-02-29", "2026-02-28T12:00:00Z", "shared"),
    ],
)
def test_age_is_tested_in_london_when_the_grounds_were_formed(
    world: World, born: str, grounds: str, status: str
) -> None:
    carried = world.carry(
        notification(content=incident(dateOfBirth=born, occurredFrom=grounds, groundsFormedAt=grounds))
    )
    assert carried.line.status == status


def test_grounds_dated_in_the_future_put_off_no_deadline(world: World) -> None:
    carried = world.carry(notification(content=incident(groundsFormedAt="2027-11-19T22:15:00Z")))
    assert world.outcome(carried)["recipients"][0]["due"]["at"] == "2026-11-20T08:40+00:00"


def test_a_late_message_says_that_its_time_has_passed(world: World) -> None:
    world.now = NIGHT + timedelta(days=1)
    due = world.outcome(world.carry(notification()))["recipients"][0]["due"]
    assert (due["at"], due["passed"]) == ("2026-11-20T08:40+00:00", True)


LONGEST = dict.fromkeys(("childVoice", "circumstances", "supportSuggestion"), ["\U0001f9d2" * 1000] * 4) | {
    "settingSafetyCondition": "\U0001f9d2" * 4000
}


def test_the_longest_message_that_is_accepted_can_be_opened(world: World) -> None:
    document = notification(content=incident(**LONGEST))
    assert MAX_STATEMENT * 0.9 < len(world.statement(document)) <= MAX_STATEMENT
    carried = world.carry(document)
    (opened,) = world.opened(carried, ACLAND)
    assert opened.content["settingSafetyCondition"] == LONGEST["settingSafetyCondition"]
    (follows,) = world.opened(world.read(carried), ACLAND)
    assert follows.content["circumstances"] == LONGEST["circumstances"]


def test_a_longer_one_is_refused_before_it_is_sent(world: World) -> None:
    with pytest.raises(Refused, match=Reason.OVERSIZED):
        world.submit(notification(content=incident(**LONGEST, alsoKnownAs=["\U0001f9d2" * 200] * 9)))


@pytest.mark.parametrize(
    "validity", [{"not_after": NIGHT}, {"not_before": NIGHT + A_SECOND}], ids=["expired", "not yet valid"]
)
def test_a_key_counts_only_while_it_is_valid(world: World, validity: Json) -> None:
    record = incoming(world.submit(notification()))
    member = world.registry.get(MET)
    assert member is not None
    keys = tuple(key.model_copy(update=validity if key.use is KeyUse.SIGN else {}) for key in member.keys)
    carried = amended(world, MET, keys=keys).carry(record, world.memory, NIGHT)
    assert world.outcome(carried)["refused"]["code"] == Reason.KEY_NOT_VALID


def test_a_stale_policy_holds_everything(world: World) -> None:
    exchange = world.exchange
    exchange.policy = Policy(
        issued=NIGHT.date(), review_by=(NIGHT - timedelta(days=1)).date(), bases=exchange.policy.bases
    )
    carried = exchange.carry(incoming(world.submit(notification())), world.memory, NIGHT)
    assert rules(world, carried) == {ACLAND: ["POL-1"]}


def test_a_recipient_without_a_key_is_held_and_a_sender_without_one_is_still_audited(world: World) -> None:
    record = incoming(world.submit(notification()))
    carried = amended(world, ACLAND, keys=()).carry(record, world.memory, NIGHT)
    assert rules(world, carried) == {ACLAND: ["KEY-1"]}
    sealless = tuple(key for key in world.registry.get(MET).keys if key.use == "sign")  # type: ignore[union-attr]
    carried = amended(world, MET, keys=sealless).carry(record, world.memory, NIGHT)
    assert told_to(carried) == {ACLAND}
    assert len(carried.outgoing) == 2
    assert kept(world, carried, topics.AUDIT)
    carried = amended(world, MET, channel=Channel.NOT_CONNECTED).carry(record, world.memory, NIGHT)
    assert len(carried.outgoing) == 2


def test_without_a_key_of_its_own_the_broker_sends_nothing(world: World) -> None:
    record = incoming(world.submit(notification()))
    with pytest.raises(RuntimeError, match="no valid sealing key"):
        amended(world, BROKER, keys=()).carry(record, world.memory, NIGHT)


@pytest.mark.parametrize("validity", [{"not_after": NIGHT}, {"not_before": NIGHT + A_SECOND}], ids=str)
def test_a_signing_key_of_the_brokers_own_that_is_not_valid_is_a_fault_and_no_share(
    world: World, validity: Json
) -> None:
    signer = world.home.signer(world.home.broker(), NIGHT)
    expired = replace(signer, registered=signer.registered.model_copy(update=validity))
    keys = world.home.keys(BROKER)
    made = Exchange(registry=world.registry, policy=world.exchange.policy, keys=keys, signer=expired)
    with pytest.raises(RuntimeError, match="signing key is not valid"):
        made.carry(incoming(world.submit(notification())), world.memory, NIGHT)


# What follows --------------------------------------------------------------------------------------------------------


def test_only_who_was_told_may_answer(world: World) -> None:
    document = notification(lead(ACLAND), lead(BROOKFIELD))
    world.carry(document)
    assert world.carry(receipt(document), ACLAND).line.status == "shared"
    for stranger in (ARGYLE, BROOKFIELD, HERTS):
        role = "duty-desk" if stranger == HERTS else "safeguarding-lead"
        carried = world.carry(receipt(document, role=role), stranger)
        assert carried.line.rules == (Reason.NO_SUCH_CASE,)
    (state, _) = (one.state for one in _case(world, document).tellings)
    assert state == "acknowledged"


@pytest.mark.parametrize("state", ["acknowledged", "rejected"])
@pytest.mark.parametrize("why", ["refused", "held"])
def test_an_answer_that_did_not_arrive_changes_nothing(world: World, why: str, state: str) -> None:
    document = notification()
    world.carry(document)
    before = _case(world, document)
    answer = receipt(document, state=state, **(AFTER_GROUNDS if state == "rejected" else {}))
    answer["basis"] = "LB-PP" if why == "refused" else "LB-E3"
    made = amended(world, MET, channel=Channel.NOT_CONNECTED) if why == "held" else world.exchange
    carried = made.carry(incoming(world.submit(answer, ACLAND)), world.memory, NIGHT)
    world.memory.remember(*carried.remember)
    assert carried.line.status == why
    assert _case(world, document) == before


def test_an_answer_tells_its_sender_of_nobody_else(world: World) -> None:
    document = notification(lead(ACLAND), lead(BROOKFIELD))
    world.carry(document)
    outcome = world.outcome(world.carry(receipt(document), ACLAND), ACLAND)
    assert outcome["status"] == "shared"
    assert BROOKFIELD not in json.dumps(outcome)


@pytest.mark.parametrize("fired_before", [False, True])
@pytest.mark.parametrize("ends", [None, "told", "withdrawn"])
def test_a_rejection_stays_open_until_the_sender_has_found_whose_it_is(
    world: World,
    ends: str | None,
    fired_before: bool,  # noqa: FBT001
) -> None:
    document = notification()
    world.carry(document)
    first = overdue(world, hours=11 if fired_before else 0)
    assert len(first) == fired_before
    world.carry(receipt(document, state="rejected", **AFTER_GROUNDS), ACLAND)
    if ends == "told":
        world.carry(personas.told(document, ACLAND))
    elif ends == "withdrawn":
        world.carry(withdrawal(document))
    late = [run for run in overdue(world, hours=12) if run.line.message == document["id"]]
    assert [world.opened(run, MET)[0].body["state"] for run in late] == ([] if ends else ["rejected"])
    ids = [dict(on(run, topics.inbox(MET))[0].headers)["ce_id"] for run in first + late]
    assert len(set(ids)) == len(ids)  # or the second would be dropped as a repetition
    assert [run for run in overdue(world, days=9) if run.line.message == document["id"]] == []


def test_erasure_is_an_answer_to_a_withdrawal_only(world: World) -> None:
    document = notification()
    world.carry(document)
    early = world.carry(receipt(document, state="erased"), ACLAND)
    assert early.line.rules == (Reason.NO_SUCH_CASE,)
    world.carry(withdrawal(document))
    assert world.carry(receipt(document, state="erased"), ACLAND).line.status == "shared"
    assert {one.state for one in _case(world, document).tellings} == {"erased"}


def test_a_case_takes_two_hundred_tellings_and_then_only_what_ends_them(world: World) -> None:
    document = notification()
    world.carry(document)
    (one,) = _case(world, document).tellings
    others = (one.model_copy(update={"message": f"m{n}", "root": f"m{n}"}) for n in range(198))
    world.memory.remember(_case(world, document).model_copy(update={"tellings": (one, *others)}))
    two = world.carry(notification(lead(ACLAND), lead(ARGYLE), case=document["case"]))
    assert (two.line.status, two.line.rules) == ("refused", (Reason.CASE_FULL,))
    more = notification(case=document["case"])
    assert world.carry(more).line.status == "shared"
    assert len(_case(world, document).tellings) == 200
    update = world.carry(follow_up("notification-updated", more, welfareCheck=True))
    assert update.line.rules == (Reason.CASE_FULL,)
    assert world.carry(receipt(document), ACLAND).line.status == "shared"
    assert world.carry(personas.told(more, ACLAND)).line.status == "recorded"
    assert world.carry(withdrawal(more)).line.status == "shared"


def _case(world: World, document: Json) -> Any:  # noqa: ANN401 - a Case
    return world.memory.case(document["caseOwner"], document["case"])


def test_an_answer_reaches_the_force_and_stops_the_clock(world: World) -> None:
    document = notification()
    world.carry(document)
    carried = world.carry(receipt(document), ACLAND)
    answers = [one for one in world.opened(carried, MET) if one.body["is"] == "delivery"]
    assert [one.content["state"] for one in answers] == ["acknowledged"]
    assert answers[0].verified == ("broker", ACLAND)
    assert overdue(world, days=9) == []


def test_nobody_answered_so_the_sender_is_told_once(world: World) -> None:
    document = notification()
    world.carry(document)
    assert overdue(world, hours=10) == []
    (late,) = overdue(world, hours=1)
    (told,) = world.opened(late, MET)
    assert (told.body["is"], told.body["organisation"], told.body["state"]) == ("overdue", ACLAND, "sent")
    assert kept(world, late, topics.AUDIT)["is"] == "overdue"
    assert overdue(world, days=9) == []
    assert world.carry(receipt(document), ACLAND).line.status == "shared"


def test_feedback_reaches_the_force_and_asks_for_nothing(world: World) -> None:
    document = notification()
    world.carry(document)
    feedback = {**receipt(document), "type": personas.document("feedback-submitted", content={})["type"]}
    feedback["content"] = {"answers": document["id"], "usefulness": "essential"}
    assert world.carry(feedback, ACLAND).line.status == "shared"
    assert len(_case(world, document).tellings) == 1


@pytest.mark.parametrize("name", ["notification-updated", "notification-corrected"])
def test_what_follows_reaches_exactly_those_told(world: World, name: str) -> None:
    document = notification(lead(ACLAND), lead(ARGYLE), lead(BROOKFIELD))
    world.carry(document)
    carried = world.carry(follow_up(name, document, givenNames="Robin"))
    assert told_to(carried) == {ACLAND, ARGYLE}
    assert {world.opened(carried, one)[0].content["givenNames"] for one in (ACLAND, ARGYLE)} == {"Robin"}
    world.carry(personas.told(document, BROOKFIELD))
    assert BROOKFIELD in rules(world, world.carry(follow_up(name, document, givenNames="Ro")))


@pytest.mark.parametrize("name", ["notification-updated", "notification-corrected", "notification-withdrawn"])
@pytest.mark.parametrize("of_a_follow_up", [False, True])
def test_a_follow_up_keeps_to_its_thread_each_recipient_on_its_own_basis(
    world: World,
    name: str,
    of_a_follow_up: bool,  # noqa: FBT001
) -> None:
    """A hand-over and two direct notifications, of which one went to a third school, share a case."""
    first = personas.handover()
    world.carry(first)
    overdue(world, hours=2)
    content = incident(residenceForce=HERTS_AREA)
    direct, other = (notification(lead(one), case=first["case"], content=content) for one in (ACLAND, ARGYLE))
    for document in (direct, other):
        assert set(*rules(world, world.carry(document)).values()) == {"ENC-RES"}
    threads = {HERTS: first, ACLAND: direct, ARGYLE: other}
    for who, begins in threads.items():
        about = begins
        if of_a_follow_up:
            about = follow_up("notification-updated", begins, welfareCheck=True)
            assert told_to(world.carry(about)) == {who}
            about = {**about, "content": {**content, **about["content"]}}
        follows = withdrawal(about) if name.endswith("withdrawn") else follow_up(name, about, givenNames="Ro")
        assert told_to(world.carry(follows)) == {who}
        more = world.carry(follow_up("notification-corrected", begins, givenNames="Robin"))
        assert told_to(more) == (set() if name.endswith("withdrawn") else {who})


@pytest.mark.parametrize("says", ["open", "nothing"])
def test_what_follows_a_protected_message_is_protected_whatever_it_says(world: World, says: str) -> None:
    """Marriotts lies where the force does not serve, so the force's name tells where the child is."""
    document = notification(lead(ACLAND), lead(MARRIOTTS))
    assert told_to(world.carry(document)) == {ACLAND, MARRIOTTS}
    place = {
        "circumstances": "at the refuge",
        "homeAddress": document["content"]["homeAddress"],
        "childPresence": "saw",
    }
    world.carry(follow_up("notification-corrected", document, addressHandling="refuge", **place))
    follows = withdrawal(document) if says == "nothing" else follow_up("notification-corrected", document, **place)
    carried = world.carry(follows)
    assert told_to(carried) == {ACLAND}
    assert rules(world, carried) == {ACLAND: [], MARRIOTTS: ["RD-2-SENDER"]}
    (opened,) = world.opened(carried, ACLAND)
    shown = {"supersedes", "reason", "instructions"} if says == "nothing" else {"supersedes", "childPresence"}
    assert set(opened.content) == shown


def test_a_follow_up_says_whom_it_cannot_reach(world: World) -> None:
    document = notification(lead(ACLAND), lead(BROOKFIELD))
    world.carry(document)
    for name in ("notification-updated", "notification-corrected"):
        outcome = world.outcome(world.carry(follow_up(name, document, welfareCheck=True)))
        assert (outcome["status"], outcome["notReached"]) == ("shared", [BROOKFIELD])
    world.carry(personas.told(document, BROOKFIELD))
    outcome = world.outcome(world.carry(follow_up("notification-updated", document, welfareCheck=True)))
    assert (outcome["status"], outcome["notReached"]) == ("partial", [])


@pytest.mark.parametrize("name", ["notification-updated", "notification-corrected"])
@pytest.mark.parametrize(
    ("content", "reached"),
    [
        ({"circumstances": "He has the key to 1 Example Row."}, set()),  # nothing of it is for a school
        ({"circumstances": "x", "settingSafetyCondition": "No contact."}, {ACLAND}),
    ],
    ids=["all withheld", "something shown"],
)
def test_a_follow_up_that_would_show_nothing_new_is_not_sent(
    world: World, name: str, content: Json, reached: set[str]
) -> None:
    document = notification(content=incident(addressHandling="refuge"))
    world.carry(document)
    carried = world.carry(follow_up(name, document, addressHandling="refuge", **content))
    assert told_to(carried) == reached
    assert rules(world, carried)[ACLAND] == ([] if reached else ["PR-02"])
    assert carried.line.rules == ()


def test_a_withdrawn_message_is_erased_and_nothing_more_is_said(world: World) -> None:
    document = notification(lead(ACLAND), lead(ARGYLE))
    world.carry(document)
    assert told_to(world.carry(withdrawal(document))) == {ACLAND, ARGYLE}
    more = world.carry(follow_up("notification-updated", document, givenNames="Robin"))
    assert rules(world, more) == {ACLAND: ["CASE-1"], ARGYLE: ["CASE-1"]}
    assert world.carry(receipt(document, state="erased"), ACLAND).line.status == "shared"
    late = overdue(world, days=3)
    assert {run.line.recipients for run in late} == {(ARGYLE,)}


def test_a_withdrawal_that_was_refused_can_be_sent_again(world: World) -> None:
    document = notification(lead(ACLAND), lead(BROOKFIELD))
    world.carry(document)
    assert world.carry(withdrawal(document, basis="LB-XX")).line.status == "refused"
    assert [one.state for one in _case(world, document).tellings] == ["sent", "held"]
    assert told_to(world.carry(withdrawal(document))) == {ACLAND}
    assert [one.state for one in _case(world, document).tellings] == ["sent", "withdrawn", "sent"]


@pytest.mark.parametrize(
    ("answer", "later", "status", "rule"),
    [
        (None, 0, "held", "ENC-RES"),
        (None, 2, "shared", "ENC-RES"),
        ("acknowledged", 0, "held", "ENC-RES"),
        ("acknowledged", 2, "held", "ENC-RES"),
        ("rejected", 0, "held", "ENC-RES"),
    ],
)
def test_a_child_of_another_force_is_handed_over_first_and_sent_direct_if_nobody_answers(
    world: World, answer: str | None, later: int, status: str, rule: str
) -> None:
    first = personas.handover()
    assert told_to(world.carry(first)) == {HERTS}
    if answer:
        why = AFTER_GROUNDS if answer == "rejected" else {}
        world.carry({**receipt(first, state=answer, role="duty-desk", **why), "basis": "LB-PP"}, HERTS)
    overdue(world, hours=later)
    if answer != "rejected":
        world.carry(follow_up("notification-updated", first, welfareCheck=True))  # changes nothing of that
    content = incident(residenceForce=HERTS_AREA)
    carried = world.carry(notification(case=first["case"], content=content))
    assert (carried.line.status, rules(world, carried)) == (status, {ACLAND: [rule]})
    left = world.carry(notification(lead(ARGYLE, "left"), case=first["case"], content=content))
    assert (left.line.status, set(rules(world, left)[ARGYLE])) == ("held", {"ENC-ROLL", rule})


@pytest.mark.parametrize(
    ("by_telephone", "later", "status", "cure"),
    [
        (False, 0, "held", "Send encompass.force-handover"),
        (False, 2, "shared", "Tell the residence force"),
        (True, 0, "held", "The residence force notifies"),
        (True, 2, "held", "The residence force notifies"),
    ],
)
def test_a_hand_over_that_is_held_is_told_by_telephone_or_the_force_sends_direct(
    world: World,
    by_telephone: bool,  # noqa: FBT001
    later: int,
    status: str,
    cure: str,
) -> None:
    first = personas.handover()
    unconnected = amended(world, HERTS, channel=Channel.NOT_CONNECTED)
    carried = unconnected.carry(incoming(world.submit(first)), world.memory, NIGHT)
    world.memory.remember(*carried.remember)
    assert rules(world, carried) == {HERTS: ["CHN-1"]}
    if by_telephone:
        world.carry(personas.told(first, HERTS))
    overdue(world, hours=later)
    direct = world.carry(notification(case=first["case"], content=incident(residenceForce=HERTS_AREA)))
    assert direct.line.status == status
    assert world.outcome(direct)["recipients"][0]["findings"][0]["cure"].startswith(cure)


def test_a_hand_over_to_the_wrong_force_is_held(world: World) -> None:
    assert rules(world, world.carry(personas.handover(MET))) == {MET: ["ENC-RES-TO"]}


def test_what_was_told_by_telephone_is_recorded_and_closes_the_hold(world: World) -> None:
    document = notification(lead(BROOKFIELD))
    world.carry(document)
    carried = world.carry(personas.told(document, BROOKFIELD))
    assert (carried.line.status, world.outcome(carried)["status"]) == ("recorded", "recorded")
    assert told_to(carried) == set()
    assert overdue(world, days=9) == []


@pytest.mark.parametrize(
    "document",
    [
        lambda first: {**withdrawal(first), "to": [lead(ACLAND)]},
        lambda first: {**personas.told(first, ACLAND), "to": [lead(ACLAND)]},
    ],
)
def test_who_hears_what_follows_is_not_for_the_sender_to_say(world: World, document: Callable[[Json], Json]) -> None:
    first = notification()
    world.carry(first)
    carried = world.carry_record(foreign.record(world, document(first)))
    assert carried.line.rules == (Reason.NOT_ADDRESSED,)


def test_nobody_can_be_corrected_who_was_not_told(world: World) -> None:
    document = notification(lead(BROOKFIELD))
    world.carry(document)
    corrected = world.carry(follow_up("notification-corrected", document, givenNames="Robin"))
    assert corrected.line.rules == (Reason.NOT_ADDRESSED,)


def test_what_is_wholly_held_can_be_withdrawn_and_then_nobody_need_be_told(world: World) -> None:
    document = notification(lead(BROOKFIELD))
    world.carry(document)
    carried = world.carry(withdrawal(document))
    assert (carried.line.status, world.outcome(carried)["status"], told_to(carried)) == ("recorded", "recorded", set())
    assert overdue(world, days=9) == []
    for again in (withdrawal(document), personas.told(document, BROOKFIELD)):
        assert world.carry(again).line.status == "refused"


# Silence -------------------------------------------------------------------------------------------------------------

PLACE = ("homeAddress", "locationCategory", "childVoice", "circumstances")


def covers(world: World, content: Json) -> Json:
    """The cover and the size of what a school gets."""
    carried = world.carry(notification(content=content))
    (opened,) = world.opened(carried, ACLAND)
    (delivery,) = on(carried, topics.inbox(ACLAND))
    body = {name: value for name, value in opened.body.items() if name not in ("message", "case", "view")}
    statement = loads(unb64(opened.statement.split(".")[1]))
    shape = {name: len(dumps(value)) for name, value in statement.items()}
    return {
        "body": body,
        "content": opened.content,
        "shape": shape,
        "size": len(delivery.value),
        "line": carried.line.rules,
    }


@pytest.mark.parametrize("handling", ["refuge", "court-ordered", "placement-confidential", "withhold-from-named"])
def test_a_refuge_childs_cover_is_that_of_a_child_whose_sender_left_the_same_out(world: World, handling: str) -> None:
    protected = covers(world, incident(addressHandling=handling))
    open_ = covers(world, incident(**dict.fromkeys(PLACE)))
    assert protected == open_ == covers(world, AT_A_REFUGE)


def test_that_a_place_is_protected_is_in_no_log_line(world: World) -> None:
    away = notification(lead(MARRIOTTS), content=incident(addressHandling="refuge"))
    text = notification(content=incident(addressHandling="refuge", settingSafetyCondition="not near NW1 1AA"))
    for document in (away, text):
        carried = world.carry(document)
        assert any("RD-2" in rule for found in rules(world, carried).values() for rule in found)
        assert carried.line.rules == ()
        assert "RD-2" not in json.dumps(asdict(carried.line))


def strings(value: object) -> set[str]:
    """Every text in a JSON value, with the parts of each signed text in it and what they say, less the fields."""
    found: set[str] = set()
    match value:
        case dict():
            for name, item in value.items():
                found |= {name} | strings(item)
        case [str(salt), str(), _] | [str(salt), dict()]:  # a disclosure
            found = {salt}
        case list() | tuple():
            for item in value:
                found |= strings(item)
        case str():
            parts = re.split(r"[~.]", value)
            found = {value, *parts}
            for part in parts if len(parts) > 2 else ():
                with suppress(ValueError):
                    found |= strings(loads(unb64(part)))
    return found


def test_two_siblings_deliveries_have_nothing_in_common_but_what_is_public(world: World) -> None:
    said, headers = [], set()
    for school, name, born in ((ACLAND, "Rowan", "2011-02-03"), (ARGYLE, "Robin", "2017-02-03")):
        carried = world.carry(notification(lead(school), content=incident(givenNames=name, dateOfBirth=born)))
        (out,) = (out for out in carried.outgoing if out.key == school.encode())
        sealed = unseal(out.value, world.home.keys(school))
        plain = {name: text.decode() for name, text in out.headers if name != "ce_time"}
        said.append(strings([sealed, plain]))
        headers |= {part.partition(".")[0] for part in sealed.values()}
    assert all({"alg", "kid", "typ"} == set(loads(unb64(header))) for header in headers)

    law = [dict(basis.in_words) for basis in world.exchange.policy.bases]
    flow = BY_TYPE[notification()["type"]]
    rule = deadline(Clock.SCHOOL_DAY, start=NIGHT, opens=NIGHT.time())
    assert rule is not None
    everybody = [one.model_dump(mode="json", by_alias=True) for one in world.registry]
    public = strings([everybody, law, *flow.message.labels, rule.says])
    public |= {flow.type, flow.name, flow.title, rule.assumes, TYP, COVER, DELIVERY, "application/jose"} | headers
    common = {text for text in said[0] & said[1] - public if len(text) > 16}
    assert common <= {"safeguarding-lead", "2026-11-20T08:40+00:00"}
    assert not {text for text in said[0] & said[1] if re.fullmatch(r"[0-9a-f-]{36}|[0-9a-f]{64}", text)}


# --- refusals that anybody can cause in anybody's name ----------------------------------------------------------------


def in_the_name_of(organisation: str, number: int = 0) -> Incoming:
    """A record of rubbish that says whom it is from."""
    headers = [("ce_source", organisation.encode()), ("ce_id", str(uuid4()).encode())]
    return Incoming(partition=0, partitions=6, key=None, headers=headers, value=f"rubbish {number}".encode())


def notices(world: World, carried: list[Carried], to: str = MET) -> list[dict[str, Any]]:
    """What the organisation is told of these, in order."""
    inbox = topics.inbox(to)
    return [world.outcome(one, to)["unsigned"] for one in carried if on(one, inbox)]


def test_a_flood_in_another_s_name_brings_it_few_notices_that_say_how_many_there_were(world: World) -> None:
    carried = [world.carry_record(in_the_name_of(MET, number)) for number in range(200)]
    since = NIGHT.isoformat()
    told = [*range(1, 11), 16, 32, 64, 128]
    assert notices(world, carried) == [{"count": count, "since": since} for count in told]
    for number, one in enumerate(carried, start=1):
        assert [kept.value for kept in on(one, topics.QUARANTINE)] == [f"rubbish {number - 1}".encode()]
        assert kept(world, one, topics.AUDIT)["unsigned"]["count"] == number
    assert notices(world, [world.carry_record(in_the_name_of(HERTS))], HERTS) == [{"count": 1, "since": since}]


def test_an_hour_later_it_counts_from_the_beginning(world: World) -> None:
    for number in range(20):
        world.carry_record(in_the_name_of(MET, number))
    world.now = NIGHT + TOLD_ANEW - timedelta(seconds=1)
    assert notices(world, [world.carry_record(in_the_name_of(MET))]) == []
    world.now = NIGHT + TOLD_ANEW
    again = notices(world, [world.carry_record(in_the_name_of(MET))])
    assert again == [{"count": 1, "since": world.now.isoformat()}]


def test_a_flood_in_its_name_takes_nothing_from_what_a_sender_is_told_of_what_it_signed(world: World) -> None:
    for number in range(20):
        world.carry_record(in_the_name_of(MET, number))
    accepted = world.carry(notification())
    assert world.outcome(accepted)["status"] == "shared"
    for _ in range(3):
        refused = world.carry_record(replace(incoming(world.submit(notification())), key=b"x"))
        outcome = world.outcome(refused)
        assert outcome["refused"]["code"] == Reason.WRONG_PARTITION
        assert "unsigned" not in outcome


def test_a_fault_of_ours_is_told_however_many_there_are(world: World) -> None:
    faults = [world.exchange.set_aside(in_the_name_of(MET, one), Refused(Reason.FAULT), NIGHT) for one in range(20)]
    assert all(on(one, topics.inbox(MET)) for one in faults)


# --- records carried together -----------------------------------------------------------------------------------------


def record_of(world: World, document: Json, sender: str = MET) -> Incoming:
    return incoming(world.agency(sender).submit(document, world.now))


def test_together_is_the_same_as_one_after_another(world: World) -> None:
    first = notification(lead(ACLAND))
    update = follow_up("notification-updated", first, welfareCheck=True)
    other = notification(lead(CAMDEN))
    records = [record_of(world, one) for one in (first, update, other)]
    records = [
        *records[:2],
        records[0],
        Incoming(partition=0, partitions=6, key=None, headers=[], value=b"x"),
        records[2],
    ]
    memory = Cabinet()
    together = world.exchange.carry_all(records, memory, world.now)
    assert [one.line.status for one in together] == ["shared", "shared", "repeated", "refused", "refused"]
    assert memory.case(MET, first["case"]) is None, "what to remember is returned, and the memory left as it is"
    alone = Cabinet()
    for record, one in zip(records, together, strict=True):
        carried = world.exchange.carry(record, alone, world.now)
        alone.remember(*carried.remember)
        assert carried.line == one.line
        assert carried.remember == one.remember
        assert [(out.topic, out.key, out.partition) for out in carried.outgoing] == [
            (out.topic, out.key, out.partition) for out in one.outgoing
        ]


def test_rubbish_in_somebodys_name_is_counted_within_a_group_too(world: World) -> None:
    carried = world.exchange.carry_all([in_the_name_of(MET, number) for number in range(3)], Cabinet(), world.now)
    assert [one.remember[0].count for one in carried if isinstance(one.remember[0], Unsigned)] == [1, 2, 3]
