"""Kafka's controller answers before its brokers know a new topic: creating waits for them, but not for ever."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from broker import post, topics
from broker.connection import Connection, Unreachable
from tests.world import World


class Late:
    """A Kafka that lists new topics only after it has been asked so often, and then so many of their partitions."""

    def __init__(self, asks: int, missing: int = 0) -> None:
        self.asks, self.missing = asks, missing
        self.created: dict[str, int] = {}

    async def list_topics(self) -> list[str]:
        return []

    async def create_topics(self, new: list[Any]) -> Any:  # noqa: ANN401 - an untyped client
        self.created = {one.name: one.num_partitions for one in new}
        return SimpleNamespace(topic_errors=[(one.name, 0, None) for one in new])

    async def describe_topics(self) -> list[dict[str, Any]]:
        self.asks -= 1
        if self.asks >= 0:
            return []
        return [
            {"topic": name, "partitions": [{"leader": 1}] * (count - self.missing)}
            for name, count in self.created.items()
        ]


def _meet(monkeypatch: pytest.MonkeyPatch, kafka: Late) -> None:
    @asynccontextmanager
    async def admin(_: object) -> AsyncIterator[Late]:
        yield kafka

    monkeypatch.setattr(post, "admin", admin)


async def test_it_returns_only_once_every_topic_is_listed(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    kafka = Late(asks=3)
    _meet(monkeypatch, kafka)
    made = await post.create_topics(Connection("127.0.0.1:9"), world.registry)
    assert made == [topic.name for topic in topics.topics(world.registry)]
    assert kafka.asks < 0


@pytest.mark.parametrize("kafka", [Late(asks=10**9), Late(asks=0, missing=1)])
async def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch, world: World, kafka: Late) -> None:
    monkeypatch.setattr(post, "LISTED_WITHIN", 0.1)
    _meet(monkeypatch, kafka)
    with pytest.raises(Unreachable, match=r"does not list.*audit.*broker topics --create"):
        await post.create_topics(Connection("127.0.0.1:9"), world.registry)
