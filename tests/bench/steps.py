"""Microseconds of processor time of each step of the procedure, beside the same library calls made bare, in one run.

Messages are carried by us, then by bare calls on the same bytes, in turn, so that both meet the same machine: one at a
time, as on a quiet night, and as many together as the loop takes in a burst, step by step at both sides. Every message
has times of its own, so that nothing is remembered that would not be in earnest. Decisions are: their facts are codes,
and few differ; what deciding costs afresh is printed beside.

Bare is every call to a library that the step makes, with keys and registries made once, and nothing else: decrypt and
read; verify, hash and read each disclosure; write, validate and dump the content; write and sign each cover and
receipt, write and encrypt each record, dump and encrypt the state. It checks nothing else, decides and cuts nothing.
"""

import binascii
import gc
import hashlib
import json
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwe, jws
from joserfc.jwk import OKPKey
from pydantic_core import from_json, to_json

from broker import exchange, judge
from broker.consent.decide import decide_by
from broker.consent.law.policy import POLICY
from broker.consent.rules import RULES
from broker.drafts import Carried, Drafter
from broker.exchange import Exchange, Incoming
from broker.loop import TOGETHER
from broker.schemas.message import Submission
from broker.schemas.notification_issued import NotificationIssued
from broker.sealing import padded
from broker.state import NONCE, Cabinet, StateSeal
from broker.statement import Statement
from tests.bench import results
from tests.facts import ISSUED
from tests.personas import ACLAND, ARGYLE, HEATH, MET, NIGHT, Json, incident, lead, notification
from tests.world import World, incoming, make_home

MESSAGES = 400
WARM = 40
"""Messages carried before any is counted."""
GOAL = 1.25
SIGN, SEAL = ["Ed25519"], ["ECDH-ES+A256KW", "A256GCM"]
REST = "the rest"
TYPE = Submission[NotificationIssued]
STEPS = ("open", "verify", "parse", "decide", "redact", "seal")
TO_URL, FROM_URL = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")
DECODER = json.JSONDecoder()
SEALING, SIGNING = jwe.JWERegistry(algorithms=SEAL), jws.JWSRegistry(algorithms=SIGN)


