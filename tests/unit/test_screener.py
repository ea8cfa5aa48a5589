"""The screening's own side: what it answers to the worker, and a reader that hangs, dies or cannot start."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence

import pytest

from broker.envelope import SCREENED
from broker.errors import Reason, Refused
from broker.exchange import Incoming
from broker.home import broker_of
from broker.reading import Read
from broker.registry import KeyUse, Registry
from broker.screener import UNREAD, CannotGoOn, Isolated, Screener
from broker.screening.screen import Screen
from broker.screening.verdict import Known, State, Verdict
from broker.state import Part, TellingState
from broker.topics import SCREEN, SUBMIT_PARTITIONS
from tests.personas import ACLAND, ARGYLE, BROKER, Json, incident, lead, notification
from tests.world import World

OWN = "Alex shouted at Rowan."
NEIGHBOUR = "Mrs Okafor next door rang 999."
PLAIN = "Rowan stayed upstairs."


class Here:
    """The real layers, in this process."""

    def __init__(self) -> None:
        self._screen = Screen()

    async def read(self, text: str, known: Sequence[Known], shown: frozenset[str], spare: frozenset[str]) -> Verdict:
        return self._screen.read(text, tuple(known), shown, spare)


def spoken(*to: Json) -> Json:
    return notification(*(to or (lead(ARGYLE),)), content=incident(circumstances=[PLAIN, OWN, NEIGHBOUR]))


def screener(world: World) -> Screener:
    broker = broker_of(world.registry)
    return Screener(world.registry, world.home.keys(BROKER), world.home.signer(broker, world.now), Here())


def incoming(made: Read) -> Incoming:
    return Incoming(
        partition=made.partition, partitions=SUBMIT_PARTITIONS, key=made.key, headers=made.headers, value=made.value
    )


def question(world: World, message: Json) -> bytes:
    (asked,) = [out for out in world.carry(message).outgoing if out.topic == SCREEN]
    return asked.value


async def test_what_it_answers_the_worker_sends(world: World) -> None:
    made = await screener(world).answer(question(world, message := spoken()), world.now)
    assert made.topic == "submit.encompass"
    assert dict(made.headers)["ce_type"] == SCREENED.encode()
    carried = world.carry_record(incoming(made))
    assert carried.line.status == "text-partial"
    (delivery,) = world.opened(carried, ARGYLE)
    assert delivery.content == {"circumstances": [PLAIN]}
    assert delivery.body["brokersWording"] == {"circumstances": [None, "[mother] shouted at Rowan."]}
    case = world.memory.case(message["caseOwner"], message["case"])
    assert case is not None
    held = [one for one in case.tellings if one.state is TellingState.HELD]
    assert [(one.part, one.segments) for one in held] == [(Part.TEXT, ("circumstances/3",))]


async def test_each_recipient_is_read_for_by_what_it_is_shown(world: World) -> None:
    made = await screener(world).answer(question(world, spoken(lead(ARGYLE), lead(ACLAND))), world.now)
    carried = world.carry_record(incoming(made))
    assert world.opened(carried, ARGYLE)[0].content == world.opened(carried, ACLAND)[0].content
    assert world.opened(carried, ARGYLE)[0].to != world.opened(carried, ACLAND)[0].to


async def test_a_message_that_takes_too_long_in_all_is_answered_and_the_rest_of_it_kept_back(world: World) -> None:
    own = screener(world)
    own.all_within = 0.0
    carried = world.carry_record(incoming(await own.answer(question(world, spoken()), world.now)))
    (mine,) = world.outcome(carried)["recipients"]
    assert mine["keptBack"] == ["circumstances/1", "circumstances/2", "circumstances/3"]
    assert [one["rule"] for one in mine["findings"]] == ["TXT-8"]


@pytest.mark.parametrize("value", [b"rubbish", b""])
async def test_rubbish_is_no_question(world: World, value: bytes) -> None:
    with pytest.raises(Refused) as refused:
        await screener(world).answer(value, world.now)
    assert refused.value.reason is Reason.UNSEALABLE


@pytest.mark.parametrize("asked", [{}, [], {"statement": "x"}, {"statement": 1, "lines": []}])
async def test_what_was_not_asked_by_the_worker_is_no_question(world: World, asked: object) -> None:
    with pytest.raises(Refused) as refused:
        await screener(world).answer(world.sealed(asked), world.now)
    assert refused.value.reason is Reason.MALFORMED


async def test_it_goes_on_with_another_registry_and_never_without_the_brokers_key(world: World) -> None:
    value, own = question(world, spoken()), screener(world)
    broker = world.home.broker()
    lost = [key for key in broker.keys if key.use is not KeyUse.SEAL]
    members = (one.model_copy(update={"keys": tuple(lost)}) if one.id == BROKER else one for one in world.registry)
    own.take(Registry(tuple(members), papers=world.registry.papers), world.home.signer(broker, world.now))
    with pytest.raises(CannotGoOn, match="no valid sealing key"):
        await own.answer(value, world.now)


# A reader in a process of its own -----------------------------------------------------------------------------------


@pytest.fixture
async def reader() -> AsyncIterator[Isolated]:
    made = Isolated(["Argyle Primary School"], with_model=False)
    yield made
    await made.close()


NOBODY: tuple[tuple[Known, ...], frozenset[str], frozenset[str]] = ((), frozenset(), frozenset())


async def test_it_reads_as_the_layers_do(reader: Isolated) -> None:
    await reader.start()
    assert (await reader.read(PLAIN.replace("Rowan", "She"), *NOBODY)).state is State.CLEAR
    named = await reader.read("They moved her to Argyle Primary School.", *NOBODY)
    assert named == Screen(names_of_organisations=["Argyle Primary School"]).read(
        "They moved her to Argyle Primary School.", *NOBODY
    )


async def test_one_that_takes_too_long_is_ended_and_what_it_was_reading_is_kept_back(reader: Isolated) -> None:
    await reader.start()
    before = reader.process
    assert before is not None
    assert before.pid is not None
    os.kill(before.pid, signal.SIGSTOP)  # it hangs
    reader.within = 0.2
    assert await reader.read(PLAIN, *NOBODY) == UNREAD
    assert not before.is_alive()
    reader.within = 20.0
    assert (await reader.read("She stayed upstairs.", *NOBODY)).state is State.CLEAR, "a new one has been started"


async def test_one_that_dies_is_started_again(reader: Isolated) -> None:
    await reader.start()
    assert reader.process is not None
    reader.process.kill()
    await asyncio.to_thread(reader.process.join)
    assert await reader.read(PLAIN, *NOBODY) == UNREAD
    assert (await reader.read("She stayed upstairs.", *NOBODY)).state is State.CLEAR


async def test_without_the_language_model_it_says_what_to_install_and_does_not_go_on() -> None:
    """The extra is in an environment of its own, and not in this one."""
    made = Isolated([], with_model=True)
    with pytest.raises(CannotGoOn, match=r"pip install '\.\[model\]'"):
        await made.start()
    with pytest.raises(CannotGoOn):
        await made.read(PLAIN, *NOBODY)
    assert made.process is None
