"""Worker processes that are killed, paused or ended in mid-stream: nothing is missing and nothing comes twice."""

import signal
import time

from aiokafka import AIOKafkaConsumer, TopicPartition

from broker import topics
from broker.connection import Connection
from tests.integration.rig import (
    OUT,
    Service,
    Watch,
    committed,
    delivery_of,
    once_each,
    outcome_of,
    process,
    publish,
    watching,
)


async def nothing_hangs(connection: Connection) -> None:
    """No open transaction holds back the readers of any output."""
    ends = []
    for isolation in ("read_committed", "read_uncommitted"):
        consumer = AIOKafkaConsumer(**connection.options, isolation_level=isolation, enable_auto_commit=False)
        await consumer.start()
        try:
            ends.append(await consumer.end_offsets([TopicPartition(name, 0) for name in OUT]))
        finally:
            await consumer.stop()
    assert ends[0] == ends[1]


async def one_more_on_every_partition(service: Service, watch: Watch) -> None:
    """Every partition is owned and alive; what a former owner may still do, it has had the time to do."""
    last = [service.write(partition) for partition in range(topics.SUBMIT_PARTITIONS)]
    await publish(service.police, last)
    await watch.until_seen(once_each(last))
    await watch.to_end()
    assert watch.of(once_each(last)) == once_each(last)


async def test_a_worker_killed_in_mid_stream_and_restarted_carries_every_message_once(service: Service) -> None:
    waiting = [service.write() for _ in range(400)]
    expected = once_each(waiting)
    async with watching(service.operator, *OUT) as watch:
        async with process(service) as first:
            await first.ready()
            await publish(service.operator, waiting)  # more at once than a sender may
            await watch.until(lambda: len(watch.of(expected)) > 100, "the stream flows")
            first.signal(signal.SIGKILL)
            assert await first.ended() == -signal.SIGKILL
        assert len(watch.of(expected)) < len(expected), "it was not in mid-stream"
        async with process(service) as second:
            await watch.until_seen(expected)
            await one_more_on_every_partition(service, watch)
            memory = await second.memory()
            print(f"{memory} MiB under load")  # noqa: T201 - a measurement
            assert memory < 200
            assert await second.terminate() == 0
    assert watch.of(expected) == expected
    await nothing_hangs(service.operator)


async def test_a_paused_worker_that_wakes_after_it_was_replaced_repeats_nothing(service: Service) -> None:
    waiting = [service.write() for _ in range(320)]
    expected = once_each(waiting)
    async with watching(service.operator, *OUT) as watch, process(service) as zombie:
        await zombie.ready()
        await publish(service.operator, waiting)  # more at once than a sender may
        await watch.until(lambda: len(watch.of(expected)) > 80, "the stream flows")
        zombie.signal(signal.SIGSTOP)
        before = len(watch.of(expected))
        assert before < len(expected), "it was not in mid-stream"
        async with process(service) as heir:
            await heir.ready()
            await watch.until_seen(expected)
            zombie.signal(signal.SIGCONT)
            await zombie.ready(2)
            await heir.ready(2)
            await one_more_on_every_partition(service, watch)
            assert await zombie.terminate() == 0
            assert await heir.terminate() == 0
    assert watch.of(expected) == expected
    await nothing_hangs(service.operator)


async def test_sigterm_ends_a_worker_within_five_seconds_and_its_last_batch_is_whole_or_not_there(
    service: Service,
) -> None:
    done = await committed(service.operator)
    waiting = [service.write() for _ in range(600)]
    expected = once_each(waiting)
    async with watching(service.operator, *OUT) as watch:
        async with process(service) as first:
            await first.ready()
            await publish(service.operator, waiting)  # more at once than a sender may
            await watch.until(lambda: len(watch.of(expected)) > 60, "the stream flows")
            began = time.monotonic()
            assert await first.terminate() == 0
            took = time.monotonic() - began
        print(f"SIGTERM to exit in mid-stream: {took:.2f} s")  # noqa: T201 - a measurement
        assert took < 5
        await watch.to_end()
        carried = [one for one in waiting if watch.events[outcome_of(one.message)]]
        assert 0 < len(carried) < len(waiting), "it was not in mid-stream"
        assert watch.of(expected) == once_each(carried)
        assert not any(watch.events[delivery_of(one.message)] for one in waiting if one not in carried)
        assert await committed(service.operator) - done == len(carried)
        await nothing_hangs(service.operator)
        async with process(service) as second:
            await watch.until_seen(expected)
            await one_more_on_every_partition(service, watch)
            assert await second.terminate() == 0
    assert watch.of(expected) == expected


async def test_a_worker_is_ready_soon_needs_little_memory_and_ends_when_told(service: Service) -> None:
    async with process(service, real_time=True) as worker:
        seconds = await worker.ready()
        memory = await worker.memory()
        began = time.monotonic()
        assert await worker.terminate() == 0
        took = time.monotonic() - began
    print(f"ready after {seconds:.2f} s, {memory} MiB, ended {took:.2f} s after SIGTERM")  # noqa: T201 - a measurement
    assert seconds < 10
    assert memory < 200
    assert took < 5
