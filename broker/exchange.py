"""The one procedure for every message of every flow. It computes values; only the loop writes them.

    1. open          unseal the bytes with the broker's key
    2. authenticate  find the claimed sender's registered key, verify the signature and every digest
    3. compare       headers, record key and partition must say what was signed
    4. freshness     the same again gets the original outcome; another under the same id, or too old, is refused
    5. parse         validate the content against its type
    6. address       named recipients, everybody told before, or the organisation that opened the case
    7. decide        per recipient, on coded facts, under the policy in force
    8. redact        per recipient, the fields that its role may see
    9. seal          per recipient: the sender's signed statement cut down, beside the broker's signed cover
   10. record        outcome to the sender, one audit record, the case as it now stands

Free text is not sent in step 9 but goes to the screening; its answer comes back on the same topic, is opened and
authenticated likewise, and what it lets pass is decided anew and sent as a second delivery: `broker.casework`, with
whatever else happens in a case later.

A message that cannot be accepted raises Refused inside and leaves as a quarantine record and an outcome; nothing is
dropped. Anything else that is raised is a fault of ours: the loop does not commit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast

from broker import envelope, ledger, reading, topics, words
from broker.casework import Casework
from broker.consent.facts import Doubt
from broker.consent.law.policy import Policy
from broker.drafts import Carried, Line, Outgoing, Settled, Unsealed, tally
from broker.errors import Reason, Refused
from broker.judge import Parsed, address, in_normal_form, judge, parse
from broker.reading import Answered
from broker.registry import Organisation, Registry, SignedBy
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.message import Addressee, Addressing, Flow
from broker.sealing import KeyRing, Signer, public, unseal
from broker.state import (
    LEEWAY,
    LONGEST_OUTCOME,
    WINDOW,
    Ahead,
    Case,
    Memory,
    Remembered,
    Seen,
    Telling,
    Unsigned,
)
from broker.statement import MAX_STATEMENT, Statement, loads, peek, verify
from broker.words import Body, Judged
from broker.written import copy_key, digest, document_of, doubts_of, dropped, event_id, seen_key, whole, whom

Given = TypeVar("Given")
Made = TypeVar("Made")

MAY_COME_AGAIN = frozenset(
    {
        Reason.ENVELOPE,
        Reason.MISMATCH,
        Reason.WRONG_PARTITION,
        Reason.REPLAYED,
        Reason.STALE,
        Reason.KEY_NOT_VALID,
        Reason.SUSPENDED,
    }
)
"""Refusals that say nothing of the signed content: they do not use up the id, or a bystander could use it up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One record as it came: nothing in it is believed. `partitions`: how many its topic has."""

    partition: int
    partitions: int
    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    value: bytes | None


class Read(NamedTuple):
    """A verified statement, its type, its sender, and whose key signed it."""

    statement: Statement
    flow: Flow
    sender: Organisation
    by: SignedBy


class Exchange(Casework):
    """The procedure with what it needs: registry, policy, the broker's keys. Holds no state between messages."""

    def __init__(self, *, registry: Registry, policy: Policy, keys: KeyRing, signer: Signer) -> None:
        super().__init__(registry=registry, policy=policy, signer=signer)
        self._keys = keys

    def carry(self, record: Incoming, memory: Memory, now: datetime) -> Carried:
        """Steps 1 to 10 for one record."""
        return self.carry_all([record], memory, now)[0]

    def carry_all(self, records: Sequence[Incoming], memory: Memory, now: datetime) -> list[Carried]:
        """Steps 1 to 10 for records in their order; each knows what those before it changed.

        Opening and sealing are done for all together: a processor that stays with one thing does it faster. `memory` is
        left as it is: what it should remember is returned.
        """
        texts = [_or_refused(self._open, record) for record in records]
        read: list[Read | Answered | Refused] = [
            _or_refused(partial(self._authenticate, now=now), text) for text in texts
        ]
        parsed = [_or_refused(_parsed, one) for one in read]
        ahead = Ahead(memory)
        settled = []
        for record, one, submission in zip(records, read, parsed, strict=True):
            done = self._settle(record, one, submission, ahead, now)
            ahead.remember(done.remember)
            settled.append(done)
        return self._drafts.sealed(settled)

    def _settle(
        self,
        record: Incoming,
        read: Read | Answered | Refused,
        parsed: Parsed | Refused | None,
        memory: Memory,
        now: datetime,
    ) -> Settled:
        """Steps 3 to 8, and what step 9 will seal. A refusal counts when its step has come."""
        if isinstance(read, Refused):
            return self._refuse(record, None, read, now, memory)
        if isinstance(read, Answered):
            try:
                _in_place(record, read.answer.owner, read.answer.case)
                return self.screened(read, memory, now)
            except Refused as refused:
                return self._refuse(record, None, refused, now)
        statement, flow, sender, by = read
        try:
            self._compare(record, statement)
            _entitled(flow, sender, by)
            if seen := self._freshness(statement, by, memory, now):
                return self._again(seen, sender, now)
            if isinstance(parsed, Refused):
                raise parsed
            submission = cast("Parsed", parsed)  # as it is of everything but an answer
            _in_role(submission, by)
            case = self._case(submission, flow, sender, memory)
            lines, doubts = address(submission, flow, case), doubts_of(statement, by, now)
            _certain_if_unaddressed(lines, doubts)
            judged = judge(
                submission,
                flow,
                lines,
                case,
                sender=sender,
                registry=self.registry,
                policy=self.policy,
                now=now,
                doubts=doubts,
            )
            return self._record(statement, submission, flow, sender, by, case, judged, now)
        except Refused as refused:
            return self._refuse(record, statement, refused, now, memory)

    def set_aside(self, record: Incoming, refused: Refused, now: datetime) -> Carried:
        """Quarantine a record that could not be carried, and tell whoever it says it is from."""
        return self._drafts.sealed([self._refuse(record, None, refused, now)])[0]

    # 1, 2 ----------------------------------------------------------------------------------------------------------

    def _open(self, record: Incoming) -> str | Answered:
        opened = unseal(record.value or b"", self._keys)
        if isinstance(opened, dict) and "screened" in opened:
            return reading.read_answer(opened, self.registry.get(self._drafts.broker))
        text = opened.get("statement") if isinstance(opened, dict) else None
        if not isinstance(text, str):
            raise Refused(Reason.MALFORMED, ("statement",))
        if len(text) > MAX_STATEMENT:
            raise Refused(Reason.OVERSIZED)
        return text

    def _authenticate(self, text: str | Answered, now: datetime) -> Read | Answered:
        if isinstance(text, Answered):
            return text  # its signature was that of the broker, or it would not have been read
        claimed = peek(text)
        sender = self.registry.get(claimed.issuer)
        if sender is None:
            raise Refused(Reason.UNKNOWN_SENDER)
        by = self.registry.signed_by(sender, claimed.kid, claimed.type, now)
        if by is None:
            raise Refused(Reason.FORGED)
        flow = BY_TYPE.get(claimed.type)
        if flow is None:
            raise Refused(Reason.UNKNOWN_TYPE)
        return Read(verify(claimed, key=public(by.key), alg=by.key.alg, flow=flow), flow, sender, by)

    # 3 -------------------------------------------------------------------------------------------------------------

    def _compare(self, record: Incoming, statement: Statement) -> None:
        says, signed = envelope.read(record.headers), statement.claims
        pairs = {"ce_id": (says.id, "jti"), "ce_source": (says.source, "iss"), "ce_type": (says.type, "vct")}
        differing = tuple(name for name, (said, claim) in pairs.items() if said != signed[claim])
        if differing:
            raise Refused(Reason.MISMATCH, differing)
        _in_place(record, str(signed["own"]), str(signed["sub"]))

    # 4 -------------------------------------------------------------------------------------------------------------

    def _freshness(self, statement: Statement, by: SignedBy, memory: Memory, now: datetime) -> Seen | None:
        seen = memory.seen(seen_key(statement))
        if seen is not None:
            if seen.digest != digest(statement.signed):
                raise Refused(Reason.REPLAYED)
            return seen
        forgotten = memory.forgotten()
        if statement.issued_at < now - WINDOW or (forgotten and statement.issued_at <= forgotten + LEEWAY):
            raise Refused(Reason.STALE)
        if not by.key.not_before <= statement.issued_at < by.key.not_after:
            raise Refused(Reason.KEY_NOT_VALID)  # of then, not of now: a rotation loses nothing that is on its way
        return None

    def _again(self, seen: Seen, sender: Organisation, now: datetime) -> Settled:
        out = self._drafts.to(sender, _outcome_id(seen.message), loads(seen.outcome), None, now)
        line = Line(message=seen.message.partition("/")[2], type="", sender=sender.id, status="repeated")
        return Settled(drafts=out, remember=(), line=line)

    # 6 (the rest of 5 to 8 is in broker.judge) ----------------------------------------------------------------------

    def _case(self, submission: Parsed, flow: Flow, sender: Organisation, memory: Memory) -> Case:
        """The case this message belongs to: the sender's own, or one in which it was told what it answers."""
        owner = submission.case_owner
        if flow.addressing is not Addressing.ORIGINATOR and owner != sender.id:
            raise Refused(Reason.NO_SUCH_CASE, ("caseOwner",))
        case = memory.case(owner, str(submission.case))
        if flow.refers_to and (case is None or not ledger.concerns(case, submission.content, flow, sender.id)):
            raise Refused(Reason.NO_SUCH_CASE, ("case",))
        return case or Case.model_validate({"owner": owner, "id": str(submission.case)})

    # 9 (the rest is in broker.drafts), 10 -----------------------------------------------------------------------------

    def _record(
        self,
        statement: Statement,
        submission: Parsed,
        flow: Flow,
        sender: Organisation,
        by: SignedBy,
        case: Case,
        judged: list[Judged],
        now: datetime,
    ) -> Settled:
        out: list[Unsealed] = []
        tellings: list[Telling] = []
        message, key = str(submission.id), seen_key(statement)
        root = ledger.root_of(case, submission.content)
        told = [words.recipient_outcome(one, now) for one in judged]
        revoked: list[Outgoing] = []
        believed = not any(one.facts.doubts for one in judged)
        for one, body in zip(judged, told, strict=True):
            event = event_id(f"{key}|{whom(one)}")
            revokes = ledger.delivered(case, submission.content, one.line.organisation)
            out += self.deliver(statement, flow, sender, case, one, body, event, now, revokes)
            if revokes and believed and one.organisation is not None and not one.decision.shared:
                revoked.append(self._drafts.revocation(one.organisation, event, revokes, now))
            telling = ledger.told(
                message,
                root,
                flow,
                sender.id,
                one.line,
                one.decision,
                one.deadline,
                now,
                grants=one.grants,
                event=event,
                instead_of=one.instead_of,
            )
            tellings += ledger.of_each_thread(case, submission.content, telling) if telling else []
            if telling and one.text_follows:
                tellings.append(ledger.text_awaited(telling, now))
        if to_read := [one for one in judged if one.text_follows or one.waits_for_text]:
            out.append(self.ask(statement, case, to_read, now))
        then = ledger.after(case, submission, sender.id, tellings, now, believed=believed)
        owed = ledger.owed(then, submission, flow, sender.id, sender.kind, self.registry, now) if believed else []
        outcome = words.outcome(
            signed=statement.claims,
            flow=flow,
            judged=judged,
            told=told,
            owed=owed,
            not_reached=ledger.not_reached(case, submission.content, flow),
            policy=self.policy.version,
        )
        then = ledger.owing(then, owed)
        ended = (
            () if flow.addressing is Addressing.ORIGINATOR else ledger.settled(case, then)
        )  # its answerer hears none
        human = {**words.act(submission.content, by.person), **words.settled(ended)}
        outcome |= human
        out += self._drafts.to(sender, _outcome_id(key), outcome, None, now)
        seen = _seen(statement, outcome, now)
        decided = {**self.decided(statement, seen.digest, flow, judged, told, now), **human}
        out.append(self.audit(case.owner, case.id, decided, now))
        return Settled(
            drafts=[*out, *revoked],
            remember=(then, seen),
            copies=_copies(case, then, message, whole(statement)),
            line=Line(
                message=message,
                type=flow.type,
                sender=sender.id,
                status=str(outcome["status"]),
                recipients=tuple(one.line.organisation for one in judged),
            ),
            tally=tally(judged),
        )

    def _refuse(
        self,
        record: Incoming,
        statement: Statement | None,
        refused: Refused,
        now: datetime,
        memory: Memory | None = None,
    ) -> Settled:
        """Quarantine the bytes as they came, and tell whoever the message says it is from: each time if it is proven.

        Otherwise, with a `memory`, of the first few and then of how many there are: or anybody could fill its inbox.
        """
        source = str(statement.claims["iss"]) if statement else envelope.claimed_source(record.headers)
        sender = self.registry.get(source)
        message = str(statement.claims["jti"]) if statement else envelope.claimed_id(record.headers)
        signed_id, claimed_id = (message, "") if statement else ("", message)
        unsigned = _one_more(memory, sender.id, now) if memory and sender and statement is None else None
        body = words.refusal(
            message=signed_id, claimed=claimed_id, refused=refused, policy=self.policy.version, unsigned=unsigned
        )
        bytes_as_came = digest((record.value or b"").decode("latin-1"))
        event = event_id(f"refusal|{source}|{message}|{bytes_as_came}")
        out = self._drafts.to(sender, event, body, None, now) if unsigned is None or unsigned.told else []
        known = sender.id if sender else "unknown"
        kept = Outgoing(
            topic=topics.QUARANTINE,
            partition=0,
            key=known.encode(),
            headers=[("reason", refused.reason.encode()), ("claims-to-be-from", known.encode())],
            value=record.value or b"",
        )
        audit = {**body, "is": "refusal", "at": now.isoformat(), "from": known, "bytes": bytes_as_came}
        remember: tuple[Remembered, ...] = () if unsigned is None else (unsigned,)
        if statement is not None and refused.reason not in MAY_COME_AGAIN:
            remember = (_seen(statement, body, now),)
        return Settled(
            drafts=[*out, kept, self.audit(known, message, audit, now)],
            remember=remember,
            line=Line(message=message, type="", sender=known, status="refused", rules=(refused.reason,)),
        )


