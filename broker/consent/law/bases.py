"""Bases: for each flow and kind of controller, the whole claim that stands unless a message says more.

A row is cited by its code. Sender and recipient each need one of their own: they often differ (core-flows 3.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from broker.consent.law.provisions import PROVISIONS
from broker.consent.law.record import ENGLAND, Record
from broker.schemas.claims import (
    Annex1,
    Article6,
    Article9,
    Article10,
    Claim,
    NoConsent,
    NotAsked,
    NotToldBecause,
    Protected,
    Purpose,
    Regime,
    Schedule1,
    Schedule8,
    Section35,
    Subject,
    Told,
    Whose,
)
from broker.schemas.terms import Kind

REGIMES = {Regime.UK_GDPR: "UK GDPR", Regime.PART_3: "DPA 2018 Part 3"}


_TITLES = {one.code: one.title for one in PROVISIONS}


@dataclass(frozen=True, kw_only=True)
class Basis(Record):
    """Why one controller may disclose, or receive and hold. `title` says which leg of which flow.

    `independent`: True, only settings that are no public authority; False, only those that are; None, either.
    """

    controller: frozenset[Kind]
    claim: Claim
    independent: bool | None = None

    @cached_property
    def in_words(self) -> Mapping[str, str | None]:
        """What is said of it in covers, outcomes and the audit record."""
        return {
            "code": self.code,
            "regime": self.regime,
            "gateway": "; ".join(_TITLES.get(code, code) for code in self.claim.gateways),
            "article6": self.article_6,
            "article9": self.article_9,
            "article10": self.article_10,
            "source": self.source,
            "mark": self.mark,
            "confirmedBy": self.confirmed_by,
        }

    @property
    def regime(self) -> str:
        """In words."""
        outside = " (welfare disclosure out of Part 3, s36(4))" if self.claim.outside_part_3_by else ""
        return REGIMES[self.claim.regime] + outside

    @property
    def article_6(self) -> str:
        """Point of Article 6(1), with its condition."""
        if self.claim.regime is Regime.PART_3:
            return f"not applicable: DPA 2018 {self.claim.section_35}"
        return ", ".join(one for one in (self.claim.article_6, self.claim.annex_1) if one)

    @property
    def article_9(self) -> str:
        """Point of Article 9(2) with its condition, or the condition of Schedule 8."""
        if self.claim.regime is Regime.PART_3:
            return str(self.claim.schedule_8)
        return ", ".join(one for one in (self.claim.article_9, *self.claim.schedule_1) if one)

    @property
    def article_10(self) -> str:
        """By which route criminal-offence data is processed."""
        if self.claim.regime is Regime.PART_3:
            return "not applicable under Part 3"
        return str(self.claim.article_10)


FAMILY = (
    Whose(subject=Subject.CHILD),
    Whose(subject=Subject.VICTIM),
    Whose(subject=Subject.ALLEGED_HARMER),
)
NOT_ASKED = (
    NotAsked(subject=Subject.CHILD, because=NoConsent.NOT_REASONABLY_OBTAINABLE),
    NotAsked(subject=Subject.VICTIM, because=NoConsent.NOT_REASONABLY_OBTAINABLE),
    NotAsked(subject=Subject.ALLEGED_HARMER, because=NoConsent.WOULD_PREJUDICE_PROTECTION),
)
"""Proposed: why those concerned in an incident are not asked, person by person (S1-18b)."""

_SAFEGUARDING = Claim(
    necessity=True,
    article_9=Article9.PUBLIC_INTEREST,
    schedule_1=(Schedule1.PARA_18,),
    public_interest=True,
    not_asked=NOT_ASKED,
    protects=Protected.CHILD,
    subjects=FAMILY,
    tells_accuracy=True,
    fact_from_opinion=True,
    told=Told.NOT_TOLD,
    not_told_because=NotToldBecause.ARTICLE_14_5,
    recheck_set=True,
)
"""UK GDPR, for safeguarding a child: what all such rows share."""
_HOLDER = Claim(article_10=Article10.CONDITION, schedule_1=(Schedule1.PARA_18, Schedule1.PARA_36)).over(_SAFEGUARDING)
"""Of a body without official authority over offences."""

_REFERRED = Claim(
    subjects=(Whose(subject=Subject.CHILD), Whose(subject=Subject.PARENT), Whose(subject=Subject.ALLEGED_HARMER)),
    not_asked=(
        NotAsked(subject=Subject.CHILD, because=NoConsent.NOT_REASONABLY_OBTAINABLE),
        NotAsked(subject=Subject.PARENT, because=NoConsent.NOT_REASONABLY_OBTAINABLE),
        NotAsked(subject=Subject.ALLEGED_HARMER, because=NoConsent.WOULD_PREJUDICE_PROTECTION),
    ),
)
_REFERRER = Claim(told=Told.UNSET, not_told_because=None, recheck_set=False).over(_REFERRED)
"""Of a body that refers. Whether the family has been told is the referrer's to say in each message (TR-01)."""
_REFERS = _REFERRER.over(_SAFEGUARDING)
_REFERS_HOLDING = _REFERRER.over(_HOLDER)
_RECEIVES_REFERRAL = _REFERRED.over(_HOLDER)
_HMPPS = frozenset({Kind.PRISON, Kind.DELIVERY_UNIT})

