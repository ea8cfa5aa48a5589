"""The labelled notes: as many and as varied as claimed, labelled as their README says, and of nobody who exists."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from difflib import SequenceMatcher
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from broker.schemas.encompass import Address, ChildSubject, IncidentDetail
from broker.schemas.identifiers import pnc_id, telephone
from tests.eval.compile_notes import KINDS, NOTES, Labelled, lines, main, parse, unmarked

RECORD = {"familyName": "Okafor"}
HEAD = f"id: t1   voice: police log\nrecord: {json.dumps(RECORD)}\nnote:\n"

# What the record says, in forms that no general rule makes.
NICKNAMES = {
    "bob": "robert",
    "rob": "robert",
    "tony": "anthony",
    "neeve": "niamh",
    "bia": "beatriz",
    "zoli": "zoltan",
    "rasto": "rastislav",
    "nads": "nadia",
    "pops": "poppy",
    "vicky": "victoria",
    "sifo": "sipho",
    "radek": "radoslaw",
    "abby": "abigail",
    "ade": "adrian",
    "aga": "agnieszka",
    "andy": "andreas",
    "archibald": "archie",
    "bella": "isabel",
    "beni": "arben",
    "beth": "elizabeth",
    "daz": "darren",
    "deccy": "declan",
    "eeks": "ekow",
    "evan": "ieuan",
    "gigi": "gheorghe",
    "hattie": "harriet",
    "ianto": "ieuan",
    "imy": "imran",
    "izzy": "isabel",
    "jim": "james",
    "jimmy": "james",
    "joe": "joseph",
    "kate": "katarzyna",
    "kully": "kulwinder",
    "manny": "manpreet",
    "rosie": "rosemary",
    "joyjoy": "joy",
    "beti": "bethlehem",
    "caz": "caroline",
    "kobi": "kobby",
    "kwabs": "kwabena",
    "laxmi": "lakshmi",
    "libby": "elizabeth",
    "lottie": "charlotte",
    "marty": "martin",
    "meela": "mila",
    "mira": "meera",
    "mitko": "dimitar",
    "mohamed": "muhammad",
    "nate": "nathaniel",
    "nomi": "nomvula",
    "salem": "selam",
    "sao": "conceicao",
    "seersha": "saoirse",
    "seryozha": "sergei",
    "shell": "michelle",
    "tige": "tadhg",
    "tomek": "tomasz",
    "von": "yvonne",
    "wazza": "wayne",
    "yetty": "yetunde",
    "zbyszek": "zbigniew",
}
TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr"})
SHORT = {"st": "street", "rd": "road", "ct": "court", "tce": "terrace", "hse": "house", "hs": "house", "ln": "lane"}
SHORT |= {"whf": "wharf", "yd": "yard", "cl": "close", "van": "caravan", "gff": "ground"}
SHORT |= {"mt": "mount", "rw": "row", "upr": "upper"}
SPOKEN = {
    "twenty third of november twenty ten": "23 november 2010",
    "seventeenth november twenty seventeen": "17 november 2017",
    "Seventy one Tennyson": "71 Tennyson",
    "three coronation terrace": "3 coronation terrace",
    "eighty three belgrave mount": "83 belgrave mount",
    "thirty one ravenscar road": "31 ravenscar road",
    "twelve gannet row": "12 gannet row",
    "zed x eight four a b": "zx8 4ab",
    "twenty third of november two thousand and ten": "23 november 2010",
    "may the 4th": "4 may",
    "100215": "10 02 15",
    "twelfth of march": "12 march",
    "fourteenth april": "14 april",
    "fifteen one fifteen": "15 1 15",
    "30 ianuarie 2016": "30 january 2016",
    "19.X.2012": "19 10 2012",
    "090110": "09 01 10",
    "160310": "16 03 10",
    "05052021": "05 05 2021",
}
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MISTYPED = str.maketrans("oi", "01")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# Postcode areas that are in use (Royal Mail, with the Crown dependencies and the forces).
_AREAS = """
AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY
G GL GU GX GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW
OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF
WN WR WS WV XX YO ZE
"""
AREAS = frozenset(_AREAS.split())
DRAMA = re.compile(
    r"\+44(?:7700900\d{0,3}|1632960\d{0,3}|2079460\d{3}|1914980\d{3}|(?:11[3-8]|121|131|141|151|161)4960\d{3}|2920180\d{3})"
)
"""Numbers that Ofcom keeps for drama, also if their last digits are missing."""
ELSEWHERE = frozenset({"+448001111", "252615550101"})
"""Childline's; and one in a country that keeps none for drama."""

