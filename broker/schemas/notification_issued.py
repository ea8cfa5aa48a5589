"""A police force tells a child's school, before the next school day, that the child was in domestic abuse (A1)."""

from broker.schemas.encompass import EDUCATION_SEES, FAMILY, NOT_FOR_EDUCATION, ChildSubject, Incident
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
        )
    },
    kinds={Role.SAFEGUARDING_LEAD: frozenset({Kind.SCHOOL})},
    source="core-flows A1 [S1 paras 30, 143, 284; S2]",
)
