"""What messages about help with housing share: the family, who refers, and who may close it."""

from broker.schemas.terms import Kind, PersonRole

FAMILY = "housing"

REFERRERS = frozenset({Kind.COUNCIL, Kind.PRISON, Kind.DELIVERY_UNIT, Kind.CARE_BOARD})
"""Specified authorities, as far as the register knows them (WF-70)."""

BY_ITS_ROLE_HOLDERS = frozenset(
    {
        PersonRole.SAFEGUARDING_LEAD,
        PersonRole.DUTY_DESK,
        PersonRole.SOCIAL_WORK_TEAM,
        PersonRole.OFFENDER_MANAGEMENT_UNIT,
    }
)
"""Role holders of a referrer who may say that they told the housing authority themselves."""

SENDERS_BASIS = dict.fromkeys(sorted(REFERRERS), "LB-DR")
