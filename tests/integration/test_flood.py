"""One registered organisation floods every partition with rubbish: nothing is lost, and under its limit nobody waits.

The same flood comes twice: with the limit that `broker acl apply` gives, and without it.
"""

import asyncio
import os
import random
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field

from aiokafka import AIOKafkaProducer

from broker import authorizer, envelope, topics
from broker.acl import SENDS_AT_MOST, of, principal, quotas
from broker.agency import Submitted
from broker.errors import Reason
from broker.schemas.encompass import FAMILY
from tests import foreign
from tests.integration import raw
from tests.integration.rig import OUT, Service, Watch, delivery_of, once_each, process, publish, watching
from tests.personas import HERTS, MET, notification
from tests.world import World

RUBBISH = 4_000
LARGE = 20
"""How many of each large kind: a flood of small ones is more work for the byte."""
MEASURED_OVER = 10
"""Seconds over which Kafka measures a limit, as it comes: that much may be sent at once."""
EVERY = 0.1
"""Seconds between the honest sender's messages."""
LONGEST = 120.0
"""Seconds until this test is a failure."""


@dataclass(frozen=True)
class Spam:
    """One record of rubbish and why it must be refused."""

    value: bytes
    source: str
    reason: Reason


def spam(world: World) -> list[Spam]:
    """Bytes, nothing, sealed nonsense, and forgeries that claim to be another's, in any order."""
    nonsense = [world.sealed({"statement": f"rubbish {number}"}) for number in range(LARGE)]
    forged = []
    for _ in range(LARGE):
        head, body, rest = foreign.statement(world, notification()).split(".", 2)
        forged.append(world.sealed({"statement": f"{head}.{body}.{'A' if rest[0] != 'A' else 'B'}{rest[1:]}"}))
    made = [Spam(os.urandom(200), HERTS, Reason.UNSEALABLE) for _ in range(RUBBISH * 9 // 10 - 2 * LARGE)]
    made += [Spam(b"", HERTS, Reason.UNSEALABLE) for _ in range(RUBBISH // 10)]
    made += [Spam(one, HERTS, Reason.MALFORMED) for one in nonsense]
    made += [Spam(one, MET, Reason.FORGED) for one in forged]
    random.Random(2026).shuffle(made)  # noqa: S311 - an order, not a secret
    return made


def size_of(made: list[Spam]) -> int:
    """How many bytes of values these are: headers come on top."""
    return sum(len(one.value) for one in made)


async def limit(service: Service, *, lifted: bool) -> None:
    """Lift the flooder's limit, or put it into force as the registry desk does."""
    registry, name = service.world.registry, principal(HERTS)
    await authorizer.apply(service.operator, registry)
    if lifted:
        ours = of(quotas(registry), name)
        async with raw.connected(service.operator) as client:
            request = authorizer.AlterQuotas((one, True) for one in ours)
            answer = await client.send(client.get_random_node(), request)
        assert [code for code, *_ in answer.entries] == [0]
        for _ in range(500):
            if (await authorizer.compare(service.operator, registry, name)).missing == ours:
                break
            await asyncio.sleep(0.02)


async def flood(service: Service, made: list[Spam]) -> float:
    """As fast as Kafka lets it, with the flooder's own certificate, to every partition in turn; how long it took."""
    began = time.monotonic()
    producer = AIOKafkaProducer(
        **service.kafka.agency(service.world.home, HERTS).options, linger_ms=20, request_timeout_ms=120_000
    )
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
    return time.monotonic() - began


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


@dataclass(frozen=True)
class Round:
    """What one flood came to: seconds until it was sent and until all was refused, and how long others waited."""

    sent: float
    drained: float
    median: float
    longest: float
    honest: int

    def __str__(self) -> str:
        """For people."""
        return (
            f"{RUBBISH} records of rubbish sent in {self.sent:.1f} s, all refused after {self.drained:.1f} s; "
            f"{self.honest} honest messages meanwhile: median {self.median:.2f} s, longest {self.longest:.2f} s"
        )


async def one_round(service: Service, watch: Watch, made: list[Spam], honest: Honest) -> Round:
    """Flood, send honest messages meanwhile, and wait until both have been dealt with."""
    before, began, looked = len(honest.took), time.monotonic(), len(watch.records)
    flooding = asyncio.create_task(flood(service, made))
    quarantined, last = 0, 0.0
    while quarantined < len(made) or honest.waiting:
        assert time.monotonic() < began + LONGEST, f"{quarantined} of {len(made)} refused, {len(honest.waiting)} wait"
        if quarantined < len(made) and time.monotonic() - last >= EVERY:
            await honest.send()
            last = time.monotonic()
        await watch.poll()
        quarantined += sum(one.topic == topics.QUARANTINE for one in watch.records[looked:])
        looked = len(watch.records)
        honest.arrived(watch)
    drained, sent = time.monotonic() - began, await flooding
    times = sorted(honest.took[before:])
    return Round(sent, drained, statistics.median(times), times[-1], len(times))


async def test_a_flood_of_rubbish_starves_nobody_and_is_all_kept_with_its_reasons(service: Service) -> None:
    floods, honest = (spam(service.world), spam(service.world)), Honest(service)
    async with watching(service.operator, *OUT) as watch, process(service) as worker:
        await worker.ready()
        for _ in range(5):
            await honest.send()
        await watch.until_seen(honest.waiting)
        honest.arrived(watch)
        calm = statistics.median(honest.took)
        await limit(service, lifted=False)
        limited = await one_round(service, watch, floods[0], honest)
        try:
            await limit(service, lifted=True)
            free = await one_round(service, watch, floods[1], honest)
        finally:
            await limit(service, lifted=False)
        await watch.to_end()
        assert worker.running
        assert await worker.terminate() == 0

    print(f"\nbefore: median {calm:.2f} s\nlimited:  {limited}\nno limit: {free}")  # noqa: T201 - the figures
    wanted = Counter((one.value, one.reason.value) for made in floods for one in made)
    kept = [one for one in watch.records if one.topic == topics.QUARANTINE]
    assert Counter((one.value or b"", dict(one.headers)["reason"].decode()) for one in kept) == wanted
    expected = once_each(honest.sent)
    assert watch.of(expected) == expected
    assert min(free.honest, limited.honest) >= 5
    assert free.longest < free.drained

    at_least = size_of(floods[0]) / SENDS_AT_MOST - MEASURED_OVER
    assert at_least > 5, "more than may be sent at once"
    assert limited.sent > at_least, "Kafka made it wait"
    assert free.sent < at_least, "as it would not have without"
    assert limited.median < free.median / 2
