"""How the registry comes about: signed events, folded in the order of `registry-events`. Bytes in, values out.

The registry desk (the *registrar*) registers, connects, suspends and resumes. An organisation speaks for its own keys,
people, suppliers, documents and agreements, signed with a key that is already registered. Whoever reads the events
checks every signature itself, so a forged or altered registry convinces nobody: all that must be known beforehand is
the registrar's key.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from joserfc import jws
from joserfc.errors import JoseError
from pydantic import Field, TypeAdapter, ValidationError

from broker.papers import Papers
from broker.registry import (
    MOST_DIRECT,
    AlternateIs,
    Channel,
    Delegation,
    KeyUse,
    Organisation,
    Person,
    PublicKey,
    Registry,
)
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.claims import Schedule1
from broker.schemas.message import Block, OrganisationId, kind_of
from broker.schemas.papers import Agreement, AgreementId, Class, Digest, Document, PaperId
from broker.schemas.terms import Kind, Label
from broker.sealing import Signer, public
from broker.statement import dumps, loads, unb64

TYP = "safeguarding-registry+jwt"
REGISTRAR = "registrar"
MOST_ENTRIES = 500
"""Organisations in one event: it must fit into one Kafka record."""
MAX_EVENT = 900 * 1024
MOST_DOCUMENTS = 200
"""Documents that one controller has ever filed: a message looks through them."""
FIRST_VERSION = "0" * 16
KEPT = (
    "channel",
    "session_start",
    "suspended",
    "resend_before",
    "alternate",
    "alternate_is",
    "keys",
    "people",
    "delegations",
)
"""What a register does not know of an organisation, so that an import leaves it as it is."""


class Why(StrEnum):
    """Why an event changes nothing. Add, never rename."""

    MALFORMED = "malformed"
    FORGED = "signature-does-not-verify"
    KEY_NOT_VALID = "key-not-valid"
    NOT_ENTITLED = "not-entitled"
    UNKNOWN = "no-such-organisation"
    REPEATED = "repeated"
    TOO_MANY_DIRECT = "too-many-direct"
    NO_SUCH = "no-such-key-person-or-delegation"
    TAKEN = "already-registered"
    NO_SUCH_PAPER = "no-such-document-or-agreement"
    NOT_A_PARTY = "not-a-party"
    OTHER_TEXT = "not-what-was-declared"
    ENDED = "has-ended"
    TOO_MANY_DOCUMENTS = "too-many-documents"
    NO_SUCH_FLOW = "no-such-message-type-or-condition"
    NOT_ITS_ALTERNATE = "not-its-alternate"
    HIDES_REQUIRED = "hides-what-every-message-carries"


class EventRefused(Exception):  # noqa: N818 - an ordinary, named outcome
    """The event changes nothing; the text is its reason code only."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class KeyRevocation(StrEnum):
    """Why a key is revoked."""

    COMPROMISED = "compromised"
    LOST = "lost"
    SUPERSEDED = "superseded"


class Registered(Block):
    """Facts of a register: new organisations, or changed ones. Never keys, people, suppliers or suspension."""

    event: Literal["registered"] = Field(alias="is", default="registered")
    organisations: Annotated[tuple[Organisation, ...], Field(min_length=1, max_length=MOST_ENTRIES)]


class Connected(Block):
    """How an organisation is reached from now on, and when its day begins."""

    event: Literal["connected"] = Field(alias="is", default="connected")
    about: OrganisationId
    channel: Channel


class AlternateDeclared(Block):
    """Who is told of a pupil of this setting where its usual safeguarding lead must not be (RD-7).

    Its own entry, `alternate:<URN>`, with its own keys and people; or a council. Declared through the registry desk:
    the setting's own key may be in the very hands that must not be told.
    """

    event: Literal["alternate-declared"] = Field(alias="is", default="alternate-declared")
    about: OrganisationId
    alternate: OrganisationId
    who: AlternateIs


class KeyAdded(Block):
    """A key of an organisation: its first by the registrar, later ones signed with an earlier one."""

    event: Literal["key-added"] = Field(alias="is", default="key-added")
    about: OrganisationId
    key: PublicKey


