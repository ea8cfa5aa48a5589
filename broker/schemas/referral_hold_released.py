"""The referrer's own role holder lets a held referral go: an ordinary release, or breaking the glass (design 5)."""

from broker.schemas.hold_released import HoldReleased
from broker.schemas.message import Addressing, Flow
from broker.schemas.referral import BY_ITS_ROLE_HOLDERS, FAMILY, REFERRERS


class ReferralHoldReleased(HoldReleased):
    """Which hold, for whom, how, and why. The referral is decided anew: what cannot be released stays held."""


FLOW = Flow(
    name="hold-released",
    version=1,
    message=ReferralHoldReleased,
    title="Held referral released by the referrer's role holder",
    family=FAMILY,
    senders=REFERRERS,
    purpose="let the controller's own human decide what the broker may not",
    addressing=Addressing.BROKER_RECORD,
    refers_to=True,
    signed_by=BY_ITS_ROLE_HOLDERS,
    views={},
    source="design 3, 5 [P]",
)
