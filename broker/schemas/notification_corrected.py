"""A detail was wrong, the child was right (A3). The old value is never repeated."""

from datetime import date
from typing import Annotated, Self

from pydantic import model_validator

from broker.schemas.encompass import (
    FAMILY,
    NOT_FOR_EDUCATION,
    Address,
    DateOfBirthIs,
    IncidentDetail,
    MessageRef,
    Presence,
)
from broker.schemas.identifiers import Telephone
from broker.schemas.message import Addressing, Flow, Line, Moment
from broker.schemas.notification_updated import FOLLOWS, RECEIVES
from broker.schemas.terms import AddressHandling, Kind, Label


class NotificationCorrected(IncidentDetail):
    """Carries the right value of each field that was wrong; the recipient annotates its record.

    There is no list of changed names beside the values: it would tell of a change to a field that is withheld.
    """

    must_not_carry = NOT_FOR_EDUCATION

    supersedes: Annotated[MessageRef, Label.NONE]
    address_handling: Annotated[AddressHandling, Label.SAFETY]
    family_name: Annotated[Line | None, Label.IDENTITY] = None
    given_names: Annotated[Line | None, Label.IDENTITY] = None
    date_of_birth: Annotated[date | None, Label.IDENTITY] = None
    date_of_birth_is: Annotated[DateOfBirthIs | None, Label.IDENTITY] = None
    home_address: Annotated[Address | None, Label.LOCATION] = None
    occurred_from: Annotated[Moment | None, Label.TIME] = None
    child_presence: Annotated[Presence | None, Label.AS_SPECIAL] = None
    child_spoken_to: Annotated[bool | None, Label.VOICE] = None
    callback_role: Annotated[Line | None, Label.PRACTITIONER, Label.DIRECT_LINE] = None
    callback_telephone: Annotated[Telephone | None, Label.PRACTITIONER, Label.DIRECT_LINE] = None

    @model_validator(mode="after")
    def _corrects_something(self) -> Self:
        if self.model_fields_set <= {"supersedes", "address_handling"}:
            raise ValueError("a correction carries at least one corrected field")
        return self


FLOW = Flow(
    name="notification-corrected",
    version=1,
    message=NotificationCorrected,
    title="Correction of a notification",
    family=FAMILY,
    senders=frozenset({Kind.POLICE}),
    purpose="keep what recipients hold accurate",
    addressing=Addressing.LEDGER,
    refers_to=True,
    asks_no_consent=True,
    note="This corrects an earlier message: annotate your record of it with the values given here.",
    views=FOLLOWS,
    kinds=RECEIVES,
    source="core-flows A3",
)
