"""Schools and colleges, by their URN in GIAS, the register of schools of England (with the schools of Wales).

Only eight of its 140 columns are read: never those about head teachers or proprietors. Its telephone number is the
school's switchboard. Type codes: GIAS, "TypeOfEstablishment (code)" in the establishment extract.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from broker.importers.findings import Finding, Found
from broker.importers.imported import Collected, Format, Imported, Lines, Links, collect, succeed
from broker.importers.rows import Row
from broker.registry import Desk, Establishment, Nation, Registry, Status
from broker.schemas.identifiers import gss_code, is_childrens_services, urn
from broker.schemas.terms import Kind

SWITCHBOARD = "Switchboard, as published in GIAS"
URN, NAME = "URN", "EstablishmentName"
TYPE, STATUS = "TypeOfEstablishment (code)", "EstablishmentStatus (code)"
CLOSED, TELEPHONE = "CloseDate", "TelephoneNum"
AREA, AUTHORITY = "GSSLACode (name)", "LA (code)"
NEEDS = (URN, NAME, TYPE, STATUS, CLOSED, TELEPHONE, AREA, AUTHORITY)
WELSH = "30"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a type of establishment is in law. `independent`: no public authority, so its bases in law are others."""

    establishment: Establishment
    independent: bool = False


_STATE_SCHOOL = Setting(Establishment.SCHOOL)
_INDEPENDENT_SCHOOL = Setting(Establishment.SCHOOL, independent=True)
_COLLEGE = Setting(Establishment.COLLEGE)

TYPES: Mapping[str, Setting | Found] = {
    "1": _STATE_SCHOOL,  # community school
    "2": _STATE_SCHOOL,  # voluntary aided school
    "3": _STATE_SCHOOL,  # voluntary controlled school
    "5": _STATE_SCHOOL,  # foundation school
    "6": _STATE_SCHOOL,  # city technology college: a school by law and by age
    "7": _STATE_SCHOOL,  # community special school
    "8": _INDEPENDENT_SCHOOL,  # non-maintained special school: a charity's, not a public authority
    "10": _INDEPENDENT_SCHOOL,  # other independent special school
    "11": _INDEPENDENT_SCHOOL,  # other independent school
    "12": _STATE_SCHOOL,  # foundation special school
    "14": _STATE_SCHOOL,  # pupil referral unit
    "15": _STATE_SCHOOL,  # local authority nursery school
    "18": _COLLEGE,  # further education
    "24": Found.NOT_IN_THE_DUTY,  # secure unit
    "25": Found.NOT_A_SETTING,  # offshore school
    "26": Found.NOT_A_SETTING,  # service children's education, abroad
    "27": Found.NOT_A_SETTING,  # miscellaneous
    "28": _STATE_SCHOOL,  # academy, sponsor led
    "29": Found.NOT_A_SETTING,  # higher education institution
    WELSH: _STATE_SCHOOL,  # Welsh establishment: GIAS does not say of which type
    "31": Found.NOT_IN_THE_DUTY,  # sixth form centre: its pupils are on the roll of schools
    "32": Found.NOT_IN_THE_DUTY,  # special post-16 institution: outside the further education sector
    "33": _STATE_SCHOOL,  # academy special, sponsor led
    "34": _STATE_SCHOOL,  # academy converter
    "35": _STATE_SCHOOL,  # free school
    "36": _STATE_SCHOOL,  # free school, special
    "37": Found.NOT_A_SETTING,  # British school overseas
    "38": _STATE_SCHOOL,  # free school, alternative provision
    "39": _COLLEGE,  # free school, 16 to 19
    "40": _STATE_SCHOOL,  # university technical college: ages 14 to 19
    "41": _STATE_SCHOOL,  # studio school
    "42": _STATE_SCHOOL,  # academy, alternative provision converter
    "43": _STATE_SCHOOL,  # academy, alternative provision, sponsor led
    "44": _STATE_SCHOOL,  # academy special converter
    "45": _COLLEGE,  # academy 16 to 19 converter
    "46": _COLLEGE,  # academy 16 to 19, sponsor led
    "47": Found.NOT_A_SETTING,  # children's centre
    "48": Found.NOT_A_SETTING,  # children's centre, linked site
    "49": Found.NOT_IN_THE_DUTY,  # online provider
    "56": Found.NOT_IN_THE_DUTY,  # institution funded by another government department
    "57": _COLLEGE,  # academy, secure 16 to 19
}
_AS_WRITTEN = {**TYPES, **{code.zfill(2): setting for code, setting in TYPES.items()}}
_STATUS: Mapping[str, Status | Found] = {
    "1": Status.OPEN,
    "2": Status.CLOSED,
    "3": Status.OPEN,  # proposed to close
    "4": Found.NOT_OPEN_YET,
}
_FACTS = (
    "name",
    "nation",
    "police_area",
    "establishment",
    "independent",
    "council",
    "desk",
    "status",
    "closed_on",
)


