"""The sender's own role holder lets a held message go: an ordinary release, or breaking the glass (design 5)."""

from enum import StrEnum
from typing import Annotated

from broker.schemas.encompass import FAMILY, MessageRef
from broker.schemas.message import Addressing, Flow, Message, Moment, OrganisationId
from broker.schemas.terms import Kind, Label, PersonRole, Release


class ReleaseReason(StrEnum):
    """Why it may go after all."""

    PLACE_IS_KNOWN_THERE = "place-is-known-there"
    PLACE_CANNOT_BE_TOLD_FROM_IT = "place-cannot-be-told-from-it"
    CONFIRMED_WITH_THE_SETTING = "confirmed-with-the-setting"
    AGREED_WITH_THE_RESIDENCE_FORCE = "agreed-with-the-residence-force"
    CHILD_AT_RISK_NOW = "child-at-risk-now"
    NEEDED_AS_IT_STANDS = "needed-as-it-stands"  # of free text that was kept back: it has been read, and is needed


class HoldReleased(Message):
    """Which hold, for whom, how, and why. The message is decided anew: what cannot be released stays held."""

    answers: Annotated[MessageRef, Label.NONE]
    organisation: Annotated[OrganisationId, Label.NONE]
    how: Annotated[Release, Label.NONE]
    because: Annotated[ReleaseReason, Label.NONE]
    at: Annotated[Moment, Label.TIME]


CONTROLLERS = frozenset(
    {Kind.POLICE, Kind.COUNCIL, Kind.SCHOOL, Kind.PRISON, Kind.DELIVERY_UNIT, Kind.CARE_BOARD, Kind.CHARITY}
)
"""Whoever may send a flow may have something held, and then works the hold itself."""
THEIR_ROLES = frozenset(
    {
        PersonRole.DUTY_DESK,
        PersonRole.SOCIAL_WORK_TEAM,
        PersonRole.SAFEGUARDING_LEAD,
        PersonRole.DEPUTY,
        PersonRole.OFFENDER_MANAGEMENT_UNIT,
    }
)
"""In which role a person of such an organisation decides about what is held."""

FLOW = Flow(
    name="hold-released",
    version=1,
    message=HoldReleased,
    title="Hold released by the sender's role holder",
    family=FAMILY,
    senders=CONTROLLERS,
    purpose="let the controller's own human decide what the broker may not",
    addressing=Addressing.BROKER_RECORD,
    refers_to=True,
    signed_by=THEIR_ROLES,
    views={},
    source="design 3, 5 [P]",
)
