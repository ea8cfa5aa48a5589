"""A public key that could not do what its record says cannot be registered."""

from datetime import timedelta

import pytest
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry
from pydantic import ValidationError

from broker.registry import KeyUse, PublicKey
from broker.sealing import SEAL
from broker.statement import b64, unb64
from tests.personas import NIGHT, Json

P = 2**255 - 19


def record(**changes: object) -> Json:
    made = {
        "kid": "a-key-of-a-test",
        "use": KeyUse.SIGN,
        "alg": "Ed25519",
        "jwk": dict(OKPKey.generate_key("Ed25519").as_dict(private=False)),
        "notBefore": NIGHT,
        "notAfter": NIGHT + timedelta(days=1),
    }
    return {**made, **changes}


def jwk(curve: str, **changes: str) -> Json:
    kind = ECKey if curve == "P-256" else OKPKey
    return {**kind.generate_key(curve).as_dict(private=False), **changes}  # type: ignore[arg-type] # one of the two


def sealing(**changes: object) -> Json:
    return record(**{"use": KeyUse.SEAL, "alg": SEAL, "jwk": jwk("X25519"), **changes})


WRONG: dict[str, tuple[Json, str]] = {
    "a signing key that seals": (record(use=KeyUse.SEAL), "not for that use"),
    "a sealing key that signs": (sealing(use=KeyUse.SIGN), "not for that use"),
    "X25519 as Ed25519": (record(jwk=jwk("X25519")), "on Ed25519"),
    "Ed25519 as X25519": (sealing(jwk=jwk("Ed25519")), "on X25519"),
    "Ed448": (record(jwk=jwk("Ed448")), "on Ed25519"),
    "X448": (sealing(jwk=jwk("X448")), "on X25519"),
    "X448 that says X25519": (sealing(jwk=jwk("X448", crv="X25519")), "on X25519"),
    "P-256": (record(jwk=jwk("P-256")), "on Ed25519"),
    "P-256 that says Ed25519": (record(jwk=jwk("P-256", crv="Ed25519")), "on Ed25519"),
    "symmetric": (record(jwk={"kty": "oct", "k": b64(bytes(32))}), "on Ed25519"),
    "no point": (sealing(jwk={"kty": "OKP", "crv": "X25519"}), "on X25519"),
    "31 bytes": (sealing(jwk=jwk("X25519", x=b64(b"1" * 31))), "on X25519"),
    "33 bytes": (sealing(jwk=jwk("X25519", x=b64(b"1" * 33))), "on X25519"),
    "padded": (sealing(jwk=jwk("X25519", x=b64(b"1" * 32) + "=")), "on X25519"),
    "stray bits": (sealing(jwk=jwk("X25519", x=b64(b"1" * 32)[:-1] + "B")), "on X25519"),
    "with its private half": (record(jwk=dict(OKPKey.generate_key("Ed25519").as_dict(private=True))), "destroy it"),
}  # fmt: skip


@pytest.mark.parametrize(("made", "why"), WRONG.values(), ids=WRONG)
def test_a_key_that_does_not_fit_its_record_is_refused(made: Json, why: str) -> None:
    with pytest.raises(ValidationError, match=why) as refused:
        PublicKey.model_validate(made)
    assert made["jwk"].get("d", "?" * 43) not in str(refused.value)


def test_keys_as_they_are_made_are_taken() -> None:
    for _ in range(50):
        assert PublicKey.model_validate(record())
        assert PublicKey.model_validate(sealing())


def small_order() -> list[bytes]:
    """The encodings of the eight points of small order, the non-canonical ones too."""
    eighth = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
    other = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
    ys = [0, 1, P - 1, P, P + 1]
    plain = [y.to_bytes(32, "little") for y in ys] + [bytes.fromhex(eighth), bytes.fromhex(other)]
    return plain + [one[:31] + bytes([one[31] | 0x80]) for one in plain]


@pytest.mark.parametrize("point", small_order(), ids=bytes.hex)
def test_a_signing_key_under_which_anybody_can_sign_is_refused(point: bytes) -> None:
    with pytest.raises(ValidationError, match="small order"):
        PublicKey.model_validate(record(jwk={"kty": "OKP", "crv": "Ed25519", "x": b64(point)}))


def test_under_such_a_key_the_library_would_take_what_nobody_signed() -> None:
    """Why it is refused: one signature, made without any key, holds for some of any few texts."""
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": b64((1).to_bytes(32, "little"))})
    nothing = (1).to_bytes(32, "little") + bytes(32)
    verify = JWSRegistry.algorithms["Ed25519"].verify
    assert any(verify(f"text {number}".encode(), nothing, key) for number in range(20))
    assert unb64(b64(nothing)) == nothing
