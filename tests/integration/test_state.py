"""What a worker remembers across restarts: ids that it has seen, and due times."""

import shutil
from datetime import timedelta
from pathlib import Path

from broker import topics
from broker.errors import Reason
from broker.home import Home, folder
from tests.integration.rig import (
    OUT,
    Lane,
    Raw,
    Service,
    delivery_of,
    notices,
    once_each,
    outcome_of,
    process,
    publish,
    raw,
    watching,
    working,
)
from tests.personas import BROKER, NIGHT, incident

MORNING = NIGHT.replace(day=20, hour=9)
"""After the first lesson, which is when a notification of NIGHT is due."""


async def test_the_same_message_again_gets_the_original_outcome_again_and_no_second_delivery(lane: Lane) -> None:
    one = lane.write(0)
    async with watching(lane.operator, *OUT) as watch:
        for times in (1, 2, 3):  # the second to a worker that has just started, the third to one that remembers
            async with working(lane):
                await lane.publish(one)
                await watch.until(lambda times=times: watch.events[outcome_of(one.message)] == times, "an outcome")  # type: ignore[misc]
                if times > 1:
                    await lane.publish_as_one_batch([raw(one), raw(one)])
                    await watch.until(
                        lambda times=times: watch.events[outcome_of(one.message)] == times + 2,  # type: ignore[misc]
                        "an outcome for each repetition",
                    )
                    break
        await watch.to_end()
    outcomes = [r.value for r in watch.records if dict(r.headers).get("ce_id") == outcome_of(one.message).encode()]
    police = lane.world.agency("police:01")
    assert len({str(police.open_delivery(value, NIGHT).body) for value in outcomes}) == 1
    assert len(outcomes) == 4
    assert watch.events[delivery_of(one.message)] == 1


async def test_the_same_id_with_other_bytes_is_refused_by_a_worker_that_was_restarted(lane: Lane) -> None:
    one = lane.write(0)
    other = lane.write(0, id=one.message, case=one.case, content=incident(callbackRole="Somebody else"))
    assert (other.key, other.message) == (one.key, one.message)
    async with watching(lane.operator, *OUT) as watch:
        async with working(lane):
            await lane.publish(one)
            await watch.until_seen(once_each([one]))
        async with working(lane):
            await lane.publish(other)
            await watch.until(lambda: other.value in watch.values(topics.QUARANTINE), "the refusal")
        await watch.to_end()
    assert watch.reasons([other.value]) == [Reason.REPLAYED]
    assert watch.of(once_each([one])) == once_each([one])


async def test_a_message_that_was_refused_before_it_was_signed_costs_no_memory(lane: Lane) -> None:
    junk = [Raw(f"{lane.family} {number}".encode(), []) for number in range(3)]
    async with watching(lane.operator, *OUT, topics.QUARANTINE) as watch, working(lane):
        await lane.publish_as_one_batch(junk)
        await watch.until(lambda: len(watch.reasons(one.value for one in junk)) == 3, "the refusals")
    async with watching(lane.operator, topics.state(lane.family)) as after:
        await after.to_end()
    assert not after.records


async def test_a_due_time_that_passes_while_no_worker_runs_fires_once_and_not_again_after_a_restart(
    service: Service,
) -> None:
    service.turn_clock(NIGHT)
    try:
        one = service.write(3)
        async with watching(service.operator, *OUT) as watch:
            async with process(service) as worker:
                await publish(service.police, [one])
                await watch.until_seen(once_each([one]))
                assert await worker.terminate() == 0
            assert not notices(service.world, watch, one)

            service.turn_clock(MORNING)
            async with process(service) as worker:
                await watch.until(lambda: notices(service.world, watch, one) > 0, "the overdue notice")
                assert await worker.terminate() == 0

            service.turn_clock(MORNING + timedelta(minutes=5))
            async with process(service) as worker:
                await worker.ready()
                later = service.write(3)
                await publish(service.police, [later])
                await watch.until_seen(once_each([later]))
                service.turn_clock(MORNING + timedelta(days=5))  # the same partition fires: what was due before, before
                await watch.until(lambda: notices(service.world, watch, later) > 0, "the overdue notice")
                assert await worker.terminate() == 0
            await watch.to_end()
        assert notices(service.world, watch, one) == 1
        assert notices(service.world, watch, later) == 1
        assert watch.of(once_each([one, later])) == once_each([one, later])
    finally:
        service.turn_clock(NIGHT)


async def test_a_worker_that_cannot_read_its_changelog_ends_with_a_failure(service: Service, tmp_path: Path) -> None:
    one = service.write(2)
    async with watching(service.operator, *OUT) as watch, process(service) as worker:
        await publish(service.police, [one])
        await watch.until_seen(once_each([one]))
        assert await worker.terminate() == 0
    shutil.copytree(service.world.home.path, tmp_path / "home")
    key = tmp_path / "home" / "keys" / folder(BROKER) / "state-1.key"
    key.unlink()
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    async with process(service, home=Home(tmp_path / "home")) as worker:
        assert await worker.ended(within=20) == 1
    assert worker.events["worker.fatal"]
    assert "cannot take partitions" in "".join(worker.said)
