"""What both parts of the procedure write: a delivery or a hold, the audit record, and the ids of events."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from broker import topics, words
from broker.consent.facts import Doubt
from broker.consent.law.policy import Policy
from broker.consent.rules import RULES_VERSION
from broker.drafts import Drafter, Unsealed
from broker.errors import Reason, Refused
from broker.judge import Parsed, parse
from broker.registry import Organisation, Registry, SignedBy
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.message import Flow
from broker.schemas.terms import Outcome
from broker.sealing import Signer, public
from broker.state import LEEWAY, Case
from broker.statement import Statement, peek, verify
from broker.words import Body, Judged

NAMESPACE = uuid5(NAMESPACE_URL, "safeguarding-broker/delivery")
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""Hexadecimal digit -> the same with the two bits that RFC 9562 fixes."""


class Kept(NamedTuple):
    """A whole statement that was accepted before, verified again with the key of then."""

    statement: Statement
    flow: Flow
    sender: Organisation
    by: SignedBy
    submission: Parsed


class Writer:
    """What is written, with what it needs: registry, policy, and the broker's signing key."""

    def __init__(self, *, registry: Registry, policy: Policy, signer: Signer) -> None:
        self.registry = registry
        self.policy = policy
        self._drafts = Drafter(registry, signer)

    def take(self, registry: Registry, signer: Signer) -> None:
        """Go on with another registry, and the key with which the broker signs from now on."""
        self.registry = registry
        self._drafts = Drafter(registry, signer)

    def decided(
        self, statement: Statement, signed: str, flow: Flow, judged: list[Judged], told: list[Body], now: datetime
    ) -> Body:
        """The audit body: facts, rules, bases, which fields were given, the receipts; no content.

        With the policy that it names, it is enough to decide again (`broker decision replay`).
        """
        return {
            "is": "decision",
            "at": now.isoformat(),
            "type": flow.type,
            "message": statement.claims["jti"],
            "from": statement.claims["iss"],
            "statement": signed,
            "policy": self.policy.version,
            "rules": RULES_VERSION,
            "registry": self.registry.version,
            "given": sorted(statement.content),
            "recipients": [{**outcome, "facts": one.facts.coded()} for one, outcome in zip(judged, told, strict=True)],
        }

    def deliver(
        self,
        statement: Statement,
        flow: Flow,
        sender: Organisation,
        case: Case,
        one: Judged,
        told: Body,
        event: str,
        now: datetime,
        revokes: Sequence[str],
    ) -> list[Unsealed]:
        """What one recipient gets, or what is kept because it may not get it yet.

        `told`: its outcome, to which the receipt of what it gets is added.
        """
        if one.decision.shared and one.organisation is not None:
            cut = statement.cut(fields=one.shown.fields, addressee=one.instead_of or one.organisation.id)
            told["receipt"] = self._drafts.receipt(
                statement, flow, one, view=cut, delivery=event, policy=self.policy.version, now=now
            )
            body = words.delivery(
                signed=statement.claims, flow=flow, sender=sender, one=one, told=told, digest=digest(cut)
            )
            return self._drafts.to(
                one.organisation,
                event,
                body,
                cut,
                now,
                mailbox_only=flow.mailbox_only,
                expires=one.expires,
                revokes=revokes,
            )
        held = one.decision.outcome is Outcome.HOLD and not one.waits_for_text
        return [self.hold(statement, case, told, now)] if held else []

    def hold(self, statement: Statement, case: Case, told: Body, now: datetime) -> Unsealed:
        """Keep the whole statement, sealed to the broker, until the sender's human has acted."""
        body = {
            "statement": whole(statement),
            "message": statement.claims["jti"],
            "recipient": told,
            "owner": case.owner,
        }
        return self._drafts.own(topics.HELD, case.owner, case.id, body, now)

    def audit(self, owner: str, case: str, body: Body, now: datetime) -> Unsealed:
        """One audit record, sealed to the broker."""
        return self._drafts.own(topics.AUDIT, owner, case, body, now)


def reread(registry: Registry, text: str, at: datetime) -> Kept:
    """Verify again a statement that was accepted at that time, with the key of then. Raises Refused."""
    claimed = peek(text)
    sender, flow = registry.get(claimed.issuer), BY_TYPE[claimed.type]
    by = registry.signed_by(sender, claimed.kid, claimed.type, at) if sender else None
    if sender is None or by is None:
        raise Refused(Reason.FORGED)
    statement = verify(claimed, key=public(by.key), alg=by.key.alg, flow=flow)
    return Kept(statement, flow, sender, by, parse(document_of(statement), flow))


def doubts_of(statement: Statement, by: SignedBy, now: datetime) -> tuple[Doubt, ...]:
    """Why it is not certain who signed it, or when."""
    found = []
    if by.key.revoked_at is not None:
        found.append(Doubt.KEY_REVOKED)
    if statement.issued_at > now + LEEWAY:
        found.append(Doubt.DATED_AHEAD)
    return tuple(found)


def whole(statement: Statement) -> str:
    """The statement with all its disclosures, as text."""
    return "~".join([statement.signed, *(d.text for d in statement.disclosures), ""])


def copy_key(case: Case, message: str) -> str:
    """Under which a message's copy is kept."""
    return f"{case.owner}/{case.id}/{message}"


def dropped(before: Case, after: Case) -> tuple[tuple[str, None], ...]:
    """Drop the copies of what everybody has answered by now."""
    return tuple((copy_key(after, one), None) for one in sorted(before.unanswered - after.unanswered))


def document_of(statement: Statement) -> dict[str, Any]:
    """What was signed, as the document that its sender wrote."""
    claims = statement.claims
    return {
        "type": claims["vct"],
        "id": claims["jti"],
        "case": claims["sub"],
        "caseOwner": claims["own"],
        "basis": claims["basis"],
        "to": statement.to,
        "content": statement.content,
    }


def digest(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def seen_key(statement: Statement) -> str:
    """Under which a message id is remembered: ids are each sender's own."""
    return f"{statement.claims['iss']}/{statement.claims['jti']}"


def event_id(about: str) -> str:
    """The same id for the same event: what `uuid5` makes of it under NAMESPACE, without its detours."""
    made = hashlib.sha1(NAMESPACE.bytes + about.encode(), usedforsecurity=False).hexdigest()
    return f"{made[:8]}-{made[8:12]}-5{made[13:16]}-{_VARIANT[made[16]]}{made[17:20]}-{made[20:32]}"


def whom(one: Judged) -> str:
    """Who is told; of whoever is told for a setting, for which: a council may be told for two."""
    return f"{one.line.organisation}|{one.instead_of}" if one.instead_of else one.line.organisation
