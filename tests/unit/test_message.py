import json
import unicodedata
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from broker.schemas.catalogue import CATALOGUE
from broker.schemas.message import (
    SEGMENTS,
    Addressee,
    Line,
    Message,
    Moment,
    Prose,
    Submission,
    Unlabelled,
    kind_of,
    segments,
)
from broker.schemas.notification_corrected import NotificationCorrected
from broker.schemas.notification_issued import NotificationIssued
from broker.schemas.receipt_recorded import ReceiptRecorded
from broker.schemas.terms import Kind, Label
from tests.bad_input import INVISIBLE
from tests.personas import ACLAND, incident, lead, notification

ID = "00000000-0000-0000-0000-000000000000"
RECEIPT = {"answers": ID, "state": "acknowledged", "role": "deputy", "at": "2026-11-20T08:00:00Z"}


def read(model: type, document: object) -> Any:  # noqa: ANN401 - any model
    return TypeAdapter(model).validate_json(TypeAdapter(object).dump_json(document))


def test_a_field_without_a_label_fails_when_its_class_is_made() -> None:
    with pytest.raises(Unlabelled, match=r"Careless\.home_address has no label"):

        class Careless(Message):
            family_name: Annotated[str, Label.IDENTITY]
            home_address: str


def test_labels_are_those_of_the_wire_names_and_are_inherited() -> None:
    class Parent(Message):
        family_name: Annotated[str, Label.IDENTITY, Label.NARRATIVE]

    class Child(Parent):
        given_names: Annotated[str | None, Label.IDENTITY] = None

    assert Child.labels == {
        "familyName": {Label.IDENTITY, Label.NARRATIVE},
        "givenNames": {Label.IDENTITY},
    }


def test_a_message_prints_its_type_and_nothing_else() -> None:
    made = read(NotificationIssued, incident())
    assert {str(made), repr(made), f"{made}"} == {"<NotificationIssued>"}


def test_a_message_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        read(NotificationIssued, incident()).family_name = "Other"


