"""On a real Kafka: what the CloudEvents SDK produced is carried, and what we deliver is read by the SDK."""

from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event, to_binary_event
from cloudevents.core.v1.event import CloudEvent

from broker import topics
from broker.connection import Connection
from broker.envelope import DELIVERY
from broker.exchange import Incoming
from broker.post import admin
from tests.personas import ACLAND, NIGHT, notification
from tests.principals import Principals
from tests.world import World


async def test_an_sdk_submission_is_carried_and_the_delivery_is_read_by_the_sdk(
    world: World, kafka: Principals
) -> None:
    """Topics of its own, with the partition counts of the real ones, so that no other test meets these records."""
    submissions, deliveries = f"sdk.submit.{uuid4()}", f"sdk.inbox.{uuid4()}"
    async with admin(kafka.operator) as client:
        await client.create_topics(
            [NewTopic(submissions, topics.SUBMIT_PARTITIONS, 1), NewTopic(deliveries, topics.MAILBOX_PARTITIONS, 1)]
        )

    submitted = world.submit(notification())
    event = CloudEvent(
        {
            "id": submitted.message,
            "source": "police:01",
            "type": "uk.safeguarding.encompass.notification-issued.v1",
            "datacontenttype": "application/jose",
            "time": NIGHT,
        },
        submitted.value,
    )
    message = to_binary_event(event, key_mapper=lambda _: f"police:01/{submitted.case}")
    await _produce(kafka.operator, submissions, message)  # no partition given: Kafka's default partitioner must find it

    record = await _first(kafka.operator, submissions, topics.SUBMIT_PARTITIONS)
    carried = world.carry_record(record)
    assert (carried.line.status, carried.line.message) == ("shared", submitted.message)

    out = next(one for one in carried.outgoing if one.key == ACLAND.encode())
    await _produce(kafka.operator, deliveries, KafkaMessage(dict(out.headers), out.key, out.value), out.partition)
    got = await _first(kafka.operator, deliveries, topics.MAILBOX_PARTITIONS)
    headers = {name: value for name, value in got.headers if value is not None}
    delivery = from_binary_event(KafkaMessage(headers, got.key, got.value or b""))
    assert delivery.get_type() == DELIVERY
    assert delivery.get_extension("audience") == ACLAND
    opened = world.agency(ACLAND).open_delivery(str(delivery.get_data()).encode(), NIGHT)
    assert opened.id == delivery.get_id()
    assert opened.content["givenNames"] == "Rowan"


async def _produce(connection: Connection, topic: str, message: KafkaMessage, partition: int | None = None) -> None:
    producer = AIOKafkaProducer(**connection.options)
    await producer.start()
    try:
        key = message.key.encode() if isinstance(message.key, str) else message.key
        headers = list(message.headers.items())
        await producer.send_and_wait(topic, message.value, key=key, headers=headers, partition=partition)
    finally:
        await producer.stop()


async def _first(connection: Connection, topic: str, partitions: int) -> Incoming:
    consumer = AIOKafkaConsumer(**connection.options, auto_offset_reset="earliest", isolation_level="read_committed")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, number) for number in range(partitions)])
        record = await consumer.getone()
        return Incoming(
            partition=record.partition,
            partitions=partitions,
            key=record.key,
            headers=record.headers,
            value=record.value,
        )
    finally:
        await consumer.stop()
