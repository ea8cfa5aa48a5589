"""Whatever comes: never an exception, always one quarantine or outcome, and always one audit record."""

import json
import unicodedata
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from broker import topics
from broker.envelope import DELIVERY
from broker.errors import Refused
from broker.exchange import Incoming
from broker.sealing import unseal
from broker.statement import loads, unb64
from tests import foreign, personas
from tests.personas import ACLAND, BROKER, MET, Json, follow_up, incident, notification, receipt, withdrawal
from tests.world import World, incoming

NAMES = ["ce_specversion", "ce_id", "ce_source", "ce_type", "content-type", "ce_audience", "reply_to"]
bytes_or_none = st.none() | st.binary(max_size=300)
headers = st.lists(
    st.tuples(st.sampled_from(NAMES) | st.text(max_size=20), bytes_or_none | st.sampled_from([MET.encode(), b"1.0"])),
    max_size=12,
)
texts = st.text(alphabet=st.characters(), max_size=40)  # with lone surrogates
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
FIRST = notification()
DOCUMENTS = [
    FIRST,
    personas.handover(),
    receipt(FIRST),
    withdrawal(FIRST),
    follow_up("notification-updated", FIRST),
    follow_up("notification-corrected", FIRST, givenNames="Robin"),
    personas.told(FIRST, ACLAND),
]


def carried(world: World, record: Incoming) -> str:
    """Carry one record, check what is promised of all, and return its status."""
    before = world.exchange.carry(record, world.memory, world.now)
    made = world.carry_record(record)
    assert [out.topic for out in before.outgoing] == [out.topic for out in made.outgoing]
    audits = [out for out in made.outgoing if out.topic == topics.AUDIT]
    quarantined = [out for out in made.outgoing if out.topic == topics.QUARANTINE]
    answers = [out for out in made.outgoing if dict(out.headers).get("ce_type") == DELIVERY.encode()]
    if made.line.status == "repeated":
        assert (len(answers), made.remember) == (1, ())
    else:
        assert len(audits) == 1
        assert (len(quarantined) == 1) is (made.line.rules != () and made.line.type == "")
        assert quarantined or answers
    assert not quarantined or quarantined[0].value == (record.value or b"")
    assert all(len(out.key) < 100 and out.key.isascii() for out in made.outgoing)
    return made.line.status


@given(st.integers(0, 5), bytes_or_none, headers, bytes_or_none)
def test_any_bytes_at_all(fresh: Callable[[], World], partition: int, key: bytes, headers: Any, value: bytes) -> None:  # noqa: ANN401
    world = fresh()
    record = Incoming(partition=partition, partitions=6, key=key, headers=headers, value=value)
    assert carried(world, record) == "refused"


@given(values)
def test_anything_sealed_by_a_stranger(fresh: Callable[[], World], value: object) -> None:
    world = fresh()
    sealed = world.sealed(json.loads(json.dumps(value).replace("\\ud", "\\u0d")))
    record = incoming(world.submit(FIRST), value=sealed)
    assert carried(world, record) == "refused"


@given(st.data())
def test_any_change_of_a_true_record(fresh: Callable[[], World], data: st.DataObject) -> None:
    world = fresh()
    record = incoming(world.submit(notification()))
    value = bytearray(record.value or b"")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(value) - 1))
        match data.draw(st.sampled_from(["set", "cut", "insert"])):
            case "set":
                value[at] = data.draw(st.integers(0, 255))
            case "cut":
                del value[at:]
                value += b"x"
            case _:
                value[at:at] = data.draw(st.binary(max_size=5))
    assert carried(world, incoming(world.submit(notification()), value=bytes(value))) in ("refused", "shared")


@given(data=st.data())
def test_any_change_of_a_true_statement(fresh: Callable[[], World], data: st.DataObject) -> None:
    world = fresh()
    submitted = world.submit(notification())
    text = str(unseal(submitted.value, world.home.keys(BROKER))["statement"])
    at = data.draw(st.integers(0, len(text) - 1))
    other = text[:at] + data.draw(st.text(max_size=3)) + text[at + data.draw(st.integers(0, 3)) :]
    status = carried(world, incoming(submitted, value=world.sealed({"statement": other})))
    assert other == text or status == "refused" or _says_the_same(text, other)


def _says_the_same(text: str, other: str) -> bool:
    """Base64 has dead bits at the end of a signature, and disclosures may be left out: neither changes what is said."""
    (signed, *parts), (changed, *left) = text.split("~"), other.split("~")
    return signed[:-1] == changed[:-1] and set(left) <= set(parts)


@given(st.sampled_from(DOCUMENTS), st.data())
def test_anything_that_a_real_sender_signs(fresh: Callable[[], World], document: Json, data: st.DataObject) -> None:
    """It holds a key, but its system is broken, or it means harm."""
    world = fresh()
    world.carry(FIRST)
    content = dict(document["content"])
    for name in data.draw(st.lists(st.sampled_from(sorted({*content, "nickname", "adults", "toBe"})), max_size=3)):
        content[name] = data.draw(values)
    changed: Json = {**document, "content": content, "id": notification()["id"]}
    for name in data.draw(st.lists(st.sampled_from(["basis", "to"]), max_size=2)):
        changed[name] = data.draw(values if name == "basis" else st.lists(values, max_size=4))
    claims = data.draw(
        st.dictionaries(st.sampled_from(["iat", "own", "sub", "_sd", "to", "extra", "jti"]), values, max_size=2)
    )
    sender = data.draw(st.sampled_from([MET, ACLAND, "police:41", BROKER]))
    carried(world, foreign.record(world, changed, sender, **claims))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
def test_any_visible_text_survives_from_sender_to_reader(fresh: Callable[[], World], text: str) -> None:
    world = fresh()
    try:
        submitted = world.submit(notification(content=incident(circumstances=text)))
    except Refused:
        return
    (opened,) = world.opened(world.read(world.carry_record(incoming(submitted))), ACLAND)
    said, read = (
        unicodedata.normalize("NFC", one).split() for one in (text, " ".join(opened.content["circumstances"]))
    )
    assert read == said, "it is cut between sentences, and white space at a cut is lost"
    assert loads(unb64(opened.statement.split(".")[0]))
