"""Published registers become organisations; bad rows are named by line and stop nothing."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date

import pytest

from broker.importers import formats, gias
from broker.importers.findings import PLAIN, Found, Weight
from broker.importers.imported import Imported
from broker.importers.rows import WrongFile, WrongLinks
from broker.registry import Channel, Establishment, Nation, Organisation, Registry, Status

NOBODY = "Winifred Nobody"
"""Stands in columns about people: it must never be said."""
COUNCILS = Registry(
    [
        Organisation.model_validate(
            {"id": "la:E09000007", "name": "Camden", "nation": Nation.ENGLAND, "policeArea": "E23000001"}
        ),
        Organisation.model_validate(
            {"id": "la:W06000015", "name": "Cardiff", "nation": Nation.WALES, "policeArea": "W15000003"}
        ),
    ]
)
SCHOOL = {
    "URN": "190001",
    "LA (code)": "202",
    "LA (name)": "Camden",
    "EstablishmentName": "Larkspur Primary School",
    "TypeOfEstablishment (code)": "1",
    "EstablishmentStatus (code)": "1",
    "CloseDate": "",
    "TelephoneNum": "2079460123",
    "HeadLastName": NOBODY,
    "GSSLACode (name)": "E09000007",
}
FORCE = {"pfa_gss_code": "E23000001", "cjs_force_code": "01", "cjs_force_name": "Larkshire", "nation": "England"}
COUNCIL = {
    "gss_code": "E09000007",
    "official_name": "London Borough of Larkford",
    "nation": "England",
    "police_force_gss": "E23000001",
}
PRISON = {"agency_id": "LKI", "name": "Larkhill (HMP)", "active": "true", "inactive_date": "", "country": "Wales"}
UNIT = {"pdu_code": "N03LRK", "pdu_name": "Lark, Finch and Wren", "region_code": "N03"}
BOARD = {"ods_code": "QZZ", "name": "NHS Larkshire", "end_date": "", "status": "open"}
LINK = {"URN": "190001", "LinkURN": "190002", "LinkName": "Finch Academy", "LinkType": "Successor"}
SAMPLES = {
    "gias": SCHOOL,
    "police": FORCE,
    "councils": COUNCIL,
    "prisons": PRISON,
    "delivery-units": UNIT,
    "care-boards": BOARD,
}


def sheet(*rows: dict[str, str], encoding: str = "utf-8", heading: Sequence[str] | None = None) -> bytes:
    """Rows as a CSV file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, heading or list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def lines(data: bytes) -> Iterable[bytes]:
    return io.BytesIO(data)


def read(form: str, data: bytes, links: bytes | None = None, registry: Registry = COUNCILS) -> Imported:
    second = None if links is None else lines(links)
    return formats.read(formats.FORMATS[form], lines(data), second, registry)


def found(imported: Imported) -> list[tuple[int, Found, str]]:
    return [(one.line, one.found, one.column) for one in imported.findings]


def school(**changes: str) -> tuple[Organisation | None, list[tuple[int, Found, str]]]:
    """One GIAS row with these columns changed: the organisation, and what there is to say."""
    short = {"type": gias.TYPE, "status": gias.STATUS, "area": gias.AREA, "phone": gias.TELEPHONE, "name": gias.NAME}
    row = SCHOOL | {short.get(name, name): value for name, value in changes.items()}
    imported = read("gias", sheet(row))
    return next(iter(imported.organisations.values()), None), found(imported)


@pytest.mark.parametrize("form", SAMPLES)
def test_an_imported_organisation_is_not_connected_and_has_no_keys_or_people(form: str) -> None:
    (made,) = read(form, sheet(SAMPLES[form])).organisations.values()
    assert made.channel is Channel.NOT_CONNECTED
    assert (made.keys, made.people, made.delegations, made.suspended) == ((), (), (), False)
    assert Organisation.model_validate_json(made.model_dump_json(by_alias=True)) == made