# A word of a person's name that stands in the same note as a common word or in another name, and is rightly no label.
COMMON = {
    "test": {("t003", "May"), ("t022", "Will")},
    "dev": {
        ("d061", "Summer"),
        ("d062", "Mark"),
        ("d067", "JACK"),
        ("d071", "Faith"),
        ("d073", "Holly"),
        ("d073", "Snow"),
        ("d074", "Storm"),
        ("d075", "Justice"),
        ("d077", "Miles"),
        ("d077", "Read"),
        ("d079", "Star"),
        ("d080", "Angel"),
        ("d080", "Bishop"),
        ("d081", "Grant"),
        ("d082", "April"),
        ("d082", "Friday"),
        ("d083", "Jordan"),
        ("d083", "West"),
        ("d084", "Ruby"),
        ("d085", "Forrest"),
        ("d087", "Day"),
        ("d088", "Cross"),
        ("d090", "Frost"),
        ("d091", "Knight"),
        ("d092", "Love"),
        ("d092", "Mercy"),
        ("d093", "March"),
        ("d094", "Wood"),
        ("d095", "Church"),
        ("d103", "Bethlehem"),
    },
}


SPLITS = ("test", "dev")
"""The splits that are held to every rule of the README; `tune` is older than some."""


class Found(NamedTuple):
    """A span with the text that it covers and the note that it stands in."""

    id: str
    text: str
    kind: str
    own: bool
    record: Mapping[str, Any]


