"""Receipts: what the broker signs of every delivery, so that it can be proved later what a recipient was not shown.

A receipt names what was withheld by the digests that stand in the sender's own signed statement, with their labels and
the rule: no value and no name of a field. The digest is of a salted disclosure, so nobody can guess a value from it.

It is for the sender and its auditors. Labels and rules alone tell of a protected place, so a recipient never gets one;
what a recipient may know stands in its markers (`broker.consent.redact`), and `answer` says that and nothing else.
"""

import hashlib
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any

from pydantic import ValidationError

from broker.consent.redact import NOT_INCLUDED, PENDING, SAYS, Shown
from broker.consent.rules import free_text
from broker.errors import PLAIN, Reason, Refused
from broker.registry import Organisation, Registry
from broker.schemas.message import Block, Flow
from broker.schemas.terms import Label, Role
from broker.sealing import Signer, public, said_by, sign_cover
from broker.statement import TYP as STATEMENT
from broker.statement import Disclosure, Statement, dumps, loads, peek, read_disclosure, read_jws, reveal

TYP = "safeguarding-receipt+jwt"
OTHERS = "RD-1"
"""The rule by which a recipient does not see who else was told: one child, one recipient, one message."""
IN_WORDS: Mapping[str, str] = {**SAYS, **free_text.SAYS, PENDING: "free text that was still being read"}
"""What each rule says by which something is not shown, in one line."""
OF_A_LINE = (Label.EDUCATION.value,)
"""The labels of a line of `to`: it says which setting is the child's."""


class Withheld(Block):
    """One disclosure that the recipient did not get: its digest, its labels and the rule."""

    digest: str
    labels: tuple[str, ...]
    rule: str


class Receipt(Block):
    """One receipt. `jti`: the id of the delivery. `statement`, `view`: SHA-256 of the signed part, of what was sent.

    `shown`, `decoys`: how many digests stand for what was sent, and for nothing. `apart`: the digests of what the same
    recipient gets in another delivery of the same message. `iat`: seconds since 1970.
    """

    iss: str
    aud: str
    jti: str
    iat: int
    message: str
    statement: str
    type: str
    recipient: str
    role: str
    policy: str
    registry: str
    view: str
    shown: int
    decoys: int
    withheld: tuple[Withheld, ...]
    apart: tuple[str, ...]

    @property
    def at(self) -> datetime:
        """When the broker made it."""
        return datetime.fromtimestamp(self.iat, UTC)

    @property
    def digests(self) -> tuple[str, ...]:
        """What stands for each disclosure that was withheld."""
        return tuple(one.digest for one in self.withheld)

    @property
    def absent(self) -> tuple[str, ...]:
        """What stands for each disclosure that is not in this delivery."""
        return (*self.digests, *self.apart)


def make(
    statement: Statement,
    flow: Flow,
    shown: Shown,
    *,
    view: str,
    kept_back: Mapping[str, str],
    delivery: str,
    recipient: str,
    role: Role,
    policy: str,
    registry: str,
    signer: Signer,
    now: datetime,
) -> str:
    """The signed receipt of one delivery. `statement`: whole; `view`: what was cut from it for that recipient.

    `kept_back`: the rule by which free text, or segments of it, are not among it, by field.
    """
    texts = set(view.split("~"))
    sent = [one for one in statement.disclosures if one.text in texts]
    places = _places(statement.claims, sent)
    withheld, apart = _absent(statement, flow, shown, texts, kept_back)
    return sign_cover(
        {
            "iss": signer.organisation,
            "aud": statement.claims["iss"],
            "jti": delivery,
            "iat": int(now.timestamp()),
            "message": statement.claims["jti"],
            "statement": _sha256(statement.signed),
            "type": flow.type,
            "recipient": recipient,
            "role": role.value,
            "policy": policy,
            "registry": registry,
            "view": _sha256(view),
            "shown": len(sent),
            "decoys": len(places.difference([one.digest for one in statement.disclosures])),
            "withheld": sorted(withheld, key=itemgetter("digest")),
            "apart": sorted(apart),
        },
        signer,
        TYP,
    )


def _absent(
    statement: Statement, flow: Flow, shown: Shown, texts: AbstractSet[str], kept_back: Mapping[str, str]
) -> tuple[list[Mapping[str, Any]], list[str]]:
    """What is withheld, and what goes in another delivery. Segments count where the text that they are part of is sent.

    `texts`: what is sent.
    """
    rules = {**kept_back, **dict.fromkeys(shown.pending, PENDING), **{one.field: one.rule for one in shown.withheld}}
    withheld: list[Mapping[str, Any]] = []
    apart: list[str] = []
    for field in statement.fields:
        name = str(field.name)
        parts = statement.segments.get(name, ()) if field.text in texts else (field,)
        for one in parts:
            if one.text in texts:
                continue
            if name in rules:
                labels = sorted(label.value for label in flow.message.labels[name])
                withheld.append({"digest": one.digest, "labels": labels, "rule": rules[name]})
            else:
                apart.append(one.digest)
    withheld += [
        {"digest": line.digest, "labels": OF_A_LINE, "rule": OTHERS}
        for line in statement.lines
        if line.text not in texts
    ]
    return withheld, apart


