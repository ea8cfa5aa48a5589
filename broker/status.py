"""The on-call page: lanes, the oldest unread child, holds, keys that expire, the age of the policy."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from broker import topics
from broker.connection import Connection
from broker.consent.law.policy import POLICY
from broker.consent.papers import due
from broker.home import Home
from broker.loop import group_of, read_whole
from broker.policies import Policies
from broker.post import admin
from broker.registry import Channel
from broker.state import Cabinet, StateSeal, TellingState

READ_WITHIN = timedelta(minutes=2)
"""How long free text may wait before somebody should look whether it is read at all."""
KEY_WARNING = timedelta(days=30)
POLICY_WARNING = timedelta(days=30)


@dataclass
class Status:
    """Figures for people, and the list of things that a human must do now (empty: nothing)."""

    figures: dict[str, Any] = field(default_factory=dict)
    must_act: list[str] = field(default_factory=list)


async def status(home: Home, connection: Connection, now: datetime) -> Status:
    """Read the live cluster and the changelogs. Raises Unreachable or HomeError."""
    found = Status()
    await _lanes(found, connection)
    await _cases(found, home, connection, now)
    registry = home.registry()
    expiring = [
        f"{one.id} {key.use} key expires {key.not_after:%Y-%m-%d}"
        for one in registry
        for key in one.keys
        if key.not_after - now < KEY_WARNING and one.key(key.use, now) in (key, None)
    ]
    keyless = [one.id for one in registry if one.channel is not Channel.NOT_CONNECTED and not one.keys]
    found.figures["keys that expire within 30 days"] = len(expiring)
    found.must_act += expiring + [f"{one} has no keys" for one in keyless]
    papers = due(registry.papers, now.date())
    found.figures["papers to be reviewed within 30 days, or overdue"] = len(papers)
    found.must_act += [f"{one.paper.owner} must review {one.paper.id} by {one.by} ({one.stands})" for one in papers]
    _policy(found, Policies(home.path), now)
    return found


def _policy(found: Status, policies: Policies, now: datetime) -> None:
    """Which policy a worker of this home would start with. A worker that runs goes on with the one it started with."""
    policy = policies.in_force()
    whose = f", this home's own; the release carries {POLICY.version}" if policies.of_its_own() else ""
    confirmed = sum(one.confirmed_by is not None for one in policy.bases)
    found.figures["policy"] = (
        f"{policy.version}{whose}, to be reviewed by {policy.review_by}; "
        f"bases confirmed: {confirmed or 'none'} of {len(policy.bases)}"
    )
    if policy.review_by - now.date() < POLICY_WARNING:
        found.must_act.append(f"the policy must be reviewed by {policy.review_by}: after that everything is held")


async def _lanes(found: Status, connection: Connection) -> None:
    async with admin(connection) as client:
        consumer = AIOKafkaConsumer(**connection.options, isolation_level="read_committed")
        await consumer.start()
        try:
            for family in topics.FAMILIES:
                parts = [TopicPartition(topics.submit(family), p) for p in range(topics.SUBMIT_PARTITIONS)]
                ends = await consumer.end_offsets(parts)
                committed = await client.list_consumer_group_offsets(group_of(family), partitions=parts)
                lag = sum(ends[part] - max(committed[part].offset, 0) for part in parts)
                found.figures[f"lane {topics.LANE}, {family}: waiting"] = lag
        finally:
            await consumer.stop()
        members: list[int] = []
        for family in topics.FAMILIES:  # one at a time: the client misreads an answer about several
            described = await client.describe_consumer_groups([group_of(family)])
            members += [len(group[5]) for answer in described for group in answer.groups]
        workers = min(members)  # each worker is in all of them
        found.figures["workers"] = workers
        if not workers:
            found.must_act.append("no worker is running: start one with `broker run`")
    refused: Counter[str] = Counter()
    async for claimed, _ in read_whole(connection, TopicPartition(topics.QUARANTINE, 0)):
        refused[claimed.decode()] += 1
    by_sender = ", ".join(f"{sender}: {count}" for sender, count in refused.most_common(5))
    found.figures["quarantined in 30 days, by claimed sender"] = f"{refused.total()} ({by_sender})" if refused else 0
    found.figures["paused senders"] = "none (this version sets bad messages aside; it pauses nobody)"


async def _cases(found: Status, home: Home, connection: Connection, now: datetime) -> None:
    seal = StateSeal(home.state_keys())
    oldest: datetime | None = None
    unread = held = owed = overdue = being_read = slow = 0
    for family in topics.FAMILIES:
        for partition in range(topics.SUBMIT_PARTITIONS):
            cabinet = Cabinet()
            async for key, value in read_whole(connection, TopicPartition(topics.state(family), partition)):
                name = key.decode()
                cabinet.restore(name, None if value is None else seal.unseal(name, value))
            for telling in (one for case in cabinet.cases() for one in case.tellings if one.open):
                overdue += telling.overdue
                held += telling.state is TellingState.HELD
                owed += telling.state is TellingState.OWED
                unread += telling.state is TellingState.SENT
                being_read += telling.state is TellingState.SCREENING
                slow += telling.state is TellingState.SCREENING and telling.at + READ_WITHIN < now
                oldest = min(oldest or telling.at, telling.at)
    age = f"{(now - oldest).total_seconds() / 3600:.1f} hours" if oldest else "none"
    found.figures["oldest unread child"] = age
    found.figures["unread"] = unread
    found.figures["held, waiting for a human at the sender"] = held
    found.figures["free text being read"] = being_read
    found.figures["owed to designated officers"] = owed
    found.figures["past due"] = overdue
    if slow:
        found.must_act.append(f"{slow} texts wait to be read for over two minutes: does `broker screen` run?")
    if overdue:
        found.must_act.append(f"{overdue} past due: the senders have been told whom to ring; make sure they do")