def main() -> None:
    """Measure, print a table, and keep the figures."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(make_home(Path(folder)))
        figures = {
            f"{'1 recipient' if count == 1 else f'{count} recipients'}, {said}": _measure(world, count, together)
            for count in (1, 2, 3)
            for said, together in (("one at a time", 1), (f"{TOGETHER} together", TOGETHER))
        }
    for whom, rows in figures.items():
        print(f"{whom:30} {'ours, us':>10} {'bare, us':>10}")
        for step, (ours, bare) in rows["steps"].items():
            print(f"{step:30} {ours:10.0f} {bare:10.0f}")
        print(f"{'whole':30} {rows['whole'][0]:10.0f} {rows['whole'][1]:10.0f}   {rows['ratio']} times\n")
    afresh = _deciding_afresh()
    print(f"deciding one recipient afresh, by all {len(RULES)} rules: {afresh} us\n")
    method = {
        "messages": MESSAGES,
        "figures": "medians: ours, bare",
        "goal": GOAL,
        "deciding afresh, us a recipient": afresh,
        "machine": results.machine(),
    }
    results.write("steps", method, figures)


def _deciding_afresh() -> float:
    spent = [_timed(partial(decide_by, RULES, ISSUED, POLICY, NIGHT.date())) for _ in range(MESSAGES)]
    return round(statistics.median(spent) / 1000, 1)


def _to(count: int) -> list[Json]:
    rolls = ("registered-dual-main", "registered-dual-subsidiary", "receiving-education")
    return [lead(*one) for one in zip((ACLAND, HEATH, ARGYLE), rolls, strict=True)][:count]


def _numbered(count: int, number: int) -> Json:
    """A notification with times of its own."""
    at = NIGHT - timedelta(hours=1, seconds=number)
    times = {"occurredFrom": at - timedelta(minutes=20), "groundsFormedAt": at}
    return notification(
        *_to(count), content=incident(**{name: f"{time:%Y-%m-%dT%H:%M:%SZ}" for name, time in times.items()})
    )


def _measure(world: World, count: int, together: int) -> dict[str, Any]:
    """Figures a message. A group is timed whole, ours and then bare."""
    broker, sender, keys = world.exchange, world.agency(MET), Keys(world)
    first, whole, stepped = Broker(world), Broker(world), Broker(world)
    pairs: list[tuple[Incoming, dict[str, Callable[[], object]]]] = []
    for number in range(WARM + MESSAGES):
        record = incoming(sender.submit(_numbered(count, number), world.now))
        [(carried, own)] = first.carry(broker, [record], number)
        if carried.line.status != "shared" or len(carried.line.recipients) != count:
            raise RuntimeError(f"{carried.line.status}: this would measure something else")
        pairs.append((record, bare_calls(record, carried, own, keys)))
    gc.collect()
    spent: defaultdict[str, list[float]] = defaultdict(list)
    for begin in range(0, len(pairs), together):
        group = pairs[begin : begin + together]
        records = [record for record, _ in group]
        ours = _timed(partial(whole.carry, broker, records, begin))
        alone = {step: sum(_timed(bare[step]) for _, bare in group) for step in group[0][1]}
        watch = Watch()
        with watch.on(TIMED):
            stepped.carry(broker, records, begin)
        if begin >= WARM:
            spent["whole"].append(ours / len(group))
            spent["bare whole"].append(sum(alone.values()) / len(group))
            for step in (*STEPS, REST):
                spent[step].append(watch.spent[step] / len(group))
                spent[f"bare {step}"].append(alone.get(step, 0) / len(group))
    median = {what: round(statistics.median(samples) / 1000, 1) for what, samples in spent.items()}
    return {
        "steps": {step: [median[step], median[f"bare {step}"]] for step in (*STEPS, REST)},
        "whole": [median["whole"], median["bare whole"]],
        "ratio": round(median["whole"] / median["bare whole"], 2),
    }


def _timed(call: Callable[[], object]) -> int:
    began = time.thread_time_ns()
    call()
    return time.thread_time_ns() - began


class Broker:
    """What the loop does with some records, but for Kafka: carry, remember, seal what is its own."""

    def __init__(self, world: World) -> None:
        self._memory, self._seal, self._now = Cabinet(), StateSeal(world.home.state_keys()), world.now

    def carry(
        self, broker: Exchange, records: Sequence[Incoming], number: int
    ) -> list[tuple[Carried, list[tuple[str, str]]]]:
        """Each carried message, and each (key, text) that was sealed as state. `number`: seconds later than before."""
        now = self._now + timedelta(seconds=number)
        return [(one, self.keep(one)) for one in broker.carry_all(records, self._memory, now)]

    def keep(self, carried: Carried) -> list[tuple[str, str]]:
        """Remember and seal."""
        own = [*self._memory.remember(*carried.remember), *carried.copies]
        texts = [(key, text) for key, text in own if text is not None]
        for key, text in texts:
            self._seal.seal(key, text)
        return texts


class Watch:
    """Nanoseconds spent in each step: a function's own time without that of a timed function inside it."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, int] = defaultdict(int)
        self._running: list[str] = []
        self._since = 0

    def on(self, timed: Mapping[str, Sequence[tuple[object, str]]]) -> ExitStack:
        """A context in which these functions are timed."""
        stack = ExitStack()
        for step, places in timed.items():
            for owner, name in places:
                stack.enter_context(patch.object(owner, name, self._wrapped(getattr(owner, name), step)))
        return stack

    def _wrapped(self, function: Callable[..., Any], step: str) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the function takes
            self._turn()
            self._running.append(step)
            try:
                return function(*args, **kwargs)
            finally:
                self._turn()
                self._running.pop()

        return timed

    def _turn(self) -> None:
        now = time.thread_time_ns()
        if self._running:
            self.spent[self._running[-1]] += now - self._since
        self._since = now


class Keys:
    """Every key as the library's object, imported once."""

    def __init__(self, world: World) -> None:
        self._private: dict[str, OKPKey] = {}
        self._public: dict[str, OKPKey] = {}
        for member in world.registry:
            ring = world.home.keys(member.id)
            for key in member.keys:
                private = ring.private(key.kid)
                if private is not None:
                    self._private[key.kid] = private
                self._public[key.kid] = OKPKey.import_key(dict(key.jwk))
        self.state = AESGCM(next(iter(world.home.state_keys().values())))

    def private(self, compact: str) -> OKPKey:
        """Of the key that a JOSE header names."""
        return self._private[header_of(compact)["kid"]]

    def public(self, compact: str) -> OKPKey:
        """Likewise."""
        return self._public[header_of(compact)["kid"]]