def read(split: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (NOTES / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()]


def every_note() -> list[dict[str, Any]]:
    return [note for file in sorted(NOTES.glob("*.jsonl")) for note in read(file.stem)]


def spans(*kinds: str, split: str = "test") -> Iterator[Found]:
    """The labelled spans of a split (`*`: of all), of these kinds or of every kind."""
    for note in every_note() if split == "*" else read(split):
        for span in note["spans"]:
            if not kinds or span["kind"] in kinds:
                text = note["note"][span["start"] : span["end"]]
                yield Found(note["id"], text, span["kind"], span["own"], note["record"])


def test_the_untouched_split_is_large_enough() -> None:
    notes = read("test")
    assert len(notes) >= 110
    assert sum(len(note["spans"]) for note in notes) >= 480
    assert sum(not span.own for span in spans()) >= 300
    assert sum(not note["spans"] for note in notes) >= 15  # only words that look like names
    assert len({note["voice"] for note in notes}) >= 12
    assert {span.kind for span in spans()} == KINDS
    assert all(80 <= len(note["note"]) <= 900 for note in notes)


def test_the_split_to_develop_on_is_large_enough() -> None:
    notes, every = read("dev"), list(spans(split="dev"))
    assert len(notes) >= 90
    assert len(every) >= 450
    assert sum(span.own for span in every) >= 400
    assert sum(not note["spans"] for note in notes) >= 20  # capitalised and odd words that are nobody
    assert {span.kind for span in every} == KINDS
    assert all(80 <= len(note["note"]) <= 900 for note in notes)


@pytest.mark.parametrize("split", SPLITS)
def test_the_readme_counts_what_is_there(split: str) -> None:
    every = list(spans(split=split))
    own, empty = sum(one.own for one in every), sum(not note["spans"] for note in read(split))
    counted = f"{len(read(split))} notes, {len(every):,} labelled spans ({own} of the record's own, {len(every) - own}"
    said = (NOTES.parent / "README.md").read_text(encoding="utf-8")
    assert f"{counted} of others); {empty} notes have none" in said


@pytest.mark.parametrize("file", sorted(NOTES.glob("*.txt")), ids=lambda file: file.stem)
def test_what_is_compiled_is_what_was_written(file: Path) -> None:
    assert file.with_suffix(".jsonl").read_text(encoding="utf-8") == lines(parse(file.read_text(encoding="utf-8")))


def test_ids_are_unique_and_spans_stand_apart_inside_their_note() -> None:
    notes = every_note()
    assert len({note["id"] for note in notes}) == len(notes)
    for note in notes:
        read_to = 0
        for span in note["spans"]:
            assert read_to <= span["start"] < span["end"] <= len(note["note"]), note["id"]
            text = note["note"][span["start"] : span["end"]]
            assert text == text.strip(), note["id"]
            assert span["kind"] in KINDS, note["id"]
            read_to = span["end"]


def test_no_two_notes_are_of_one_template() -> None:
    grams = {}
    for note in every_note():
        words = re.findall(r"\w+", note["note"].lower())
        grams[note["id"]] = set(zip(words, words[1:], words[2:], strict=False))
    for one, other in combinations(grams, 2):
        shared = grams[one] & grams[other]
        assert len(shared) <= 0.6 * min(len(grams[one]), len(grams[other])), (one, other)


@pytest.mark.parametrize("split", SPLITS)
def test_records_hold_what_a_message_can_hold(split: str) -> None:
    fields = {**ChildSubject.labels, **IncidentDetail.labels}.keys() | {"incidentRef", "callbackTelephone"}
    for note in read(split):
        record = note["record"]
        assert record.keys() <= fields, note["id"]
        date.fromisoformat(record["dateOfBirth"])
        for name in ("homeAddress", "currentAddress", "locationAddress"):
            if name in record:
                address = {**record[name], "lines": tuple(record[name]["lines"])}
                assert Address.model_validate(address).postcode == record[name]["postcode"], note["id"]
        if "callbackTelephone" in record:
            assert telephone(record["callbackTelephone"]) == record["callbackTelephone"], note["id"]
        named = {one["adultRef"] for one in record.get("adultNames", ())}
        assert named == {one["adultRef"] for one in record.get("adults", ())}, note["id"]


def test_postcodes_are_in_areas_that_do_not_exist() -> None:
    for found in spans("postcode", split="*"):
        (area,) = re.findall("^[A-Za-z]*", found.text)  # none before a second half alone
        assert area.upper() not in AREAS, found.id


def test_telephones_are_for_drama() -> None:
    for found in spans("telephone", split="*"):
        number = dialled(found.text)
        part = len(number) <= len("+440123")  # the last digits alone
        assert part or number in ELSEWHERE or DRAMA.fullmatch(number), found.id


@pytest.mark.parametrize("split", SPLITS)
def test_addresses_online_lead_nowhere(split: str) -> None:
    for found in spans("e-mail", split="*"):
        assert re.search(r"(\.| dot )example$", found.text.lower()), found.id
    for found in spans("online", split=split):
        assert re.search(r"\.example/|^203\.0\.113\.\d+$|^[^/]+$", found.text), found.id


@pytest.mark.parametrize("split", SPLITS)
def test_numbers_are_nobody_s(split: str) -> None:
    for found in spans("number", split=split):
        bare_number = re.sub(r"[\s-]", "", found.text)
        if re.fullmatch(r"\d{10}", bare_number):
            assert bare_number.startswith("999"), found.id
        if re.fullmatch(r"((19|20)?\d\d)/\d+[A-Z]", bare_number):
            with pytest.raises(ValueError, match="check letter"):
                pnc_id(bare_number, year=2026)


@pytest.mark.parametrize("split", SPLITS)
def test_registration_marks_have_an_area_code_that_is_not_issued(split: str) -> None:
    for found in spans("vehicle", split=split):
        assert re.fullmatch(r"[JTU][A-Z]\d\d( [A-Z]{3})?", found.text), found.id


@pytest.mark.parametrize("split", SPLITS)
def test_what_is_called_the_record_s_own_is_a_form_of_it(split: str) -> None:
    wrong = [(one.id, one.text) for one in spans(split=split) if one.own and not FORMS[one.kind](one.text, one.record)]
    assert wrong == []


@pytest.mark.parametrize("split", SPLITS)
def test_what_is_called_another_s_is_not_in_the_record(split: str) -> None:
    for found in spans(split=split):
        if not found.own:
            assert bare(found.text) not in {bare(value) for value in values(found.record)}, (found.id, found.text)
            if found.kind in ("postcode", "date", "telephone"):
                assert not FORMS[found.kind](found.text, found.record), (found.id, found.text)


@pytest.mark.parametrize("split", SPLITS)
def test_a_name_that_is_labelled_once_or_is_in_the_record_is_labelled_wherever_it_stands(split: str) -> None:
    left = set()
    for note in read(split):
        names = {*note_names(note)}
        covered = [(span["start"], span["end"]) for span in note["spans"]]
        for word in re.finditer(r"[^\W\d_]+", note["note"]):
            inside = any(start <= word.start() < end for start, end in covered)
            if not inside and word[0][0].isupper() and plain(word[0]) in names:
                left.add((note["id"], word[0]))
    assert left == COMMON[split]


def note_names(note: Mapping[str, Any]) -> Iterator[str]:
    record = note["record"]
    texts = [record["familyName"], record["givenNames"], *record.get("alsoKnownAs", ())]
    texts += [one["name"] for one in record.get("adultNames", ())]
    texts += [note["note"][one["start"] : one["end"]] for one in note["spans"] if one["kind"] == "person"]
    for text in texts:
        yield from (word for word in words_of(text) if len(word) > 2)


def values(record: Mapping[str, Any]) -> Iterator[str]:
    """Every text of the record that says who or where somebody is."""
    for name, value in record.items():
        if name == "adultNames":
            yield from (one["name"] for one in value)
        elif name.endswith("Address"):
            yield from (*value["lines"], value["postcode"])
        elif name == "alsoKnownAs":
            yield from value
        elif name != "adults":
            yield value


def is_place(text: str, record: Mapping[str, Any]) -> bool:
    lines_of = [line for name in record if name.endswith("Address") for line in record[name]["lines"]]
    parts = {word for line in lines_of for word in words_of(line)}
    words = words_of(SPOKEN.get(text, text))
    return all(near(SHORT.get(word, word), parts) or near(word, parts) for word in words)


def is_postcode(text: str, record: Mapping[str, Any]) -> bool:
    """Whole or either half, also with letters for digits."""
    codes = [bare(record[name]["postcode"]).translate(MISTYPED) for name in record if name.endswith("Address")]
    return any(bare(SPOKEN.get(text, text)).translate(MISTYPED) in (code, code[:-3], code[-3:]) for code in codes)


def is_telephone(text: str, record: Mapping[str, Any]) -> bool:
    """Whole, or its last four digits."""
    number = record.get("callbackTelephone", "")
    return dialled(text) == number or (re.fullmatch(r"\d{4}", text) is not None and number.endswith(text))


def dialled(text: str) -> str:
    """The digits of a number as +44...: as many as there are, also spoken or with letters for some."""
    text = text.replace("(0)", "").lower()
    if not re.search(r"\d", text):
        text = re.sub(r"double (\w+)", r"\1 \1", text)
        text = text.replace("hundred", "zero zero").replace("oh", "zero")
        text = "".join(str(DIGITS.index(word)) for word in text.split() if word in DIGITS)
    return re.sub("^(44|0)", "+44", re.sub(r"\D", "", text.translate(MISTYPED)))


def is_name(text: str, record: Mapping[str, Any]) -> bool:
    whole = [record["familyName"], record["givenNames"], *record.get("alsoKnownAs", ())]
    whole += [one["name"] for one in record.get("adultNames", ())]
    people = [f"{record['givenNames']} {record['familyName']}", *whole]
    parts = {word for one in whole for word in words_of(one)} | {bare(one) for one in whole}
    every = ["".join(word[0] for word in words_of(one)) for one in people]
    initials = {form for one in every for form in (one, one[0] + one[-1])}
    written = [word for word in words_of(text) if word not in TITLES]
    if bare(text) in initials or near(bare(text), parts):
        return True
    return all(near(NICKNAMES.get(word, word), parts) or word in {part[0] for part in parts} for word in written)


def near(word: str, parts: set[str]) -> bool:
    """The same, its beginning, or a misspelling."""
    return any(
        part == word
        or (len(word) > 1 and not word.isdigit() and part.startswith(word))
        or (len(word) > 3 and not word.isdigit() and SequenceMatcher(None, word, part).ratio() >= 0.7)
        for part in parts
    )


def is_date(text: str, record: Mapping[str, Any]) -> bool:
    day = date.fromisoformat(record["dateOfBirth"])
    parts = re.findall(r"\d+|[a-z]{3,}", re.sub(r"(?<=\d)(st|nd|rd|th)", "", SPOKEN.get(text, text).lower()))
    numbers = [MONTHS.index(part[:3]) + 1 if part[:3] in MONTHS else int(part) for part in parts]
    orders = ([day.day, day.month], [day.month, day.day])
    forms = [form for order in orders for form in (order, [*order, day.year], [*order, day.year % 100])]
    return numbers in (*forms, [day.year, day.month, day.day])


def is_number(text: str, record: Mapping[str, Any]) -> bool:
    """Some of the number's groups of digits, with or without leading zeros and the century."""
    groups = {int(group) for group in re.findall(r"\d+", text)}
    numbers = [record[name] for name in ("incidentRef", "uprn") if name in record]
    if bare(text) in {bare(number) for number in numbers}:
        return True
    held = [re.findall(r"\d+", number) for number in numbers]
    return any(groups <= {number for group in one for number in (int(group), int(group) - 2000)} for one in held)


@cache
def plain(text: str) -> str:
    """Lower case without accents and apostrophes."""
    letters = unicodedata.normalize("NFKD", text.lower().replace("\u2019", "").replace("'", ""))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def bare(text: str) -> str:
    return re.sub(r"[\W_]", "", plain(text))


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z]+|[0-9]+", plain(text))


