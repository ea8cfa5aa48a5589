"""Write docs/wire-vectors.json anew: `python -m tests.make_vectors`.

Everything is fixed except the sealing, which is random by nature: a sealed value that still opens to the same bytes is
kept, so running this twice changes nothing.
"""

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwe
from joserfc.errors import JoseError

from broker import envelope, topics
from broker.errors import Reason
from broker.registry import KeyUse
from broker.schemas.catalogue import BY_TYPE
from broker.sealing import CONTENT, COVER, SEAL, SMALLEST_BUCKET, padded, seal, sign_cover
from broker.state import WINDOW
from broker.statement import TYP, b64, dumps, loads, sign, unb64, verify
from tests.fixed import NOW, documents, parsed, private, public_key, signer, stream, uuid
from tests.personas import ACLAND, BROKER, HEATH, MET, Json

VECTORS = Path(__file__).parents[1] / "docs" / "wire-vectors.json"
TYPE = "uk.safeguarding.encompass.notification-issued.v1"
FLOW = BY_TYPE[TYPE]
NOTICE = (
    "TEST KEYS. Every private key here is public knowledge: never register one, never sign or seal real data with one. "
    "The child is invented. Words of the broker inside a delivery are examples; their form is what is fixed."
)
SHOWN = frozenset({"familyName", "givenNames", "dateOfBirth", "childPresence", "occurredFrom", "adults"})
MURMUR2 = ("21", "foobar", "a-little-bit-long-string", "abc")
"""From the unit tests of Apache Kafka itself."""


def document() -> Json:
    """The message of these vectors: to two schools, some optional fields left out."""
    whole, least = documents()[TYPE]
    also = ("givenNames", "alsoKnownAs", "childVoice", "adults")
    return {**whole, "content": {**least["content"], **{name: whole["content"][name] for name in also}}}


def build(previous: Json) -> Json:
    """All vectors; the two sealed values are taken from `previous` if they still hold the same."""
    whole = _statement()
    held = verify(whole, key=private(MET, KeyUse.SIGN), alg="Ed25519", flow=FLOW)
    cut = held.cut(fields=SHOWN, addressee=ACLAND)
    submission = _kept(previous.get("sealing"), {"statement": whole}, BROKER)
    cover = sign_cover(_claims(cut), signer(BROKER))
    delivered = {"cover": cover, "statement": cut}
    header, payload = (unb64(part).decode() for part in held.signed.split(".")[:2])
    return {
        "notice": NOTICE,
        "now": NOW.isoformat(),
        "keys": {
            who: {use: _key(who, use) for use in uses}
            for who, uses in {
                MET: (KeyUse.SIGN, KeyUse.SEAL),
                BROKER: (KeyUse.SIGN, KeyUse.SEAL),
                ACLAND: (KeyUse.SEAL,),
                HEATH: (KeyUse.SEAL,),
            }.items()
        },
        "partition": _partitions(),
        "signing": {
            "document": document(),
            "header": header,
            "payload": payload,
            "disclosures": [
                {"salt": loads(unb64(d.text))[0], "name": d.name, "value": d.value, "text": d.text, "digest": d.digest}
                for d in held.disclosures
            ],
            "statement": whole,
        },
        "record": {
            "topic": topics.submit(FLOW.family),
            "key": _record_key().decode(),
            "partition": topics.partition_of(_record_key(), topics.SUBMIT_PARTITIONS),
            "headers": dict(_headers()),
        },
        "sealing": _sealing({"statement": whole}, submission),
        "delivery": {
            "reader": ACLAND,
            "fields": sorted(SHOWN),
            "cover": cover,
            "claims": _claims(cut),
            "statement": cut,
            "view": _view(cut),
            "sealed": _kept(previous.get("delivery"), delivered, ACLAND),
            "content": {name: value for name, value in held.content.items() if name in SHOWN},
        },
        "refusedStatements": _refused_statements(whole),
        "refusedRecords": _refused_records(submission),
        "refusedDeliveries": _refused_deliveries(delivered),
    }


def _kept(previous: Json | None, value: Json, reader: str) -> str:
    old = (previous or {}).get("sealed")
    if isinstance(old, str) and opened(old, reader) == padded(dumps(value).encode()):
        return old
    return seal(value, public_key(reader, KeyUse.SEAL)).decode()


def opened(sealed: str, reader: str) -> bytes | None:
    """The plaintext with its padding, or None if it does not open."""
    try:
        return jwe.decrypt_compact(sealed, private(reader, KeyUse.SEAL), algorithms=[SEAL, CONTENT]).plaintext
    except (JoseError, ValueError):
        return None


def _statement(**claims: Any) -> str:  # noqa: ANN401 - JSON
    met = signer(MET)
    whole = sign(parsed(document()), FLOW, issuer=MET, key=met.key, kid=met.kid, now=NOW, random=stream("wire vectors"))
    return _resigned(whole, claims=claims) if claims else whole


