"""What a decision is about: coded facts that identify nobody, so that they can be kept, and the decision replayed."""

from dataclasses import dataclass
from enum import StrEnum

from broker.registry import Channel, Establishment, Nation
from broker.schemas.terms import AddressHandling, Kind, Release, Role, RollStatus


class Handover(StrEnum):
    """Where the hand-over of this case to the force of residence stands."""

    NONE = "none"
    WAITING = "waiting"
    OVERDUE = "overdue"
    ACKNOWLEDGED = "acknowledged"


class CaseState(StrEnum):
    """Where the case stands before this message."""

    NEW = "new"
    OPEN = "open"
    WITHDRAWN = "withdrawn"


class Doubt(StrEnum):
    """Why it is not certain who signed a message, or when."""

    KEY_REVOKED = "key-revoked"
    DATED_AHEAD = "dated-ahead"


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

    def coded(self) -> dict[str, object]:
        """Name -> code, for the audit record."""
        return {name: _code(getattr(self, name)) for name in self.__slots__}


def _code(value: object) -> object:
    """What JSON writes for it; a writer of JSON takes much longer to find that out."""
    return value.value if isinstance(value, StrEnum) else value
