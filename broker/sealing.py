"""Sealing to one reader (JWE) and the broker's own signature (JWS). Bytes and keys in, bytes out; no files.

Algorithms come from the key's record. Plaintext is padded to a bucket before sealing and never compressed, so that
size tells nothing but the bucket.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic_core import to_json

from broker.errors import Reason, Refused
from broker.registry import KeyUse, Organisation, PublicKey
from broker.state import LEEWAY
from broker.statement import MAX_BYTES, loads, read_jws, unb64

CONTENT = "A256GCM"
SEAL = "ECDH-ES+A256KW"
COVER, SCREENED = "safeguarding-cover+jwt", "safeguarding-screened+jwt"
"""What the broker signs: its words beside a delivery, and what its screening says of free text, to its worker."""
SMALLEST_BUCKET = 4096
IMPORTED_KEPT = 2048
"""Public keys kept as the library's objects: importing one costs a fifth of what is done with it."""


class _Sealing(jwe.JWERegistry):
    """The library's limits, with room for what we seal: its own 64 KB would leave a long message unopened."""

    max_ciphertext_length = MAX_BYTES


_SEALING = _Sealing(algorithms=[SEAL, CONTENT])
_SIGNING = jws.JWSRegistry(algorithms=["Ed25519"])


class KeyRing(Protocol):
    """Private keys by key id; the port behind which files, passphrases or a vault stand."""

    def private(self, kid: str) -> OKPKey | None:
        """The private key of that id, or None."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A private signing key with its registered public half."""

    organisation: str
    registered: PublicKey
    key: OKPKey

    @property
    def kid(self) -> str:
        """Its registered id."""
        return self.registered.kid

    def valid(self, now: datetime) -> bool:
        """Whether readers will accept what it signs now."""
        return self.registered.not_before <= now < self.registered.not_after


def public(key: PublicKey) -> OKPKey:
    """A registered public key as the library's object."""
    return _imported(frozenset(key.jwk.items()))


@lru_cache(maxsize=IMPORTED_KEPT)
def _imported(jwk: frozenset[tuple[str, str]]) -> OKPKey:
    return OKPKey.import_key(dict(jwk))


def padded(plaintext: bytes) -> bytes:
    """JSON followed by spaces up to the next bucket: 4, 8, 16, 32 ... KiB."""
    size = SMALLEST_BUCKET
    while size < len(plaintext):
        size *= 2
    return plaintext.ljust(size, b" ")


def seal(value: Any, to: PublicKey) -> bytes:  # noqa: ANN401 - JSON
    """JSON value -> compact JWE for this reader."""
    header = {"alg": to.alg, "enc": CONTENT, "kid": to.kid, "cty": "json"}
    plaintext = padded(to_json(value))
    return jwe.encrypt_compact(header, plaintext, public(to), registry=_SEALING).encode("ascii")


def unseal(sealed: bytes, keys: KeyRing) -> Any:  # noqa: ANN401 - JSON
    """Compact JWE -> JSON value. Raises Refused: OVERSIZED, UNSEALABLE or MALFORMED."""
    if len(sealed) > MAX_BYTES:
        raise Refused(Reason.OVERSIZED)
    try:
        text = sealed.decode("ascii")
        header = _header(text)
        key = keys.private(header["kid"])
        if key is None or header.get("zip") is not None:
            raise Refused(Reason.UNSEALABLE)
        plaintext = jwe.decrypt_compact(text, key, registry=_SEALING).plaintext
    except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(Reason.UNSEALABLE) from error
    try:
        return loads((plaintext or b"").rstrip())  # the padding
    except ValueError as error:
        raise Refused(Reason.MALFORMED, ("sealed",)) from error


def sealed_to(sealed: bytes) -> str:
    """The id of the key that opens these bytes, as they claim; empty if they are not sealed at all."""
    try:
        return str(_header(sealed.decode("ascii"))["kid"])
    except (ValueError, KeyError, TypeError):
        return ""


def _header(compact: str) -> Mapping[str, Any]:
    header = loads(unb64(compact.partition(".")[0]))
    if not isinstance(header, dict):
        raise TypeError("header is not an object")
    return header


def sign_cover(claims: Mapping[str, Any], signer: Signer, typ: str = COVER) -> str:
    """The broker's own words, signed: by default about a delivery."""
    header = {"alg": "Ed25519", "kid": signer.kid, "typ": typ}
    return jws.serialize_compact(header, to_json(claims), signer.key, registry=_SIGNING)


def read_cover(text: str, key: PublicKey, typ: str = COVER) -> Mapping[str, Any]:
    """Verify the broker's words. Raises Refused(FORGED)."""
    try:
        claims = loads(read_jws(text, public(key), key.alg, typ))
    except ValueError as error:
        raise Refused(Reason.FORGED) from error
    if not isinstance(claims, dict):
        raise Refused(Reason.FORGED)
    return claims


def said_by(broker: Organisation, text: str, now: datetime, typ: str = COVER) -> Mapping[str, Any]:
    """The broker's words, verified with whichever of its keys signed them: today's need not be that of the day.

    Raises Refused: FORGED, KEY_REVOKED or KEY_NOT_VALID.
    """
    try:
        kid = loads(unb64(text.partition(".")[0]))["kid"]
        key = next(key for key in broker.keys if key.kid == kid and key.use is KeyUse.SIGN)
        claims = read_cover(text, key, typ)
        if key.revoked_at is not None:
            raise Refused(Reason.KEY_REVOKED)
        in_time = key.not_before <= datetime.fromtimestamp(claims["iat"], UTC) < min(key.not_after, now + LEEWAY)
    except (ValueError, TypeError, KeyError, StopIteration, OverflowError, OSError) as error:
        raise Refused(Reason.FORGED) from error
    if not in_time:
        raise Refused(Reason.KEY_NOT_VALID)
    return claims
