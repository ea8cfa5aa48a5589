"""Rights are computed from the registry: what each kind of principal gets, and that nobody gets more."""

from collections.abc import Iterable

import pytest

from broker import acl, reading, topics
from broker.acl import Acl, Operation, Quota, Resource
from broker.data import organisations
from broker.registry import Channel, Organisation, Registry
from broker.schemas.terms import Kind

POLICE, SCHOOL, MAILBOX_SCHOOL, UNCONNECTED = "police:01", "school:100053", "school:100008", "school:100011"
SUPPLIER = "supplier:example-systems"


def _changed(name: str, **changes: object) -> Registry:
    registry = organisations()
    one = registry.get(name)
    assert one is not None
    return registry.put([one.model_copy(update=changes)], "changed")


def _said(rights: Iterable[Acl], name: str) -> set[str]:
    return {str(one).removeprefix(f"User:{name} may ") for one in acl.of(rights, name)}


@pytest.mark.parametrize(("organisation", "name"), [(POLICE, "police-01"), (SCHOOL, "school-100053")])
def test_a_direct_organisation_sends_what_its_kind_may_and_reads_its_own_inbox(organisation: str, name: str) -> None:
    assert acl.principal(organisation) == name
    assert _said(acl.rules(organisations()), name) == {
        "WRITE topic submit.encompass",
        "WRITE topic submit.referral",
        f"READ topic inbox.{name}",
        "READ topic registry-events",
        f"READ group {name}.*",
    }


def test_a_kind_that_sends_nothing_may_write_nowhere() -> None:
    school = organisations().get(SCHOOL)
    assert school is not None
    made = Organisation(id="intelligence:x-service", name="X", nation=school.nation, channel=Channel.DIRECT)
    said = _said(acl.rules(organisations().put([made], "more")), "intelligence-x-service")
    assert not any(one.startswith("WRITE") for one in said)
    assert "READ topic inbox.intelligence-x-service" in said


def test_a_supplier_sends_for_others() -> None:
    school = organisations().get(SCHOOL)
    assert school is not None
    supplier = Organisation(id=SUPPLIER, name="Example Systems", nation=school.nation, channel=Channel.DIRECT)
    assert supplier.kind is Kind.SUPPLIER
    said = _said(acl.rules(organisations().put([supplier], "more")), acl.principal(SUPPLIER))
    assert "WRITE topic submit.encompass" in said


@pytest.mark.parametrize("changes", [{"suspended": True}, {"channel": Channel.MAILBOX}])
def test_whoever_is_suspended_or_leaves_kafka_has_nothing(changes: dict[str, object]) -> None:
    assert acl.of(acl.rules(organisations()), "police-01")
    rights = acl.rules(_changed(POLICE, **changes))
    assert not acl.of(rights, "police-01")
    assert acl.of(rights, "police-41")


@pytest.mark.parametrize("organisation", [MAILBOX_SCHOOL, UNCONNECTED, "broker:england-and-wales"])
def test_whoever_has_no_client_of_its_own_has_nothing(organisation: str) -> None:
    assert not acl.of(acl.rules(organisations()), acl.principal(organisation))


def test_nobody_but_an_organisation_reads_its_inbox() -> None:
    rights = acl.rules(organisations())
    for one in organisations().direct:
        inbox = topics.inbox(one.id)
        readers = {
            right.principal
            for right in rights
            if right.resource is Resource.TOPIC
            and right.operation in (Operation.READ, Operation.ALL)
            and (inbox.startswith(right.name) if right.prefixed else inbox == right.name)
        }
        assert readers == {f"User:{acl.principal(one.id)}"}


def test_nobody_makes_deletes_or_alters_anything_and_no_rule_is_for_everybody() -> None:
    for one in acl.rules(organisations()):
        assert one.operation in (Operation.READ, Operation.WRITE, Operation.DESCRIBE)
        assert one.resource is not Resource.CLUSTER
        assert one.principal not in ("User:*", "User:operator", "User:kafka-node")
        assert one.name not in ("", "*")
        assert one.allows
        assert one.why


def test_the_worker_can_see_every_topic_that_it_says_is_missing() -> None:
    worker = acl.of(acl.rules(organisations()), acl.WORKER)
    for topic in topics.topics(organisations()):
        assert any(
            topic.name.startswith(one.name) if one.prefixed else topic.name == one.name
            for one in worker
            if one.resource is Resource.TOPIC
        ), topic.name


def test_a_group_of_one_principal_is_not_a_group_of_another_whose_name_it_begins_with() -> None:
    groups = [one for one in acl.rules(organisations()) if one.resource is Resource.GROUP and one.prefixed]
    assert groups
    assert all(one.name.endswith(".") for one in groups)


def test_what_a_rule_is_because_of_is_no_part_of_it() -> None:
    given, live = (Acl("User:a", Resource.TOPIC, "t", Operation.READ, why=why) for why in ("because", ""))
    assert not acl.difference([given], [live])
    other = Acl("User:a", Resource.TOPIC, "t", Operation.WRITE)
    found = acl.difference([given], [live, other])
    assert found == acl.Difference(missing=frozenset(), extra=frozenset({other}))
    assert found


