"""Numbers, addresses and accounts by their shape, and what only looks like one; languages; dates."""

import pytest

from broker.screening.dates import written
from broker.screening.language import foreign
from broker.screening.normal import normal
from broker.screening.patterns import spans
from broker.screening.screen import Screen
from broker.screening.tokens import near_a_word, words_of
from broker.screening.verdict import Kind

SCREEN = Screen()

SHAPES = [
    (Kind.NUMBER, "NHS 999 000 0018", "999 000 0018"),
    (Kind.NUMBER, "nhs no 999 000 0019", "999 000 0019"),
    (Kind.NUMBER, "9990000018", "9990000018"),
    (Kind.NUMBER, "UPN P373000019001", "P373000019001"),
    (Kind.NUMBER, "upn n37300001901a", "n37300001901a"),
    (Kind.NUMBER, "URN 100053", "100053"),
    (Kind.NUMBER, "DfE number 201/3614", "201/3614"),
    (Kind.NUMBER, "PNC 2003/0062845F", "2003/0062845F"),
    (Kind.NUMBER, "pnc 03/62845e", "03/62845e"),
    (Kind.NUMBER, "CRO 265416/21G", "265416/21G"),
    (Kind.NUMBER, "SF05/482703J", "SF05/482703J"),
    (Kind.NUMBER, "CRN X320741", "X320741"),
    (Kind.NUMBER, "prison no A1234BC", "A1234BC"),
    (Kind.NUMBER, "NI QQ 12 34 56 C", "QQ 12 34 56 C"),
    (Kind.NUMBER, "UPRN 10032960701", "10032960701"),
    (Kind.NUMBER, "crime no 42/118273/26", "42/118273/26"),
    (Kind.NUMBER, "custody ref 44CD/9981/26", "44CD/9981/26"),
    (Kind.NUMBER, "log 0473", "0473"),
    (Kind.NUMBER, "Incident #2231", "2231"),
    (Kind.NUMBER, "QX/2026/11873", "QX/2026/11873"),
    (Kind.NUMBER, "passport 123 456 789", "123 456 789"),
    (Kind.NUMBER, "sort code 20-00-00, account 55779911", "20-00-00"),
    (Kind.NUMBER, "GB33 BUKB 2020 1555 5555 55", "GB33 BUKB 2020 1555 5555 55"),
    (Kind.NUMBER, "card 4000 0000 0000 0002", "4000 0000 0000 0002"),
    (Kind.NUMBER, "from 203.0.113.45", "203.0.113.45"),
    (Kind.NUMBER, "2001:db8:0:0:1:0:0:1", "2001:db8:0:0:1:0:0:1"),
    (Kind.POSTCODE, "QX4 7ZB", "QX4 7ZB"),
    (Kind.POSTCODE, "qx47zb", "qx47zb"),
    (Kind.POSTCODE, "lives in QX4 somewhere", "QX4"),
    (Kind.POSTCODE, "the QX4 area", "QX4"),
    (Kind.TELEPHONE, "07700 900123", "07700 900123"),
    (Kind.TELEPHONE, "07700 90014", "07700 90014"),
    (Kind.TELEPHONE, "0 7 7 0 0  900 123", "0 7 7 0 0  900 123"),
    (Kind.TELEPHONE, "O77OO 9OO123", "O77OO 9OO123"),
    (Kind.TELEPHONE, "+44 (0)20 7946 0958", "+44 (0)20 7946 0958"),
    (Kind.TELEPHONE, "0191-498-0555", "0191-498-0555"),
    (Kind.TELEPHONE, "+48 601 000 000", "+48 601 000 000"),
    (Kind.TELEPHONE, "7700 900 123", "7700 900 123"),
    (Kind.TELEPHONE, "mob 900123", "900123"),
    (Kind.TELEPHONE, "ring mum back on 960431", "960431"),
    (Kind.TELEPHONE, "oh seven seven double-oh nine one", "oh seven seven double-oh nine one"),
    (Kind.EMAIL, "kez.x@mail.example", "kez.x@mail.example"),
    (Kind.EMAIL, "kez (at) mail (dot) example", "kez (at) mail (dot) example"),
    (Kind.EMAIL, "kez at mail dot com", "kez at mail dot com"),
    (Kind.ONLINE, "see www.chat.example/u/kez", "www.chat.example/u/kez"),
    (Kind.ONLINE, "on chat.co.uk", "chat.co.uk"),
    (Kind.ONLINE, "@kez.2k", "@kez.2k"),
    (Kind.ONLINE, "kez_x", "kez_x"),
    (Kind.ONLINE, "snap is kezzax", "kezzax"),
    (Kind.ONLINE, "Insta: kez.x", "kez.x"),
    (Kind.ONLINE, "kezza2010", "kezza2010"),
    (Kind.VEHICLE, "AB51 CDE", "AB51 CDE"),
    (Kind.VEHICLE, "ab51cde", "ab51cde"),
    (Kind.VEHICLE, "K123 QWE", "K123 QWE"),
    (Kind.VEHICLE, "part plate QF63", "QF63"),
    (Kind.PLACE, "51.5007, -0.1246", "51.5007, -0.1246"),
    (Kind.PLACE, "w3w ///filled.count.soap", "filled.count.soap"),
    (Kind.DATE, "dob 4/7/85", "4/7/85"),
    (Kind.DATE, "born on the 4th of July 1985", "4th of July 1985"),
    (Kind.DATE, "4 July is his birthday", "4 July"),
    (Kind.DATE, "born 1985", "1985"),
    (Kind.NUMBER, "NHS 999 OOO OO18", "999 OOO OO18"),
    (Kind.NUMBER, "CAD1187/12NOV26", "CAD1187/12NOV26"),
    (Kind.NUMBER, "shotgun cert FAC 20881", "FAC 20881"),
    (Kind.NUMBER, "clinic no K-44071", "K-44071"),
    (Kind.NUMBER, "door code C1987X", "C1987X"),
    (Kind.POSTCODE, "quebec x-ray four seven zulu bravo", "quebec x-ray four seven zulu bravo"),
    (Kind.TELEPHONE, "his other phone ending 417", "417"),
    (Kind.ONLINE, "shared #justice4zee", "#justice4zee"),
    (Kind.VEHICLE, "B 123 XYZ", "B 123 XYZ"),
    (Kind.VEHICLE, "a blue Corsa, reg ends KLM", "KLM"),
    (Kind.VEHICLE, "van, reg begins with JT63", "JT63"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "part"), SHAPES, ids=[text for _, text, _ in SHAPES])