FORMS: Mapping[str, Callable[[str, Mapping[str, Any]], bool]] = {
    "person": is_name,
    "place": is_place,
    "postcode": is_postcode,
    "date": is_date,
    "telephone": is_telephone,
    "number": is_number,
}
"""Whether a text is a form of something in the record: the kinds of which a record can hold any."""


def test_marks_are_taken_out_and_their_places_kept() -> None:
    text = HEAD + "{{own person|Chidi}} rang {{telephone|01632 960 123}}."
    (note,) = parse(f"{text}\n---\n")
    assert note.note == "Chidi rang 01632 960 123."
    assert note.spans == (
        Labelled(start=0, end=5, kind="person", own=True),
        Labelled(start=11, end=24, kind="telephone", own=False),
    )
    assert (note.id, note.voice, note.record) == ("t1", "police log", RECORD)


def test_a_note_may_have_several_paragraphs_and_no_label() -> None:
    (note,) = parse(HEAD + "One.\n\nTwo.\n")
    assert (note.note, note.spans) == ("One.\n\nTwo.", ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{persona|Chidi}}", "no such kind: persona"),
        ("{{person| Chidi}}", "a blank at the edge"),
        ("{{person|Chidi}", "a brace that is no mark"),
        ("{{person}}", "a brace that is no mark"),
        ("{{person|}}", "a brace that is no mark"),
        ("{{other person|Chidi}}", "a brace that is no mark"),
        ("{{person|a {{place|b}} c}}", "a brace that is no mark"),
        ("a } b", "a brace that is no mark"),
    ],
)
def test_a_malformed_mark_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        unmarked(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id: t1 voice: log\nnote:\nText", "note 1 of the file"),
        (HEAD, "note 1 of the file"),
        (HEAD.replace(json.dumps(RECORD), "[]") + "Text", "t1: the record is not a JSON object"),
        (HEAD.replace(json.dumps(RECORD), "{]") + "Text", "t1: "),
        (HEAD.replace("familyName", "family_name") + "Text", "t1: no such field of a record: family_name"),
        (HEAD + "{{x|y}}", "t1: no such kind"),
        (HEAD + "Text\n---\n" + HEAD + "Text", "t1: stands twice"),
    ],
)
def test_a_malformed_note_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse(text)


def test_nothing_is_written_when_one_file_is_malformed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(HEAD + "{{own person|Chidi}}", encoding="utf-8")
    (tmp_path / "b.txt").write_text(HEAD + "{{person|Chidi", encoding="utf-8")
    with pytest.raises(ValueError, match="a brace that is no mark"):
        main(tmp_path)
    assert not list(tmp_path.glob("*.jsonl"))
    (tmp_path / "b.txt").unlink()
    main(tmp_path)
    assert json.loads((tmp_path / "a.jsonl").read_text(encoding="utf-8"))["spans"] == [
        {"start": 0, "end": 5, "kind": "person", "own": True}
    ]
