"""What an import has to say about a row: what is wrong there and what to do. Never what the row holds."""

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """What became of the row."""

    PROBLEM = "not imported: somebody must look"
    SKIPPED = "not imported: not meant to be"
    NOTE = "imported with a gap"


class Found(StrEnum):
    """Every sort of finding."""

    UNREADABLE = "unreadable"
    WRONG_LENGTH = "wrong-number-of-fields"
    WRONG_CODE = "wrong-code"
    WRONG_NAME = "wrong-name"
    UNKNOWN_VALUE = "unknown-value"
    TWICE = "twice-in-the-file"
    NOT_A_SETTING = "not-a-setting"
    NOT_IN_THE_DUTY = "not-in-the-duty"
    NOT_OPEN_YET = "not-open-yet"
    NO_TELEPHONE = "no-telephone"
    WRONG_TELEPHONE = "wrong-telephone"
    WRONG_DATE = "wrong-date"
    NO_COUNCIL = "no-council"
    NO_POLICE_AREA = "no-police-area"
    NO_NATION = "no-nation"
    STILL_OPEN = "successor-of-an-open-one"
    NOBODY_SUCCEEDS = "unknown-successor"
    NOBODY_SUCCEEDED = "successor-of-an-unknown-one"


PLAIN: dict[Found, tuple[Weight, str, str]] = {
    Found.UNREADABLE: (
        Weight.PROBLEM,
        "the line is not CSV: a quotation mark is not closed, or a field is larger than 128 KiB",
        "fetch the file again; do not edit it by hand",
    ),
    Found.WRONG_LENGTH: (
        Weight.PROBLEM,
        "the line has more or fewer fields than the heading",
        "fetch the file again; a comma inside a name needs quotation marks around the name",
    ),
    Found.WRONG_CODE: (
        Weight.PROBLEM,
        "the code is not of the form that this register uses",
        "look the organisation up in the register and correct the row; leading zeros must not be lost",
    ),
    Found.WRONG_NAME: (
        Weight.PROBLEM,
        "the name is empty, longer than 200 characters, or holds characters that cannot be seen",
        "look the organisation up in the register, and add it with its right name",
    ),
    Found.UNKNOWN_VALUE: (
        Weight.PROBLEM,
        "the value is not one that this format is known to have",
        "the register may have changed its codes: ask the maintainers of the broker to add it",
    ),
    Found.TWICE: (
        Weight.PROBLEM,
        "an earlier line has the same code; that one counts",
        "ask the publisher of the register which line is right",
    ),
    Found.NOT_A_SETTING: (
        Weight.SKIPPED,
        "not a setting in England or Wales that children attend: a children's centre, a university, a school abroad",
        "nothing",
    ),
    Found.NOT_IN_THE_DUTY: (
        Weight.SKIPPED,
        "teaches children, but is no relevant educational establishment (Domestic Abuse Act 2021 s49A)",
        "nothing; messages for it need a basis of their own",
    ),
    Found.NOT_OPEN_YET: (Weight.SKIPPED, "proposed, and not open yet", "import again when it has opened"),
    Found.NO_TELEPHONE: (
        Weight.NOTE,
        "the register has no telephone number, so nobody can be told to ring it",
        "add its desk by hand",
    ),
    Found.WRONG_TELEPHONE: (
        Weight.NOTE,
        "the telephone number is not a UK number, so nobody can be told to ring it",
        "add its desk by hand",
    ),
    Found.WRONG_DATE: (Weight.NOTE, "the date cannot be read, so it is left empty", "look it up in the register"),
    Found.NO_COUNCIL: (
        Weight.NOTE,
        "no council with children's services is named, so neither council nor police area is known",
        "add them by hand",
    ),
    Found.NO_POLICE_AREA: (
        Weight.NOTE,
        "the council is not registered or has no police area, so the police area is not known",
        "import the councils first",
    ),
    Found.NO_NATION: (Weight.NOTE, "the register names no country; it is taken to be in England", "check it by hand"),
    Found.STILL_OPEN: (
        Weight.NOTE,
        "a successor is named for one that is still open; only those that closed have successors here",
        "nothing",
    ),
    Found.NOBODY_SUCCEEDS: (
        Weight.NOTE,
        "the successor is neither in this file nor registered, so it is not recorded",
        "import a register that holds it, then import this again",
    ),
    Found.NOBODY_SUCCEEDED: (Weight.SKIPPED, "the link is about one that this import does not hold", "nothing"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one line. `rule` says which form a code must have; `in_links`: the line is in the second file."""

    line: int
    found: Found
    column: str = ""
    rule: str = ""
    in_links: bool = False

    @property
    def weight(self) -> Weight:
        """What became of the row."""
        return PLAIN[self.found][0]

    @property
    def wrong(self) -> str:
        """What is wrong, in a sentence."""
        return self.rule or PLAIN[self.found][1]

    @property
    def cure(self) -> str:
        """What to do about it."""
        return PLAIN[self.found][2]
