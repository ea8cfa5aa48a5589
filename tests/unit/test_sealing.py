import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc import jwe, jws
from joserfc.jwk import OctKey, OKPKey

from broker.errors import Reason, Refused
from broker.home import new_key
from broker.registry import KeyUse, Organisation, PublicKey
from broker.sealing import COVER, SEAL, Signer, padded, public, read_cover, seal, sealed_to, sign_cover, unseal
from broker.statement import MAX_BYTES, b64, dumps, loads, unb64
from tests.personas import BROKER, NIGHT
from tests.world import World

Json = dict[str, Any]


@dataclass
class Ring:
    """One organisation's private keys, as a key ring."""

    organisation: Organisation
    keys: dict[str, OKPKey]

    def private(self, kid: str) -> OKPKey | None:
        """See KeyRing."""
        return self.keys.get(kid)

    def key(self, use: KeyUse) -> PublicKey:
        """Its only public key for that use."""
        found = self.organisation.key(use, NIGHT)
        assert found is not None
        return found

    @property
    def signer(self) -> Signer:
        """Its signing key."""
        registered = self.key(KeyUse.SIGN)
        return Signer(self.organisation.id, registered, self.keys[registered.kid])


@pytest.fixture
def ring(world: World) -> Ring:
    broker = world.home.broker()
    made = [new_key(use, NIGHT) for use in KeyUse]
    return Ring(
        broker.model_copy(update={"keys": tuple(key for key, _ in made)}), {key.kid: private for key, private in made}
    )


@pytest.fixture
def sealed(ring: Ring) -> str:
    return seal({"hello": "Rowan"}, ring.key(KeyUse.SEAL)).decode()


def refusal(ring: Ring, sealed: str | bytes) -> Reason:
    with pytest.raises(Refused) as refused:
        unseal(sealed if isinstance(sealed, bytes) else sealed.encode(), ring)
    return refused.value.reason


def with_header(sealed: str, **changes: object) -> str:
    header = {**loads(unb64(sealed.partition(".")[0])), **changes}
    kept = {name: value for name, value in header.items() if value is not ...}
    return ".".join([b64(json.dumps(kept).encode()), *sealed.split(".")[1:]])


def test_only_its_reader_opens_it(ring: Ring, sealed: str, world: World) -> None:
    assert unseal(sealed.encode(), ring) == {"hello": "Rowan"}
    assert refusal(Ring(ring.organisation, {}), sealed) is Reason.UNSEALABLE
    with pytest.raises(Refused):
        unseal(sealed.encode(), world.home.keys(BROKER))


def test_whose_seal_it_is_can_be_read_without_any_key(ring: Ring, sealed: str) -> None:
    assert sealed_to(sealed.encode()) == ring.key(KeyUse.SEAL).kid
    for rubbish in (b"", b"{}", b"\xff", b64(b"[]").encode(), b64(b"{}").encode() + b"...."):
        assert sealed_to(rubbish) == ""


def test_another_private_key_under_the_same_id_opens_nothing(ring: Ring, sealed: str) -> None:
    ring.keys[ring.key(KeyUse.SEAL).kid] = OKPKey.generate_key("X25519")
    assert refusal(ring, sealed) is Reason.UNSEALABLE


def test_every_truncation_is_refused(ring: Ring, sealed: str) -> None:
    for end in [*range(0, 600, 7), len(sealed) - 1]:
        assert refusal(ring, sealed[:end]) is Reason.UNSEALABLE


def test_a_change_in_any_part_is_refused(ring: Ring, sealed: str) -> None:
    parts = sealed.split(".")
    for at, part in enumerate(parts):
        for changed in ("", "A", "!!", b64(b"x" * 16), ("B" if part[0] == "A" else "A") + part[1:]):
            assert refusal(ring, ".".join([*parts[:at], changed, *parts[at + 1 :]])) is Reason.UNSEALABLE


GOOD_EPK = {"kty": "OKP", "crv": "X25519"}


