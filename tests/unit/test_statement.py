import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from broker import statement as st
from broker.errors import Reason, Refused
from broker.judge import parse
from broker.registry import KeyUse, PublicKey
from broker.schemas import notification_issued, notification_updated
from broker.schemas.message import SEGMENTS
from broker.sealing import Signer, public
from broker.statement import Statement, b64, digest, dumps, loads, peek, unb64, verify
from tests.personas import ACLAND, ARGYLE, MET, NIGHT, incident, lead, notification
from tests.world import World

FLOW = notification_issued.FLOW
Json = dict[str, Any]


@dataclass
class Desk:
    """The Metropolitan Police's signing desk, also used to sign what it should not."""

    signer: Signer
    record: PublicKey
    text: str

    @property
    def claims(self) -> Json:
        """What is signed."""
        return dict(loads(unb64(self.text.split(".")[1])))

    @property
    def disclosed(self) -> list[str]:
        """The disclosures, as they are written."""
        return self.text.split("~")[1:-1]

    def read(self, text: str | None = None) -> Statement:
        """Verify it under the registered key."""
        return verify(text or self.text, key=public(self.record), alg=self.record.alg, flow=FLOW)

    def sign(self, claims: object, *disclosed: str, payload: bytes | None = None, **header: object) -> str:
        """Anything at all, with a signature that verifies."""
        head = {"alg": "Ed25519", "kid": self.signer.kid, "typ": st.TYP, **header}
        body = payload if payload is not None else dumps(claims).encode()
        signed = jws.serialize_compact(
            {name: value for name, value in head.items() if value is not ...},
            body,
            self.signer.key,
            algorithms=["Ed25519"],
        )
        return "~".join([signed, *disclosed, ""])


@pytest.fixture
def desk(world: World) -> Desk:
    met = world.registry.get(MET)
    assert met is not None
    record = met.key(KeyUse.SIGN, NIGHT)
    assert record is not None
    return Desk(world.home.signer(met, NIGHT), record, world.statement(notification(lead(ACLAND), lead(ARGYLE))))


def refusal(desk: Desk, text: str) -> Reason:
    with pytest.raises(Refused) as refused:
        desk.read(text)
    return refused.value.reason


def disclosure(*parts: object) -> str:
    return b64(dumps(list(parts)).encode())


def altered(text: str, change: Callable[[list[Any]], object]) -> str:
    """A disclosure with something in it changed."""
    parts = loads(unb64(text))
    change(parts)
    return b64(dumps(parts).encode())


SALT = "A" * 22
SUBMISSION = parse(notification(), FLOW)


def test_what_was_signed_is_what_is_read(desk: Desk) -> None:
    read = desk.read()
    assert read.content == incident()
    assert {line["organisation"] for line in read.to} == {ACLAND, ARGYLE}
    assert read.issued_at == NIGHT
    assert read.claims["iss"] == MET
    claimed = peek(desk.text)
    assert (claimed.issuer, claimed.kid, claimed.type) == (MET, desk.signer.kid, FLOW.type)


@pytest.mark.parametrize("at", range(len(incident()) + 2))
@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts.__setitem__(-1, {"organisation": ACLAND}),
        lambda parts: parts.__setitem__(0, SALT),
        lambda parts: parts.__setitem__(-2, "alsoKnownAs"),
    ],
    ids=["value", "salt", "name"],
)
def test_no_disclosure_can_be_altered(desk: Desk, at: int, change: Callable[[list[Any]], object]) -> None:
    parts = desk.disclosed
    parts[at] = altered(parts[at], change)
    assert refusal(desk, "~".join([desk.text.partition("~")[0], *parts, ""])) is Reason.MALFORMED


@pytest.mark.parametrize("claim", sorted(st.CLAIMS))
def test_no_claim_can_be_altered_without_the_key(desk: Desk, claim: str) -> None:
    head, _, signature = desk.text.partition("~")[0].split(".")
    body = b64(dumps({**desk.claims, claim: "x"}).encode())
    assert refusal(desk, "~".join([f"{head}.{body}.{signature}", *desk.disclosed, ""])) is Reason.FORGED