def _in_place(record: Incoming, owner: str, case: str) -> None:
    """Whether it came under the key and on the partition of its case. Raises Refused(WRONG_PARTITION)."""
    key = topics.case_key(owner, case)
    if record.key != key or record.partition != topics.partition_of(key, record.partitions):
        raise Refused(Reason.WRONG_PARTITION)


def _or_refused(step: Callable[[Given], Made], given: Given | Refused) -> Made | Refused:
    """What a step makes of what the one before it made; a refusal is handed on."""
    if isinstance(given, Refused):
        return given
    try:
        return step(given)
    except Refused as refused:
        return refused


def _parsed(read: Any) -> Parsed | None:  # noqa: ANN401 - Read | Answered, which mypy joins to less
    """Step 5. Of an answer of the screening, the message that it is about was parsed before."""
    if isinstance(read, Answered):
        return None
    document = document_of(read.statement)
    submission = parse(document, read.flow)
    in_normal_form(document, submission)
    return submission


def _entitled(flow: Flow, sender: Organisation, by: SignedBy) -> None:
    """Whether that key may sign this type now. Raises Refused: SUSPENDED or WRONG_ROLE."""
    if sender.suspended or by.suspended:
        raise Refused(Reason.SUSPENDED)
    if (by.person.role not in flow.signed_by) if by.person else flow.signed_by:
        raise Refused(Reason.WRONG_ROLE)


