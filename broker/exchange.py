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
authenticated likewise, and what it lets pass is decided anew and sent as a second delivery (`_screened`).

A message that cannot be accepted raises Refused inside and leaves as a quarantine record and an outcome; nothing is
dropped. Anything else that is raised is a fault of ours: the loop does not commit.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from typing import Any, NamedTuple, TypeVar
from uuid import NAMESPACE_URL, uuid5

from pydantic_core import to_json

from broker import envelope, ledger, reading, topics, words
from broker.consent import conflict
from broker.consent.clocks import OPENS, deadline
from broker.consent.facts import Doubt
from broker.consent.law.policy import Policy
from broker.consent.rules import RULES_VERSION
from broker.drafts import Carried, Drafter, Line, Outgoing, Settled, Tally, Unsealed, tally
from broker.errors import Reason, Refused
from broker.judge import Parsed, address, in_normal_form, judge, parse, required
from broker.reading import Answered
from broker.registry import Organisation, Registry, SignedBy
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.message import Addressee, Addressing, Clock, Flow
from broker.schemas.notification_withdrawn import NotificationWithdrawn
from broker.schemas.terms import Label, Outcome, Role
from broker.sealing import KeyRing, Signer, public, unseal
from broker.segments import Goes, as_signed, by_verdict
from broker.state import (
    LEEWAY,
    WINDOW,
    Ahead,
    Case,
    Memory,
    Part,
    Remembered,
    Seen,
    Telling,
    TellingState,
    Unsigned,
)
from broker.statement import MAX_STATEMENT, Statement, loads, peek, verify
from broker.words import Body, Judged

Given = TypeVar("Given")
Made = TypeVar("Made")

