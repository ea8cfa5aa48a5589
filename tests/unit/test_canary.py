"""Every field holds a token of its own, and no token is found anywhere but inside what is sealed."""

import base64
import io
import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace

import pytest
import structlog
from aiokafka import TopicPartition

from broker import exchange, logs, topics
from broker import loop as looping
from broker.connection import Connection
from broker.drafts import Carried
from broker.errors import Refused
from broker.exchange import Incoming
from broker.loop import Loop, Owner
from broker.schemas import notification_issued
from broker.state import Cabinet, StateSeal
from tests import foreign, personas
from tests.personas import (
    ACLAND,
    BROOKFIELD,
    MARRIOTTS,
    MET,
    NIGHT,
    Json,
    follow_up,
    lead,
    notification,
    receipt,
    withdrawal,
)
from tests.world import World, incoming

FULL: Json = {
    "familyName": "Zqfamily",
    "givenNames": "Zqgiven",
    "alsoKnownAs": ["Zqknown"],
    "dateOfBirth": "2011-02-03",
    "dateOfBirthIs": "estimated",
    "homeAddress": {"lines": ["Zqhome Row"], "postcode": "NW1 1AA"},
    "uprn": "200000071925",
    "currentAddress": {"lines": ["Zqcurrent Row"], "postcode": "LL57 3AE"},
    "addressHandling": "open",
    "residenceForce": personas.MET_AREA,
    "residenceAuthority": "E09000033",
    "communicationNeeds": "Zqneeds",
    "incidentRef": "Zqref/26",
    "forceCode": "01",
    "occurredFrom": "2026-11-19T21:41:17Z",
    "occurredTo": "2026-11-19T21:52:18Z",
    "attendedAt": "2026-11-19T22:03:19Z",
    "groundsFormedAt": "2026-11-19T22:14:21Z",
    "locationCategory": "other-home",
    "locationAddress": {"lines": ["Zqplace Row"], "postcode": "DN55 1PT"},
    "childPresence": "came-after",
    "childWhereabouts": "Zqwhere",
    "childSpokenTo": True,
    "childVoice": "Zqvoice",
    "voicePresence": "Zqpresence",
    "welfareCheck": True,
    "circumstances": "Zqcircumstances",
    "adults": [{"adultRef": "adult-7", "role": "victim", "relation": "father's former partner"}],
    "adultNames": [{"adultRef": "adult-8", "name": "Zqadult"}],
    "childInjurySupport": "Zqinjury",
    "referralMade": True,
    "settingSafetyCondition": "Zqcondition",
    "priorNotificationRef": "11111111-2222-4333-8444-555555555555",
    "supportSuggestion": "Zqsupport",
    "callbackRole": "Zqrole",
    "callbackTelephone": "+442079460177",
}
PUBLIC = {personas.MET_AREA, "E09000033"}
"""Register codes: they are in what is public of the organisations, too."""
LONG_ENOUGH = 7
"""Shorter words, all of them codes, would be found by chance."""


def texts(value: object) -> Iterator[str]:
    match value:
        case dict():
            for item in value.values():
                yield from texts(item)
        case list():
            for item in value:
                yield from texts(item)
        case str():
            yield value


TOKENS = {text for text in texts(FULL) if len(text) >= LONG_ENOUGH} - PUBLIC


def disguises(token: str) -> Iterator[bytes]:
    """The token as it is, in capitals, in hexadecimal, and in base64 wherever in three bytes it begins."""
    plain = token.encode()
    yield from (plain.lower(), plain.hex().encode())
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + plain)
        first, last = -(-before * 8 // 6), (before + len(plain)) * 8 // 6
        yield from (encoded[first:last], encoded[first:last].translate(bytes.maketrans(b"+/", b"-_")))


def leaks(*haystacks: object) -> set[str]:
    """Every token that is in one of these."""
    whole = b"\0".join(one if isinstance(one, bytes) else str(one).encode() for one in haystacks)
    lower = whole.lower()
    return {
        token
        for token in TOKENS
        for number, disguise in enumerate(disguises(token))
        if disguise in (lower if number < 2 else whole)
    }


def outside(carried: Carried) -> list[object]:
    """Whatever a broker operator, a Kafka administrator or another reader of the topic can see."""
    seal, cabinet = StateSeal({1: bytes(32)}), Cabinet()
    seen: list[object] = [carried.line, carried, asdict(carried.line)]
    for out in carried.outgoing:
        seen += [out.topic, out.key, out.value, *(part for header in out.headers for part in header)]
    for key, value in cabinet.remember(*carried.remember):
        seen += [key, seal.seal(key, value or "")]
    for key, value in carried.copies:
        seen += [key, seal.seal(key, value or "")]
    return seen


def protected(document: Json) -> Json:
    return {
        **document,
        "content": {**document["content"], "addressHandling": "refuge", "settingSafetyCondition": "Zqsafe"},
    }


FIRST = notification(lead(ACLAND), lead(BROOKFIELD), content=FULL)
WRONG = {"nickname": "Zqvoice", "Zqfamily": 1, "childSpokenTo": "Zqvoice", "dateOfBirth": "Zqvoice"}
STORIES: dict[str, list[tuple[Json, str]]] = {
    "share and hold": [(FIRST, MET)],
    "a protected place": [(protected(FIRST), MET), (protected(notification(lead(MARRIOTTS), content=FULL)), MET)],
    "the condition names it": [({**protected(FIRST), "content": {**FULL, "addressHandling": "refuge"}}, MET)],
    "refused by a rule": [({**FIRST, "basis": "LB-E2"}, MET)],
    "refused as malformed": [({**FIRST, "content": {**FULL, **WRONG}}, MET)],
    "refused as barred": [({**FIRST, "content": {**FULL, "siblings": "Zqvoice"}}, MET)],
    "refused as nobody's": [(follow_up("notification-updated", FIRST, circumstances="Zqcircumstances"), MET)],
    "answered, corrected, withdrawn": [
        (FIRST, MET),
        (receipt(FIRST), ACLAND),
        (follow_up("notification-corrected", FIRST, givenNames="Zqgiven"), MET),
        (follow_up("notification-updated", FIRST, childVoice="Zqvoice"), MET),
        (withdrawal(FIRST), MET),
        (FIRST, MET),
    ],
    "handed over": [({**personas.handover(), "content": {**FULL, "residenceForce": personas.HERTS_AREA}}, MET)],
}


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """What has been written to standard output and error, logging being set up as a worker sets it up."""
    stream = io.StringIO()
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, stream)
    monkeypatch.setattr(logging.root, "handlers", [])
    logs.set_up()
    monkeypatch.setattr(looping, "log", structlog.get_logger())  # it would keep the stream of an earlier test
    return stream.getvalue


