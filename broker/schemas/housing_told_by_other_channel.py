"""A referrer told the housing authority by telephone or in person, and closes what the broker was holding."""

from broker.schemas.housing import BY_ITS_ROLE_HOLDERS, FAMILY, REFERRERS
from broker.schemas.message import Addressing, Flow
from broker.schemas.told_by_other_channel import ToldByOtherChannel


class HousingToldByOtherChannel(ToldByOtherChannel):
    """Who was told (by role), when, how, and who told them (by role)."""


FLOW = Flow(
    name="told-by-other-channel",
    version=1,
    message=HousingToldByOtherChannel,
    title="Housing referral made by other channel",
    family=FAMILY,
    senders=REFERRERS,
    purpose="close what a human has carried out",
    addressing=Addressing.BROKER_RECORD,
    refers_to=True,
    signed_by=BY_ITS_ROLE_HOLDERS,
    views={},
    source="design 5 [P]",
)