def test_a_rule_is_said_in_words() -> None:
    denied = Acl("User:a", Resource.TRANSACTIONAL_ID, "t.", Operation.ALL, prefixed=True, host="10.0.0.1", allows=False)
    assert str(denied) == "User:a may NOT ALL transactional id t.* from 10.0.0.1"


def test_the_mailbox_service_cannot_send_and_those_who_send_under_its_sister_name_can_do_nothing_else() -> None:
    rights = acl.rules(organisations())
    reader = {(right.operation, right.name) for right in acl.of(rights, acl.MAILBOX_READER)}
    assert reader == {
        (Operation.READ, topics.MAILBOX),
        (Operation.READ, topics.MAILBOX_CLAIMS),
        (Operation.WRITE, topics.MAILBOX_CLAIMS),
        (Operation.READ, topics.REGISTRY),
    }
    sender = {(right.operation, right.name) for right in acl.of(rights, acl.MAILBOX_SENDER)}
    assert sender == {(Operation.WRITE, topics.submit(family)) for family in topics.FAMILIES}


def test_the_screening_reads_what_the_worker_asks_and_can_deliver_to_nobody() -> None:
    rights = acl.rules(organisations())
    mine = {(right.operation, right.name) for right in acl.of(rights, acl.SCREENER)}
    assert mine == {
        (Operation.READ, topics.SCREEN),
        (Operation.READ, reading.GROUP),
        (Operation.READ, topics.REGISTRY),
        *((Operation.WRITE, topics.submit(family)) for family in topics.FAMILIES),
    }
    assert [one.principal for one in rights if one.name == topics.SCREEN and one.operation is Operation.WRITE] == [
        f"User:{acl.WORKER}"
    ]


def test_every_principal_of_an_organisation_has_one_limit_and_the_broker_s_own_have_none() -> None:
    registry = organisations()
    limits = acl.quotas(registry)
    senders = {acl.principal(one.id) for one in registry.direct} | {acl.MAILBOX_SENDER}
    assert {one.on for one in limits} == {(("user", name),) for name in senders}
    assert len(limits) == len(senders)
    for one in limits:
        shared = one.on == (("user", acl.MAILBOX_SENDER),)
        most = acl.SHARED_SENDS_AT_MOST if shared else acl.SENDS_AT_MOST
        assert (one.what, one.value) == ("producer_byte_rate", most)
        assert one.why
    for name in (acl.WORKER, acl.SCREENER, acl.MAILBOX_READER, acl.OPERATOR, acl.NODE):
        assert not acl.of(limits, name)


def test_whoever_may_write_to_a_submit_topic_has_a_limit_but_the_operator() -> None:
    registry = organisations()
    writers = {
        one.principal
        for one in acl.rules(registry)
        if one.operation is Operation.WRITE and one.resource is Resource.TOPIC and one.name.startswith("submit.")
    }
    assert f"User:{acl.SCREENER}" in writers, "what answers for the broker waits for nobody"
    assert writers - {f"User:{acl.SCREENER}"} <= {one.principal for one in acl.quotas(registry)}


def test_a_limit_outlasts_suspension_but_not_the_client() -> None:
    assert acl.of(acl.quotas(_changed(POLICE, suspended=True)), "police-01")
    assert not acl.of(acl.quotas(_changed(POLICE, channel=Channel.MAILBOX)), "police-01")


def test_a_force_may_send_two_days_messages_at_once_and_the_largest_one() -> None:
    measured_over, message, a_day = 10, 11 * 1024, 26
    at_once = acl.SENDS_AT_MOST * measured_over
    assert at_once >= 2 * a_day * message
    assert at_once >= topics.MAX_SUBMISSION


def test_what_thirty_thousand_schools_share_lets_a_monday_morning_through() -> None:
    receipt, receipts, hour = 8 * 1024, 60_000, 60 * 60
    assert 4 * receipt * receipts / hour <= acl.SHARED_SENDS_AT_MOST


def test_an_altered_limit_is_both_missing_and_too_much() -> None:
    ours, live = (Quota((("user", "a"),), "producer_byte_rate", value) for value in (65536.0, 1e9))
    found = acl.difference([ours], [live])
    assert found == acl.Difference(missing=frozenset({ours}), extra=frozenset({live}))


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ((("user", "a"),), "User:a is limited to producer_byte_rate 65536"),
        ((("user", None),), "User:* is limited to producer_byte_rate 65536"),
        ((("client-id", "b"), ("user", "a")), "client-id:b,User:a is limited to producer_byte_rate 65536"),
    ],
)
def test_a_limit_is_said_in_words(on: tuple[tuple[str, str | None], ...], said: str) -> None:
    assert str(Quota(on, "producer_byte_rate", 65536.0)) == said