@pytest.fixture
def loop(world: World, said: Callable[[], str]) -> Loop:
    assert said() == ""
    return Loop(
        family="encompass",
        connection=Connection("127.0.0.1:9"),
        exchange=world.exchange,
        clock=lambda: world.now,
        seal=StateSeal({1: bytes(32)}),
        stop=print,
    )


class Polled(Incoming):
    """An incoming record as Kafka's client gives it."""

    topic = topics.submit("encompass")
    offset = 0


def run(loop: Loop, owner: Owner, record: Incoming) -> Carried:
    """One record through the loop, up to the transaction."""
    polled = Polled(**{name: getattr(record, name) for name in Incoming.__dataclass_fields__})
    (carried,) = loop._together(owner, [polled], NIGHT)  # type: ignore[list-item]  # noqa: SLF001
    owner.cabinet.remember(*carried.remember)
    structlog.get_logger().info("message.carried", **asdict(carried.line))
    return carried


def test_every_field_has_its_token() -> None:
    assert set(FULL) == set(notification_issued.FLOW.message.labels)
    assert len(TOKENS) > 30


@pytest.mark.parametrize("story", STORIES)
def test_no_token_is_outside_what_is_sealed(story: str, world: World, loop: Loop, said: Callable[[], str]) -> None:
    owner = Owner(TopicPartition("submit.encompass", 0))
    done: list[Carried] = []
    for document, sender in STORIES[story]:
        done.append(run(loop, owner, foreign.record(world, document, sender)))
        done += [loop._exchange.fire(*due, NIGHT) for due in [owner.cabinet.next_due(world.now)] if due]  # noqa: SLF001
    logged = said()
    assert logged.count("message.carried") == len(STORIES[story])
    assert leaks(logged, *(item for carried in done for item in outside(carried))) == set()


def test_no_token_is_in_what_a_crash_leaves(
    world: World, loop: Loop, said: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise KeyError(*TOKENS)

    monkeypatch.setattr(exchange, "judge", crash)
    carried = run(loop, Owner(TopicPartition("submit.encompass", 0)), incoming(world.submit(FIRST)))
    logged = said()
    assert '"fault": "KeyError"' in logged
    assert carried.line.rules == ("fault-of-the-broker",)
    assert leaks(logged, *outside(carried)) == set()


def test_no_token_is_in_the_text_of_an_exception(world: World) -> None:
    with pytest.raises(Refused) as refused:
        world.submit({**FIRST, "content": {**FULL, **WRONG}})
    error = refused.value
    assert leaks(str(error), repr(error), *traceback.format_exception(error)) == set()


def test_logs_keep_no_key_that_is_not_listed_and_no_words_of_a_library(said: Callable[[], str]) -> None:
    structlog.get_logger().info("message.carried", content=FULL, document=FIRST, status="shared")
    fault = ValueError(*TOKENS)
    logging.getLogger("aiokafka").error("could not send %s", FULL, exc_info=fault)
    logging.getLogger("aiokafka").error("could not send %s", FULL)
    logged = said()
    assert '"status": "shared"' in logged
    assert '"fault": "ValueError"' in logged
    assert leaks(logged) == set()


@pytest.mark.parametrize(
    "disguise",
    [
        str,
        str.upper,
        lambda token: token.encode().hex(),
        lambda token: base64.b64encode(token.encode()).decode(),
        lambda token: base64.b64encode(b"x" + token.encode() + b"!!").decode(),
        lambda token: base64.b64encode(b"xy" + token.encode() + b"!").decode(),
        lambda token: base64.urlsafe_b64encode(b"???" + token.encode()).decode(),
    ],
)
@pytest.mark.parametrize("place", ["log", "header", "key", "topic", "line", "state key"])
def test_a_planted_leak_is_found(
    disguise: Callable[[str], str], place: str, world: World, loop: Loop, said: Callable[[], str]
) -> None:

    carried = run(loop, Owner(TopicPartition("submit.encompass", 0)), incoming(world.submit(FIRST)))
    planted = disguise("Zqfamily")
    out = carried.outgoing[0]
    match place:
        case "log":
            structlog.get_logger().info("message.carried", status=planted)
        case "header":
            out = replace(out, headers=[*out.headers, ("ce_subject", planted.encode())])
        case "key":
            out = replace(out, key=planted.encode())
        case "topic":
            out = replace(out, topic=planted)
        case "line":
            carried = replace(carried, line=replace(carried.line, status=planted))
        case _:
            case = carried.remember[0].model_copy(update={"id": planted})
            carried = replace(carried, remember=(case,))
    carried = replace(carried, outgoing=(out,))
    assert leaks(said(), *outside(carried)) == {"Zqfamily"}
