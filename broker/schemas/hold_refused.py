"""The sender's own role holder decides not to share what is held: lawful, and recorded with its reason (A9)."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import model_validator

from broker.schemas.encompass import FAMILY, MessageRef
from broker.schemas.hold_released import CONTROLLERS, THEIR_ROLES
from broker.schemas.message import Addressing, Flow, Message, Moment, OrganisationId
from broker.schemas.terms import Label


class NotSharedReason(StrEnum):
    """Why it is not shared. Those after `operational-risk` are proposed [P]; the others are those of A9."""

    REGULATION_EXCEPTION = "regulation-exception"
    MORE_DETRIMENTAL_TO_CHILD = "more-detrimental-to-child"  # in the shape of Children Act 2004 s16LB(3)
    NO_ESTABLISHMENT = "no-establishment"
    CHILD_OVER_18 = "child-over-18"
    OPERATIONAL_RISK = "operational-risk"
    RECIPIENT_ALREADY_TOLD = "recipient-already-told"
    WRONG_RECIPIENT = "wrong-recipient"
    NOT_NEEDED = "not-needed"


class HoldRefused(Message):
    """Which hold, for whom, why not, and when it is to be looked at again: a risk passes, so it needs a time."""

    answers: Annotated[MessageRef, Label.NONE]
    organisation: Annotated[OrganisationId, Label.NONE]
    because: Annotated[NotSharedReason, Label.NONE]
    at: Annotated[Moment, Label.TIME]
    review_at: Annotated[Moment | None, Label.TIME] = None

    @model_validator(mode="after")
    def _a_risk_is_reviewed(self) -> Self:
        if self.because is NotSharedReason.OPERATIONAL_RISK and self.review_at is None:
            raise ValueError("operational-risk needs reviewAt")
        return self


FLOW = Flow(
    name="hold-refused",
    version=1,
    message=HoldRefused,
    title="Held message not shared, by the sender's role holder",
    family=FAMILY,
    senders=CONTROLLERS,
    purpose="record that the controller's own human decided not to share",
    addressing=Addressing.BROKER_RECORD,
    refers_to=True,
    signed_by=THEIR_ROLES,
    views={},
    source="core-flows 1, A9 [P]",
)
