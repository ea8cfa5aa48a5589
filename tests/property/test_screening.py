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


def forms_of_a_name(first: str, last: str) -> list[str]:
    """Ways in which a name is written, all of which name somebody."""
    both = [
        f"{first} {last}",
        f"{last}, {first}",
        f"{last.upper()}, {first}",
        f"{first[0]}. {last}",
        f"{first[0]} {last}",
    ]
    both += [
        f"{first[0]}{last}".lower(),
        f"{first}{last}".lower(),
        f"{first}.{last}".lower(),
        f"{first}_{last}87",
        f"{first}-{last}",
    ]
    single = [first, last, f"{first}'s", f"{first}\u2019s", f"{last}s", f"{last}s'"]
    every = [*both, *single]
    accounts = [
        f"@{first[0]}{last}_".lower(),
        f"{first}.{last}1987@mail.example".lower(),
        f"www.site.example/{first}{last}".lower(),
    ]
    return [
        *every,
        *map(str.lower, every),
        *map(str.upper, every),
        *accounts,
        f"{first[0]}.{last[0]}.",
        f"{first[0]}.{last[0]}",
    ]


FORMS = [
    *forms_of_a_name("Darren", "Cole"),
    *forms_of_a_name("Chidi", "Okafor"),
    *forms_of_a_name("Elizabeth", "Smith"),
    *(
        "Liz",
        "lizzie",
        "Beth",
        "Betty",
        "BETH",
        "Daz",
        "dazza",
        "Smith-Jones",
        "smith-jones",
        "Jones",
        "jones",
        "SmithJones",
    ),
    *(
        "12/03/2016",
        "12.3.16",
        "12-03-16",
        "2016-03-12",
        "12/3/16",
        "120316",
        "12032016",
        "03/12/2016",
        "12 March 2016",
    ),
    *(
        "12th of March",
        "March 12th",
        "the 12th March",
        "12 mar 16",
        "twelfth of March",
        "March 2016",
        "12th march, 2016",
    ),
    *("QX4 7ZB", "qx47zb", "QX47ZB", "qx4 7zb", "QX4", "qx4", "QX4-7ZB", "Farnwick", "farnwick", "FARNWICK"),
    *("14 Larch Close", "14 larch cl", "14, Larch Close", "LARCH CLOSE", "Larch Cl.", "larchclose", "Lrach Close"),
    *("larch clsoe", "number 14", "No. 14", "01632 960123", "01632960123", "+44 1632 960 123", "(01632) 960-123"),
    *("0044 1632 960123", "960123", "960 123", "oh one six three two nine six zero one two three"),
    *("QX/2026/11873", "qx 2026 11873", "QX-2026-11873", "QX202611873", "11873", "10032960701", "100 329 607 01"),
]


def typos(name: str) -> list[str]:
    """Every text that one dropped, doubled or swapped letter makes of a name, past its first: no English words."""
    dropped = [name[:at] + name[at + 1 :] for at in range(1, len(name))]
    doubled = [name[:at] + name[at] + name[at:] for at in range(1, len(name))]
    swapped = [name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(1, len(name) - 1)]
    return [one for one in (*dropped, *doubled, *swapped) if one != name and not is_word(one.lower())]


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


@pytest.mark.parametrize("name", ["Darren", "Chidi", "Okafor", "Elizabeth", "Farnwick"])
def test_one_slip_of_the_fingers_hides_nothing(name: str) -> None:
    for typo in typos(name):
        for written in (typo, typo.lower()):
            assert any(one.field for one in SCREEN.scan(f"Then {written} came back.", KNOWN)), written


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
