"""Free text on its way: what the worker asks of the screening, what the screening answers, what goes to whom.

Both ways it travels sealed to the broker, with the sender's whole statement beside it; the answer is signed, so that
nobody who may write to a submit topic can pass off text as read.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, ValidationError
from pydantic_core import to_json

from broker import envelope, topics
from broker.errors import Reason, Refused
from broker.registry import KeyUse, Organisation, PublicKey
from broker.schemas.message import Block, OrganisationId
from broker.sealing import SCREENED, Signer, read_cover, seal, sign_cover
from broker.segments import Segment
from broker.statement import loads, unb64
from broker.words import Judged

Body = dict[str, Any]
GROUP = "screening"
"""The group in which screening processes share what is to be read."""


class Asked(Block):
    """For one recipient: which free text is to be read, and what it is shown of the rest.

    `instead_of`: the setting for which it is told, if it stands in for one: it may be told in other capacities too.
    """

    organisation: OrganisationId
    instead_of: OrganisationId | None = None
    name: str
    shown: tuple[str, ...]
    pending: tuple[str, ...]


class Request(Block):
    """What the worker asks: the whole statement, when it was accepted, and for whom."""

    statement: str
    at: AwareDatetime
    owner: OrganisationId
    case: str
    lines: tuple[Asked, ...]


class ForOne(Block):
    """For one recipient: the verdict on each segment of each field, in their order."""

    organisation: OrganisationId
    instead_of: OrganisationId | None = None
    fields: Mapping[str, tuple[Segment, ...]]


class Answer(Block):
    """What the screening says of one message. `statement`: the digest of what it has read."""

    owner: OrganisationId
    case: str
    message: str
    statement: str
    lines: tuple[ForOne, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that the broker's own screening has signed, and the statement that it is about."""

    answer: Answer
    statement: str


def request(statement: str, owner: str, case: str, judged: Sequence[Judged], now: datetime) -> Body:
    """The body of a record on `screen`: for each of these recipients, what is pending there."""
    lines = [
        {
            "organisation": one.organisation.id,
            "insteadOf": one.instead_of,
            "name": one.organisation.name,
            "shown": sorted(one.shown.fields),
            "pending": sorted(one.shown.pending),
        }
        for one in judged
        if one.organisation is not None
    ]
    return {"statement": statement, "at": now.isoformat(), "owner": owner, "case": case, "lines": lines}


def digest(statement: str) -> str:
    """What an answer is bound to: the whole statement, disclosures and all."""
    return hashlib.sha256(statement.encode()).hexdigest()


def read_request(opened: object) -> Request:
    """What the worker asked. Raises Refused(MALFORMED)."""
    try:
        return Request.model_validate_json(to_json(opened))
    except ValidationError as error:
        raise Refused(Reason.MALFORMED, ("screen",)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One record ready for Kafka, from the screening back to the worker."""

    topic: str
    partition: int
    key: bytes
    headers: Sequence[tuple[str, bytes]]
    value: bytes


def answered(
    asked: Request, message: str, family: str, lines: Sequence[ForOne], *, signer: Signer, to: PublicKey, now: datetime
) -> Read:
    """Sign an answer and seal it. `signer` and `to` are the broker's own."""
    answer = Answer.model_validate(
        {
            "owner": asked.owner,
            "case": asked.case,
            "message": message,
            "statement": digest(asked.statement),
            "lines": tuple(lines),
        }
    )
    signed = sign_cover(answer.model_dump(mode="json", by_alias=True), signer, SCREENED)
    key = topics.case_key(asked.owner, asked.case)
    return Read(
        topic=topics.submit(family),
        partition=topics.partition_of(key, topics.SUBMIT_PARTITIONS),
        key=key,
        headers=envelope.headers(event_id=message, source=signer.organisation, event_type=envelope.SCREENED, at=now),
        value=seal({"screened": signed, "statement": asked.statement}, to),
    )


def read_answer(opened: Mapping[str, Any], broker: Organisation | None) -> Answered:
    """Verify what claims to be the screening's answer. Raises Refused: FORGED or MALFORMED."""
    text, statement = opened.get("screened"), opened.get("statement")
    if not isinstance(text, str) or not isinstance(statement, str):
        raise Refused(Reason.MALFORMED, ("screened",))
    try:
        kid = loads(unb64(text.partition(".")[0]))["kid"]
        keys = broker.keys if broker else ()
        key = next(one for one in keys if (one.kid, one.use) == (kid, KeyUse.SIGN) and one.revoked_at is None)
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise Refused(Reason.FORGED) from error
    said = read_cover(text, key, SCREENED)
    try:
        answer = Answer.model_validate_json(to_json(said))
    except ValidationError as error:
        raise Refused(Reason.MALFORMED, ("screened",)) from error
    if answer.statement != digest(statement):
        raise Refused(Reason.FORGED)
    return Answered(answer, statement)
