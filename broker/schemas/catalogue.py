"""Every message type this broker carries: the explicit list. A new type is one file, and one line here."""

from broker.schemas import (
    agreement_given,
    agreement_withdrawn,
    authority_notified,
    child_referred,
    duty_to_refer,
    feedback_submitted,
    force_handover,
    hold_refused,
    hold_released,
    housing_receipt_recorded,
    housing_told_by_other_channel,
    notification_corrected,
    notification_issued,
    notification_updated,
    notification_withdrawn,
    receipt_recorded,
    referral_hold_released,
    referral_receipt_recorded,
    referral_told_by_other_channel,
    referral_withdrawn,
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
    hold_refused.FLOW,
    child_referred.FLOW,
    referral_receipt_recorded.FLOW,
    referral_told_by_other_channel.FLOW,
    referral_hold_released.FLOW,
    referral_withdrawn.FLOW,
    agreement_given.FLOW,
    agreement_withdrawn.FLOW,
    duty_to_refer.FLOW,
    housing_receipt_recorded.FLOW,
    housing_told_by_other_channel.FLOW,
)

BY_TYPE = {flow.type: flow for flow in CATALOGUE}
