"""What a decision is about: coded facts that identify nobody, so that they can be kept, and the decision replayed."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter, with_config

from broker.registry import Channel, Establishment, Nation
from broker.schemas.claims import Agreed, Claim
from broker.schemas.terms import AddressHandling, Code, Kind, Release, Role, RollStatus
from broker.statement import dumps


class Handover(Code):
    """Where the hand-over of this case to the force of residence stands."""

    NONE = "none"
    WAITING = "waiting"
    OVERDUE = "overdue"
    ACKNOWLEDGED = "acknowledged"


class CaseState(Code):
    """Where the case stands before this message."""

    NEW = "new"
    OPEN = "open"
    WITHDRAWN = "withdrawn"


class Doubt(Code):
    """Why it is not certain who signed a message, or when."""

    KEY_REVOKED = "key-revoked"
    DATED_AHEAD = "dated-ahead"


class Paper(Code):
    """How a document of the controller stands: an appropriate policy document, a DPIA, an agreement."""

    NONE = "none-on-file"
    CURRENT = "current"
    REVIEW_SOON = "review-due-soon"
    REVIEW_OVERDUE = "review-overdue"
    LAPSED = "lapsed"  # past the grace after its review date, or ended
    ANOTHERS = "of-another-controller"


@with_config(ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True))
@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that `decide` looks at, for one message and one recipient. None: not known or not applicable."""

    type: str
    cited_basis: str
    sender: Kind
    sender_nation: Nation
    sender_independent: bool
    recipient: Kind | None  # None: no such organisation in the registry
    recipient_nation: Nation | None
    recipient_independent: bool
    recipient_channel: Channel | None
    recipient_has_key: bool
    recipient_role: Role
    recipient_suspended: bool = False
    recipient_closed: bool = False
    recipient_abroad: bool = False
    doubts: tuple[Doubt, ...] = ()
    released: Release | None = None
    establishment: Establishment | None = None
    roll_status: RollStatus | None = None
    school_also_named: bool = False
    under_18: bool | None = None
    age_is_estimated: bool = False
    address_handling: AddressHandling | None = None
    condition_names_the_place: bool = False
    sender_serves_an_area: bool = True
    recipient_in_sender_area: bool | None = None
    resident_in_sender_area: bool | None = None
    recipient_serves_residence: bool | None = None
    handover: Handover = Handover.NONE
    case: CaseState = CaseState.NEW
    # In law
    claimed: Claim | None = None  # what the message says beyond, or against, the sender's row
    recipient_claimed: Claim | None = None  # what the recipient has registered beyond, or against, its row
    special_category: bool = False  # the message holds health or other special-category data
    other_than_health: bool = False  # special-category data that is not health
    criminal_offence: bool = False  # it holds criminal-offence data, allegations included
    sender_document: Paper = Paper.CURRENT  # appropriate policy document
    recipient_document: Paper = Paper.CURRENT
    impact_assessment: Paper = Paper.CURRENT  # the sender's DPIA for this flow
    sharing_agreement: Paper = Paper.CURRENT  # between these two, for this flow
    agreement_labels: tuple[str, ...] | None = None  # the most that it lets be seen; None: whatever the flow does
    consent: Agreed | None = None  # data-protection consent, as found when the broker looked; None: none is relied on
    text_read: bool = False  # the free text has been screened, or its sender's human has cleared it
    agreement: Agreed | None = None  # the person's agreement as a statutory condition; None: not asked for

    def coded(self) -> dict[str, Any]:
        """Name -> code, for the audit record. Not to be changed: it is kept."""
        return _coded(self)


@lru_cache(maxsize=4096)
def _coded(facts: Facts) -> dict[str, Any]:
    made: dict[str, Any] = _FACTS.dump_python(facts, mode="json", by_alias=True, exclude_defaults=True)
    for name, claim in (("claimed", facts.claimed), ("recipient_claimed", facts.recipient_claimed)):
        if claim is not None:  # what it says is laid over the row, so "no" and "nothing said" are two things
            made[name] = claim.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return made


_FACTS = TypeAdapter(Facts)


def recorded(coded: dict[str, Any]) -> Facts:
    """The facts of an audit record. Raises ValueError if they are not facts as this release knows them."""
    return _FACTS.validate_json(dumps(coded))