NAMESPACE = uuid5(NAMESPACE_URL, "safeguarding-broker/delivery")
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""Hexadecimal digit -> the same with the two bits that RFC 9562 fixes."""
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


class Kept(NamedTuple):
    """A whole statement that was accepted before, verified again with the key of then."""

    statement: Statement
    flow: Flow
    sender: Organisation
    by: SignedBy
    submission: Parsed


class Exchange:
    """The procedure with what it needs: registry, policy, the broker's keys. Holds no state between messages."""

    def __init__(self, *, registry: Registry, policy: Policy, keys: KeyRing, signer: Signer) -> None:
        self.registry = registry
        self.policy = policy
        self._keys = keys
        self._drafts = Drafter(registry, signer)

    def take(self, registry: Registry, signer: Signer) -> None:
        """Go on with another registry, and the key with which the broker signs from now on."""
        self.registry = registry
        self._drafts = Drafter(registry, signer)

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
                return self._screened(record, read, memory, now)
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
            submission = _given(parsed)
            _in_role(submission, by)
            case = self._case(submission, flow, sender, memory)
            lines, doubts = address(submission, flow, case), _doubts(statement, by, now)
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

    def again(self, case: Case, telling: Telling, text: str, now: datetime) -> Carried:
        """Decide anew what one recipient has not answered, and seal it to its present key. `text`: the kept copy.

        The sender is told if its recipient still, or now, has nothing, and of what was held and is sent after all.
        """
        kept = reread(self.registry, text, telling.at)
        text_read = telling.part is not Part.WHOLE and telling.released is not None
        one = self._judge_again(kept, case, telling, now, text_read=text_read)
        case, telling = ledger.moved(case, telling, one.line, one.instead_of)
        if telling.part is not Part.WHOLE and (one.text_follows or one.waits_for_text):
            return self._read_again(kept, one, case, telling, now)
        if text_read and one.decision.shared:
            only = telling.segments if telling.part is Part.TEXT else ()
            goes = as_signed(kept.statement, self._free_text(kept.flow, one), only)
            return self._drafts.sealed([self._text_settled(kept, [(telling, one, goes)], case, now)])[0]
        statement, flow, sender, _, submission = kept
        revokes = ledger.delivered(case, submission.content, telling.recipient)
        about = f"{_seen_key(statement)}|{_whom(one)}|{telling.at.isoformat()}"
        told, event = [words.recipient_outcome(one, now)], _event_id(f"again|{about}")
        out = self._deliver(statement, flow, sender, case, one, told[0], event, now, revokes)
        review = words.review(telling.released, one)
        if not one.decision.shared or telling.released or telling.state is TellingState.HELD:
            outcome = words.outcome(
                signed=statement.claims, flow=flow, judged=[one], told=told, not_reached=(), policy=self.policy.version
            )
            outcome = {**outcome, "again": True, **review}
            out += self._drafts.to(sender, _event_id(f"outcome again|{about}"), outcome, None, now)
        decided = self._decided(statement, _digest(statement.signed), flow, [one], told, now)
        body = {**decided, "is": "decision-anew", "released": telling.released, **review}
        out.append(self._audit(case.owner, case.id, body, now))
        then = ledger.decided_anew(
            case, telling, one.decision, self._not_before_asked(telling, now), grants=one.grants, event=event
        )
        if one.text_follows and not ledger.has_text(case, telling):
            then = ledger.text_awaited_too(then, telling, now)
            out.append(self._ask(statement, case, [one], now))
        settled = Settled(
            drafts=out,
            remember=(then,),
            line=_line(telling, flow.type, sender.id, f"again-{words.status([one])}"),
            tally=tally([one]),
        )
        return self._drafts.sealed([settled])[0]

    def _judge_again(self, kept: Kept, case: Case, telling: Telling, now: datetime, *, text_read: bool) -> Judged:
        """Steps 7 and 8 for one recipient of a message that came before."""
        submission = kept.submission
        line = {"organisation": telling.recipient, "role": telling.role}
        whose = telling.instead_of or telling.recipient
        named = (one.model_copy(update=line) for one in submission.to if one.organisation == whose)
        withdraws = isinstance(submission.content, NotificationWithdrawn)
        [one] = judge(
            submission,
            kept.flow,
            [next(named, Addressee.model_validate(line))],
            case.model_copy(update={"withdrawn": ()}) if withdraws else case,
            sender=kept.sender,
            registry=self.registry,
            policy=self.policy,
            now=now,
            doubts=_doubts(kept.statement, kept.by, now),
            released=telling.released,
            text_read=text_read,
        )
        return one

    def _not_before_asked(self, telling: Telling, now: datetime) -> datetime:
        """When it was sent again: never before it was asked for, or a clock that runs ahead there would ask again."""
        return max(now, self.registry.resend.get(telling.recipient, now))

    def fire(self, case: Case, telling: Telling, now: datetime) -> Carried:
        """A due time has passed and nobody has answered: tell the sender whose move it is. Fires once."""
        if telling.state is TellingState.SCREENING:
            return self._unread(case, telling, now)
        about = f"{case.owner}|{case.id}|{telling.message}|{telling.recipient}|{telling.part}|{telling.state}"
        event = _event_id(f"overdue|{about}")  # a rejection may fire again, and must not pass for a repetition
        body = words.overdue(case=case.id, owner=case.owner, telling=telling, quietly=self._quietly(case, telling))
        owner = self.registry.get(telling.sender)
        out = self._drafts.to(owner, event, body, None, now)
        audit = {"is": "overdue", "at": now.isoformat(), **body}
        settled = Settled(
            drafts=[*out, self._audit(case.owner, case.id, audit, now)],
            remember=(ledger.fired(case, telling),),
            line=_line(telling, telling.type, telling.sender, "overdue"),
        )
        return self._drafts.sealed([settled])[0]

    def _quietly(self, case: Case, telling: Telling) -> bool:
        """Whether whoever has not answered must not be rung as usual: an adult is there, or it must not be told."""
        whose = self.registry.get(telling.instead_of) if telling.instead_of else None
        if whose is not None:
            there = conflict.alternate_conflicts(case.connections, whose, self.registry)
        else:
            usual = telling.role is Role.SAFEGUARDING_LEAD
            there = usual and conflict.in_the_way(case.connections, telling.recipient, self.registry)
        return there or not {telling.recipient, telling.instead_of}.isdisjoint(case.not_told)

    def again_failed(self, case: Case, telling: Telling, now: datetime) -> Carried:
        """What was released could not be decided anew: tell the sender once, for its clock may have fired already."""
        about = f"{case.owner}|{case.id}|{telling.message}|{telling.recipient}|{now.isoformat()}"
        body = words.again_failed(case=case.id, owner=case.owner, telling=telling, quietly=self._quietly(case, telling))
        owner = self.registry.get(telling.sender)
        out = self._drafts.to(owner, _event_id(f"again failed|{about}"), body, None, now)
        settled = Settled(
            drafts=[*out, self._audit(case.owner, case.id, {"at": now.isoformat(), **body}, now)],
            remember=(ledger.cannot_be_decided(case, telling),),
            line=_line(telling, telling.type, telling.sender, "again-failed"),
        )
        return self._drafts.sealed([settled])[0]

    # Free text -----------------------------------------------------------------------------------------------------

    def _ask(self, statement: Statement, case: Case, judged: Sequence[Judged], now: datetime) -> Unsealed:
        """Ask the screening to read what is pending for these recipients."""
        body = reading.request(_whole(statement), case.owner, case.id, judged, now)
        return self._drafts.own(topics.SCREEN, case.owner, case.id, body, now)

    def _read_again(self, kept: Kept, one: Judged, case: Case, telling: Telling, now: datetime) -> Carried:
        """Free text that was sent before is asked for again: the broker keeps no verdicts, so it is read anew."""
        settled = Settled(
            drafts=[self._ask(kept.statement, case, [one], now)],
            remember=(ledger.asked_to_read(case, telling, self._not_before_asked(telling, now)),),
            line=_line(telling, telling.type, telling.sender, "being-screened"),
        )
        return self._drafts.sealed([settled])[0]

    def _unread(self, case: Case, telling: Telling, now: datetime) -> Carried:
        """The free text could not be read in time: it is kept back, and its sender's human settles it."""
        then = ledger.text_held(case, telling, (), now)
        due = deadline(Clock.AT_ONCE, start=now, opens=OPENS)
        body = words.unread(
            case=case.id,
            owner=case.owner,
            telling=telling,
            recipient=self.registry.get(telling.recipient),
            by=words.due(due, now),
            policy=self.policy.version,
        )
        about = f"{case.owner}|{case.id}|{telling.message}|{telling.recipient}|{telling.at.isoformat()}"
        out = self._drafts.to(self.registry.get(telling.sender), _event_id(f"unread|{about}"), body, None, now)
        audit = {**body, "is": "text-unread", "at": now.isoformat()}
        settled = Settled(
            drafts=[*out, self._audit(case.owner, case.id, audit, now)],
            remember=(then,),
            line=_line(telling, telling.type, telling.sender, "text-unread"),
        )
        return self._drafts.sealed([settled])[0]

    def _screened(self, record: Incoming, answered: Answered, memory: Memory, now: datetime) -> Settled:
        """The screening has read the free text of a message: send what may go, in the same case."""
        answer = answered.answer
        key = topics.case_key(answer.owner, answer.case)
        if record.key != key or record.partition != topics.partition_of(key, record.partitions):
            raise Refused(Reason.WRONG_PARTITION)
        case = memory.case(answer.owner, answer.case)
        if case is None:
            raise Refused(Reason.NO_SUCH_CASE, ("case",))
        asked = [(ledger.awaiting(case, answer.message, mine.organisation), mine) for mine in answer.lines]
        waiting = [(telling, mine) for telling, mine in asked if telling is not None]
        if not waiting:  # read twice, or withdrawn or settled by a human meanwhile
            line = Line(message=answer.message, type="", sender=case.owner, status="repeated")
            return Settled(drafts=(), remember=(), line=line)
        kept = reread(self.registry, answered.statement, waiting[0][0].at)
        if str(kept.submission.id) != answer.message:
            raise Refused(Reason.MISMATCH, ("message",))
        found = []
        for telling, mine in waiting:
            one = self._judge_again(kept, case, telling, now, text_read=True)
            found.append((telling, one, by_verdict(mine.fields, self._free_text(kept.flow, one))))
        return self._text_settled(kept, found, case, now)

    def _free_text(self, flow: Flow, one: Judged) -> frozenset[str]:
        """The free text among what one recipient may see."""
        labels = flow.message.labels
        return frozenset(name for name in one.shown.fields if Label.NARRATIVE in labels[name])

    def _text_settled(
        self, kept: Kept, found: Sequence[tuple[Telling, Judged, Goes]], case: Case, now: datetime
    ) -> Settled:
        """Send, to each of these recipients, what goes of the free text, and tell the sender what is kept back."""
        statement, flow, sender, _, _ = kept
        out: list[Unsealed] = []
        told: list[Body] = []
        then = case
        for telling, one, goes in found:
            about = f"{_seen_key(statement)}|{_stands(telling)}"
            body, then, drafts = self._text(kept, telling, one, goes, then, _event_id(f"text|{about}"), now)
            told.append(body)
            out += drafts
        judged = [one for _, one, _ in found]
        outcome = words.outcome(
            signed=statement.claims, flow=flow, judged=judged, told=told, not_reached=(), policy=self.policy.version
        )
        part = {"again": True, "part": Part.TEXT.value, "status": words.status_of(told)}
        review = next((made for telling, one, _ in found if (made := words.review(telling.released, one))), {})
        about = "|".join([_seen_key(statement), *(_stands(telling) for telling, _, _ in found)])
        out += self._drafts.to(sender, _event_id(f"outcome text|{about}"), {**outcome, **part, **review}, None, now)
        decided = self._decided(statement, _digest(statement.signed), flow, judged, told, now)
        recipients = [
            {**body, "digests": _segment_digests(statement, goes)}
            for body, (_, _, goes) in zip(decided["recipients"], found, strict=True)
        ]
        released = [telling.released for telling, _, _ in found if telling.released]
        audit = {**decided, "is": "decision-text", "recipients": recipients, "released": released, **review}
        out.append(self._audit(case.owner, case.id, audit, now))
        first = found[0][0]
        return Settled(
            drafts=out,
            remember=(then,),
            line=Line(
                message=first.message,
                type=flow.type,
                sender=sender.id,
                status=f"text-{part['status']}",
                recipients=tuple(telling.recipient for telling, _, _ in found),
            ),
            tally=Tally(rules=tuple(rule for _, _, goes in found for rule in goes.stays_by)),
        )

    def _text(
        self,
        kept: Kept,
        telling: Telling,
        one: Judged,
        goes: Goes,
        then: Case,
        event: str,
        now: datetime,
    ) -> tuple[Body, Case, list[Unsealed]]:
        """The same for one recipient: its outcome, the case, and the delivery if anything goes."""
        told = words.recipient_outcome(one, now)
        if not one.decision.shared or one.organisation is None:
            return told, ledger.text_barred(then, telling, one.decision, now), []
        then, telling = ledger.moved(then, telling, one.line, one.instead_of)
        both = telling.part is Part.BOTH
        lacking = both and not _makes_sense(kept, goes)
        opens = time.fromisoformat(one.organisation.session_start)
        due = one.deadline if both else deadline(Clock.AT_ONCE, start=now, opens=opens)
        if lacking or not goes.wording:
            mine = words.due(deadline(Clock.AT_ONCE, start=now, opens=OPENS), now)
            return (
                words.text_outcome(told, goes, mine, sent=False),
                ledger.text_held(then, telling, goes.stays, now),
                [],
            )
        signed = frozenset(goes.signed)
        fields = (one.shown.fields - self._free_text(kept.flow, one)) | signed if both else signed
        whose = one.instead_of or one.organisation.id
        cut = kept.statement.cut(fields=fields, addressee=whose, segments=goes.signed)
        by = words.due(due, now)
        told["receipt"] = self._drafts.receipt(
            kept.statement,
            kept.flow,
            one,
            view=cut,
            delivery=event,
            policy=self.policy.version,
            now=now,
            kept_back=goes.why,
        )
        body = words.delivery(
            signed=kept.statement.claims,
            flow=kept.flow,
            sender=kept.sender,
            one=one,
            told={**told, "due": by},
            digest=_digest(cut),
        )
        drafts = self._drafts.to(
            one.organisation,
            event,
            words.with_text(body, goes, kept.flow, both=both),
            cut,
            now,
            mailbox_only=kept.flow.mailbox_only,
            expires=one.expires,
        )
        events = (*telling.events, event) if one.grants else telling.events
        then = ledger.text_sent(then, telling, due, goes.stays, now, events=events)
        return words.text_outcome(told, goes, by, sent=True), then, drafts

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
        key = topics.case_key(str(signed["own"]), str(signed["sub"]))
        if record.key != key or record.partition != topics.partition_of(key, record.partitions):
            raise Refused(Reason.WRONG_PARTITION)

    # 4 -------------------------------------------------------------------------------------------------------------

    def _freshness(self, statement: Statement, by: SignedBy, memory: Memory, now: datetime) -> Seen | None:
        seen = memory.seen(_seen_key(statement))
        if seen is not None:
            if seen.digest != _digest(statement.signed):
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
        message, key = str(submission.id), _seen_key(statement)
        root = ledger.root_of(case, submission.content)
        told = [words.recipient_outcome(one, now) for one in judged]
        revoked: list[Outgoing] = []
        believed = not any(one.facts.doubts for one in judged)
        for one, body in zip(judged, told, strict=True):
            event = _event_id(f"{key}|{_whom(one)}")
            revokes = ledger.delivered(case, submission.content, one.line.organisation)
            out += self._deliver(statement, flow, sender, case, one, body, event, now, revokes)
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
            out.append(self._ask(statement, case, to_read, now))
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
        human = {**words.act(submission.content, by.person), **words.settled(ledger.settled(case, then))}
        outcome |= human
        out += self._drafts.to(sender, _outcome_id(key), outcome, None, now)
        seen = _seen(statement, outcome, now)
        decided = {**self._decided(statement, seen.digest, flow, judged, told, now), **human}
        out.append(self._audit(case.owner, case.id, decided, now))
        return Settled(
            drafts=[*out, *revoked],
            remember=(then, seen),
            copies=_copies(case, then, message, _whole(statement)),
            line=Line(
                message=message,
                type=flow.type,
                sender=sender.id,
                status=str(outcome["status"]),
                recipients=tuple(one.line.organisation for one in judged),
            ),
            tally=tally(judged),
        )

    def _decided(
        self, statement: Statement, digest: str, flow: Flow, judged: list[Judged], told: list[Body], now: datetime
    ) -> Body:
        """The audit body: facts, rules, bases, which fields were given, the receipts; no content.

        With the policy that it names, it is enough to decide again (`broker decision replay`).
        """
        return {
            "is": "decision",
            "at": now.isoformat(),
            "type": flow.type,
            "message": statement.claims["jti"],
            "from": statement.claims["iss"],
            "statement": digest,
            "policy": self.policy.version,
            "rules": RULES_VERSION,
            "registry": self.registry.version,
            "given": sorted(statement.content),
            "recipients": [{**outcome, "facts": one.facts.coded()} for one, outcome in zip(judged, told, strict=True)],
        }

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
        bytes_as_came = _digest((record.value or b"").decode("latin-1"))
        event = _event_id(f"refusal|{source}|{message}|{bytes_as_came}")
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
            drafts=[*out, kept, self._audit(known, message, audit, now)],
            remember=remember,
            line=Line(message=message, type="", sender=known, status="refused", rules=(refused.reason,)),
        )

    def _deliver(
        self,
        statement: Statement,
        flow: Flow,
        sender: Organisation,
        case: Case,
        one: Judged,
        told: Body,
        event: str,
        now: datetime,
        revokes: Sequence[str],
    ) -> list[Unsealed]:
        """What one recipient gets, or what is kept because it may not get it yet.

        `told`: its outcome, to which the receipt of what it gets is added.
        """
        if one.decision.shared and one.organisation is not None:
            cut = statement.cut(fields=one.shown.fields, addressee=one.instead_of or one.organisation.id)
            told["receipt"] = self._drafts.receipt(
                statement, flow, one, view=cut, delivery=event, policy=self.policy.version, now=now
            )
            body = words.delivery(
                signed=statement.claims, flow=flow, sender=sender, one=one, told=told, digest=_digest(cut)
            )
            return self._drafts.to(
                one.organisation,
                event,
                body,
                cut,
                now,
                mailbox_only=flow.mailbox_only,
                expires=one.expires,
                revokes=revokes,
            )
        held = one.decision.outcome is Outcome.HOLD and not one.waits_for_text
        return [self._hold(statement, case, told, now)] if held else []

    def _hold(self, statement: Statement, case: Case, told: Body, now: datetime) -> Unsealed:
        """Keep the whole statement, sealed to the broker, until the sender's human has acted."""
        body = {
            "statement": _whole(statement),
            "message": statement.claims["jti"],
            "recipient": told,
            "owner": case.owner,
        }
        return self._drafts.own(topics.HELD, case.owner, case.id, body, now)

    def _audit(self, owner: str, case: str, body: Body, now: datetime) -> Unsealed:
        return self._drafts.own(topics.AUDIT, owner, case, body, now)


