"""The register of agreements, and what depends on one: sent to a mailbox only, and unclaimable once it has ended."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker import envelope, topics
from broker.drafts import Carried, Outgoing
from broker.errors import Reason, Refused
from broker.home import Home
from broker.judge import MOST_GRANTS
from broker.mailbox.index import Index, Place, item_id
from broker.register import REGISTRAR, Connected, KeyAdded, KeyRevocation, KeyRevoked, Suspended
from broker.registry import Channel, KeyUse
from broker.sealing import unseal
from broker.state import Case, TellingState
from broker.words import NOT_ERASED, NOT_FETCHED
from tests.personas import (
    BROKER,
    CAMDEN,
    ISLINGTON,
    Json,
    agreement_withdrawn,
    answer,
    document,
    grant,
    homeless,
    referral,
)
from tests.world import CLEAR, Reads, World, incoming, make_home

A_MONTH = timedelta(days=31)
NOWHERE = "la:E09000033"
"""A council that is not in the register: what is addressed to it is held."""


@pytest.fixture
def world(keyed_home: Path) -> World:
    """The shared world, in which free text is read at once: a referral cannot go without it."""
    return Reads(Home(keyed_home))


@pytest.fixture
def own(tmp_path: Path) -> World:
    """A world of one's own, whose registry a test may change."""
    return Reads(make_home(tmp_path))


@dataclass
class Box:
    """The mailbox topic as the mailbox service sees it, without Kafka."""

    index: Index = field(default_factory=lambda: Index(dict.fromkeys(range(topics.MAILBOX_PARTITIONS), 0)))
    offset: int = 0
    values: dict[str, bytes] = field(default_factory=dict)

    def take(self, carried: Carried) -> None:
        """Take in what the worker has written."""
        for out in carried.outgoing:
            if out.topic == topics.MAILBOX:
                place, item = Place(out.partition, self.offset), item_id(out.value)
                self.index.arrived(place, out.key.decode(), item, len(out.value), envelope.slip(out.headers))
                self.values[item] = out.value
                self.offset += 1

    def claim(self, world: World, organisation: str, *, keep: bool = False) -> list[str]:
        """What an organisation fetches, by type. `keep`: it acknowledges, too."""
        items = self.index.claim(organisation, 50, 0.0, world.now)
        for item in self.index.may_end(organisation, items):
            self.index.lent(item.place, organisation, item.id)
        agency = world.agency(organisation)
        found = [agency.open_delivery(self.values[item.id], world.now).body for item in items]
        if keep:
            for item in items:
                self.index.acknowledged(item.place, organisation, item.id)
        return [str(body["type"]).split(".")[3] for body in found if body["is"] == "delivery"]


def carry(world: World, box: Box, said: Json, sender: str = CAMDEN) -> Carried:
    carried = world.carry(said, sender)
    box.take(carried)
    return carried


def facts(world: World, carried: Carried) -> list[Json]:
    """The coded facts of each recipient, as the audit record has them."""
    kept = next(out for out in carried.outgoing if out.topic == topics.AUDIT)
    body = unseal(kept.value, world.home.keys(BROKER))
    assert isinstance(body, dict)
    return [one["facts"] for one in body["recipients"]]


def deliveries(carried: Carried, recipient: str = ISLINGTON) -> list[Outgoing]:
    return [out for out in carried.outgoing if out.key == recipient.encode()]


def case_of(world: World, given: Json) -> Case:
    case = world.memory.case(given["caseOwner"], given["case"])
    assert case is not None
    return case


def states(world: World, given: Json) -> list[TellingState]:
    return [one.state for one in case_of(world, given).tellings]