class KeyRevoked(Block):
    """Nothing signed with this key is believed any more; what is on its way is held for a human."""

    event: Literal["key-revoked"] = Field(alias="is", default="key-revoked")
    about: OrganisationId
    kid: str
    because: KeyRevocation


class Suspended(Block):
    """Cut off: it can neither send nor read."""

    event: Literal["suspended"] = Field(alias="is", default="suspended")
    about: OrganisationId


class Resumed(Block):
    """Let in again."""

    event: Literal["resumed"] = Field(alias="is", default="resumed")
    about: OrganisationId


class Delegated(Block):
    """A supplier may send these types for the organisation."""

    event: Literal["delegated"] = Field(alias="is", default="delegated")
    about: OrganisationId
    delegation: Delegation


class DelegationEnded(Block):
    """That supplier acts no more."""

    event: Literal["delegation-ended"] = Field(alias="is", default="delegation-ended")
    about: OrganisationId
    delegation: str


class PersonAdded(Block):
    """A role key, delegated by the organisation's own."""

    event: Literal["person-added"] = Field(alias="is", default="person-added")
    about: OrganisationId
    person: Person


class PersonRevoked(Block):
    """That role holder signs no more."""

    event: Literal["person-revoked"] = Field(alias="is", default="person-revoked")
    about: OrganisationId
    person: str


class ResendAsked(Block):
    """What the organisation was sent and has not answered is to be decided anew and sealed to its present key."""

    event: Literal["resend-asked"] = Field(alias="is", default="resend-asked")
    about: OrganisationId


class DocumentFiled(Block):
    """A policy document or an impact assessment, filed by its controller alone."""

    event: Literal["document-filed"] = Field(alias="is", default="document-filed")
    document: Document

    @property
    def about(self) -> OrganisationId:
        """Whose processing it covers."""
        return self.document.controller


class AgreementDeclared(Block):
    """An information-sharing agreement, by its owner. It binds nobody until they join; its owner has, if a party."""

    event: Literal["agreement-declared"] = Field(alias="is", default="agreement-declared")
    agreement: Agreement

    @property
    def about(self) -> OrganisationId:
        """Who answers for it."""
        return self.agreement.owner


class AgreementJoined(Block):
    """A party signs an agreement: `sha256` is the digest of the record that it means, so nobody can swap it."""

    event: Literal["agreement-joined"] = Field(alias="is", default="agreement-joined")
    about: OrganisationId
    agreement: AgreementId
    sha256: Digest


class PaperEnded(Block):
    """A document or agreement ends, by its controller or owner; by another party: that party leaves the agreement."""

    event: Literal["paper-ended"] = Field(alias="is", default="paper-ended")
    about: OrganisationId
    paper: PaperId


AboutPapers = DocumentFiled | AgreementDeclared | AgreementJoined | PaperEnded
AboutOne = (
    Connected
    | AlternateDeclared
    | KeyAdded
    | KeyRevoked
    | Suspended
    | Resumed
    | Delegated
    | DelegationEnded
    | PersonAdded
    | PersonRevoked
    | ResendAsked
)
Event = Registered | AboutOne | AboutPapers
_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])

REGISTRAR_ONLY = (Registered, Connected, Resumed, AlternateDeclared)
"""Everything else an organisation may say of itself."""
ITSELF_ONLY = (Delegated, PersonAdded, DocumentFiled, AgreementDeclared, AgreementJoined)
"""Nobody else can speak for it here, not even the registrar."""


class Claims(Block):
    """Who says it, when, and under which id: an id counts once, so that no event can be played again."""

    iss: str
    iat: Annotated[int, Field(gt=0, lt=1 << 33)]
    jti: UUID


class _Signing(jws.JWSRegistry):
    """The library's limits, with room for 500 organisations in one event."""

    max_payload_length = 2 * MAX_EVENT


_SIGNING = _Signing(algorithms=["Ed25519"])


