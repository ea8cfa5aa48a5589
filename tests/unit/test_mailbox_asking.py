"""Who is let in to a mailbox, and what everybody else learns."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import OctKey

from broker.home import Home
from broker.mailbox import asking
from broker.mailbox.asking import HIDDEN, KEPT_EACH, MOST_BODY, VALID, Admitted, Door, NotAdmitted, Why, ask
from broker.register import Connected, Delegated, KeyRevocation, KeyRevoked, Suspended
from broker.registry import Channel, Delegation, KeyUse, Organisation, Registry
from broker.schemas.terms import PersonRole
from broker.sealing import Signer
from broker.statement import b64, unb64
from tests.personas import ACLAND, ARGYLE, BROKER, HEATH, NIGHT
from tests.world import World, make_home

SUPPLIER = "supplier:example-systems"
RECEIPT = "uk.safeguarding.encompass.receipt-recorded.v1"
SECOND = timedelta(seconds=1)


def claim(home: Home, organisation: str = ARGYLE, *, by: Signer | None = None, now: datetime = NIGHT) -> bytes:
    signer = by or home.signer(home.member(organisation), now)
    return ask(organisation, BROKER, signer, now, act="claim", most=1)


def why(body: bytes, registry: Registry, now: datetime = NIGHT, door: Door | None = None) -> Why | None:
    try:
        (door or Door(BROKER)).admit(body, registry, now)
    except NotAdmitted as refused:
        return refused.why
    return None


def resigned(body: bytes, signer: Signer, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> bytes:
    """The same request, changed and properly signed again."""
    head, payload, _ = body.decode().split(".")
    header, claims = json.loads(unb64(head)), json.loads(unb64(payload))
    change(header, claims)
    text = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    private = signer.key.private_key
    assert isinstance(private, Ed25519PrivateKey)
    return f"{text}.{b64(private.sign(text.encode()))}".encode()


@pytest.fixture
def signer(world: World) -> Signer:
    return world.home.signer(world.home.member(ARGYLE), NIGHT)


def test_a_mailbox_organisation_is_let_in_by_its_own_key(world: World, signer: Signer) -> None:
    admitted = Door(BROKER).admit(claim(world.home), world.registry, NIGHT)
    assert isinstance(admitted, Admitted)
    assert (admitted.ask.iss, admitted.kid) == (ARGYLE, signer.kid)
    items = ["0" * 32, "f" * 32]
    body = ask(ARGYLE, BROKER, signer, NIGHT, act="acknowledge", items=items)
    assert Door(BROKER).admit(body, world.registry, NIGHT).ask.model_dump(mode="json")["items"] == items


def test_a_request_is_good_once_and_for_a_minute(world: World) -> None:
    door, body = Door(BROKER), claim(world.home)
    assert why(body, world.registry, door=door) is None
    assert why(body, world.registry, door=door) is Why.REPLAYED
    late = NIGHT + VALID * SECOND
    assert why(body, world.registry, late, door) is Why.EXPIRED
    assert why(claim(world.home, now=late), world.registry, late, door) is None
    assert why(claim(world.home, now=NIGHT + 31 * SECOND), world.registry) is Why.EXPIRED, "from the future"
    assert why(claim(world.home, now=NIGHT + 30 * SECOND), world.registry) is None, "a clock that is a little ahead"


def test_ids_are_remembered_only_while_they_are_good_and_only_so_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "KEPT_EACH", 3)
    monkeypatch.setattr(asking, "KEPT", 4)
    door, registry = Door(BROKER), world.registry
    assert [why(claim(world.home), registry, door=door) for _ in range(4)] == [None] * 3 + [Why.TOO_MANY]
    heath = [why(claim(world.home, HEATH), registry, door=door) for _ in range(2)]
    assert heath == [None, Why.TOO_MANY], "the second would be one too many of all"
    later = NIGHT + 2 * VALID * SECOND
    assert why(claim(world.home, now=later), registry, later, door) is None
    assert len(door._seen) == 1  # noqa: SLF001 - that memory is bounded cannot be seen from outside
    assert KEPT_EACH > VALID, "more than one a second"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda _, c: c.update(aud="broker:another"), Why.WRONG_AUDIENCE),
        (lambda _, c: c.update(exp=c["iat"] + VALID + 1), Why.EXPIRED),
        (lambda _, c: c.update(exp=c["iat"] - 1), Why.EXPIRED),
        (lambda _, c: c.update(iss="school:999998"), Why.UNKNOWN),
        (lambda _, c: c.update(iss=HEATH), Why.KEY_UNKNOWN),
        (lambda h, _: h.update(kid="another-key"), Why.KEY_UNKNOWN),
        (lambda h, _: h.update(typ="safeguarding-cover+jwt"), Why.FORGED),
        (lambda h, _: h.update(cty="json"), Why.FORGED),
        (lambda h, _: h.update(kid=1), Why.MALFORMED),
        (lambda h, _: h.pop("kid"), Why.MALFORMED),
        (lambda _, c: c.update(iss="not an organisation"), Why.MALFORMED),
        (lambda _, c: c.update(jti="not a uuid"), Why.MALFORMED),
        (lambda _, c: c.update(iat=1 << 40), Why.MALFORMED),
        (lambda _, c: c.update(exp=True), Why.MALFORMED),
        (lambda _, c: c.update(act="delete"), Why.MALFORMED),
        (lambda _, c: c.update(most=0), Why.MALFORMED),
        (lambda _, c: c.update(most=51), Why.MALFORMED),
        (lambda _, c: c.update(wait=21), Why.MALFORMED),
        (lambda _, c: c.update(items=["0" * 32]), Why.MALFORMED),
        (lambda _, c: c.update(more=1), Why.MALFORMED),
        (lambda _, c: c.pop("most"), Why.MALFORMED),
        (lambda _, c: c.update(act="acknowledge", items=[c.pop("most") and "no id"]), Why.MALFORMED),
        (lambda _, c: c.update(act="acknowledge", items=[] if c.pop("most") else None), Why.MALFORMED),
    ],
)
def test_a_signed_request_that_says_something_else_is_refused(
    world: World, signer: Signer, change: Callable[[dict[str, Any], dict[str, Any]], None], reason: Why
) -> None:
    assert why(resigned(claim(world.home), signer, change), world.registry) is reason


@pytest.mark.parametrize(
    "body",
    [b"", b"garbage", b"a.b.c", b"\xff\xfe", b"..", b"eyJ9.eyJ9.", b"[]", b64(b"[]").encode() + b"." * 2, b"{}.{}.{}"],
)
def test_what_is_no_request_is_malformed(world: World, body: bytes) -> None:
    assert why(body, world.registry) is Why.MALFORMED


def test_a_large_body_is_not_even_read(world: World) -> None:
    assert why(b"x" * (MOST_BODY + 1), world.registry) is Why.OVERSIZED


def test_another_signature_another_algorithm_or_none_is_forged(world: World, signer: Signer) -> None:
    head, payload, _ = claim(world.home).decode().split(".")
    other = claim(world.home).decode().split(".")[2]
    assert why(f"{head}.{payload}.{other}".encode(), world.registry) is Why.FORGED
    assert why(f"{head}.{payload}.".encode(), world.registry) is Why.FORGED
    none = b64(json.dumps({"alg": "none", "kid": signer.kid, "typ": asking.TYP}).encode())
    assert why(f"{none}.{payload}.".encode(), world.registry) is Why.FORGED
    header = {"alg": "HS256", "kid": signer.kid, "typ": asking.TYP}
    public = OctKey.import_key(unb64(signer.registered.jwk["x"]))
    mixed = jws.serialize_compact(header, unb64(payload), public, algorithms=["HS256"])
    assert why(mixed.encode(), world.registry) is Why.FORGED


# --- who -------------------------------------------------------------------------------------------------------


@pytest.fixture
def home(world: World, tmp_path_factory: pytest.TempPathFactory) -> Home:  # noqa: ARG001 - one world is enough
    """A home of its own, whose registry a test may change."""
    made = make_home(tmp_path_factory.mktemp("own"))
    made.enrol([Organisation(id=SUPPLIER, name="Example Systems", nation=made.member(ARGYLE).nation)], NIGHT)
    return made


def test_who_has_an_inbox_is_let_in_to_its_mailbox_too(home: Home) -> None:
    assert why(claim(home, ACLAND), home.registry()) is None


def test_who_is_not_connected_is_not_let_in(home: Home) -> None:
    body = claim(home)
    home.declare(Connected(about=ARGYLE, channel=Channel.NOT_CONNECTED), "registrar", NIGHT)
    assert why(body, home.registry()) is Why.NOT_MAILBOX


def test_who_is_suspended_is_not_let_in(home: Home) -> None:
    body = claim(home)
    home.declare(Suspended(about=ARGYLE), "registrar", NIGHT)
    assert why(body, home.registry()) is Why.SUSPENDED


def test_a_key_that_is_revoked_past_or_for_something_else_lets_nobody_in(home: Home) -> None:
    body, signer = claim(home), home.signer(home.member(ARGYLE), NIGHT)
    past = signer.registered.not_after
    assert why(claim(home, by=signer, now=past), home.registry(), past) is Why.KEY_NOT_VALID
    sealing = home.member(ARGYLE).key(KeyUse.SEAL, NIGHT)
    assert sealing is not None
    as_sealing = resigned(body, signer, lambda header, _: header.update(kid=sealing.kid))
    assert why(as_sealing, home.registry()) is Why.KEY_UNKNOWN
    lead = home.people(home.member(ARGYLE), NIGHT)[PersonRole.SAFEGUARDING_LEAD]
    assert why(claim(home, by=lead), home.registry()) is Why.KEY_UNKNOWN, "a person's key is for what a person does"
    home.declare(KeyRevoked(about=ARGYLE, kid=signer.kid, because=KeyRevocation.LOST), "registrar", NIGHT)
    assert why(body, home.registry()) is Why.KEY_NOT_VALID


def test_a_supplier_is_let_in_only_where_and_while_a_delegation_says_so(home: Home) -> None:
    supplier = home.signer(home.member(SUPPLIER), NIGHT)
    assert why(claim(home, by=supplier), home.registry()) is Why.KEY_UNKNOWN
    delegation = Delegation.model_validate(
        {
            "id": "delegation-000000000001",
            "supplier": SUPPLIER,
            "flows": (RECEIPT,),
            "notBefore": NIGHT,
            "notAfter": NIGHT + timedelta(days=1),
        }
    )
    home.declare(Delegated(about=ARGYLE, delegation=delegation), ARGYLE, NIGHT)
    assert why(claim(home, by=supplier), home.registry()) is None
    assert why(claim(home, HEATH, by=supplier), home.registry()) is Why.KEY_UNKNOWN
    after = NIGHT + timedelta(days=1)
    assert why(claim(home, by=supplier, now=after), home.registry(), after) is Why.KEY_UNKNOWN
    home.declare(Suspended(about=SUPPLIER), "registrar", NIGHT)
    assert why(claim(home, by=supplier), home.registry()) is Why.KEY_UNKNOWN


def test_every_reason_that_depends_on_the_registry_looks_the_same_from_outside() -> None:
    told = {
        Why.OVERSIZED, Why.MALFORMED, Why.WRONG_AUDIENCE, Why.EXPIRED, Why.TOO_MANY, Why.SLOW, Why.BUSY
    }  # fmt: skip
    assert set(Why) - told == HIDDEN
