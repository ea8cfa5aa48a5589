"""A police force tells the council where a home-educated child, or one without a setting, lives (A2)."""

from typing import Annotated, Literal

from broker.schemas.encompass import (
    FAMILY,
    NOT_FOR_EDUCATION,
    SOCIAL_CARE_SEES,
    Address,
    ChildSubject,
    Incident,
)
from broker.schemas.identifiers import GssCode
from broker.schemas.message import Addressing, Clock, Flow, View
from broker.schemas.terms import Kind, Label, Role, RollStatus


class AuthorityNotified(ChildSubject, Incident):
    """As a notification, with the address: the council must be able to find the child."""

    must_not_carry = NOT_FOR_EDUCATION

    home_address: Annotated[Address, Label.LOCATION]
    residence_authority: Annotated[GssCode, Label.LOCATION]
    education_status: Annotated[Literal[RollStatus.HOME_EDUCATED, RollStatus.MISSING_EDUCATION], Label.EDUCATION]


FLOW = Flow(
    name="authority-notified",
    version=1,
    message=AuthorityNotified,
    title="Notification to the local authority",
    family=FAMILY,
    senders=frozenset({Kind.POLICE}),
    purpose="find and support a child who has no setting",
    addressing=Addressing.NAMED,
    asks_no_consent=True,
    views={
        Role.SOCIAL_CARE: View(
            labels=SOCIAL_CARE_SEES,
            sender_basis={Kind.POLICE: "LB-E2"},
            recipient_basis="LB-E2-LA",
            clock=Clock.WORKING_MORNING,
            screened=False,
        )
    },
    kinds={Role.SOCIAL_CARE: frozenset({Kind.COUNCIL})},
    source="core-flows A2 [S1 para 133]",
)
