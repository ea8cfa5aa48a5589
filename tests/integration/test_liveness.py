"""How a loop can go silent on an idle topic, and that this one does not. No test here helps it with another message."""

from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, RequestTimedOutError

from broker import loop as loop_module
from broker.loop import Loop, Owner
from tests.integration.rig import OUT, Lane, notices, once_each, until, watching, working
from tests.personas import NIGHT

MORNING = NIGHT.replace(day=20, hour=9)
"""After the first lesson, which is when a notification of NIGHT is due."""


class FailsOnce(Loop):
    """Its first transaction that has something in it fails; before or after it was committed."""

    before: bool
    failures = 1

    async def _write(self, owner: Owner, *given: Any) -> None:  # noqa: ANN401 - handed on
        failing, self.failures = self.failures > 0, self.failures - 1
        if failing and self.before:
            raise RequestTimedOutError
        await super()._write(owner, *given)
        if failing:
            raise RequestTimedOutError


class FailsBefore(FailsOnce):
    """What it should have written is not there."""

    before = True


class FailsAfter(FailsOnce):
    """All is written, only the answer was lost."""

    before = False


class AlwaysFails(Loop):
    """Whatever it opens again, what it has to write can never be written."""

    async def _write(self, owner: Owner, *given: Any) -> None:  # noqa: ANN401, ARG002 - never handed on
        raise RequestTimedOutError


class CannotOpenAgain(Loop):
    """Takes its partitions, and later cannot reach Kafka for long enough to give up."""

    opened = 0

    async def _open(self, owner: Owner) -> None:
        self.opened += 1
        if self.opened > 6:  # its partitions, once each
            await owner.close()
            raise KafkaConnectionError
        await super()._open(owner)


class CannotOpen(Loop):
    """Cannot take its partitions."""

    async def _open(self, owner: Owner) -> None:
        raise KafkaConnectionError(str(owner.tp.partition))


