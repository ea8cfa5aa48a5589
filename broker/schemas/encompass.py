"""Blocks that the Operation Encompass messages share: the child, and the domestic abuse incident.

Items, formats and classes: domain notes 3.7, blocks CH and IN. `X` items of A1 are barred by name.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from broker.schemas.identifiers import GssCode, PoliceForceArea, PoliceForceCode, Postcode, Telephone, Uprn
from broker.schemas.message import Block, Line, Message, Moment, Narrative, Prose
from broker.schemas.terms import AddressHandling, Label

FAMILY = "encompass"

NOT_FOR_EDUCATION = {
    "nhsNumber": "not required until regulations under Children Act 2004 s16LC say so",
    "upn": "education use only: police do not hold it",
    "pncId": "RD-3: no Police National Computer data to education",
    "croNumber": "RD-3: no criminal-record data to education",
    "crn": "RD-3: no probation identifiers to education",
    "prisonNumber": "RD-3: no prison identifiers to education",
    "convictions": "RD-3: no criminal-record data to education",
    "riskScore": "RD-3: no risk-tool score to education",
    "marac": "RD-3: no MARAC content to education",
    "otherChildren": "RD-1: one child, one message",
    "siblings": "RD-1: one child, one message",
}


class Address(Block):
    """A postal address."""

    lines: Annotated[tuple[Line, ...], Field(min_length=1, max_length=5)]
    postcode: Postcode


class DateOfBirthIs(StrEnum):
    """How sure the date of birth is."""

    EXACT = "exact"
    ESTIMATED = "estimated"


class Presence(StrEnum):
    """Where the child was. A connected child who was not present is told of too."""

    SAW = "saw"
    HEARD = "heard"
    IN_PREMISES = "in-premises"
    CAME_AFTER = "came-after"
    NOT_PRESENT = "not-present"
    UNKNOWN = "unknown"


class LocationCategory(StrEnum):
    """What kind of place it was, without saying where."""

    HOME = "home"
    OTHER_HOME = "other-home"
    PUBLIC = "public"
    ONLINE = "online"
    REFUGE_OR_CONFIDENTIAL = "refuge-or-confidential"


class AdultRole(StrEnum):
    """An adult's part in the incident, as alleged: never a finding."""

    VICTIM = "victim"
    ALLEGED_PERPETRATOR = "alleged-perpetrator"
    OTHER = "other"


class Relation(StrEnum):
    """What an adult is to the child [P]. A closed list: no text that anybody would have to screen."""

    MOTHER = "mother"
    FATHER = "father"
    PARENT = "parent"
    STEPMOTHER = "stepmother"
    STEPFATHER = "stepfather"
    MOTHERS_PARTNER = "mother's partner"
    FATHERS_PARTNER = "father's partner"
    MOTHERS_FORMER_PARTNER = "mother's former partner"
    FATHERS_FORMER_PARTNER = "father's former partner"
    GRANDMOTHER = "grandmother"
    GRANDFATHER = "grandfather"
    SISTER = "sister"
    BROTHER = "brother"
    AUNT = "aunt"
    UNCLE = "uncle"
    COUSIN = "cousin"
    FOSTER_CARER = "foster carer"
    GUARDIAN = "guardian"
    OTHER_RELATIVE = "other relative"
    HOUSEHOLD_MEMBER = "household member"
    FAMILY_FRIEND = "family friend"
    NEIGHBOUR = "neighbour"
    OTHER_ADULT = "other adult"


AdultRef = Annotated[str, StringConstraints(pattern=r"^adult-[1-9]$")]


class Adult(Block):
    """An adult by relationship to the child (RD-4), as "mother's partner"."""

    adult_ref: AdultRef
    role: AdultRole
    relation: Relation


class AdultName(Block):
    """An adult's name, apart, so that it can be withheld on its own."""

    adult_ref: AdultRef
    name: Line


class ChildIdentity(Message):
    """Who the child is (block CH)."""

    family_name: Annotated[Line, Label.IDENTITY]
    given_names: Annotated[Line, Label.IDENTITY]
    also_known_as: Annotated[tuple[Line, ...] | None, Field(max_length=9), Label.IDENTITY] = None
    date_of_birth: Annotated[date, Label.IDENTITY]
    date_of_birth_is: Annotated[DateOfBirthIs | None, Label.IDENTITY] = None


