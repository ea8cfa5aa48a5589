"""The CloudEvents SDK writes envelopes that we read, and reads envelopes that we write (Kafka binary mode)."""

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event, to_binary_event
from cloudevents.core.v1.event import CloudEvent

from broker import envelope
from broker.agency import Submitted
from broker.envelope import DELIVERY
from broker.errors import Reason, Refused
from tests.personas import ACLAND, BROKER, MET, NIGHT, Json, notification
from tests.world import World, incoming


def made_by_the_sdk(submitted: Submitted, **changes: str) -> KafkaMessage:
    """The same submission as a foreign producer would write it: only value and attributes are taken over."""
    said = {name: value.decode() for name, value in submitted.headers}
    attributes: Json = {
        "id": said["ce_id"],
        "source": said["ce_source"],
        "type": said["ce_type"],
        "datacontenttype": "application/jose",
        "time": NIGHT,
        "partitionkey": submitted.key.decode(),
        **changes,
    }
    return to_binary_event(CloudEvent(attributes, submitted.value))


def test_the_procedure_accepts_what_the_sdk_wrote(world: World) -> None:
    submitted = world.submit(notification())
    message = made_by_the_sdk(submitted)
    assert message.key == submitted.key.decode()
    record = incoming(submitted, headers=list(message.headers.items()), value=message.value)
    assert world.carry_record(record).line.status == "shared"


def test_the_procedure_refuses_an_sdk_event_with_another_type(world: World) -> None:
    submitted = world.submit(notification())
    message = made_by_the_sdk(submitted, type="uk.safeguarding.encompass.force-handover.v1")
    record = incoming(submitted, headers=list(message.headers.items()), value=message.value)
    assert world.carry_record(record).line.rules == (Reason.MISMATCH,)


def test_we_refuse_an_sdk_event_of_another_content_type(world: World) -> None:
    message = made_by_the_sdk(world.submit(notification()), datacontenttype="application/json")
    with pytest.raises(Refused) as refused:
        envelope.read(list(message.headers.items()))
    assert refused.value.fields == ("content-type",)


def test_the_sdk_reads_a_submission_of_ours(world: World) -> None:
    submitted = world.submit(notification())
    event = from_binary_event(KafkaMessage(dict(submitted.headers), submitted.key, submitted.value))
    assert event.get_attributes() == {
        "specversion": "1.0",
        "id": submitted.message,
        "source": MET,
        "type": "uk.safeguarding.encompass.notification-issued.v1",
        "time": NIGHT,
        "datacontenttype": "application/jose",
        "partitionkey": f"{MET}/{submitted.case}",
    }
    assert event.get_data() == submitted.value.decode()


def test_the_sdk_reads_a_delivery_of_ours_and_nothing_in_it_tells_sender_or_type(world: World) -> None:
    carried = world.carry(notification())
    out = next(one for one in carried.outgoing if one.key == ACLAND.encode())
    event = from_binary_event(KafkaMessage(dict(out.headers), out.key, out.value))
    assert (event.get_type(), event.get_source()) == (DELIVERY, BROKER)
    assert event.get_extension("audience") == ACLAND
    data = event.get_data()
    assert isinstance(data, str)
    opened = world.agency(ACLAND).open_delivery(data.encode(), NIGHT)
    assert opened.id == event.get_id()
    assert opened.content["givenNames"] == "Rowan"


def test_the_sdk_writes_back_our_very_headers(world: World) -> None:
    submitted = world.submit(notification())
    event = from_binary_event(KafkaMessage(dict(submitted.headers), None, submitted.value))
    again = to_binary_event(event)
    ours = dict(submitted.headers)
    assert again.value == submitted.value
    assert {name: value for name, value in again.headers.items() if name != "ce_time"} == {
        name: value for name, value in ours.items() if name != "ce_time"
    }
    assert envelope.read(list(again.headers.items())) == envelope.read(submitted.headers)
