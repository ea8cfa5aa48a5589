"""One registered organisation floods every partition with rubbish: the others' messages flow on, nothing is lost."""

import asyncio
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from aiokafka import AIOKafkaProducer

from broker import envelope, topics
from broker.agency import Submitted
from broker.errors import Reason
from broker.schemas.encompass import FAMILY
from tests import foreign
from tests.integration.rig import OUT, Service, Watch, delivery_of, once_each, process, publish, watching
from tests.personas import HERTS, MET, notification
from tests.world import World

RUBBISH = 20_000
EVERY = 0.25
"""Seconds between the honest sender's messages."""
LONGEST = 300.0
"""Seconds until this test is a failure."""


@dataclass(frozen=True)
class Spam:
    """One record of rubbish and why it must be refused."""

    value: bytes
    source: str
    reason: Reason


def spam(world: World) -> list[Spam]:
    """Bytes, nothing, sealed nonsense, and forgeries that claim to be another's, in any order."""
    nonsense = [world.sealed({"statement": f"rubbish {number}"}) for number in range(50)]
    forged = []
    for _ in range(50):
        head, body, rest = foreign.statement(world, notification()).split(".", 2)
        forged.append(world.sealed({"statement": f"{head}.{body}.{'A' if rest[0] != 'A' else 'B'}{rest[1:]}"}))
    made = [Spam(os.urandom(200), HERTS, Reason.UNSEALABLE) for _ in range(RUBBISH // 2)]
    made += [Spam(b"", HERTS, Reason.UNSEALABLE) for _ in range(RUBBISH // 10)]
    made += [Spam(nonsense[number % 50], HERTS, Reason.MALFORMED) for number in range(RUBBISH // 5)]
    made += [Spam(forged[number % 50], MET, Reason.FORGED) for number in range(RUBBISH // 5)]
    random.Random(2026).shuffle(made)  # noqa: S311 - an order, not a secret
    return made


async def flood(service: Service, made: list[Spam]) -> None:
    """As fast as it goes, with the flooder's own certificate, to every partition in turn."""
    producer = AIOKafkaProducer(**service.kafka.agency(service.world.home, HERTS).options, linger_ms=20)
    await producer.start()
    try:
        sending = []
        for number, one in enumerate(made):
            headers = envelope.headers(
                event_id=foreign.ANY_ID, source=one.source, event_type=notification()["type"], at=service.now()
            )
            partition = number % topics.SUBMIT_PARTITIONS
            sent = await producer.send(topics.submit(FAMILY), one.value, b"-", partition, headers=headers)
            sending.append(sent)
        await asyncio.gather(*sending)
    finally:
        await producer.stop()


@dataclass
class Honest:
    """Another force's messages: when each was sent, and how long its delivery took."""

    service: Service
    sent: list[Submitted] = field(default_factory=list)
    waiting: dict[str, float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)

    async def send(self) -> None:
        """One more, on any partition."""
        one = self.service.write()
        self.sent.append(one)
        self.waiting[delivery_of(one.message)] = time.monotonic()
        await publish(self.service.police, [one])

    def arrived(self, watch: Watch) -> None:
        """Note what has come by now."""
        for event in [event for event in self.waiting if watch.events[event]]:
            self.took.append(time.monotonic() - self.waiting.pop(event))


async def test_a_flood_of_rubbish_starves_nobody_and_is_all_kept_with_its_reasons(service: Service) -> None:
    made, honest = spam(service.world), Honest(service)
    async with watching(service.operator, *OUT) as watch, process(service) as worker:
        await worker.ready()
        for _ in range(5):
            await honest.send()
        await watch.until_seen(honest.waiting)
        honest.arrived(watch)
        calm = max(honest.took)

        began, flooding = time.monotonic(), asyncio.create_task(flood(service, made))
        quarantined, looked, last, during = 0, len(watch.records), 0.0, 0
        while quarantined < RUBBISH or honest.waiting:
            assert time.monotonic() < began + LONGEST, f"{quarantined} of {RUBBISH} refused, {len(honest.waiting)} wait"
            if quarantined < RUBBISH and time.monotonic() - last >= EVERY:
                await honest.send()
                last, during = time.monotonic(), during + 1
            await watch.poll()
            quarantined += sum(one.topic == topics.QUARANTINE for one in watch.records[looked:])
            looked = len(watch.records)
            honest.arrived(watch)
        drained = time.monotonic() - began
        await flooding
        await watch.to_end()
        assert worker.running
        assert await worker.terminate() == 0

    times = sorted(honest.took[5:])
    middle, longest = times[len(times) // 2], times[-1]
    print(  # noqa: T201 - the figures
        f"\n{RUBBISH} records of rubbish refused in {drained:.1f} s ({RUBBISH / drained:.0f} a second); "
        f"{during} honest messages meanwhile: median {middle:.2f} s, longest {longest:.2f} s (before: {calm:.2f} s)"
    )
    wanted = Counter((one.value, one.reason.value) for one in made)
    kept = [one for one in watch.records if one.topic == topics.QUARANTINE]
    assert Counter((one.value or b"", dict(one.headers)["reason"].decode()) for one in kept) == wanted
    expected = once_each(honest.sent)
    assert watch.of(expected) == expected
    assert during >= 5
    assert longest < drained