@pytest.mark.parametrize(
    "header",
    [
        {"kid": ...},
        {"kid": "another-reader"},
        {"kid": []},
        {"alg": "dir"},
        {"alg": "none"},
        {"alg": "ECDH-ES"},
        {"alg": "PBES2-HS256+A128KW", "p2c": 1 << 30, "p2s": "AAAA"},
        {"enc": "A128GCM"},
        {"enc": []},
        {"crit": ["exp"]},
        {"epk": ...},
        {"epk": None},
        {"epk": {**GOOD_EPK, "x": b64(bytes(32))}},  # a point of low order
        {"epk": {**GOOD_EPK, "x": b64(bytes(31))}},
        {"epk": {**GOOD_EPK, "x": 5}},
        {"epk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}},
        {"epk": {"kty": "EC", "crv": "P-256", "x": b64(bytes(32)), "y": b64(bytes(32))}},
        {"zip": "DEF"},
        {"zip": "unknown"},
        {"zip": []},
    ],
    ids=str,
)
def test_a_header_of_another_kind_is_refused(ring: Ring, sealed: str, header: Json) -> None:
    assert refusal(ring, with_header(sealed, **header)) is Reason.UNSEALABLE


def test_a_compressed_bomb_is_not_even_opened(ring: Ring) -> None:
    key = ring.key(KeyUse.SEAL)
    header = {"alg": SEAL, "enc": "A256GCM", "kid": key.kid, "zip": "DEF"}
    bomb = jwe.encrypt_compact(header, b" " * 10_000_000, public(key), algorithms=[SEAL, "A256GCM", "DEF"])
    assert len(bomb) < MAX_BYTES
    assert refusal(ring, bomb) is Reason.UNSEALABLE


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", Reason.UNSEALABLE),
        (b"\xff" * 100, Reason.UNSEALABLE),
        (b"....", Reason.UNSEALABLE),
        (b"W10.a.b.c.d", Reason.UNSEALABLE),  # a header that is a list
        (b64(b"[" * 9999).encode(), Reason.UNSEALABLE),
        (b"a" * (MAX_BYTES + 1), Reason.OVERSIZED),
    ],
    ids=lambda value: value.decode("latin-1")[:12] if isinstance(value, bytes) else None,
)
def test_rubbish_is_refused(ring: Ring, value: bytes, reason: Reason) -> None:
    assert refusal(ring, value) is reason


@pytest.mark.parametrize("plaintext", [b"", b"{", b"\xff\xfe", b'{"a":1,"a":2}', b"NaN", b"[" * 9999])
def test_what_opens_but_is_no_json_is_malformed(ring: Ring, plaintext: bytes) -> None:
    key = ring.key(KeyUse.SEAL)
    header = {"alg": SEAL, "enc": "A256GCM", "kid": key.kid}
    made = jwe.encrypt_compact(header, plaintext, public(key), algorithms=[SEAL, "A256GCM"])
    assert refusal(ring, made) is Reason.MALFORMED


@pytest.mark.parametrize(
    ("length", "bucket"), [(0, 4096), (4096, 4096), (4097, 8192), (8192, 8192), (8193, 16384), (100_000, 131_072)]
)
def test_size_tells_the_bucket_only(length: int, bucket: int) -> None:
    assert len(padded(b"x" * length)) == bucket
    assert padded(b"x" * length).rstrip(b" ") == b"x" * length


def test_two_texts_in_one_bucket_are_sealed_to_one_size(ring: Ring) -> None:
    texts = ("", "refuge", "x" * 4000)
    assert len({len(seal({"a": text}, ring.key(KeyUse.SEAL))) for text in texts}) == 1
    assert len({seal({"a": ""}, ring.key(KeyUse.SEAL)) for _ in texts}) == 3


def test_a_cover_is_read_under_the_key_that_signed_it(ring: Ring, world: World) -> None:
    cover = sign_cover({"aud": "school:100053"}, ring.signer)
    assert read_cover(cover, ring.key(KeyUse.SIGN)) == {"aud": "school:100053"}
    stranger = world.home.broker().key(KeyUse.SIGN, NIGHT)
    assert stranger is not None
    with pytest.raises(Refused, match="does-not-verify"):
        read_cover(cover, stranger)


@pytest.mark.parametrize(
    ("claims", "typ"), [([], COVER), ({"aud": "x"}, "JWT"), ({"aud": "x"}, None)], ids=["no object", "JWT", "no typ"]
)
def test_what_the_broker_signed_as_something_else_is_no_cover(ring: Ring, claims: object, typ: str | None) -> None:
    header = {"alg": "Ed25519", "kid": ring.signer.kid, **({"typ": typ} if typ else {})}
    signed = jws.serialize_compact(header, dumps(claims).encode(), ring.signer.key, algorithms=["Ed25519"])
    with pytest.raises(Refused, match="does-not-verify"):
        read_cover(signed, ring.key(KeyUse.SIGN))


@pytest.mark.parametrize(
    "forge",
    [
        lambda cover: cover[:-9] + ("A" if cover[-9] != "A" else "B") + cover[-8:],
        lambda cover: cover.rpartition(".")[0] + ".",
        lambda cover: cover.replace(".", ".A", 1),
        lambda _: "",
        lambda _: "é.é.é",
    ],
)
def test_an_altered_cover_is_refused(ring: Ring, forge: Callable[[str], str]) -> None:
    with pytest.raises(Refused, match="does-not-verify"):
        read_cover(forge(sign_cover({"aud": "school:100053"}, ring.signer)), ring.key(KeyUse.SIGN))


def test_a_symmetric_key_opens_no_seal(ring: Ring) -> None:
    key = ring.key(KeyUse.SEAL)
    header = {"alg": "A256KW", "enc": "A256GCM", "kid": key.kid}
    made = jwe.encrypt_compact(header, b"{}", OctKey.generate_key(256), algorithms=["A256KW", "A256GCM"])
    assert refusal(ring, made) is Reason.UNSEALABLE