def test_a_school_has_its_council_its_police_area_and_its_switchboard() -> None:
    made, said = school()
    assert said == []
    assert made is not None
    assert made.id == "school:190001"
    assert made.name == "Larkspur Primary School"
    assert (made.council, made.police_area, made.nation) == ("la:E09000007", "E23000001", Nation.ENGLAND)
    assert (made.establishment, made.independent) == (Establishment.SCHOOL, False)
    assert (made.status, made.closed_on, made.successors) == (Status.OPEN, None, ())
    assert made.desk is not None
    assert made.desk.telephone == "+442079460123"


@pytest.mark.parametrize(
    ("code", "establishment", "independent"),
    [
        ("1", "school", False),
        ("14", "school", False),
        ("15", "school", False),
        ("34", "school", False),
        ("8", "school", True),
        ("10", "school", True),
        ("11", "school", True),
        ("18", "college", False),
        ("39", "college", False),
        ("45", "college", False),
        ("46", "college", False),
        ("57", "college", False),
    ],
)
def test_the_type_says_whether_school_or_college_and_whether_independent(
    code: str, establishment: str, *, independent: bool
) -> None:
    made, _ = school(type=code)
    assert made is not None
    assert made.establishment == establishment
    assert made.independent is independent


def test_a_type_may_be_written_with_two_digits() -> None:
    made, _ = school(type="02", status="1")
    assert made is not None
    assert made.establishment is Establishment.SCHOOL


@pytest.mark.parametrize("code", ["25", "26", "29", "37", "47", "48"])
def test_what_is_not_a_setting_is_skipped_and_counted_whatever_its_number_looks_like(code: str) -> None:
    made, said = school(type=code, URN="20646")
    assert made is None
    assert said == [(2, Found.NOT_A_SETTING, gias.TYPE)]


@pytest.mark.parametrize("code", ["24", "31", "32", "49", "56"])
def test_what_is_no_relevant_establishment_is_skipped_because_nothing_may_be_sent_there_under_s49a(code: str) -> None:
    made, said = school(type=code)
    assert made is None
    assert said == [(2, Found.NOT_IN_THE_DUTY, gias.TYPE)]


def test_a_type_that_nobody_has_thought_of_is_a_problem_and_never_a_guess() -> None:
    made, said = school(type="99")
    assert made is None
    assert said == [(2, Found.UNKNOWN_VALUE, gias.TYPE)]


@pytest.mark.parametrize(("code", "status"), [("1", Status.OPEN), ("3", Status.OPEN), ("2", Status.CLOSED)])
def test_a_school_proposed_to_close_is_open(code: str, status: Status) -> None:
    made, _ = school(status=code, CloseDate="31-08-2026")
    assert made is not None
    assert made.status is status
    assert made.closed_on == (date(2026, 8, 31) if status is Status.CLOSED else None)


def test_a_school_that_is_only_proposed_is_skipped_but_not_thought_to_have_vanished() -> None:
    imported = read("gias", sheet(SCHOOL | {gias.STATUS: "4"}))
    assert not imported.organisations
    assert found(imported) == [(2, Found.NOT_OPEN_YET, gias.STATUS)]
    assert imported.mentioned == {"school:190001"}


def test_a_closed_school_needs_no_telephone() -> None:
    made, said = school(status="2", phone="", CloseDate="01/09/2020")
    assert said == []
    assert made is not None
    assert (made.desk, made.closed_on) == (None, date(2020, 9, 1))


@pytest.mark.parametrize(
    ("number", "what"), [("", Found.NO_TELEPHONE), ("12", Found.WRONG_TELEPHONE), ("none", Found.WRONG_TELEPHONE)]
)
def test_a_school_without_a_usable_number_is_imported_without_a_desk_and_that_is_said(number: str, what: Found) -> None:
    made, said = school(phone=number)
    assert made is not None
    assert made.desk is None
    assert said == [(2, what, gias.TELEPHONE)]
    assert PLAIN[what][0] is Weight.NOTE


@pytest.mark.parametrize(
    ("changes", "nation", "area"),
    [
        ({"type": "30", "area": "W06000015"}, Nation.WALES, "W15000003"),
        ({"type": "30", "area": ""}, Nation.WALES, None),
    ],
)
def test_a_welsh_establishment_is_in_wales(changes: dict[str, str], nation: Nation, area: str | None) -> None:
    made, _ = school(**changes)
    assert made is not None
    assert (made.nation, made.police_area, made.independent) == (nation, area, False)


