"""A council says what became of a referral: read and owned, not theirs, or erased (WF-07)."""

from broker.schemas.message import Addressing, Clock, Flow, View
from broker.schemas.receipt_recorded import FLOW as RECEIPT
from broker.schemas.receipt_recorded import ReceiptRecorded
from broker.schemas.referral import FAMILY, REFERRERS
from broker.schemas.terms import Kind, Label, Role


class ReferralReceiptRecorded(ReceiptRecorded):
    """The same code, role and time as of a notification: the least that goes back to a referrer."""


FLOW = Flow(
    name="receipt-recorded",
    version=1,
    message=ReferralReceiptRecorded,
    title="Acknowledgement, rejection or erasure of a referral",
    family=FAMILY,
    senders=frozenset({Kind.COUNCIL}),
    purpose="let the referrer know that a human has it",
    addressing=Addressing.ORIGINATOR,
    refers_to=True,
    signed_by=RECEIPT.signed_by,
    views={
        Role.ORIGINATOR: View(
            labels=frozenset({Label.NONE, Label.PRACTITIONER, Label.TIME}),
            sender_basis={Kind.COUNCIL: "LB-W1-LA"},
            recipient_basis="LB-WA",
            clock=Clock.NONE,
        )
    },
    kinds={Role.ORIGINATOR: REFERRERS},
    source="wider-flows WF-07 [WT 167]: without the decision itself, which is a person's",
)
