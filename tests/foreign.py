"""Another sender's system: it holds a real key and signs whatever it is given. Nothing is validated on this side."""

import json
import secrets
from typing import Any
from uuid import UUID

from joserfc import jws

from broker import envelope, topics
from broker.exchange import Incoming
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.message import SEGMENTS, SLOTS
from broker.statement import ALG, TYP, b64, digest
from tests.personas import MET
from tests.world import Json, World

ANY_ID = UUID(int=0)


def statement(world: World, document: Json, sender: str = MET, **claims: Any) -> str:  # noqa: ANN401 - JSON
    """The document as a signed statement; `claims` replace what would be claimed."""
    flow = BY_TYPE.get(document["type"])
    fields, segments = [], []
    for name, value in document["content"].items():
        if flow and name in flow.message.segmented and isinstance(value, list):
            mine = [_disclosure(one) for one in value]
            decoys = [digest(secrets.token_hex()) for _ in range(SEGMENTS - len(mine))]
            fields.append(_disclosure(name, [{"...": one} for one in [*map(digest, mine), *decoys]]))
            segments += mine
        else:
            fields.append(_disclosure(name, value))
    lines = [_disclosure(line) for line in document["to"]]
    payload = {
        "iss": sender,
        "jti": document["id"],
        "sub": document["case"],
        "own": document["caseOwner"],
        "iat": int(world.now.timestamp()),
        "vct": document["type"],
        "basis": document["basis"],
        "_sd_alg": ALG,
        "_sd": _digests(fields, len(flow.message.labels) if flow else len(fields)),
        "to": [{"...": value} for value in _digests(lines, SLOTS)],
        **claims,
    }
    member = world.registry.get(sender)
    assert member is not None
    roles = flow.signed_by if flow else frozenset()
    signer = next(
        (one for role, one in world.home.people(member, world.now).items() if role in roles),
        world.home.signer(member, world.now),
    )
    header = {"alg": "Ed25519", "kid": signer.kid, "typ": TYP}
    signed = jws.serialize_compact(header, json.dumps(payload).encode(), signer.key, algorithms=["Ed25519"])
    return "~".join([signed, *fields, *segments, *lines, ""])


def record(world: World, document: Json, sender: str = MET, **claims: Any) -> Incoming:  # noqa: ANN401 - JSON
    """The document as it reaches the broker, with headers, key and partition that agree with it."""
    value = world.sealed({"statement": statement(world, document, sender, **claims)})
    key = topics.case_key(document["caseOwner"], document["case"])
    headers = envelope.headers(event_id=ANY_ID, source=sender, event_type=document["type"], at=world.now)
    return Incoming(
        partition=topics.partition_of(key, topics.SUBMIT_PARTITIONS),
        partitions=topics.SUBMIT_PARTITIONS,
        key=key,
        headers=[(name, document["id"].encode() if name == "ce_id" else text) for name, text in headers],
        value=value,
    )


def _disclosure(*parts: object) -> str:
    return b64(json.dumps([b64(secrets.token_bytes(16)), *parts]).encode())


def _digests(texts: list[str], size: int) -> list[str]:
    return sorted([*(digest(text) for text in texts), *(digest(secrets.token_hex()) for _ in range(size - len(texts)))])
