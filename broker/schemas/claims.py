"""What one controller claims in law for its own side of a transfer: codes only, nothing that tells of a person.

The law rows of `broker.consent.law` hold a complete claim for each flow and kind of controller. A message type whose
sender must say more (why a person was not asked for consent, say) carries a partial one, which is laid over the row's.
Every field has a value that claims nothing.
"""

from collections import Counter
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StringConstraints, model_serializer

from broker.schemas.message import Block
from broker.schemas.terms import Code


class Regime(Code):
    """Which law governs this controller's side. Purpose decides it, not what the organisation is (REG-01, REG-05)."""

    UK_GDPR = "uk-gdpr"
    PART_3 = "dpa-2018-part-3"


class Purpose(Code):
    """For what the controller processes."""

    WELFARE = "welfare"
    LAW_ENFORCEMENT = "law-enforcement"


class Article6(Code):
    """Points of Article 6(1) of the UK GDPR."""

    CONSENT = "6(1)(a)"
    CONTRACT = "6(1)(b)"
    LEGAL_OBLIGATION = "6(1)(c)"
    VITAL_INTERESTS = "6(1)(d)"
    PUBLIC_TASK = "6(1)(e)"
    RECOGNISED_INTEREST = "6(1)(ea)"
    LEGITIMATE_INTEREST = "6(1)(f)"


class Annex1(Code):
    """Conditions of a recognised legitimate interest."""

    REQUEST = "annex-1-para-1"
    CRIME = "annex-1-para-5"
    SAFEGUARDING = "annex-1-para-6"


class Article9(Code):
    """Points of Article 9(2)."""

    CONSENT = "9(2)(a)"
    EMPLOYMENT = "9(2)(b)"
    VITAL_INTERESTS = "9(2)(c)"
    NOT_FOR_PROFIT = "9(2)(d)"
    MADE_PUBLIC = "9(2)(e)"
    LEGAL_CLAIMS = "9(2)(f)"
    PUBLIC_INTEREST = "9(2)(g)"
    HEALTH_OR_SOCIAL_CARE = "9(2)(h)"
    PUBLIC_HEALTH = "9(2)(i)"
    ARCHIVING = "9(2)(j)"


class Schedule1(Code):
    """Conditions of Schedule 1 to the Data Protection Act 2018 that these flows could claim."""

    PARA_1 = "sch1-para-1"
    PARA_2 = "sch1-para-2"
    PARA_3 = "sch1-para-3"
    PARA_4 = "sch1-para-4"
    PARA_6 = "sch1-para-6"
    PARA_8 = "sch1-para-8"
    PARA_10 = "sch1-para-10"
    PARA_11 = "sch1-para-11"
    PARA_12 = "sch1-para-12"
    PARA_17 = "sch1-para-17"
    PARA_18 = "sch1-para-18"
    PARA_19 = "sch1-para-19"
    PARA_36 = "sch1-para-36"


class Article10(Code):
    """By which route criminal-offence data may be processed."""

    OFFICIAL_AUTHORITY = "official-authority"
    CONDITION = "schedule-1-condition"


class Section35(Code):
    """How processing under Part 3 is based on law (DPA 2018 s35(2))."""

    CONSENT = "s35(2)(a)"
    TASK = "s35(2)(b)"


class Schedule8(Code):
    """Conditions for sensitive processing under Part 3."""

    STATUTORY = "sch8-para-1"
    JUSTICE = "sch8-para-2"
    VITAL_INTERESTS = "sch8-para-3"
    SAFEGUARDING = "sch8-para-4"
    MADE_PUBLIC = "sch8-para-5"
    LEGAL_CLAIMS = "sch8-para-6"
    JUDICIAL = "sch8-para-7"
    FRAUD = "sch8-para-8"
    ARCHIVING = "sch8-para-9"


class Subject(Code):
    """Whose data it is, by their part in the matter; never who they are."""

    CHILD = "child"
    SIBLING = "sibling"
    PARENT = "parent"
    ALLEGED_HARMER = "alleged-harmer"
    VICTIM = "victim"
    PROFESSIONAL = "professional"
    REFERRER = "referrer"
    OTHER = "other"


class NoConsent(Code):
    """Why somebody was not asked (DPA 2018 Sch 1 para 18(2))."""

    CANNOT_BE_GIVEN = "cannot-be-given"
    NOT_REASONABLY_OBTAINABLE = "not-reasonably-obtainable"
    WOULD_PREJUDICE_PROTECTION = "would-prejudice-protection"


class Protected(Code):
    """Whom the processing protects (para 18(1)(b), Annex 1 para 6)."""

    CHILD = "child"
    ADULT_AT_RISK = "adult-at-risk"  # all three limbs of para 18(3) recorded
    ADULT = "adult"
    TYPE_OF_INDIVIDUAL = "type-of-individual"  # children, or adults at risk, of a pattern or a place (para 18(4))
    NOBODY_NAMED = "nobody-named"


class Life(Code):
    """Whether a person's data is personal data at all (REG-07, REG-08)."""

    LIVING = "living"
    DECEASED = "deceased"
    UNBORN = "unborn"


class Bar(Code):
    """Statutory bars, which no lawful basis lifts (CF-03, CF-04)."""

    ADOPTION = "adoption-records"
    FERTILITY = "fertility-treatment"
    COURT_PAPERS = "family-court-papers"
    GENDER_RECOGNITION = "gender-recognition"
    INTERCEPTION = "interception"
    PRIVILEGE = "legal-privilege"
    WITNESS_PROTECTION = "witness-protection"
    SEXUAL_OFFENCE_ANONYMITY = "sexual-offence-anonymity"


