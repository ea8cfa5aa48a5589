import re
from collections.abc import Callable
from functools import partial

import pytest
from pydantic import TypeAdapter, ValidationError

from broker.schemas import identifiers as ids

Normalise = Callable[[str], str]

pnc_id_2026 = partial(ids.pnc_id, year=2026)

# As written in the domain notes, and the normal form.
VALID: list[tuple[Normalise, str, str]] = [
    (ids.nhs_number, "9990000018", "9990000018"),
    (ids.nhs_number, "999 000 0026", "9990000026"),
    (ids.upn, "P373000019001", "P373000019001"),
    (ids.upn, "A390000020014", "A390000020014"),
    (ids.upn, "N37300001901A", "N37300001901A"),  # temporary
    (ids.upn, "U660000019002", "U660000019002"),  # Welsh: python-stdnum's validate refuses it
    (ids.upn, "B801200005001", "B801200005001"),
    (ids.upn, "P207000016049", "P207000016049"),
    (ids.upn, "m80120000500a", "M80120000500A"),
    (ids.uln, "9276308686", "9276308686"),
    (ids.uln, "1000000027", "1000000027"),
    (ids.urn, "100000", "100000"),
    (ids.urn, "137666", "137666"),
    (ids.laestab, "201/3614", "2013614"),
    (ids.laestab, "8783106", "8783106"),
    (ids.dfe_la_code, "390", "390"),
    (ids.dfe_la_code, "941", "941"),
    (ids.gss_code, "E10000012", "E10000012"),
    (ids.gss_code, "W06000014", "W06000014"),
    (ids.police_force_area, "E23000001", "E23000001"),
    (ids.police_force_area, "W15000002", "W15000002"),
    (ids.ods_code, "QYG", "QYG"),
    (ids.ods_code, " s1y5d. ", "S1Y5D"),
    (ids.ods_code, "7A1", "7A1"),
    (pnc_id_2026, "2003/0062845E", "2003/0062845E"),
    (pnc_id_2026, "2012/0394773H", "2012/0394773H"),
    (pnc_id_2026, "03/62845E", "2003/0062845E"),
    (pnc_id_2026, "12/0394773h", "2012/0394773H"),
    (ids.cro_number, "265416/21G", "265416/21G"),
    (ids.cro_number, "SF05/482703J", "SF05/482703J"),
    (ids.crn, "X320741", "X320741"),
    (ids.crn, "D004522", "D004522"),
    (ids.prison_number, "A1234BC", "A1234BC"),
    (ids.prison_number, "G9542VP", "G9542VP"),
    (ids.prison_code, "LEI", "LEI"),
    (ids.prison_code, "MDI", "MDI"),
    (ids.prison_code, "STC2", "STC2"),
    (ids.prison_code, "STC3", "STC3"),
    (ids.prison_code, "ZZGHI", "ZZGHI"),
    (ids.pdu_code, "N03CTM", "N03CTM"),
    (ids.pdu_code, "N59WESB", "N59WESB"),
    (ids.police_force_code, "01", "01"),
    (ids.police_force_code, "52", "52"),
    (ids.uprn, "200000071925", "200000071925"),
    (ids.uprn, "0010032960701", "10032960701"),
    (ids.postcode, "ec1a1bb", "EC1A 1BB"),
    (ids.postcode, "LL57  3AE", "LL57 3AE"),
    (ids.postcode, "M1 1AE", "M1 1AE"),
    (ids.postcode, "B33 8TH", "B33 8TH"),
    (ids.postcode, "CR2 6XH", "CR2 6XH"),
    (ids.postcode, "DN55 1PT", "DN55 1PT"),
    (ids.postcode, "W1A 0AX", "W1A 0AX"),
    (ids.postcode, "GIR 0AA", "GIR 0AA"),
    (ids.telephone, "020 7946 0958", "+442079460958"),
    (ids.telephone, "+44 (0)20 7946-0958", "+442079460958"),
    (ids.telephone, "(0191) 498 0000", "+441914980000"),
    (ids.telephone, "0300 123 4567", "+443001234567"),
    (ids.telephone, "07700 900000", "+447700900000"),  # drama: possible, not valid
    (ids.telephone, "01632 960999", "+441632960999"),  # drama: possible, not valid
    (ids.telephone, "016977 2345", "+44169772345"),  # one of the places with nine digits
    (ids.national_insurance_number, "AB 12 34 56 C", "AB123456C"),
    (ids.national_insurance_number, "JG103759A", "JG103759A"),
]

