"""Every principal times every resource times every operation, on the live cluster, with real requests.

What is expected is the table written here by hand. It knows nothing of `broker.acl`.
"""

import asyncio
import json
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from broker import authorizer, post, topics
from broker.acl import Quota, quotas, rules
from broker.certificates import Authority
from broker.clock import system_clock
from broker.connection import Connection
from broker.data import organisations
from broker.home import Home
from broker.registry import Channel, Organisation, Registry
from tests.integration import raw
from tests.integration.rig import ROOT, admin, empty, until
from tests.principals import Principals

CUT_WITHIN = 2.0

# --- the table ------------------------------------------------------------------------------------------------------

EVERYTHING = "everything"
"""A super user of Kafka's settings."""
DIRECT = {"registry-events": "read"}
INBOXES = (
    "inbox.police-01",
    "inbox.police-41",
    "inbox.school-100053",
    "inbox.school-100006",
    "inbox.la-E09000007",
    "inbox.prison-LEI",
    "inbox.supplier-example-systems",
    "inbox.police-22",
)
FAMILIES = ("encompass", "referral", "housing")
SUBMITS = {f"submit.{family}": "write" for family in FAMILIES}
REFERS = {"submit.referral": "write"}
TOPICS = (
    "registry-events",
    *(f"{kind}.{family}" for family in FAMILIES for kind in ("submit", "state", "copies")),
    "mailbox.standard",
    "mailbox-claims",
    "screen",
    "held",
    "quarantine",
    "audit",
    *INBOXES,
    "inbox.police-011",  # nobody's: its name begins with another's
    "somebody-elses",  # of another system on the same Kafka
    "__consumer_offsets",
    "__transaction_state",
)
GROUPS = (
    "broker",
    "broker.encompass",
    "broker.night",
    "brokers",
    "police-01.a",
    "police-01",
    "police-011.a",
    "police-41.a",
    "school-100053.a",
    "school-100006.a",
    "la-E09000007.a",
    "prison-LEI.a",
    "supplier-example-systems.a",
    "police-22.a",
    "mailbox-reader.a",
    "screening",
    "screening.a",
    "console",
)
TRANSACTIONS = (
    "broker.encompass.submit.encompass.0",
    "broker.x",
    "broker",
    "police-01.t",
    "mailbox-reader.t",
    "anything",
)

