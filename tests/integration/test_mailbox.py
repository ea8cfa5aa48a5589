"""The mailbox service on a real Kafka, over real HTTP, as a process of its own."""

import asyncio
import http.client
import os
import shutil
import ssl
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from broker.agency import Agency
from broker.connection import Unreachable
from broker.home import Home, folder
from broker.logs import ALLOWED
from broker.mailbox.asking import MOST_BODY, ask
from broker.mailbox.client import Mailbox, NotAccepted
from broker.register import Delegated, DelegationEnded, KeyRevocation, KeyRevoked, Register, Resumed, Suspended
from broker.registry import Delegation, KeyUse
from broker.sealing import SMALLEST_BUCKET
from broker.statement import loads
from tests.integration.mailbox_rig import Json, Serving, Site, serving, site
from tests.personas import (
    ARGYLE,
    BROKER,
    BROOKFIELD,
    CAMDEN,
    GARRETT,
    HEATH,
    ISLINGTON,
    MET,
    agreement_withdrawn,
    grant,
    homeless,
)
from tests.principals import Principals

SHORT_LEASE = "from broker.mailbox import index; index.LEASE = 1.0"
WITHIN = 2.0
"""Seconds from a suspension to the last byte."""


@pytest.fixture(scope="module")
async def place(kafka: Principals, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site(kafka, tmp_path_factory.mktemp("mailbox")) as made:
        yield made


@pytest.fixture(scope="module")
async def service(place: Site) -> AsyncIterator[Serving]:
    async with serving(place) as made:
        yield made


def exchange(service: Serving, method: str, path: str, body: bytes | None = None) -> tuple[int, Json, int]:
    """Status, answer and its size, for any bytes."""
    parts = urlsplit(service.address)
    host = f"{parts.hostname}:{parts.port}"
    context = ssl.create_default_context(cafile=str(service.tls / "ca.pem")) if service.tls else None
    made = http.client.HTTPSConnection(host, context=context) if context else http.client.HTTPConnection(host)
    try:
        made.request(method, path, body)
        response = made.getresponse()
        answered = response.read()
        return response.status, loads(answered), len(answered)
    finally:
        made.close()


async def posted(service: Serving, body: bytes) -> tuple[int, Json, int]:
    return await asyncio.to_thread(exchange, service, "POST", "/mailbox", body)


async def test_what_is_delivered_is_lent_once_opens_and_is_gone_after_its_acknowledgement(
    place: Site, service: Serving
) -> None:
    school = await place.school(900_001)
    wanted = await place.deliver(school, 3)
    box = service.client(school)
    await asyncio.sleep(0.5)
    claimed = await asyncio.to_thread(box.claim, most=2)
    assert [one.id for one in claimed] == wanted[:2], "oldest first"
    agency = Agency(organisation=school, registry=place.home.registry(), keys=place.home.keys(school))
    opened = [agency.open_delivery(one.sealed, place.clock()) for one in claimed]
    assert [one.verified for one in opened] == [("broker", MET)] * 2
    assert await service.claim(school) == wanted[2:], "what is on loan is not offered"
    assert await service.claim(school) == []
    for _ in range(2):
        await service.acknowledge(school, wanted)
    kept = [key for key in await place.acknowledged() if key.startswith(school)]
    assert sorted(kept) == sorted(f"{school}/{item}" for item in wanted), "written once, whatever was asked twice"


async def test_two_organisations_neither_see_nor_acknowledge_each_others(place: Site, service: Serving) -> None:
    (item,) = await place.deliver(ARGYLE)
    await service.acknowledge(HEATH, [item])
    assert await service.claim(HEATH) == []
    assert await service.until_lent(ARGYLE, 1) == [item]
    await service.acknowledge(ARGYLE, [item])


async def test_a_restart_offers_what_was_not_acknowledged_and_nothing_else(place: Site) -> None:
    school = await place.school(900_002)
    wanted = await place.deliver(school, 4)
    async with serving(place) as first:
        assert await first.until_lent(school, 4) == wanted
        await first.acknowledge(school, wanted[:2])
        assert await first.stop() == 0
    async with serving(place) as second:
        assert await second.claim(school) == wanted[2:], "its loans are not remembered: offered at once"
        async with serving(place) as third:
            assert await third.claim(school) == wanted[2:], "two services lend alike: readers drop repeats"
            await second.acknowledge(school, wanted[2:])
        assert await second.claim(school) == []


async def test_two_services_learn_of_each_others_acknowledgements(place: Site, service: Serving) -> None:
    school = await place.school(900_003)
    async with serving(place, before=SHORT_LEASE) as other:
        wanted = await place.deliver(school, 2)
        await service.until_lent(school, 2)
        await service.acknowledge(school, wanted)
        await asyncio.sleep(0.5)
        assert await other.claim(school) == []


async def test_what_was_not_acknowledged_is_offered_again_when_the_loan_ends(place: Site) -> None:
    school = await place.school(900_004)
    wanted = await place.deliver(school, 2)
    async with serving(place, before=SHORT_LEASE) as short:
        began = time.monotonic()
        assert await short.claim(school) == wanted
        await short.acknowledge(school, wanted[:1])
        assert await short.claim(school) == []
        assert await short.claim(school, wait=10) == wanted[1:]
        assert 1.0 <= time.monotonic() - began < 3.0


async def test_a_waiting_claim_is_answered_when_something_comes(place: Site, service: Serving) -> None:
    school = await place.school(900_005)
    waiting = asyncio.create_task(service.claim(school, wait=20))
    await asyncio.sleep(1)
    assert not waiting.done()
    began = time.monotonic()
    wanted = await place.deliver(school)
    assert await waiting == wanted
    assert time.monotonic() - began < WITHIN
    await service.acknowledge(school, wanted)


async def test_suspension_ends_an_open_wait_at_once_and_stops_the_next_claim(
    place: Site, service: Serving, record_property: Callable[[str, object], None]
) -> None:
    school = await place.school(900_006)
    wanted = await place.deliver(school)
    assert await service.until_lent(school, 1) == wanted
    waiting = asyncio.create_task(service.claim(school, wait=20))
    await asyncio.sleep(1)
    began = time.monotonic()
    await place.declare(Suspended(about=school))
    with pytest.raises(NotAccepted):
        await waiting
    took = time.monotonic() - began
    record_property("suspension to the end of an open wait, seconds", round(took, 3))
    print(f"suspension to the end of an open wait: {took:.3f} s")  # noqa: T201 - a measured figure
    assert took < WITHIN
    for refused in (service.claim(school), service.acknowledge(school, wanted)):
        with pytest.raises(NotAccepted, match="registry desk"):
            await refused
    assert f"{school}/{wanted[0]}" not in await place.acknowledged()
    await place.declare(Resumed(about=school))
    await asyncio.sleep(0.6)
    await service.acknowledge(school, wanted)
    assert f"{school}/{wanted[0]}" in await place.acknowledged(), "nothing was lost"


async def test_a_supplier_reads_for_a_school_while_it_is_delegated(place: Site, service: Serving) -> None:
    supplier = await place.supplier("mailbox-reading")
    school = await place.school(900_007)
    (item,) = await place.deliver(school)
    box = service.client(school, signer=place.signer(supplier))
    with pytest.raises(NotAccepted):
        await asyncio.to_thread(box.claim)
    delegation = Delegation.model_validate(
        {
            "id": "delegation-00000000000a",
            "supplier": supplier,
            "flows": ("uk.safeguarding.encompass.receipt-recorded.v1",),
            "notBefore": place.clock(),
            "notAfter": place.clock() + timedelta(days=1),
        }
    )
    await place.declare(Delegated(about=school, delegation=delegation), school)
    await asyncio.sleep(0.6)
    assert [one.id for one in await asyncio.to_thread(box.claim)] == [item]
    await place.declare(DelegationEnded(about=school, delegation=delegation.id), school)
    await asyncio.sleep(0.6)
    with pytest.raises(NotAccepted):
        await asyncio.to_thread(box.claim)


async def test_a_revoked_key_opens_nothing(place: Site, service: Serving) -> None:
    school = await place.school(900_008)
    box = service.client(school)
    assert await asyncio.to_thread(box.claim) == []
    await place.declare(KeyRevoked(about=school, kid=place.signer(school).kid, because=KeyRevocation.LOST))
    await asyncio.sleep(0.6)
    with pytest.raises(NotAccepted):
        await asyncio.to_thread(box.claim)
    refused = [line for line in service.logged() if line["event"] == "mailbox.refused"]
    assert (refused[-1]["reason"], refused[-1]["sender"]) == ("key-not-valid", school), "for the desk to ring"


async def test_a_request_counts_once(place: Site, service: Serving) -> None:
    body = ask(GARRETT, BROKER, place.signer(GARRETT), place.clock(), act="claim", most=1)
    status, answered, size = await posted(service, body)
    assert (status, answered, size) == (200, {"items": []}, SMALLEST_BUCKET)
    status, answered, size = await posted(service, body)
    assert (status, answered["error"], size) == (403, "not-accepted", SMALLEST_BUCKET)
    assert service.refusals()[-1] == "repeated-request"


async def test_whoever_is_not_let_in_gets_the_same_answer_for_whatever_reason(place: Site, service: Serving) -> None:
    now, other = place.clock(), place.signer(HEATH)
    reasons = {
        "unknown-organisation": ask("school:999999", BROKER, other, now, act="claim", most=1),
        "key-not-registered": ask(GARRETT, BROKER, other, now, act="claim", most=1),
        "does-not-read-a-mailbox": ask(BROOKFIELD, BROKER, place.signer(BROOKFIELD), now, act="claim", most=1),
        "signature-does-not-verify": ask(HEATH, BROKER, other, now, act="claim", most=1)[:-8] + b"AAAAAAAA",
    }
    answers = [await posted(service, body) for body in reasons.values()]
    assert answers[0][0] == 403
    assert answers == [answers[0]] * len(answers)
    assert service.refusals()[-len(reasons) :] == list(reasons)


async def test_wrong_oversized_and_garbage_requests_say_what_to_do(place: Site, service: Serving) -> None:
    elsewhere = ask(HEATH, "broker:another", place.signer(HEATH), place.clock(), act="claim", most=1)
    late = ask(HEATH, BROKER, place.signer(HEATH), place.clock() - timedelta(minutes=2), act="claim", most=1)
    rubbish = {
        elsewhere: (400, "wrong-audience"),
        late: (400, "expired"),
        b"x" * (MOST_BODY + 1): (413, "oversized"),
        b"": (400, "malformed"),
        b"\x00\xff" * 50: (400, "malformed"),
        b"[" * 10_000: (400, "malformed"),
    }
    for body, expected in rubbish.items():
        status, answered, size = await posted(service, body)
        assert ((status, answered["error"]), size) == (expected, SMALLEST_BUCKET)
    assert await service.claim(HEATH) == [], "it serves on"


async def test_no_more_than_four_at_once_for_one_organisation(place: Site, service: Serving) -> None:
    school = await place.school(900_009)
    waiting = [asyncio.create_task(service.claim(school, wait=5)) for _ in range(4)]
    await asyncio.sleep(1)
    with pytest.raises(Unreachable, match="too-many-at-once"):
        await service.claim(school)
    assert await service.claim(HEATH) == [], "others are not touched by it"
    assert await asyncio.gather(*waiting) == [[]] * 4


async def test_whoever_never_ends_a_request_is_cut_off(place: Site) -> None:
    impatient = "from broker.mailbox import server, service; server.HEAD_WITHIN = service.BODY_WITHIN = 0.5"
    async with serving(place, before=impatient) as quick:
        parts = urlsplit(quick.address)
        context = ssl.create_default_context(cafile=str(quick.tls / "ca.pem")) if quick.tls else None
        for sent, answered in (
            (b"", b""),
            (b"POST /mailbox HTTP/1.1\r\nHost: x\r\nX-Slow: ", b""),
            (b"POST /mailbox HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nslow", b"HTTP/1.1 408 "),
        ):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=context)
            writer.write(sent)
            said = b""
            async with asyncio.timeout(5):
                try:
                    said = await (reader.readexactly(len(answered)) if answered else reader.read())
                except (ConnectionError, ssl.SSLError):
                    assert answered == b""
            assert said == answered
            writer.transport.abort()