def new_sealing_key(world: World, organisation: str) -> None:
    """The old one is lost."""
    old = world.home.member(organisation).key(KeyUse.SEAL, world.now)
    assert old is not None
    lost = KeyRevoked(about=organisation, kid=old.kid, because=KeyRevocation.LOST)
    world.home.declare(lost, REGISTRAR, world.now)
    fresh = world.home.new_key(organisation, KeyUse.SEAL, world.now)
    world.home.declare(KeyAdded(about=organisation, key=fresh), REGISTRAR, world.now)


# --- how an agreement stands --------------------------------------------------------------------------------


def test_what_depends_on_an_agreement_that_stands_is_shared_to_the_mailbox_and_says_outside_when_it_lapses(
    world: World,
) -> None:
    given = grant()
    assert world.carry(given, CAMDEN).line.status == "recorded"
    sent = world.carry(homeless(given), CAMDEN)
    assert sent.line.status == "shared"
    assert facts(world, sent)[0]["agreement"] == "stands"
    assert facts(world, sent)[0].get("consent") is None
    (out,) = deliveries(sent)
    assert out.topic == topics.MAILBOX
    assert envelope.slip(out.headers).expires == datetime(2026, 12, 19, 20, tzinfo=UTC)
    assert (case_of(world, given).tellings[0].grants, case_of(world, given).tellings[0].events) == (
        (given["content"]["grantId"],),
        (dict(out.headers)["ce_id"].decode(),),
    )


def test_who_has_an_inbox_finds_it_in_its_mailbox_and_nothing_of_it_in_the_inbox(world: World) -> None:
    box, given = Box(), grant(CAMDEN, sender=ISLINGTON)
    carry(world, box, given, ISLINGTON)
    sent = carry(world, box, homeless(given, CAMDEN), ISLINGTON)
    assert [out.topic for out in deliveries(sent, CAMDEN)] == [topics.MAILBOX]
    assert box.claim(world, CAMDEN) == ["duty-to-refer"]
    acknowledged = world.carry(answer(homeless(given, CAMDEN) | {"id": sent.line.message}), CAMDEN)
    assert acknowledged.line.status == "shared"
    assert states(world, given) == [TellingState.ACKNOWLEDGED]


def test_the_outcome_of_a_direct_sender_still_goes_to_its_inbox(world: World) -> None:
    given = grant()
    assert [out.topic for out in deliveries(world.carry(given, CAMDEN), CAMDEN)] == [topics.inbox(CAMDEN)]


@pytest.mark.parametrize(
    ("changes", "referred", "stands"),
    [
        ({}, {"agreementRef": None}, "nothing-on-file"),
        ({}, {"agreementRef": "00000000-0000-4000-a000-000000000000"}, "nothing-on-file"),
        ({"what": "data-protection-consent"}, {}, "nothing-on-file"),
        ({"givenAt": "2026-11-20T20:00:00Z"}, {}, "nothing-on-file"),
        ({"givenAt": "2026-10-01T00:00:00Z", "expiresAt": "2026-11-19T22:30:00Z"}, {}, "expired"),
        ({"purpose": "temporary-accommodation-notice"}, {}, "for-another-purpose"),
        ({"recipients": [NOWHERE]}, {}, "for-another-recipient"),
    ],
    ids=["none", "unknown", "consent", "not yet", "expired", "another purpose", "another recipient"],
)
def test_how_an_agreement_stands_is_a_fact(world: World, changes: Json, referred: Json, stands: str) -> None:
    given = grant(**changes)
    world.carry(given, CAMDEN)
    sent = world.carry(homeless(given, **referred), CAMDEN)
    assert facts(world, sent)[0]["agreement"] == stands
    relied = [one.grants for one in case_of(world, given).tellings]
    assert not any(relied), "what does not stand is not relied on"


def test_of_two_recipients_one_may_be_agreed_to_and_the_other_not(world: World) -> None:
    given = grant(ISLINGTON)
    world.carry(given, CAMDEN)
    sent = world.carry(homeless(given, ISLINGTON, CAMDEN), CAMDEN)
    assert [one["agreement"] for one in facts(world, sent)] == ["stands", "for-another-recipient"]