def reread(registry: Registry, text: str, at: datetime) -> Kept:
    """Verify again a statement that was accepted at that time, with the key of then. Raises Refused."""
    claimed = peek(text)
    sender, flow = registry.get(claimed.issuer), BY_TYPE[claimed.type]
    by = registry.signed_by(sender, claimed.kid, claimed.type, at) if sender else None
    if sender is None or by is None:
        raise Refused(Reason.FORGED)
    statement = verify(claimed, key=public(by.key), alg=by.key.alg, flow=flow)
    return Kept(statement, flow, sender, by, parse(_document(statement), flow))


def _stands(telling: Telling) -> str:
    """How a telling stood before it changed: what follows from that has the same id each time, and no other has."""
    return f"{telling.recipient}|{telling.state}|{','.join(telling.segments)}|{telling.at.isoformat()}"


def _line(telling: Telling, name: str, sender: str, status: str) -> Line:
    return Line(message=telling.message, type=name, sender=sender, status=status, recipients=(telling.recipient,))


def _given(parsed: Parsed | None) -> Parsed:
    if parsed is None:
        raise TypeError("what was read is no submission")
    return parsed


def _makes_sense(kept: Kept, goes: Goes) -> bool:
    """Whether a message that waited for its free text says what it must: all that is required, and some of that."""
    affected = {name.partition("/")[0] for name in goes.stays}
    return affected.isdisjoint(required(kept.flow.message)) and bool(goes.wording)


