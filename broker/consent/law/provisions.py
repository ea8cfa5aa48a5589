"""Gateways: provisions that let, or make, somebody share. A power is not a duty, and guidance is neither (GW-07)."""

from dataclasses import dataclass
from datetime import date

from broker.consent.law.record import ENGLAND, WALES, Record
from broker.schemas.terms import Code, Kind

HMPPS = frozenset({Kind.PRISON, Kind.DELIVERY_UNIT})
PUBLIC = frozenset({Kind.POLICE, Kind.COUNCIL, Kind.SCHOOL, Kind.CARE_BOARD, *HMPPS})
MAPPA = "CJA2003-s325(4)"
"""The gateway inside which everybody is treated as a competent authority (REG-03)."""
SHARING_DUTY = "CA2004-s16LB"
"""The duty to share, on the statute book and off until its commencement is known (A6-03)."""


class Force(Code):
    """What a provision is."""

    DUTY = "duty"
    POWER = "power"
    COMMON_LAW = "common law"
    AGREEMENT_GATED = "duty that needs the person's agreement"
    GUIDANCE = "guidance"


GIVES_A_TASK = frozenset({Force.DUTY, Force.POWER, Force.COMMON_LAW, Force.AGREEMENT_GATED})
BINDS = frozenset({Force.DUTY, Force.AGREEMENT_GATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision(Record):
    """One provision. `on`: whose function or duty it is. `public_only`: not of an independent school, say.

    `to`: whom it reaches; None: whoever has the function that it serves. `lets_out_of_part_3`: an authority in law to
    leave Part 3 for a welfare purpose (X-03).
    """

    force: Force
    on: frozenset[Kind]
    public_only: bool = True
    to: frozenset[Kind] | None = None
    lets_out_of_part_3: bool = False


PROVISIONS: tuple[Provision, ...] = (
    Provision(
        code="DAA2021-s49A",
        title="Domestic Abuse Act 2021 s49A (arrangements to notify schools)",
        force=Force.DUTY,
        on=frozenset({Kind.POLICE}),
        to=frozenset({Kind.SCHOOL}),
        lets_out_of_part_3=True,
        in_force_from=date(2025, 11, 7),
        source="data-protection-rules 1, X-03; core-flows 1 [S2, S3]",
        mark="R text, r date",
    ),
    Provision(
        code="CA2004-s11",
        title="Children Act 2004 s11 (functions discharged with regard to safeguarding)",
        force=Force.DUTY,
        on=frozenset({Kind.POLICE, Kind.COUNCIL, Kind.CARE_BOARD, *HMPPS}),
        lets_out_of_part_3=True,
        jurisdiction=ENGLAND,
        in_force_from=date(2005, 10, 1),
        source="core-flows 3.4 LB-E2; data-protection-rules REG-09, X-03",
        mark="K",
    ),
    Provision(
        code="CA2004-s10",
        title="Children Act 2004 s10 (co-operation to improve well-being)",
        force=Force.DUTY,
        on=frozenset({Kind.COUNCIL, Kind.POLICE, Kind.CARE_BOARD, *HMPPS}),
        jurisdiction=ENGLAND,
        in_force_from=date(2005, 4, 1),
        source="wider-flows WF-01; core-flows LB-H2",
        mark="K",
    ),
    Provision(
        code=SHARING_DUTY,
        title="Children Act 2004 s16LB (duty to share information)",
        force=Force.DUTY,
        on=frozenset({Kind.POLICE, Kind.COUNCIL, Kind.CARE_BOARD, Kind.SCHOOL, *HMPPS}),
        public_only=False,
        lets_out_of_part_3=True,
        jurisdiction=ENGLAND,
        in_force_from=None,
        source="data-protection-rules 1, 17, GW-01: announced for 30 September 2026, commencement instrument not seen",
        mark="R text, r date",
    ),
    Provision(
        code="CA2004-s16LC",
        title="Children Act 2004 s16LC (consistent identifier)",
        force=Force.DUTY,
        on=frozenset({Kind.POLICE, Kind.COUNCIL, Kind.CARE_BOARD, *HMPPS}),
        jurisdiction=ENGLAND,
        in_force_from=None,
        source="data-protection-rules GW-05: only its powers to make regulations are in force",
        mark="R, r",
    ),
    Provision(
        code="CA2004-s16H",
        title="Children Act 2004 s16H (safeguarding partners require information)",
        force=Force.DUTY,
        on=frozenset({*PUBLIC, Kind.CHARITY}),
        public_only=False,
        lets_out_of_part_3=True,
        jurisdiction=ENGLAND,
        in_force_from=date(2018, 6, 29),
        source="data-protection-rules GW-06, X-03 [WT 89-92]",
        mark="R; K date",
    ),
    Provision(
        code="CA1989-s17",
        title="Children Act 1989 s17 (services for children in need)",
        force=Force.DUTY,
        on=frozenset({Kind.COUNCIL}),
        jurisdiction=ENGLAND,
        in_force_from=date(1991, 10, 14),
        source="wider-flows WF-06",
        mark="K",
    ),
    Provision(
        code="CA1989-s47",
        title="Children Act 1989 s47 (duty to investigate)",
        force=Force.DUTY,
        on=frozenset({Kind.COUNCIL}),
        in_force_from=date(1991, 10, 14),
        source="wider-flows WF-06, WF-37",
        mark="K",
    ),
    Provision(
        code="CA1989-s47(9)",
        title="Children Act 1989 s47(9)-(11) (assistance to those who investigate)",
        force=Force.DUTY,
        on=frozenset({Kind.COUNCIL, Kind.CARE_BOARD}),
        to=frozenset({Kind.COUNCIL}),
        lets_out_of_part_3=True,
        in_force_from=date(1991, 10, 14),
        source="data-protection-rules X-03; wider-flows WF-37",
        mark="K",
    ),
    Provision(
        code="EA2002-s175",
        title="Education Act 2002 s175 (arrangements of maintained schools and colleges)",
        force=Force.DUTY,
        on=frozenset({Kind.SCHOOL}),
        in_force_from=date(2004, 6, 1),
        source="core-flows 3.4 LB-E3 [S1 para 7]",
        mark="K",
    ),
    Provision(
        code="EA2002-s157",
        title="Education Act 2002 s157 and the Independent School Standards",
        force=Force.DUTY,
        on=frozenset({Kind.SCHOOL}),
        public_only=False,
        in_force_from=date(2004, 6, 1),
        source="core-flows 3.4 LB-E3 [S1 para 7]",
        mark="K",
    ),
    Provision(
        code="OMA2007-s14",
        title="Offender Management Act 2007 s14 (disclosure for offender management)",
        force=Force.POWER,
        on=frozenset({Kind.COUNCIL, Kind.POLICE, Kind.CARE_BOARD, *HMPPS}),
        to=frozenset({Kind.COUNCIL, Kind.POLICE, Kind.CARE_BOARD, *HMPPS}),
        lets_out_of_part_3=True,
        in_force_from=date(2008, 4, 1),
        source="core-flows 3.4 LB-H1, LB-H2 [S16, S18]; data-protection-rules REG-06, X-03 [WT 239]",
        mark="R; K date",
    ),
    Provision(
        code=MAPPA,
        title="Criminal Justice Act 2003 s325(4) (MAPPA exchange)",
        force=Force.POWER,
        on=frozenset({*PUBLIC, Kind.CHARITY}),
        public_only=False,
        lets_out_of_part_3=True,
        in_force_from=date(2004, 4, 5),
        source="data-protection-rules REG-03, GW-08 [s325(4)-(4G); WT 322-325]",
        mark="R; K date",
    ),
    Provision(
        code="common-law-policing",
        title="common-law policing powers",
        force=Force.COMMON_LAW,
        on=frozenset({Kind.POLICE}),
        lets_out_of_part_3=True,
        in_force_from=date(2018, 5, 25),
        source="data-protection-rules X-03; core-flows A4, A7",
        mark="K",
    ),
    Provision(
        code="PCSCA2022-s44A",
        title="Police, Crime, Sentencing and Courts Act 2022 s44A (police requests about a victim)",
        force=Force.POWER,
        on=frozenset({*PUBLIC, Kind.CHARITY}),
        public_only=False,
        to=frozenset({Kind.POLICE}),
        in_force_from=date(2026, 1, 12),
        source="data-protection-rules 1, GW-09",
        mark="R text in part, r date",
    ),
    Provision(
        code="HA1996-s213B",
        title="Housing Act 1996 s213B (duty to refer)",
        force=Force.AGREEMENT_GATED,
        on=frozenset({Kind.COUNCIL, Kind.CARE_BOARD, *HMPPS}),
        to=frozenset({Kind.COUNCIL}),
        lets_out_of_part_3=True,
        jurisdiction=ENGLAND,
        in_force_from=date(2018, 10, 1),
        source="data-protection-rules CON-07; wider-flows WF-70 [WT 296-301]",
        mark="R; K date",
    ),
    Provision(
        code="HA1996-Part-7",
        title="Housing Act 1996 Part 7 (homelessness functions of housing authorities)",
        force=Force.DUTY,
        on=frozenset({Kind.COUNCIL}),
        jurisdiction=ENGLAND,
        in_force_from=date(1997, 1, 20),
        source="wider-flows WF-70 names s213B alone; that the recipient acts under Part 7 was not seen in a source",
        mark="K",
    ),
    Provision(
        code="HA1996-s213AA",
        title="Housing Act 1996 s213AA (notice of temporary accommodation)",
        force=Force.AGREEMENT_GATED,
        on=frozenset({Kind.COUNCIL}),
        jurisdiction=ENGLAND,
        in_force_from=None,
        source="data-protection-rules 1, CON-07: needs regulations, none seen",
        mark="R text in part",
    ),
    Provision(
        code="EA1996-s436B",
        title="Education Act 1996 ss434A, 436B (consent to withdraw; children not in school)",
        force=Force.DUTY,
        on=frozenset({Kind.COUNCIL, Kind.SCHOOL}),
        public_only=False,
        in_force_from=None,
        source="data-protection-rules 1: needs regulations, none seen",
        mark="R text in part",
    ),
    Provision(
        code="CPA2026-reporting",
        title="Crime and Policing Act 2026 (duty to report suspected child sex offences)",
        force=Force.DUTY,
        on=frozenset({*PUBLIC, Kind.CHARITY}),
        public_only=False,
        to=frozenset({Kind.POLICE, Kind.COUNCIL}),
        in_force_from=None,
        source="data-protection-rules 1: commencement not seen; the duty is a person's own",
        mark="r",
    ),
    Provision(
        code="CPPCSR2010-r13",
        title="Care Planning Regulations 2010 regs 11, 13, 14 (notice of placement)",
        force=Force.DUTY,
        on=frozenset({Kind.COUNCIL}),
        jurisdiction=ENGLAND,
        in_force_from=date(2011, 4, 1),
        source="core-flows 3.4 LB-P1 [S6-S8]",
        mark="R; K date",
    ),
    Provision(
        code="SSWBA2014",
        title="Social Services and Well-being (Wales) Act 2014",
        force=Force.DUTY,
        on=frozenset({Kind.COUNCIL}),
        jurisdiction=WALES,
        in_force_from=date(2016, 4, 6),
        source="data-protection-rules REG-09",
        mark="K",
    ),
    Provision(
        code="WT2026",
        title="Working Together to Safeguard Children 2026",
        force=Force.GUIDANCE,
        on=frozenset({*PUBLIC, Kind.CHARITY}),
        public_only=False,
        jurisdiction=ENGLAND,
        in_force_from=date(2026, 3, 1),
        source="core-flows 1 [S1 para 3]",
        mark="R",
    ),
)