async def test_the_registrys_events_are_served_and_verified_by_whoever_takes_them(
    place: Site, service: Serving
) -> None:
    fresh = Register(place.home.trust())
    box = service.client(HEATH)
    following = await asyncio.to_thread(box.bring_up_to_date, fresh, 0)
    assert fresh.registry.version == place.home.registry().version
    assert following == len(place.home.events())
    assert await asyncio.to_thread(box.bring_up_to_date, fresh, following) == following
    for wrong in ("-1", "x", "", str(1 << 53)):
        status, answered, _ = await asyncio.to_thread(exchange, service, "GET", f"/registry-events?from={wrong}")
        assert (status, answered["error"]) == (400, "malformed")
    assert (await asyncio.to_thread(exchange, service, "GET", "/healthz"))[:2] == (200, {"status": "ready"})


async def test_its_log_names_reasons_and_nobody_who_was_not_let_in(place: Site, service: Serving) -> None:
    body = ask("school:888888", BROKER, place.signer(HEATH), place.clock(), act="claim", most=1)
    assert (await posted(service, body))[0] == 403
    assert service.refusals()[-1] == "unknown-organisation"
    assert "888888" not in service.log.read_text()
    assert all(set(line) <= ALLOWED for line in service.logged())


async def inbox(service: Serving, home: Home, organisation: str) -> tuple[int, str, str]:
    """`broker inbox`, as that organisation's own process: its exit code and what it said."""
    if service.tls and not (home.path / "tls").exists():
        (home.path / "tls").symlink_to(service.tls)
    where = {"BROKER_HOME": str(home.path), "BROKER_MAILBOX": service.address}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "broker", "inbox", organisation, "--json", "--unsafe-clock", str(service.site.clock_file)),
        env={**os.environ, **where},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()
    return process.returncode or 0, said.decode(), complained.decode()


