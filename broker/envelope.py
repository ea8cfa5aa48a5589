"""The envelope: CloudEvents 1.0 in Kafka binary mode. Headers are unsigned, so they carry nothing that is believed.

No header holds personal data, and a delivery's headers do not even tell its type or its sender.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from broker.errors import Reason, Refused

CONTENT_TYPE = b"application/jose"
DELIVERY = "uk.safeguarding.broker.delivery.v1"
REVOCATION = "uk.safeguarding.broker.revocation.v1"
"""For the mailbox service alone: it makes deliveries unclaimable, and holds nothing that anybody reads."""
SCREENED = "uk.safeguarding.broker.screened.v1"
"""From the broker's screening to its worker, on the topic of the submission that it has read."""
Header = tuple[str, bytes]
LONGEST = 200
SLIP = frozenset({"ce_id", "ce_type", "ce_expires", "ce_revokes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the headers of a submission claim."""

    id: str
    source: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What stands outside on a delivery of which a mailbox may have to keep back something.

    `expires`: from then on it is handed to nobody. `revokes`: deliveries to the same organisation that are handed to
    nobody from now on; this one is handed out only if one of those had been. `empty`: there is nothing to hand out.
    """

    event: str = ""
    expires: datetime | None = None
    revokes: tuple[str, ...] = ()
    empty: bool = False


NO_SLIP = Slip()


def slip(raw: Sequence[tuple[str, bytes | None]]) -> Slip:
    """Read what the broker wrote outside. Raises ValueError if it is not what the broker writes."""
    said = {name: value.decode("ascii") for name, value in raw if value is not None and name in SLIP}
    expires = said.get("ce_expires")
    return Slip(
        event=said.get("ce_id", ""),
        expires=None if expires is None else datetime.fromisoformat(expires),
        revokes=tuple(said["ce_revokes"].split(",")) if "ce_revokes" in said else (),
        empty=said.get("ce_type") == REVOCATION,
    )


def headers(
    *,
    event_id: UUID | str,
    source: str,
    event_type: str,
    at: datetime,
    audience: str | None = None,
    expires: datetime | None = None,
    revokes: Iterable[str] = (),
) -> list[Header]:
    """Headers of a submission or, with `audience`, of a delivery."""
    made = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(event_id).encode("ascii")),
        ("ce_source", source.encode("ascii")),
        ("ce_type", event_type.encode("ascii")),
        ("ce_time", at.isoformat().encode("ascii")),
    ]
    if audience is not None:
        made.append(("ce_audience", audience.encode("ascii")))
    if expires is not None:
        made.append(("ce_expires", expires.isoformat().encode("ascii")))
    if ending := ",".join(revokes):
        made.append(("ce_revokes", ending.encode("ascii")))
    made.append(("content-type", CONTENT_TYPE))
    return made


def read(raw: Sequence[tuple[str, bytes | None]]) -> Envelope:
    """Read a submission's headers strictly. Raises Refused(ENVELOPE) naming the headers at fault."""
    found: dict[str, str] = {}
    wrong: set[str] = set()
    for name, value in raw:
        wanted = name in ("ce_specversion", "ce_id", "ce_source", "ce_type", "content-type")
        if not wanted:
            continue
        text = value.decode("ascii", "replace") if value is not None and len(value) <= LONGEST else ""
        if not text or "\ufffd" in text or name in found:
            wrong.add(name)
        found[name] = text
    if found.get("ce_specversion") != "1.0":
        wrong.add("ce_specversion")
    if found.get("content-type") != CONTENT_TYPE.decode():
        wrong.add("content-type")
    wrong |= {name for name in ("ce_id", "ce_source", "ce_type") if name not in found}
    if wrong:
        raise Refused(Reason.ENVELOPE, tuple(sorted(wrong)))
    return Envelope(id=found["ce_id"], source=found["ce_source"], type=found["ce_type"])


def claimed_source(raw: Sequence[tuple[str, bytes | None]]) -> str:
    """Whom an unreadable message says it is from: a hint for whom to tell, believed by nobody. May be empty."""
    for name, value in raw:
        if name == "ce_source" and value is not None and len(value) <= LONGEST:
            return value.decode("ascii", "replace")
    return ""


def claimed_id(raw: Sequence[tuple[str, bytes | None]]) -> str:
    """Which message id an unreadable message claims; empty unless it has the form of a UUID."""
    for name, value in raw:
        if name == "ce_id" and value is not None:
            try:
                return str(UUID(value.decode("ascii")))
            except ValueError:
                return ""
    return ""
