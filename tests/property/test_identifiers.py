import ast
import inspect
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from broker.schemas import identifiers as ids

Normalise = Callable[[str], str]
few = settings(max_examples=50)  # of each of twenty identifiers

LETTER = "[A-HJ-NP-RT-Z]"

# How each identifier may be written, with ? where its check character belongs.
WRITTEN: dict[Normalise, str] = {
    ids.nhs_number: r"[0-9]{9}\?",
    ids.upn: rf"\?[0-9]{{11}}([0-9]|{LETTER})",
    ids.uln: r"[1-9][0-9]{8}\?",
    ids.urn: r"[1-9][0-9]{5}",
    ids.laestab: r"[2-8][0-9]{2}/?[0-9]{4}",
    ids.dfe_la_code: r"[2-8][0-9]{2}",
    ids.gss_code: r"[EWSNKJLM][0-9]{8}",
    ids.police_force_area: r"(E23|W15)[0-9]{6}",
    ids.ods_code: r"[A-Z0-9]{3,12}",
    partial(ids.pnc_id, year=2026): r"(19|20)?[0-9]{2}/[0-9]{1,7}\?",
    ids.cro_number: r"([0-9]{1,6}/[0-9]{2}|SF[0-9]{2}/[0-9]{1,6})\?",
    ids.crn: r"[A-Z][0-9]{6}",
    ids.prison_number: r"[A-Z][0-9]{4}[A-Z]{2}",
    ids.prison_code: r"[A-Z]{3}|STC2|STC3|ZZGHI",
    ids.pdu_code: r"(N[0-9]{2}|WPT|LDN)[A-Z0-9]{3,4}",
    ids.police_force_code: r"[0-9]{2}",
    ids.uprn: r"0{0,3}[1-9][0-9]{0,11}",
    ids.postcode: r"[A-PR-UWYZ][A-HK-Y]?[0-9]{1,2} ?[0-9][ABD-HJLNP-UW-Z]{2}",
    ids.telephone: r"(0|\+44 ?|0044|\+44 \(0\))(1|2|3|7)[0-9]{3} [0-9]{6}",
    ids.national_insurance_number: r"[ACEHJL][ABC] ?[0-9]{6} ?[A-D]",
}
CHECKED = [normalise for normalise, written in WRITTEN.items() if r"\?" in written]
LITERALS = {node.value for node in ast.walk(ast.parse(inspect.getsource(ids))) if isinstance(node, ast.Constant)}


@st.composite
def valid(draw: st.DrawFn, normalise: Normalise) -> str:
    """One identifier as written, completed by the check character that makes it pass."""
    written = draw(st.from_regex(re.compile(WRITTEN[normalise], re.ASCII), fullmatch=True))
    for check in "0123456789ABCDEFGHJKLMNPQRTUVWXYZ":
        complete = written.replace("?", check)
        with suppress(ValueError):
            normalise(complete)
            return complete
    return reject()  # some stems have no check digit: such numbers are never issued


def error_of(normalise: Normalise, text: str) -> str | None:
    try:
        normalise(text)
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.parametrize("normalise", WRITTEN)
@few
@given(data=st.data())
def test_normalising_twice_is_normalising_once(normalise: Normalise, data: st.DataObject) -> None:
    normal = normalise(data.draw(valid(normalise)))
    assert normalise(normal) == normal


@pytest.mark.parametrize("normalise", WRITTEN)
@few
@given(data=st.data())
def test_case_space_and_surrounding_punctuation_make_no_difference(normalise: Normalise, data: st.DataObject) -> None:
    written = data.draw(valid(normalise))
    assert normalise(f' "{written.lower()}". ') == normalise(written)


@pytest.mark.parametrize("normalise", WRITTEN)
@few
@given(text=st.text())
def test_any_text_is_normalised_for_good_or_refused_in_words_of_our_own(normalise: Normalise, text: str) -> None:
    """Whatever is said is a literal of the module, so that nothing of the input can be in it."""
    error = error_of(normalise, text)
    if error is None:
        assert normalise(normalise(text)) == normalise(text)
    else:
        assert error in LITERALS


@pytest.mark.parametrize("normalise", WRITTEN)
@few
@given(data=st.data())
def test_a_near_miss_is_refused_in_words_of_our_own(normalise: Normalise, data: st.DataObject) -> None:
    written = data.draw(valid(normalise))
    at = data.draw(st.integers(0, len(written)))
    error = error_of(normalise, written[:at] + data.draw(st.characters()) + written[at:])
    assert error is None or (error in LITERALS and written not in error)


@pytest.mark.parametrize("normalise", CHECKED)
@few
@given(data=st.data())
def test_no_one_digit_can_change_unnoticed(normalise: Normalise, data: st.DataObject) -> None:
    normal = normalise(data.draw(valid(normalise)))
    at = data.draw(st.sampled_from([found.start() for found in re.finditer("[0-9]", normal)]))
    other = data.draw(st.sampled_from(sorted(set("0123456789") - {normal[at]})))
    assert error_of(normalise, normal[:at] + other + normal[at + 1 :]) is not None