def test_a_council_that_is_not_registered_leaves_the_police_area_open_and_says_so() -> None:
    made, said = school(area="E10000008")
    assert made is not None
    assert (made.council, made.police_area) == ("la:E10000008", None)
    assert said == [(2, Found.NO_POLICE_AREA, gias.AREA)]


@pytest.mark.parametrize("area", ["", "E99999999", "E07000008", "nonsense"])
def test_without_an_ons_code_the_dfe_code_says_the_council_if_all_others_with_it_agree(area: str) -> None:
    other = SCHOOL | {"URN": "190002", gias.AREA: area}
    made = read("gias", sheet(other, SCHOOL)).organisations["school:190002"]
    assert (made.council, made.police_area) == ("la:E09000007", "E23000001")


def test_if_they_do_not_agree_the_council_stays_open() -> None:
    lost = SCHOOL | {"URN": "190002", gias.AREA: ""}
    imported = read("gias", sheet(SCHOOL, SCHOOL | {"URN": "190003", gias.AREA: "W06000015"}, lost))
    assert imported.organisations["school:190002"].council is None
    assert found(imported) == [(4, Found.NO_COUNCIL, gias.AREA)]


def test_a_dfe_code_can_lead_to_a_council_that_is_not_registered() -> None:
    lost = SCHOOL | {"URN": "190002", gias.AREA: ""}
    imported = read("gias", sheet(SCHOOL, lost), registry=Registry())
    assert imported.organisations["school:190002"].council == "la:E09000007"
    assert [line for line, _, _ in found(imported)] == [2, 3]


def test_a_hundred_and_forty_columns_in_any_order_are_tolerated() -> None:
    row = {f"Unknown{number} (name)": f"{NOBODY} {number}" for number in range(130)} | SCHOOL
    assert len(row) == 140
    heading = sorted(row)
    assert len(read("gias", sheet(row, heading=heading)).organisations) == 1


def test_who_follows_a_closed_school_is_in_the_second_file() -> None:
    closed = SCHOOL | {gias.STATUS: "2"}
    heir, other = SCHOOL | {"URN": "190002"}, SCHOOL | {"URN": "190003"}
    links = sheet(
        LINK,
        LINK | {"LinkURN": "190003", "LinkType": "Successor - Split School"},
        LINK,
        LINK | {"LinkURN": "190003", "LinkType": "Sixth Form Centre Link"},
        {**LINK, "URN": "190002", "LinkURN": "190001", "LinkType": "Predecessor"},
    )
    imported = read("gias", sheet(closed, heir, other), links)
    assert found(imported) == []
    assert imported.organisations["school:190001"].successors == ("school:190002", "school:190003")
    assert imported.organisations["school:190002"].successors == ()
    assert "successors" in imported.facts
    assert "successors" not in read("gias", sheet(closed)).facts


@pytest.mark.parametrize(
    ("link", "status", "what", "column"),
    [
        (LINK, "1", Found.STILL_OPEN, "URN"),
        (LINK | {"URN": "190009"}, "2", Found.NOBODY_SUCCEEDED, "URN"),
        (LINK | {"LinkURN": "190009"}, "2", Found.NOBODY_SUCCEEDS, "LinkURN"),
        (LINK | {"LinkURN": "190001"}, "2", Found.NOBODY_SUCCEEDS, "LinkURN"),
        (LINK | {"LinkURN": "19"}, "2", Found.WRONG_CODE, "LinkURN"),
    ],
)
def test_a_link_that_cannot_be_used_is_said_and_not_recorded(
    link: dict[str, str], status: str, what: Found, column: str
) -> None:
    imported = read("gias", sheet(SCHOOL | {gias.STATUS: status}, SCHOOL | {"URN": "190002"}), sheet(link))
    assert imported.organisations["school:190001"].successors == ()
    assert found(imported) == [(2, what, column)]
    assert imported.findings[0].in_links
    assert imported.rows == 2


