"""The message's own record: what is read out of its content, and what is found by it."""

import json
from datetime import date
from typing import Any

import pytest

from broker.schemas.encompass import Address
from broker.screening.alike import one_slip
from broker.screening.own import known
from broker.screening.screen import Screen
from broker.screening.verdict import Kind, Known

SCREEN = Screen()


def found(text: str, content: dict[str, Any]) -> set[str]:
    return {text[one.start : one.end] for one in SCREEN.scan(text, known(content)) if one.field}


def test_every_identifier_is_read_out_of_a_message() -> None:
    content = {
        "familyName": "Okafor",
        "givenNames": "Chidi",
        "alsoKnownAs": ["CJ", "Chi"],
        "dateOfBirth": "2016-03-12",
        "homeAddress": {"lines": ["14 Larch Close"], "postcode": "QX4 7ZB"},
        "currentAddress": {"lines": ["1 Elm Row"], "postcode": "QX4 7ZC"},
        "uprn": "10032960701",
        "incidentRef": "QX/1",
        "occurredFrom": "2026-11-19T22:30:00Z",
        "callbackTelephone": "+441632960123",
        "contact": "kez@mail.example",
        "adults": [{"adultRef": "adult-1", "role": "victim", "relation": "mother"}],
        "adultNames": [{"adultRef": "adult-1", "name": "Ngozi Eze"}, {"adultRef": "adult-2", "name": "Kev Day"}],
        "childSpokenTo": True,
        "circumstances": ["Darren was there."],
        "alternateName": "Ola",
        "welfareCheck": None,
    }
    assert {(one.field, one.kind, one.value, one.says) for one in known(content)} == {
        ("familyName", Kind.PERSON, "Okafor", "the child"),
        ("givenNames", Kind.PERSON, "Chidi", "the child"),
        ("alsoKnownAs", Kind.PERSON, "CJ", "the child"),
        ("alsoKnownAs", Kind.PERSON, "Chi", "the child"),
        ("dateOfBirth", Kind.DATE, "2016-03-12", "the child's date of birth"),
        ("homeAddress", Kind.PLACE, "14 Larch Close", "an address"),
        ("homeAddress", Kind.POSTCODE, "QX4 7ZB", "a postcode"),
        ("currentAddress", Kind.PLACE, "1 Elm Row", "where the child is"),
        ("currentAddress", Kind.POSTCODE, "QX4 7ZC", "where the child is"),
        ("uprn", Kind.NUMBER, "10032960701", "a property's number"),
        ("incidentRef", Kind.NUMBER, "QX/1", "a reference"),
        ("occurredFrom", Kind.DATE, "2026-11-19T22:30:00Z", "a date"),
        ("callbackTelephone", Kind.TELEPHONE, "+441632960123", "a telephone number"),
        ("contact", Kind.EMAIL, "kez@mail.example", "how to reach the person"),
        ("adultNames", Kind.PERSON, "Ngozi Eze", "mother"),
        ("adultNames", Kind.PERSON, "Kev Day", "another adult"),
        ("alternateName", Kind.PERSON, "Ola", "a person"),
    }


def test_a_date_of_python_is_one_of_the_record() -> None:
    assert [one.value for one in known({"dateOfBirth": date(2016, 3, 12)})] == ["2016-03-12"]


