"""Free text on a real Kafka: a worker, `broker screen` as a process of its own, and what arrives with or without it."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from broker import authorizer, desk, post, topics
from broker.agency import Opened, Submitted
from broker.clock import step
from broker.schemas.encompass import FAMILY
from tests.integration.rig import OUT, Lane, Watch, empty, outcome_of, publish, screening, watching, working
from tests.personas import ACLAND, MET, NIGHT, incident, lead, notification
from tests.principals import Principals
from tests.world import World, make_home

TEXT = ["Rowan stayed upstairs.", "Alex shouted at Rowan.", "Mrs Okafor next door rang 999."]


class Place:
    """A lane on the fixed topics, and where `broker screen` runs."""

    def __init__(self, lane: Lane, folder: Path) -> None:
        self.lane = lane
        self.folder = folder

    def spoken(self) -> Submitted:
        world = self.lane.world
        return world.submit(notification(lead(ACLAND), content=incident(circumstances=TEXT)))

    async def submit(self, *submitted: Submitted) -> None:
        await publish(self.lane.kafka.agency(self.lane.world.home, MET), submitted)

    def opened(self, watch: Watch, part: str | None = None) -> list[Opened]:
        """What the school can open so far: the structured part, or the text that follows."""
        agency = self.lane.world.agency(ACLAND)
        items = [
            agency.open_delivery(value or b"", self.lane.world.now) for value in watch.values(topics.inbox(ACLAND))
        ]
        return [one for one in items if one.body.get("part") == part]

    def screening(self) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
        """See rig.screening; its log is `screening.log`."""
        return screening(
            self.lane.kafka, self.lane.world.home, self.folder, "--unsafe-clock", str(self.folder / "clock")
        )


@pytest.fixture
async def place(kafka: Principals, tmp_path: Path) -> AsyncIterator[Place]:
    """A worker on the fixed topics."""
    world = World(make_home(tmp_path / "home"))
    await empty(kafka.operator, world.registry)
    await post.create_topics(kafka.operator, world.registry)
    await desk.sync(kafka.operator, world.home)
    if kafka.operator.tls is not None:
        await authorizer.apply(kafka.operator, world.registry)
    step(tmp_path / "clock", NIGHT)
    lane = Lane(kafka, world, family=FAMILY)
    async with working(lane):
        yield Place(lane, tmp_path)
    await empty(kafka.operator, world.registry)


async def test_text_follows_what_is_kept_back_does_not_and_the_rest_was_there_first(place: Place) -> None:
    async with watching(place.lane.operator, *OUT) as watch, place.screening():
        await place.submit(one := place.spoken())
        await watch.until(lambda: len(place.opened(watch, "text")) == 1, "the text")
        (first,), (second,) = place.opened(watch), place.opened(watch, "text")
        assert first.body["notShown"]["circumstances"] == "pending"
        assert first.content["familyName"] == "Testcase"
        assert second.content == {"circumstances": [TEXT[0]]}
        assert second.body["brokersWording"]["circumstances"][1].startswith("[mother")
        assert second.body["case"] == one.case
        told = [
            place.lane.world.agency(MET).open_delivery(value or b"", NIGHT) for value in watch.values(topics.inbox(MET))
        ]
        last = told[-1].body
        assert (last["status"], last["recipients"][0]["keptBack"]) == ("partial", ["circumstances/3"])


async def test_every_structured_part_is_on_time_whatever_the_screening_does(place: Place) -> None:
    """Without a screening at all, then with one that is killed twice in mid-stream: nothing is lost, nothing twice."""
    sent = [place.spoken() for _ in range(40)]
    async with watching(place.lane.operator, *OUT) as watch:
        await place.submit(*sent)
        await watch.until_seen([outcome_of(one.message) for one in sent])
        assert len(place.opened(watch)) == len(sent), "all were delivered with nobody to read the text"
        assert place.opened(watch, "text") == []
        for wanted in (5, 15):
            async with place.screening() as process:
                await watch.until(lambda: len(place.opened(watch, "text")) >= wanted, f"{wanted} texts")  # noqa: B023
                process.send_signal(signal.SIGKILL)
        async with place.screening():
            await watch.until(lambda: len(place.opened(watch, "text")) >= len(sent), "the rest of the texts")
            await watch.to_end()
        follows = Counter(one.body["message"] for one in place.opened(watch, "text"))
        assert follows == Counter(one.message for one in sent)
        assert len(place.opened(watch)) == len(sent)


async def test_rubbish_among_what_is_to_be_read_stops_nobody(place: Place) -> None:
    async with watching(place.lane.operator, *OUT) as watch, place.screening() as process:
        producer = AIOKafkaProducer(**place.lane.operator.options)
        await producer.start()
        try:
            for value in (b"rubbish", b"", None, place.lane.world.sealed({"statement": "x"})):
                for partition in range(topics.SUBMIT_PARTITIONS):
                    await producer.send_and_wait(topics.SCREEN, value, key=b"x", partition=partition)
        finally:
            await producer.stop()
        await place.submit(place.spoken())
        await watch.until(lambda: len(place.opened(watch, "text")) == 1, "the text behind the rubbish")
        assert process.returncode is None
    log = (place.folder / "screening.log").read_text()
    assert log.count("screening.fault") == 4 * topics.SUBMIT_PARTITIONS
    assert "Okafor" not in log
    assert "Rowan" not in log


async def test_an_answer_that_anybody_else_writes_is_set_aside(place: Place) -> None:
    """A police force may write to the topic on which the screening answers, and still cannot say that text was read."""
    world = place.lane.world
    async with watching(place.lane.operator, *OUT) as watch:
        await place.submit(one := place.spoken())
        await watch.until(lambda: len(place.opened(watch)) == 1, "the structured part")
        forged = world.sealed({"screened": "eyJhbGciOiJFZDI1NTE5In0.e30.AAAA", "statement": "x"})
        await place.submit(replace(one, value=forged))
        await watch.until(lambda: bool(watch.values(topics.QUARANTINE)), "the forged answer in quarantine")
        assert watch.reasons([forged]) == ["signature-does-not-verify"]
        assert place.opened(watch, "text") == []