def read(lines: Lines, links: Lines | None, registry: Registry) -> Imported:
    """Read the establishment extract, and the links extract if there is one. Raises WrongFile."""
    councils = _Councils(registry)
    found = collect(lines, NEEDS, code=URN, identify=_identify, make=councils.make)
    councils.by_authority(found)
    if links is None:
        return found.imported(Kind.SCHOOL, _FACTS)
    succeed(found, LINKS, links, registry)
    return found.imported(Kind.SCHOOL, (*_FACTS, "successors"))


def _setting(row: Row) -> Setting:
    setting = row.one_of(TYPE, _AS_WRITTEN)
    if isinstance(setting, Found):
        raise row.left_out(setting, TYPE)
    return setting


def _identify(row: Row) -> str:
    """By its type first: what is not a setting may have a number of another form."""
    _setting(row)
    return f"school:{row.code(URN, urn)}"


@dataclass(slots=True)
class _Councils:
    """Which council a school is in, and so which police area: by the ONS code, or else by the DfE's."""

    registry: Registry
    areas: dict[str, str | None] = field(default_factory=dict)
    of_authority: dict[str, set[str]] = field(default_factory=dict)
    without: list[tuple[str, str, int]] = field(default_factory=list)

    def make(self, row: Row, name: str) -> Mapping[str, Any]:
        """The fields of one school or college."""
        setting = _setting(row)
        status = row.one_of(STATUS, _STATUS)
        if isinstance(status, Found):
            raise row.left_out(status, STATUS)
        return {
            "name": row.name(NAME),
            "establishment": setting.establishment,
            "independent": setting.independent,
            "status": status,
            "closedOn": row.day(CLOSED) if status is Status.CLOSED else None,
            "desk": _desk(row) if status is Status.OPEN else None,
            **self._place(row, name),
        }

    def _place(self, row: Row, name: str) -> Mapping[str, Any]:
        area = _area(row[AREA])
        welsh = row[TYPE] == WELSH
        if area is None:
            self.without.append((name, row[AUTHORITY], row.line))
            return {"nation": Nation.WALES if welsh else Nation.ENGLAND}
        self.of_authority.setdefault(row[AUTHORITY], set()).add(area)
        police_area = self._police_area(area)
        if police_area is None:
            row.note(Found.NO_POLICE_AREA, AREA)
        nation = Nation.WALES if welsh or area.startswith("W") else Nation.ENGLAND
        return {"nation": nation, "council": f"la:{area}", "policeArea": police_area}

    def _police_area(self, area: str) -> str | None:
        if area not in self.areas:
            council = self.registry.get(f"la:{area}")
            self.areas[area] = council.police_area if council else None
        return self.areas[area]

    def by_authority(self, found: Collected) -> None:
        """Those without an ONS code: their DfE code says it, where all others with that code are in one area."""
        for name, authority, line in self.without:
            areas = self.of_authority.get(authority, set())
            if len(areas) != 1:
                found.findings.append(Finding(line, Found.NO_COUNCIL, AREA))
                continue
            (area,) = areas
            place = {"council": f"la:{area}", "police_area": self._police_area(area)}
            found.organisations[name] = found.organisations[name].model_copy(update=place)
            if place["police_area"] is None:
                found.findings.append(Finding(line, Found.NO_POLICE_AREA, AREA))


def _area(text: str) -> str | None:
    try:
        code = gss_code(text)
    except ValueError:
        return None
    return code if is_childrens_services(code) else None


def _desk(row: Row) -> Desk | None:
    if not row[TELEPHONE]:
        row.note(Found.NO_TELEPHONE, TELEPHONE)
        return None
    try:
        return Desk.model_validate({"role": SWITCHBOARD, "telephone": row[TELEPHONE]})
    except ValidationError:
        row.note(Found.WRONG_TELEPHONE, TELEPHONE)
        return None


def _successor(row: Row) -> tuple[str, str] | None:
    """Of the eighteen sorts of link, the four that begin so; what merely says that a school grew is none."""
    if not row["LinkType"].startswith("Successor"):
        return None
    return f"school:{row.code('URN', urn)}", f"school:{row.code('LinkURN', urn)}"


LINKS = Links(
    title="GIAS links",
    needs=("URN", "LinkURN", "LinkType"),
    predecessor="URN",
    successor="LinkURN",
    reads=_successor,
)
FORMAT = Format(name="gias", title="GIAS establishments", needs=NEEDS, links=LINKS, read=read)