@pytest.fixture
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait between attempts for as long as one would for a Kafka that restarts."""
    monkeypatch.setattr(loop_module, "REOPEN_FIRST_WAIT", 0.01)
    monkeypatch.setattr(loop_module, "FENCED_WAIT", 0.01)


async def test_messages_that_waited_for_a_worker_are_carried_when_it_starts(lane: Lane) -> None:
    waiting = [lane.write() for _ in range(20)]
    await lane.publish(*waiting)
    async with watching(lane.operator, *OUT) as watch, working(lane):
        await watch.until_seen(once_each(waiting), within=20)
        await watch.to_end()
    assert watch.of(once_each(waiting)) == once_each(waiting)


async def test_messages_that_waited_for_a_partition_to_move_are_carried_by_its_new_owner(lane: Lane) -> None:
    async with watching(lane.operator, *OUT) as watch:
        async with working(lane):
            pass
        waiting = [lane.write(partition) for partition in range(6)]
        await lane.publish(*waiting)
        async with working(lane), working(lane):
            await watch.until_seen(once_each(waiting), within=20)
            await watch.to_end()
    assert watch.of(once_each(waiting)) == once_each(waiting)


@pytest.mark.parametrize("make", [FailsBefore, FailsAfter])
async def test_a_failed_last_batch_is_redone_once_without_any_new_message(
    lane: Lane, make: type[Loop], logged: list[dict[str, object]]
) -> None:
    last = [lane.write(0) for _ in range(3)]
    async with watching(lane.operator, *OUT) as watch, working(lane, make=make) as worker:
        await lane.publish(*last)
        await watch.until_seen(once_each(last), within=20)
        await until(lambda: any(line["event"] == "transaction.failed" for line in logged), "the failure")
        await lane.publish(after := lane.write(0))
        await watch.until_seen(once_each([after]), within=20)
        await watch.to_end()
    expected = once_each([*last, after])
    assert watch.of(expected) == expected
    assert not worker.stopped


async def test_a_fenced_producer_of_the_rightful_owner_redoes_its_last_batch_and_keeps_the_partition(
    lane: Lane, logged: list[dict[str, object]]
) -> None:
    async with watching(lane.operator, *OUT) as watch, working(lane) as worker:
        done: list[Any] = []
        for _ in range(2):  # it is not used up by one time
            await lane.fence()
            done.append(lane.write(0))
            await lane.publish(done[-1])
            await watch.until_seen(once_each(done), within=20)
        await watch.to_end()
    assert watch.of(once_each(done)) == once_each(done)
    assert [line["fault"] for line in logged if line["event"] == "transaction.failed"] == ["ProducerFenced"] * 2
    assert not worker.stopped


@pytest.mark.usefixtures("_hasty")
async def test_a_due_time_fires_once_although_the_producer_is_fenced_and_no_message_comes(
    lane: Lane, logged: list[dict[str, object]]
) -> None:
    one = lane.write(0)
    async with watching(lane.operator, *OUT) as watch, working(lane) as worker:
        await lane.publish(one)
        await watch.until_seen(once_each([one]), within=20)
        await lane.fence()
        lane.world.now = MORNING
        await watch.until(lambda: notices(lane.world, watch, one) > 0, "the overdue notice", within=20)
        await lane.publish(after := lane.write(0))
        await watch.until_seen(once_each([after]), within=20)
        await watch.to_end()
    assert any(line["event"] == "transaction.failed" for line in logged)
    assert notices(lane.world, watch, one) == 1
    assert watch.of(once_each([one, after])) == once_each([one, after])
    assert not worker.stopped


async def test_a_transaction_that_always_fails_stops_the_worker(lane: Lane, logged: list[dict[str, object]]) -> None:
    async with watching(lane.operator, *OUT) as watch, working(lane, make=AlwaysFails) as worker:
        await lane.publish(one := lane.write(0))
        await until(lambda: bool(worker.stopped), "the worker asks to be stopped", within=20)
        await watch.to_end()
    failures = [line for line in logged if line["event"] == "transaction.failed"]
    assert len(failures) == loop_module.FAILURES_IN_A_ROW + 1
    assert worker.stopped == ["cannot go on"]
    assert not watch.of(once_each([one]))


@pytest.mark.usefixtures("_hasty")
async def test_a_partition_that_cannot_be_reopened_stops_the_worker(
    lane: Lane, logged: list[dict[str, object]]
) -> None:
    async with working(lane, make=CannotOpenAgain) as worker:
        await lane.fence()
        await lane.publish(lane.write(0))
        await until(lambda: bool(worker.stopped), "the worker asks to be stopped", within=20)
    failures = [line for line in logged if line["event"] == "reopen.failed"]
    assert len(failures) == loop_module.REOPEN_TRIES
    assert worker.stopped == ["cannot go on"]


@pytest.mark.usefixtures("_hasty")
async def test_a_partition_that_cannot_be_reopened_to_fire_what_is_due_stops_the_worker(lane: Lane) -> None:
    one = lane.write(0)
    async with watching(lane.operator, *OUT) as watch, working(lane, make=CannotOpenAgain) as worker:
        await lane.publish(one)
        await watch.until_seen(once_each([one]), within=20)
        await lane.fence()
        lane.world.now = MORNING
        await until(lambda: bool(worker.stopped), "the worker asks to be stopped", within=20)
    assert worker.stopped == ["cannot fire what is due"]


async def test_partitions_that_cannot_be_taken_stop_the_worker(lane: Lane) -> None:
    why: list[str] = []

    class SaysSo(CannotOpen):
        def _fatal(self, what: str, fault: Exception) -> None:
            super()._fatal(what, fault)
            why.append(what)
            self.ready.set()

    async with working(lane, make=SaysSo) as worker:
        assert worker.stopped == why == ["cannot take partitions"]


@pytest.mark.usefixtures("_hasty")
async def test_a_partition_is_reopened_after_some_failures_to_reopen_it(lane: Lane) -> None:
    class ReachesKafkaAtLast(Loop):
        opened = 0

        async def _open(self, owner: Owner) -> None:
            self.opened += 1
            if 6 < self.opened < 6 + loop_module.REOPEN_TRIES:
                raise KafkaConnectionError
            await super()._open(owner)

    async with watching(lane.operator, *OUT) as watch, working(lane, make=ReachesKafkaAtLast) as worker:
        await lane.fence()
        await lane.publish(last := lane.write(0))
        await watch.until_seen(once_each([last]), within=20)
        await watch.to_end()
    assert watch.of(once_each([last])) == once_each([last])
    assert not worker.stopped