def test_an_agreement_of_another_case_is_none(world: World) -> None:
    given, other = grant(), grant()
    world.carry(given, CAMDEN)
    world.carry(other, CAMDEN)
    sent = world.carry(homeless(given, agreementRef=other["content"]["grantId"]), CAMDEN)
    assert facts(world, sent)[0]["agreement"] == "nothing-on-file"


def test_consent_is_looked_for_where_it_is_relied_on_and_is_kept_apart_from_agreement(world: World) -> None:
    given = grant()
    consent = grant(case=given["case"], what="data-protection-consent", expiresAt="2026-12-01T00:00:00Z")
    for one in (given, consent):
        world.carry(one, CAMDEN)
    by_consent = {"law": {"article6": "6(1)(a)"}}
    none = world.carry(homeless(given, **by_consent), CAMDEN)
    assert facts(world, none)[0]["consent"] == "nothing-on-file"
    wrong = world.carry(homeless(given, consentRef=given["content"]["grantId"]), CAMDEN)
    assert facts(world, wrong)[0]["consent"] == "nothing-on-file", "agreement is no consent"
    both = homeless(given, consentRef=consent["content"]["grantId"])
    right = world.carry(both, CAMDEN)
    assert (facts(world, right)[0]["consent"], facts(world, right)[0]["agreement"]) == ("stands", "stands")
    (out,) = deliveries(right)
    assert envelope.slip(out.headers).expires == datetime(2026, 12, 1, tzinfo=UTC), "whichever lapses first"


def test_a_type_without_a_register_has_no_consent_on_file(world: World) -> None:
    sent = world.carry(referral(law={"article6": "6(1)(a)"}), "charity:9999999")
    assert facts(world, sent)[0]["consent"] == "nothing-on-file"
    assert facts(world, sent)[0].get("agreement") is None


OF_A_SERVICE = {"law": {"article6": "6(1)(a)", "agreementToService": True}}


@pytest.mark.parametrize("referred", [{"agreementRef": None}, OF_A_SERVICE], ids=["none", "of a service"])
def test_without_an_agreement_that_stands_nothing_is_sent(world: World, referred: Json) -> None:
    given = grant()
    world.carry(given, CAMDEN)
    sent = world.carry(homeless(given, **referred), CAMDEN)
    assert (sent.line.status, deliveries(sent)) == ("refused", [])


def test_to_safeguard_somebody_it_may_go_without(world: World) -> None:
    given = grant()
    sent = world.carry(homeless(given, agreementRef=None, law={"safeguardingOverride": True}), CAMDEN)
    assert sent.line.status == "shared"
    assert envelope.slip(deliveries(sent)[0].headers).expires is None


# --- the register -------------------------------------------------------------------------------------------


def test_an_agreement_is_limited_in_time(world: World) -> None:
    for changes in ({"expiresAt": "2026-11-19T20:00:00Z"}, {"expiresAt": "2027-12-01T20:00:00Z"}):
        with pytest.raises(Refused, match=Reason.MALFORMED):
            world.carry(grant(**changes), CAMDEN)


def test_one_that_was_withdrawn_does_not_come_back_under_its_old_name(world: World) -> None:
    given = grant()
    world.carry(given, CAMDEN)
    world.carry(agreement_withdrawn(given), CAMDEN)
    said = world.outcome(world.carry(given | {"id": document("x", content={})["id"]}, CAMDEN), CAMDEN)
    assert said["refused"]["code"] == Reason.MALFORMED
    assert "on file in this case already" in said["refused"]["fields"][0]
    assert [one.withdrawn for one in case_of(world, given).grants] == [True]


def test_a_case_takes_so_many_agreements_and_no_more(world: World) -> None:
    first = grant()
    for _ in range(MOST_GRANTS):
        assert world.carry(grant(case=first["case"]), CAMDEN).line.status == "recorded"
    full = world.outcome(world.carry(grant(case=first["case"]), CAMDEN), CAMDEN)
    assert full["refused"]["code"] == Reason.CASE_FULL