def read(text: str, broker: Organisation, now: datetime) -> Receipt:
    """Check that the broker signed it, and read it. Raises Refused."""
    claims = said_by(broker, text.strip(), now, TYP)
    try:
        made = Receipt.model_validate_json(dumps(claims))
    except ValidationError:
        raise Refused(Reason.MALFORMED, ("receipt",)) from None
    if made.iss != broker.id:
        raise Refused(Reason.MISMATCH, ("iss",))
    return made


# Proof -------------------------------------------------------------------------------------------------------------


class Check(StrEnum):
    """What is checked of a receipt, in this order."""

    BROKER = "signed-by-the-broker"
    SENDER = "signed-by-the-sender"
    ORIGINAL = "about-this-statement"
    DISCLOSED = "disclosed-as-signed"
    WITHHELD = "withheld-was-signed"
    VIEW = "the-view-that-was-sent"
    ABSENT = "view-holds-nothing-withheld"
    SUM = "adds-up"


SAYS_IF_TRUE: Mapping[Check, str] = {
    Check.BROKER: "the broker signed this receipt",
    Check.SENDER: "the sender signed this statement",
    Check.ORIGINAL: "the receipt is about this statement: same message, same type, same bytes",
    Check.DISCLOSED: "everything disclosed with it is what the sender signed, each once",
    Check.WITHHELD: "everything that the receipt says was withheld stands in what the sender signed, each once",
    Check.VIEW: "this is the very copy that was sent to the recipient, cut from this statement",
    Check.ABSENT: "nothing that was withheld is in that copy",
    Check.SUM: "shown, withheld and decoys add up to what was signed: nothing is unaccounted for",
}
NOT_HERE = "not checked: that takes the whole statement or the recipient's copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one check ended. `wrong`: what is wrong; empty: nothing; None: it could not be checked."""

    check: Check
    wrong: str | None = ""

    @property
    def passed(self) -> bool:
        """Whether it was checked and nothing is wrong."""
        return self.wrong == ""

    @property
    def failed(self) -> bool:
        """Whether something is wrong."""
        return bool(self.wrong)

    @property
    def says(self) -> str:
        """What was checked and, if it did not hold or could not be checked, why."""
        why = NOT_HERE if self.wrong is None else self.wrong
        return f"{SAYS_IF_TRUE[self.check]}: {why}" if why else SAYS_IF_TRUE[self.check]


@dataclass(frozen=True, slots=True)
class _Given:
    """A statement as it was given: the signed part, its payload and key, and what is disclosed with it."""

    signed: str
    kid: str
    claims: Mapping[str, Any]
    disclosures: tuple[Disclosure, ...]


def verify(
    text: str, *, registry: Registry, broker: Organisation, original: str, view: str | None, now: datetime
) -> tuple[Receipt | None, tuple[Finding, ...]]:
    """Prove a receipt with nothing but public keys: no network, no private key. Never raises for bad input.

    `original`: the sender's statement, whole, cut down, or its signed part alone. `view`: what the recipient got, as
    `broker inbox --json` has it in `statement`. Returns the receipt, if the broker signed it, and how each check ended.
    """
    try:
        receipt = read(text, broker, now)
    except Refused as refused:
        return None, (Finding(check=Check.BROKER, wrong=PLAIN[refused.reason][0]),)
    found = [Finding(check=Check.BROKER)]
    try:
        signed, sent = _given(original), None if view is None else _given(view)
    except ValueError:
        return receipt, (*found, Finding(check=Check.SENDER, wrong="what was given is no signed statement"))
    both = (*signed.disclosures, *(sent.disclosures if sent else ()))
    found += [
        Finding(check=Check.SENDER, wrong=_by_the_sender(receipt, signed, registry)),
        Finding(check=Check.ORIGINAL, wrong=_about(receipt, signed)),
        Finding(check=Check.DISCLOSED, wrong=_as_signed(signed, sent)),
        Finding(check=Check.WITHHELD, wrong=_was_signed(receipt.absent, _places(signed.claims, both))),
        Finding(check=Check.VIEW, wrong=None if view is None else _the_view(receipt, signed, view)),
        Finding(check=Check.ABSENT, wrong=None if sent is None else _holds_none(receipt.absent, sent)),
        Finding(check=Check.SUM, wrong=_adds_up(receipt, signed, sent)),
    ]
    return receipt, tuple(found)


def _given(text: str) -> _Given:
    """Raises ValueError if it is no statement at all."""
    signed, *rest = text.strip().split("~")
    if rest and rest.pop() != "":
        raise ValueError("a statement ends with a tilde")
    try:
        claimed = peek(signed)
    except Refused as refused:
        raise ValueError("not a statement") from refused
    return _Given(signed, claimed.kid, claimed.claims, tuple([read_disclosure(one) for one in rest]))