def header_of(compact: str) -> Json:
    """The header of a JWS or JWE."""
    return dict(json.loads(unb64(compact.partition(".")[0])))


def read(data: bytes) -> object:
    """JSON by the same call of the library as `broker.statement.loads`."""
    return from_json(data) if b"{" not in data else DECODER.raw_decode(data.decode().strip())[0]


def unb64(text: str) -> bytes:
    """Base64url by the fastest call there is, which is ours too."""
    return binascii.a2b_base64(text.encode().translate(FROM_URL) + b"==")


def bare_calls(
    record: Incoming, carried: Carried, own: Sequence[tuple[str, str]], keys: Keys
) -> dict[str, Callable[[], object]]:
    """For each step the library calls that it cannot do without, on the bytes of this message."""
    sealed = (record.value or b"").decode()
    opener = keys.private(sealed)
    signed, *disclosures = json.loads(_plaintext(sealed, keys))["statement"].rstrip("~").split("~")
    verifier, document = keys.public(signed), _document(signed, disclosures)
    content = TYPE.model_validate_json(json.dumps(document))
    out = [one.value.decode() for one in carried.outgoing]
    records = [(keys.public(one), _sealed_header(one), json.loads(_plaintext(one, keys))) for one in out]
    said = [value["cover"] for _, _, value in records if "cover" in value]
    said += [one["receipt"] for _, _, value in records for one in value.get("recipients", ()) if "receipt" in one]
    signatures = [(keys.private(one), header_of(one), json.loads(unb64(one.split(".")[1]))) for one in said]
    copies = [(key.encode(), text.encode()) for key, text in own[len(carried.remember) :]]
    entries = [(key.encode(), entry) for (key, _), entry in zip(own, carried.remember, strict=False)]

    def opened() -> object:
        found = jwe.decrypt_compact(sealed, opener, registry=SEALING)
        return read(found.plaintext or b"")

    def verified() -> object:
        read(jws.deserialize_compact(signed, verifier, registry=SIGNING).payload)
        for text in disclosures:
            binascii.b2a_base64(hashlib.sha256(text.encode()).digest(), newline=False).translate(TO_URL)
            read(unb64(text))
        return None

    def parsed() -> object:
        TYPE.model_validate_json(json.dumps(document, separators=(",", ":"), ensure_ascii=False))
        return content.model_dump(mode="json", by_alias=True, exclude_none=True)

    def all_sealed() -> object:
        for key, header, claims in signatures:
            jws.serialize_compact(header, to_json(claims), key, registry=SIGNING)
        for key, header, value in records:
            jwe.encrypt_compact(header, padded(to_json(value)), key, registry=SEALING)
        for name, entry in entries:
            keys.state.encrypt(os.urandom(NONCE), entry.model_dump_json(by_alias=True).encode(), name)
        for name, text in copies:
            keys.state.encrypt(os.urandom(NONCE), text, name)
        return None

    return {"open": opened, "verify": verified, "parse": parsed, "seal": all_sealed}


def _sealed_header(compact: str) -> Json:
    return {name: value for name, value in header_of(compact).items() if name != "epk"}


def _plaintext(compact: str, keys: Keys) -> bytes:
    return jwe.decrypt_compact(compact, keys.private(compact), registry=SEALING).plaintext or b""


def _document(signed: str, disclosures: Sequence[str]) -> Json:
    claims = json.loads(unb64(signed.split(".")[1]))
    told = [json.loads(unb64(text)) for text in disclosures]
    return {
        "type": claims["vct"],
        "id": claims["jti"],
        "case": claims["sub"],
        "caseOwner": claims["own"],
        "basis": claims["basis"],
        "to": [line for _, line in (one for one in told if len(one) == 2)],
        "content": {name: value for _, name, value in (one for one in told if len(one) == 3)},
    }


TIMED: Mapping[str, tuple[tuple[object, str], ...]] = {
    "open": ((Exchange, "_open"),),
    "verify": ((Exchange, "_authenticate"),),
    "parse": ((exchange, "_parsed"),),
    "decide": ((exchange, "judge"),),
    "redact": ((judge, "view"), (Statement, "cut")),
    "seal": ((Exchange, "_record"), (Drafter, "sealed"), (Broker, "keep")),
    REST: ((Exchange, "carry_all"),),
}
"""Which of our functions make up a step. One inside another counts for its own step only."""


if __name__ == "__main__":
    main()
