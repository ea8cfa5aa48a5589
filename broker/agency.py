"""What an agency's own system does: sign and seal a message, open and verify a delivery. No Kafka, no root, no Java.

A police system uses `submit`, a school's system `open_delivery`. Suppliers in other languages: docs/wire.md.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from broker import envelope, topics
from broker.errors import Reason, Refused
from broker.judge import Parsed, parse
from broker.registry import KeyUse, Organisation, PublicKey, Registry
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.message import Flow
from broker.schemas.terms import Kind, PersonRole
from broker.sealing import KeyRing, Signer, public, said_by, seal, unseal
from broker.statement import MAX_STATEMENT, peek, sign, verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """One record, ready for Kafka. Publish `value` again byte for byte to retry: it cannot act twice.

    `statement`: what was signed, whole. Keep it: receipts are proved against it.
    """

    topic: str
    key: bytes
    headers: Sequence[tuple[str, bytes]]
    value: bytes
    message: str
    case: str
    statement: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One delivery, opened and verified. `content`: what the sender signed and this reader may see.

    `at`: when the broker sent it. `statement`: the signed original, cut down. Keep it as evidence of what was said.
    """

    id: str
    body: Mapping[str, Any]
    content: Mapping[str, Any]
    to: Sequence[Mapping[str, Any]]
    verified: tuple[str, ...]
    at: str = ""
    statement: str = ""


class Agency:
    """One organisation with its own keys and the public registry."""

    def __init__(
        self,
        *,
        organisation: str,
        registry: Registry,
        keys: KeyRing,
        signer: Signer | None = None,
        people: Mapping[PersonRole, Signer] | None = None,
    ) -> None:
        """`signer`: the organisation's own key, or its supplier's. `people`: role keys that are here."""
        self.id = organisation
        self.registry = registry
        self._keys = keys
        self._signer = signer
        self._people = people or {}

    def submit(self, document: Mapping[str, Any], now: datetime) -> Submitted:
        """Complete (id, case, owner), validate, sign and seal one message. Raises Refused with the fields at fault."""
        whole = complete(document, self.id)
        flow = BY_TYPE.get(str(whole["type"]))
        if flow is None:
            raise Refused(Reason.UNKNOWN_TYPE, ("type",))
        submission = parse(whole, flow)
        signer = self._signer_of(submission, flow)
        text = sign(submission, flow, issuer=self.id, key=signer.key, kid=signer.kid, now=now)
        if len(text) > MAX_STATEMENT:
            raise Refused(Reason.OVERSIZED)
        return enclose(text, submission, flow, source=self.id, broker=self.broker(), now=now)

    def _signer_of(self, submission: Parsed, flow: Flow) -> Signer:
        """The role key of whoever acted, if this type wants one; else the organisation's own."""
        if not flow.signed_by:
            if self._signer is None:
                raise Refused(Reason.KEY_NOT_VALID)
            return self._signer
        stated = getattr(submission.content, "role", None)
        wanted = flow.signed_by if stated is None else {PersonRole(stated)}
        found = next((self._people[role] for role in sorted(wanted) if role in self._people), None)
        if found is None:
            raise Refused(Reason.WRONG_ROLE)
        return found

    def broker(self) -> Organisation:
        """The broker's entry in the registry. Raises Refused(UNKNOWN_SENDER)."""
        for organisation in self.registry.of_kind(Kind.BROKER):
            return organisation
        raise Refused(Reason.UNKNOWN_SENDER)

    def open_delivery(self, value: bytes, now: datetime) -> Opened:
        """Unseal, verify the broker's cover and, if there is one, the sender's own signature. Raises Refused.

        A delivery that does not verify must never be shown: it is not a message.
        """
        sealed = unseal(value, self._keys)
        if not isinstance(sealed, dict) or not isinstance(sealed.get("cover"), str):
            raise Refused(Reason.MALFORMED, ("cover",))
        cover = said_by(self.broker(), sealed["cover"], now)
        if cover.get("aud") != self.id or cover.get("iss") != self.broker().id:
            raise Refused(Reason.MISMATCH, ("aud",))
        body, text = cover["body"], sealed.get("statement")
        told_at = datetime.fromtimestamp(cover["iat"], UTC)
        if text is None and "view" not in body:
            at = told_at.isoformat()
            return Opened(id=str(cover["jti"]), body=body, content={}, to=(), verified=("broker",), at=at)
        if not isinstance(text, str) or hashlib.sha256(text.encode()).hexdigest() != body.get("view"):
            raise Refused(Reason.MISMATCH, ("view",))
        claimed = peek(text)
        sender, flow = self.registry.get(claimed.issuer), BY_TYPE.get(claimed.type)
        if sender is None or flow is None or sender.id != body["from"] or flow.type != body["type"]:
            raise Refused(Reason.MISMATCH, ("from", "type"))
        by = self.registry.signed_by(sender, claimed.kid, flow.type, told_at)
        if by is None:
            raise Refused(Reason.FORGED)
        if by.key.revoked_at is not None and by.key.revoked_at <= told_at:
            raise Refused(Reason.KEY_REVOKED)
        statement = verify(claimed, key=public(by.key), alg=by.key.alg, flow=flow)
        return Opened(
            id=str(cover["jti"]),
            body=body,
            content=statement.content,
            to=statement.to,
            verified=("broker", sender.id),
            at=told_at.isoformat(),
            statement=text,
        )


def enclose(
    statement: str, submission: Parsed, flow: Flow, *, source: str, broker: Organisation, now: datetime
) -> Submitted:
    """Seal a signed statement to the broker, with the headers and key that its case needs. Raises Refused."""
    return Submitted(
        topic=topics.submit(flow.family),
        key=topics.case_key(submission.case_owner, str(submission.case)),
        headers=envelope.headers(event_id=submission.id, source=source, event_type=flow.type, at=now),
        value=seal({"statement": statement}, _valid(broker, KeyUse.SEAL, now)),
        message=str(submission.id),
        case=str(submission.case),
        statement=statement,
    )


def complete(document: Mapping[str, Any], organisation: str) -> dict[str, Any]:
    """Fill in what a sender may leave out: a fresh id, a fresh case of its own, no recipients.

    Raises Refused(MALFORMED) if the document is not an object with a type.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("type"), str):
        raise Refused(Reason.MALFORMED, ("type",))
    return {"id": str(uuid4()), "case": str(uuid4()), "caseOwner": organisation, "to": [], **document}


def _valid(organisation: Organisation, use: KeyUse, now: datetime) -> PublicKey:
    key = organisation.key(use, now)
    if key is None:
        raise Refused(Reason.KEY_NOT_VALID)
    return key
