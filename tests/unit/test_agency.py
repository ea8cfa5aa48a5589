import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from broker.agency import Agency, Opened
from broker.errors import Reason, Refused
from broker.home import new_key
from broker.registry import KeyUse, Registry
from broker.sealing import seal, sign_cover, unseal
from broker.statement import b64, dumps, loads, unb64
from tests import foreign
from tests.personas import ACLAND, ARGYLE, BROKER, HERTS, MET, NIGHT, Json, incident, notification
from tests.world import World, incoming


@dataclass
class Delivered:
    """One delivery to Acland Burghley School, and the means to make another as the broker or a bystander would."""

    world: World
    value: bytes
    opened: Opened

    @property
    def sealed(self) -> Json:
        """What is inside."""
        return dict(unseal(self.value, self.world.home.keys(ACLAND)))

    def open(self, sealed: object) -> Opened:
        """Somebody seals this to the school."""
        key = self.world.registry.get(ACLAND).key(KeyUse.SEAL, NIGHT)  # type: ignore[union-attr]
        assert key is not None
        return self.world.agency(ACLAND).open_delivery(seal(sealed, key), NIGHT)

    def renamed(self, **header: object) -> Json:
        """A statement with something else in its header, under a cover that fits it."""
        head, _, rest = self.opened.statement.partition(".")
        text = f"{b64(dumps({**loads(unb64(head)), **header}).encode())}.{rest}"
        return {"cover": self.cover({"view": hashlib.sha256(text.encode()).hexdigest()}), "statement": text}

    def cover(self, body: Json | None = None, **claims: object) -> str:
        """The broker's words, with changes, in its own hand."""
        was = loads(unb64(self.sealed["cover"].split(".")[1]))
        signer = self.world.home.signer(self.world.home.broker(), NIGHT)
        return sign_cover({**was, "body": {**was["body"], **(body or {})}, **claims}, signer)


@pytest.fixture
def delivered(world: World) -> Delivered:
    carried = world.carry(notification())
    (out,) = (out for out in carried.outgoing if out.key == ACLAND.encode())
    (opened,) = world.opened(carried, ACLAND)
    return Delivered(world, out.value, opened)


def refusal(act: Callable[[], object]) -> Reason:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.reason


def test_what_is_left_out_is_filled_in(world: World) -> None:
    document = {name: notification()[name] for name in ("type", "basis", "to", "content")}
    one, two = (world.submit(document) for _ in range(2))
    assert len({one.message, one.case, two.message, two.case}) == 4
    assert one.key == f"{MET}/{one.case}".encode()
    assert world.carry_record(incoming(one)).line.status == "shared"


def test_only_the_reader_can_open_it(delivered: Delivered) -> None:
    assert delivered.opened.content["givenNames"] == "Rowan"
    for other in (ARGYLE, MET, BROKER):
        assert refusal(lambda: delivered.world.agency(other).open_delivery(delivered.value, NIGHT)) is Reason.UNSEALABLE  # noqa: B023


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], Reason.MALFORMED),
        ({}, Reason.MALFORMED),
        ({"type": "x"}, Reason.UNKNOWN_TYPE),
        (notification(content=incident(nickname="Ro")), Reason.MALFORMED),
    ],
)
def test_what_does_not_fit_is_refused_before_it_is_signed(world: World, document: Any, reason: Reason) -> None:  # noqa: ANN401
    assert refusal(lambda: world.submit(document)) is reason


def test_nothing_is_sent_without_keys(world: World) -> None:
    registry, keys = world.registry, world.home.keys(MET)
    assert refusal(lambda: Agency(organisation=MET, registry=registry, keys=keys).submit(notification(), NIGHT)) is (
        Reason.KEY_NOT_VALID
    )
    member = registry.get(MET)
    assert member is not None
    signer = world.home.signer(member, NIGHT)
    for members, reason in (
        ([member], Reason.UNKNOWN_SENDER),
        ([member, world.home.broker().model_copy(update={"keys": ()})], Reason.KEY_NOT_VALID),
    ):
        lone = Agency(organisation=MET, registry=Registry(tuple(members)), keys=keys, signer=signer)
        assert refusal(lambda: lone.submit(notification(), NIGHT)) is reason  # noqa: B023