@pytest.mark.parametrize(
    "wrong",
    [
        {"childSpokenTo": "yes"},  # strict: no conversions
        {"dateOfBirth": 20110203},
        {"family_name": "Testcase"},  # wire names only
        {"nickname": "Ro"},
        {"homeAddress": {"lines": [], "postcode": "NW1 1AA"}},
        {"adults": [{"adultRef": f"adult-{n % 9 + 1}", "role": "other", "relation": "x"} for n in range(10)]},
        {"occurredFrom": "2026-11-19T21:40:00"},  # no offset
        {"familyName": "  \t "},
        {"circumstances": "x" * 8001},
    ],
    ids=str,
)
def test_content_that_does_not_fit_is_refused_without_quoting_it(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        read(NotificationIssued, incident(**wrong))
    assert "input_value" not in str(refused.value)
    assert not any(str(value) in str(refused.value) for value in wrong.values())


@pytest.mark.parametrize("unseen", ["\0", "\x1b", "\u200b", "\u202e", "\u2066", "\ufeff", "\x85"], ids=ascii)
@pytest.mark.parametrize("text", [Line, Prose])
def test_characters_nobody_can_see_are_refused(text: Any, unseen: str) -> None:  # noqa: ANN401 - an annotated type
    assert read(text, "Siân O\u2019Neill-Łuczak") == "Siân O\u2019Neill-Łuczak"
    with pytest.raises(ValidationError, match="invisible"):
        read(text, f"a{unseen}b")


@pytest.mark.parametrize("year", ["0001", "1899", "2201", "9999"])
def test_a_time_at_which_calendars_end_is_refused(year: str) -> None:
    with pytest.raises(ValidationError, match="plausible"):
        read(Moment, f"{year}-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("to", "fault"),
    [
        ([lead(f"school:10000{n}") for n in range(5)], "names more than 4 recipients"),
        ([lead(ACLAND), lead(ACLAND)], "names an organisation twice"),
    ],
)
def test_a_message_names_at_most_four_recipients_each_once(to: list[Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        read(Submission[NotificationIssued], notification(*to))


@pytest.mark.parametrize("wrong", ["school:1", "SCHOOL:100000", "la:X10000012", "police:1", "school:100000 ", "x"])
def test_an_organisation_is_named_by_its_register_code(wrong: str) -> None:
    with pytest.raises(ValidationError):
        read(Addressee, lead(wrong))


def test_the_kind_of_an_organisation_is_its_register() -> None:
    assert kind_of("la:E09000007") is Kind.COUNCIL
    with pytest.raises(ValueError, match="nhs"):
        kind_of("nhs:1")


@pytest.mark.parametrize(
    ("model", "right", "wrong"),
    [
        (ReceiptRecorded, RECEIPT, {"rejectedBecause": "duplicate"}),
        (ReceiptRecorded, {**RECEIPT, "state": "rejected", "rejectedBecause": "duplicate"}, {"rejectedBecause": None}),
        (
            NotificationCorrected,
            {"supersedes": ID, "addressHandling": "open", "givenNames": "Rowan"},
            {"givenNames": ...},
        ),
    ],
)
def test_what_must_go_together_goes_together(model: type, right: dict[str, Any], wrong: dict[str, Any]) -> None:
    read(model, right)
    changed = {name: value for name, value in {**right, **wrong}.items() if value is not ...}
    with pytest.raises(ValidationError):
        read(model, changed)


def test_a_type_names_family_flow_and_version() -> None:
    assert CATALOGUE[0].type == "uk.safeguarding.encompass.notification-issued.v1"


@pytest.mark.parametrize(
    "name",
    [
        "O'Brien",
        "O\u2019Brien",
        "Siân Llŷr",
        "Nguyễn",
        "Ọmọ́táyọ̀",
        "Łódź-Smith",
        "Оксана",
        "Γεώργιος",
        "محمد",
        "אברהם",
        "พิมพ์ชนก",
        "अनीता",
        "王小明",
        "Anna Оксана",
    ],
)
def test_a_name_may_be_written_in_any_script_and_comes_out_composed(name: str) -> None:
    composed = unicodedata.normalize("NFC", name)
    for written in (composed, unicodedata.normalize("NFD", name)):
        assert read(NotificationIssued, incident(givenNames=written)).given_names == composed


@pytest.mark.parametrize("text", ["line one\nline two\tand more", "“Quoted”, 50 €, 😀"])
def test_prose_may_hold_lines_and_symbols(text: str) -> None:
    said = incident(circumstances=[text], settingSafetyCondition=text)
    assert read(NotificationIssued, said).circumstances == (text,)
    assert read(NotificationIssued, said).setting_safety_condition == text


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("One sentence.", ("One sentence.",)),
        ("He left. She rang us! Why? “Go,” he said.", ("He left.", "She rang us!", "Why?", "“Go,” he said.")),
        ("He came at 9.30 p.m. and left.", ("He came at 9.30 p.m. and left.",)),
        ("First line\n\n second line ", ("First line", "second line")),
        ("A. B. C. D. E. F. G. H.", ("A.", "B.", "C.", "D.", "E.", "F.", "G.", "H.")),
        ("A. B. C. D. E. F. G. H. I.", ("A. B. C. D. E. F. G. H. I.",)),
        ("Said. " * 400, (*[("Said. " * 71).strip()] * 5, ("Said. " * 45).strip())),
        ("x" * 1500, ("x" * 1000, "x" * 500)),
        ("word " * 300, (("word " * 200).strip(), ("word " * 100).strip())),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_text_is_cut_where_its_sentences_end(text: str, cut: tuple[str, ...]) -> None:
    assert segments(text) == cut
    assert read(NotificationIssued, incident(circumstances=text)).circumstances == cut


def test_what_is_too_long_for_a_narrative_stays_too_long() -> None:
    assert segments("y" * 8001) == ("y" * 8001,)
    assert len(segments(" ".join(["Z" * 880] * 9))) > SEGMENTS, "it cannot be cut between words into so few"
    assert segments("A. " * 350_000) == ("A. " * 350_000,), "a million characters are not even looked at"


@pytest.mark.parametrize("name", [name for name in INVISIBLE if "decomposed" not in name and name != "spaces around"])
def test_a_name_that_is_not_what_it_seems_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        NotificationIssued.model_validate_json(json.dumps(incident(givenNames=INVISIBLE[name])))
