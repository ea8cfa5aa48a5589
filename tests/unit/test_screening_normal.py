"""How a text is read so that nothing hides in it, and where what was read stands in the original."""

import base64

import pytest

from broker.screening.normal import fold, normal


def test_plain_text_is_read_as_it_is() -> None:
    found = normal("Dad left & mum cried.\nThen < 5 minutes, 100% sure.")
    assert (found.plain.text, found.hidden, found.foreign, found.others) == (
        "Dad left & mum cried.\nThen < 5 minutes, 100% sure.",
        (),
        (),
        (),
    )


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Zoë\u2019s “pal” Łukasz \u2013 ok…", 'Zoe\'s "pal" Lukasz - ok.'),
        ("a\u00a0b\u2009c", "a b c"),
        ("ﬁne", "fine"),
        ("1st \u2161", "1st II"),
        ("👨\u200d👩\u200d👧 and 👍\ufe0f\u200d👍", "👨👩👧 and 👍👍"),
        ("Tom &amp; Jo &lt;3", "Tom & Jo <3"),
        ("2 < 3 > 1", "2 < 3 > 1"),
    ],
)
def test_what_honest_notes_hold_hides_nothing(text: str, plain: str) -> None:
    found = normal(text)
    assert (found.plain.text, found.hidden) == (plain, ())


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Dar\u200bren", "Darren"),
        ("Dar\u00adren", "Darren"),
        ("\u202eDarren", "Darren"),
        ("Dar\u3164ren", "Darren"),
        ("Dar\x00ren", "Darren"),
        ("Dar\x7fren", "Darren"),
        ("Dar\u2028ren", "Dar\nren"),
        ("a\u0301\u0301\u0301\u0301\u0301b", "ab"),
        ("\uff24arren", "Darren"),
        ("\U0001d403arren", "Darren"),
        ("D\u0430rren", "Darren"),
        ("D\u03bfn", "Don"),
        ("D<b>arr</b>en", "Darren"),
        ("Dad<br/>left", "Dad\nleft"),
        ("<!-- x -->", ""),
        ("D&#97;rren", "Darren"),
        ("D&#x61;rren", "Darren"),
        ("%44%61rren", "Darren"),
        ("D%61rren", "Darren"),
        ("\\u0044\\x61rren", "Darren"),
        ("👍\u200dx", "👍x"),
        ("\u200d", ""),
    ],
)
def test_what_hides_something_is_undone_and_said(text: str, plain: str) -> None:
    found = normal(text)
    assert found.plain.text == plain
    assert found.hidden
    assert all(0 <= start < end <= len(text) for start, end in found.hidden)


def test_places_are_those_of_the_original() -> None:
    text = "Hi <b>D\u200bar&#114;en</b>!"
    plain = normal(text).plain
    start = plain.text.index("Darren")
    first, last = plain.where(start, start + len("Darren"))
    assert text[first:last] == "D\u200bar&#114;en"


@pytest.mark.parametrize(
    ("text", "said", "hides"),
    [
        ("D a r r e n", "Darren", True),
        ("D.a.r.r.e.n", "Darren", True),
        ("N S P C C", "NSPCC", False),
        ("D4rren", "Darren", False),
        ("k3v1n", "kevin", False),
        ("RGFycmVuIENvbGU=", "Darren Cole", True),
        ("44617272656e", "Darren", True),
        ("oh double seven oh three two one", "0770321", False),
        ("0 7 7 0 0 9", "077009", False),
    ],
)
def test_what_is_spelled_disguised_or_encoded_is_read_too(text: str, said: str, *, hides: bool) -> None:
    found = normal(text)
    assert said in [one.text for one in found.others]
    assert bool(found.hidden) is hides


def test_what_is_encoded_twice_is_decoded_twice_and_not_for_ever() -> None:
    text = "Darren Cole"
    for _ in range(6):
        text = base64.b64encode(text.encode()).decode()
    assert len([one for one in normal(text).others if one.encoded]) == 4
    twice = base64.b64encode(base64.b64encode(b"Darren Cole")).decode()
    assert "Darren Cole" in [one.text for one in normal(twice).others]


@pytest.mark.parametrize(
    "text",
    [
        "iPhone11Pro",
        "McDonalds",
        "ABCDEFGHIJ",
        "20261124001122",
        "deadbeefcafe",
        "AbCdEfGhI",
        "QmFzZTY0+/+/",
        "year7 is b4 10am",
    ],
)
def test_what_only_looks_encoded_is_left(text: str) -> None:
    assert not [one for one in normal(text).others if one.encoded]


def test_words_of_another_alphabet_are_foreign() -> None:
    text = "she said Дети and \u5b69\u5b50"
    assert [text[start:end] for start, end in normal(text).foreign] == ["Дети", "\u5b69\u5b50"]


def test_a_name_is_folded_like_the_text() -> None:
    assert fold("Siân O\u2019Łoś") == "Sian O'Los"
    assert fold("plain") == "plain"