def _resigned(whole: str, *, claims: Json, header: Json | None = None, by: str = MET) -> str:
    """The same statement with other claims or header, signed again."""
    signed, *rest = whole.split("~")
    head, payload, _ = signed.split(".")
    again = {**loads(unb64(head)), **(header or {})}
    return "~".join([_compact(again, {**loads(unb64(payload)), **claims}, by), *rest])


def _compact(header: Json, payload: Json, by: str) -> str:
    """A compact JWS with any header at all, signed with Ed25519."""
    signed = f"{b64(dumps(header).encode())}.{b64(dumps(payload).encode())}"
    key = private(by, KeyUse.SIGN).private_key
    assert isinstance(key, Ed25519PrivateKey)
    return f"{signed}.{b64(key.sign(signed.encode()))}"


def _record_key() -> bytes:
    return topics.case_key(MET, document()["case"])


def _headers() -> list[tuple[str, str]]:
    made = envelope.headers(event_id=parsed(document()).id, source=MET, event_type=TYPE, at=NOW)
    return [(name, value.decode()) for name, value in made]


def _key(organisation: str, use: KeyUse) -> Json:
    key = private(organisation, use)
    return {
        "kid": key.thumbprint(),
        "alg": public_key(organisation, use).alg,
        "privateTestKey": key.as_dict(private=True),
    }


def _partitions() -> list[Json]:
    texts = (*MURMUR2, _record_key().decode(), f"{BROKER}/x", f"{MET}/{uuid('another case')}")
    return [
        {"key": text, "partitions": size, "partition": topics.partition_of(text.encode(), size)}
        for text in texts
        for size in (topics.SUBMIT_PARTITIONS, topics.MAILBOX_PARTITIONS)
    ]


def _sealing(value: Json, sealed: str) -> Json:
    text = dumps(value)
    plaintext = padded(text.encode())
    return {
        "reader": BROKER,
        "plaintext": text,
        "paddedBytes": len(plaintext),
        "paddedSha256": hashlib.sha256(plaintext).hexdigest(),
        "buckets": {str(size): len(padded(b"x" * size)) for size in (2, SMALLEST_BUCKET, SMALLEST_BUCKET + 1, 70_000)},
        "sealed": sealed,
    }


def _view(statement: str) -> str:
    return hashlib.sha256(statement.encode()).hexdigest()


def _claims(cut: str, audience: str = ACLAND, **changes: Any) -> Json:  # noqa: ANN401 - JSON
    said = document()
    return {
        "iss": BROKER,
        "aud": audience,
        "jti": uuid("delivery"),
        "iat": int(NOW.timestamp()),
        "body": {
            "is": "delivery",
            "from": MET,
            "type": TYPE,
            "title": FLOW.title,
            "message": said["id"],
            "case": said["case"],
            "caseOwner": said["caseOwner"],
            "role": "safeguarding-lead",
            "view": _view(cut),
            "notShown": {name: "not-included" for name in FLOW.message.labels if name not in SHOWN},
            "basis": {"sender": None, "recipient": None},
            "due": None,
            "note": FLOW.note,
            "ring": {"role": "Operation Encompass desk", "telephone": "+442079460901"},
            **changes,
        },
    }


def _flipped(compact: str) -> str:
    """The same JWE with one bit of its tag changed."""
    *rest, tag = compact.split(".")
    data = unb64(tag)
    return ".".join([*rest, b64(bytes([data[0] ^ 1]) + data[1:])])


def _replaced(text: str, name: str, value: object) -> str:
    """The same statement with another value in one disclosure, under the same salt."""
    signed, *disclosed, end = text.split("~")
    changed = [
        b64(dumps([parts[0], name, value]).encode()) if (parts := loads(unb64(one)))[1] == name else one
        for one in disclosed
    ]
    return "~".join([signed, *changed, end])


def _reheaded(sealed: str, **header: str) -> str:
    head, rest = sealed.split(".", 1)
    return f"{b64(dumps({**loads(unb64(head)), **header}).encode())}.{rest}"