def test_content_as_python_reads_like_content_as_json() -> None:
    address = Address.model_validate_json(json.dumps({"lines": ["1 Elm Row"], "postcode": "NW1 1AA"}))
    content = {"homeAddress": address.model_dump(by_alias=True)}
    assert {one.value for one in known(content)} == {"1 Elm Row", "NW1 1AA"}


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("Will May", "will was there", "will"),
        ("Will May", "May said no", "May"),
        ("Hope Frost", "told by frost, who left", "frost"),
        ("John Smith", "smith came", "smith"),
        ("Mark Baker", "then baker left", "baker"),
        ("Siobhán O'Brien", "siobhan obrien", "siobhan obrien"),
        ("Siobhán O'Brien", "O Brien", "O Brien"),
        ("Jo Li", "seen with Li", "Li"),
        ("Jonathan Hart", "jono left", "jono"),
        ("Darren Cole", "Darxre", None),
        ("Mo Jay", "MJ left", "MJ"),
        ("Ruby Hart", "Says Rubes was in", "Rubes"),
        ("Olusegun Ade", "segun left", "segun"),
        ("Nicholas Brown", "saw nick brown", "nick brown"),
        ("Ahmed bin Said", "bin Said", "Said"),
        ("Darren Cole", "darrencole87", "darrencole87"),
        ("Darren Cole", "mrcoleish", "mrcoleish"),
        ("Jayden Fox", "Hayden", "Hayden"),
        ("Darren Cole", "J. Cole", "Cole"),
        ("Darren Cole", "I Cole", "Cole"),
        ("Darren Cole", "D. smith", None),
        ("Samuel West", "the SW left", None),
        ("Darren Cole", "DC Hughes and DC 1187", None),
        ("Darren Cole", "DC left", "DC"),
        ("Darren Cole", "D/C", None),
        ("Will May", "she will go in may", None),
        ("Will May", "In May", None),
        ("Hope Frost", "i hope the frost stays", None),
        ("Jo Li", "Then li li no", None),
        ("Al Wade", "no it is", None),
        ("John Smith", "the smith", None),
        ("7", "777", None),
        ("Hope Frost", "I reviewed hope with her mother", "hope"),
        ("Dale Hutch", "She chose the witch for dale. So", "dale"),
        ("Hope Frost", "We looked for hope. So", None),
        ("Kay Bell", "and the bells are known", "bells"),
        ("Kay Bell", "and the bells rang", None),
        ("Hope Frost", 'It says "Hope" on it', "Hope"),
        ("Mo Jay", "he said little mo hides", "mo"),
        ("Kayleigh Bell", "told Mr B. off", "B"),
        ("Kayleigh Bell", "Then K said so", "K"),
        ("Kayleigh Bell", "K's mum", "K"),
        ("Kayleigh Bell", "Vitamin K, Option B said no", None),
        ("Isla Bell", "I'm here and I said so", None),
        ("Wayne Bell", "wazza left", "wazza"),
        ("Declan Bell", "Then Deccy left", "Deccy"),
        ("Dale Hutchins", "It was (Hutch) then", "Hutch"),
        ("Dale Hutchins", "It was Hut then", None),
        ("Sinead O'Connor", "seen with S. O'C. then", "S. O'C"),
        ("Kayleigh Bell", "Kay-\nleigh left", "Kay-\nleigh"),
        ("Kayleigh Bell", "Kay leigh left", "Kay leigh"),
        ("Mayflower Bell", "may flower grew", None),
        ("Simone Bell", "Sim agreed then", "Sim"),
        ("Rafi Ahmed", "raffi sleeps", "raffi"),
    ],
)
def test_a_name_is_found_where_it_is_one(name: str, text: str, part: str | None) -> None:
    assert found(text, {"adultNames": [{"adultRef": "adult-1", "name": name}]}) == ({part} if part else set())


@pytest.mark.parametrize(
    ("lines", "text", "part"),
    [
        (["Flat 3", "27 Tannery Row"], "at flat 3, 27 Tannery Row", "flat 3"),
        (["Weaver's Yard"], "weavers yard", "weavers yard"),
        (["Rose Cottage"], "by Rose Cottage", "Rose Cottage"),
        (["221B Carrow Road"], "at 221b carrow rd", "221b carrow rd"),
        (["Larch"], "in Larch", "Larch"),
        (["Farnwick"], "Farnwyck", "Farnwyck"),
        (["14 Larch Close"], "15 Lerch Clause", None),
        (["14"], "nothing here", None),
        (["14 Larch Close"], "the house on Larch", "Larch"),
        (["14 Larch Close"], "Larch is a tree", None),
        (["14 Larch Close"], "outside the Close", "Close"),
        (["14 Larch Close"], "on the Larch Wood", None),
        (["-"], "nothing here", None),
    ],
)
def test_an_address_is_found_in_parts_and_with_a_slip(lines: list[str], text: str, part: str | None) -> None:
    parts = found(text, {"homeAddress": {"lines": lines, "postcode": "QX4 7ZB"}})
    assert any(part in one for one in parts) if part else not parts


