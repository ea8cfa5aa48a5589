"""How a submit topic is read: bytes stay bytes, nothing is parsed before it is verified, nobody steers our replies."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from aiokafka.errors import ConsumerStoppedError
from faststream import AckPolicy
from faststream.kafka import KafkaMessage, KafkaRouter
from faststream.kafka.message import KafkaAckableMessage

from broker import records
from broker.loop import Loop

POLL_MS = 20
"""FastStream sleeps this long again after an empty poll, so it bounds the latency that an idle worker adds."""


def router(loop: Loop) -> KafkaRouter:
    """A router with one subscriber, wired to this loop.

    MANUAL: the loop commits offsets inside its transaction. `no_reply`: a sender's reply_to header must never steer us.
    Own parser and decoder: a bad header must not lose the batch, and JSON must not be read before its signature.
    Own reader of records, and a poll that fails is reported: FastStream would poll again for ever and tell nobody.
    """
    records.install()
    made = KafkaRouter()
    subscriber = made.subscriber(
        loop.topic,
        group_id=loop.group,
        batch=True,
        max_records=500,
        batch_timeout_ms=POLL_MS,
        ack_policy=AckPolicy.MANUAL,
        no_reply=True,
        parser=_unread(loop),
        decoder=_untouched,
        listener=loop,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    loop.bind(lambda: subscriber.consumer)
    subscriber.get_msg = _poll(loop, subscriber.get_msg)  # type: ignore[assignment,method-assign]  # no other place for it

    async def on_batch(polled: KafkaMessage) -> None:
        await loop.carry(polled.raw_message)

    subscriber(on_batch)
    return made


def _poll(loop: Loop, poll: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Coroutine[Any, Any, Any]]:
    async def get_msg(consumer: Any) -> Any:  # noqa: ANN401 - an untyped client
        try:
            return await poll(consumer)
        except ConsumerStoppedError:
            raise
        except Exception as fault:
            loop.cannot_read(fault)
            raise

    return get_msg


def _unread(loop: Loop) -> Callable[[Any], Awaitable[Any]]:
    async def parser(records: Any) -> KafkaMessage:  # noqa: ANN401 - a tuple of records, untyped by the framework
        first = records[0]
        return KafkaAckableMessage(
            raw_message=records,
            body=b"",
            headers={},
            batch_headers=[],
            reply_to="",
            content_type=None,
            path={},
            correlation_id=None,
            message_id=f"{first.topic}-{first.partition}-{first.offset}",
            consumer=loop.consumer(),
        )

    return parser


async def _untouched(message: Any) -> Any:  # noqa: ANN401 - bytes, as the framework hands them on
    return message.body
