"""A setting tells the police scheme lead how useful a notification was (A5). Never about the child."""

from enum import StrEnum
from typing import Annotated

from broker.schemas.encompass import FAMILY, MessageRef
from broker.schemas.message import Addressing, Clock, Flow, Message, View
from broker.schemas.terms import Kind, Label, Role


class Usefulness(StrEnum):
    """Whether it helped."""

    ESSENTIAL = "essential"
    USEFUL = "useful"
    NO_DIFFERENCE = "no-difference"


class SupportGiven(StrEnum):
    """What the setting did."""

    CHECK_IN = "check-in"
    PASTORAL_PLAN = "pastoral-plan"
    REFERRAL_MADE = "referral-made"
    NONE_NEEDED = "none-needed"


class Timeliness(StrEnum):
    """When it came."""

    BEFORE_SCHOOL = "before-school"
    DURING_THE_DAY = "during-the-day"
    TOO_LATE = "too-late"


class ContentGap(StrEnum):
    """What was missing."""

    NONE = "none"
    CHILD_VOICE = "child-voice"
    PRESENCE = "presence"
    SAFETY_CONDITION = "safety-condition"


class FeedbackSubmitted(Message):
    """Codes only. Concerns about a child go to children's social care as a referral."""

    answers: Annotated[MessageRef, Label.NONE]
    usefulness: Annotated[Usefulness | None, Label.NONE] = None
    support_given: Annotated[SupportGiven | None, Label.NONE] = None
    timeliness: Annotated[Timeliness | None, Label.NONE] = None
    content_gap: Annotated[ContentGap | None, Label.NONE] = None


FLOW = Flow(
    name="feedback-submitted",
    version=1,
    message=FeedbackSubmitted,
    title="Feedback from a setting",
    family=FAMILY,
    senders=frozenset({Kind.SCHOOL}),
    purpose="improve the scheme",
    addressing=Addressing.ORIGINATOR,
    refers_to=True,
    views={
        Role.ORIGINATOR: View(
            labels=frozenset({Label.NONE}),
            sender_basis={Kind.SCHOOL: "LB-E3"},
            recipient_basis="LB-PP",
            clock=Clock.NONE,
        )
    },
    kinds={Role.ORIGINATOR: frozenset({Kind.POLICE})},
    source="core-flows A5 [P]",
)
