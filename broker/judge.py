"""Steps 5 to 8 of the procedure, as pure functions: parse, address, decide, redact. `broker check` runs these."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from functools import cache, lru_cache
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from broker import ledger
from broker.consent import conflict, papers
from broker.consent.clocks import LONDON, OPENS, STARTS_WITH_THE_GROUNDS, day_of_law, deadline
from broker.consent.conflict import Conflict
from broker.consent.decide import Decision, decide
from broker.consent.facts import Doubt, Facts
from broker.consent.law.policy import Policy
from broker.consent.redact import Shown, view, without
from broker.consent.rulebook import Finding
from broker.consent.rules.encompass import NOTHING_TO_SHOW
from broker.consent.rules.free_text import TEXT_FIRST
from broker.errors import Reason, Refused
from broker.registry import Establishment, KeyUse, Organisation, Registry, Status
from broker.schemas.agreement import GrantOf
from broker.schemas.agreement_given import AgreementGiven
from broker.schemas.agreement_withdrawn import AgreementWithdrawn
from broker.schemas.claims import Agreed, Article6, Article9, Claim, Section35
from broker.schemas.encompass import DateOfBirthIs
from broker.schemas.message import Addressee, Addressing, Flow, Message, Submission
from broker.schemas.notification_withdrawn import NotificationWithdrawn
from broker.schemas.terms import ATTENDS, STANDS_IN, AddressHandling, Kind, Label, Release, Role
from broker.state import Case, Grant
from broker.statement import dumps
from broker.words import Judged

A_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})")
"""A time as it is signed."""
ADULT = 18
MOST_TELLINGS = 200
"""Messages times recipients in one case: one child and one incident never need as many."""
MOST_CONNECTIONS = 50
"""Connections of adults in one case, and organisations that must not be told."""
MOST_GRANTS = 50
"""Agreements on file in one case."""
BY_CONSENT = frozenset({Article6.CONSENT, Article9.CONSENT, Section35.CONSENT})
LIVES_THERE = frozenset({Role.SOCIAL_CARE, Role.RESIDENCE_FORCE})
"""Roles of whoever serves where the child lives. A designated officer is that of where somebody works."""
MOST_PATHS = 20
"""Failing paths that one refusal names."""
TELLING_LINE = 4
"""Letters and digits from which a line of an address tells something: "12" alone stands in any text."""
_NOT_A_WORD = re.compile(r"[\W_]+")
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[\W_]+(?=[0-9])")
_A_POSTCODE = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}\b", re.IGNORECASE)
_A_MAP_REFERENCE = re.compile(r"\b[HNOST][A-HJ-Z] ?[0-9]{2,5} ?[0-9]{2,5}\b|\b[a-z]{3,}\.[a-z]{3,}\.[a-z]{3,}\b")
"""On the national grid, as "TQ 298 839", or three words with dots between."""
_A_NUMBER = re.compile(r"[0-9]{9,}")

Parsed = Submission[Message]


def parse(document: Mapping[str, Any], flow: Flow) -> Parsed:
    """Step 5: validate the content against its type.

    Raises Refused(MALFORMED) with the paths at fault, never their values and never names that the sender made up.
    """
    content = document.get("content")
    barred = flow.message.must_not_carry
    if isinstance(content, Mapping) and (carried := sorted(set(content) & set(barred))):
        raise Refused(
            Reason.MALFORMED,
            tuple(f"content.{name}: must not be carried ({barred[name]})" for name in carried),
        )
    try:
        return _submission_of(flow.message).model_validate_json(dumps(document))
    except ValidationError as error:
        paths = sorted({_path(one) for one in error.errors(include_input=False, include_url=False)})
        raise Refused(Reason.MALFORMED, tuple(paths[:MOST_PATHS])) from None


@cache
def _submission_of(message: type[Message]) -> type[Parsed]:
    return Submission[message]  # type: ignore[valid-type]


def in_normal_form(document: Mapping[str, Any], submission: Parsed) -> None:
    """Step 5, for what was signed elsewhere: disclosures are passed on as they are, so they must be in normal form.

    A time may be written with any offset. Raises Refused(MALFORMED) with the paths that are not. What is equal is in
    normal form: fields are strict, and none is a number, which could be written in two ways (1 and 1.0).
    """
    normal = submission.model_dump(mode="json", by_alias=True, exclude_none=True)
    if document == normal:
        return
    paths = sorted(set(_differences(document, normal, "")))
    if paths:
        raise Refused(Reason.MALFORMED, tuple(f"{path} (not in normal form)" for path in paths[:MOST_PATHS]))


def _differences(given: Any, normal: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(given, dict) and isinstance(normal, dict):
        for name in {*given, *normal}:
            if name not in given or name not in normal:
                yield f"{path}.{name}".lstrip(".")
            elif type(given[name]) is not str or given[name] != normal[name]:  # most are equal texts
                yield from _differences(given[name], normal[name], f"{path}.{name}".lstrip("."))
    elif isinstance(given, list) and isinstance(normal, list) and len(given) == len(normal):
        for one, other in zip(given, normal, strict=True):
            yield from _differences(one, other, path)
    elif type(given) is not type(normal) or (  # a text may look like a time and be none, so equality comes first
        given != normal and not (isinstance(given, str) and _same_time(given, normal))
    ):
        yield path


def _same_time(one: str, other: str) -> bool:
    times = A_TIME.fullmatch(one) and A_TIME.fullmatch(other)
    return bool(times) and datetime.fromisoformat(one) == datetime.fromisoformat(other)


def address(submission: Parsed, flow: Flow, case: Case) -> list[Addressee]:
    """Step 6: who receives. Raises Refused: NOT_ADDRESSED, or CASE_FULL (never for an answer or a withdrawal)."""
    if submission.to and flow.addressing is not Addressing.NAMED:
        raise Refused(Reason.NOT_ADDRESSED, ("to",))
    content = submission.content
    if flow.addressing is Addressing.BROKER_RECORD:
        if isinstance(content, AgreementGiven):
            _is_new(content, case)
        return []
    if flow.addressing is Addressing.LEDGER:
        lines = ledger.everybody_told(case, *ledger.roots_of(case, content))
        if not lines and isinstance(content, AgreementWithdrawn):
            return []  # nothing had been sent yet that relied on it
        if (
            not lines
            and isinstance(content, NotificationWithdrawn)
            and ledger.still_held(case, ledger.root_of(case, content))
        ):
            return []  # nobody had been told yet: the hold ends
    elif flow.addressing is Addressing.ORIGINATOR:
        line = {"organisation": submission.case_owner, "role": Role.ORIGINATOR}
        lines = [Addressee.model_validate(line)]
    else:
        lines = list(submission.to)
    if not lines:
        raise Refused(Reason.NOT_ADDRESSED, ("to",))
    ends = flow.addressing is Addressing.ORIGINATOR or isinstance(content, NotificationWithdrawn | AgreementWithdrawn)
    if not ends and _is_full(case, content, lines):
        raise Refused(Reason.CASE_FULL, ("case",))
    return lines


def _is_full(case: Case, content: Message, lines: Sequence[Addressee]) -> bool:
    said = max(len(ledger.connections(case, content)), len(ledger.not_told(case, content)))
    return said > MOST_CONNECTIONS or len(case.tellings) + len(lines) > MOST_TELLINGS


def _is_new(content: AgreementGiven, case: Case) -> None:
    """One that was withdrawn must not come back under its old name. Raises Refused."""
    if ledger.grant(case, content.grant_id):
        raise Refused(Reason.MALFORMED, ("content.grantId (on file in this case already: give a new one)",))
    if len(case.grants) >= MOST_GRANTS:
        raise Refused(Reason.CASE_FULL, ("case",))


def judge(
    submission: Parsed,
    flow: Flow,
    lines: Sequence[Addressee],
    case: Case,
    *,
    sender: Organisation,
    registry: Registry,
    policy: Policy,
    now: datetime,
    doubts: tuple[Doubt, ...] = (),
    released: Release | None = None,
    text_read: bool = False,
    instead_of: str | None = None,
) -> list[Judged]:
    """Steps 7 and 8: decide and redact, for each recipient by itself. `text_read`: the screening, or a human, has.

    `instead_of`: the setting for which whoever stands in was told, if that is known; else the first in the case.
    """
    sender = registry.controller(sender)
    given = submission.content.given
    about = _about(submission, flow, case, given, sender=sender, registry=registry)
    made = []
    for line, setting, conflicting in _ways(submission.content, flow, lines, case, registry, now, instead_of):
        recipient = registry.get(line.organisation)
        place = registry.get(setting) if setting else recipient
        theirs = _of_recipient(submission.content, line.role, recipient, place, sender, now)
        agreed, grants = _agreed(submission.content, flow, case, line.organisation, now)
        facts = Facts(
            **about,
            **agreed,
            **theirs,
            **_papers(
                flow,
                line.role,
                sender,
                registry.controller(recipient) if recipient else None,
                registry=registry,
                policy=policy,
                day=day_of_law(now),
                claimed=about["claimed"],
                recipient_claimed=theirs.get("recipient_claimed"),
            ),
            recipient_role=line.role,
            conflict=conflicting,
            not_to_be_told=_must_not_be_told(submission.content, flow, case, line.organisation, setting, registry),
            roll_status=line.roll_status,
            doubts=doubts,
            released=released,
            text_read=text_read,
        )
        made.append(
            _judged(submission, flow, line, recipient, place, facts, given, grants, registry, policy, now, setting)
        )
    return made


def _ways(
    content: Message,
    flow: Flow,
    lines: Sequence[Addressee],
    case: Case,
    registry: Registry,
    now: datetime,
    instead_of: str | None,
) -> Iterator[tuple[Addressee, str | None, Conflict]]:
    """Each line with whoever is told in place of a usual safeguarding lead, for which setting, and why (RD-7)."""
    said, there = ledger.connections(case, content), {(one.organisation, one.role) for one in lines}
    for line in lines:
        whose = instead_of or ledger.stands_for(case, line.organisation) if line.role in STANDS_IN else None
        if whose is not None:
            entry = registry.get(whose)
            too = entry is not None and conflict.alternate_conflicts(said, entry, registry)
            yield line, whose, Conflict.ALTERNATE_TOO if too else Conflict.INSTEAD
        elif line.role is Role.SAFEGUARDING_LEAD:
            way = conflict.way_round(said, line.organisation, registry, now)
            if way.to is None:
                yield line, None, way.conflict
            elif (way.to, way.role) not in there:  # else it has a line of its own
                told = line.model_copy(update={"organisation": way.to, "role": way.role})
                follows = flow.addressing is Addressing.LEDGER
                yield told, line.organisation, Conflict.FROM_NOW if follows else way.conflict
        else:
            staff = flow.addressing is not Addressing.ORIGINATOR and line.role not in STANDS_IN
            is_staff = staff and conflict.is_staff(said, line.organisation, registry)
            yield line, None, Conflict.STAFF if is_staff else Conflict.NONE


def _must_not_be_told(
    content: Message, flow: Flow, case: Case, organisation: str, setting: str | None, registry: Registry
) -> bool:
    """Whether the sender has said so, of that organisation or of the setting in whose place it would be told."""
    said = () if flow.addressing is Addressing.ORIGINATOR else ledger.not_told(case, content)
    barred = {code for one in said for code in (one, *conflict.codes(one, registry))}
    return bool(barred) and not {organisation, conflict.setting_of(organisation), setting}.isdisjoint(barred)


def settle(flow: Flow, facts: Facts, given: tuple[str, ...], policy: Policy, now: datetime) -> tuple[Decision, Shown]:
    """Steps 7 and 8 for one recipient, from coded facts and the names of the given fields alone.

    So it can be done again when the content has been erased.
    """
    decision = decide(facts, policy, now)
    shown = view(
        flow,
        given,
        role=facts.recipient_role,
        handling=facts.address_handling,
        agreed=facts.agreement_labels,
        read=facts.text_read,
    )
    if decision.removed:
        shown = without(shown, decision.removed)
    if decision.shared and (found := _not_yet_or_never(flow, given, shown)):
        decision = replace(decision, outcome=found.outcome, findings=(*decision.findings, found))
    return decision, shown


def _not_yet_or_never(flow: Flow, given: tuple[str, ...], shown: Shown) -> Finding | None:
    """Why a message that may be shared is not sent now: it is worth nothing there, or not without its free text."""
    if not shown.pending and flow.addressing is not Addressing.LEDGER:
        return None
    if not required(flow.message).isdisjoint(shown.pending):
        return TEXT_FIRST
    worth = set(given) - required(flow.message)  # what every such message carries anyway is not worth one
    if flow.addressing is Addressing.LEDGER and worth and worth.isdisjoint(shown.fields):
        return NOTHING_TO_SHOW if worth.isdisjoint(shown.pending) else TEXT_FIRST
    return None


@cache
def required(message: type[Message]) -> frozenset[str]:
    """Wire names of the fields without which there is no such message."""
    return frozenset(info.alias or name for name, info in message.model_fields.items() if info.is_required())


def _judged(
    submission: Parsed,
    flow: Flow,
    line: Addressee,
    recipient: Organisation | None,
    place: Organisation | None,
    facts: Facts,
    given: tuple[str, ...],
    grants: tuple[Grant, ...],
    registry: Registry,
    policy: Policy,
    now: datetime,
    setting: str | None,
) -> Judged:
    """`place`: the setting in whose place `recipient` is told (`setting`), or the recipient itself."""
    decision, shown = settle(flow, facts, given, policy, now)
    due, role = None, flow.views.get(line.role)
    if role is not None:
        opens = time.fromisoformat(place.session_start) if place else OPENS
        grounds = getattr(submission.content, "grounds_formed_at", None)
        start = min(grounds, now) if grounds and role.clock in STARTS_WITH_THE_GROUNDS else now
        due = deadline(role.clock, start=start, opens=opens)
    return Judged(
        line=line,
        organisation=recipient,
        facts=facts,
        decision=decision,
        shown=shown,
        deadline=due,
        grants=grants,
        instead_of=setting,
        council=registry.get(place.council) if place and place.council else None,
    )


def _agreed(
    content: Message, flow: Flow, case: Case, recipient: str, now: datetime
) -> tuple[dict[str, Any], tuple[Grant, ...]]:
    """How the agreement and the consent that this message needs or relies on stand now, and which grants those are."""
    law: Claim | None = getattr(content, "law", None)
    consent_ref: str | None = getattr(content, "consent_ref", None)
    by_consent = law is not None and not BY_CONSENT.isdisjoint({law.article_6, law.article_9, law.section_35})
    asked: dict[str, tuple[GrantOf, str | None]] = {}
    if flow.agreed_purpose is not None:
        asked["agreement"] = GrantOf.GATEWAY_AGREEMENT, getattr(content, "agreement_ref", None)
    if by_consent or consent_ref is not None:
        asked["consent"] = GrantOf.CONSENT, consent_ref
    facts: dict[str, Any] = {}
    grants: list[Grant] = []
    for name, (what, ref) in asked.items():
        found = ledger.grant(case, ref)
        facts[name] = ledger.agreed(found, what, flow.agreed_purpose, recipient, now)
        if found is not None and facts[name] is Agreed.STANDS:
            grants.append(found)
    return facts, tuple(grants)


def _about(
    submission: Parsed, flow: Flow, case: Case, given: tuple[str, ...], *, sender: Organisation, registry: Registry
) -> dict[str, Any]:
    """The facts that are the same for every recipient."""
    content = submission.content
    born, grounds = getattr(content, "date_of_birth", None), getattr(content, "grounds_formed_at", None)
    handling, area = ledger.handling(case, content), getattr(content, "residence_force", None)
    named = [registry.get(other.organisation) for other in submission.to if other.roll_status in ATTENDS]
    return {
        "type": flow.type,
        "cited_basis": submission.basis,
        "sender": sender.kind,
        "sender_nation": sender.nation,
        "sender_independent": sender.independent,
        "school_also_named": any(one and one.establishment is Establishment.SCHOOL for one in named),
        "under_18": _age(born, grounds.astimezone(LONDON).date()) < ADULT if born and grounds else None,
        "age_is_estimated": getattr(content, "date_of_birth_is", None) is DateOfBirthIs.ESTIMATED,
        "address_handling": handling,
        "condition_names_the_place": _names_a_place(content, handling),
        "sender_serves_an_area": sender.police_area is not None,
        "resident_in_sender_area": area == sender.police_area if area and sender.kind is Kind.POLICE else None,
        "harmer_works_with_children": bool(conflict.employers(ledger.connections(case, content))),
        "handover": ledger.handover(case),
        "case": ledger.state_of(case, content, str(submission.id)),
        "claimed": getattr(content, "law", None),
        **_categories(type(content), given),
    }


@lru_cache(maxsize=2048)  # by which fields a sender gives: few differ
def _categories(message: type[Message], given: tuple[str, ...]) -> dict[str, bool]:
    """Which kinds of data, in law, the given fields hold: by their labels, for every recipient alike."""
    labels = frozenset[Label]().union(*(message.labels[name] for name in given))
    return {
        "special_category": not labels.isdisjoint({Label.SUPPORT_NEED, Label.AS_SPECIAL}),
        "other_than_health": Label.AS_SPECIAL in labels,
        "criminal_offence": not labels.isdisjoint({Label.ALLEGATION, Label.CONDITION}),
    }


def _of_recipient(
    content: Message,
    role: Role,
    recipient: Organisation | None,
    place: Organisation | None,
    sender: Organisation,
    now: datetime,
) -> dict[str, Any]:
    """The facts of the organisation that would receive, and of the setting that it receives for (`place`).

    In law an alternate is its setting: the same controller, at another desk.
    """
    if recipient is None or place is None:
        return {
            "recipient": None,
            "recipient_nation": None,
            "recipient_independent": False,
            "recipient_channel": None,
            "recipient_has_key": False,
        }
    served, lies_in = sender.police_area, place.police_area
    controller = place if role is Role.ALTERNATE else recipient
    return {
        "recipient": controller.kind,
        "recipient_nation": controller.nation,
        "recipient_independent": controller.independent,
        "recipient_channel": recipient.channel,
        "recipient_has_key": recipient.key(KeyUse.SEAL, now) is not None,
        "recipient_suspended": recipient.suspended,
        "recipient_closed": recipient.status is Status.CLOSED,
        "establishment": place.establishment,
        "recipient_in_sender_area": served == lies_in if served and lies_in else None,
        "recipient_serves_residence": _serves_residence(recipient, content) if role in LIVES_THERE else None,
    }


def _papers(
    flow: Flow,
    role: Role,
    sender: Organisation,
    recipient: Organisation | None,
    *,
    registry: Registry,
    policy: Policy,
    day: date,
    claimed: Claim | None,
    recipient_claimed: Claim | None,
) -> dict[str, Any]:
    """How the papers stand that this message to this recipient rests on.

    The recipient's are judged only if it is connected: to whoever is not, nothing goes (CHN-1), a human telephones, and
    30,000 settings that have never heard of the broker need to file nothing.
    """
    basis = flow.views.get(role)
    if basis is None or sender.kind not in basis.sender_basis:
        return {}  # it has no view or no basis, so it rests on nothing (GW-E1, FLW-1)
    stand = papers.of(registry.papers, day)
    ours = papers.needing_a_document(
        policy,
        basis.sender_basis[sender.kind],
        sender.kind,
        sender.nation,
        claimed,
        day,
        independent=sender.independent,
    )
    found: dict[str, Any] = {
        "sender_document": stand.policy_document(sender.id, ours),
        "impact_assessment": stand.impact_assessment(sender.id, flow.type),
    }
    if recipient is None or not recipient.connected:
        return found
    theirs = papers.needing_a_document(
        policy,
        basis.recipient_basis,
        recipient.kind,
        recipient.nation,
        recipient_claimed,
        day,
        independent=recipient.independent,
    )
    agreed = stand.agreement(sender.id, recipient.id, flow.type)
    return found | {
        "recipient_document": stand.policy_document(recipient.id, theirs),
        "sharing_agreement": agreed.stands,
        "agreement_labels": agreed.labels,
    }


def _path(error: ErrorDetails) -> str:
    """A schema path. Names that the sender made up are not repeated: they could hold anything."""
    parts = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden":
        parts[-1] = "(a field that this type does not have)"
    return ".".join(parts) or "to"


def _age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _serves_residence(recipient: Organisation, content: Message) -> bool | None:
    """Whether this force or council serves where the child lives; None if that is not said, or not theirs to serve."""
    area: str | None = getattr(content, "residence_force", None)
    council: str | None = getattr(content, "residence_authority", None)
    if recipient.kind is Kind.POLICE and area is not None:
        return recipient.police_area == area
    if recipient.kind is Kind.COUNCIL and council is not None:
        return recipient.id == f"la:{council}"
    return None


def _names_a_place(content: Message, handling: AddressHandling | None) -> bool:
    """Whether the one text that is never withheld holds a postcode, number, map reference or line of an address."""
    text = getattr(content, "setting_safety_condition", None)
    if text is None or handling in (None, AddressHandling.OPEN):
        return False
    addresses = [getattr(content, name, None) for name in ("home_address", "current_address", "location_address")]
    lines = [_NOT_A_WORD.sub("", line).casefold() for address in addresses if address for line in address.lines]
    spaced, digits = _NOT_A_WORD.sub(" ", text), _BETWEEN_DIGITS.sub("", text)
    squashed = _NOT_A_WORD.sub("", text).casefold()
    return bool(
        _A_POSTCODE.search(spaced)
        or _A_MAP_REFERENCE.search(text)
        or _A_NUMBER.search(digits)
        or any(len(line) >= TELLING_LINE and line in squashed for line in lines)
    )
