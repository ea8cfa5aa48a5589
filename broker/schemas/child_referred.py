"""An agency refers a child it is worried about to children's social care (WF-06)."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from broker.schemas.claims import Claim
from broker.schemas.encompass import SOCIAL_CARE_SEES, Address, Adult, AdultName, ChildIdentity
from broker.schemas.identifiers import Telephone
from broker.schemas.message import Addressing, Clock, Flow, Line, Narrative, View
from broker.schemas.referral import FAMILY, REFERRERS
from broker.schemas.terms import AddressHandling, Kind, Label, Role


class SignificantHarm(StrEnum):
    """Whether the referrer thinks that the child suffers significant harm, or is likely to."""

    KNOWN = "known"
    LIKELY = "likely"
    NOT_THOUGHT = "not-thought"


class ChildReferred(ChildIdentity):
    """One child, what the worry is, and whatever is known of needs, care and surroundings.

    `law`: what the referrer claims in law beyond, or against, its row of the policy. `worry` is opinion and may allege
    an offence; nothing in it is a finding.
    """

    worry: Annotated[Narrative, Label.OPINION, Label.ALLEGATION, Label.NARRATIVE]
    significant_harm: Annotated[SignificantHarm | None, Label.OPINION] = None
    home_address: Annotated[Address | None, Label.LOCATION] = None
    current_address: Annotated[Address | None, Label.LOCATION] = None
    address_handling: Annotated[AddressHandling | None, Label.SAFETY] = None
    child_voice: Annotated[Narrative | None, Label.VOICE, Label.NARRATIVE] = None
    developmental_needs: Annotated[Narrative | None, Label.SUPPORT_NEED, Label.OPINION, Label.NARRATIVE] = None
    caring_capacity: Annotated[Narrative | None, Label.OPINION, Label.OTHER_PEOPLE, Label.NARRATIVE] = None
    external_factors: Annotated[Narrative | None, Label.OPINION, Label.OTHER_PEOPLE, Label.NARRATIVE] = None
    assessments_made: Annotated[Narrative | None, Label.OPINION, Label.SUPPORT_NEED, Label.NARRATIVE] = None
    adults: Annotated[tuple[Adult, ...] | None, Field(max_length=9), Label.ALLEGATION, Label.OTHER_PEOPLE] = None
    adult_names: Annotated[tuple[AdultName, ...] | None, Field(max_length=9), Label.ADULT_NAME] = None
    callback_role: Annotated[Line | None, Label.PRACTITIONER, Label.DIRECT_LINE] = None
    callback_telephone: Annotated[Telephone | None, Label.PRACTITIONER, Label.DIRECT_LINE] = None
    law: Annotated[Claim | None, Label.LAW] = None


FLOW = Flow(
    name="child-referred",
    version=1,
    message=ChildReferred,
    title="Referral to children's social care",
    family=FAMILY,
    senders=REFERRERS,
    purpose="let the council decide whether a child needs help or protection",
    addressing=Addressing.NAMED,
    views={
        Role.SOCIAL_CARE: View(
            labels=SOCIAL_CARE_SEES,
            sender_basis={
                Kind.POLICE: "LB-PX",
                Kind.PRISON: "LB-PX",
                Kind.DELIVERY_UNIT: "LB-PX",
                Kind.COUNCIL: "LB-W1",
                Kind.CARE_BOARD: "LB-W1",
                Kind.SCHOOL: "LB-W1",
                Kind.CHARITY: "LB-V1",
            },
            recipient_basis="LB-W1-LA",
            clock=Clock.AT_ONCE,
            screened=False,
        )
    },
    kinds={Role.SOCIAL_CARE: frozenset({Kind.COUNCIL})},
    source="wider-flows WF-06 [WT 163-164]; the clock is for reading: to answer is WF-07, one working day [WT 167]",
)
