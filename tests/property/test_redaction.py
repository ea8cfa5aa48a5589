from collections.abc import Callable
from functools import lru_cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OKPKey

from broker.consent.redact import DERIVES_A_PLACE, FINDS_THE_CHILD, view
from broker.schemas.catalogue import CATALOGUE
from broker.schemas.message import SEGMENTS, SLOTS, Flow
from broker.schemas.terms import AddressHandling, Role
from broker.statement import ALG, TYP, Statement, b64, digest, dumps, verify
from tests.personas import ACLAND, ARGYLE, BROOKFIELD, CAMDEN, MARRIOTTS, MET, incident, lead, notification
from tests.world import World

flows = st.sampled_from(CATALOGUE)
roles = st.sampled_from(Role)
handlings = st.sampled_from([None, *AddressHandling])
fields = flows.flatmap(lambda flow: st.tuples(st.just(flow), st.sets(st.sampled_from(sorted(flow.message.labels)))))
ID = "00000000-0000-4000-8000-000000000000"
OPTIONAL = ("homeAddress", "locationCategory", "childVoice", "circumstances", "adults", "adultNames")


@lru_cache
def key() -> OKPKey:
    return OKPKey.generate_key("Ed25519")


def made(flow: Flow, given: set[str]) -> Statement:
    """A statement of a flow with these fields, each holding its own name (a narrative, in one segment)."""
    parts = {name: b64(dumps([b64(bytes([n, *range(15)])), name]).encode()) for n, name in enumerate(sorted(given))}
    values: dict[str, object] = {
        name: [{"...": digest(parts[name])}, *({"...": digest(f"{name} {n}")} for n in range(1, SEGMENTS))]
        if name in flow.message.segmented
        else name
        for name in given
    }
    texts = [
        b64(dumps([b64(n.to_bytes(16, "big")), name, values[name]]).encode()) for n, name in enumerate(sorted(given))
    ]
    inside = [text for name, text in parts.items() if name in flow.message.segmented]
    decoys = [digest(f"{n}") for n in range(len(flow.message.labels) + SLOTS - len(texts))]
    digests = [*map(digest, texts), *decoys]
    claims = {
        "iss": MET,
        "jti": ID,
        "sub": ID,
        "own": MET,
        "iat": 1,
        "vct": flow.type,
        "basis": "LB-E1",
        "_sd_alg": ALG,
        "_sd": sorted(digests[:-SLOTS]),
        "to": [{"...": one} for one in sorted(digests[-SLOTS:])],
    }
    header = {"alg": "Ed25519", "kid": "k", "typ": TYP}
    signed = jws.serialize_compact(header, dumps(claims).encode(), key(), algorithms=["Ed25519"])
    return verify("~".join([signed, *texts, *inside, ""]), key=key(), alg="Ed25519", flow=flow)


@given(fields, roles, handlings)
def test_no_field_with_a_label_outside_the_view_is_ever_in_a_cut_statement(
    given: tuple[Flow, set[str]], role: Role, handling: AddressHandling | None
) -> None:
    flow, names = given
    statement = made(flow, names)
    shown = view(flow, tuple(statement.content), role=role, handling=handling)
    cut = verify(statement.cut(fields=shown.fields, addressee="x"), key=key(), alg="Ed25519", flow=flow)
    may_see = flow.views[role].labels if role in flow.views else frozenset()
    protected = handling not in (None, AddressHandling.OPEN) and role not in FINDS_THE_CHILD
    for name in cut.content:
        assert flow.message.labels[name] <= may_see
        assert not (protected and flow.message.labels[name] & DERIVES_A_PLACE)
    assert {*cut.content, *shown.pending, *(one.field for one in shown.withheld)} == names
    for hidden in names - set(cut.content):
        assert next(one.text for one in statement.disclosures if one.name == hidden) not in cut.signed


@given(fields, roles)
def test_protecting_a_place_never_shows_more(given: tuple[Flow, set[str]], role: Role) -> None:
    flow, names = given
    for handling in AddressHandling:
        guarded, plain = (view(flow, tuple(names), role=role, handling=one) for one in (handling, AddressHandling.OPEN))
        assert guarded.fields <= plain.fields


@given(fields, roles, handlings)
def test_a_marker_tells_nothing_of_a_protected_place(
    given: tuple[Flow, set[str]], role: Role, handling: AddressHandling | None
) -> None:
    """What is withheld because of the place is marked exactly as what the sender left out."""
    flow, names = given
    shown = view(flow, tuple(names), role=role, handling=handling)
    left_out = {one.field for one in shown.withheld if one.neutral}
    assert shown.markers(flow) == view(flow, tuple(names - left_out), role=role, handling=handling).markers(flow)
    assert "RD-2" not in shown.markers(flow).values()


@settings(max_examples=40)  # each carries two messages to four recipients
@given(st.permutations([ACLAND, ARGYLE, BROOKFIELD, CAMDEN]), st.sets(st.sampled_from(OPTIONAL)), handlings)
def test_the_order_of_recipients_never_matters(
    fresh: Callable[[], World], order: list[str], left_out: set[str], handling: AddressHandling | None
) -> None:
    world = fresh()
    content = incident(addressHandling=handling or "open", **dict.fromkeys(left_out))

    def seen(schools: list[str]) -> dict[str, Any]:
        carried = world.carry(notification(*(lead(one) for one in schools), content=content))
        outcome = {one["organisation"]: one for one in world.outcome(carried)["recipients"]}
        for one in outcome.values():
            one.pop("receipt", None)  # its digests are of fresh salts
        views = {one: [opened.content for opened in world.opened(carried, one)] for one in schools}
        return {"outcome": outcome, "views": views}

    assert seen(order) == seen(sorted(order))


@given(st.sampled_from([ACLAND, MARRIOTTS, BROOKFIELD, CAMDEN]), handlings)
def test_who_else_is_named_changes_nobodys_view(
    fresh: Callable[[], World], other: str, handling: AddressHandling | None
) -> None:
    world = fresh()
    content = incident(addressHandling=handling or "open")
    alone, beside = (
        world.opened(world.carry(notification(*(lead(one) for one in schools), content=content)), ARGYLE)[0]
        for schools in ([ARGYLE], [other, ARGYLE])
    )
    assert (alone.content, alone.to, alone.body["notShown"]) == (beside.content, beside.to, beside.body["notShown"])
