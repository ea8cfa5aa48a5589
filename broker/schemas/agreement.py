"""What is on file of a person's agreement: codes alone, nothing that says who the person is.

Two things that must never be mixed up have a code each. Agreement to a *service* has none: it is no basis for anything.
"""

from typing import Annotated

from pydantic import StringConstraints

from broker.schemas.terms import Code


class GrantOf(Code):
    """What was given. The one never stands in for the other (CON-07)."""

    GATEWAY_AGREEMENT = "gateway-agreement"  # a condition in the statute, as in Housing Act 1996 s213B
    CONSENT = "data-protection-consent"


class AgreedPurpose(Code):
    """For which one thing."""

    DUTY_TO_REFER = "duty-to-refer"
    ACCOMMODATION_NOTICE = "temporary-accommodation-notice"


class GivenBy(Code):
    """Who said it, by their part: never who they are."""

    THE_PERSON = "the-person"
    WITH_PARENTAL_RESPONSIBILITY = "with-parental-responsibility"
    ACTING_IN_LAW = "acting-for-the-person-in-law"


class GivenFor(Code):
    """About whom: one grant is about one person (CON-08)."""

    THE_PERSON = "the-person"
    CHILD_OF_THE_PERSON = "child-of-the-person"


GrantRef = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
"""The random id of a grant in the same case."""
WordingVersion = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]{1,20}$")]