_HOUSING = Claim(
    necessity=True,
    article_9=Article9.PUBLIC_INTEREST,
    schedule_1=(Schedule1.PARA_6, Schedule1.PARA_36),
    article_10=Article10.CONDITION,
    public_interest=True,
    subjects=(Whose(subject=Subject.OTHER),),
    tells_accuracy=True,
    fact_from_opinion=True,
    told=Told.TOLD,
)
"""UK GDPR, for help with housing: an adult who knows of it. Paragraph 18 would need all limbs of an adult at risk."""

BASES: tuple[Basis, ...] = (
    Basis(
        code="LB-E1",
        title="police disclose to a relevant educational establishment",
        controller=frozenset({Kind.POLICE}),
        claim=Claim(
            gateways=("DAA2021-s49A",),
            article_6=Article6.LEGAL_OBLIGATION,
            article_10=Article10.OFFICIAL_AUTHORITY,
            outside_part_3_by="DAA2021-s49A",
        ).over(_SAFEGUARDING),
        in_force_from=date(2025, 11, 7),
        source="core-flows 3.4 [S2, S25]; the duty is to have arrangements: 6(1)(e) is the fallback",
        mark="R text, r date",
    ),
    Basis(
        code="LB-E2",
        title="police disclose to the local authority",
        controller=frozenset({Kind.POLICE}),
        claim=Claim(
            gateways=("CA2004-s11", "WT2026"),
            article_6=Article6.PUBLIC_TASK,
            article_10=Article10.OFFICIAL_AUTHORITY,
            outside_part_3_by="CA2004-s11",
        ).over(_SAFEGUARDING),
        in_force_from=date(2026, 3, 1),
        jurisdiction=ENGLAND,
        source="core-flows 3.4 [S1]; not s49A: a council is not a relevant educational establishment",
        mark="r",
    ),
    Basis(
        code="LB-E2-LA",
        title="local authority receives, holds and answers",
        controller=frozenset({Kind.COUNCIL}),
        claim=Claim(gateways=("CA2004-s11", "WT2026"), article_6=Article6.PUBLIC_TASK).over(_HOLDER),
        in_force_from=date(2026, 3, 1),
        jurisdiction=ENGLAND,
        source="core-flows A2",
        mark="P",
    ),
    Basis(
        code="LB-E3",
        title="state-funded school or college receives, holds and answers",
        controller=frozenset({Kind.SCHOOL}),
        claim=Claim(gateways=("EA2002-s175",), article_6=Article6.PUBLIC_TASK).over(_HOLDER),
        in_force_from=date(2018, 5, 25),
        independent=False,
        source="core-flows 3.4 [S1 para 7]",
        mark="K",
    ),
    Basis(
        code="LB-E3",
        title="independent school receives, holds and answers",
        controller=frozenset({Kind.SCHOOL}),
        claim=Claim(
            gateways=("EA2002-s157",), article_6=Article6.RECOGNISED_INTEREST, annex_1=Annex1.SAFEGUARDING
        ).over(_HOLDER),
        in_force_from=date(2026, 2, 5),
        independent=True,
        source="core-flows 3.4 [S1 para 7, S24]; 6(1)(c) may fit too",
        mark="K",
    ),
    Basis(
        code="LB-PP",
        title="police to police, and police receiving an answer",
        controller=frozenset({Kind.POLICE}),
        claim=Claim(
            regime=Regime.PART_3,
            purpose=Purpose.LAW_ENFORCEMENT,
            gateways=("common-law-policing",),
            necessity=True,
            section_35=Section35.TASK,
            strictly_necessary=True,
            schedule_8=Schedule8.SAFEGUARDING,
            section_42_document=True,
            protects=Protected.CHILD,
            public_interest=True,
            not_asked=NOT_ASKED,
            subjects=FAMILY,
            tells_accuracy=True,
            fact_from_opinion=True,
            subject_classes=True,
            review_set=True,
            told=Told.NOT_TOLD,
            not_told_because=NotToldBecause.CRIME,
            recheck_set=True,
            exempt=True,
            restriction_travels=True,
        ),
        in_force_from=date(2018, 5, 25),
        source="core-flows A4, A7; code proposed here",
        mark="P",
    ),
    Basis(
        code="LB-W1",
        title="council or care board refers a child",
        controller=frozenset({Kind.COUNCIL, Kind.CARE_BOARD}),
        claim=Claim(gateways=("CA2004-s11",), article_6=Article6.PUBLIC_TASK).over(_REFERS_HOLDING),
        in_force_from=date(2018, 5, 25),
        jurisdiction=ENGLAND,
        source="wider-flows WF-06, bundle W1",
        mark="P",
    ),
    Basis(
        code="LB-W1",
        title="state-funded school or college refers a child",
        controller=frozenset({Kind.SCHOOL}),
        claim=Claim(gateways=("EA2002-s175",), article_6=Article6.PUBLIC_TASK).over(_REFERS_HOLDING),
        in_force_from=date(2018, 5, 25),
        independent=False,
        source="wider-flows WF-06, bundle W1",
        mark="P",
    ),
    Basis(
        code="LB-W1",
        title="independent school refers a child",
        controller=frozenset({Kind.SCHOOL}),
        claim=Claim(
            gateways=("EA2002-s157",), article_6=Article6.RECOGNISED_INTEREST, annex_1=Annex1.SAFEGUARDING
        ).over(_REFERS_HOLDING),
        in_force_from=date(2026, 2, 5),
        independent=True,
        source="wider-flows WF-06, bundle V1: no public authority, so not the public task of bundle W1",
        mark="P",
    ),
    Basis(
        code="LB-PX",
        title="police, prison or probation refers a child",
        controller=frozenset({Kind.POLICE, *_HMPPS}),
        claim=Claim(
            gateways=("CA2004-s11",),
            article_6=Article6.PUBLIC_TASK,
            article_10=Article10.OFFICIAL_AUTHORITY,
            outside_part_3_by="CA2004-s11",
        ).over(_REFERS),
        in_force_from=date(2018, 5, 25),
        jurisdiction=ENGLAND,
        source="wider-flows WF-06, bundle PX",
        mark="P",
    ),
    Basis(
        code="LB-V1",
        title="charity refers a child",
        controller=frozenset({Kind.CHARITY}),
        claim=Claim(article_6=Article6.RECOGNISED_INTEREST, annex_1=Annex1.SAFEGUARDING).over(_REFERS_HOLDING),
        in_force_from=date(2026, 2, 5),
        source="wider-flows WF-06, bundle V1: Annex 1 para 6 needs no function in law",
        mark="P",
    ),
    Basis(
        code="LB-W1-LA",
        title="local authority receives a referral, holds it and answers",
        controller=frozenset({Kind.COUNCIL}),
        claim=Claim(gateways=("CA1989-s17", "CA1989-s47"), article_6=Article6.PUBLIC_TASK).over(_RECEIVES_REFERRAL),
        in_force_from=date(2018, 5, 25),
        jurisdiction=ENGLAND,
        source="wider-flows WF-06, WF-07, bundle W1",
        mark="P",
    ),
    Basis(
        code="LB-WA",
        title="public body holds the answer to its referral",
        controller=frozenset({Kind.POLICE, Kind.COUNCIL, Kind.CARE_BOARD, *_HMPPS}),
        claim=Claim(gateways=("CA2004-s11",), article_6=Article6.PUBLIC_TASK).over(_RECEIVES_REFERRAL),
        in_force_from=date(2018, 5, 25),
        jurisdiction=ENGLAND,
        source="wider-flows WF-07; code proposed here",
        mark="P",
    ),
    Basis(
        code="LB-WA",
        title="state-funded school or college holds the answer to its referral",
        controller=frozenset({Kind.SCHOOL}),
        claim=Claim(gateways=("EA2002-s175",), article_6=Article6.PUBLIC_TASK).over(_RECEIVES_REFERRAL),
        in_force_from=date(2018, 5, 25),
        independent=False,
        source="wider-flows WF-07; code proposed here",
        mark="P",
    ),
    Basis(
        code="LB-WA",
        title="independent school or charity holds the answer to its referral",
        controller=frozenset({Kind.SCHOOL, Kind.CHARITY}),
        claim=Claim(article_6=Article6.RECOGNISED_INTEREST, annex_1=Annex1.SAFEGUARDING).over(_RECEIVES_REFERRAL),
        in_force_from=date(2026, 2, 5),
        independent=True,
        source="wider-flows WF-07; code proposed here",
        mark="P",
    ),
    Basis(
        code="LB-DR",
        title="council or care board refers a homeless person, and holds the answer",
        controller=frozenset({Kind.COUNCIL, Kind.CARE_BOARD}),
        claim=Claim(gateways=("HA1996-s213B",), article_6=Article6.LEGAL_OBLIGATION).over(_HOUSING),
        in_force_from=date(2018, 10, 1),
        jurisdiction=ENGLAND,
        source="wider-flows WF-70, bundle W2; that the duty is a care board's, and not only its hospitals', is open",
        mark="P",
    ),
    Basis(
        code="LB-DR",
        title="prison or probation refers a homeless person, and holds the answer",
        controller=_HMPPS,
        claim=Claim(
            gateways=("HA1996-s213B",),
            article_6=Article6.LEGAL_OBLIGATION,
            article_10=Article10.OFFICIAL_AUTHORITY,
            outside_part_3_by="HA1996-s213B",
        ).over(_HOUSING),
        in_force_from=date(2018, 10, 1),
        jurisdiction=ENGLAND,
        source="wider-flows WF-70, bundle W2",
        mark="P",
    ),
    Basis(
        code="LB-DR-HA",
        title="housing authority receives a referral, holds it and answers",
        controller=frozenset({Kind.COUNCIL}),
        claim=Claim(gateways=("HA1996-Part-7",), article_6=Article6.PUBLIC_TASK).over(_HOUSING),
        in_force_from=date(2018, 10, 1),
        jurisdiction=ENGLAND,
        source="wider-flows WF-70",
        mark="P",
    ),
)
