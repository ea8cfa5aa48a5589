"""Measure the broker beside a bare aiokafka transactional copy loop, in one run, and print ratios.

Both loops read the same number of records of the same size, from as many partitions, in transactions. The copy loop
writes as many records of the same size as the broker does for each message (two deliveries, an outcome, an audit
record, two changelog entries, the kept copy), and does nothing else: it is the ceiling that Kafka and aiokafka allow.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic

from broker import authorizer, desk, post, topics
from broker.agency import Submitted
from broker.clock import system_clock
from broker.connection import Connection
from broker.local_kafka import find_or_start
from tests.bench import results
from tests.personas import ACLAND, HEATH, MET, TEXT, incident, lead, notification
from tests.world import World, incoming, make_home

MESSAGES = 1500
LATENCY_SAMPLES = 100
OUTPUTS = 7
PATIENCE = 180.0


def main() -> None:
    """Run everything and print a table; the figures also go to docs/bench.json."""
    with (
        tempfile.TemporaryDirectory() as folder,
        find_or_start(say=print, tls=Path(folder) / "authority", containers="testcontainers") as kafka,
    ):
        now = system_clock()
        world = World(make_home(Path(folder), now), now=now)
        operator = kafka.connection("operator", Path(folder) / "operator")
        asyncio.run(post.create_topics(operator, world.registry))
        asyncio.run(desk.sync(operator, world.home))
        if kafka.authority is not None:
            asyncio.run(authorizer.apply(operator, world.registry))
        kafka.connection("worker", Path(folder) / "tls")
        began = time.monotonic()
        log = Path(folder) / "worker.log"
        environment = {**os.environ, "BROKER_HOME": folder, "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap}
        with log.open("w") as out:
            worker = subprocess.Popen([sys.executable, "-m", "broker", "run"], env=environment, stderr=out)
        try:
            while "worker.ready" not in log.read_text():
                if time.monotonic() - began > PATIENCE:
                    raise TimeoutError("the worker did not become ready")
                time.sleep(0.02)
            ready = time.monotonic() - began
            figures = asyncio.run(_measure(world, operator, worker.pid))
        finally:
            worker.terminate()
            worker.wait(timeout=20)
    figures = {"worker ready, s": round(ready, 2), **figures}
    for what, value in figures.items():
        print(f"{what:64} {value}")
    results.write("kafka", {"messages": MESSAGES, "machine": f"{results.machine()}, with Kafka on them too"}, figures)


def _document(number: int, **text: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    content = incident(incidentRef=f"01/{number:06d}/26", groundsFormedAt=system_clock().isoformat(), **text)
    return notification(
        lead(ACLAND, "registered-dual-main"), lead(HEATH, "registered-dual-subsidiary"), content=content
    )


async def _measure(world: World, connection: Connection, pid: int) -> dict[str, Any]:
    figures = await _latency(world, connection)
    agency = world.agency(MET)
    began = time.perf_counter()
    burst = [agency.submit(_document(number), system_clock()) for number in range(MESSAGES)]
    figures["signing and sealing at the sender, us a message"] = round((time.perf_counter() - began) / MESSAGES * 1e6)
    broker = await _throughput(world, connection, burst)
    figures["worker's memory after the burst, MiB"] = round(_rss(pid), 1)
    text = await _beside_text(world, connection)
    copy = await _copy(connection, burst)
    figures["broker, messages a second (each to two recipients)"] = round(broker)
    figures["the same with free text that waits to be read, as a share of without"] = f"{text:.0%}"
    figures["bare copy loop, messages a second (seven records each)"] = round(copy)
    figures["broker as a share of the bare copy loop"] = f"{broker / copy:.0%}"
    figures |= _computing(world, burst[:300])
    return figures


async def _beside_text(world: World, connection: Connection) -> float:
    """Throughput with free text as a share of that without: bursts in turn, so that both meet the same machine."""
    agency = world.agency(MET)
    rates: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(6):
        wordy = bool(turn % 2)
        text = TEXT if wordy else {}
        burst = [agency.submit(_document(number, **text), system_clock()) for number in range(MESSAGES // 3)]
        rates[wordy].append(await _throughput(world, connection, burst))
    return statistics.median(rates[True]) / statistics.median(rates[False])


async def _latency(world: World, connection: Connection) -> dict[str, Any]:
    """Publish to opened by the school, one at a time, on an idle worker."""
    agency, school = world.agency(MET), world.agency(ACLAND)
    member = world.registry.get(ACLAND)
    assert member is not None
    samples: list[float] = []
    producer = AIOKafkaProducer(**connection.options)
    await producer.start()
    async with post.reader(connection, member, new_only=True) as inbox:
        for number in range(LATENCY_SAMPLES):
            one = agency.submit(_document(number), system_clock())
            began = time.perf_counter()
            await producer.send_and_wait(one.topic, one.value, key=one.key, headers=list(one.headers))
            found = False
            while not found:
                for sealed in await inbox.poll():
                    found |= school.open_delivery(sealed, system_clock()).body["message"] == one.message
            samples.append((time.perf_counter() - began) * 1000)
    await producer.stop()
    warm = sorted(samples[10:])
    return {
        "publish to opened by the school, idle, median ms": round(statistics.median(warm), 1),
        "the same, 95th percentile ms": round(warm[int(len(warm) * 0.95)], 1),
    }


async def _throughput(world: World, connection: Connection, burst: Sequence[Submitted]) -> float:
    """Publish a burst, wait for every outcome in the sender's inbox; messages a second."""
    member = world.registry.get(MET)
    assert member is not None
    async with post.reader(connection, member, new_only=True) as inbox:
        began = time.perf_counter()
        await post.publish(connection, burst)
        seen = 0
        while seen < len(burst) and time.perf_counter() - began < PATIENCE:
            seen += len(await inbox.poll())
        if seen < len(burst):
            raise TimeoutError(f"only {seen} of {len(burst)} outcomes came")
    return len(burst) / (time.perf_counter() - began)