def sign_event(event: Event, signer: Signer, now: datetime) -> str:
    """Compact JWS of one event. `signer.organisation` is the organisation, or REGISTRAR."""
    claims = {"iss": signer.organisation, "iat": int(now.timestamp()), "jti": str(uuid4())}
    body = event.model_dump(mode="json", by_alias=True, exclude_defaults=True) | {"is": event.event}
    header = {"alg": signer.registered.alg, "kid": signer.kid, "typ": TYP}
    return jws.serialize_compact(header, dumps({**claims, **body}).encode(), signer.key, registry=_SIGNING)


def registered(organisations: Iterable[Organisation]) -> list[Registered]:
    """As few events as hold all of these organisations."""
    everybody = [one.model_copy(update=_facts_only(one)) for one in organisations]
    return [
        Registered(organisations=tuple(everybody[begin : begin + MOST_ENTRIES]))
        for begin in range(0, len(everybody), MOST_ENTRIES)
    ]


def _facts_only(one: Organisation) -> Mapping[str, Any]:
    """A copy without what only its own events may say."""
    defaults = type(one).model_fields
    return {name: defaults[name].default for name in KEPT if name not in ("channel", "session_start")}


class Register:
    """The registry as the events so far make it. `apply` takes the next one."""

    def __init__(self, registrar: PublicKey) -> None:
        self._registrar = registrar
        self._ids: set[UUID] = set()
        self.registry = Registry(version=FIRST_VERSION)

    def apply(self, text: str | bytes, *, new: bool = False) -> Event:
        """Take one event in. Raises EventRefused, and changes nothing then.

        `new`: it is only now let in, so it is also held against the message types of this release. What others let in
        before is not: or readers of different releases would come to different registries.
        """
        if len(text) > MAX_EVENT:
            raise EventRefused(Why.MALFORMED)
        compact = text.decode("ascii", "replace") if isinstance(text, bytes) else text
        claims, event, at = self._verified(compact)
        if claims.jti in self._ids:
            raise EventRefused(Why.REPEATED)
        if new and isinstance(event, AboutPapers):
            fits_this_release(event)
        entries, papers = self._entries(event, claims.iss, at)
        chained = hashlib.sha256(self.registry.version.encode() + compact.encode()).hexdigest()[:16]
        made = self.registry.put(entries, chained, papers)
        if isinstance(event, Connected | Registered) and made.inboxes > MOST_DIRECT:
            raise EventRefused(Why.TOO_MANY_DIRECT)
        self._ids.add(claims.jti)
        self.registry = made
        return event

    def _verified(self, compact: str) -> tuple[Claims, Event, datetime]:
        try:
            header = loads(unb64(compact.partition(".")[0]))
            claimed = loads(unb64(compact.split(".")[1]))
            kid, issuer = header["kid"], claimed["iss"]
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise EventRefused(Why.MALFORMED) from error
        key = self._key(str(issuer), kid)
        if key is None:
            raise EventRefused(Why.FORGED)
        try:
            checked = jws.deserialize_compact(compact, public(key), registry=_SIGNING)
            body = loads(checked.payload)
        except (JoseError, ValueError, TypeError) as error:
            raise EventRefused(Why.FORGED) from error
        if checked.headers() != {"alg": key.alg, "kid": kid, "typ": TYP}:
            raise EventRefused(Why.FORGED)
        try:
            said = {name: body.pop(name) for name in ("iss", "iat", "jti")}
            claims = Claims.model_validate_json(dumps(said))
            event = _EVENT.validate_json(dumps(body))
        except (ValidationError, KeyError) as error:
            raise EventRefused(Why.MALFORMED) from error
        at = datetime.fromtimestamp(claims.iat, key.not_before.tzinfo)
        if not key.valid(at):
            raise EventRefused(Why.KEY_NOT_VALID)
        return claims, event, at

    def _key(self, issuer: str, kid: object) -> PublicKey | None:
        if issuer == REGISTRAR:
            return self._registrar if kid == self._registrar.kid else None
        organisation = self.registry.get(issuer)
        keys = organisation.keys if organisation else ()
        return next((key for key in keys if key.kid == kid and key.use is KeyUse.SIGN), None)

    def _entries(self, event: Event, issuer: str, at: datetime) -> tuple[Sequence[Organisation], Papers]:
        """The entries and the papers that the event leaves. Raises EventRefused."""
        papers = self.registry.papers
        if isinstance(event, REGISTRAR_ONLY) and issuer != REGISTRAR:
            raise EventRefused(Why.NOT_ENTITLED)
        if isinstance(event, Registered):
            return [self._merged(one) for one in event.organisations], papers
        known = self.registry.get(event.about)
        if known is None:
            raise EventRefused(Why.UNKNOWN)
        entitled = {event.about} if isinstance(event, ITSELF_ONLY) else {event.about, REGISTRAR}
        if issuer not in entitled:
            raise EventRefused(Why.NOT_ENTITLED)
        if known.suspended and issuer != REGISTRAR:
            raise EventRefused(Why.NOT_ENTITLED)  # whoever has its keys now can change nothing
        if isinstance(event, AboutPapers):
            return (), _papers(papers, known, event, at)
        if isinstance(event, AlternateDeclared):
            self._fits(event)
        return [_entry(known, event, at)], papers

    def _fits(self, event: AlternateDeclared) -> None:
        """Raises EventRefused unless the alternate is registered, and is this setting's own or a council."""
        if self.registry.get(event.alternate) is None:
            raise EventRefused(Why.UNKNOWN)
        own = event.alternate == f"{Kind.ALTERNATE}:{event.about.partition(':')[2]}"
        fits = kind_of(event.alternate) is Kind.COUNCIL if event.who is AlternateIs.COUNCIL else own
        if kind_of(event.about) is not Kind.SCHOOL or not fits:
            raise EventRefused(Why.NOT_ITS_ALTERNATE)

    def _merged(self, entry: Organisation) -> Organisation:
        """A register's facts over what is known. Keys and the rest come only by their own events."""
        known = self.registry.get(entry.id)
        if any(
            getattr(entry, name)
            for name in ("keys", "people", "delegations", "suspended", "resend_before", "alternate")
        ):
            raise EventRefused(Why.NOT_ENTITLED)
        return entry.model_copy(update={name: getattr(known, name) for name in KEPT}) if known else entry


