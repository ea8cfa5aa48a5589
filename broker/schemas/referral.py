"""What messages about a referral to children's social care share: the family, who refers, and who may close it."""

from broker.schemas.terms import Kind, PersonRole

FAMILY = "referral"

REFERRERS = frozenset(
    {
        Kind.POLICE,
        Kind.SCHOOL,
        Kind.CHARITY,
        Kind.PRISON,
        Kind.DELIVERY_UNIT,
        Kind.CARE_BOARD,
        Kind.COUNCIL,
    }
)
"""Any agency that works with children refers (WF-06). Members of the public do so by telephone: they have no keys."""

BY_ITS_ROLE_HOLDERS = frozenset(
    {
        PersonRole.SAFEGUARDING_LEAD,
        PersonRole.DEPUTY,
        PersonRole.DUTY_DESK,
        PersonRole.SOCIAL_WORK_TEAM,
        PersonRole.OFFENDER_MANAGEMENT_UNIT,
    }
)
"""Role holders of a referrer who may say that they told the council themselves."""
