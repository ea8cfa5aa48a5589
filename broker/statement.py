"""The signed statement: one child, one signature by the sender, every field separately withholdable (RFC 9901).

Each labelled field is a salted disclosure of its own, each line of `to` is an array element of its own, and so is each
segment of a narrative, inside the disclosure of its field: the broker can withhold any of them and alter none. The
number of digests is fixed per type version: a field that is absent and a slot that is unused are decoys, so a cut-down
copy does not tell how much is missing.

`read_disclosure` and `reveal` are RFC 9901 as it stands, for any payload; `verify` adds our narrower form on top.

Pure: bytes and keys in, values out. What a reader does with the content is the business of `broker.exchange`.
"""

import binascii
import hashlib
import json
import math
import re
import secrets
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple, NoReturn

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic_core import from_json

from broker.errors import Reason, Refused
from broker.schemas.message import ORGANISATION, SEGMENTS, SLOTS, Flow, Message, Submission

TYP = "safeguarding+sd-jwt"
ALG = "sha-256"
SALT_BYTES = 16
MAX_BYTES = 256 * 1024
MAX_STATEMENT = 96 * 1024
"""Leaves room for the broker's words in the same padded bucket, so that whatever is accepted can also be opened."""
CLAIMS = frozenset({"iss", "jti", "sub", "own", "iat", "vct", "basis", "_sd_alg", "_sd", "to"})
HEADER = frozenset({"alg", "kid", "typ"})
DEEPEST = 32
"""Levels of JSON that are read. Ours has fewer than ten; deeper text would exhaust whoever walks it later."""
DIGEST_LENGTH, SALT_LENGTH = 43, 22
"""Characters of base64url."""
_URL_SAFE = (string.ascii_letters + string.digits + "-_").encode()
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ORGANISATION = re.compile(ORGANISATION)
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_+/=", b"+/---")  # what is no base64url becomes what is no base64
Random = Callable[[int], bytes]


def b64(data: bytes) -> str:
    """Base64url without padding (RFC 7515)."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Strict inverse of `b64`. Raises ValueError for anything that `b64` does not write."""
    try:
        given = text.encode("ascii")
        plain = given.translate(_FROM_URL) + b"=" * (-len(given) % 4)
        data = binascii.a2b_base64(plain, strict_mode=True)
    except ValueError as error:
        raise ValueError("not base64url") from error
    if binascii.b2a_base64(data, newline=False) != plain:
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


def _inside(value: object) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()


def _shallow(value: object) -> bool:
    level, levels = [value], 0
    while level := [inner for one in level for inner in _inside(one)]:
        levels += 1
        if levels > DEEPEST:
            return False
    return True


