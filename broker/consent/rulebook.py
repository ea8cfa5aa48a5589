"""What a rule is: its id, what it says, where it bites, what follows, what cures it, and where it was read.

A rule is a small pure function of a `Question` (one message, one recipient) or of an `End` (one controller's side of
it). It says whether it bites; its texts are constants, so a finding never quotes content.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from broker.consent.facts import Facts, Paper
from broker.consent.law.bases import Basis
from broker.consent.law.conditions import Condition
from broker.consent.law.policy import Policy
from broker.consent.law.provisions import HMPPS, MAPPA, PUBLIC, Provision
from broker.registry import Nation
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.claims import Claim, Regime, Urgency
from broker.schemas.message import Flow
from broker.schemas.terms import Code, Kind, Outcome, Release, Scope

COMPETENT = frozenset({Kind.POLICE, *HMPPS})
"""Kinds that Schedule 7 lists as competent authorities (REG-02)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule that bit: what follows, why, on which field, and what would make it lawful.

    `released_by`: of a hold, how the sender's role holder can let it go.
    """

    rule: str
    outcome: Outcome
    scope: Scope
    reason: str
    cure: str
    field: str = ""
    source: str
    mark: str
    released_by: frozenset[Release] = frozenset()


@dataclass(frozen=True, kw_only=True)  # without slots: what many rules ask is worked out once
class End:
    """One controller's side: who it is, what it claims in law, and how its papers stand."""

    sends: bool
    kind: Kind
    nation: Nation
    independent: bool
    other: Kind | None  # at the other end; None: not in the registry
    claim: Claim
    document: Paper
    in_mappa: bool  # the sender cites s325(4), so both sides are deemed competent (REG-03)
    facts: Facts
    policy: Policy
    day: date

    @cached_property
    def public_authority(self) -> bool:
        """A public authority doing its task (REG, A6-06). Charities and independent settings are none."""
        return self.kind in PUBLIC and not self.independent

    @cached_property
    def competent(self) -> bool:
        """A competent authority under Part 3 for this processing: by Schedule 7, or deemed inside MAPPA."""
        return self.kind in COMPETENT or self.in_mappa

    @cached_property
    def other_competent(self) -> bool:
        """Whether the other end is a competent authority, so that Sch 1 para 10(2) helps a disclosure to it."""
        return self.other in COMPETENT or self.in_mappa

    @cached_property
    def uk_gdpr(self) -> bool:
        """Whether this side claims to be under the UK GDPR."""
        return self.claim.regime is Regime.UK_GDPR

    @cached_property
    def flow(self) -> Flow:
        """The type's own rules."""
        return BY_TYPE[self.facts.type]

    @cached_property
    def gateways(self) -> tuple[Provision, ...]:
        """The provisions that it cites, as far as they are on file."""
        return tuple(found for code in self.claim.gateways if (found := self.policy.provision(code)))

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of Schedule 1 that it claims, as far as they are law here today. None under Part 3."""
        claimed = self.claim.schedule_1 if self.uk_gdpr else ()
        found = (self.policy.condition(code) for code in claimed)
        return tuple(one for one in found if one and self.nation in one.jurisdiction and one.in_force(self.day))

    def has(self, gateway: Provision) -> bool:
        """Whether that is a function or duty of this very body, here and today."""
        mine = self.kind in gateway.on and not (gateway.public_only and self.independent)
        return mine and self.nation in gateway.jurisdiction and gateway.in_force(self.day)


@dataclass(frozen=True, kw_only=True)
class Question:
    """May this message go to this recipient? An end is None while no row of the law stands for it."""

    facts: Facts
    policy: Policy
    day: date
    sender: End | None
    recipient: End | None

    @cached_property
    def flow(self) -> Flow:
        """The type's own rules."""
        return BY_TYPE[self.facts.type]

    @cached_property
    def urgent(self) -> bool:
        """Whether the sender says that it is."""
        claim = self.sender.claim if self.sender else self.facts.claimed
        return claim is not None and claim.urgency is Urgency.URGENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Differently:
    """That a rule bites, with another outcome or other words than it usually has. None: as usual."""

    outcome: Outcome | None = None
    scope: Scope | None = None
    reason: str | None = None
    cure: str | None = None
    field: str | None = None
    source: str | None = None
    mark: str | None = None


class At(Code):
    """What a rule is asked of."""

    MESSAGE = "message and recipient"
    SENDER = "sender's side"
    RECIPIENT = "recipient's side"
    BOTH = "each side"


