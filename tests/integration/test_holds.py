"""`broker holds` on a real Kafka: the commands, the Metropolitan Police's own inbox, and a worker."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from broker import authorizer, desk, post, topics
from broker.clock import step
from broker.home import Home
from broker.loop import read_records
from broker.schemas.encompass import FAMILY
from broker.schemas.terms import PersonRole
from tests.integration.rig import PATIENCE, ROOT, Lane, empty, working
from tests.personas import ACLAND, BROOKFIELD, MARRIOTTS, MET, NIGHT, Json, incident, lead, notification
from tests.principals import Principals
from tests.unit.test_again import GROWN_UP, urgent
from tests.world import World, make_home

MUST_ACT, HELD = 1, 3


class Desk:
    """The duty desk of the Metropolitan Police, with its own home and its own way into Kafka."""

    def __init__(self, lane: Lane, home: Home, clock: Path) -> None:
        self.lane = lane
        self.home = home
        self.clock = clock
        people = home.member(MET).people
        self.person = f"{MET}/{next(one.id for one in people if one.role is PersonRole.DUTY_DESK)}"

    async def run(self, *arguments: str) -> tuple[int, list[Json]]:
        """A command, and the JSON lines that it prints."""
        options = ("--home", str(self.home.path), "--bootstrap", self.lane.operator.bootstrap, "--json")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "broker", "holds", *arguments, *options, "--unsafe-clock", str(self.clock)),
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith("BROKER_")},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, said = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode in (0, MUST_ACT, HELD), said.decode()
        return process.returncode, [json.loads(line) for line in out.splitlines()]

    async def listed(self, *options: str) -> list[Json]:
        """What is held."""
        return (await self.run("list", "--as", MET, *options))[1]

    async def send(self, *documents: Json) -> list[Json]:
        """Submit messages, and wait until all are listed as held."""
        agency, ids = self.lane.world.agency(MET), [one["id"] for one in documents]
        submitted = [agency.submit(one, self.lane.world.now) for one in documents]
        await post.publish(self.lane.kafka.agency(self.lane.world.home, MET), submitted)
        for _ in range(100):
            listed = {one["message"]: one for one in await self.listed()}
            if listed.keys() == set(ids):
                return [listed[one] for one in ids]
        raise AssertionError("they were not held")

    async def decide(self, what: str, document: Json, organisation: str, reason: str, *options: str) -> Json:
        """Release or refuse; the last that is said of it."""
        _, said = await self.run(
            what, document["id"], organisation, "--as", self.person, "--reason", reason, "--wait", "60", *options
        )
        return said[-1]


@pytest.fixture
async def duty(kafka: Principals, tmp_path: Path) -> AsyncIterator[Desk]:
    """A worker on the fixed topics, under a policy in which what police tell a school is urgent."""
    world = urgent(World(make_home(tmp_path / "home")))
    await empty(kafka.operator, world.registry)
    await post.create_topics(kafka.operator, world.registry)
    await desk.sync(kafka.operator, world.home)
    if kafka.operator.tls is not None:
        await authorizer.apply(kafka.operator, world.registry)
    lane = Lane(kafka, world, family=FAMILY)
    step(tmp_path / "clock", NIGHT)
    async with working(lane):
        yield Desk(lane, kafka.home(world.home, "police-01", tmp_path / "police"), tmp_path / "clock")
    await empty(kafka.operator, world.registry)


async def opened(duty: Desk, organisation: str, topic: str) -> list[str]:
    """The messages that an organisation can open in a topic."""
    agency = duty.lane.world.agency(organisation)
    partitions = topics.MAILBOX_PARTITIONS if topic == topics.MAILBOX else 1
    return [
        str(agency.open_delivery(record.value, NIGHT).body["message"])
        for number in range(partitions)
        async for record in read_records(duty.lane.operator, TopicPartition(topic, number))
        if record.key == organisation.encode() and record.value is not None
    ]


async def test_the_duty_desk_works_its_holds(duty: Desk) -> None:
    refuge = incident(addressHandling="refuge")
    let_go, kept_back = (notification(lead(MARRIOTTS), content=refuge) for _ in range(2))
    grown_up, telephone = notification(content=GROWN_UP), notification(lead(BROOKFIELD))
    held = await duty.send(let_go, kept_back, grown_up, telephone)
    may = {one["message"]: one["may"] for one in held}
    assert may == {
        let_go["id"]: ["release", "break-glass", "refuse", "told-by-other-channel"],
        kept_back["id"]: ["release", "break-glass", "refuse", "told-by-other-channel"],
        grown_up["id"]: ["break-glass", "refuse", "told-by-other-channel"],
        telephone["id"]: ["refuse", "told-by-other-channel"],
    }
    assert (await duty.decide("release", let_go, MARRIOTTS, "place-is-known-there"))["status"] == "shared"
    refused = await duty.decide("refuse", kept_back, MARRIOTTS, "more-detrimental-to-child")
    assert refused["settled"] == [{"message": kept_back["id"], "organisation": MARRIOTTS, "state": "not-shared"}]
    broken = await duty.decide("release", grown_up, ACLAND, "child-at-risk-now", "--break-glass")
    assert (broken["status"], broken["review"]) == ("shared", "break-glass")
    states = {one["message"]: one["state"] for one in await duty.listed("--all")}
    assert states == {
        let_go["id"]: "sent",
        kept_back["id"]: "not-shared",
        grown_up["id"]: "sent",
        telephone["id"]: "held",
    }
    (review,) = await duty.listed("--reviews")
    assert (review["message"], review["act"]["because"]) == (grown_up["id"], "child-at-risk-now")
    assert await opened(duty, MARRIOTTS, topics.MAILBOX) == [let_go["id"]]
    assert await opened(duty, ACLAND, topics.inbox(ACLAND)) == [grown_up["id"]]


async def test_a_release_whose_copy_is_gone_is_told_to_the_desk_once(
    duty: Desk, logged: list[dict[str, object]]
) -> None:
    document = notification(lead(MARRIOTTS), content=incident(addressHandling="refuge"))
    await duty.send(document)
    key = f"{MET}/{document['case']}/{document['id']}"
    partition = topics.partition_of(topics.case_key(MET, document["case"]), topics.SUBMIT_PARTITIONS)
    producer = AIOKafkaProducer(**duty.lane.operator.options)
    await producer.start()
    await producer.send_and_wait(topics.copies(FAMILY), None, key=key.encode(), partition=partition)
    await producer.stop()
    reason = ("--as", duty.person, "--reason", "place-is-known-there", "--wait", "60")
    code, said = await duty.run("release", document["id"], MARRIOTTS, *reason)
    assert (code, [one["is"] for one in said]) == (MUST_ACT, ["outcome", "again-failed"])
    (hold,) = await duty.listed()
    assert (hold["state"], hold["failed"]) == ("held", True)
    assert [line["event"] for line in logged].count("again.failed") == 1
    assert await duty.decide("refuse", document, MARRIOTTS, "recipient-already-told")
    assert await duty.listed() == []