OTHER_ID = "00000000-0000-0000-0000-00000000000A"


def put(claim: str, value: object) -> Callable[[Json], object]:
    return lambda claims: {**claims, claim: value}


def drop(claim: str) -> Callable[[Json], object]:
    return lambda claims: {name: value for name, value in claims.items() if name != claim}


WRONG_CLAIMS: dict[str, Callable[[Json], object]] = {
    "one claim too many": put("exp", 1),
    "hint of the child": put("note", "Rowan"),
    **{f"no {claim}": drop(claim) for claim in st.CLAIMS},
    "another type": put("vct", notification_updated.FLOW.type),
    "another hash": put("_sd_alg", "sha-512"),
    "no object": lambda c: [*c],
    "unhashable": lambda _: [[]],
    "id is a sentence": put("jti", "Rowan Testcase, 15"),
    "id in capitals": put("jti", OTHER_ID),
    "id is a number": put("jti", 5),
    "case is a sentence": put("sub", "Rowan Testcase"),
    "owner is a sentence": put("own", "Rowan Testcase"),
    "owner is half a character": put("own", "\ud800"),
    "owner is a list": put("own", []),
    **{f"iat {at!r}": put("iat", at) for at in (True, 0, -1, 1.5, "1", 1 << 33, None)},
    "a digest too few": lambda c: {**c, "_sd": c["_sd"][1:]},
    "a digest too many": lambda c: {**c, "_sd": [*c["_sd"], digest("x")]},
    "a slot too few": lambda c: {**c, "to": c["to"][1:]},
    "a digest twice": lambda c: {**c, "_sd": [c["_sd"][1], *c["_sd"][1:]]},
    "a digest as field and slot": lambda c: {**c, "_sd": [c["to"][0]["..."], *c["_sd"][1:]]},
    "fields out of order": lambda c: {**c, "_sd": c["_sd"][::-1]},
    "slots out of order": lambda c: {**c, "to": c["to"][::-1]},
    "a digest that is text": lambda c: {**c, "_sd": ["Rowan's mother said", *c["_sd"][1:]]},
    "a digest that is a number": lambda c: {**c, "_sd": [1, *c["_sd"][1:]]},
    "digests in one text": lambda c: {**c, "_sd": "".join(chr(65 + n) for n in range(len(c["_sd"])))},
    "a note beside a slot": lambda c: {**c, "to": [{**c["to"][0], "note": "Rowan"}, *c["to"][1:]]},
    "a slot that is text": lambda c: {**c, "to": [c["to"][0]["..."], *c["to"][1:]]},
}  # fmt: skip


@pytest.mark.parametrize("change", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS)
def test_claims_that_are_not_exactly_those_of_the_type_are_refused_even_signed(
    desk: Desk, change: Callable[[Json], object]
) -> None:
    payload = json.dumps(change(desk.claims)).encode()
    assert refusal(desk, desk.sign({}, *desk.disclosed, payload=payload)) is Reason.MALFORMED


@pytest.mark.parametrize(
    "payload", [b"", b"null", b"{", b'{"iss":1,"iss":2}', b"\xff", b'{"iat":NaN}', b"[" * 9999, "{}".encode("utf-16")]
)
def test_a_payload_that_is_no_object_is_refused(desk: Desk, payload: bytes) -> None:
    assert refusal(desk, desk.sign({}, payload=payload)) is Reason.MALFORMED


@pytest.mark.parametrize(
    "header", [{"typ": "JWT"}, {"typ": ...}, {"cty": "json"}, {"jku": "https://example.org"}], ids=str
)
def test_a_header_that_says_anything_else_is_refused(desk: Desk, header: Json) -> None:
    assert refusal(desk, desk.sign(desk.claims, *desk.disclosed, **header)) is Reason.FORGED