async def test_the_command_shows_then_acknowledges_and_leaves_what_it_cannot_open(place: Site, tmp_path: Path) -> None:
    school = await place.school(900_010)
    (good,) = await place.deliver(school)
    own = Home(tmp_path / "own")
    place.home.copy_registry(own)
    shutil.copytree(place.home.path / "keys" / folder(school), own.path / "keys" / folder(school))
    sealing = place.home.member(school).key(KeyUse.SEAL, place.clock())
    assert sealing is not None
    async with serving(place, before=SHORT_LEASE) as short:
        code, said, _ = await inbox(short, own, school)
        assert (code, said.count('"verified"')) == (0, 1)
        assert f"{school}/{good}" in await place.acknowledged()
        assert await inbox(short, own, school) == (0, "", ""), "empty"
        (lost,) = await place.deliver(school)
        (own.path / "keys" / folder(school) / f"{sealing.kid}.jwk").unlink()
        for _ in range(2):
            code, said, complained = await inbox(short, own, school)
            assert (code, said) == (6, ""), complained
            assert "cannot-be-opened" in complained
            await asyncio.sleep(1.1)
        assert f"{school}/{lost}" not in await place.acknowledged(), "offered again, until somebody acts"
        await place.declare(Suspended(about=school))
        await asyncio.sleep(0.6)
        code, said, complained = await inbox(short, own, school)
        assert (code, said) == (1, "")
        assert "not an empty mailbox" in complained