def test_a_shape_is_found(kind: Kind, text: str, part: str) -> None:
    start = text.index(part)
    covered = {place for one in SCREEN.scan(text, ()) if one.certain for place in range(one.start, one.end)}
    assert covered >= {place for place in range(start, start + len(part)) if text[place].isalnum()}
    assert kind in {one.kind for one in SCREEN.scan(text, ())}


@pytest.mark.parametrize(
    "text",
    [
        "at 22:30 on 3 November 2026, aged 7, 84%, 2 of 3",
        "Year 5 pupil in 10B, KS2, Y7 3rd set, yr7 5th",
        "2026-11-24 and 24/11/26 and 24.11.26",
        "She is 9yrs old and 130cm. 14 days. £120 a week. 50p",
        "covid19 section17 year10",
        "she left school.me and mum went home",
        "arrived 2140hrs, left 0115",
        "ring the nurse, call the police, text back",
        "one of two or three",
        "He was at home at the time",
        "they had a snap and an account",
        "ref: to follow. log on. custody record",
        "ab12 the end",
        "@ 3pm @12",
        "facebook messages from friends",
        "profile of a child",
        "3 4 5",
        "#safeguarding",
        "Xbox 360, ICD10, DSM5",
        "year ending 2026, week ending 14/11",
    ],
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert [text[one.start : one.end] for one in SCREEN.scan(text, ())] == []


@pytest.mark.parametrize("number", ["0800 1111", "0808 800 5000", "116 123", "0808 2000 247", "101", "999"])
def test_a_national_helpline_leads_to_nobody(number: str) -> None:
    assert not SCREEN.scan(f"She was told to ring {number} at any time.", ())


def test_shapes_are_certain_and_of_nobodys_record() -> None:
    reading = normal("07700 900123").plain
    assert all(one.certain and one.field is None and one.rule == "TXT-3" for one in spans(reading, ()))


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("12/03/2016", (2016, 3, 12)),
        ("3/12/2016", (2016, 3, 12)),
        ("2016.03.12", (2016, 3, 12)),
        ("16-03-12", (2016, 3, 12)),
        ("12 Mar '16", (2016, 3, 12)),
        ("12march2016", (2016, 3, 12)),
        ("March the 12th", (0, 3, 12)),
        ("twenty-first of June 1999", (1999, 6, 21)),
        ("March 2016", (2016, 3, 0)),
        ("12/3", (0, 3, 12)),
        ("120365", (1965, 3, 12)),
    ],
)
def test_dates_are_read_as_they_are_written(text: str, way: tuple[int, int, int]) -> None:
    assert way in [meant for one in written(f"on {text}, at 10") for meant in one.ways]


@pytest.mark.parametrize("text", ["45/45/2016", "99 March", "39 March", "12.30pm", "may be", "1 2"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert list(written(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "mae'r plentyn yn dweud bod ei dad wedi taro ei fam",
        "dziecko mowi ze tata uderzyl mame w kuchni",
        "copilul spune ca tatal a lovit-o pe mama",
        "bachcha kehta hai ki papa ne mummy ko mara",
        "el padre le pego a la madre en la cocina",
        "She was seen. ojciec uderzyl matke bardzo mocno wczoraj wieczorem. Mum is safe.",
        "xqzt vbnm wrtp plkj",
    ],
)
def test_another_language_is_seen(text: str) -> None:
    assert list(foreign(words_of(text)))


@pytest.mark.parametrize(
    "text",
    [
        "mum said bardzo zle and cried",
        "attnded home adress, child was in bed an apeared well",
        "Chidi Okafor, Ngozi Okafor, Emeka Eze",
        "DSL SENCO HV SW CAMHS",
        "12 3 45 6 78 9",
        "",
    ],
)
def test_english_with_slips_and_foreign_words_passes(text: str) -> None:
    assert not list(foreign(words_of(text)))


def test_slips_of_ordinary_words() -> None:
    assert near_a_word("chidlren")
    assert near_a_word("safegaurrding")
    assert not near_a_word("kyrahn")
    assert not near_a_word("xq")
    assert not near_a_word("zbigniewski")
