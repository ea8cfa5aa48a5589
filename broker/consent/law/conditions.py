"""Conditions of Schedules 1 and 8 and of Annex 1: what each needs, as the table in the data-protection rules says."""

from dataclasses import dataclass
from datetime import date

from broker.consent.law.record import Record
from broker.schemas.claims import Annex1, Article9, Schedule1, Schedule8

GDPR = date(2018, 5, 25)
ANNEX_1 = date(2026, 2, 5)
PART_1 = frozenset({Article9.EMPLOYMENT, Article9.HEALTH_OR_SOCIAL_CARE, Article9.PUBLIC_HEALTH, Article9.ARCHIVING})
"""Points of Article 9(2) that need a condition of Part 1 of Schedule 1 (A9-02)."""
PART_2 = frozenset({Article9.PUBLIC_INTEREST})
"""The point that needs a condition of Part 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Record):
    """One condition. `supports`: the points of Article 9(2) it goes with."""

    supports: frozenset[Article9] = frozenset()
    policy_document: bool = False
    public_interest: bool = False
    no_consent_reason: bool = False


def _part_1(code: Schedule1, title: str, *, document: bool, source: str) -> Condition:
    return Condition(
        code=code,
        title=title,
        supports=PART_1,
        policy_document=document,
        in_force_from=GDPR,
        source=f"data-protection-rules 6; DPA 2018 {source}",
        mark="R",
    )


def _part_2(code: Schedule1, title: str, *, no_consent: bool, source: str) -> Condition:
    return Condition(
        code=code,
        title=title,
        supports=PART_2,
        policy_document=True,
        public_interest=True,
        no_consent_reason=no_consent,
        in_force_from=GDPR,
        source=f"data-protection-rules 6; DPA 2018 {source}",
        mark="R",
    )


def _part_3(code: Schedule8, title: str) -> Condition:
    return Condition(
        code=code, title=title, in_force_from=GDPR, source="data-protection-rules P3-03; DPA 2018 Sch 8", mark="R"
    )


def _annex(code: Annex1, title: str) -> Condition:
    return Condition(
        code=code,
        title=title,
        in_force_from=ANNEX_1,
        source="data-protection-rules 1, 4; DUAA 2025 s70, Sch 4; SI 2026/82 reg 2",
        mark="R",
    )


CONDITIONS: tuple[Condition, ...] = (
    _part_1(
        Schedule1.PARA_1, "employment, social security and social protection", document=True, source="Sch 1 para 1"
    ),
    _part_1(Schedule1.PARA_2, "health or social care", document=False, source="Sch 1 para 2, s11(1)"),
    _part_1(Schedule1.PARA_3, "public health", document=False, source="Sch 1 para 3"),
    _part_1(Schedule1.PARA_4, "archiving and research", document=False, source="Sch 1 para 4"),
    _part_2(Schedule1.PARA_6, "statutory and government purposes", no_consent=False, source="Sch 1 para 6"),
    _part_2(Schedule1.PARA_8, "equality of opportunity or treatment", no_consent=False, source="Sch 1 para 8"),
    _part_2(Schedule1.PARA_10, "preventing or detecting unlawful acts", no_consent=True, source="Sch 1 para 10"),
    _part_2(Schedule1.PARA_11, "protecting the public against dishonesty", no_consent=True, source="Sch 1 para 11"),
    _part_2(Schedule1.PARA_12, "regulatory requirements", no_consent=True, source="Sch 1 para 12"),
    _part_2(Schedule1.PARA_17, "counselling", no_consent=True, source="Sch 1 para 17"),
    _part_2(
        Schedule1.PARA_18,
        "safeguarding of children and of individuals at risk",
        no_consent=True,
        source="Sch 1 para 18",
    ),
    _part_2(Schedule1.PARA_19, "safeguarding of economic well-being", no_consent=True, source="Sch 1 para 19"),
    Condition(
        code=Schedule1.PARA_36,
        title="criminal-offence data under a Part 2 condition, without its public-interest limb",
        policy_document=True,
        in_force_from=GDPR,
        source="data-protection-rules A10-03; DPA 2018 Sch 1 paras 5, 36",
        mark="R",
    ),
    _part_3(Schedule8.STATUTORY, "statutory purposes"),
    _part_3(Schedule8.JUSTICE, "administration of justice"),
    _part_3(Schedule8.VITAL_INTERESTS, "vital interests"),
    _part_3(Schedule8.SAFEGUARDING, "safeguarding of children and of individuals at risk"),
    _part_3(Schedule8.MADE_PUBLIC, "already in the public domain"),
    _part_3(Schedule8.LEGAL_CLAIMS, "legal claims"),
    _part_3(Schedule8.JUDICIAL, "judicial acts"),
    _part_3(Schedule8.FRAUD, "preventing fraud"),
    _part_3(Schedule8.ARCHIVING, "archiving"),
    _annex(Annex1.REQUEST, "disclosure on a request that states the need for a public task"),
    _annex(Annex1.CRIME, "preventing, detecting or investigating crime"),
    _annex(Annex1.SAFEGUARDING, "safeguarding vulnerable individuals"),
)