def test_nobody_withdraws_what_is_not_on_file_or_anothers(world: World) -> None:
    given = grant()
    unknown = world.outcome(world.carry(agreement_withdrawn(given), CAMDEN), CAMDEN)
    assert unknown["refused"]["code"] == Reason.NO_SUCH_CASE
    world.carry(given, CAMDEN)
    anothers = world.carry(agreement_withdrawn(given), ISLINGTON)
    assert world.outcome(anothers, ISLINGTON)["refused"]["code"] == Reason.NO_SUCH_CASE
    assert not case_of(world, given).grants[0].withdrawn


# --- withdrawn or lapsed before it was fetched --------------------------------------------------------------


def test_what_was_withdrawn_before_it_was_fetched_looks_as_if_it_had_never_been_there(world: World) -> None:
    box, given = Box(), grant()
    carry(world, box, given)
    carry(world, box, homeless(given))
    held = len(box.index)
    ended = carry(world, box, agreement_withdrawn(given))
    assert world.outcome(ended, CAMDEN)["status"] == "shared"
    assert box.claim(world, ISLINGTON) == []
    assert box.index.free_at(ISLINGTON, world.now) is None
    assert len(box.index) < held
    assert facts(world, world.carry(homeless(given), CAMDEN))[0]["agreement"] == "withdrawn"


def test_a_second_withdrawal_tells_of_nothing_either(world: World) -> None:
    box, given = Box(), grant()
    for said in (given, homeless(given), agreement_withdrawn(given), agreement_withdrawn(given)):
        carry(world, box, said)
    assert box.claim(world, ISLINGTON) == []


def test_withdrawn_before_anything_was_sent_it_is_recorded(world: World) -> None:
    given = grant()
    world.carry(given, CAMDEN)
    assert world.carry(agreement_withdrawn(given), CAMDEN).line.status == "recorded"
    assert case_of(world, given).grants[0].withdrawn


def test_what_is_held_on_an_agreement_need_not_be_told_any_more_when_it_is_withdrawn(world: World) -> None:
    given = grant(NOWHERE)
    world.carry(given, CAMDEN)
    assert world.carry(homeless(given, NOWHERE), CAMDEN).line.status == "held"
    assert world.carry(agreement_withdrawn(given), CAMDEN).line.status == "recorded"
    assert states(world, given) == [TellingState.WITHDRAWN]
    assert not case_of(world, given).open


def test_an_agreement_that_lapses_between_publish_and_claim_can_be_fetched_no_more(own: World) -> None:
    box, given = Box(), grant()
    carry(own, box, given)
    carry(own, box, homeless(given))
    own.now = datetime(2026, 12, 19, 20, tzinfo=UTC)
    assert box.claim(own, ISLINGTON) == []
    assert box.index.free_at(ISLINGTON, own.now) is None
    carry(own, box, agreement_withdrawn(given))
    assert box.claim(own, ISLINGTON) == [], "nor is anybody told that it lapsed"


def test_what_lapses_while_its_text_is_being_read_goes_to_nobody_and_is_over(tmp_path: Path) -> None:
    slow = World(make_home(tmp_path))
    slow.carry(given := grant(), CAMDEN)
    asked = slow.asked(slow.carry(homeless(given), CAMDEN))
    slow.now += A_MONTH
    carried = slow.carry_record(slow.answer(asked, lambda _, __: CLEAR))
    assert slow.opened(carried, ISLINGTON) == []
    assert slow.outcome(carried, CAMDEN)["recipients"][0]["outcome"] == "refuse"
    assert states(slow, given) == [TellingState.WITHDRAWN]