MAY_ON_TOPICS: Mapping[str, Mapping[str, str] | str] = {
    "operator": EVERYTHING,
    "kafka-node": EVERYTHING,
    "police-01": {**DIRECT, **REFERS, "submit.encompass": "write", "inbox.police-01": "read"},
    "police-41": {**DIRECT, **REFERS, "submit.encompass": "write", "inbox.police-41": "read"},
    "school-100053": {**DIRECT, **REFERS, "submit.encompass": "write", "inbox.school-100053": "read"},
    "school-100006": {**DIRECT, **REFERS, "submit.encompass": "write", "inbox.school-100006": "read"},
    "la-E09000007": {**DIRECT, **SUBMITS, "inbox.la-E09000007": "read"},
    "prison-LEI": {**DIRECT, **REFERS, "submit.housing": "write", "inbox.prison-LEI": "read"},
    "supplier-example-systems": {
        **DIRECT,
        **SUBMITS,
        "inbox.supplier-example-systems": "read",
    },
    "police-22": {},  # direct, and suspended
    "school-100457": {},  # reads a mailbox
    "la-E09000019": {},  # a council that reads a mailbox
    "school-100011": {},  # in the register, not connected
    "police-99": {},  # a certificate of ours for an organisation that nobody registered
    "Police-01": {},  # names are case-sensitive
    "auditor": {},  # no service of that name has a rule yet
    "broker-england-and-wales": {},  # the broker's own entry in the registry is not a client
    "ANONYMOUS": {},
    "worker": {
        "registry-events": "read",
        **{f"submit.{family}": "read" for family in FAMILIES},
        **{f"{kind}.{family}": "read write" for family in FAMILIES for kind in ("state", "copies")},
        "mailbox.standard": "write",
        "mailbox-claims": "describe",
        "screen": "write",
        "held": "read write",
        "quarantine": "read write",
        "audit": "read write",
        **dict.fromkeys(INBOXES, "write"),
        "inbox.police-011": "write",
    },
    "screener": {**DIRECT, **SUBMITS, "screen": "read"},
    "mailbox-reader": {
        "registry-events": "read",
        "mailbox.standard": "read",
        "mailbox-claims": "read write",
    },
    "mailbox-sender": SUBMITS,
}
MAY_IN_GROUPS: Mapping[str, tuple[str, ...]] = {
    "police-01": ("police-01.a",),
    "police-41": ("police-41.a",),
    "school-100053": ("school-100053.a",),
    "school-100006": ("school-100006.a",),
    "la-E09000007": ("la-E09000007.a",),
    "prison-LEI": ("prison-LEI.a",),
    "supplier-example-systems": ("supplier-example-systems.a",),
    "worker": ("broker.encompass", "broker.night"),
    "screener": ("screening",),
}
MAY_IN_TRANSACTIONS: Mapping[str, tuple[str, ...]] = {"worker": ("broker.encompass.submit.encompass.0", "broker.x")}
MEANS: Mapping[str, tuple[str, ...]] = {
    "describe": ("describe", "list offsets"),
    "read": ("describe", "list offsets", "fetch"),
    "write": ("describe", "list offsets", "produce"),
}
IN_A_GROUP = ("find coordinator", "join", "sync", "heartbeat", "leave", "commit", "fetch offsets", "describe")
NOT_LET_IN = (
    "expired",
    "not yet valid",
    "of another authority",
    "signed by itself",
    "more than a name",
    "none",
    "no TLS",
)


def expected(principal: str, what: str, name: str, operation: str) -> bool:
    """Whether the table allows it."""
    rights = MAY_ON_TOPICS[principal]
    if isinstance(rights, str):
        return True
    if what == "topic":
        return any(operation in MEANS[right] for right in rights.get(name, "").split())
    if what == "group":
        return name in MAY_IN_GROUPS.get(principal, ()) and operation in IN_A_GROUP
    if what == "transactional id":
        return name in MAY_IN_TRANSACTIONS.get(principal, ())
    return operation == "write idempotently" and any("write" in right for right in rights.values())


# --- the world that the table is about --------------------------------------------------------------------------------


def registered() -> Registry:
    """The built-in organisations, and more kinds of direct ones."""
    registry = organisations()
    heath = registry.get("school:100006")
    assert heath is not None
    more = [
        Organisation(id=name, name=name, nation=heath.nation, channel=Channel.DIRECT, suspended=name == "police:22")
        for name in ("prison:LEI", "supplier:example-systems", "police:22")
    ]
    return registry.put([heath.model_copy(update={"channel": Channel.DIRECT}), *more], "matrix")


@pytest.fixture(scope="module")
async def secured(kafka: Principals, keyed_home: Path) -> AsyncIterator[Principals]:
    """Topics and rights of that world; afterwards those that the other modules want."""
    assert kafka.running.authority is not None, "rights need a secured Kafka: set KAFKA_TLS beside the address"
    before, registry = Home(keyed_home).registry(), registered()
    await empty(kafka.operator, before)
    await post.create_topics(kafka.operator, registry)
    async with admin(kafka.operator) as client:
        there = await client.list_topics()
        others = [name for name in TOPICS if name not in there and not name.startswith("__")]
        await client.create_topics([NewTopic(name, 1, 1) for name in others])
    await authorizer.apply(kafka.operator, registry)
    yield kafka
    async with admin(kafka.operator) as client:
        await client.delete_topics(others)
    await empty(kafka.operator, registry)
    await authorizer.apply(kafka.operator, before)


