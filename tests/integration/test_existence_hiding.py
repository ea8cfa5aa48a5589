"""What does not concern the asker looks the same: never there, somebody else's, or gone; unknown, suspended, or forged.

2,000 samples a class, in random order; whoever guesses the class from size or time is right no more often than by luck.
"""

import asyncio
import bisect
import random
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from broker import drafts, exchange
from broker.drafts import Carried
from broker.mailbox.asking import ask
from broker.mailbox.service import TICK
from broker.register import Suspended
from broker.sealing import Signer
from tests.integration.mailbox_rig import Json, Serving, Site, serving, site
from tests.personas import ARGYLE, BROKER, GARRETT, HEATH, MARRIOTTS, NIGHT, lead, notification, receipt
from tests.principals import Principals
from tests.world import World, incoming

SAMPLES = 2000
CHANCE = 0.55
CONNECTIONS = 20
SIGNED_AHEAD = 1000
"""Requests signed before they are sent: few enough that none is too old when its turn comes."""

UNTICKED = """
from contextvars import ContextVar
from broker.mailbox import asking, service
quick, tick, answered = ContextVar("quick", default=False), service.on_tick, service.Service._refusal
def refusal(self, refused):
    quick.set(refused.why is asking.Why.UNKNOWN)
    return answered(self, refused)
async def on_tick(came):
    if not quick.get():
        await tick(came)
service.Service._refusal, service.on_tick = refusal, on_tick
"""
UNPADDED = """
from broker.mailbox import service
answered = service.Service._refusal
def refusal(self, refused):
    status, body = answered(self, refused)
    return status, {**body, "why": refused.why}
service.Service._refusal, service.padded = refusal, lambda plain: plain
"""
"""Two leaks: one class of refusals leaves without waiting; refusals say their reason in an answer without padding."""