FAULTS: list[tuple[str, Reason, Callable[[Delivered], object]]] = [
    ("no object", Reason.MALFORMED, lambda _: []),
    ("no cover", Reason.MALFORMED, lambda d: {"statement": d.sealed["statement"]}),
    ("cover is no text", Reason.MALFORMED, lambda d: {**d.sealed, "cover": 5}),
    ("cover of nobody", Reason.FORGED, lambda d: {**d.sealed, "cover": "a.b.c"}),
    ("cover for another school", Reason.MISMATCH, lambda d: {**d.sealed, "cover": d.cover(aud=ARGYLE)}),
    ("cover of another broker", Reason.MISMATCH, lambda d: {**d.sealed, "cover": d.cover(iss="broker:x")}),
    ("statement taken away", Reason.MISMATCH, lambda d: {"cover": d.sealed["cover"]}),
    ("statement is no text", Reason.MISMATCH, lambda d: {**d.sealed, "statement": 5}),
    ("disclosure taken away", Reason.MISMATCH, lambda d: {**d.sealed, "statement": d.opened.statement[:-40] + "~"}),
    ("a key that nobody knows", Reason.FORGED, lambda d: d.renamed(kid="no-such-key")),
    ("another sender named", Reason.MISMATCH, lambda d: {**d.sealed, "cover": d.cover({"from": HERTS})}),
    ("another type named", Reason.MISMATCH, lambda d: {**d.sealed, "cover": d.cover({"type": "x"})}),
    ("a statement beside an outcome", Reason.MISMATCH, lambda d: {**d.sealed, "cover": d.cover({"view": None})}),
]  # fmt: skip


def test_a_delivery_opens_after_the_broker_has_a_new_key(delivered: Delivered) -> None:
    registry = delivered.world.registry
    newer = delivered.world.home.broker()
    made = [new_key(use, NIGHT + timedelta(days=1))[0] for use in KeyUse]
    newer = newer.model_copy(update={"keys": (*newer.keys, *made)})
    members = (newer if one.id == BROKER else one for one in registry)
    keys = delivered.world.home.keys(ACLAND)
    school = Agency(organisation=ACLAND, registry=Registry(tuple(members)), keys=keys)
    assert school.open_delivery(delivered.value, NIGHT + timedelta(days=2)).content["givenNames"] == "Rowan"


@pytest.mark.parametrize("days", [-400, 1, 400])
def test_a_cover_that_its_key_could_not_have_signed_then_is_refused(delivered: Delivered, days: int) -> None:
    iat = int((NIGHT + timedelta(days=days)).timestamp())
    assert refusal(lambda: delivered.open({**delivered.sealed, "cover": delivered.cover(iat=iat)})) is (
        Reason.KEY_NOT_VALID
    )


@pytest.mark.parametrize(("reason", "made"), [pytest.param(reason, made, id=says) for says, reason, made in FAULTS])
def test_a_delivery_that_does_not_verify_is_never_shown(
    delivered: Delivered, reason: Reason, made: Callable[[Delivered], object]
) -> None:
    assert refusal(lambda: delivered.open(made(delivered))) is reason


def test_the_school_checks_the_forces_signature_itself(delivered: Delivered) -> None:
    """Not even the broker can put words into a force's mouth."""
    text = foreign.statement(delivered.world, notification(content=incident(givenNames="Robin")), HERTS, iss=MET)
    cover = delivered.cover({"view": hashlib.sha256(text.encode()).hexdigest()})
    assert refusal(lambda: delivered.open({"cover": cover, "statement": text})) is Reason.FORGED


def test_a_delivery_still_opens_when_the_senders_key_has_expired(delivered: Delivered) -> None:
    registry = delivered.world.registry
    expired = [key.model_copy(update={"not_after": NIGHT}) for key in registry.get(MET).keys]  # type: ignore[union-attr]
    members = (one.model_copy(update={"keys": tuple(expired)} if one.id == MET else {}) for one in registry)
    school = Agency(
        organisation=ACLAND,
        registry=Registry(tuple(members)),
        keys=delivered.world.home.keys(ACLAND),
    )
    assert school.open_delivery(delivered.value, NIGHT).content["givenNames"] == "Rowan"