def _refuse(_: str) -> NoReturn:
    raise ValueError("not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


_JSON = json.JSONDecoder(object_pairs_hook=_no_duplicates, parse_constant=_refuse, parse_float=_finite)
_SPACE = " \t\n\r"


def loads(data: str | bytes) -> Any:  # noqa: ANN401 - JSON
    """JSON in UTF-8 without duplicate keys, non-finite numbers or more than DEEPEST levels. Raises ValueError."""
    if isinstance(data, bytes) and data.count(b"[") == 1 and b"{" not in data:  # a flat list: nothing can come twice
        flat = from_json(data, allow_inf_nan=False)
        if float not in set(map(type, flat)):  # one that is too large to be finite
            return flat
    text = (data if isinstance(data, str) else data.decode()).strip(_SPACE)
    try:
        value, end = _JSON.raw_decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if end != len(text):
        raise ValueError("something stands after the value")
    if text.count("[") + text.count("{") > DEEPEST and not _shallow(value):
        raise ValueError("nested too deeply")
    return value


_TEXT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def dumps(value: Any) -> str:  # noqa: ANN401 - JSON
    """The one JSON form that is signed: no spaces, UTF-8 as it is, keys in the order given."""
    return _TEXT.encode(value)


class Disclosure(NamedTuple):
    """One salted value. `name` is None for an element of an array."""

    text: str
    salt: str
    name: str | None
    value: Any
    digest: str
    """What stands for it in the signed payload."""


Kept = Mapping[str, frozenset[int]]
"""Wire name of a narrative -> which of its segments, counted from 1 as the sender gave them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A verified statement, whole or cut down. `segments`: of each narrative that is disclosed here, in their order."""

    signed: str
    claims: Mapping[str, Any]
    fields: tuple[Disclosure, ...]
    lines: tuple[Disclosure, ...]
    segments: Mapping[str, tuple[Disclosure, ...]]

    @property
    def disclosures(self) -> tuple[Disclosure, ...]:
        """All, of whatever kind."""
        return (*self.fields, *(one for each in self.segments.values() for one in each), *self.lines)

    @property
    def content(self) -> dict[str, Any]:
        """Wire name -> value of every field that is disclosed here; of a narrative, the segments that are."""
        if not self.segments:
            return {d.name: d.value for d in self.fields if d.name is not None}
        parts = self.segments
        return {
            d.name: [one.value for one in parts[d.name]] if d.name in parts else d.value
            for d in self.fields
            if d.name is not None
        }

    @property
    def to(self) -> list[dict[str, Any]]:
        """Every line of `to` that is disclosed here."""
        return [d.value for d in self.lines]

    @property
    def issued_at(self) -> datetime:
        """When the sender says that it signed."""
        return datetime.fromtimestamp(self.claims["iat"], UTC)

    def cut(self, *, fields: frozenset[str], addressee: str, segments: Kept | None = None) -> str:
        """The same signed statement with only these fields, and only this organisation's line of `to`.

        `segments`: the only ones that are left of a narrative that is among the fields; None: all.
        """
        kept = [d.text for d in self.fields if d.name in fields]
        for name, parts in self.segments.items():
            if name in fields:
                left = frozenset(range(1, len(parts) + 1)) if segments is None else segments.get(name, frozenset())
                kept += [one.text for number, one in enumerate(parts, 1) if number in left]
        kept += [d.text for d in self.lines if d.value.get("organisation") == addressee]
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

    def salted(*parts: Any) -> str:  # noqa: ANN401 - JSON
        return b64(dumps([b64(random(SALT_BYTES)), *parts]).encode())

    def decoy() -> str:
        return b64(hashlib.sha256(random(32)).digest())

    def with_decoys(real: Sequence[str], size: int) -> list[str]:
        return sorted([digest(text) for text in real] + [decoy() for _ in range(size - len(real))])

    fields, inside = [], []
    for name, value in content.items():
        if name in flow.message.segmented:
            parts = [salted(segment) for segment in value]
            inside += parts
            held_by = [digest(part) for part in parts]
            places = sorted(sorted(range(SEGMENTS), key=lambda _: random(4))[: len(parts)])  # the order stays, no more
            slots_of_it = [decoy() for _ in range(SEGMENTS)]
            for place, one in zip(places, held_by, strict=True):
                slots_of_it[place] = one
            fields.append(salted(name, [{"...": one} for one in slots_of_it]))
        else:
            fields.append(salted(name, value))
    slots = [salted(line) for line in lines]
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
    signed = jws.serialize_compact(header, dumps(payload).encode(), key, registry=_only("Ed25519"))
    return "~".join([signed, *fields, *inside, *slots, ""])


@dataclass(frozen=True, slots=True)
class Claimed:
    """What an unverified statement says of itself: enough to find the key, and nothing more."""

    issuer: str
    kid: str
    type: str
    text: str = field(repr=False)
    header: Mapping[str, Any] = field(repr=False)
    """As read from `text`, like `claims`: so that `verify` need not read them again. Nothing else may read them."""
    claims: Mapping[str, Any] = field(repr=False)


def peek(text: str) -> Claimed:
    """Read issuer, key id and type without trusting them. Raises Refused(MALFORMED)."""
    try:
        head, payload, _ = text.partition("~")[0].split(".")
        header, claims = loads(unb64(head)), loads(unb64(payload))
        issuer, kid, name = claims["iss"], header["kid"], claims["vct"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(Reason.MALFORMED, ("statement",)) from error
    if not (isinstance(issuer, str) and isinstance(kid, str) and isinstance(name, str)):
        raise Refused(Reason.MALFORMED, ("statement",))
    return Claimed(issuer, kid, name, text, header, claims)


def verify(statement: str | Claimed, *, key: OKPKey, alg: str, flow: Flow) -> Statement:
    """Check signature, form, digests and digest counts of a whole or cut-down statement.

    `statement`: its text, or what `peek` read of it. `alg` is the algorithm of the registered key; a header that names
    another is refused (no algorithm confusion).

    Raises Refused: FORGED if the signature is not this key's, MALFORMED for anything else.
    """
    claimed = peek(statement) if isinstance(statement, str) else statement
    claims = claimed.claims
    signed, *disclosed = claimed.text.split("~")
    if not disclosed or disclosed.pop() != "":
        raise Refused(Reason.MALFORMED, ("statement",))
    try:
        _check_signature(signed, claimed.header, key, alg, TYP)
    except ValueError as error:
        raise Refused(Reason.FORGED) from error
    try:
        disclosures = tuple([read_disclosure(part) for part in disclosed])
        _check_claims(claims, flow)
        _check_digests(claims)
        _check_salts(disclosures)
        return _placed(signed, claims, reveal(claims, disclosures), disclosures, flow.message.segmented)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(Reason.MALFORMED, ("statement",)) from error


def read_jws(text: str, key: OKPKey, alg: str, typ: str) -> bytes:
    """The payload of a JWS that this key signed, with this algorithm, as this type. Raises ValueError for any other.

    The library reads padded and otherwise odd base64 too; we read the one form that every reader reads.
    """
    head, payload, _ = text.split(".")
    data = unb64(payload)
    _check_signature(text, loads(unb64(head)), key, alg, typ)
    return data


def _check_signature(text: str, header: object, key: OKPKey, alg: str, typ: str) -> None:
    """`header`: of this text, as we read it. Raises ValueError."""
    unb64(text.rpartition(".")[2])
    if not isinstance(header, dict) or set(header) != HEADER or (header["alg"], header["typ"]) != (alg, typ):
        raise ValueError("a header has exactly the algorithm of the key, its id, and the type")
    try:
        jws.deserialize_compact(text, key, registry=_only(alg))
    except (JoseError, TypeError, KeyError, AttributeError) as error:
        raise ValueError("not signed by this key") from error


@cache
def _only(alg: str) -> jws.JWSRegistry:
    return jws.JWSRegistry(algorithms=[alg])


def read_disclosure(text: str) -> Disclosure:
    """RFC 9901, section 4.2: base64url of `[salt, name, value]` or `[salt, element]`. Raises ValueError."""
    match loads(unb64(text)):
        case [salt, name, value] if isinstance(salt, str) and isinstance(name, str):
            return Disclosure(text, salt, name, value, digest(text))
        case [salt, value] if isinstance(salt, str):
            return Disclosure(text, salt, None, value, digest(text))
    raise ValueError("a disclosure is [salt, name, value] or [salt, element]")


def reveal(payload: Mapping[str, Any], disclosures: Sequence[Disclosure]) -> dict[str, Any]:
    """RFC 9901, section 7.1, step 3: the payload with every disclosed value in its place, and no digests.

    Raises ValueError for whatever the standard says to reject: a digest that appears twice, a disclosure that no digest
    stands for, one of the wrong kind for its place, or a name that is reserved or already there.
    """
    if payload.get("_sd_alg", ALG) != ALG:
        raise ValueError("digests of another algorithm")
    reader = _Reader({one.digest: one for one in disclosures})
    revealed: dict[str, Any] = reader.read({name: value for name, value in payload.items() if name != "_sd_alg"})
    if reader.placed != len(disclosures):
        raise ValueError("a disclosure that was not signed, or that comes twice")
    return revealed


_NESTED = (dict, list)


class _Reader:
    """One pass over a payload: which disclosures there are, and which digests have been met."""

    def __init__(self, by_digest: Mapping[str, Disclosure]) -> None:
        self._by_digest = by_digest
        self._met: set[str] = set()
        self.placed = 0

    def read(self, value: Any, level: int = 0) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(value, _NESTED):
            return value
        if level >= DEEPEST:
            raise ValueError("nested too deeply")
        return self._object(value, level + 1) if isinstance(value, dict) else self._array(value, level + 1)

    def _object(self, value: dict[str, Any], level: int) -> dict[str, Any]:
        made = value.copy()
        digests = made.pop("_sd", None)
        if "..." in made:
            raise ValueError("the digest of an element is not in a list")
        for name, inner in made.items():
            if isinstance(inner, _NESTED):
                made[name] = self.read(inner, level)
        for one in self._find(digests) if "_sd" in value else ():
            if one.name is None or one.name in {"_sd", "..."} or one.name in made:
                raise ValueError("an element as a claim, or a name that is reserved or comes twice")
            made[one.name] = self.read(one.value, level)
        return made

    def _array(self, value: list[Any], level: int) -> list[Any]:
        slots = [item for item in value if isinstance(item, dict) and "..." in item]
        if not slots:
            return [self.read(item, level) for item in value]
        if any(len(slot) != 1 for slot in slots):
            raise ValueError("something stands beside the digest of an element")
        found = {one.digest: one for one in self._find([slot["..."] for slot in slots])}
        if any(one.name is not None for one in found.values()):
            raise ValueError("a claim as an element")
        made = []
        for item in value:
            if not isinstance(item, dict) or "..." not in item:
                made.append(self.read(item, level))
            elif item["..."] in found:
                made.append(self.read(found[item["..."]].value, level))
        return made

    def _find(self, digests: Any) -> list[Disclosure]:  # noqa: ANN401 - JSON
        """The disclosures that these digests stand for; the other digests are decoys, or of what was cut."""
        if not isinstance(digests, list) or not set(map(type, digests)) <= {str}:
            raise ValueError("digests are no list of texts")
        fresh = set(digests)
        if len(fresh) != len(digests) or not fresh.isdisjoint(self._met):
            raise ValueError("a digest appears twice")
        self._met |= fresh
        found = [self._by_digest[one] for one in digests if one in self._by_digest]
        self.placed += len(found)
        return found


def _check_claims(claims: Mapping[str, Any], flow: Flow) -> None:
    if set(claims) != CLAIMS or claims["_sd_alg"] != ALG or claims["vct"] != flow.type:
        raise ValueError("claims are not exactly those of this type")
    ids = _UUID.fullmatch(claims["jti"]) and _UUID.fullmatch(claims["sub"])
    if not ids or not _ORGANISATION.fullmatch(claims["own"]):
        raise ValueError("an id is not one")
    if not isinstance(claims["iat"], int) or isinstance(claims["iat"], bool) or not 0 < claims["iat"] < 1 << 33:
        raise ValueError("iat is not a time")
    if len(claims["_sd"]) != len(flow.message.labels) or len(claims["to"]) != SLOTS:
        raise ValueError("digest count is not that of this type version")


def _check_digests(claims: Mapping[str, Any]) -> None:
    fields, slots = list(claims["_sd"]), [slot["..."] for slot in claims["to"]]
    if not _are_url_safe([*fields, *slots], DIGEST_LENGTH):
        raise ValueError("a digest is not one")
    if fields != sorted(fields) or slots != sorted(slots):
        raise ValueError("digests are not sorted, so their order could tell decoys from fields")


def _are_url_safe(texts: Sequence[str], length: int) -> bool:
    """Whether each is that many characters of base64url."""
    return set(map(len, texts)) <= {length} and not "".join(texts).encode().translate(None, _URL_SAFE)


def _check_salts(disclosures: tuple[Disclosure, ...]) -> None:
    salts = [one.salt for one in disclosures]
    if not _are_url_safe(salts, SALT_LENGTH):
        raise ValueError("a salt is not 16 bytes")
    if len(set(salts)) != len(salts):
        raise ValueError("a salt appears twice, so one disclosure would tell of another")


def _placed(
    signed: str,
    claims: Mapping[str, Any],
    revealed: Mapping[str, Any],
    disclosures: tuple[Disclosure, ...],
    segmented: frozenset[str],
) -> Statement:
    """The statement, with every disclosure where it belongs. Raises ValueError for digests where none may stand."""
    fields = tuple([one for one in disclosures if one.name is not None])
    elements = {one.digest: one for one in disclosures if one.name is None}
    segments = {}
    for one in fields:
        if one.name in segmented:
            segments[one.name] = _segments(one.value, elements)
        elif one.value != revealed[str(one.name)]:
            raise ValueError("digests inside what is disclosed, which would not be cut with it")
    slots = [slot["..."] for slot in claims["to"]]
    lines = tuple([one for one in disclosures if one.name is None and one.digest in slots])
    if not all(isinstance(line.value, dict) for line in lines):
        raise ValueError("a line of `to` is no object")
    if [elements[one].value for one in slots if one in elements] != revealed["to"]:
        raise ValueError("digests inside a line of `to`")
    return Statement(signed=signed, claims=claims, fields=fields, lines=lines, segments=segments)


def _segments(slots: list[dict[str, str]], elements: Mapping[str, Disclosure]) -> tuple[Disclosure, ...]:
    """The segments of one narrative that are disclosed, in their order. Raises ValueError or KeyError."""
    digests = [slot["..."] for slot in slots]
    if len(digests) != SEGMENTS or not _are_url_safe(digests, DIGEST_LENGTH):
        raise ValueError("a narrative is so many digests and nothing else")
    found = tuple([elements[one] for one in digests if one in elements])
    if not all(isinstance(one.value, str) for one in found):
        raise ValueError("a segment is no text")
    return found
