"""Decision records out of the audit topic, opened with the broker's own key, or out of a file of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from broker import topics
from broker.connection import Connection, NotPermitted
from broker.custody import opened, unreplaced
from broker.home import Home, HomeError
from broker.post import admin
from broker.refusal import in_words, lacking
from broker.replay import DECISIONS
from broker.statement import loads

Body = Mapping[str, Any]


@dataclass
class Found:
    """Decision records, and how many audit records no key in this home opens."""

    bodies: list[Body] = field(default_factory=list)
    closed: int = 0

    def take(self, body: Body | None) -> None:
        """One audit body as it was opened."""
        if body is None:
            self.closed += 1
        elif body.get("is") in DECISIONS:
            self.bodies.append(body)

    def about(self, message: str) -> list[Body]:
        """Those about one message, in the order in which they were made."""
        return [one for one in self.bodies if one.get("message") == message]


async def in_audit(connection: Connection, home: Home) -> Found:
    """Every decision on record. Raises HomeError or Unreachable."""
    keys, found = home.keys(home.broker().id), Found()
    async with admin(connection):  # says plainly if there is no Kafka
        pass
    try:
        for partition in range(topics.SUBMIT_PARTITIONS):
            for record in await unreplaced(connection, TopicPartition(topics.AUDIT, partition)):
                found.take(opened(record, keys))
    except KafkaError as fault:
        right = lacking(fault)
        if right is None:
            raise
        raise NotPermitted(in_words(right)) from fault
    return found


def in_file(file: Path) -> Found:
    """Every decision in a file of records, one a line, as `broker decision show` prints them. Raises HomeError."""
    try:
        lines = [line for line in file.read_bytes().splitlines() if line.strip()]
    except OSError as error:
        raise HomeError(f"cannot read {file}: {error.strerror}") from None
    found = Found()
    for number, line in enumerate(lines, start=1):
        try:
            body = loads(line)
        except ValueError:
            body = None
        if not isinstance(body, dict) or body.get("is") not in DECISIONS:
            raise HomeError(f"{file}, line {number}, is no decision record: make the file with `broker decision show`")
        found.bodies.append(body)
    return found