def _segment_digests(statement: Statement, goes: Goes) -> dict[str, str]:
    """Segment that was kept back -> the digest that stands for it in the signed statement."""
    found = {}
    for name in goes.stays:
        field, _, number = name.partition("/")
        parts = statement.segments.get(field) or tuple(one for one in statement.fields if one.name == field)
        found[name] = parts[int(number) - 1].digest
    return found


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
    document = _document(read.statement)
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


def _doubts(statement: Statement, by: SignedBy, now: datetime) -> tuple[Doubt, ...]:
    found = []
    if by.key.revoked_at is not None:
        found.append(Doubt.KEY_REVOKED)
    if statement.issued_at > now + LEEWAY:
        found.append(Doubt.DATED_AHEAD)
    return tuple(found)


def _whole(statement: Statement) -> str:
    return "~".join([statement.signed, *(d.text for d in statement.disclosures), ""])


def copy_key(case: Case, message: str) -> str:
    """Under which a message's copy is kept."""
    return f"{case.owner}/{case.id}/{message}"


def _copies(before: Case, after: Case, message: str, whole: str) -> tuple[tuple[str, str | None], ...]:
    """Keep this message if somebody has yet to answer it; drop what everybody has answered."""
    done = ((copy_key(after, one), None) for one in sorted(before.unanswered - after.unanswered))
    return (*done, (copy_key(after, message), whole)) if message in after.unanswered else tuple(done)