@pytest.mark.parametrize("alg", ["none", "HS256", "Ed25519", "EdDSA"])
@pytest.mark.parametrize("secret", ["", "jwk", "raw"])
def test_a_public_key_signs_nothing_whatever_algorithm_is_named(desk: Desk, alg: str, secret: str) -> None:
    keys = {"": b"", "jwk": dumps(dict(desk.record.jwk)).encode(), "raw": unb64(desk.record.jwk["x"])}
    header = b64(dumps({"alg": alg, "kid": desk.signer.kid, "typ": st.TYP}).encode())
    told = f"{header}.{b64(dumps(desk.claims).encode())}"
    mac = hmac.new(keys[secret], told.encode(), hashlib.sha256).digest() if secret else b""
    assert refusal(desk, "~".join([f"{told}.{b64(mac)}", *desk.disclosed, ""])) is Reason.FORGED


@pytest.mark.parametrize("at", range(3), ids=["header", "payload", "signature"])
@pytest.mark.parametrize(
    "odd", [lambda part: part + "=", lambda part: part + "==", lambda part: f"{part[:9]}\n{part[9:]}"]
)
def test_only_the_one_form_of_base64_is_signed_text(desk: Desk, at: int, odd: Callable[[str], str]) -> None:
    """The library reads padding and takes it for signed; other readers do not."""
    parts = desk.text.partition("~")[0].split(".")
    parts[at] = odd(parts[at])
    if at != 2:
        told = ".".join(parts[:2]).encode()
        parts[2] = b64(JWSRegistry.algorithms["Ed25519"].sign(told, desk.signer.key))
    reason = Reason.FORGED if at == 2 else Reason.MALFORMED
    assert refusal(desk, "~".join([".".join(parts), *desk.disclosed, ""])) is reason


def test_another_key_under_the_same_id_is_refused(desk: Desk) -> None:
    desk.signer = Signer(MET, desk.record, OKPKey.generate_key("Ed25519"))
    assert refusal(desk, desk.sign(desk.claims, *desk.disclosed)) is Reason.FORGED


@pytest.mark.parametrize(
    "made",
    [
        lambda d: [*d, d[0]],  # the same twice
        lambda d: [*d, disclosure(SALT, "alsoKnownAs", ["x"])],  # not signed
        lambda d: [*d, disclosure(SALT, {"organisation": ACLAND})],
        lambda d: [*d, disclosure(SALT)],
        lambda d: [*d, disclosure(SALT, "x")],
        lambda d: [*d, disclosure(1, "familyName", "x")],
        lambda d: [*d, b64(b"{}")],
        lambda d: [*d, "!!"],
        lambda d: [*d, "é"],
        lambda d: [*d, d[0] + "="],
        lambda d: [*d, ""],
    ],
)
def test_disclosures_that_were_not_signed_or_come_twice_are_refused(
    desk: Desk, made: Callable[[list[str]], list[str]]
) -> None:
    text = "~".join([desk.text.partition("~")[0], *made(desk.disclosed), ""])
    assert refusal(desk, text) is Reason.MALFORMED


@pytest.mark.parametrize(
    "pair",
    [
        (disclosure(SALT, "familyName", "A"), disclosure("B" * 22, "familyName", "B")),  # one field, two values
        (disclosure(SALT, "familyName", "A"), disclosure(SALT, "givenNames", "B")),  # salt of one tells the other
        (disclosure("", "familyName", "A"),),  # can be guessed
        (disclosure("x" * 23, "familyName", "A"),),
        (disclosure("Rowan was with an aunt", "familyName", "A"),),  # is not a salt
    ],
    ids=["one field twice", "one salt twice", "no salt", "long salt", "a salt that says something"],
)
def test_disclosures_that_a_careless_sender_signed_are_refused(desk: Desk, pair: tuple[str, ...]) -> None:
    claims = desk.claims
    claims["_sd"] = sorted([*(digest(text) for text in pair), *claims["_sd"][len(pair) :]])
    assert refusal(desk, desk.sign(claims, *pair)) is Reason.MALFORMED