def _entry(known: Organisation, event: AboutOne, at: datetime) -> Organisation:
    """The entry that an event about one organisation leaves. Raises EventRefused."""
    match event:
        case Connected():
            change: dict[str, Any] = {"channel": event.channel}
        case AlternateDeclared():
            change = {"alternate": event.alternate, "alternate_is": event.who}
        case Suspended() | Resumed():
            change = {"suspended": isinstance(event, Suspended)}
        case ResendAsked():
            change = {"resend_before": at + timedelta(seconds=1)}  # its time is in whole seconds
        case KeyAdded():
            change = {"keys": (*known.keys, _fresh(event.key, known))}
        case KeyRevoked():
            _one_of(event.kid, (key.kid for key in known.keys))
            change = {"keys": tuple(_revoked(key, at) if key.kid == event.kid else key for key in known.keys)}
        case PersonAdded():
            change = {"people": (*known.people, _new_person(event.person, known))}
        case PersonRevoked():
            _one_of(event.person, (one.id for one in known.people))
            change = {"people": tuple(_without_key(one, at) if one.id == event.person else one for one in known.people)}
        case Delegated():
            change = {"delegations": (*known.delegations, _new_delegation(event.delegation, known))}
        case _:
            _one_of(event.delegation, (one.id for one in known.delegations))
            left = (_ended(one, at) if one.id == event.delegation else one for one in known.delegations)
            change = {"delegations": tuple(left)}
    return known.model_copy(update=change)


def _papers(papers: Papers, known: Organisation, event: AboutPapers, at: datetime) -> Papers:
    """The papers that an event about them leaves. Raises EventRefused."""
    match event:
        case DocumentFiled():
            if papers.get(event.document.id) is not None:
                raise EventRefused(Why.TAKEN)
            if papers.filed(known.id) >= MOST_DOCUMENTS:
                raise EventRefused(Why.TOO_MANY_DOCUMENTS)
            return papers.file(event.document)
        case AgreementDeclared():
            if papers.get(event.agreement.id) is not None:
                raise EventRefused(Why.TAKEN)
            return papers.agree(event.agreement)
        case AgreementJoined():
            _may_join(papers, known, event)
            return papers.join(event.agreement, known.id)
        case _:
            paper = papers.get(event.paper)
            if paper is None:
                raise EventRefused(Why.NO_SUCH_PAPER)
            if known.id == (paper.controller if isinstance(paper, Document) else paper.owner):
                return papers.end(paper.id, at)
            if not papers.has_joined(paper.id, known.id):
                raise EventRefused(Why.NOT_A_PARTY)
            return papers.leave(paper.id, known.id, at)