def _document(statement: Statement) -> dict[str, Any]:
    claims = statement.claims
    return {
        "type": claims["vct"],
        "id": claims["jti"],
        "case": claims["sub"],
        "caseOwner": claims["own"],
        "basis": claims["basis"],
        "to": statement.to,
        "content": statement.content,
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _seen_key(statement: Statement) -> str:
    return f"{statement.claims['iss']}/{statement.claims['jti']}"


def _event_id(about: str) -> str:
    """The same id for the same event: what `uuid5` makes of it under NAMESPACE, without its detours."""
    made = hashlib.sha1(NAMESPACE.bytes + about.encode(), usedforsecurity=False).hexdigest()
    return f"{made[:8]}-{made[8:12]}-5{made[13:16]}-{_VARIANT[made[16]]}{made[17:20]}-{made[20:32]}"


def _whom(one: Judged) -> str:
    """Who is told; of whoever is told for a setting, for which: a council may be told for two."""
    return f"{one.line.organisation}|{one.instead_of}" if one.instead_of else one.line.organisation


def _outcome_id(seen_key: str) -> str:
    return _event_id(f"outcome|{seen_key}")


def _one_more(memory: Memory, claimed: str, now: datetime) -> Unsigned:
    """The count of what was refused of late in that name, with this one."""
    before = memory.unsigned(claimed)
    if before is None or before.past(now):
        return Unsigned(claimed=claimed, since=now)
    return before.model_copy(update={"count": before.count + 1})


def _seen(statement: Statement, outcome: Body, now: datetime) -> Seen:
    return Seen.model_validate(
        {
            "message": _seen_key(statement),
            "digest": _digest(statement.signed),
            "outcome": to_json(outcome).decode(),
            "sender": statement.claims["iss"],
            "at": now,
        }
    )
