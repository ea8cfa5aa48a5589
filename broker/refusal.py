"""What Kafka says when a right is missing, in words that name it and say what to do."""

from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

from broker.connection import NotPermitted

WORDS = {
    TopicAuthorizationFailedError: "topic",
    GroupAuthorizationFailedError: "group",
    TransactionalIdAuthorizationFailed: "transactional id",
    ClusterAuthorizationFailedError: "the cluster",
}
NEXT = (
    "`broker acl plan` names the right; `broker acl apply` gives it, if the registry says so (suspended: it does not)"
)


def lacking(fault: BaseException | None) -> str | None:
    """`topic audit`: what a right is missing on, by this fault or by what caused it; None if it is another fault."""
    while fault is not None:
        for kind, word in WORDS.items():
            if isinstance(fault, kind):
                named = ", ".join(_names(fault))
                return f"{word} {named}" if named else word if word.startswith("the ") else f"a {word}"
        fault = fault.__cause__
    return None


def in_words(what: str) -> str:
    """One line for people."""
    return f"Kafka denies this principal a right on {what}. {NEXT}"


async def check_seen(consumer: AIOKafkaConsumer, topic: str) -> None:
    """Raise NotPermitted if Kafka does not show this principal the topic: asked for offsets, the client would go on."""
    if topic not in await consumer.topics():
        raise NotPermitted(
            f"{topic} does not exist (`broker topics --create` makes it), or Kafka denies us a right on it. {NEXT}"
        )


def _names(fault: BaseException) -> Iterable[str]:
    for given in fault.args:
        if isinstance(given, str):
            yield given
        elif isinstance(given, set | frozenset | list | tuple):
            yield from sorted(map(str, given))
