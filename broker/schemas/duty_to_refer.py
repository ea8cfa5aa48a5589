"""A public authority refers a homeless person, who agrees to it, to the housing authority of their choice (WF-70)."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from broker.schemas.agreement import AgreedPurpose, GrantRef
from broker.schemas.claims import Claim
from broker.schemas.housing import FAMILY, REFERRERS, SENDERS_BASIS
from broker.schemas.message import Addressing, Clock, Flow, Line, Message, Narrative, View
from broker.schemas.terms import Kind, Label, Role


class Threat(StrEnum):
    """Homeless now, or likely to be within 56 days."""

    HOMELESS = "homeless"
    WITHIN_56_DAYS = "likely-within-56-days"


class DutyToRefer(Message):
    """One person, how to reach them, and why they agreed to be referred.

    `agreement_ref` names a grant that was recorded in this case; without one that stands nothing is sent, unless the
    sender claims in `law` that it overrides that to safeguard somebody. `consent_ref`: only if consent is relied on.
    """

    name: Annotated[Line, Label.IDENTITY]
    contact: Annotated[Line, Label.IDENTITY]
    agreed_reason: Annotated[Narrative, Label.OPINION, Label.NARRATIVE]
    threat: Annotated[Threat | None, Label.OPINION] = None
    homeless_from: Annotated[date | None, Label.TIME] = None
    rough_sleeping_risk: Annotated[bool | None, Label.OPINION] = None
    risk: Annotated[Narrative | None, Label.OPINION, Label.ALLEGATION, Label.NARRATIVE] = None
    agreement_ref: Annotated[GrantRef | None, Label.NONE] = None
    consent_ref: Annotated[GrantRef | None, Label.NONE] = None
    law: Annotated[Claim | None, Label.LAW] = None


HOUSING_SEES = frozenset({Label.NONE, Label.IDENTITY, Label.TIME, Label.OPINION, Label.ALLEGATION, Label.NARRATIVE})

FLOW = Flow(
    name="duty-to-refer",
    version=1,
    message=DutyToRefer,
    title="Referral of a homeless person",
    family=FAMILY,
    senders=REFERRERS,
    purpose="let the housing authority help a person who is homeless or about to be",
    addressing=Addressing.NAMED,
    views={
        Role.HOUSING: View(
            labels=HOUSING_SEES,
            sender_basis=SENDERS_BASIS,
            recipient_basis="LB-DR-HA",
            clock=Clock.WORKING_MORNING,
        )
    },
    kinds={Role.HOUSING: frozenset({Kind.COUNCIL})},
    mailbox_only=True,
    agreed_purpose=AgreedPurpose.DUTY_TO_REFER,
    source="wider-flows WF-70 [WT 296-301]; data-protection-rules CON-07",
)
