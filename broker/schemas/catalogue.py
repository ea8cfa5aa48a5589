"""Every message type this broker carries: the explicit list. A new type is one file, and one line here."""

from broker.schemas import (
    authority_notified,
    child_referred,
    feedback_submitted,
    force_handover,
    hold_released,
    notification_corrected,
    notification_issued,
    notification_updated,
    notification_withdrawn,
    receipt_recorded,
    told_by_other_channel,
)
from broker.schemas.message import Flow

CATALOGUE: tuple[Flow, ...] = (
    notification_issued.FLOW,
    authority_notified.FLOW,
    notification_updated.FLOW,
    notification_corrected.FLOW,
    notification_withdrawn.FLOW,
    receipt_recorded.FLOW,
    feedback_submitted.FLOW,
    force_handover.FLOW,
    told_by_other_channel.FLOW,
    hold_released.FLOW,
    child_referred.FLOW,
)

BY_TYPE = {flow.type: flow for flow in CATALOGUE}
