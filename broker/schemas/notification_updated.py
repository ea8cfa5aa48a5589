"""The force has more to say about the same incident (A3). Not a second incident."""

from typing import Annotated

from broker.schemas.encompass import (
    EDUCATION_SEES,
    FAMILY,
    NOT_FOR_EDUCATION,
    POLICE_SEES,
    SOCIAL_CARE_SEES,
    ChildIdentity,
    IncidentDetail,
    MessageRef,
)
from broker.schemas.message import Addressing, Clock, Flow, View
from broker.schemas.terms import AddressHandling, Kind, Label, Role


class NotificationUpdated(ChildIdentity, IncidentDetail):
    """Further facts, in the case of the message that it adds to."""

    must_not_carry = NOT_FOR_EDUCATION

    supersedes: Annotated[MessageRef, Label.NONE]
    address_handling: Annotated[AddressHandling, Label.SAFETY]


FOLLOWS = {
    Role.SAFEGUARDING_LEAD: View(
        labels=EDUCATION_SEES,
        sender_basis={Kind.POLICE: "LB-E1"},
        recipient_basis="LB-E3",
        clock=Clock.AT_ONCE,
    ),
    Role.SOCIAL_CARE: View(
        labels=SOCIAL_CARE_SEES,
        sender_basis={Kind.POLICE: "LB-E2"},
        recipient_basis="LB-E2-LA",
        clock=Clock.AT_ONCE,
        screened=False,
    ),
    Role.RESIDENCE_FORCE: View(
        labels=POLICE_SEES,
        sender_basis={Kind.POLICE: "LB-PP"},
        recipient_basis="LB-PP",
        clock=Clock.AT_ONCE,
        screened=False,
    ),
}
"""Whoever was told first is told what follows, on the basis of the first message."""

FLOW = Flow(
    name="notification-updated",
    version=1,
    message=NotificationUpdated,
    title="Update to a notification",
    family=FAMILY,
    senders=frozenset({Kind.POLICE}),
    purpose="support the child at school",
    addressing=Addressing.LEDGER,
    refers_to=True,
    asks_no_consent=True,
    note="This adds to an earlier message about the same incident: do not record it as a second incident.",
    views=FOLLOWS,
    kinds={
        Role.SAFEGUARDING_LEAD: frozenset({Kind.SCHOOL}),
        Role.SOCIAL_CARE: frozenset({Kind.COUNCIL}),
        Role.RESIDENCE_FORCE: frozenset({Kind.POLICE}),
    },
    source="core-flows A3 [S46]",
)