class ChildSubject(ChildIdentity):
    """The child and where the child lives (block CH)."""

    home_address: Annotated[Address | None, Label.LOCATION] = None
    uprn: Annotated[Uprn | None, Label.LOCATION] = None
    current_address: Annotated[Address | None, Label.LOCATION] = None
    address_handling: Annotated[AddressHandling, Label.SAFETY]
    residence_force: Annotated[PoliceForceArea, Label.LOCATION, Label.ROUTING]
    residence_authority: Annotated[GssCode | None, Label.LOCATION] = None
    communication_needs: Annotated[Line | None, Label.SUPPORT_NEED, Label.NARRATIVE] = None


class IncidentDetail(Message):
    """What may be said of an incident beyond its bare facts (block IN). Every item is optional."""

    occurred_to: Annotated[Moment | None, Label.TIME] = None
    attended_at: Annotated[Moment | None, Label.TIME] = None
    location_category: Annotated[LocationCategory | None, Label.LOCATION] = None
    location_address: Annotated[Address | None, Label.LOCATION, Label.SAFETY] = None
    child_whereabouts: Annotated[Line | None, Label.LOCATION, Label.NARRATIVE] = None
    child_voice: Annotated[Narrative | None, Label.VOICE, Label.NARRATIVE] = None
    voice_presence: Annotated[Line | None, Label.VOICE, Label.NARRATIVE] = None
    welfare_check: Annotated[bool | None, Label.OPINION] = None
    circumstances: Annotated[Narrative | None, Label.ALLEGATION, Label.NARRATIVE] = None
    adults: Annotated[tuple[Adult, ...] | None, Field(max_length=9), Label.ALLEGATION, Label.OTHER_PEOPLE] = None
    adult_names: Annotated[tuple[AdultName, ...] | None, Field(max_length=9), Label.ADULT_NAME] = None
    child_injury_support: Annotated[Line | None, Label.SUPPORT_NEED, Label.NARRATIVE] = None
    referral_made: Annotated[bool | None, Label.ALLEGATION] = None
    setting_safety_condition: Annotated[Prose | None, Label.CONDITION] = None
    prior_notification_ref: Annotated[str | None, Field(pattern=r"^[0-9a-f-]{36}$"), Label.ALLEGATION] = None
    support_suggestion: Annotated[Narrative | None, Label.OPINION, Label.NARRATIVE] = None


class Incident(IncidentDetail):
    """The bare facts of an incident, which every first message carries (block IN).

    `grounds_formed_at` is when a member of the force had reasonable grounds to believe that the child may be a
    victim: every clock starts there, also in a fresh message after a withdrawal.
    """

    incident_ref: Annotated[Line, Label.LINK]
    force_code: Annotated[PoliceForceCode, Label.ROUTING]
    occurred_from: Annotated[Moment, Label.TIME]
    grounds_formed_at: Annotated[Moment, Label.TIME]
    child_presence: Annotated[Presence, Label.AS_SPECIAL]
    child_spoken_to: Annotated[bool, Label.VOICE]
    callback_role: Annotated[Line, Label.PRACTITIONER, Label.DIRECT_LINE]
    callback_telephone: Annotated[Telephone, Label.PRACTITIONER, Label.DIRECT_LINE]

    @model_validator(mode="after")
    def _grounds_follow_the_incident(self) -> Self:
        if self.grounds_formed_at < self.occurred_from:
            raise ValueError("groundsFormedAt is before occurredFrom")
        return self


MessageRef = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
"""The id of an earlier message in the same case."""

EDUCATION_SEES = frozenset(
    {
        Label.NONE,
        Label.IDENTITY,
        Label.LOCATION,
        Label.TIME,
        Label.EDUCATION,
        Label.SUPPORT_NEED,
        Label.AS_SPECIAL,
        Label.ALLEGATION,
        Label.CONDITION,
        Label.VOICE,
        Label.OPINION,
        Label.OTHER_PEOPLE,
        Label.PRACTITIONER,
        Label.NARRATIVE,
    }
)
"""The most a setting may ever see: no adult by name (RD-4), no link between children (RD-1), no safety marking.

Required fields that would have to go when a place is protected are kept from every setting, always: if they were
missing for some children only, their absence would tell. The setting rings the sender's published desk instead."""

SOCIAL_CARE_SEES = EDUCATION_SEES | {Label.SAFETY, Label.ADULT_NAME, Label.ROUTING, Label.DIRECT_LINE}
"""Children's social care must be able to find the child, so it sees protected addresses too (RD-2)."""

POLICE_SEES = SOCIAL_CARE_SEES | {Label.LINK}
"""A force that takes over sees all that the attending force knew."""
