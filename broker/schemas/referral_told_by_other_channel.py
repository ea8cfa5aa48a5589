"""A referrer told the council by telephone or in person, and closes what the broker was holding."""

from broker.schemas.message import Addressing, Flow
from broker.schemas.referral import BY_ITS_ROLE_HOLDERS, FAMILY, REFERRERS
from broker.schemas.told_by_other_channel import ToldByOtherChannel


class ReferralToldByOtherChannel(ToldByOtherChannel):
    """Who was told (by role), when, how, and who told them (by role)."""


FLOW = Flow(
    name="told-by-other-channel",
    version=1,
    message=ReferralToldByOtherChannel,
    title="Referral made by other channel",
    family=FAMILY,
    senders=REFERRERS,
    purpose="close a hold that a human has carried out",
    addressing=Addressing.BROKER_RECORD,
    refers_to=True,
    signed_by=BY_ITS_ROLE_HOLDERS,
    views={},
    source="design 5 [P]",
)
