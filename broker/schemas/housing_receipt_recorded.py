"""A housing authority says what became of a referral: read and owned, not theirs, or erased."""

from broker.schemas.housing import FAMILY, REFERRERS
from broker.schemas.message import Addressing, Clock, Flow, View
from broker.schemas.receipt_recorded import FLOW as RECEIPT
from broker.schemas.receipt_recorded import ReceiptRecorded
from broker.schemas.terms import Kind, Label, Role


class HousingReceiptRecorded(ReceiptRecorded):
    """The same code, role and time as of a notification."""


FLOW = Flow(
    name="receipt-recorded",
    version=1,
    message=HousingReceiptRecorded,
    title="Acknowledgement, rejection or erasure of a housing referral",
    family=FAMILY,
    senders=frozenset({Kind.COUNCIL}),
    purpose="let the referrer know that a human has it, or that it is erased",
    addressing=Addressing.ORIGINATOR,
    refers_to=True,
    signed_by=RECEIPT.signed_by,
    views={
        Role.ORIGINATOR: View(
            labels=frozenset({Label.NONE, Label.PRACTITIONER, Label.TIME}),
            sender_basis={Kind.COUNCIL: "LB-DR-HA"},
            recipient_basis="LB-DR",
            clock=Clock.NONE,
        )
    },
    kinds={Role.ORIGINATOR: REFERRERS},
    source="wider-flows WF-70; data-protection-rules RT-12",
)