# What is wrong with it, as a part of the rule that the error names.
INVALID: list[tuple[Normalise, str, str]] = [
    (ids.nhs_number, "9990000019", "check digit"),
    (ids.nhs_number, "999000001", "ten digits"),
    *((ids.nhs_number, f"999000000{last}", "check digit") for last in "0123456789"),  # (A) never issued
    (ids.upn, "A373000019001", "check letter"),
    (ids.upn, "P3730000190O1", "eleven digits"),
    (ids.uln, "9276308687", "check digit"),
    (ids.uln, "0123456789", "begin with zero"),
    (ids.uln, "9999999999", "check digit"),  # the placeholder
    (ids.urn, "99999", "six digits"),
    (ids.urn, "1000000", "six digits"),
    (ids.urn, "SC123456", "six digits"),  # an Ofsted number
    (ids.laestab, "20/13614", "slash"),
    (ids.laestab, "000/3614", "placeholder"),
    (ids.dfe_la_code, "39", "three digits"),
    (ids.dfe_la_code, "999", "placeholder"),
    (ids.gss_code, "E1000012", "eight digits"),
    (ids.gss_code, "X06000014", "letters"),
    (ids.police_force_area, "E10000012", "E23 or W15"),
    (ids.ods_code, "QY", "three to twelve"),
    (ids.ods_code, "S1-5D", "three to twelve"),
    (ids.ods_code, "\u017f1Y5D", "three to twelve"),  # upper case would make an S of this letter
    (pnc_id_2026, "2003/0062845F", "check letter"),
    (pnc_id_2026, "2003/0062845I", "never I"),
    (pnc_id_2026, "1803/0062845E", "year"),
    (ids.cro_number, "265416/21H", "check letter"),
    (ids.cro_number, "SF05/482703K", "check letter"),
    (ids.cro_number, "265416", "slash"),
    (ids.crn, "X32074", "six digits"),
    (ids.crn, "9320741", "one letter"),
    (ids.prison_number, "A1234B", "two letters"),
    (ids.prison_number, "AB1234C", "one letter"),
    (ids.prison_code, "LE", "three letters"),
    (ids.pdu_code, "N3CTM", "two digits"),
    (ids.pdu_code, "X59WESB", "begins with"),
    (ids.police_force_code, "1", "two digits"),
    (ids.uprn, "0", "not zero"),
    (ids.uprn, "1234567890123", "twelve"),
    (ids.postcode, "QV1 1AA", "shape"),
    (ids.postcode, "SW1A 1CI", "shape"),
    (ids.telephone, "07700 90014", "full UK"),
    (ids.telephone, "7946 0958", "full UK"),
    (ids.telephone, "101", "too short"),
    (ids.telephone, "020 7946 0958 0300", "too short or too long"),
    (ids.telephone, "0", "cannot be read"),
    (ids.telephone, "+1 650 253 0000", "full UK"),
    (ids.telephone, "020 7946 0958 ext 12", "extension"),
    (ids.national_insurance_number, "QQ 12 34 56 C", "issued prefix"),
    (ids.national_insurance_number, "BG123456A", "issued prefix"),
]

CHECKED: list[tuple[Normalise, str]] = [
    (ids.nhs_number, "9990000018"),
    (ids.upn, "P373000019001"),
    (ids.upn, "N37300001901A"),
    (ids.uln, "9276308686"),
    (pnc_id_2026, "2003/0062845E"),
    (ids.cro_number, "265416/21G"),
    (ids.cro_number, "SF05/482703J"),
]


