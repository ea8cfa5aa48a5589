"""The attending force hands a child over to the force where the child lives (A7)."""

from broker.schemas.encompass import FAMILY, POLICE_SEES, ChildSubject, Incident
from broker.schemas.message import Addressing, Clock, Flow, View
from broker.schemas.terms import Kind, Role


class ForceHandover(ChildSubject, Incident):
    """All that the attending force knows. The clock keeps running from its `groundsFormedAt`."""


FLOW = Flow(
    name="force-handover",
    version=1,
    message=ForceHandover,
    title="Hand-over to the force of residence",
    family=FAMILY,
    senders=frozenset({Kind.POLICE}),
    purpose="let the force that owes the duty notify",
    addressing=Addressing.NAMED,
    asks_no_consent=True,
    views={
        Role.RESIDENCE_FORCE: View(
            labels=POLICE_SEES,
            sender_basis={Kind.POLICE: "LB-PP"},
            recipient_basis="LB-PP",
            clock=Clock.ONE_HOUR,
            screened=False,
        )
    },
    kinds={Role.RESIDENCE_FORCE: frozenset({Kind.POLICE})},
    source="core-flows A7, 4.1 step 2 [our reading of S2; P]",
)