def test_a_successor_may_be_registered_already() -> None:
    heir = Organisation.model_validate({"id": "school:190002", "name": "Finch Academy", "nation": Nation.ENGLAND})
    registry = COUNCILS.put([heir], "1")
    imported = read("gias", sheet(SCHOOL | {gias.STATUS: "2"}), sheet(LINK), registry)
    assert imported.organisations["school:190001"].successors == ("school:190002",)


@pytest.mark.parametrize("text", ["Larkshire", "Lark Police Service"])
def test_a_force_is_named_as_one(text: str) -> None:
    (made,) = read("police", sheet(FORCE | {"cjs_force_name": text})).organisations.values()
    assert made.id == "police:01"
    assert made.name.count("Police") == 1
    assert "name" not in read("police", sheet(FORCE)).facts  # it is the area's: a registered force keeps its own
    assert made.police_area == "E23000001"


def test_a_council_brings_its_police_area() -> None:
    (made,) = read("councils", sheet(COUNCIL)).organisations.values()
    assert (made.id, made.police_area) == ("la:E09000007", "E23000001")


def test_a_prison_that_is_not_active_is_closed_and_its_missing_country_is_said() -> None:
    imported = read("prisons", sheet(PRISON, PRISON | {"agency_id": "OLI", "active": "false", "country": ""}))
    old = imported.organisations["prison:OLI"]
    assert (old.status, old.closed_on, old.nation) == (Status.CLOSED, None, Nation.ENGLAND)
    assert imported.organisations["prison:LKI"].nation is Nation.WALES
    assert found(imported) == [(3, Found.NO_NATION, "country")]


@pytest.mark.parametrize(("region", "nation"), [("N03", Nation.WALES), ("N50", Nation.ENGLAND)])
def test_a_delivery_unit_is_in_the_nation_of_its_region(region: str, nation: Nation) -> None:
    (made,) = read("delivery-units", sheet(UNIT | {"region_code": region})).organisations.values()
    assert made.id == "pdu:N03LRK"
    assert made.nation is nation
    assert made.name == "Lark, Finch and Wren probation delivery unit"


def test_a_care_board_that_closed_names_all_that_took_over() -> None:
    closed = BOARD | {"status": "closed", "end_date": "2026-03-31"}
    boards = [closed, BOARD | {"ods_code": "Z1Z2Z"}, BOARD | {"ods_code": "QYY"}]
    links = [{"predecessor_ods": "QZZ", "successor_ods": code, "kind": "split"} for code in ("Z1Z2Z", "QYY")]
    made = read("care-boards", sheet(*boards), sheet(*links)).organisations["icb:QZZ"]
    assert (made.status, made.closed_on) == (Status.CLOSED, date(2026, 3, 31))
    assert made.successors == ("icb:Z1Z2Z", "icb:QYY")


@pytest.mark.parametrize(
    ("form", "column", "value"),
    [
        ("gias", "URN", "99999"),
        ("gias", "URN", ""),
        ("gias", "URN", "1000000"),
        ("police", "cjs_force_code", "1"),
        ("police", "pfa_gss_code", "E09000007"),
        ("councils", "gss_code", "E0900000"),
        ("councils", "gss_code", "E07000008"),
        ("councils", "police_force_gss", ""),
        ("prisons", "agency_id", "L1"),
        ("delivery-units", "pdu_code", "N3CTM"),
        ("delivery-units", "region_code", "Wales"),
        ("care-boards", "ods_code", "QZZZ"),
        ("care-boards", "ods_code", "Q-Z"),
    ],
)
def test_a_wrong_code_is_said_with_its_rule_and_never_quoted(form: str, column: str, value: str) -> None:
    imported = read(form, sheet(SAMPLES[form] | {column: value}))
    assert not imported.organisations
    (one,) = imported.findings
    assert (one.line, one.found, one.column, one.weight) == (2, Found.WRONG_CODE, column, Weight.PROBLEM)
    assert one.rule
    assert not value or value not in one.wrong + one.cure