def test_its_sender_is_told_when_nobody_has_answered_what_may_have_lapsed(own: World) -> None:
    given = grant()
    own.carry(given, CAMDEN)
    own.carry(homeless(given), CAMDEN)
    own.now += A_MONTH
    due = own.memory.next_due(own.now)
    assert due is not None
    (told,) = own.opened(own.exchange.fire(*due, own.now), CAMDEN)
    assert (told.body["is"], told.body["cure"]) == ("overdue", NOT_FETCHED)


def test_a_copy_that_is_sealed_again_is_decided_anew_and_every_copy_of_it_is_revoked(own: World) -> None:
    box, given = Box(), grant()
    carry(own, box, given)
    carry(own, box, homeless(given))
    own.now += timedelta(hours=1)
    new_sealing_key(own, ISLINGTON)
    (again,) = own.send_again(ISLINGTON)
    box.take(again)
    assert len(case_of(own, given).tellings[0].events) == 2
    carry(own, box, agreement_withdrawn(given))
    assert box.claim(own, ISLINGTON) == []


def test_what_has_lapsed_is_not_sealed_again(own: World) -> None:
    given = grant(expiresAt="2026-11-20T20:00:00Z")
    own.carry(given, CAMDEN)
    own.carry(homeless(given), CAMDEN)
    own.now += timedelta(days=1)
    new_sealing_key(own, ISLINGTON)
    (again,) = own.send_again(ISLINGTON)
    assert (again.line.status, deliveries(again)) == ("again-refused", [])


# --- withdrawn afterwards -----------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [False, True], ids=["on loan", "acknowledged by its system"])
def test_whoever_has_fetched_it_is_asked_to_erase_it_until_it_says_so(world: World, keep: bool) -> None:  # noqa: FBT001
    box, given = Box(), grant()
    carry(world, box, given)
    referred = homeless(given)
    carry(world, box, referred)
    assert box.claim(world, ISLINGTON, keep=keep) == ["duty-to-refer"]
    carry(world, box, agreement_withdrawn(given))
    assert box.claim(world, ISLINGTON) == ["agreement-withdrawn"], "and the referral cannot be fetched again"
    assert states(world, given) == [TellingState.SENT, TellingState.SENT]
    done = world.carry(answer(referred, state="erased"), ISLINGTON)
    assert done.line.status == "shared"
    assert states(world, given) == [TellingState.ERASED, TellingState.ERASED]
    assert not case_of(world, given).open


def test_a_human_who_has_read_it_is_asked_too(world: World) -> None:
    box, given = Box(), grant()
    carry(world, box, given)
    referred = homeless(given)
    carry(world, box, referred)
    box.claim(world, ISLINGTON, keep=True)
    world.carry(answer(referred), ISLINGTON)
    carry(world, box, agreement_withdrawn(given))
    assert box.claim(world, ISLINGTON) == ["agreement-withdrawn"]
    assert case_of(world, given).open, "until it has answered"


def test_the_sender_is_told_when_nobody_says_that_it_is_erased(own: World) -> None:
    given = grant()
    referred = homeless(given)
    for said in (given, referred):
        own.carry(said, CAMDEN)
    own.carry(answer(referred), ISLINGTON)
    own.carry(agreement_withdrawn(given), CAMDEN)
    own.now += A_MONTH
    due = own.memory.next_due(own.now)
    assert due is not None
    (told,) = own.opened(own.exchange.fire(*due, own.now), CAMDEN)
    assert told.body["cure"] == NOT_ERASED


def test_each_of_several_referrals_is_erased_by_itself(world: World) -> None:
    given = grant()
    first, second = homeless(given), homeless(given)
    for said in (given, first, second):
        world.carry(said, CAMDEN)
    for one in (first, second):
        world.carry(answer(one), ISLINGTON)
    world.carry(agreement_withdrawn(given), CAMDEN)
    world.carry(answer(first, state="erased"), ISLINGTON)
    assert case_of(world, given).open, "the second is not erased"
    world.carry(answer(second, state="erased"), ISLINGTON)
    assert not case_of(world, given).open
    assert set(states(world, given)) == {TellingState.ERASED}