SEGMENT = disclosure("C" * 22, "He left.")
DIGESTS = [digest(f"decoy {number}") for number in range(SEGMENTS)]


@pytest.mark.parametrize(
    ("slots", "inside"),
    [
        ([digest(SEGMENT), *DIGESTS[1:]], (SEGMENT,)),
        (DIGESTS[1:], ()),
        ([*DIGESTS, digest(SEGMENT)], (SEGMENT,)),
        (["short", *DIGESTS[1:]], ()),
        ([*DIGESTS[1:], DIGESTS[1]], ()),
        ([digest(disclosure("C" * 22, 7)), *DIGESTS[1:]], (disclosure("C" * 22, 7),)),
        ([digest(disclosure("C" * 22, "x", "y")), *DIGESTS[1:]], (disclosure("C" * 22, "x", "y"),)),
        ("He left.", ()),
        (["He left."], ()),
    ],
    ids=["good", "too few", "too many", "no digest", "one twice", "no text", "a claim", "in clear", "in clear, listed"],
)
def test_a_narrative_is_eight_digests_and_each_segment_a_text(desk: Desk, slots: Any, inside: tuple[str, ...]) -> None:  # noqa: ANN401
    in_clear = "He left." in slots
    field = disclosure(SALT, "circumstances", slots if in_clear else [{"...": one} for one in slots])
    claims = desk.claims
    claims["_sd"] = sorted([digest(field), *claims["_sd"][1:]])
    text = desk.sign(claims, field, *inside)
    if slots == [digest(SEGMENT), *DIGESTS[1:]]:
        assert desk.read(text).content == {"circumstances": ["He left."]}
    else:
        assert refusal(desk, text) is Reason.MALFORMED


INNER = disclosure("B" * 22, "town", "Ealing")
HIDDEN = {"_sd": [digest(INNER)]}


@pytest.mark.parametrize(
    ("made", "place"),
    [
        ((disclosure(SALT, "homeAddress", HIDDEN), INNER), "_sd"),
        ((disclosure(SALT, "homeAddress", HIDDEN),), "_sd"),
        ((disclosure(SALT, {"organisation": ACLAND, **HIDDEN}), INNER), "to"),
        ((disclosure(SALT, {"organisation": ACLAND, **HIDDEN}),), "to"),
        ((disclosure(SALT, "in a list that is no object"),), "to"),
        ((disclosure(SALT, "iss", "police:41"),), "_sd"),
    ],
)
def test_what_the_standard_allows_and_our_form_does_not_is_refused(
    desk: Desk, made: tuple[str, ...], place: str
) -> None:
    """Digests inside what is disclosed would not be cut with it; a field must not pass for a claim."""
    claims = desk.claims
    real = [digest(made[0]), *([slot["..."] for slot in claims["to"]] if place == "to" else claims["_sd"])[1:]]
    claims[place] = [{"...": one} for one in sorted(real)] if place == "to" else sorted(real)
    assert refusal(desk, desk.sign(claims, *made)) is Reason.MALFORMED


def test_an_element_cannot_pass_for_a_field_nor_a_field_for_an_element(desk: Desk) -> None:
    claims = desk.claims
    line, field = disclosure(SALT, {"organisation": ACLAND}), disclosure("B" * 22, "familyName", "A")
    for text, place in ((line, "_sd"), (field, "to")):
        wrong = [{"...": one} for one in sorted([digest(text), *(slot["..."] for slot in claims["to"][1:])])]
        swapped: object = wrong if place == "to" else sorted([digest(text), *claims["_sd"][1:]])
        assert refusal(desk, desk.sign({**claims, place: swapped}, text)) is Reason.MALFORMED


@pytest.mark.parametrize("wrong", ["", "~", "a~", "a.b.c~", "a.b~", "e30.e30.e30~", "é~", "....~"])
def test_what_is_no_statement_is_refused(desk: Desk, wrong: str) -> None:
    assert refusal(desk, wrong or "x") in (Reason.FORGED, Reason.MALFORMED)
    with pytest.raises(Refused) as refused:
        peek(wrong)
    assert refused.value.reason is Reason.MALFORMED


