"""A person has changed their mind: what relied on it can no longer be fetched, or is asked to be erased."""

from typing import Annotated

from broker.schemas.agreement import GivenBy, GrantRef
from broker.schemas.housing import FAMILY, REFERRERS, SENDERS_BASIS
from broker.schemas.message import Addressing, Clock, Flow, Message, Moment, View
from broker.schemas.terms import Kind, Label, Role


class AgreementWithdrawn(Message):
    """Which grant, by whom, when. It goes to everybody who has fetched what relied on it: they answer `erased`."""

    grant_id: Annotated[GrantRef, Label.NONE]
    withdrawn_by: Annotated[GivenBy, Label.NONE]
    withdrawn_at: Annotated[Moment, Label.TIME]


FLOW = Flow(
    name="agreement-withdrawn",
    version=1,
    message=AgreementWithdrawn,
    title="Withdrawal of a person's agreement",
    family=FAMILY,
    senders=REFERRERS,
    purpose="stop, and undo, what the person no longer agrees to",
    addressing=Addressing.LEDGER,
    refers_to=True,
    note="The person has withdrawn the agreement that earlier messages in this case relied on. Stop using them, "
    "delete them, and answer each with state erased.",
    views={
        Role.HOUSING: View(
            labels=frozenset({Label.NONE, Label.TIME}),
            sender_basis=SENDERS_BASIS,
            recipient_basis="LB-DR-HA",
            clock=Clock.WORKING_MORNING,
        )
    },
    kinds={Role.HOUSING: frozenset({Kind.COUNCIL})},
    mailbox_only=True,
    source="data-protection-rules CON-05, RT-12 [Arts 17, 19; WT 32]",
)
