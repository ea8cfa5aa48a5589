"""A referral was about the wrong child, or went to the wrong council: erase it and say so."""

from broker.schemas.child_referred import FLOW as REFERRED
from broker.schemas.message import Addressing, Clock, Flow, View
from broker.schemas.notification_withdrawn import NotificationWithdrawn
from broker.schemas.referral import FAMILY, REFERRERS
from broker.schemas.terms import Label, Role


class ReferralWithdrawn(NotificationWithdrawn):
    """Carries nothing of the child. The council must answer `erased`."""


FLOW = Flow(
    name="withdrawn",
    version=1,
    message=ReferralWithdrawn,
    title="Withdrawal of a referral",
    family=FAMILY,
    senders=REFERRERS,
    purpose="undo a disclosure that was wrong",
    addressing=Addressing.LEDGER,
    refers_to=True,
    note="The earlier referral must not be used. Do what is instructed, then answer with state erased.",
    views={
        Role.SOCIAL_CARE: View(
            labels=frozenset({Label.NONE}),
            sender_basis=REFERRED.views[Role.SOCIAL_CARE].sender_basis,
            recipient_basis="LB-W1-LA",
            clock=Clock.AT_ONCE,
        )
    },
    kinds=REFERRED.kinds,
    source="data-protection-rules RT-12; core-flows A3 [K: UK GDPR Arts 5(1)(d), 16-17, 33]",
)