@pytest.mark.parametrize(
    ("content", "text", "part"),
    [
        ({"homeAddress": {"lines": ["x"], "postcode": "M1 1AE"}}, "on the M1", None),
        ({"homeAddress": {"lines": ["x"], "postcode": "M1 1AE"}}, "near M1", "M1"),
        ({"incidentRef": "12"}, "12 of them", None),
        ({"incidentRef": "AB-CD"}, "it is abcd", "abcd"),
        ({"incidentRef": "QX/2026/11873"}, "QX/2026/118734", None),
        ({"callbackTelephone": "101"}, "ring 101", None),
        ({"callbackTelephone": "+441632960123"}, "1 of 6 and 3 of 2 with 9 more 60123", None),
        ({"occurredFrom": "2026-11-19T22:30:00Z"}, "on 19 November", "19 November"),
        ({"occurredFrom": "2026-11-19T22:30:00Z"}, "in November 2026", None),
        ({"dateOfBirth": "soon"}, "12 March", None),
        ({"dateOfBirth": "2016-03-12"}, "12 March 2015", None),
        ({"dateOfBirth": "2016-03-12"}, "born in 2016", "2016"),
        ({"contact": "kez@mail.example"}, "kez@mail.example", "kez@mail.example"),
        ({"familyName": "99", "givenNames": "Ann"}, "99 red", None),
        ({"dateOfBirth": "2016-03-12"}, "he turns nine on the 13th", None),
        ({"dateOfBirth": "2016-03-12"}, "birthday in April", None),
        ({"incidentRef": "LX/2026/003310"}, "log LX26 3310", "LX26 3310"),
        ({"callbackTelephone": "+441632960123"}, "ending 0124", None),
        ({"homeAddress": {"lines": ["x"], "postcode": "ZX8 4AB"}}, "postcode zed x eight four a b then", "zed x eight"),
        ({"homeAddress": {"lines": ["x"], "postcode": "ZX8 1ST"}}, "came 1st", None),
        ({"homeAddress": {"lines": ["x"], "postcode": "ZX1 0BD"}}, "at ZX1 OBD", "ZX1 OBD"),
    ],
)
def test_numbers_and_dates_are_found_whole(content: dict[str, Any], text: str, part: str | None) -> None:
    parts = found(text, content)
    assert any(part in one for one in parts) if part else not parts


@pytest.mark.parametrize(
    ("left", "right", "one"),
    [
        ("cole", "cole", True),
        ("cole", "clole", True),
        ("cole", "coe", True),
        ("cole", "cloe", True),
        ("cole", "cola", True),
        ("cole", "coleen", False),
        ("cole", "bale", False),
        ("abcd", "dcba", False),
    ],
)
def test_one_slip(left: str, right: str, *, one: bool) -> None:
    assert one_slip(left, right) is one
    assert one_slip(right, left) is one


def test_a_record_of_its_own_kind_is_found_in_what_is_encoded() -> None:
    record = (Known(field="familyName", kind=Kind.PERSON, value="Okafor", says="the child"),)
    for text in (
        "T2thZm9y",
        "4f6b61666f72",
        "O k a f o r",
        "0k4f0r",
        "%4fkafor%21%21",
        "O&#107;afor",
        "\uff2fkafor",
        "Ok\u0430for",
    ):
        assert {one.field for one in SCREEN.scan(text, record)} >= {"familyName"}, text