def _refused_statements(whole: str) -> list[Json]:
    """Statements that the broker refuses, sealed well or not, each with the reason that its sender is told."""
    signed, *rest = whole.split("~")
    head, payload, signature = signed.split(".")
    claims = loads(unb64(payload))
    other = b64(dumps({**claims, "basis": "LB-E2"}).encode())
    nobody = {"alg": "none", "kid": signer(MET).kid, "typ": TYP}
    old = int((NOW - WINDOW - timedelta(days=1)).timestamp())
    statements: dict[str, tuple[str, Reason]] = {
        "signed by another organisation's key under this sender's key id": (
            _resigned(whole, claims={}, by=BROKER),
            Reason.FORGED,
        ),
        "payload changed under the old signature": ("~".join([f"{head}.{other}.{signature}", *rest]), Reason.FORGED),
        "algorithm none": ("~".join([f"{b64(dumps(nobody).encode())}.{payload}.", *rest]), Reason.FORGED),
        "algorithm EdDSA where the key is registered for Ed25519": (
            _resigned(whole, claims={}, header={"alg": "EdDSA"}),
            Reason.FORGED,
        ),
        "typ of a cover": (_resigned(whole, claims={}, header={"typ": COVER}), Reason.FORGED),
        "value of a disclosure replaced": (_replaced(whole, "givenNames", "Robin"), Reason.MALFORMED),
        "a disclosure twice": ("~".join([signed, rest[0], *rest]), Reason.MALFORMED),
        "a disclosure that was never signed": (
            "~".join([signed, b64(dumps([b64(bytes(16)), "uprn", "1"]).encode()), *rest]),
            Reason.MALFORMED,
        ),
        "one digest too few": (_resigned(whole, claims={"_sd": claims["_sd"][1:]}), Reason.MALFORMED),
        "a digest twice": (_resigned(whole, claims={"_sd": [claims["_sd"][1], *claims["_sd"][1:]]}), Reason.MALFORMED),
        "fields not sorted": (_resigned(whole, claims={"_sd": claims["_sd"][::-1]}), Reason.MALFORMED),
        "recipients not sorted": (_resigned(whole, claims={"to": claims["to"][::-1]}), Reason.MALFORMED),
        "a member too many in the header": (_resigned(whole, claims={}, header={"cty": "json"}), Reason.FORGED),
        "an id in upper case": (_resigned(whole, claims={"jti": claims["jti"].upper()}), Reason.MALFORMED),
        "a claim too many": (_resigned(whole, claims={"exp": 2}), Reason.MALFORMED),
        "no tilde at the end": (whole.rstrip("~"), Reason.MALFORMED),
        "sender nobody has registered": (_resigned(whole, claims={"iss": "police:99"}), Reason.UNKNOWN_SENDER),
        "type version nobody carries": (
            _resigned(whole, claims={"vct": TYPE.replace(".v1", ".v9")}),
            Reason.UNKNOWN_TYPE,
        ),
        "signed eight days ago": (_resigned(whole, claims={"iat": old}), Reason.STALE),
    }
    return [{"name": name, "reason": reason, "statement": text} for name, (text, reason) in statements.items()]


def _refused_records(submission: str) -> list[Json]:
    """Records with a good statement that the broker refuses; what is not named here is as in `record` and `sealing`."""
    headers = dict(_headers())
    bare = {name: value for name, value in headers.items() if name != "ce_id"}
    changed = {**headers, "ce_type": TYPE.replace("issued", "updated")}
    return [
        {"name": "tag changed by one bit", "reason": Reason.UNSEALABLE, "sealed": _flipped(submission)},
        {"name": "compressed", "reason": Reason.UNSEALABLE, "sealed": _reheaded(submission, zip="DEF")},
        {"name": "header names another type", "reason": Reason.MISMATCH, "headers": changed},
        {"name": "a header missing", "reason": Reason.ENVELOPE, "headers": bare},
        {"name": "key of another case", "reason": Reason.WRONG_PARTITION, "key": f"{MET}/{uuid('another case')}"},
    ]


def _refused_deliveries(delivered: Json) -> list[Json]:
    """Values that a reader must refuse although they open with its key, with the reason."""
    cut = delivered["statement"]
    replaced = _replaced(cut, "givenNames", "Robin")
    forged = _resigned(cut, claims={}, by=BROKER)
    less = "~".join(one for n, one in enumerate(cut.split("~")) if n != 1)

    def covered(text: str, **claims: Any) -> Json:  # noqa: ANN401 - JSON
        return {"cover": sign_cover({**_claims(text), **claims}, signer(BROKER)), "statement": text}

    header = {"alg": "Ed25519", "kid": signer(BROKER).kid, "typ": COVER}
    by_police = _compact(header, _claims(cut), MET)
    values: dict[str, tuple[Json, str, Reason]] = {
        "passed on by its reader to another": (delivered, HEATH, Reason.MISMATCH),
        "cover not signed by the broker": ({"cover": by_police, "statement": cut}, ACLAND, Reason.FORGED),
        "a field taken away after the broker had signed": ({**delivered, "statement": less}, ACLAND, Reason.MISMATCH),
        "value replaced, and the broker signed it": (covered(replaced), ACLAND, Reason.MALFORMED),
        "statement not signed by its sender, and the broker signed it": (covered(forged), ACLAND, Reason.FORGED),
        "cover names another sender": (
            covered(cut, body={**_claims(cut)["body"], "from": "police:41"}),
            ACLAND,
            Reason.MISMATCH,
        ),
        "no cover": ({"statement": cut}, ACLAND, Reason.MALFORMED),
    }
    return [
        {"name": name, "reader": reader, "reason": reason, "value": value}
        for name, (value, reader, reason) in values.items()
    ]


def read() -> Json:
    """The vectors as they are on disk; empty if there are none."""
    found: Json = json.loads(VECTORS.read_text()) if VECTORS.exists() else {}
    return found


def text(vectors: Json) -> str:
    """As they are written."""
    return json.dumps(vectors, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write them."""
    VECTORS.write_text(text(build(read())))


if __name__ == "__main__":
    main()