@pytest.fixture(scope="module")
async def place(kafka: Principals, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site(kafka, tmp_path_factory.mktemp("hiding")) as made:
        yield made


# --- the measure --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sample:
    """What somebody outside can measure of one answer."""

    size: int
    seconds: float

    @property
    def features(self) -> dict[str, float]:
        """Each is a classifier of its own."""
        return {"size": self.size, "time": self.seconds, "time past the tick": self.seconds % TICK}


def auc(one: Sequence[float], other: Sequence[float]) -> float:
    """How often a threshold tells two classes apart, whichever way round: 0.5 is luck, 1 is always."""
    ordered = sorted(other)
    wins = sum(bisect.bisect_left(ordered, x) + bisect.bisect_right(ordered, x) for x in one) / 2
    share = wins / (len(one) * len(other))
    return max(share, 1 - share)


def told_apart(samples: dict[str, list[Sample]]) -> dict[str, float]:
    """The area under the curve for every two classes and every feature."""
    found = {}
    for one, other in combinations(samples, 2):
        for feature in samples[one][0].features:
            pair = [[sample.features[feature] for sample in samples[name]] for name in (one, other)]
            found[f"{one} / {other} by {feature}"] = auc(*pair)
    return found


def test_the_measure_finds_what_differs_and_nothing_else() -> None:
    chance = random.Random(1)  # noqa: S311 - a sample, not a secret
    same = [chance.gauss(0, 1) for _ in range(SAMPLES)]
    assert auc(same, [chance.gauss(0, 1) for _ in range(SAMPLES)]) < CHANCE
    assert auc(same, [chance.gauss(0.3, 1) for _ in range(SAMPLES)]) > CHANCE
    assert auc([4096.0] * 3, [4096.0] * 3) == 0.5
    assert auc([1.0], [2.0]) == auc([2.0], [1.0]) == 1.0


# --- asking -------------------------------------------------------------------------------------------------------

Ask = Callable[[], bytes]


async def _ask_all(service: Serving, jobs: list[tuple[str, bytes]], found: dict[str, list[Sample]]) -> set[bytes]:
    """Send signed requests over some connections that stay open; return the first lines of the answers."""
    parts = urlsplit(service.address)
    context = ssl.create_default_context(cafile=str(service.tls / "ca.pem")) if service.tls else None
    statuses: set[bytes] = set()

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=context)
        while jobs:
            name, body = jobs.pop()
            began = time.perf_counter()
            writer.write(b"POST /mailbox HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            found[name].append(Sample(len(head) + length, time.perf_counter() - began))
            statuses.add(head.partition(b"\r\n")[0])
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return statuses


async def measure(
    service: Serving, classes: dict[str, Ask], samples: int = SAMPLES
) -> tuple[dict[str, list[Sample]], set[bytes]]:
    """That many samples of each class, in random order, and the first lines of the answers."""
    order = [name for name in classes for _ in range(samples)]
    random.shuffle(order)
    found: dict[str, list[Sample]] = {name: [] for name in classes}
    statuses: set[bytes] = set()
    for begin in range(0, len(order), SIGNED_AHEAD):
        jobs = [(name, classes[name]()) for name in order[begin : begin + SIGNED_AHEAD]]
        statuses |= await _ask_all(service, jobs, found)
    assert {name: len(taken) for name, taken in found.items()} == dict.fromkeys(classes, samples)
    return found, statuses


def claims(place: Site, suspended: str) -> dict[str, Ask]:
    """Claims that are not accepted, by why."""
    forger = place.signer(HEATH)
    known = place.home.member(ARGYLE).keys
    signing = next(key for key in known if key.use == "sign")
    forged = Signer(ARGYLE, signing, forger.key)

    def claim(organisation: str, signer: Signer) -> Ask:
        return lambda: ask(organisation, BROKER, signer, place.clock(), act="claim", most=50)

    return {
        "unknown organisation": claim("school:999998", forger),
        "suspended": claim(suspended, place.signer(suspended)),
        "wrong key": claim(ARGYLE, forged),
    }


async def test_an_id_that_never_was_somebody_elses_and_ones_own_that_is_done_with_look_the_same(place: Site) -> None:
    schools = [await place.school(910_000 + number) for number in range(8)] + [ARGYLE, GARRETT, HEATH, MARRIOTTS]
    signers = {school: place.signer(school) for school in schools}
    mine = {school: (await place.deliver(school, 2)) for school in schools}
    turn = iter(range(10**9))

    def acknowledge(of: Callable[[int], str]) -> Ask:
        def made() -> bytes:
            number = next(turn) % len(schools)
            signer = signers[schools[number]]
            return ask(schools[number], BROKER, signer, place.clock(), act="acknowledge", items=[of(number)])

        return made

    async with serving(place) as service:
        for school in schools:
            await service.acknowledge(school, mine[school][:1])
        before = sorted(await place.acknowledged())
        assert len(before) == len(schools)
        classes = {
            "never there": acknowledge(lambda _: uuid4().hex),
            "somebody else's": acknowledge(lambda number: mine[schools[(number + 1) % len(schools)]][1]),
            "own, done with": acknowledge(lambda number: mine[schools[number]][0]),
        }
        samples, statuses = await measure(service, classes)
        assert statuses == {b"HTTP/1.1 200 OK"}
        assert sorted(await place.acknowledged()) == before, "and nothing came of it"
    found = told_apart(samples)
    print({what: round(value, 3) for what, value in found.items()})  # noqa: T201 - measured figures
    assert max(found.values()) <= CHANCE, found


async def test_who_is_unknown_suspended_or_has_the_wrong_key_gets_answers_that_look_the_same(place: Site) -> None:
    school = await place.school(910_100)
    classes = claims(place, school)
    await place.declare(Suspended(about=school))
    async with serving(place) as service:
        samples, statuses = await measure(service, classes)
        assert statuses == {b"HTTP/1.1 403 Forbidden"}
        reasons = Counter(service.refusals())
    assert reasons == dict.fromkeys(("unknown-organisation", "suspended", "signature-does-not-verify"), SAMPLES)
    found = told_apart(samples)
    print({what: round(value, 3) for what, value in found.items()})  # noqa: T201 - measured figures
    assert max(found.values()) <= CHANCE, found


@pytest.mark.parametrize(("leak", "feature"), [(UNTICKED, "time"), (UNPADDED, "size")], ids=["tick", "padding"])
async def test_a_planted_leak_is_found_by_the_same_measure(place: Site, leak: str, feature: str) -> None:
    school = await place.school(910_200 if feature == "time" else 910_201)
    classes = claims(place, school)
    await place.declare(Suspended(about=school))
    async with serving(place, before=f"exec({leak!r})") as service:
        samples, _ = await measure(service, classes, samples=200)
    found = told_apart(samples)
    assert found[f"unknown organisation / wrong key by {feature}"] > 0.9, found


# --- outcomes in Kafka --------------------------------------------------------------------------------------------


def test_a_case_that_never_was_and_one_of_others_get_outcomes_made_in_the_same_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = notification(lead(HEATH))
    assert world.outcome(world.carry(told))["status"] == "shared"
    made: Counter[str] = Counter()

    def counting(name: str) -> None:
        module = drafts if name in vars(drafts) else exchange
        real = getattr(module, name)

        def counted(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it is
            made[name] += 1
            return real(*given, **named)

        monkeypatch.setattr(module, name, counted)

    def work(document: Json, sender: str) -> tuple[dict[str, int], Counter[tuple[str, int]], int, Carried]:
        """How often each costly step was taken, what was written where and how large, and how much is remembered."""
        record = incoming(world.submit(document, sender))
        made.clear()
        carried = world.exchange.carry(record, world.memory, NIGHT)
        written = Counter((out.topic, len(out.value)) for out in carried.outgoing)
        return dict(made), written, len(carried.remember), carried

    for name in ("unseal", "verify", "seal", "sign_cover"):
        counting(name)
    *never, refused = work(receipt(notification()), ARGYLE)
    *others, also = work(receipt(told), ARGYLE)
    for carried in (refused, also):
        assert world.outcome(carried, ARGYLE)["refused"]["code"] == "no-such-case-of-yours"
    assert never == others
    assert refused.line.rules == also.line.rules
    *accepted, _ = work(receipt(told), HEATH)
    assert accepted[0] != never[0], "the count shows a difference where there is one"
    assert accepted[1:] != never[1:]