def certificate(authority: Path, to: Path, subject: Mapping[x509.ObjectIdentifier, str], *, own: bool = False) -> None:
    """TLS files with any subject, signed by the authority's key or by their own."""
    key, now = ec.generate_private_key(ec.SECP256R1()), system_clock()
    issuer = x509.load_pem_x509_certificate((authority / "ca.pem").read_bytes()).subject
    signer = key if own else serialization.load_pem_private_key((authority / "ca.key").read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    named = x509.Name([x509.NameAttribute(part, value) for part, value in subject.items()])
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named if own else issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .sign(signer, hashes.SHA256())
    )
    to.mkdir()
    (to / "ca.pem").write_bytes((authority / "ca.pem").read_bytes())
    (to / "client.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (to / "client.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, plain))
    (to / "client.key").chmod(0o600)


# --- the matrix -----------------------------------------------------------------------------------------------------


def asked(principal: str) -> Iterator[tuple[str, str, str, raw.Ask]]:
    """All that one principal tries: what kind of thing, its name, the operation, and the request."""
    for name in TOPICS:
        yield from (("topic", name, operation, ask) for operation, ask in raw.ON_TOPIC.items())
    for name in GROUPS:
        yield from (("group", name, operation, ask) for operation, ask in raw.ON_GROUP.items())
    for name in TRANSACTIONS:
        yield from (("transactional id", name, operation, ask) for operation, ask in raw.ON_TRANSACTION.items())
    yield from (("cluster", f"scratch-{principal}", operation, ask) for operation, ask in raw.ON_CLUSTER.items())


async def test_every_principal_may_do_what_the_table_says_and_nothing_else(secured: Principals) -> None:
    assert len(MAY_ON_TOPICS) >= 20
    unlisted = {topic.name for topic in topics.topics(registered())} - set(TOPICS)
    assert not unlisted, "topics that the table does not know: write down here who may do what with them"
    began = time.monotonic()
    wrong: list[str] = []
    counted: Counter[str] = Counter()

    async def all_of(principal: str) -> None:
        async with raw.connected(secured.connection(principal)) as client:
            for what, name, operation, ask in asked(principal):
                wanted = expected(principal, what, name, operation)
                scratch = wanted and (what, operation) == ("topic", "delete")
                got = await raw.tried(client, ask, f"scratch-{principal}-{name}" if scratch else name)
                counted["allowed" if got.allowed else "denied"] += 1
                if got.allowed != wanted:
                    may = "may" if got.allowed else "may not"
                    wrong.append(f"{principal} {may} {operation} {what} {name} (code {got.code})")

    await asyncio.gather(*(all_of(principal) for principal in MAY_ON_TOPICS))
    assert not wrong, "\n".join(wrong)
    took = time.monotonic() - began
    print(f"{len(MAY_ON_TOPICS)} principals, {counted.total()} requests in {took:.1f} s: {dict(counted)}")  # noqa: T201 - a measurement
    every = len(TOPICS) * len(raw.ON_TOPIC) + len(GROUPS) * len(raw.ON_GROUP)
    every += len(TRANSACTIONS) * len(raw.ON_TRANSACTION) + len(raw.ON_CLUSTER)
    assert counted.total() == len(MAY_ON_TOPICS) * every
    assert counted["allowed"] > 2 * every  # two super users, and what the others need
    assert took < 60


async def test_a_super_user_really_deletes(secured: Principals) -> None:
    async with admin(secured.operator) as client:
        await client.create_topics([NewTopic("scratch-to-delete", 1, 1)])
    async with raw.connected(secured.operator) as client:
        assert await raw.tried(client, raw.ON_TOPIC["delete"], "scratch-to-delete") == raw.Tried(allowed=True, code=0)


