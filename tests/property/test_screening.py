"""Screening, whatever is written: it never fails, its places are places, and no form of the record's own slips by."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.screening.own import known
from broker.screening.screen import MOST, Screen
from broker.screening.tokens import is_word
from broker.screening.verdict import State
from tests.written_forms import (
    of_a_date,
    of_a_name,
    of_a_postcode,
    of_a_reference,
    of_a_street,
    of_a_telephone,
    slips,
    two_slips,
)

SCREEN = Screen(names_of_organisations=["Argyle Primary School", "Northshire Constabulary"])
RECORD: dict[str, Any] = {
    "familyName": "Okafor",
    "givenNames": "Chidi Paul",
    "dateOfBirth": "2016-03-12",
    "homeAddress": {"lines": ["14 Larch Close", "Farnwick"], "postcode": "QX4 7ZB"},
    "adults": [{"adultRef": "adult-1", "role": "other", "relation": "mother's partner"}],
    "adultNames": [
        {"adultRef": "adult-1", "name": "Darren Cole"},
        {"adultRef": "adult-2", "name": "Elizabeth Smith-Jones"},
    ],
    "callbackTelephone": "+441632960123",
    "incidentRef": "QX/2026/11873",
    "uprn": "10032960701",
}
KNOWN = known(RECORD)
PIECES = st.sampled_from(
    [
        *(
            "Darren",
            "cole",
            "COLE",
            "chidi",
            "Mrs",
            "pc",
            "4412",
            "Will",
            "may",
            "the",
            "a",
            "was",
            "said",
            "12/03/16",
            "March",
        ),
        *(
            "QX4",
            "7ZB",
            "@",
            ".",
            ",",
            "'",
            '"',
            "(",
            ")",
            "-",
            "/",
            "[",
            "]",
            "<b>",
            "&amp;",
            "%44",
            "\u200b",
            "\u0416",
            "\u4e2d",
        ),
        *(
            "\u00e9",
            "07700",
            "900123",
            "oh",
            "double",
            "seven",
            "RGFycmVu",
            "D.C.",
            "D",
            "a",
            "r",
            "r",
            "e",
            "n",
            "d4rren",
        ),
        *("school", "St", "Close", "road", "flat", "number", "14", "in", "at", "to", "with"),
    ]
)
TEXTS = st.text(max_size=200) | st.lists(PIECES, max_size=40).map(" ".join) | st.lists(PIECES, max_size=40).map("".join)


NAMES = [
    ("Darren", "Cole", ""),
    ("Chidi", "Okafor", "Paul"),
    ("Elizabeth", "Smith-Jones", ""),
    ("Kayleigh", "Whitlock", "Jade"),
    ("Małgorzata", "Wiśniewska", ""),
    ("Siobhán", "O'Brien", ""),
    ("Mohammed", "Al-Hassan", ""),
    ("Ana-Maria", "Popescu", ""),
    ("Oluwaseun", "Adebayo", "Grace"),
    ("Dafydd", "Llewelyn", ""),
]
FORMS = [
    *of_a_name("Darren", "Cole"),
    *of_a_name("Chidi", "Okafor", "Paul"),
    *of_a_name("Elizabeth", "Smith-Jones"),
    *("Liz", "lizzie", "Beth", "Betty", "BETH", "Daz", "dazza", "Smith", "Jones", "jones", "SmithJones", "Mr Smith"),
    *("Dazzy", "Colesy", "the coles", "the Coles", "Darrenn", "darin", "Eliza-\nbeth", "Okaphor", "Cheedy", "chiddi"),
    *of_a_date(2016, 3, 12),
    *("12 marzo 2016", "12.III.16", "12 marca 2016", "12 martie", "fifteen past nine on 12/3/16"),
    *of_a_postcode("QX4", "7ZB"),
    *("Farnwick", "farnwick", "FARNWICK", "farnwik", "larch clsoe", "Lrach Close"),
    *of_a_street("14", "Larch", "Close", ("Cl", "Cl.", "Clo")),
    *of_a_telephone("01632", "960123"),
    *of_a_reference("QX", "2026", "11873"),
    *("10032960701", "100 329 607 01", "UPRN ending 0701", "quebec x-ray four seven zulu bravo"),
]
"""Every written form of the values of RECORD."""


AROUND = [
    "{}",
    "Then {} came back.",
    "then {} came back",
    "Mum said that ({}) was there",
    "seen: {}",
    "Told by {}, who left.",
]


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_the_records_own_is_clear(form: str) -> None:
    for around in AROUND:
        text = around.format(form)
        found = SCREEN.scan(text, KNOWN)
        start = around.index("{}")
        assert any(one.field and one.start < start + len(form) and start < one.end for one in found), text


@pytest.mark.parametrize(("first", "last", "middle"), NAMES)
def test_no_form_of_a_name_is_clear_whoever_bears_it(first: str, last: str, middle: str) -> None:
    child = known({"givenNames": f"{first} {middle}".strip(), "familyName": last})
    adult = known({"adultNames": [{"adultRef": "adult-1", "name": " ".join(filter(None, (first, middle, last)))}]})
    for form in of_a_name(first, last, middle):
        for record in (child, adult):
            text = f"Mum said that ({form}) was there"
            assert any(
                one.field and one.start < 15 + len(form) and one.end > 15 for one in SCREEN.scan(text, record)
            ), text


@pytest.mark.parametrize("name", ["Darren", "Chidi", "Okafor", "Elizabeth", "Farnwick", "Kayleigh", "Wisniewska"])
def test_one_slip_of_the_fingers_hides_nothing(name: str) -> None:
    record = known({"adultNames": [{"adultRef": "adult-1", "name": f"{name} Zed"}]})
    for typo in slips(name):
        for written in (typo, typo.lower()):
            if not is_word(typo.lower()):
                assert any(one.field for one in SCREEN.scan(f"Then {written} came back.", record)), written


@pytest.mark.parametrize("name", ["Elizabeth", "Kayleigh", "Wisniewska", "Chidiebere", "Mohammed"])
def test_two_slips_hide_no_long_name(name: str) -> None:
    record = known({"adultNames": [{"adultRef": "adult-1", "name": f"{name} Zed"}]})
    for typo in two_slips(name):
        if not is_word(typo.lower()):
            assert any(one.field for one in SCREEN.scan(f"Then {typo} came back.", record)), typo


@given(TEXTS)
def test_nothing_raises_and_every_span_stands_in_the_text(text: str) -> None:
    for one in SCREEN.scan(text, KNOWN):
        assert 0 <= one.start < one.end <= len(text)


@given(TEXTS)
def test_what_was_substituted_holds_nothing_more(text: str) -> None:
    verdict = SCREEN.read(text, KNOWN, frozenset())
    if verdict.state is State.SUBSTITUTED:
        outside = verdict.text
        for says in {one.says for one in KNOWN}:
            outside = outside.replace(f"[{says}]", "[]")
        assert not [one for one in SCREEN.scan(outside, KNOWN) if one.field]
    else:
        assert verdict.text == ""
    assert (verdict.state is State.CLEAR) == (verdict.rules == ())


@given(
    st.sampled_from(FORMS),
    st.sampled_from(AROUND),
    st.randoms(use_true_random=False),
    st.sampled_from("\u200b\u200d\u2060\ufeff\u00ad\u202e"),
)
def test_invisible_characters_never_turn_a_hit_into_clear(
    form: str, around: str, chance: random.Random, unseen: str
) -> None:
    text = around.format(form)
    at = chance.randrange(len(text) + 1)
    assert SCREEN.read(text[:at] + unseen + text[at:], KNOWN, frozenset()).state is State.WITHHELD


@given(st.integers(min_value=1, max_value=50))
def test_what_is_longer_than_is_read_is_withheld(more: int) -> None:
    verdict = SCREEN.read("a" * (MOST + more), KNOWN, frozenset())
    assert (verdict.state, verdict.rules) == (State.WITHHELD, ("TXT-8",))