@pytest.mark.parametrize("claim", ["iss", "vct"])
def test_peeking_reads_texts_only(desk: Desk, claim: str) -> None:
    with pytest.raises(Refused):
        peek(desk.sign({**desk.claims, claim: 5}))


def test_a_statement_ends_with_a_tilde(desk: Desk) -> None:
    assert refusal(desk, desk.text.rstrip("~")) is Reason.MALFORMED


@pytest.mark.parametrize(
    "document",
    [
        notification(lead(ACLAND)),
        notification(lead(ACLAND), lead(ARGYLE), lead("school:100006"), lead("school:100457")),
        notification(content=incident(circumstances="x" * 4000, supportSuggestion="y", welfareCheck=True)),
        notification(content=incident(homeAddress=None, adults=None, adultNames=None, childVoice=None)),
    ],
)
def test_the_digests_do_not_count_fields_or_recipients(world: World, desk: Desk, document: Json) -> None:
    claims = desk.read(world.statement(document)).claims
    assert (len(claims["_sd"]), len(claims["to"])) == (len(FLOW.message.labels), 4)
    assert claims["_sd"] == sorted(claims["_sd"])
    assert {len(value) for value in claims["_sd"]} == {43}


def test_no_decoy_salt_or_digest_repeats(world: World, desk: Desk) -> None:
    document = notification()
    one, two = (desk.read(world.statement(document)) for _ in range(2))
    assert not {*one.claims["_sd"]} & {*two.claims["_sd"]}
    assert not {slot["..."] for slot in one.claims["to"]} & {slot["..."] for slot in two.claims["to"]}
    assert not {d.salt for d in one.disclosures} & {d.salt for d in two.disclosures}


def test_cutting_hides_what_is_cut_and_still_verifies(desk: Desk) -> None:
    whole = desk.read()
    cut = whole.cut(fields=frozenset({"givenNames", "childPresence"}), addressee=ACLAND)
    read = desk.read(cut)
    assert read.content == {"givenNames": "Rowan", "childPresence": "heard"}
    assert [line["organisation"] for line in read.to] == [ACLAND]
    assert (read.signed, read.claims) == (whole.signed, whole.claims)
    for one in whole.disclosures:
        assert (one.text in cut) is (one.name in read.content or one.value == read.to[0])


def test_cutting_everything_leaves_the_signature_alone(desk: Desk) -> None:
    cut = desk.read().cut(fields=frozenset(), addressee="school:999999")
    assert cut == desk.text.partition("~")[0] + "~"
    assert desk.read(cut).content == {}


def test_salts_and_decoys_come_from_the_given_source(desk: Desk) -> None:
    def made() -> str:
        numbers = count()
        key, kid = desk.signer.key, desk.signer.kid
        return st.sign(
            SUBMISSION, FLOW, issuer=MET, key=key, kid=kid, now=NIGHT, random=lambda n: next(numbers).to_bytes(n, "big")
        )

    assert made() == made()
    assert unb64(desk.read(made()).disclosures[3].salt) == (3).to_bytes(16, "big")


@pytest.mark.parametrize("text", ["A", "AB", "AA==", "A A", "+/+/", "é", "AAAAA"])
def test_only_canonical_base64url_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        unb64(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NaN",
        "-Infinity",
        "1e400",
        '{"a":1,"a":2}',
        '[{"a":{"b":1,"b":1}}]',
        "[" * 99999,
        "9" * 5000,
        "'a'",
        "{} {}",
        "1,",
        "\u00a01",
    ],
)
def test_only_plain_json_is_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads(text)


def test_space_may_stand_around_json() -> None:
    assert loads(b' \t\r\n{"a": [ ] } \n\n ') == {"a": []}


def test_numbers_and_text_survive_json() -> None:
    value = {"é": [1.5, -2, "Łódź ✓", None, True]}
    assert loads(dumps(value)) == value