@pytest.mark.parametrize(
    ("form", "column", "value"),
    [
        ("police", "nation", "Scotland"),
        ("councils", "nation", ""),
        ("prisons", "active", "perhaps"),
        ("prisons", "country", "Scotland"),
        ("care-boards", "status", "?"),
        ("gias", gias.STATUS, "9"),
    ],
)
def test_a_value_that_nobody_has_thought_of_leaves_the_row_out(form: str, column: str, value: str) -> None:
    imported = read(form, sheet(SAMPLES[form] | {column: value}))
    assert not imported.organisations
    assert found(imported) == [(2, Found.UNKNOWN_VALUE, column)]


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "Lark\x00spur", "Lark\u202espur", "Lark\ufffdspur"])
def test_a_name_that_cannot_be_shown_leaves_the_row_out(name: str) -> None:
    made, said = school(name=name)
    assert made is None
    assert said == [(2, Found.WRONG_NAME, gias.NAME)]


def test_a_name_over_two_lines_becomes_one_line_and_the_next_row_keeps_its_line_number() -> None:
    imported = read("gias", sheet(SCHOOL | {gias.NAME: "Larkspur,\r\nPrimary  School"}, SCHOOL | {"URN": "1"}))
    assert imported.organisations["school:190001"].name == "Larkspur, Primary School"
    assert found(imported) == [(4, Found.WRONG_CODE, "URN")]


@pytest.mark.parametrize("text", ["2026-02-30", "31 August 2026", "00-00-0000"])
def test_a_date_that_cannot_be_read_is_left_empty_and_said(text: str) -> None:
    made, said = school(status="2", CloseDate=text)
    assert made is not None
    assert made.closed_on is None
    assert said == [(2, Found.WRONG_DATE, gias.CLOSED)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_names_are_read_in_every_encoding_that_is_published(encoding: str) -> None:
    row = SCHOOL | {gias.NAME: "Ysgol Gymraeg Tŷ" if encoding != "cp1252" else "St Zoë School"}
    imported = read("gias", sheet(row, encoding=encoding))
    assert imported.organisations["school:190001"].name == row[gias.NAME]


def test_a_file_whose_lines_are_in_two_encodings_is_read_line_by_line() -> None:
    one, two = SCHOOL | {gias.NAME: "Zoë One"}, SCHOOL | {"URN": "190002", gias.NAME: "Zoë Two"}
    data = sheet(one, encoding="utf-8") + sheet(two, encoding="cp1252").split(b"\r\n", 1)[1]
    assert [made.name for made in read("gias", data).organisations.values()] == ["Zoë One", "Zoë Two"]


def test_a_byte_that_no_encoding_has_is_not_guessed() -> None:
    data = sheet(SCHOOL).replace(b"Larkspur", b"Lark\x81spur")
    assert found(read("gias", data)) == [(2, Found.WRONG_NAME, gias.NAME)]


def test_a_code_that_comes_twice_is_said_and_the_first_counts() -> None:
    imported = read("gias", sheet(SCHOOL, SCHOOL | {gias.NAME: "Another"}))
    assert imported.organisations["school:190001"].name == "Larkspur Primary School"
    assert found(imported) == [(3, Found.TWICE, "URN")]


GOOD = sheet(SCHOOL | {"URN": "190002"}).split(b"\r\n", 1)[1]
HEADING = sheet(SCHOOL).split(b"\r\n", 1)[0] + b"\r\n"


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (b"190001,202\r\n", Found.WRONG_LENGTH),
        (GOOD.replace(b"Primary", b"Junior, Infant"), Found.WRONG_LENGTH),
        (GOOD.replace(b"Larkspur", b'"Larkspur'), Found.UNREADABLE),
        (GOOD.replace(b"Larkspur Primary School", b'"Larkspur" Primary School'), Found.UNREADABLE),
        (GOOD.replace(b"Larkspur", b"L" * 200_000), Found.UNREADABLE),
        (GOOD.replace(b"Larkspur", b"Lark\rspur"), Found.UNREADABLE),
    ],
)
def test_a_line_that_is_not_csv_is_said_and_costs_no_other_line(bad: bytes, what: Found) -> None:
    imported = read("gias", HEADING + bad + b"\r\n" + GOOD)
    assert found(imported) == [(2, what, "")]
    assert list(imported.organisations) == ["school:190002"]
    assert imported.organisations["school:190002"].name == "Larkspur Primary School"
    assert imported.rows == 2


