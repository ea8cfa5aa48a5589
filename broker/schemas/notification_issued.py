"""A police force tells a child's school, before the next school day, that the child was in domestic abuse (A1)."""

from broker.schemas.encompass import (
    ALTERNATE_SEES,
    DESIGNATED_OFFICER_SEES,
    EDUCATION_SEES,
    FAMILY,
    NOT_FOR_EDUCATION,
    ChildSubject,
    Incident,
)
from broker.schemas.message import Addressing, Clock, Flow, View
from broker.schemas.terms import Kind, Role


class NotificationIssued(ChildSubject, Incident):
    """One child, one incident, to each relevant educational establishment."""

    must_not_carry = NOT_FOR_EDUCATION


FLOW = Flow(
    name="notification-issued",
    version=1,
    message=NotificationIssued,
    title="Encompass notification",
    family=FAMILY,
    senders=frozenset({Kind.POLICE}),
    purpose="support the child at school",
    addressing=Addressing.NAMED,
    asks_no_consent=True,
    views={
        Role.SAFEGUARDING_LEAD: View(
            labels=EDUCATION_SEES,
            sender_basis={Kind.POLICE: "LB-E1"},
            recipient_basis="LB-E3",
            clock=Clock.SCHOOL_DAY,
        ),
        Role.ALTERNATE: View(
            labels=ALTERNATE_SEES,
            sender_basis={Kind.POLICE: "LB-E1"},
            recipient_basis="LB-E3",
            clock=Clock.SCHOOL_DAY,
        ),
        Role.ALTERNATE_COUNCIL: View(
            labels=ALTERNATE_SEES,
            sender_basis={Kind.POLICE: "LB-E2"},
            recipient_basis="LB-E2-LA",
            clock=Clock.SCHOOL_DAY,
            beside=True,
        ),
        Role.DESIGNATED_OFFICER: View(
            labels=DESIGNATED_OFFICER_SEES,
            sender_basis={Kind.POLICE: "LB-E2"},
            recipient_basis="LB-E2-LA",
            clock=Clock.DESIGNATED_OFFICER,
            beside=True,
        ),
    },
    kinds={
        Role.SAFEGUARDING_LEAD: frozenset({Kind.SCHOOL}),
        Role.ALTERNATE: frozenset({Kind.SCHOOL}),  # a desk of the same controller
        Role.ALTERNATE_COUNCIL: frozenset({Kind.COUNCIL}),
        Role.DESIGNATED_OFFICER: frozenset({Kind.COUNCIL}),
    },
    source="core-flows A1 [S1 paras 30, 143, 284; S2]",
)
