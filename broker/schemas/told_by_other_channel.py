"""The sender's desk told a recipient by telephone or in person, and closes what the broker was holding."""

from enum import StrEnum
from typing import Annotated

from broker.schemas.encompass import FAMILY, MessageRef
from broker.schemas.message import Addressing, Flow, Line, Message, Moment, OrganisationId
from broker.schemas.terms import Kind, Label, PersonRole


class Channel(StrEnum):
    """How."""

    TELEPHONE = "telephone"
    IN_PERSON = "in-person"


class ToldByOtherChannel(Message):
    """Who was told (by role), when, how, and who told them (by role)."""

    answers: Annotated[MessageRef, Label.NONE]
    organisation: Annotated[OrganisationId, Label.NONE]
    how: Annotated[Channel, Label.NONE]
    at: Annotated[Moment, Label.TIME]
    told_role: Annotated[Line, Label.PRACTITIONER]
    told_by_role: Annotated[Line, Label.PRACTITIONER]


FLOW = Flow(
    name="told-by-other-channel",
    version=1,
    message=ToldByOtherChannel,
    title="Told by other channel",
    family=FAMILY,
    senders=frozenset({Kind.POLICE}),
    purpose="close a hold that a human has carried out",
    addressing=Addressing.BROKER_RECORD,
    refers_to=True,
    signed_by=frozenset({PersonRole.DUTY_DESK}),
    views={},
    source="design 5 [P]",
)
