"""The message was about the wrong child, or went to the wrong setting (A3): erase it and say so."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from broker.schemas.encompass import FAMILY, NOT_FOR_EDUCATION, MessageRef
from broker.schemas.message import Addressing, Flow, Line, Message
from broker.schemas.notification_updated import FOLLOWS, RECEIVES
from broker.schemas.terms import Kind, Label


class WithdrawalReason(StrEnum):
    """Why."""

    MISTAKEN_IDENTITY = "mistaken-identity"
    WRONG_SETTING = "wrong-setting"
    SENT_IN_ERROR = "sent-in-error"


class Instruction(StrEnum):
    """What each recipient must do."""

    DELETE_OR_RETURN = "delete-or-return"
    STOP_SHARING = "stop-sharing"
    LIST_WHO_SAW_IT = "list-who-saw-it"


class NotificationWithdrawn(Message):
    """Carries nothing of the child. Each recipient must answer `erased`."""

    must_not_carry = NOT_FOR_EDUCATION

    supersedes: Annotated[MessageRef, Label.NONE]
    reason: Annotated[WithdrawalReason, Label.NONE]
    instructions: Annotated[tuple[Instruction, ...], Field(min_length=1, max_length=3), Label.NONE]
    breach_assessment_ref: Annotated[Line, Label.LINK]


FLOW = Flow(
    name="notification-withdrawn",
    version=1,
    message=NotificationWithdrawn,
    title="Withdrawal of a notification",
    family=FAMILY,
    senders=frozenset({Kind.POLICE}),
    purpose="undo a disclosure that was wrong",
    addressing=Addressing.LEDGER,
    refers_to=True,
    note="The earlier message must not be used. Do what is instructed, then answer with state erased.",
    views=FOLLOWS,
    kinds=RECEIVES,
    source="core-flows A3 [K: UK GDPR Arts 5(1)(d), 16-17, 33]",
)