def test_nothing_is_sent_in_the_clear_to_another_machine(place: Site) -> None:
    for address in ("http://192.0.2.1:80", "ftp://127.0.0.1", "127.0.0.1:80", "http://127.0.0.1:x", "https://h:1/path"):
        with pytest.raises(Unreachable):
            Mailbox(address, organisation=HEATH, broker=BROKER, signer=place.signer(HEATH), clock=place.clock)
    with pytest.raises(Unreachable, match=r"ca\.pem"):
        Mailbox("https://h:1", organisation=HEATH, broker=BROKER, signer=place.signer(HEATH), clock=place.clock)


def test_a_service_that_is_not_there_is_not_an_empty_mailbox(place: Site) -> None:
    box = Mailbox(
        "http://127.0.0.1:9", organisation=HEATH, broker=BROKER, signer=place.signer(HEATH), clock=place.clock
    )
    with pytest.raises(Unreachable, match="does NOT mean that nothing is waiting"):
        box.claim()


# --- what depends on a person's agreement -------------------------------------------------------------------


async def test_what_is_withdrawn_before_it_was_fetched_is_not_there_and_afterwards_it_is_asked_to_be_erased(
    place: Site,
) -> None:
    """The whole way: the topic, the service, the request over HTTP, and a restart in between."""
    early, late = grant(ISLINGTON), grant(ISLINGTON)
    async with serving(place) as service:
        await place.carry(ISLINGTON, CAMDEN, early, homeless(early), agreement_withdrawn(early))
        (mark,) = await place.carry(ISLINGTON, CAMDEN, late, homeless(late))
        assert await service.until_lent(ISLINGTON, 1) == [mark], "and nothing of the one that was withdrawn"
        empty = await posted(service, _claim(place, HEATH))
        assert await posted(service, _claim(place, ISLINGTON)) == empty, "unclaimable looks like nothing held"
    async with serving(place) as again:
        (notice,) = await place.carry(ISLINGTON, CAMDEN, agreement_withdrawn(late))
        assert await again.until_lent(ISLINGTON, 1) == [notice], "that it had been lent is remembered"
        await again.acknowledge(ISLINGTON, [notice])
        assert await again.claim(ISLINGTON) == []


async def test_what_has_lapsed_is_not_there_any_more(place: Site, service: Serving) -> None:
    given = grant(ISLINGTON, expiresAt=(place.clock() + timedelta(seconds=2)).isoformat())
    await place.carry(ISLINGTON, CAMDEN, given, homeless(given))
    await asyncio.sleep(2.5)
    assert await service.claim(ISLINGTON) == []


async def test_who_has_an_inbox_fetches_it_from_its_mailbox(place: Site, service: Serving) -> None:
    given = grant(CAMDEN, sender=ISLINGTON)
    (item,) = await place.carry(CAMDEN, ISLINGTON, given, homeless(given, CAMDEN))
    assert await service.until_lent(CAMDEN, 1) == [item]


def _claim(place: Site, organisation: str) -> bytes:
    return ask(organisation, BROKER, place.signer(organisation), place.clock(), act="claim", most=1)