def _certain_if_unaddressed(lines: Sequence[Addressee], doubts: Sequence[Doubt]) -> None:
    """What nobody receives cannot be held for anybody, so it is refused if it is doubtful."""
    if doubts and not lines:
        raise Refused(Reason.KEY_REVOKED if Doubt.KEY_REVOKED in doubts else Reason.FROM_THE_FUTURE)


def _in_role(submission: Parsed, by: SignedBy) -> None:
    """A role holder speaks in the role of its key, if the content states one. Raises Refused(WRONG_ROLE)."""
    if by.person is not None and getattr(submission.content, "role", by.person.role) not in (None, by.person.role):
        raise Refused(Reason.WRONG_ROLE, ("content.role",))


def _copies(before: Case, after: Case, message: str, whole: str) -> tuple[tuple[str, str | None], ...]:
    """Keep this message if somebody has yet to answer it; drop what everybody has answered."""
    done = dropped(before, after)
    return (*done, (copy_key(after, message), whole)) if message in after.unanswered else done


def _outcome_id(seen_key: str) -> str:
    return event_id(f"outcome|{seen_key}")


def _one_more(memory: Memory, claimed: str, now: datetime) -> Unsigned:
    """The count of what was refused of late in that name, with this one."""
    before = memory.unsigned(claimed)
    if before is None or before.past(now):
        return Unsigned(claimed=claimed, since=now)
    return before.model_copy(update={"count": before.count + 1})


def _seen(statement: Statement, outcome: Body, now: datetime) -> Seen:
    return Seen.model_validate(
        {
            "message": seen_key(statement),
            "digest": digest(statement.signed),
            "outcome": words.remembered(outcome, LONGEST_OUTCOME),
            "sender": statement.claims["iss"],
            "at": now,
        }
    )
