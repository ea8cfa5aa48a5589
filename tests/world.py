"""A small world for tests: the built-in organisations with fresh keys, the broker's procedure, and its memory."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from broker import reading, topics
from broker.agency import Agency, Opened, Submitted
from broker.app import make_exchange
from broker.data import organisations
from broker.drafts import Carried
from broker.envelope import DELIVERY
from broker.exchange import Exchange, Incoming
from broker.home import Home
from broker.registry import KeyUse, Registry
from broker.screening.verdict import State
from broker.sealing import seal, unseal
from broker.segments import Segment
from broker.state import Cabinet
from broker.written import copy_key, reread
from tests.personas import BROKER, NIGHT

Json = dict[str, Any]


CLEAR = Segment(state=State.CLEAR)
Verdicts = Callable[[str, str], Segment]


@dataclass
class World:
    """Organisations with keys in a folder; `carry` runs the procedure without Kafka and remembers its effect."""

    home: Home
    now: datetime = NIGHT
    memory: Cabinet = field(default_factory=Cabinet)
    copies: dict[str, str | None] = field(default_factory=dict)

    @property
    def registry(self) -> Registry:
        """The public registry."""
        return self.home.registry()

    @property
    def exchange(self) -> Exchange:
        """The procedure with the broker's keys."""
        return make_exchange(self.home, self.registry, lambda: self.now)

    def agency(self, organisation: str) -> Agency:
        """An organisation's own side, with its own keys only."""
        registry = self.registry
        member = registry.get(organisation)
        assert member is not None
        return Agency(
            organisation=organisation,
            registry=registry,
            keys=self.home.keys(organisation),
            signer=self.home.signer(member, self.now),
            people=self.home.people(member, self.now),
        )

    def submit(self, document: Json, sender: str = "police:01") -> Submitted:
        """Sign and seal a document."""
        return self.agency(sender).submit(document, self.now)

    def carry(self, document: Json, sender: str = "police:01") -> Carried:
        """Sign, seal, carry and remember."""
        return self.carry_record(incoming(self.submit(document, sender)))

    def statement(self, document: Json, sender: str = "police:01") -> str:
        """What that sender signs, whole."""
        return str(unseal(self.submit(document, sender).value, self.home.keys("broker:england-and-wales"))["statement"])

    def sealed(self, value: object) -> bytes:
        """Any JSON value, sealed to the broker: what somebody who has only its public key can make."""
        key = self.home.broker().key(KeyUse.SEAL, self.now)
        assert key is not None
        return seal(value, key)

    def carry_record(self, record: Incoming) -> Carried:
        """Carry one raw record and remember its effect."""
        carried = self.exchange.carry(record, self.memory, self.now)
        self.memory.remember(*carried.remember)
        self.copies.update(carried.copies)
        return carried

    def send_again(self, *organisations: str) -> list[Carried]:
        """What the loop does once a hold has been released, or these organisations have asked: decide anew."""
        asked = dict.fromkeys(organisations, self.now)
        done: list[Carried] = []
        for case, telling in self.memory.to_send_again(asked):
            text = self.copies[copy_key(case, telling.message)]
            assert text is not None
            as_it_stands = self.memory.case(case.owner, case.id)
            assert as_it_stands is not None
            done.append(self.exchange.again(as_it_stands, telling, text, self.now))
            self.memory.remember(*done[-1].remember)
            self.copies.update(done[-1].copies)
        return done

    def asked(self, carried: Carried) -> reading.Request:
        """The one question to the screening that came of what was carried."""
        (question,) = [out for out in carried.outgoing if out.topic == topics.SCREEN]
        return reading.read_request(unseal(question.value, self.home.keys(BROKER)))

    def answer(self, asked: reading.Request, verdict: Verdicts, **changes: Any) -> Incoming:  # noqa: ANN401 - claims
        """What the screening would write, if it read so: (field, text) -> the verdict on it."""
        kept = reread(self.registry, asked.statement, asked.at)
        content = kept.statement.content
        lines = [
            reading.ForOne.model_validate(
                {
                    "organisation": line.organisation,
                    "insteadOf": line.instead_of,
                    "fields": {
                        name: tuple(verdict(name, text) for text in texts_of(content[name])) for name in line.pending
                    },
                }
            )
            for line in asked.lines
        ]
        broker = self.home.broker()
        to = broker.key(KeyUse.SEAL, self.now)
        assert to is not None
        signer = changes.pop("signer", self.home.signer(broker, self.now))
        message = changes.pop("message", str(kept.submission.id))
        made = reading.answered(
            asked.model_copy(update=changes), message, kept.flow.family, lines, signer=signer, to=to, now=self.now
        )
        return Incoming(
            partition=made.partition,
            partitions=topics.SUBMIT_PARTITIONS,
            key=made.key,
            headers=made.headers,
            value=made.value,
        )

    def read(self, carried: Carried, verdict: Verdicts | None = None) -> Carried:
        """Let the screening answer what was asked, by default that all is clear, and carry its answer."""
        return self.carry_record(self.answer(self.asked(carried), verdict or (lambda _, __: CLEAR)))

    def opened(self, carried: Carried, organisation: str) -> list[Opened]:
        """What that organisation opens of what was carried."""
        agency = self.agency(organisation)
        return [
            agency.open_delivery(out.value, self.now)
            for out in carried.outgoing
            if dict(out.headers).get("ce_type") == DELIVERY.encode() and out.key == organisation.encode()
        ]

    def outcome(self, carried: Carried, sender: str = "police:01") -> Json:
        """The outcome that the sender is told."""
        return dict(next(one.body for one in self.opened(carried, sender) if one.body["is"] == "outcome"))


class Reads(World):
    """A world in which the screening answers at once that all is clear: what is carried is what came of both."""

    def carry_record(self, record: Incoming) -> Carried:
        """See World."""
        return self._read_at_once(super().carry_record(record))

    def send_again(self, *organisations: str) -> list[Carried]:
        """See World."""
        return [self._read_at_once(one) for one in super().send_again(*organisations)]

    def _read_at_once(self, first: Carried) -> Carried:
        if not [out for out in first.outgoing if out.topic == topics.SCREEN]:
            return first
        answered = super().carry_record(self.answer(self.asked(first), lambda _, __: CLEAR))
        line = replace(first.line, status=answered.line.status.removeprefix("text-"))
        decided = [out for out in first.outgoing if out.topic == topics.AUDIT]
        return replace(answered, line=line, copies=first.copies, outgoing=(*decided, *answered.outgoing))


def texts_of(value: Any) -> list[str]:  # noqa: ANN401 - JSON
    """The segments of a field of free text."""
    return [value] if isinstance(value, str) else list(value)


def incoming(submitted: Submitted, **changes: Any) -> Incoming:  # noqa: ANN401 - overrides
    """A submission as the loop sees it."""
    fields: dict[str, Any] = {
        "partition": topics.partition_of(submitted.key, topics.SUBMIT_PARTITIONS),
        "partitions": topics.SUBMIT_PARTITIONS,
        "key": submitted.key,
        "headers": submitted.headers,
        "value": submitted.value,
    }
    return Incoming(**{**fields, **changes})


def make_home(path: Path, now: datetime = NIGHT) -> Home:
    """A home folder with the built-in organisations and fresh keys."""
    home = Home(path)
    home.found(now)
    home.enrol(organisations(), now)
    return home
