"""What happens in a case after its message was carried: decided anew, fallen due, its free text read.

Nothing here takes a new message in; `broker.exchange` does, and hands an answer of the screening on to `screened`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time

from broker import ledger, reading, topics, words
from broker.consent import conflict
from broker.consent.clocks import OPENS, deadline
from broker.drafts import Carried, Line, Settled, Tally, Unsealed, tally
from broker.errors import Reason, Refused
from broker.judge import judge, required
from broker.reading import Answered
from broker.schemas.message import Addressee, Clock, Flow
from broker.schemas.notification_withdrawn import NotificationWithdrawn
from broker.schemas.terms import Label, Role
from broker.segments import Goes, as_signed, by_verdict
from broker.state import Case, Memory, Part, Telling, TellingState
from broker.statement import Statement
from broker.words import Body, Judged
from broker.written import Kept, Writer, digest, doubts_of, dropped, event_id, reread, seen_key, whole, whom


class Casework(Writer):
    """Goes on with what is open in a case. Holds no state between messages."""

    def again(self, case: Case, telling: Telling, text: str, now: datetime) -> Carried:
        """Decide anew what one recipient has not answered, and seal it to its present key. `text`: the kept copy.

        The sender is told if its recipient still, or now, has nothing, and of what was held and is sent after all.
        """
        kept = reread(self.registry, text, telling.at)
        cleared, part = telling.cleared, telling.part
        one = self.judge_again(kept, case, telling, now, text_read=cleared)
        case, telling = ledger.moved(case, telling, one.line, one.instead_of)
        if cleared and telling.part is not part:  # cleared for whoever had the rest of it, and not for who is told now
            cleared, one = False, self.judge_again(kept, case, telling, now, text_read=False)
        if one.waits_for_text or (telling.part is not Part.WHOLE and one.text_follows):
            return self._read_again(kept, one, case, telling, now)
        if one.decision.shared and (cleared or telling.part is Part.TEXT):  # or none of it may go any more
            only = telling.segments if telling.part is Part.TEXT else ()
            names = self.free_text(kept.flow, one).difference(telling.corrected)
            goes = as_signed(kept.statement, names, only)
            return self._drafts.sealed([self.text_settled(kept, [(telling, one, goes)], case, now)])[0]
        statement, flow, sender, _, submission = kept
        revokes = ledger.delivered(case, submission.content, telling.recipient)
        about = f"{seen_key(statement)}|{whom(one)}|{telling.at.isoformat()}"
        told, event = [words.recipient_outcome(one, now)], event_id(f"again|{about}")
        out = self.deliver(statement, flow, sender, case, one, told[0], event, now, revokes)
        review = words.review(telling.released, one)
        if not one.decision.shared or telling.released or telling.state is TellingState.HELD:
            outcome = words.outcome(
                signed=statement.claims, flow=flow, judged=[one], told=told, not_reached=(), policy=self.policy.version
            )
            outcome = {**outcome, "again": True, **review}
            out += self._drafts.to(sender, event_id(f"outcome again|{about}"), outcome, None, now)
        decided = self.decided(statement, digest(statement.signed), flow, [one], told, now)
        body = {**decided, "is": "decision-anew", "released": telling.released, **review}
        out.append(self.audit(case.owner, case.id, body, now))
        then = ledger.decided_anew(
            case, telling, one.decision, self._not_before_asked(telling, now), grants=one.grants, event=event
        )
        if one.text_follows and not ledger.has_text(case, telling):
            then = ledger.text_awaited_too(then, telling, now)
            out.append(self.ask(statement, case, [one], now))
        settled = Settled(
            drafts=out,
            remember=(then,),
            line=_line(telling, flow.type, sender.id, f"again-{words.status([one])}"),
            tally=tally([one]),
        )
        return self._drafts.sealed([settled])[0]

    def judge_again(self, kept: Kept, case: Case, telling: Telling, now: datetime, *, text_read: bool) -> Judged:
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
            doubts=doubts_of(kept.statement, kept.by, now),
            released=telling.passes,
            text_read=text_read,
            instead_of=telling.instead_of,
        )
        return one

    def _not_before_asked(self, telling: Telling, now: datetime) -> datetime:
        """When it was sent again: never before it was asked for, or a clock that runs ahead there would ask again."""
        return max(now, self.registry.resend.get(telling.recipient, now))

    def fire(self, case: Case, telling: Telling, now: datetime) -> Carried:
        """A due time has passed and nobody has answered: tell the sender whose move it is. Fires once."""
        if telling.state is TellingState.SCREENING:
            return self._unread(case, telling, now)
        about = f"{case.owner}|{case.id}|{telling.message}|{telling.part}|{_stands(telling)}"
        event = event_id(f"overdue|{about}")  # it may fire again in another state, and must not pass for a repetition
        body = words.overdue(case=case.id, owner=case.owner, telling=telling, quietly=self._quietly(case, telling))
        owner = self.registry.get(telling.sender)
        out = self._drafts.to(owner, event, body, None, now)
        audit = {"is": "overdue", "at": now.isoformat(), **body}
        settled = Settled(
            drafts=[*out, self.audit(case.owner, case.id, audit, now)],
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
        out = self._drafts.to(owner, event_id(f"again failed|{about}"), body, None, now)
        settled = Settled(
            drafts=[*out, self.audit(case.owner, case.id, {"at": now.isoformat(), **body}, now)],
            remember=(ledger.cannot_be_decided(case, telling),),
            line=_line(telling, telling.type, telling.sender, "again-failed"),
        )
        return self._drafts.sealed([settled])[0]

    def ask(self, statement: Statement, case: Case, judged: Sequence[Judged], now: datetime) -> Unsealed:
        """Ask the screening to read what is pending for these recipients."""
        body = reading.request(whole(statement), case.owner, case.id, judged, now)
        return self._drafts.own(topics.SCREEN, case.owner, case.id, body, now)

    def _read_again(self, kept: Kept, one: Judged, case: Case, telling: Telling, now: datetime) -> Carried:
        """Free text that was sent before is asked for again: the broker keeps no verdicts, so it is read anew."""
        settled = Settled(
            drafts=[self.ask(kept.statement, case, [one], now)],
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
        out = self._drafts.to(self.registry.get(telling.sender), event_id(f"unread|{about}"), body, None, now)
        audit = {**body, "is": "text-unread", "at": now.isoformat()}
        settled = Settled(
            drafts=[*out, self.audit(case.owner, case.id, audit, now)],
            remember=(then,),
            line=_line(telling, telling.type, telling.sender, "text-unread"),
        )
        return self._drafts.sealed([settled])[0]

    def screened(self, answered: Answered, memory: Memory, now: datetime) -> Settled:
        """The screening has read the free text of a message: send what may go, in the same case."""
        answer = answered.answer
        case = memory.case(answer.owner, answer.case)
        if case is None:
            raise Refused(Reason.NO_SUCH_CASE, ("case",))
        asked = [
            (ledger.awaiting(case, answer.message, mine.organisation, mine.instead_of), mine) for mine in answer.lines
        ]
        waiting = [(telling, mine) for telling, mine in asked if telling is not None]
        if not waiting:  # read twice, or withdrawn or settled by a human meanwhile
            line = Line(message=answer.message, type="", sender=case.owner, status="repeated")
            return Settled(drafts=(), remember=(), line=line)
        kept = reread(self.registry, answered.statement, waiting[0][0].at)
        if str(kept.submission.id) != answer.message:
            raise Refused(Reason.MISMATCH, ("message",))
        found = []
        for telling, mine in waiting:
            one = self.judge_again(kept, case, telling, now, text_read=True)
            allowed = self.free_text(kept.flow, one).difference(telling.corrected)
            found.append((telling, one, by_verdict(mine.fields, allowed)))
        return self.text_settled(kept, found, case, now)

    def free_text(self, flow: Flow, one: Judged) -> frozenset[str]:
        """The free text among what one recipient may see."""
        labels = flow.message.labels
        return frozenset(name for name in one.shown.fields if Label.NARRATIVE in labels[name])

    def text_settled(
        self, kept: Kept, found: Sequence[tuple[Telling, Judged, Goes]], case: Case, now: datetime
    ) -> Settled:
        """Send, to each of these recipients, what goes of the free text, and tell the sender what is kept back."""
        statement, flow, sender, _, _ = kept
        out: list[Unsealed] = []
        told: list[Body] = []
        then = case
        for telling, one, goes in found:
            about = f"{seen_key(statement)}|{_stands(telling)}"
            body, then, drafts = self._text(kept, telling, one, goes, then, event_id(f"text|{about}"), now)
            told.append(body)
            out += drafts
        judged = [one for _, one, _ in found]
        outcome = words.outcome(
            signed=statement.claims, flow=flow, judged=judged, told=told, not_reached=(), policy=self.policy.version
        )
        part = {"again": True, "part": Part.TEXT.value, "status": words.status_of(told)}
        review = next((made for telling, one, _ in found if (made := words.review(telling.released, one))), {})
        about = "|".join([seen_key(statement), *(_stands(telling) for telling, _, _ in found)])
        out += self._drafts.to(sender, event_id(f"outcome text|{about}"), {**outcome, **part, **review}, None, now)
        decided = self.decided(statement, digest(statement.signed), flow, judged, told, now)
        recipients = [
            {**body, "digests": _segment_digests(statement, goes)}
            for body, (_, _, goes) in zip(decided["recipients"], found, strict=True)
        ]
        released = [telling.released for telling, _, _ in found if telling.released]
        audit = {**decided, "is": "decision-text", "recipients": recipients, "released": released, **review}
        out.append(self.audit(case.owner, case.id, audit, now))
        first = found[0][0]
        return Settled(
            drafts=out,
            remember=(then,),
            copies=dropped(case, then),
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
        done = ledger.settled_segments(then, telling)
        goes = replace(goes, stays=tuple(name for name in goes.stays if name not in done))
        both = telling.part is Part.BOTH
        lacking = both and not _makes_sense(kept, goes)
        opens = time.fromisoformat(one.organisation.session_start)
        due = one.deadline if both else deadline(Clock.AT_ONCE, start=now, opens=opens)
        if not (both or goes.wording or goes.stays):
            return {**told, "shown": [], "due": None}, ledger.text_ended(then, telling, now), []
        if lacking or not goes.wording:
            mine = words.due(deadline(Clock.AT_ONCE, start=now, opens=OPENS), now)
            return (
                words.text_outcome(told, goes, mine, sent=False),
                ledger.text_held(then, telling, goes.stays, now),
                [],
            )
        signed = frozenset(goes.signed)
        fields = (one.shown.fields - self.free_text(kept.flow, one)) | signed if both else signed
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
            digest=digest(cut),
        )
        drafts = self._drafts.to(
            one.organisation,
            event,
            words.with_text(body, goes, kept.flow, one, both=both),
            cut,
            now,
            mailbox_only=kept.flow.mailbox_only,
            expires=one.expires,
        )
        events = (*telling.events, event) if one.grants else telling.events
        then = ledger.text_sent(then, telling, due, goes.stays, now, events=events)
        return words.text_outcome(told, goes, by, sent=True), then, drafts


def _stands(telling: Telling) -> str:
    """How a telling stood before it changed: what follows from that has the same id each time, and no other has."""
    stood = (telling.recipient, telling.instead_of or "", telling.state, ",".join(telling.segments))
    return "|".join((*stood, telling.at.isoformat()))


def _line(telling: Telling, name: str, sender: str, status: str) -> Line:
    return Line(message=telling.message, type=name, sender=sender, status=status, recipients=(telling.recipient,))


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
