"""Coded facts of ordinary messages, to change one at a time."""

from dataclasses import replace

from broker.consent.facts import CaseState, Facts
from broker.registry import Channel, Establishment, Nation
from broker.schemas.claims import Claim, Told
from broker.schemas.terms import AddressHandling, Kind, Role, RollStatus


def type_of(name: str) -> str:
    """Full name of an Encompass type."""
    return f"uk.safeguarding.encompass.{name}.v1"


ISSUED = Facts(
    type=type_of("notification-issued"),
    cited_basis="LB-E1",
    sender=Kind.POLICE,
    sender_nation=Nation.ENGLAND,
    sender_independent=False,
    recipient=Kind.SCHOOL,
    recipient_nation=Nation.ENGLAND,
    recipient_independent=False,
    recipient_channel=Channel.DIRECT,
    recipient_has_key=True,
    recipient_role=Role.SAFEGUARDING_LEAD,
    establishment=Establishment.SCHOOL,
    roll_status=RollStatus.REGISTERED_SINGLE,
    under_18=True,
    address_handling=AddressHandling.OPEN,
    recipient_in_sender_area=True,
    resident_in_sender_area=True,
    recipient_serves_residence=True,
)
"""A notification to a pupil's school. Nothing is wrong with it."""

TO_COUNCIL = replace(
    ISSUED,
    type=type_of("authority-notified"),
    cited_basis="LB-E2",
    recipient=Kind.COUNCIL,
    recipient_role=Role.SOCIAL_CARE,
    establishment=None,
    roll_status=None,
)

HANDOVER = replace(
    TO_COUNCIL,
    type=type_of("force-handover"),
    cited_basis="LB-PP",
    recipient=Kind.POLICE,
    recipient_role=Role.RESIDENCE_FORCE,
    recipient_in_sender_area=False,
    resident_in_sender_area=False,
)

UPDATE = replace(ISSUED, type=type_of("notification-updated"), case=CaseState.OPEN, roll_status=None)

RECEIPT = replace(
    UPDATE,
    type=type_of("receipt-recorded"),
    cited_basis="LB-E3",
    sender=Kind.SCHOOL,
    recipient=Kind.POLICE,
    recipient_role=Role.ORIGINATOR,
    establishment=None,
    under_18=None,
    address_handling=None,
    recipient_in_sender_area=None,
    resident_in_sender_area=None,
    recipient_serves_residence=None,
)

INDEPENDENT_ANSWERS = replace(RECEIPT, sender_independent=True)
"""The same from an independent school, which is no public authority."""

CHARITY_REFERS = replace(
    TO_COUNCIL,
    type="uk.safeguarding.referral.child-referred.v1",
    cited_basis="LB-V1",
    sender=Kind.CHARITY,
    sender_independent=True,
    resident_in_sender_area=None,
    recipient_serves_residence=None,
    claimed=Claim(told=Told.TOLD),
)
"""A charity refers a child to the council, and has told the family."""
