"""A person has agreed: the organisation that heard it has it recorded, before it sends what depends on it."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from broker.schemas.agreement import AgreedPurpose, GivenBy, GivenFor, GrantOf, GrantRef, WordingVersion
from broker.schemas.housing import FAMILY, REFERRERS
from broker.schemas.message import SLOTS, Addressing, Flow, Message, Moment, OrganisationId
from broker.schemas.terms import Label

LONGEST = timedelta(days=366)
"""An agreement is limited in time (CON-01). That a year is enough is a proposal."""


class AgreementGiven(Message):
    """What was agreed, for what, to whom it may go, in which wording, from when until when. Codes alone."""

    grant_id: Annotated[GrantRef, Label.NONE]
    what: Annotated[GrantOf, Label.NONE]
    given_by: Annotated[GivenBy, Label.NONE]
    given_for: Annotated[GivenFor, Label.NONE]
    purpose: Annotated[AgreedPurpose, Label.NONE]
    recipients: Annotated[tuple[OrganisationId, ...], Field(min_length=1, max_length=SLOTS), Label.NONE]
    wording_version: Annotated[WordingVersion, Label.NONE]
    given_at: Annotated[Moment, Label.TIME]
    expires_at: Annotated[Moment, Label.TIME]

    @model_validator(mode="after")
    def _limited_in_time(self) -> Self:
        if not self.given_at < self.expires_at <= self.given_at + LONGEST:
            raise ValueError("expiresAt is not after givenAt, or more than a year after it")
        return self


FLOW = Flow(
    name="agreement-given",
    version=1,
    message=AgreementGiven,
    title="A person's agreement, for the register",
    family=FAMILY,
    senders=REFERRERS,
    purpose="prove that a person agreed, and until when",
    addressing=Addressing.BROKER_RECORD,
    views={},
    source="data-protection-rules 2 (Consent), CON-01, CON-03, CON-07, CON-08 [WT 299]",
)
