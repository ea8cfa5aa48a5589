"""A recipient says what became of a message: read and owned, not theirs, or erased (A4)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import model_validator

from broker.schemas.encompass import FAMILY, MessageRef
from broker.schemas.identifiers import Urn
from broker.schemas.message import Addressing, Clock, Flow, Message, Moment, View
from broker.schemas.terms import Kind, Label, PersonRole, Role


class ReceiptState(StrEnum):
    """What the recipient's role holder did."""

    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    ERASED = "erased"


class ReceivingRole(StrEnum):
    """Who answers, by role and never by name: the role of the key that signs."""

    SAFEGUARDING_LEAD = PersonRole.SAFEGUARDING_LEAD
    DEPUTY = PersonRole.DEPUTY
    HEADTEACHER = PersonRole.HEADTEACHER
    CHAIR_OF_GOVERNORS = PersonRole.CHAIR_OF_GOVERNORS
    PROPRIETOR = PersonRole.PROPRIETOR
    DUTY_DESK = PersonRole.DUTY_DESK
    SOCIAL_WORK_TEAM = PersonRole.SOCIAL_WORK_TEAM
    DESIGNATED_OFFICER = PersonRole.DESIGNATED_OFFICER


class RejectionReason(StrEnum):
    """Why it is not theirs."""

    NOT_ON_ROLL = "not-on-roll"
    WRONG_AUTHORITY = "wrong-authority"
    WRONG_PERSON = "wrong-person"
    DUPLICATE = "duplicate"
    CONFLICT_OF_INTEREST = "conflict-of-interest"
    UNREADABLE = "unreadable"
    OUT_OF_SCOPE = "out-of-scope"


class ReceiptRecorded(Message):
    """No narrative: a code, a role and a time."""

    answers: Annotated[MessageRef, Label.NONE]
    state: Annotated[ReceiptState, Label.NONE]
    role: Annotated[ReceivingRole, Label.PRACTITIONER]
    at: Annotated[Moment, Label.TIME]
    rejected_because: Annotated[RejectionReason | None, Label.NONE] = None
    correct_setting: Annotated[Urn | None, Label.EDUCATION] = None
    left_roll_on: Annotated[date | None, Label.EDUCATION] = None

    @model_validator(mode="after")
    def _a_rejection_says_why(self) -> Self:
        if (self.state is ReceiptState.REJECTED) != (self.rejected_because is not None):
            raise ValueError("rejectedBecause is given with state rejected, and only then")
        return self


FLOW = Flow(
    name="receipt-recorded",
    version=1,
    message=ReceiptRecorded,
    title="Acknowledgement, rejection or erasure",
    family=FAMILY,
    senders=frozenset({Kind.SCHOOL, Kind.COUNCIL, Kind.POLICE}),
    purpose="let the sender know that a human has it",
    addressing=Addressing.ORIGINATOR,
    refers_to=True,
    asks_no_consent=True,
    signed_by=frozenset(PersonRole(role) for role in ReceivingRole),
    views={
        Role.ORIGINATOR: View(
            labels=frozenset({Label.NONE, Label.PRACTITIONER, Label.TIME, Label.EDUCATION}),
            sender_basis={Kind.SCHOOL: "LB-E3", Kind.COUNCIL: "LB-E2-LA", Kind.POLICE: "LB-PP"},
            recipient_basis="LB-PP",
            clock=Clock.NONE,
        )
    },
    kinds={Role.ORIGINATOR: frozenset({Kind.POLICE})},
    source="core-flows A4, 3.6 [P]",
)