def _may_join(papers: Papers, known: Organisation, event: AgreementJoined) -> None:
    agreement = papers.agreement(event.agreement)
    if agreement is None:
        raise EventRefused(Why.NO_SUCH_PAPER)
    if event.sha256 != agreement.digest:
        raise EventRefused(Why.OTHER_TEXT)
    if papers.ended(agreement.id) is not None:
        raise EventRefused(Why.ENDED)
    if papers.has_joined(agreement.id, known.id):
        raise EventRefused(Why.TAKEN)
    if known.id not in agreement.parties and not any(_is_in(known, one) for one in agreement.classes):
        raise EventRefused(Why.NOT_A_PARTY)


def _is_in(known: Organisation, some: Class) -> bool:
    same_council = some.council in (None, known.council)
    return known.kind is some.kind and same_council and some.police_area in (None, known.police_area)


def fits_this_release(event: AboutPapers) -> None:
    """Refuse what names types or conditions that there are not, or an agreement that could not be kept.

    A required field is seen always or never (decision 0004): an agreement that takes one from a message would make it
    another message. Raises EventRefused.
    """
    if isinstance(event, DocumentFiled):
        unknown = set(event.document.flows) - BY_TYPE.keys() or set(event.document.conditions) - set(Schedule1)
        if unknown:
            raise EventRefused(Why.NO_SUCH_FLOW)
    if isinstance(event, AgreementDeclared):
        agreement = event.agreement
        if set(agreement.flows) - BY_TYPE.keys():
            raise EventRefused(Why.NO_SUCH_FLOW)
        if agreement.labels is not None and hidden(agreement):
            raise EventRefused(Why.HIDES_REQUIRED)


def hidden(agreement: Agreement) -> list[str]:
    """Which required fields its labels would take from a party that sees them: `type: field (labels)`."""
    labels, found = frozenset(agreement.labels or Label), []
    for flow in (BY_TYPE[one] for one in agreement.flows):
        seen = [view.labels for role, view in flow.views.items() if flow.kinds[role] & agreement.kinds]
        for info in flow.message.model_fields.values():
            needs = flow.message.labels[info.alias or ""]
            if info.is_required() and not needs <= labels and any(needs <= one for one in seen):
                found.append(f"{flow.type}: {info.alias} ({', '.join(sorted(needs - labels))})")
    return found


def _one_of(wanted: str, there: Iterable[str]) -> None:
    if wanted not in there:
        raise EventRefused(Why.NO_SUCH)


def _fresh(key: PublicKey, known: Organisation) -> PublicKey:
    if key.revoked_at or key.kid in {one.kid for one in known.keys} | {one.key.kid for one in known.people}:
        raise EventRefused(Why.TAKEN)
    return key


def _revoked(key: PublicKey, at: datetime) -> PublicKey:
    return key if key.revoked_at else key.model_copy(update={"revoked_at": at})


def _new_person(person: Person, known: Organisation) -> Person:
    _fresh(person.key, known)
    if known.person(person.id):
        raise EventRefused(Why.TAKEN)
    if person.key.use is not KeyUse.SIGN:
        raise EventRefused(Why.MALFORMED)
    return person


def _without_key(person: Person, at: datetime) -> Person:
    return person.model_copy(update={"key": _revoked(person.key, at)})


def _new_delegation(new: Delegation, known: Organisation) -> Delegation:
    if new.ended_at or new.id in {one.id for one in known.delegations}:
        raise EventRefused(Why.TAKEN)
    if kind_of(new.supplier) is not Kind.SUPPLIER:
        raise EventRefused(Why.NOT_ENTITLED)
    return new


def _ended(one: Delegation, at: datetime) -> Delegation:
    return one if one.ended_at else one.model_copy(update={"ended_at": at})
