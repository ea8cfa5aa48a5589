"""The signed statement: one child, one signature by the sender, every field separately withholdable (RFC 9901).

Each labelled field is a salted disclosure of its own, and each line of `to` is an array element of its own, so that the
broker can withhold either and alter neither. The number of digests is fixed per type version: a field that is absent
and a slot that is unused are decoys, so a cut-down copy does not tell how much is missing.

Pure: bytes and keys in, values out. What a reader does with the content is the business of `broker.exchange`.
"""

import base64
import binascii
import hashlib
import json
import math
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn, cast
from uuid import UUID

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from broker.errors import Reason, Refused
from broker.schemas.message import ORGANISATION, SLOTS, Flow, Message, Submission

TYP = "safeguarding+sd-jwt"
ALG = "sha-256"
SALT_BYTES = 16
MAX_BYTES = 256 * 1024
MAX_STATEMENT = 96 * 1024
"""Leaves room for the broker's words in the same padded bucket, so that whatever is accepted can also be opened."""
CLAIMS = frozenset({"iss", "jti", "sub", "own", "iat", "vct", "basis", "_sd_alg", "_sd", "to"})
HEADER = frozenset({"alg", "kid", "typ"})
_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}")
_SALT = re.compile(r"[A-Za-z0-9_-]{22}")
Random = Callable[[int], bytes]