def _by_the_sender(receipt: Receipt, signed: _Given, registry: Registry) -> str:
    sender = registry.get(str(signed.claims["iss"]))
    by = registry.signed_by(sender, signed.kid, receipt.type, receipt.at) if sender else None
    if by is None:
        return "no key of that id is registered for the sender"
    try:
        claims = loads(read_jws(signed.signed, public(by.key), by.key.alg, STATEMENT))
        at = datetime.fromtimestamp(claims["iat"], UTC)
    except (ValueError, TypeError, KeyError, OverflowError, OSError):
        return "it is not signed by that key"
    if not by.key.not_before <= at < by.key.not_after:
        return "the key was not valid when it was signed"
    if by.key.revoked_at is not None and by.key.revoked_at <= receipt.at:
        return "the key had been revoked when it was sent"
    return ""


def _about(receipt: Receipt, signed: _Given) -> str:
    if _sha256(signed.signed) != receipt.statement:
        return "the receipt is about another one"
    named = (receipt.message, receipt.type, receipt.aud)
    said = tuple(signed.claims.get(name) for name in ("jti", "vct", "iss"))
    return "" if named == said else "the receipt names another message, type or sender"


def _as_signed(signed: _Given, sent: _Given | None) -> str:
    try:
        for one in (signed, sent):
            if one is not None:
                reveal(signed.claims, one.disclosures)
    except (ValueError, KeyError, TypeError, AttributeError):
        return "something is disclosed that was not signed, or that comes twice"
    return ""


def _was_signed(digests: Sequence[str], places: AbstractSet[str]) -> str:
    if len(set(digests)) != len(digests):
        return "a digest comes twice"
    if missing := len(set(digests) - places):
        return f"{missing} of {len(digests)} do not stand in it; of a withheld part of a text, give the whole statement"
    return ""


def _the_view(receipt: Receipt, signed: _Given, view: str) -> str:
    if _sha256(view.strip()) != receipt.view:
        return "it is another copy than the one that was sent"
    return "" if view.partition("~")[0].strip() == signed.signed else "it was cut from another statement"


def _holds_none(digests: Sequence[str], sent: _Given) -> str:
    there = {one.digest for one in sent.disclosures} & set(digests)
    return f"{len(there)} of what was withheld is in it" if there else ""


def _adds_up(receipt: Receipt, signed: _Given, sent: _Given | None) -> str | None:
    """What is signed is counted as far as it can be seen: parts of a text only with the text that they are part of."""
    stated = receipt.shown + len(receipt.absent) + receipt.decoys
    gone, there = set(receipt.absent), {one.digest for one in signed.disclosures}
    whole = bool(there) and gone <= there
    seen = [one for one in signed.disclosures if one.digest not in gone] if whole else sent.disclosures if sent else ()
    places = _places(signed.claims, seen)
    if sent is not None and receipt.shown != len(sent.disclosures):
        return f"{receipt.shown} are said to have been shown, and {len(sent.disclosures)} are in the copy"
    if whole and len(there & places) != receipt.shown + len(gone):
        return f"{len(there & places)} were signed, and {receipt.shown + len(gone)} are accounted for"
    if not whole and sent is None and stated > len(places):
        return None
    return "" if stated == len(places) else f"{len(places)} digests stand in it, and {stated} are accounted for"


def _places(claims: Mapping[str, Any], disclosures: Sequence[Disclosure]) -> set[str]:
    """Every digest in a payload, and in the disclosed values that themselves have their place there."""
    inside = {one.digest: found for one in disclosures if (found := _digests(one.value))}
    places = set(_digests(claims))
    while ahead := [digest for one in places & inside.keys() for digest in inside.pop(one)]:
        places.update(ahead)
    return places


def _digests(value: object) -> list[str]:
    """Those that stand in a value itself, not in what they stand for."""
    match value:
        case dict():
            own = [one for one in [*_list(value.get("_sd")), value.get("...")] if isinstance(one, str)]
            return [*own, *(digest for inner in value.values() for digest in _digests(inner))]
        case list():
            return [digest for inner in value if isinstance(inner, (dict, list)) for digest in _digests(inner)]
        case _:
            return []


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# What a recipient may know -----------------------------------------------------------------------------------------

AND_THE_REST = (
    "What else the message type could hold, the sender left out, or it may not be said whether it did. This is "
    "minimisation with review, not anonymisation."
)


def answer(cover: Mapping[str, Any]) -> dict[str, Any]:
    """What a recipient may know of what it was not shown, out of the markers in the cover of its own delivery.

    Where a marker would tell of a protected place there is none, so this is the very answer that is given where nothing
    was withheld.
    """
    markers: Mapping[str, str] = {**cover["notShown"], **cover.get("notAll", {})}
    rules = sorted({marker for marker in markers.values() if marker != NOT_INCLUDED})
    said = [
        {"rule": rule, "says": IN_WORDS.get(rule, ""), "fields": sorted(n for n, m in markers.items() if m == rule)}
        for rule in rules
    ]
    return {"withheld": said, "andTheRest": AND_THE_REST}