def test_what_relied_on_another_agreement_is_left_alone(world: World) -> None:
    box, given = Box(), grant()
    other = grant(case=given["case"])
    for said in (given, other, homeless(given), homeless(other)):
        carry(world, box, said)
    carry(world, box, agreement_withdrawn(given))
    assert box.claim(world, ISLINGTON) == ["duty-to-refer"]


def test_an_agreement_has_ended_whatever_becomes_of_telling_so(own: World) -> None:
    """The recipient is suspended, so the notice is held; what it has not fetched yet is unclaimable all the same."""
    box, given = Box(), grant()
    for said in (given, homeless(given)):
        carry(own, box, said)
    own.home.declare(Suspended(about=ISLINGTON), REGISTRAR, own.now)
    ended = carry(own, box, agreement_withdrawn(given))
    assert ended.line.status == "held"
    (out,) = deliveries(ended)
    assert (out.value, envelope.slip(out.headers).empty) == (b"", True)
    assert case_of(own, given).grants[0].withdrawn
    assert box.index.claim(ISLINGTON, 50, 0.0, own.now) == ()


def test_what_was_delivered_before_its_reader_left_is_revoked_too(own: World) -> None:
    box, given = Box(), grant()
    for said in (given, homeless(given)):
        carry(own, box, said)
    own.home.declare(Connected(about=ISLINGTON, channel=Channel.NOT_CONNECTED), REGISTRAR, own.now)
    assert carry(own, box, agreement_withdrawn(given)).line.status == "held"
    assert box.index.claim(ISLINGTON, 50, 0.0, own.now) == ()


def test_a_withdrawal_that_may_be_somebody_elses_ends_nothing(own: World) -> None:
    box, given = Box(), grant()
    for said in (given, homeless(given)):
        carry(own, box, said)
    submitted = own.submit(agreement_withdrawn(given), CAMDEN)
    key = own.home.member(CAMDEN).key(KeyUse.SIGN, own.now)
    assert key is not None
    own.home.declare(KeyRevoked(about=CAMDEN, kid=key.kid, because=KeyRevocation.LOST), REGISTRAR, own.now)
    held = own.carry_record(incoming(submitted))
    box.take(held)
    assert held.line.status == "held"
    assert not case_of(own, given).grants[0].withdrawn
    assert len(box.index.claim(ISLINGTON, 50, 0.0, own.now)) == 1


def test_a_notice_that_is_sealed_again_is_still_for_those_alone_who_had_it(own: World) -> None:
    box, given = Box(), grant()
    for said in (given, homeless(given), agreement_withdrawn(given)):
        carry(own, box, said)
    own.now += timedelta(hours=1)
    new_sealing_key(own, ISLINGTON)
    for again in own.send_again(ISLINGTON):
        box.take(again)
    assert box.claim(own, ISLINGTON) == []


# --- the mailbox --------------------------------------------------------------------------------------------


def test_nothing_outside_says_anything_of_a_person(world: World) -> None:
    given = grant()
    sent = [world.carry(said, CAMDEN) for said in (given, homeless(given), agreement_withdrawn(given))]
    outside = b"".join(
        out.key + name.encode() + value for one in sent for out in one.outgoing for name, value in out.headers
    )
    for word in ("Testcase", "447700900123", "the-person", given["content"]["grantId"]):
        assert word.encode() not in outside


def test_what_the_broker_did_not_write_outside_is_not_read() -> None:
    headers: list[tuple[str, bytes | None]] = [("ce_expires", b"tomorrow"), ("ce_id", None)]
    with pytest.raises(ValueError, match="isoformat"):
        envelope.slip(headers)
    assert envelope.slip([("ce_id", None), ("other", b"\xff")]) == envelope.NO_SLIP
