from uuid import UUID

import pytest

from broker.envelope import DELIVERY, claimed_id, claimed_source, headers, read
from broker.errors import Reason, Refused
from tests.personas import ACLAND, MET, NIGHT

ID = UUID("00000000-0000-4000-8000-000000000000")
GOOD = headers(event_id=ID, source=MET, event_type="uk.example.v1", at=NIGHT)
Raw = list[tuple[str, bytes | None]]


def changed(name: str, *values: bytes | None) -> Raw:
    return [pair for pair in GOOD if pair[0] != name] + [(name, value) for value in values]


def test_what_is_written_is_read() -> None:
    made = read(GOOD)
    assert (made.id, made.source, made.type) == (str(ID), MET, "uk.example.v1")


def test_other_headers_are_nobodys_business() -> None:
    assert read([*GOOD, ("traceparent", b"\xff"), ("traceparent", None), ("reply_to", b"x")]) == read(GOOD)


@pytest.mark.parametrize("name", ["ce_specversion", "ce_id", "ce_source", "ce_type", "content-type"])
@pytest.mark.parametrize(
    "values",
    [(), (b"",), (None,), (b"\xff\xfe",), ("é".encode(),), (b"x" * 201,), (b"x", b"x")],
    ids=["absent", "empty", "null", "binary", "accented", "long", "twice"],
)
def test_a_header_that_is_not_right_is_named(name: str, values: tuple[bytes | None, ...]) -> None:
    with pytest.raises(Refused) as refused:
        read(changed(name, *values))
    assert (refused.value.reason, refused.value.fields) == (Reason.ENVELOPE, (name,))


@pytest.mark.parametrize(
    ("name", "value"), [("ce_specversion", b"0.3"), ("content-type", b"application/json")], ids=str
)
def test_another_format_is_refused(name: str, value: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read(changed(name, value))
    assert refused.value.fields == (name,)


def test_a_delivery_tells_neither_type_nor_sender() -> None:
    made = dict(headers(event_id=ID, source="broker:x", event_type=DELIVERY, at=NIGHT, audience=ACLAND))
    assert set(made) == {name for name, _ in GOOD} | {"ce_audience"}
    assert made["ce_type"] == DELIVERY.encode()


@pytest.mark.parametrize(
    ("raw", "source", "message"),
    [
        (GOOD, MET, str(ID)),
        ([], "", ""),
        ([("ce_source", None), ("ce_id", None)], "", ""),
        ([("ce_source", b"x" * 201), ("ce_id", b"Rowan Testcase")], "", ""),
        ([("ce_source", b"\xff"), ("ce_id", b"\xff")], "\ufffd", ""),
        ([("ce_id", str(ID).upper().encode())], "", str(ID)),
    ],
)
def test_what_an_unreadable_message_claims_is_a_hint_and_no_free_text(raw: Raw, source: str, message: str) -> None:
    assert (claimed_source(raw), claimed_id(raw)) == (source, message)