@pytest.mark.parametrize("planted", ["a right too many", "a right too few"])
async def test_the_matrix_would_notice(secured: Principals, planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    more = {**dict(MAY_ON_TOPICS["police-41"]), "held": "read"}  # type: ignore[arg-type]  # it is no super user
    fewer = {"registry-events": "read"}
    table = {"police-41": more if planted == "a right too few" else fewer}
    monkeypatch.setattr(sys.modules[__name__], "MAY_ON_TOPICS", table)
    async with raw.connected(secured.connection("police-41")) as client:
        differ = [
            (name, operation)
            for what, name, operation, ask in asked("police-41")
            if what == "topic"
            and (await raw.tried(client, ask, name)).allowed != expected("police-41", what, name, operation)
        ]
    if planted == "a right too few":
        assert differ == [("held", operation) for operation in MEANS["read"]]
    else:
        assert {name for name, _ in differ} == {"submit.encompass", "submit.referral", "inbox.police-41"}


# --- at the door ----------------------------------------------------------------------------------------------------


def strange(secured: Principals, which: str, folder: Path) -> ssl.SSLContext | None:
    """What such a client shows at the handshake; its own authority for Kafka's certificate is always the right one."""
    authority = secured.running.authority
    assert authority is not None
    if which == "no TLS":
        return None
    if which == "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(authority.folder / "ca.pem")
        return context
    now, tls = system_clock(), folder / "strange"
    if which == "expired":
        authority.issue("operator", tls, now - timedelta(days=400))
    elif which == "not yet valid":
        authority.issue("operator", tls, now + timedelta(days=2))
    elif which == "more than a name":
        subject = {NameOID.ORGANIZATIONAL_UNIT_NAME: "somewhere", NameOID.COMMON_NAME: "operator"}
        certificate(authority.folder, tls, subject)
    elif which == "signed by itself":
        certificate(authority.folder, tls, {NameOID.COMMON_NAME: "operator"}, own=True)
    else:
        Authority.make(folder / "other", now).issue("operator", tls, now)
        (tls / "ca.pem").write_bytes((authority.folder / "ca.pem").read_bytes())
    context = Connection(secured.running.bootstrap, tls).options["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    return context


API_VERSIONS = b"\x00\x00\x00\x0d\x00\x12\x00\x00\x00\x00\x00\x01\x00\x03abc"
"""The first thing that any client asks, and that needs no right at all."""


async def answer(secured: Principals, context: ssl.SSLContext | None) -> bytes:
    """What Kafka says to the first question. Raises SSLError with its alert."""
    host, _, port = secured.running.bootstrap.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
    try:
        writer.write(API_VERSIONS)
        await writer.drain()
        return await asyncio.wait_for(reader.read(64), 10)
    finally:
        writer.close()


async def test_a_good_certificate_is_answered(secured: Principals) -> None:
    assert (await answer(secured, secured.connection("auditor").options["ssl_context"]))[4:8] == b"\x00\x00\x00\x01"


@pytest.mark.parametrize("which", NOT_LET_IN)
async def test_a_strange_certificate_or_none_fails_at_the_handshake(
    secured: Principals, which: str, tmp_path: Path
) -> None:
    context = strange(secured, which, tmp_path)
    if which in ("no TLS", "more than a name"):
        said = await answer(secured, context)
        assert said[:1] in (b"", b"\x15"), "nothing, or a TLS alert: never an answer of Kafka's"
    else:
        with pytest.raises(ssl.SSLError, match="ALERT") as alert:
            await answer(secured, context)
        print(f"{which}: {alert.value.reason}")  # noqa: T201 - a finding
    options = {} if context is None else {"security_protocol": "SSL", "ssl_context": context}
    client = AIOKafkaClient(bootstrap_servers=secured.running.bootstrap, request_timeout_ms=2_000, **options)
    try:
        with pytest.raises(KafkaError):
            await client.bootstrap()
    finally:
        await client.close()


# --- live and generated -----------------------------------------------------------------------------------------------


@pytest.fixture
async def applied(secured: Principals, keyed_home: Path, tmp_path: Path) -> AsyncIterator[Home]:
    """The operator's home, with the rights of its registry in force; afterwards those of the matrix again."""
    home = secured.home(Home(keyed_home), "operator", tmp_path / "operator")
    await authorizer.apply(secured.operator, home.registry())
    yield home
    await authorizer.apply(secured.operator, registered())


def broker(home: Home, secured: Principals, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A `broker` command of the operator's."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "broker",
            *arguments,
            "--home",
            str(home.path),
            "--bootstrap",
            secured.running.bootstrap,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_verify_finds_what_was_slipped_in_or_taken_out_by_hand_and_apply_mends_it(
    applied: Home, secured: Principals
) -> None:
    assert await authorizer.live(secured.operator) == rules(applied.registry()) | quotas(applied.registry())
    same = await asyncio.to_thread(broker, applied, secured, "acl", "verify")
    assert (same.returncode, same.stdout.strip()) == (0, "The live rights are what the registry says.")
    async with raw.connected(secured.operator) as client:
        slipped = CreateAclsRequest(raw.TOPIC, "audit", raw.LITERAL, "User:police-01", "*", 3, 3)
        assert (await client.send(client.get_random_node(), slipped)).creation_responses[0][0] == 0
        taken = DeleteAclsRequest(raw.TOPIC, "inbox.school-100053", raw.LITERAL, "User:school-100053", "*", 3, 3)
        assert (await client.send(client.get_random_node(), taken)).filter_responses[0][0] == 0
    for _ in range(500):  # the brokers hear of it a little later than the controller
        found = await authorizer.compare(secured.operator, applied.registry())
        if found.extra and found.missing:
            break
        await asyncio.sleep(0.02)
    differs = await asyncio.to_thread(broker, applied, secured, "acl", "verify", "--json")
    assert differs.returncode == 1
    assert "1 missing, 1 beyond the registry" in differs.stderr
    told = json.loads(differs.stdout)
    assert [(one["principal"], one["operation"], one["name"]) for one in told["extra"]] == [
        ("User:police-01", "read", "audit")
    ]
    assert [one["name"] for one in told["missing"]] == ["inbox.school-100053"]
    plan = await asyncio.to_thread(broker, applied, secured, "acl", "plan")
    assert plan.returncode == 0
    assert "take away" in plan.stdout
    assert "reads what is sealed to it" in plan.stdout
    assert (await asyncio.to_thread(broker, applied, secured, "acl", "apply")).returncode == 0
    assert await authorizer.live(secured.operator) == rules(applied.registry()) | quotas(applied.registry())


async def test_verify_finds_a_limit_that_was_raised_removed_or_given_by_hand_and_apply_mends_it(
    applied: Home, secured: Principals
) -> None:
    limits = quotas(applied.registry())
    raised, removed = (
        next(one for one in limits if one.principal == f"User:{name}") for name in ("police-01", "la-E09000007")
    )
    changes = [
        (Quota(raised.on, raised.what, 1e12), False),
        (removed, True),
        (Quota((("user", None),), "consumer_byte_rate", 1024.0), False),
        (Quota((("client-id", "x"), ("user", "police-41")), "request_percentage", 1.0), False),
    ]
    async with raw.connected(secured.operator) as client:
        answer = await client.send(client.get_random_node(), authorizer.AlterQuotas(changes))
        assert [code for code, *_ in answer.entries] == [0] * len(changes)
    for _ in range(500):
        found = await authorizer.compare(secured.operator, applied.registry())
        if len(found.extra) == len(changes) - 1:
            break
        await asyncio.sleep(0.02)
    assert found.missing == {raised, removed}
    assert {str(one) for one in found.extra} == {
        "User:police-01 is limited to producer_byte_rate 1e+12",
        "User:* is limited to consumer_byte_rate 1024",
        "client-id:x,User:police-41 is limited to request_percentage 1",
    }
    differs = await asyncio.to_thread(broker, applied, secured, "acl", "verify", "--json")
    assert differs.returncode == 1
    assert "2 missing, 3 beyond the registry" in differs.stderr
    told = json.loads(differs.stdout)["missing"]
    assert {(one["principal"], one["what"], one["value"]) for one in told} == {
        (one.principal, one.what, one.value) for one in (raised, removed)
    }
    plan = await asyncio.to_thread(broker, applied, secured, "acl", "plan", "--only", "police-01")
    assert "a flood from one does not hold up" in plan.stdout, "the reason"
    only = await authorizer.apply(secured.operator, applied.registry(), only="police-01")
    assert only.missing == {raised}
    assert (await asyncio.to_thread(broker, applied, secured, "acl", "apply")).returncode == 0
    assert await authorizer.live(secured.operator) == rules(applied.registry()) | limits
    assert (await asyncio.to_thread(broker, applied, secured, "acl", "verify")).returncode == 0


async def test_only_the_operator_may_see_or_change_rights(applied: Home, secured: Principals, tmp_path: Path) -> None:
    home = secured.home(applied, "worker", tmp_path / "worker")
    for what in ("plan", "apply", "verify"):
        done = await asyncio.to_thread(broker, home, secured, "acl", what)
        assert done.returncode == 1
        assert "only the operator may see and change rights" in done.stderr
        assert "Traceback" not in done.stderr


# --- suspension -------------------------------------------------------------------------------------------------------


async def test_suspension_cuts_an_open_consumer_and_an_open_producer_within_two_seconds(
    applied: Home, secured: Principals
) -> None:
    registry = applied.registry()
    police = registry.get("police:01")
    assert police is not None
    suspended = registry.put([police.model_copy(update={"suspended": True})], "suspended")
    await post.create_topics(secured.operator, registry)
    own, last = secured.connection("police-01"), {"sent": 0.0, "read": 0.0}
    inbox = TopicPartition("inbox.police-01", 0)

    async def sending(producer: AIOKafkaProducer) -> None:
        while True:
            await producer.send_and_wait("submit.encompass", b"matrix")
            last["sent"] = time.monotonic()

    async def reading(consumer: AIOKafkaConsumer) -> None:
        while True:
            if any((await consumer.getmany(timeout_ms=20)).values()):
                last["read"] = time.monotonic()

    async def delivering(worker: AIOKafkaProducer) -> None:
        while True:
            await worker.send_and_wait(inbox.topic, b"matrix")
            await asyncio.sleep(0.01)

    async with (
        AIOKafkaProducer(**own.options) as producer,
        AIOKafkaConsumer(**own.options, auto_offset_reset="earliest", fetch_max_wait_ms=50) as consumer,
        AIOKafkaProducer(**secured.connection("worker").options) as worker,
    ):
        consumer.assign([inbox])
        running = [asyncio.create_task(one) for one in (sending(producer), reading(consumer), delivering(worker))]
        try:
            await until(lambda: all(last.values()), "both streams flow")
            began = time.monotonic()
            changed = await authorizer.apply(secured.operator, suspended, only="police-01")
            applied_after = time.monotonic() - began
            done, _ = await asyncio.wait(running[:2], timeout=10)
            assert {type(one.exception()) for one in done} == {TopicAuthorizationFailedError}
            assert len(done) == 2, "both streams ended with what they lack"
            assert not running[2].done(), "nobody else was cut"
        finally:
            for one in running:
                one.cancel()
            await asyncio.gather(*running, return_exceptions=True)
    cut = {what: at - began for what, at in last.items()}
    print(  # noqa: T201 - a measurement
        f"suspension in force after {applied_after:.2f} s; last accepted {cut['sent']:.2f} s and last read "
        f"{cut['read']:.2f} s after it began"
    )
    assert not changed.missing
    assert {one.principal for one in changed.extra} == {"User:police-01"}
    assert max(applied_after, *cut.values()) < CUT_WITHIN
