"""Why a message can never be accepted: one closed list of reasons, and the exception that carries one."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a whole message is refused. The values are on the wire: add, never rename. They never contain data."""

    OVERSIZED = "oversized"
    ENVELOPE = "envelope-invalid"
    UNSEALABLE = "cannot-be-opened"
    MALFORMED = "malformed"
    UNKNOWN_TYPE = "unknown-type"
    UNKNOWN_SENDER = "unknown-sender"
    FORGED = "signature-does-not-verify"
    KEY_NOT_VALID = "key-not-valid"
    KEY_REVOKED = "key-revoked"
    WRONG_ROLE = "not-signed-by-that-role"
    SUSPENDED = "sender-suspended"
    MISMATCH = "envelope-differs-from-signed-content"
    WRONG_PARTITION = "wrong-partition"
    REPLAYED = "same-id-other-bytes"
    STALE = "stale"
    FROM_THE_FUTURE = "dated-in-the-future"
    NOT_ADDRESSED = "nobody-addressed"
    NO_SUCH_CASE = "no-such-case-of-yours"
    CASE_FULL = "case-full"
    FAULT = "fault-of-the-broker"


PLAIN: dict[Reason, tuple[str, str]] = {
    Reason.OVERSIZED: (
        "The message is larger than this broker accepts.",
        "Send a signed statement of at most 96 KiB; documents travel as attachments.",
    ),
    Reason.ENVELOPE: (
        "A required CloudEvents header is missing, repeated or not valid text.",
        "Send CloudEvents 1.0 in Kafka binary mode, as in docs/wire.md section 2.",
    ),
    Reason.UNSEALABLE: (
        "The sealed content could not be opened with the broker's key.",
        "Seal to the broker's current public key, with the algorithms in docs/wire.md section 4.",
    ),
    Reason.MALFORMED: (
        "The content does not fit the message type.",
        "Run `broker check FILE`; the failing fields are named, their values are not.",
    ),
    Reason.UNKNOWN_TYPE: (
        "This broker does not carry that message type or version.",
        "Run `broker flows` for the types it carries.",
    ),
    Reason.UNKNOWN_SENDER: (
        "The sender is not a registered organisation.",
        "Ask the broker's registry desk to register the organisation and its key.",
    ),
    Reason.FORGED: (
        "The signature is not the named organisation's.",
        "Sign with the key registered for you. If you did not send this, somebody used your name: tell your security.",
    ),
    Reason.KEY_NOT_VALID: (
        "The signing key is not valid for this organisation at this time.",
        "Sign with a current registered key.",
    ),
    Reason.KEY_REVOKED: (
        "The key that signed this has been revoked, so nobody can tell who signed it.",
        "If it is yours, sign it again with a current key under a new id. Do not act on it.",
    ),
    Reason.WRONG_ROLE: (
        "This message type counts only when a role holder signs it with a role key, and other types only without.",
        "Sign with the role key of whoever acted (`broker person add` makes one), in the role of that key.",
    ),
    Reason.SUSPENDED: (
        "The sender is suspended: nothing is accepted from it.",
        "Telephone the recipients now. Ask the broker's registry desk why; send the same bytes again once resumed.",
    ),
    Reason.MISMATCH: (
        "The headers say something else than the signed content.",
        "Copy type, id and source from the signed statement into the headers.",
    ),
    Reason.WRONG_PARTITION: (
        "The message is not on the partition of its case.",
        "Key the record with caseowner/case and use Kafka's default (murmur2) partitioner: docs/wire.md section 2.",
    ),
    Reason.REPLAYED: (
        "A different message with this id was received before.",
        "Give every message an id of its own; repeat a message only byte for byte.",
    ),
    Reason.STALE: (
        "The message was signed too long ago to be accepted as new.",
        "Check that it is still right, and sign it again under a new id.",
    ),
    Reason.FROM_THE_FUTURE: (
        "The message is dated in the future.",
        "Correct the sending system's clock and send again under a new id.",
    ),
    Reason.NOT_ADDRESSED: (
        "The message names no recipient and none follows from its case.",
        "Name at least one organisation in `to`, or send it in the case it belongs to.",
    ),
    Reason.NO_SUCH_CASE: (
        "There is no such message in a case that concerns you.",
        "Use the case, case owner and message id of a message that you sent or received.",
    ),
    Reason.CASE_FULL: (
        "The case holds more messages than one child and one incident can need.",
        "Check that your system opens a new case for every child and incident, then send in a new case.",
    ),
    Reason.FAULT: (
        "The broker itself failed on this message. It is kept and the operator has been alarmed.",
        "Do not wait: telephone the recipients. The message was NOT passed on.",
    ),
}


@dataclass(eq=False)  # not frozen: Python itself sets the traceback
class Refused(Exception):  # noqa: N818 - an ordinary, named outcome of the procedure
    """The message can never be accepted as it stands; `fields` are schema paths, never values."""

    reason: Reason
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Reason code only, so that no log line can carry data."""
        return self.reason.value