class Told(Code):
    """Whether the family has been told of the sharing (TR-01, TR-02)."""

    UNSET = "unset"
    TOLD = "told"
    NOT_TOLD = "not-told"


class NotToldBecause(Code):
    """The only reasons for which they may be left untold (TR-02)."""

    CRIME = "sch2-para-2"
    LAW_REQUIRES = "sch2-para-5-2"
    RISK = "risk-to-a-child-or-another"
    ARTICLE_14_5 = "article-14(5)"


class Agreed(Code):
    """What is on file of a person's agreement or consent, as found when the broker looked."""

    NOTHING = "nothing-on-file"
    STANDS = "stands"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    OTHER_PURPOSE = "for-another-purpose"
    OTHER_RECIPIENT = "for-another-recipient"


class Urgency(Code):
    """Urgent: a refusal that a person could cure is a hold instead, which that person can let go."""

    ROUTINE = "routine"
    URGENT = "urgent"


ProvisionCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9()./-]{2,40}$")]
FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,60}$")]


class Codes(Block):
    """A block of codes that may also be built by the names of its fields."""

    model_config = ConfigDict(validate_by_name=True)


class NotAsked(Codes):
    """Why one of those concerned was not asked for consent."""

    subject: Subject
    because: NoConsent


class Barred(Codes):
    """One field that a statutory bar covers. `excepted`: the sender names the bar's own exception."""

    field: FieldName
    bar: Bar
    excepted: bool = False


class Whose(Codes):
    """One of those concerned. `personal_data`: whether the sender treats what it says of them as personal data."""

    subject: Subject
    life: Life = Life.LIVING
    personal_data: bool = True


Several = Field(default=(), max_length=12)


class Claim(Codes):
    """One controller's claim. In a row of the law it is whole; in a message it holds what the row does not say.

    Names follow section 2 of the data-protection rules. Booleans say that the thing is recorded where the controller
    keeps it; the broker believes them, and they are in the audit record.
    """

    regime: Regime = Regime.UK_GDPR
    purpose: Purpose = Purpose.WELFARE
    gateways: Annotated[tuple[ProvisionCode, ...], Several] = ()
    urgency: Urgency = Urgency.ROUTINE
    necessity: bool = False  # a statement of why it is necessary and proportionate
    # Article 6
    article_6: Article6 | None = None
    annex_1: Annex1 | None = None
    request: bool = False  # a request for the information is stored
    request_states_need: bool = False  # and says for which public task it is needed
    first_collected_on_consent: bool = False
    decided_by_machine_alone: bool = False  # a significant decision about a person
    # Article 9, Article 10, Schedule 1
    article_9: Article9 | None = None
    article_10: Article10 | None = None
    schedule_1: Annotated[tuple[Schedule1, ...], Several] = ()
    public_interest: bool = False  # why it is of substantial public interest
    not_asked: Annotated[tuple[NotAsked, ...], Several] = ()
    protects: Protected = Protected.NOBODY_NAMED
    by_health_professional: bool = False  # or another who owes confidentiality in law
    unable_to_consent: bool = False  # physically or legally
    # Part 3
    section_35: Section35 | None = None
    strictly_necessary: bool = False
    schedule_8: Schedule8 | None = None
    section_42_document: bool = False
    outside_part_3_by: ProvisionCode | None = None  # the s36(4) authority for a welfare purpose
    tells_accuracy: bool = False  # as-of date, source and whether verified go with it (s38(4)-(5))
    fact_from_opinion: bool = False
    subject_classes: bool = False
    review_set: bool = False
    # Those concerned, and what is said of them
    subjects: Annotated[tuple[Whose, ...], Several] = ()
    barred: Annotated[tuple[Barred, ...], Field(default=(), max_length=40)] = ()
    confidence_owed: bool = False
    confidence_overridden: bool = False
    # Telling the family
    told: Told = Told.UNSET
    not_told_because: NotToldBecause | None = None
    recheck_set: bool = False
    exempt: bool = False  # the sender relies on the crime exemption
    restriction_travels: bool = False  # and says so to the recipient
    # Consent and agreement
    agreement_to_service: bool = False  # somebody agreed to a service, which is no consent to share
    consent_covers: Annotated[tuple[Subject, ...], Several] = ()  # one entry for each who consented
    safeguarding_override: bool = False

    @property
    def living(self) -> Counter[Subject]:
        """How many living people of each part it concerns: each needs a reason, or a consent, of their own."""
        return Counter(one.subject for one in self.subjects if one.life is Life.LIVING)

    @property
    def given(self) -> dict[str, Any]:
        """What it says, by name: also where it says what an empty claim would, because that is said against the row."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    @model_serializer
    def _as_given(self) -> dict[str, Any]:
        """On the wire, too, it says what was given and nothing else: a default would be laid over the row."""
        fields = type(self).model_fields.items()  # in their order: the names of what was given have none
        return {str(info.alias): getattr(self, name) for name, info in fields if name in self.model_fields_set}

    def __eq__(self, other: object) -> bool:
        """Two claims are the same if they say the same: one that denies something is not one that is silent on it."""
        return isinstance(other, Claim) and self.given == other.given

    def __hash__(self) -> int:
        return hash(frozenset(self.given.items()))

    def over(self, row: Self) -> Self:
        """What is given here, laid over the row's."""
        return row.model_copy(update=self.given) if self.model_fields_set else row