async def _copy(connection: Connection, burst: Sequence[Submitted]) -> float:
    """The ceiling: read, write OUTPUTS records of that size for each, commit in the same transaction."""
    source, sink, group = "bench.in", "bench.out", "bench"
    async with post.admin(connection) as client:
        await client.create_topics([NewTopic(name, topics.SUBMIT_PARTITIONS, 1) for name in (source, sink)])
    feeder = AIOKafkaProducer(**connection.options, max_request_size=post.MAX_REQUEST)
    consumer = AIOKafkaConsumer(
        source,
        **connection.options,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
    )
    producer = AIOKafkaProducer(**connection.options, transactional_id="bench")
    await feeder.start()
    await producer.start()
    await consumer.start()
    try:
        began = time.perf_counter()
        await asyncio.gather(*[await feeder.send(source, one.value, key=one.key) for one in burst])
        done = 0
        while done < len(burst):
            polled = await consumer.getmany(timeout_ms=200, max_records=500)
            if not polled:
                continue
            async with producer.transaction():
                sent = []
                offsets: dict[TopicPartition, int] = {}
                for part, records in polled.items():
                    for record in records:
                        copies = [record.value] * OUTPUTS
                        sent += [await producer.send(sink, copy, partition=part.partition) for copy in copies]
                    done += len(records)
                    offsets[part] = records[-1].offset + 1
                await asyncio.gather(*sent)
                await producer.send_offsets_to_transaction(offsets, group)
        return len(burst) / (time.perf_counter() - began)
    finally:
        await consumer.stop()
        await producer.stop()
        await feeder.stop()


def _computing(world: World, burst: Sequence[Submitted]) -> dict[str, Any]:
    """The procedure alone, without Kafka."""
    exchange = world.exchange
    began = time.perf_counter()
    for one in burst:
        exchange.carry(incoming(one), world.memory, system_clock())
    return {"the procedure alone, us a message": round((time.perf_counter() - began) / len(burst) * 1e6)}


def _rss(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


main()
