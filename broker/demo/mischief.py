"""Bad messages, for showing what becomes of them. `broker publish` would not send these."""

from datetime import datetime
from typing import Any

from joserfc.jwk import OKPKey

from broker.agency import Submitted, complete, enclose
from broker.judge import parse
from broker.registry import KeyUse, Registry
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.terms import Kind
from broker.sealing import Signer
from broker.statement import sign

Json = dict[str, Any]


def malformed(document: Json, without: str, signer: Signer, registry: Registry, now: datetime) -> Submitted:
    """Rightly signed and sealed, but a required field is missing."""
    return _make(document, signer, registry, now, without=without)


def forged(document: Json, victim: str, registry: Registry, now: datetime) -> Submitted:
    """In another organisation's name and under its key id, but signed with a key that is not its own."""
    member = registry.get(victim)
    key = member.key(KeyUse.SIGN, now) if member else None
    if key is None:
        raise ValueError("the victim has no key to be imitated")
    return _make(document, Signer(victim, key, OKPKey.generate_key("Ed25519")), registry, now)


def _make(document: Json, signer: Signer, registry: Registry, now: datetime, *, without: str = "") -> Submitted:
    whole = complete(document, signer.organisation)
    flow = BY_TYPE[whole["type"]]
    submission = parse(whole, flow)
    if without:
        content = submission.content.model_copy(update={without: None})
        submission = submission.model_copy(update={"content": content})
    text = sign(submission, flow, issuer=signer.organisation, key=signer.key, kid=signer.kid, now=now)
    broker = next(iter(registry.of_kind(Kind.BROKER)))
    return enclose(text, submission, flow, source=signer.organisation, broker=broker, now=now)