def test_lines_after_one_that_is_not_csv_keep_their_numbers() -> None:
    imported = read("gias", HEADING + GOOD.replace(b"Larkspur", b'"Larkspur') + GOOD.replace(b"190002", b"19") + GOOD)
    assert found(imported) == [(2, Found.UNREADABLE, ""), (3, Found.WRONG_CODE, "URN")]
    assert list(imported.organisations) == ["school:190002"]


def test_a_line_of_the_second_file_that_is_not_csv_is_no_row_of_the_register() -> None:
    imported = read("gias", sheet(SCHOOL | {gias.STATUS: "2"}), sheet(LINK) + b"190001\r\n")
    assert [(one.line, one.found, one.in_links) for one in imported.findings] == [
        (2, Found.NOBODY_SUCCEEDS, True),
        (3, Found.WRONG_LENGTH, True),
    ]
    assert imported.rows == 1


def test_nul_bytes_in_columns_that_are_not_read_do_no_harm() -> None:
    imported = read("gias", HEADING + GOOD.replace(NOBODY.encode(), b"\x00"))
    assert list(imported.organisations) == ["school:190002"]


def test_a_file_of_quotation_marks_is_read_to_its_end() -> None:
    imported = read("gias", HEADING + b'"\n' * 3000 + GOOD)
    assert list(imported.organisations) == ["school:190002"]
    assert {one.found for one in imported.findings} <= {Found.UNREADABLE, Found.WRONG_LENGTH}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (sheet(PRISON), "It looks like prisons"),
        (sheet(LINK), "give it as --links"),
        (b"a,b\n1,2\n", "looks like none of"),
        (sheet(SCHOOL).replace(b",", b";"), "semicolons"),
        (sheet(SCHOOL).replace(b",", b"\t"), "tabs"),
        (sheet(SCHOOL, encoding="utf-16"), "UTF-16"),
        (sheet(SCHOOL, encoding="utf-16-le"), "not the heading"),
        (b"PK\x03\x04 and so on", "zip file or a spreadsheet"),
        (b"x" * 200_000, "not the heading"),
        (b"just a sentence", "looks like none of"),
    ],
)
def test_a_file_of_another_format_is_refused_as_a_whole_with_what_it_looks_like(data: bytes, says: str) -> None:
    with pytest.raises(WrongFile, match=says):
        read("gias", data)


def test_the_missing_columns_are_named() -> None:
    row = {name: value for name, value in SCHOOL.items() if name not in {"URN", "TelephoneNum"}}
    with pytest.raises(WrongFile, match="lacks the columns URN, TelephoneNum"):
        read("gias", sheet(row))


def test_a_wrong_second_file_is_told_apart_from_a_wrong_first_one() -> None:
    with pytest.raises(WrongLinks, match="LinkURN"):
        read("gias", sheet(SCHOOL), sheet(PRISON))


def test_every_sort_of_finding_has_a_sentence_and_says_what_to_do() -> None:
    assert PLAIN.keys() == set(Found)
    assert all(wrong and cure for _, wrong, cure in PLAIN.values())


def test_nothing_about_people_is_kept_or_said() -> None:
    rows = [SCHOOL, SCHOOL | {"URN": NOBODY}, SCHOOL | {"URN": "190003", gias.TYPE: NOBODY}, SCHOOL]
    imported = read("gias", sheet(*rows) + NOBODY.encode() + b",1\r\n")
    said = repr([(one, one.wrong, one.cure) for one in imported.findings])
    kept = "".join(one.model_dump_json() for one in imported.organisations.values())
    assert len(imported.findings) == 4
    assert NOBODY not in said + kept


def test_thirty_thousand_rows_are_read_and_none_is_lost() -> None:
    row = sheet(SCHOOL).split(b"\r\n")[1]
    data = HEADING + b"".join(
        row.replace(b"190001", str(number).encode()) + b"\r\n" for number in range(200000, 230000)
    )
    imported = read("gias", data)
    assert imported.rows == len(imported.organisations) == 30_000
    assert imported.findings == ()
