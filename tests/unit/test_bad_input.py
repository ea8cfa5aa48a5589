"""Whatever somebody who means harm sends: refused with its reason, kept, audited, and in little time."""

import time
from collections import Counter

import pytest

from broker import topics
from broker.drafts import Carried
from broker.envelope import DELIVERY
from broker.errors import Reason
from broker.exchange import Exchange
from broker.state import Cabinet
from tests.bad_input import KINDS, Bad, Workshop
from tests.world import World

HOW_MANY = {"forgeries": 53, "headers": 46, "seals": 55, "texts": 34, "letters": 87, "truncations": 100}
"""At least so many of each kind: a list that has become empty passes nothing."""
MOST_TIMES_A_GOOD_ONE = 50


@pytest.fixture
def shop(world: World) -> Workshop:
    return Workshop(world)


def seconds(exchange: Exchange, shop: Workshop, bad: Bad) -> float:
    began = time.perf_counter()
    exchange.carry(bad.record, Cabinet(), shop.world.now)
    return time.perf_counter() - began


def wrong(carried: Carried, bad: Bad) -> list[str]:
    """What is not as it must be with a record that is refused."""
    topic = Counter(out.topic for out in carried.outgoing)
    deliveries = [out for out in carried.outgoing if dict(out.headers).get("ce_type") == DELIVERY.encode()]
    quarantined = [out for out in carried.outgoing if out.topic == topics.QUARANTINE]
    checks = {
        f"is {carried.line.status}": carried.line.status == "refused",
        f"for {carried.line.rules}": carried.line.rules == (bad.reason,),
        "not quarantined once": topic[topics.QUARANTINE] == 1,
        "not audited once": topic[topics.AUDIT] == 1,
        "somebody else is told": len(deliveries) <= 1 and all(out.key == b"police:01" for out in deliveries),
        "bytes are changed": [out.value for out in quarantined] == [bad.record.value],
        "reason is not beside it": [out.headers[0] for out in quarantined] == [("reason", bad.reason.encode())],
    }
    return [name for name, holds in checks.items() if not holds]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_refused_for_its_reason_kept_and_audited(shop: Workshop, kind: str) -> None:
    exchange = shop.world.exchange
    bads = list(KINDS[kind](shop))
    found = {bad.name: wrong(exchange.carry(bad.record, Cabinet(), shop.world.now), bad) for bad in bads}
    assert {name: what for name, what in found.items() if what} == {}
    assert len(found) == len(bads) >= HOW_MANY[kind]


def test_a_verification_that_lets_everything_pass_is_found(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted defect: the signature is not looked at."""
    monkeypatch.setattr("broker.statement.jws.deserialize_compact", lambda *_, **__: None)
    exchange = shop.world.exchange
    found = [wrong(exchange.carry(bad.record, Cabinet(), shop.world.now), bad) for bad in KINDS["forgeries"](shop)]
    assert sum(map(bool, found)) >= 5


@pytest.mark.parametrize("kind", KINDS)
def test_it_takes_no_more_than_some_times_what_a_good_one_takes(shop: Workshop, kind: str) -> None:
    exchange = shop.world.exchange
    true = Bad("true", Reason.FAULT, shop.true)
    good = min(seconds(exchange, shop, true) for _ in range(5))
    slow = {}
    for bad in KINDS[kind](shop):
        times = min(seconds(exchange, shop, bad) for _ in range(2)) / good
        if times > MOST_TIMES_A_GOOD_ONE:
            slow[bad.name] = times
    assert slow == {}


def test_the_true_record_that_all_are_made_of_is_shared(shop: Workshop) -> None:
    """Or every one of the others could be refused for nothing."""
    exchange = shop.world.exchange
    assert exchange.carry(shop.true, Cabinet(), shop.world.now).line.status == "shared"
    same = shop.signing(shop.jws(shop.header))
    assert exchange.carry(same, Cabinet(), shop.world.now).line.status == "shared"
    again = shop.around(shop.encrypted(b'{"statement":"' + shop.text.encode() + b'"}'))
    assert exchange.carry(again, Cabinet(), shop.world.now).line.status == "shared"
    field = shop.sealing(shop.with_disclosure('"familyName","Testcase"'))
    assert exchange.carry(field, Cabinet(), shop.world.now).line.status == "shared"