@pytest.mark.parametrize(("normalise", "written", "normal"), VALID)
def test_a_well_formed_identifier_takes_its_normal_form(normalise: Normalise, written: str, normal: str) -> None:
    assert normalise(written) == normal


@pytest.mark.parametrize(("normalise", "written", "rule"), INVALID)
def test_a_malformed_identifier_is_refused_by_the_rule_it_breaks(normalise: Normalise, written: str, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        normalise(written)


@pytest.mark.parametrize(("normalise", "written"), [(ids.police_force_code, "09"), (ids.prison_code, "ZZZ")])
def test_what_only_a_register_can_refuse_passes_here(normalise: Normalise, written: str) -> None:
    assert normalise(written) == written


@pytest.mark.parametrize(("normalise", "valid"), CHECKED)
def test_changing_any_one_digit_is_noticed(normalise: Normalise, valid: str) -> None:
    for digit in re.finditer("[0-9]", valid):
        for other in set("0123456789") - {digit.group()}:
            with pytest.raises(ValueError, match=r"check|begin with zero|has a year"):
                normalise(valid[: digit.start()] + other + valid[digit.end() :])


@pytest.mark.parametrize(("normalise", "written", "normal"), VALID)
def test_full_width_characters_are_refused(normalise: Normalise, written: str, normal: str) -> None:
    del written
    with pytest.raises(ValueError, match=r"plain digits|letters and digits"):
        normalise("".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in normal))


def test_spaces_dashes_and_punctuation_around_do_not_matter() -> None:
    assert ids.nhs_number('("999\u00a0000\u20130018").\n') == "9990000018"


@pytest.mark.parametrize(("this_year", "full"), [(2025, "1926"), (2026, "2026"), (2027, "2026")])
def test_a_short_pnc_year_after_this_year_is_of_the_last_century(this_year: int, full: str) -> None:
    letter = "ZABCDEFGHJKLMNPQRTUVWXY"[260000001 % 23]
    assert ids.pnc_id(f"26/1{letter}", year=this_year) == f"{full}/0000001{letter}"


def test_a_short_cro_serial_is_padded_but_not_in_a_file_only_number() -> None:
    letters = "ZABCDEFGHJKLMNPQRTUVWXY"
    assert ids.cro_number(f"7/21{letters[21000007 % 23]}") == f"000007/21{letters[21000007 % 23]}"
    assert ids.cro_number(f"SF21/7{letters[217 % 23]}") == f"SF21/7{letters[217 % 23]}"


def test_numbers_no_patient_has_are_told_apart() -> None:
    assert ids.is_test_nhs_number("9990000018")
    assert ids.is_test_nhs_number("9434765919")
    assert not ids.is_test_nhs_number("4010232137")


def test_usual_forms_are_for_showing() -> None:
    assert ids.show_nhs_number("9990000018") == "999 000 0018"
    assert ids.show_laestab("2013614") == "201/3614"


@pytest.mark.parametrize(
    ("code", "runs"),
    [
        ("E06000066", True),
        ("E08000003", True),
        ("E09000001", True),
        ("E10000012", True),
        ("W06000014", True),
        ("E07000008", False),
        ("E23000001", False),
    ],
)
def test_a_shire_district_does_not_run_childrens_services(code: str, runs: bool) -> None:  # noqa: FBT001
    assert ids.is_childrens_services(code) is runs


def test_a_field_type_normalises_and_its_error_message_quotes_nothing() -> None:
    field: TypeAdapter[str] = TypeAdapter(ids.NhsNumber)
    assert field.validate_python("999 000 0018") == "9990000018"
    with pytest.raises(ValidationError) as refused:
        field.validate_python("999 000 0019")
    assert refused.value.errors()[0]["msg"] == "Value error, the check digit of the NHS number is wrong"


def test_every_identifier_without_an_extra_argument_has_a_field_type() -> None:
    normalisers = {normalise.__name__ for normalise, _, _ in VALID if normalise is not pnc_id_2026}
    named = {name.title().replace("_", "") for name in normalisers}
    assert named <= set(vars(ids))
