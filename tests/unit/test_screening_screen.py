"""The verdict over a text: what is replaced, what is withheld, what a recipient may see anyway."""

from collections.abc import Sequence
from typing import Any

import pytest

from broker.consent.rules.free_text import SAYS
from broker.screening.own import known
from broker.screening.screen import Screen
from broker.screening.verdict import Kind, Known, Span, State, Verdict

RECORD: dict[str, Any] = {
    "familyName": "Okafor",
    "givenNames": "Chidi",
    "dateOfBirth": "2016-03-12",
    "homeAddress": {"lines": ["14 Larch Close", "Farnwick"], "postcode": "QX4 7ZB"},
    "locationAddress": {"lines": ["The Malt Shovel"], "postcode": "QX5 1AA"},
    "adults": [
        {"adultRef": "adult-1", "role": "alleged-perpetrator", "relation": "mother's partner"},
        {"adultRef": "adult-2", "role": "victim", "relation": "mother"},
    ],
    "adultNames": [{"adultRef": "adult-1", "name": "Darren Cole"}, {"adultRef": "adult-2", "name": "Ngozi Okafor"}],
    "callbackTelephone": "+441632960123",
}
KNOWN = known(RECORD)
NAMES = frozenset({"familyName", "givenNames"})
SCREEN = Screen(names_of_organisations=["Argyle Primary School"])


def read(text: str, shown: frozenset[str] = NAMES, spare: frozenset[str] = frozenset()) -> Verdict:
    return SCREEN.read(text, KNOWN, shown, spare)


def test_a_text_without_a_hit_is_clear() -> None:
    verdict = read("Chidi was in bed and heard shouting.")
    assert verdict == Verdict(state=State.CLEAR, text="", rules=(), spans=())


def test_the_same_text_is_substituted_for_whoever_may_not_see_the_childs_name() -> None:
    verdict = read("Chidi Okafor was in bed.", frozenset())
    assert (verdict.state, verdict.text) == (State.SUBSTITUTED, "[the child] was in bed.")
    assert verdict.rules == ("TXT-2",)


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("Darren's van was outside.", "[mother's partner]'s van was outside."),
        ("COLE, Darren pushed Ngozi.", "[mother's partner] pushed [mother]."),
        ("Ring 07700 900123 or mail kez@mail.example.", "Ring [a telephone number] or mail [an e-mail address]."),
        ("It was at 14 Larch Close, QX4 7ZB.", "It was [an address], [a postcode]."),
        ("They met in the Malt Shovel.", "They met in [the place of the incident]."),
        ("He goes to Argyle Primary School.", "He goes to [an organisation]."),
        ("dob 12/3/16, see d.cole@mail.example", "dob [the child's date of birth], see [an e-mail address]"),
    ],
)
def test_what_is_certain_is_replaced_by_the_brokers_wording(text: str, wording: str) -> None:
    verdict = read(text)
    assert (verdict.state, verdict.text) == (State.SUBSTITUTED, wording)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("Darren hit his nan Doreen.", ("TXT-2", "TXT-4")),
        ("Chidi saw Kyrahn (7) there.", ("TXT-5",)),
        ("D\u200barren was there.", ("TXT-2", "TXT-9")),
        ("mae'r plentyn yn dweud bod ei dad wedi taro ei fam", ("TXT-9",)),
        ("孩子在家", ("TXT-9",)),
    ],
)
def test_what_is_uncertain_withholds_the_whole_text(text: str, rules: tuple[str, ...]) -> None:
    verdict = read(text)
    assert (verdict.state, verdict.text, verdict.rules) == (State.WITHHELD, "", rules)
    assert set(rules) <= SAYS.keys()


def test_a_name_that_two_share_is_shown_alone_but_not_with_the_others_first_name() -> None:
    assert read("The Okafor family.").state is State.CLEAR
    assert read("Spoke to Ngozi Okafor.").text == "Spoke to [mother]."


def test_the_recipients_own_name_is_no_hit() -> None:
    spare = frozenset({"Argyle Primary School"})
    assert read("Left for Argyle Primary School.", spare=spare).state is State.CLEAR
    assert read("Left for Argyle primary.", spare=spare).state is State.CLEAR
    assert read("Ring 07700 900123.", spare=spare).state is State.SUBSTITUTED
    assert read("Left for Meadowbank Primary School.", spare=spare).state is State.WITHHELD


def test_what_is_left_after_substitution_withholds_it() -> None:
    record = (Known(field="other", kind=Kind.PERSON, value="Zed", says="Doreen's son"),)
    verdict = SCREEN.read("Zed left Zed99.", record, frozenset())
    assert verdict.state is State.SUBSTITUTED
    assert verdict.text.startswith("[Doreen's son] left")


class OfAgain:
    """A model that finds the word "again" only in what the broker wrote."""

    def people_and_places(self, text: str) -> Sequence[Span]:
        at = text.find("again") if "[" in text else -1
        return (
            () if at < 0 else (Span(start=at, end=at + 5, kind=Kind.PERSON, rule="TXT-6", certain=False, field=None),)
        )


def test_the_brokers_output_is_read_again() -> None:
    verdict = Screen(model=OfAgain()).read("Darren came again.", KNOWN, NAMES)
    assert (verdict.state, verdict.text, verdict.rules) == (State.WITHHELD, "", ("TXT-2", "TXT-7"))


class Broken:
    """A model that fails."""

    def people_and_places(self, text: str) -> Sequence[Span]:
        raise RuntimeError(text)


def test_a_failure_withholds_the_text_and_says_nothing_of_it() -> None:
    verdict = Screen(model=Broken()).read("Darren came.", KNOWN, NAMES)
    assert verdict == Verdict(state=State.WITHHELD, text="", rules=("TXT-8",), spans=())


def test_a_text_of_a_thousand_characters_is_read_and_a_longer_one_withheld() -> None:
    assert read("we are here " * 83).state is State.CLEAR
    assert read("we are here " * 84).rules == ("TXT-8",)


def test_a_name_between_two_fields_of_one_kind_is_a_person() -> None:
    verdict = read("Darren Ngozi rang.")
    assert verdict.text == "[mother's partner] [mother] rang."


def test_nothing_is_known_of_an_empty_record() -> None:
    assert SCREEN.read("Y7 boy rang", (), frozenset()).state is State.CLEAR
