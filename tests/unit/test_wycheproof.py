"""Project Wycheproof's vectors through what verifies our statements and opens our seals."""

import json
import secrets
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry
from pydantic import ValidationError

from broker.errors import Reason, Refused
from broker.registry import KeyUse, PublicKey
from broker.sealing import CONTENT, SEAL, public, seal, unseal
from broker.statement import b64, dumps
from tests.personas import NIGHT, Json

VECTORS = Path(__file__).parents[1] / "vectors" / "wycheproof"
KID = "wycheproof"


def vectors(name: str) -> list[list[Any]]:
    rows: list[list[Any]] = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return rows


def registered(use: KeyUse, x: str) -> PublicKey:
    signs = use is KeyUse.SIGN
    record = {
        "kid": KID,
        "use": use,
        "alg": "Ed25519" if signs else SEAL,
        "jwk": {"kty": "OKP", "crv": "Ed25519" if signs else "X25519", "x": x},
        "notBefore": NIGHT,
        "notAfter": NIGHT + timedelta(days=1),
    }
    return PublicKey.model_validate(record)


def test_every_ed25519_signature_is_judged_as_the_project_judges_it() -> None:
    """Through the library's verification of the algorithm `Ed25519`, which is what a statement goes through."""
    algorithm = JWSRegistry.algorithms["Ed25519"]
    seen: Counter[tuple[str, bool]] = Counter()
    for _, x, message, signature, result, _ in vectors("ed25519.json"):
        key = public(registered(KeyUse.SIGN, b64(bytes.fromhex(x))))
        seen[result, algorithm.verify(bytes.fromhex(message), bytes.fromhex(signature), key)] += 1
    assert seen == {("valid", True): 88, ("invalid", False): 63}


class Ring:
    """One private key, whatever its id."""

    def __init__(self, key: OKPKey) -> None:
        self._key = key

    def private(self, kid: str) -> OKPKey:
        """See KeyRing."""
        assert kid == KID
        return self._key


def sealed_by_hand(epk: Json, shared: bytes) -> bytes:
    """RFC 7518, section 4.6: a seal made with this ephemeral key and this shared secret, by nobody's JOSE library."""
    header = dumps({"alg": SEAL, "enc": CONTENT, "kid": KID, "epk": epk})
    nobody = bytes(4)  # neither party is named
    info = len(SEAL).to_bytes(4, "big") + SEAL.encode() + nobody + nobody + (256).to_bytes(4, "big")
    wrapping = ConcatKDFHash(SHA256(), 32, info).derive(shared)
    content, iv = secrets.token_bytes(32), secrets.token_bytes(12)
    head = b64(header.encode())
    text = AESGCM(content).encrypt(iv, b'{"statement":"x"}', head.encode())
    return ".".join([head, *map(b64, (aes_key_wrap(wrapping, content), iv, text[:-16], text[-16:]))]).encode()


def opened(epk: Json, private: OKPKey, shared: bytes) -> str:
    try:
        return str(unseal(sealed_by_hand(epk, shared), Ring(private))["statement"])
    except Refused as refused:
        return refused.reason


def test_a_seal_opens_with_the_shared_secret_of_the_project_and_with_no_other() -> None:
    seen: Counter[tuple[str, str, str]] = Counter()
    for _, epk, d, x, shared, result, _ in vectors("x25519.json"):
        private = OKPKey.import_key({"kty": "OKP", "crv": "X25519", "d": d, "x": x})
        secret = bytes.fromhex(shared)
        kind = "no secret" if not secret else "a secret" if any(secret) else "a secret of zeros"
        seen[result, kind, opened(epk, private, secret or bytes(32))] += 1
        other = bytes([*secret[:-1], secret[-1] ^ 1]) if secret else b"1" * 32
        assert opened(epk, private, other) == Reason.UNSEALABLE
    assert seen == {
        ("valid", "a secret", "x"): 264,
        ("acceptable", "a secret", "x"): 223,
        ("acceptable", "a secret of zeros", Reason.UNSEALABLE): 31,
        ("invalid", "no secret", Reason.UNSEALABLE): 13,
    }


def test_a_public_key_of_small_order_cannot_be_registered_and_every_other_can() -> None:
    """Whoever registered one would have all that is sealed to it open to everybody."""
    seen: Counter[tuple[bool, str]] = Counter()
    for _, epk, _, _, shared, result, _ in vectors("x25519.json"):
        if result == "invalid":
            continue
        try:
            registered(KeyUse.SEAL, epk["x"])
            seen[bool(int(shared, 16)), "registered"] += 1
        except ValidationError as error:
            seen[bool(int(shared, 16)), "small order" if "small order" in str(error) else "no point"] += 1
    assert seen == {(True, "registered"): 487, (False, "small order"): 31}


def test_even_then_nothing_would_be_sealed_to_it() -> None:
    """The library stops at a shared secret of zeros."""
    true = registered(KeyUse.SEAL, vectors("x25519.json")[0][1]["x"])
    assert seal({"statement": "x"}, true)
    for x in {epk["x"] for _, epk, _, _, shared, _, _ in vectors("x25519.json") if shared and not int(shared, 16)}:
        with pytest.raises((JoseError, ValueError)):
            seal({"statement": "x"}, true.model_copy(update={"jwk": {**true.jwk, "x": x}}))
