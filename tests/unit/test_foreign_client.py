"""A client written from docs/wire.md alone, with a foreign JOSE library and none of our code, is understood.

Only the test keys come from us. What it writes by hand is what a supplier in another language writes.
"""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from typing import Any

from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from broker import topics
from broker.exchange import Incoming
from broker.schemas.catalogue import CATALOGUE
from broker.schemas.message import Flow
from broker.state import Cabinet
from tests.fixed import NOW, agency, documents, exchange
from tests.make_vectors import read
from tests.personas import ACLAND, BROKER, MET, Json

KEYS: Json = read()["keys"]


def _key(who: str, use: str) -> Any:  # noqa: ANN401 - the library has no types
    return JWK(**KEYS[who][use]["privateTestKey"])


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _hash(data: bytes) -> str:
    return _b64(hashlib.sha256(data).digest())


FREE_TEXT = ("childVoice", "circumstances", "supportSuggestion")


def _salted(*parts: object) -> str:
    return _b64(json.dumps([_b64(secrets.token_bytes(16)), *parts]).encode())


def _statement(document: Json, fields: int) -> str:
    """Section 3."""
    texts, segments = [], []
    for name, value in document["content"].items():
        if name in FREE_TEXT:
            mine = [_salted(one) for one in value]
            slots = [_hash(secrets.token_bytes(32)) for _ in range(8)]
            for place, one in zip(sorted(secrets.SystemRandom().sample(range(8), len(mine))), mine, strict=True):
                slots[place] = _hash(one.encode())
            segments += mine
            texts.append(_salted(name, [{"...": one} for one in slots]))
        else:
            texts.append(_salted(name, value))
    lines = [_salted(line) for line in document["to"]]

    def digests(of: list[str], size: int) -> list[str]:
        decoys = [_hash(secrets.token_bytes(32)) for _ in range(size - len(of))]
        return sorted([_hash(text.encode()) for text in of] + decoys)

    payload = {
        "vct": document["type"],
        "jti": document["id"],
        "sub": document["case"],
        "own": document["caseOwner"],
        "iss": MET,
        "iat": int(NOW.timestamp()),
        "basis": document["basis"],
        "to": [{"...": one} for one in digests(lines, 4)],
        "_sd": digests(texts, fields),
        "_sd_alg": "sha-256",
    }
    header = {"typ": "safeguarding+sd-jwt", "alg": "Ed25519", "kid": KEYS[MET]["sign"]["kid"]}
    made = JWS(json.dumps(payload, indent=1).encode())
    made.add_signature(_key(MET, "sign"), alg=None, protected=json.dumps(header))
    return "~".join([made.serialize(compact=True), *lines, *texts, *segments, ""])


def _sealed(value: Json) -> str:
    """Section 4."""
    plaintext = json.dumps(value).encode()
    size = 4096
    while size < len(plaintext):
        size *= 2
    header = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": KEYS[BROKER]["seal"]["kid"], "cty": "json"}
    made = JWE(plaintext.ljust(size), json.dumps(header))
    made.add_recipient(_key(BROKER, "seal"))
    sealed: str = made.serialize(compact=True)
    return sealed


def _record(document: Json, flow: Flow) -> Incoming:
    """Section 2."""
    properties = flow.message.model_json_schema(by_alias=True)["properties"]
    headers = {
        "content-type": "application/jose",
        "ce_type": document["type"],
        "ce_source": MET,
        "ce_id": document["id"],
        "ce_specversion": "1.0",
    }
    key = f"{document['caseOwner']}/{document['case']}".encode()
    return Incoming(
        partition=topics.partition_of(key, topics.SUBMIT_PARTITIONS),
        partitions=topics.SUBMIT_PARTITIONS,
        key=key,
        headers=[(name, said.encode()) for name, said in headers.items()],
        value=_sealed({"statement": _statement(document, len(properties))}).encode(),
    )


def test_what_it_submits_is_carried_and_verified_by_the_recipient() -> None:
    flow = CATALOGUE[0]
    document = documents()[flow.type][0]
    carried = exchange().carry(_record(document, flow), Cabinet(), NOW)
    assert carried.line.status == "shared"
    out = next(one for one in carried.outgoing if one.key == ACLAND.encode())
    opened = agency(ACLAND).open_delivery(out.value, NOW)
    assert opened.verified == (BROKER.partition(":")[0], MET)
    assert opened.content == {name: document["content"][name] for name in opened.content}
    assert "familyName" in opened.content


def test_what_it_submits_twice_acts_once() -> None:
    flow = CATALOGUE[0]
    record = _record(documents()[flow.type][0], flow)
    memory, procedure = Cabinet(), exchange()
    first = procedure.carry(record, memory, NOW)
    memory.remember(*first.remember)
    again = procedure.carry(record, memory, NOW)
    assert (first.line.status, again.line.status) == ("shared", "repeated")