Bite = bool | Differently | tuple[Differently, ...]
"""Whether a rule bites; how, if otherwise than usual; or several times, as on each of several fields."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule that the broker checks by itself.

    `curable`: a person could put it right, so an urgent message is held and not refused. `at_recipient`: what follows
    if it is the recipient's side that fails. `released_by`: how the sender's role holder can let such a hold go.
    """

    id: str
    states: str
    at: At
    outcome: Outcome
    at_recipient: Outcome | None
    scope: Scope
    reason: str
    cure: str
    field: str
    source: str
    mark: str
    curable: bool
    released_by: frozenset[Release]
    bites: Callable[[Any], Bite]

    @cached_property
    def finding(self) -> Finding:
        """What is found when it bites as usual."""
        return Finding(
            rule=self.id,
            outcome=self.outcome,
            scope=self.scope,
            reason=self.reason,
            cure=self.cure,
            field=self.field,
            source=self.source,
            mark=self.mark,
        )

    @cached_property
    def _at_recipient(self) -> Finding:
        outcome = self.at_recipient or self.outcome
        return replace(
            self.finding,
            outcome=outcome,
            scope=Scope.RECIPIENT,
            field="to.organisation",
            reason=f"At the recipient's side: {self.reason}",
            cure="The recipient's data protection officer must put its registered basis right; telephone it meanwhile.",
        )

    def find(self, question: Question) -> tuple[Finding, ...]:
        """What this rule finds, at each side that it is asked of. Most find nothing."""
        if self.at is At.MESSAGE:
            bite = self.bites(question)
            return as_found(bite, self.finding) if bite else ()
        found: tuple[Finding, ...] = ()
        if question.sender is not None and self.at is not At.RECIPIENT and (bite := self.bites(question.sender)):
            found = as_found(bite, self.finding)
        if question.recipient is not None and self.at is not At.SENDER and (bite := self.bites(question.recipient)):
            found += as_found(bite, self._at_recipient)
        return found


def as_found(bite: Bite, usual: Finding) -> tuple[Finding, ...]:
    """What is found, by what the rule says of its bite."""
    if isinstance(bite, bool):
        return (usual,) if bite else ()
    names = ("outcome", "scope", "reason", "cure", "field", "source", "mark")
    return tuple(
        replace(usual, **{name: value for name in names if (value := getattr(one, name)) is not None})
        for one in (bite if isinstance(bite, tuple) else (bite,))
    )


def rule(
    id_: str,
    outcome: Outcome,
    *,
    at: At = At.MESSAGE,
    at_recipient: Outcome | None = None,
    scope: Scope = Scope.MESSAGE,
    reason: str,
    cure: str,
    field: str = "",
    source: str,
    mark: str,
    curable: bool = True,
    released_by: frozenset[Release] = frozenset(),
) -> Callable[[Callable[[Any], Bite]], Rule]:
    """Make a rule of a function that says whether it bites; its docstring is the rule in plain words."""

    def made(bites: Callable[[Any], Bite]) -> Rule:
        return Rule(
            id=id_,
            states=(bites.__doc__ or "").strip(),
            at=at,
            outcome=outcome,
            at_recipient=at_recipient,
            scope=scope,
            reason=reason,
            cure=cure,
            field=field,
            source=source,
            mark=mark,
            curable=curable,
            released_by=released_by,
            bites=bites,
        )

    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Human:
    """A rule that no program can check: what it says, and what the human is asked."""

    id: str
    states: str
    asks: str
    source: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A rule that is kept by how the product is built: where, and by which test that is shown."""

    id: str
    states: str
    where: str
    test: str
    source: str
    mark: str


class Keeping(Code):
    """By what a redaction is kept."""

    LABELS = "labels that a role does not see"
    BARRED = "names that no such message may carry"
    HOLD = "a hold for the sender's human"
    BUILT = "how it is built"
    NOT_YET = "nothing yet: the flow that it is about is not built"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction(Built):
    """One rule of what a recipient does not see: also why, and by what it is kept."""

    why: str
    kept_by: tuple[Keeping, ...]


def ends(facts: Facts, policy: Policy, day: date) -> tuple[Basis | None, Basis | None, End | None, End | None]:
    """The rows of the law at both sides, and both sides as the rules see them."""
    view = BY_TYPE[facts.type].views.get(facts.recipient_role)
    if view is None:
        return None, None, None, None
    row = policy.basis(
        view.sender_basis.get(facts.sender, ""),
        kind=facts.sender,
        nation=facts.sender_nation,
        independent=facts.sender_independent,
        day=day,
    )
    own = None
    if facts.recipient is not None and facts.recipient_nation is not None:
        own = policy.basis(
            view.recipient_basis,
            kind=facts.recipient,
            nation=facts.recipient_nation,
            independent=facts.recipient_independent,
            day=day,
        )
    row, own = _claiming(row, facts.claimed), _claiming(own, facts.recipient_claimed)
    in_mappa = row is not None and MAPPA in row.claim.gateways
    sender = recipient = None
    if row is not None:
        sender = End(
            sends=True,
            kind=facts.sender,
            nation=facts.sender_nation,
            independent=facts.sender_independent,
            other=facts.recipient,
            claim=row.claim,
            document=facts.sender_document,
            in_mappa=in_mappa,
            facts=facts,
            policy=policy,
            day=day,
        )
    if own is not None and facts.recipient is not None and facts.recipient_nation is not None:
        recipient = End(
            sends=False,
            kind=facts.recipient,
            nation=facts.recipient_nation,
            independent=facts.recipient_independent,
            other=facts.sender,
            claim=own.claim,
            document=facts.recipient_document,
            in_mappa=in_mappa,
            facts=facts,
            policy=policy,
            day=day,
        )
    return row, own, sender, recipient


def _claiming(row: Basis | None, claimed: Claim | None) -> Basis | None:
    """The row as it stands for this message."""
    return row if row is None or claimed is None else replace(row, claim=claimed.over(row.claim))
