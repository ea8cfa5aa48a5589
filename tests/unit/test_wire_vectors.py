"""docs/wire-vectors.json is what the code does: fixed parts byte for byte, sealed parts open, bad ones are refused.

After a change of the wire that is meant: `python -m tests.make_vectors`.
"""

import hashlib
import json
from base64 import urlsafe_b64decode
from typing import Any

import pytest
from aiokafka.partitioner import murmur2
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from broker import topics
from broker.drafts import Carried
from broker.errors import Reason, Refused
from broker.exchange import Incoming
from broker.registry import KeyUse
from broker.sealing import seal
from broker.state import Cabinet
from tests.fixed import NOW, agency, exchange, public_key
from tests.make_vectors import VECTORS, build, read, text
from tests.personas import ACLAND, BROKER, HEATH, MET, Json
from tests.world import World

VECTOR: Json = read()


def _names(of: str) -> list[str]:
    return [one["name"] for one in VECTOR[of]]


def _named(of: str, name: str) -> Json:
    found: Json = next(one for one in VECTOR[of] if one["name"] == name)
    return found


def _foreign(organisation: str, use: str) -> Any:  # noqa: ANN401 - the library has no types
    return JWK(**VECTOR["keys"][organisation][use]["privateTestKey"])


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _carry(*, key: str | None = None, headers: Json | None = None, sealed: bytes | str | None = None) -> Carried:
    record = VECTOR["record"]
    value = sealed or VECTOR["sealing"]["sealed"]
    made = (key or record["key"]).encode()
    incoming = Incoming(
        partition=record["partition"],
        partitions=topics.SUBMIT_PARTITIONS,
        key=made,
        headers=[(name, said.encode()) for name, said in (headers or record["headers"]).items()],
        value=value.encode() if isinstance(value, str) else value,
    )
    return exchange().carry(incoming, Cabinet(), NOW)


def test_the_file_is_what_the_code_makes_and_its_sealed_values_still_open() -> None:
    assert VECTORS.read_text() == text(build(VECTOR))


def test_the_broker_carries_the_submission_and_the_reader_opens_what_comes_of_it() -> None:
    carried = _carry()
    assert carried.line.status == "shared"
    out = next(one for one in carried.outgoing if one.key == ACLAND.encode())
    assert agency(ACLAND).open_delivery(out.value, NOW).content["givenNames"] == "Siân Llŷr"


@pytest.mark.parametrize("name", _names("refusedStatements"))
def test_the_broker_refuses_a_bad_statement(name: str) -> None:
    vector = _named("refusedStatements", name)
    sealed = seal({"statement": vector["statement"]}, public_key(BROKER, KeyUse.SEAL))
    assert _carry(sealed=sealed).line.rules == (vector["reason"],)


@pytest.mark.parametrize("name", _names("refusedRecords"))
def test_the_broker_refuses_a_bad_record(name: str) -> None:
    vector = _named("refusedRecords", name)
    carried = _carry(**{part: vector[part] for part in ("key", "headers", "sealed") if part in vector})
    assert carried.line.rules == (vector["reason"],)


def test_the_reader_opens_the_delivery() -> None:
    vector = VECTOR["delivery"]
    opened = agency(vector["reader"]).open_delivery(vector["sealed"].encode(), NOW)
    assert opened.content == vector["content"]
    assert opened.verified == ("broker", MET)
    assert [line["organisation"] for line in opened.to] == [vector["reader"]]


def test_the_wrong_reader_opens_nothing() -> None:
    with pytest.raises(Refused) as refused:
        agency(HEATH).open_delivery(VECTOR["delivery"]["sealed"].encode(), NOW)
    assert refused.value.reason is Reason.UNSEALABLE


@pytest.mark.parametrize("name", _names("refusedDeliveries"))
def test_a_reader_refuses_a_bad_delivery(name: str) -> None:
    vector = _named("refusedDeliveries", name)
    sealed = seal(vector["value"], public_key(vector["reader"], KeyUse.SEAL))
    with pytest.raises(Refused) as refused:
        agency(vector["reader"]).open_delivery(sealed, NOW)
    assert refused.value.reason == vector["reason"]


def test_a_real_cover_has_every_member_of_that_in_the_vectors(world: World) -> None:
    carried = world.carry(VECTOR["signing"]["document"])
    (real,) = world.opened(carried, ACLAND)
    vector = VECTOR["delivery"]["claims"]["body"]
    assert set(vector) <= set(real.body)
    assert set(vector["basis"]) == set(real.body["basis"])
    assert set(vector["ring"]) == set(real.body["ring"])


def test_a_foreign_library_and_the_file_alone_suffice_to_check_the_signature() -> None:
    signing = VECTOR["signing"]
    signed, *disclosed, end = signing["statement"].split("~")
    made = JWS()
    made.deserialize(signed, _foreign(MET, "sign"))
    assert (made.payload.decode(), end) == (signing["payload"], "")
    assert disclosed == [one["text"] for one in signing["disclosures"]]
    payload = json.loads(made.payload)
    inside = [slot for one in signing["disclosures"] if one["name"] == "childVoice" for slot in one["value"]]
    elements = [slot["..."] for slot in (*payload["to"], *inside)]
    for one in signing["disclosures"]:
        parts = [one["salt"], *([one["name"]] if one["name"] else []), one["value"]]
        assert json.loads(_decoded(one["text"])) == parts
        assert _decoded(one["digest"]) == hashlib.sha256(one["text"].encode()).digest()
        assert one["digest"] in (payload["_sd"] if one["name"] else elements)


@pytest.mark.parametrize(("of", "reader"), [("sealing", BROKER), ("delivery", ACLAND)])
def test_a_foreign_library_and_the_file_alone_suffice_to_open_what_is_sealed(of: str, reader: str) -> None:
    made = JWE()
    made.allowed_algs = ["ECDH-ES+A256KW", "A256GCM"]
    made.deserialize(VECTOR[of]["sealed"], _foreign(reader, "seal"))
    held = json.loads(made.payload)
    if of == "sealing":
        assert held == {"statement": VECTOR["signing"]["statement"]}
        assert hashlib.sha256(made.payload).hexdigest() == VECTOR[of]["paddedSha256"]
        assert len(made.payload) == VECTOR[of]["paddedBytes"]
    else:
        cover = JWS()
        cover.deserialize(held["cover"], _foreign(BROKER, "sign"))
        assert json.loads(cover.payload) == VECTOR[of]["claims"]
        assert hashlib.sha256(held["statement"].encode()).hexdigest() == VECTOR[of]["view"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_partitions_are_those_of_apache_kafka(key: str, value: int) -> None:
    """Values from Kafka's own unit test of its default partitioner."""
    assert (murmur2(key.encode()) ^ (1 << 31)) - (1 << 31) == value or murmur2(key.encode()) == value
    assert topics.partition_of(key.encode(), 6) == (value & 0x7FFFFFFF) % 6


def test_the_page_explains_every_reason_and_has_the_sections_that_error_texts_name() -> None:
    page = VECTORS.with_name("wire.md").read_text(encoding="utf-8")
    assert [reason for reason in Reason if f"| `{reason}` |" not in page] == []
    sections = [line for line in page.splitlines() if line.startswith("## ")]
    assert "Envelope" in sections[1]
    assert sections[1].startswith("## 2.")
    assert sections[3] == "## 4. Sealing"