def b64(data: bytes) -> str:
    """Base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Strict inverse of `b64`. Raises ValueError for anything that `b64` does not write."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64url") from error
    if b64(data) != text:
        raise ValueError("not canonical base64url")
    return data


def digest(disclosure: str) -> str:
    """What the signed payload holds in place of a disclosure."""
    return b64(hashlib.sha256(disclosure.encode("ascii")).digest())


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("duplicate key")
    return made


def loads(data: str | bytes) -> Any:  # noqa: ANN401 - JSON
    """JSON without duplicate keys or non-finite numbers. Raises ValueError."""

    def refuse(_: str) -> NoReturn:
        raise ValueError("not a JSON number")

    def finite(text: str) -> float:
        number = float(text)
        return number if math.isfinite(number) else refuse(text)

    try:
        return json.loads(data, object_pairs_hook=_no_duplicates, parse_constant=refuse, parse_float=finite)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def dumps(value: Any) -> str:  # noqa: ANN401 - JSON
    """The one JSON form that is signed: no spaces, UTF-8 as it is, keys in the order given."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One salted value. `name` is None for an element of `to`."""

    text: str
    salt: str
    name: str | None
    value: Any

    @property
    def digest(self) -> str:
        """Its digest in the signed payload."""
        return digest(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A verified statement, whole or cut down."""

    signed: str
    claims: Mapping[str, Any]
    disclosures: tuple[Disclosure, ...]

    @property
    def content(self) -> dict[str, Any]:
        """Wire name -> value of every field that is disclosed here."""
        return {d.name: d.value for d in self.disclosures if d.name is not None}

    @property
    def to(self) -> list[dict[str, Any]]:
        """Every line of `to` that is disclosed here."""
        return [d.value for d in self.disclosures if d.name is None]

    @property
    def issued_at(self) -> datetime:
        """When the sender says that it signed."""
        return datetime.fromtimestamp(self.claims["iat"], UTC)

    def cut(self, *, fields: frozenset[str], addressee: str) -> str:
        """The same signed statement with only these fields, and only this organisation's line of `to`."""
        kept = [
            d.text
            for d in self.disclosures
            if (d.name in fields if d.name is not None else d.value.get("organisation") == addressee)
        ]
        return "~".join([self.signed, *kept, ""])


def sign(
    submission: Submission[Message],
    flow: Flow,
    *,
    issuer: str,
    key: OKPKey,
    kid: str,
    now: datetime,
    random: Random = secrets.token_bytes,
) -> str:
    """Make the statement, with every disclosure attached. `random(n)` gives n salt bytes; tests fix it."""
    content = submission.content.model_dump(mode="json", by_alias=True, exclude_none=True)
    lines = [line.model_dump(mode="json", by_alias=True, exclude_none=True) for line in submission.to]
    fields = [b64(dumps([b64(random(SALT_BYTES)), name, value]).encode()) for name, value in content.items()]
    slots = [b64(dumps([b64(random(SALT_BYTES)), line]).encode()) for line in lines]

    def with_decoys(real: Sequence[str], size: int) -> list[str]:
        decoys = [b64(hashlib.sha256(random(32)).digest()) for _ in range(size - len(real))]
        return sorted([digest(text) for text in real] + decoys)

    payload = {
        "iss": issuer,
        "jti": str(submission.id),
        "sub": str(submission.case),
        "own": submission.case_owner,
        "iat": int(now.timestamp()),
        "vct": submission.type,
        "basis": submission.basis,
        "_sd_alg": ALG,
        "_sd": with_decoys(fields, len(flow.message.labels)),
        "to": [{"...": value} for value in with_decoys(slots, SLOTS)],
    }
    header = {"alg": key.alg or "Ed25519", "kid": kid, "typ": TYP}
    signed = jws.serialize_compact(header, dumps(payload).encode(), key, algorithms=["Ed25519"])
    return "~".join([signed, *fields, *slots, ""])


@dataclass(frozen=True, slots=True)
class Claimed:
    """What an unverified statement says of itself: enough to find the key, and nothing more."""

    issuer: str
    kid: str
    type: str


def peek(text: str) -> Claimed:
    """Read issuer, key id and type without trusting them. Raises Refused(MALFORMED)."""
    try:
        header, payload, _ = text.partition("~")[0].split(".")
        head, body = loads(unb64(header)), loads(unb64(payload))
        claimed = Claimed(body["iss"], head["kid"], body["vct"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(Reason.MALFORMED, ("statement",)) from error
    if not all(isinstance(part, str) for part in (claimed.issuer, claimed.kid, claimed.type)):
        raise Refused(Reason.MALFORMED, ("statement",))
    return claimed


def verify(text: str, *, key: OKPKey, alg: str, flow: Flow) -> Statement:
    """Check signature, form, digests and digest counts of a whole or cut-down statement.

    `alg` is the algorithm of the registered key; a header that names another is refused (no algorithm confusion).
    Raises Refused: FORGED if the signature is not this key's, MALFORMED for anything else.
    """
    signed, *disclosed = text.split("~")
    if not disclosed or disclosed.pop() != "":
        raise Refused(Reason.MALFORMED, ("statement",))
    try:
        checked = jws.deserialize_compact(signed, key, algorithms=[alg])
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Refused(Reason.FORGED) from error
    header = checked.headers()
    if set(header) != HEADER or header["typ"] != TYP or header["alg"] != alg:
        raise Refused(Reason.FORGED)
    try:
        claims = loads(checked.payload)
        disclosures = tuple(_read(part) for part in disclosed)
        _check_claims(claims, flow)
        _check_digests(claims, disclosures)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(Reason.MALFORMED, ("statement",)) from error
    return Statement(signed=signed, claims=cast("dict[str, Any]", claims), disclosures=disclosures)


def _read(text: str) -> Disclosure:
    parts = loads(unb64(text))
    match parts:
        case [str(salt), str(name), value] if _SALT.fullmatch(salt):
            return Disclosure(text, salt, name, value)
        case [str(salt), dict(value)] if _SALT.fullmatch(salt):
            return Disclosure(text, salt, None, value)
        case _:
            raise ValueError("a disclosure is [salt, name, value] or [salt, element]")


def _is_uuid(text: str) -> bool:
    return str(UUID(text)) == text


def _check_claims(claims: Mapping[str, Any], flow: Flow) -> None:
    if set(claims) != CLAIMS or claims["_sd_alg"] != ALG or claims["vct"] != flow.type:
        raise ValueError("claims are not exactly those of this type")
    if not (_is_uuid(claims["jti"]) and _is_uuid(claims["sub"]) and re.fullmatch(ORGANISATION, claims["own"])):
        raise ValueError("an id is not one")
    if not isinstance(claims["iat"], int) or isinstance(claims["iat"], bool) or not 0 < claims["iat"] < 1 << 33:
        raise ValueError("iat is not a time")
    if len(claims["_sd"]) != len(flow.message.labels) or len(claims["to"]) != SLOTS:
        raise ValueError("digest count is not that of this type version")


def _check_digests(claims: Mapping[str, Any], disclosures: tuple[Disclosure, ...]) -> None:
    fields, slots = list(claims["_sd"]), [slot["..."] for slot in claims["to"]]
    if not all(_DIGEST.fullmatch(value) for value in (*fields, *slots)) or any(len(slot) != 1 for slot in claims["to"]):
        raise ValueError("a digest is not one, or has something beside it")
    if len({*fields, *slots}) != len(fields) + len(slots):
        raise ValueError("a digest appears twice")
    if fields != sorted(fields) or slots != sorted(slots):
        raise ValueError("digests are not sorted, so their order could tell decoys from fields")
    if len({d.salt for d in disclosures}) != len(disclosures):
        raise ValueError("a salt appears twice, so one disclosure would tell of another")
    names = [d.name for d in disclosures if d.name is not None]
    if len(set(names)) != len(names):
        raise ValueError("a field is disclosed twice")
    for disclosure in disclosures:
        if disclosure.digest not in (slots if disclosure.name is None else fields):
            raise ValueError("a disclosure that was not signed")
