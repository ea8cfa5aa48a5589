"""A published CSV file as rows: any encoding and damage that these files are known to have, line by line."""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from broker.importers.findings import Finding, Found
from broker.schemas.message import Line

_BOM = b"\xef\xbb\xbf"
_OTHER_FILES = {
    b"\xff\xfe": "it is UTF-16: save it as CSV UTF-8",
    b"\xfe\xff": "it is UTF-16: save it as CSV UTF-8",
    b"PK\x03\x04": "it is a zip file or a spreadsheet: unpack it, or save it as CSV UTF-8",
    b"\x1f\x8b": "it is a gzip file: unpack it",
}
_DAY_FIRST = re.compile(r"([0-9]{2})[-/]([0-9]{2})[-/]([0-9]{4})")
_UNKNOWN = "\ufffd"  # what a byte becomes that neither encoding has
_LINE: TypeAdapter[str] = TypeAdapter(Line)

T = TypeVar("T")


class WrongFile(Exception):  # noqa: N818 - an ordinary outcome
    """The file as a whole cannot be used; the text says why and what to do."""


class MissingColumns(WrongFile):
    """The heading lacks columns that the format needs."""

    def __init__(self, missing: Sequence[str], heading: Sequence[str]) -> None:
        super().__init__(f"it lacks the columns {', '.join(missing)}")
        self.heading = heading


class WrongLinks(WrongFile):
    """The second file, likewise."""


class LeftOut(Exception):  # noqa: N818 - an ordinary outcome
    """The row is not imported, for the reason that the finding gives."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.found.value)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Row:
    """One record, by column name. `notes` collects what is found in rows that are imported nevertheless."""

    line: int
    fields: Sequence[str]
    position: Mapping[str, int]
    notes: list[Finding]

    def __getitem__(self, column: str) -> str:
        return self.fields[self.position[column]].strip()

    def left_out(self, found: Found, column: str, rule: str = "") -> LeftOut:
        """What to raise so that this row is not imported."""
        return LeftOut(Finding(self.line, found, column, rule))

    def note(self, found: Found, column: str) -> None:
        """Say something about a row that is imported."""
        self.notes.append(Finding(self.line, found, column))

    def code(self, column: str, normal: Callable[[str], str]) -> str:
        """The code in that column in its normal form. Raises LeftOut, with the rule that `normal` names."""
        try:
            return normal(self[column])
        except ValueError as error:
            raise self.left_out(Found.WRONG_CODE, column, str(error)) from None

    def name(self, column: str, form: str = "{}") -> str:
        """The name in that column, on one line, put into `form`. Raises LeftOut."""
        found = " ".join(self[column].split())
        try:
            name = _LINE.validate_python(found and form.format(found))
        except ValidationError:
            name = _UNKNOWN
        if _UNKNOWN in name:
            raise self.left_out(Found.WRONG_NAME, column)
        return name

    def one_of(self, column: str, values: Mapping[str, T]) -> T:
        """What the value in that column stands for. Raises LeftOut for one that nobody has thought of."""
        if self[column] not in values:
            raise self.left_out(Found.UNKNOWN_VALUE, column)
        return values[self[column]]

    def day(self, column: str) -> date | None:
        """The date in that column, or None; one that cannot be read is noted."""
        text = self[column]
        if not text:
            return None
        day_first = _DAY_FIRST.fullmatch(text)
        try:
            return date.fromisoformat("-".join(reversed(day_first.groups())) if day_first else text)
        except ValueError:
            self.note(Found.WRONG_DATE, column)
            return None


def table(lines: Iterable[bytes], needs: Sequence[str], findings: list[Finding]) -> Iterator[Row]:
    """The rows under the heading; lines that cannot be read go to `findings`. Raises WrongFile, MissingColumns."""
    records = _records(lines)
    heading = [name.strip() for name in _heading(records)]
    missing = [name for name in needs if name not in heading]
    if missing:
        raise MissingColumns(missing, heading)
    position = {name: number for number, name in reversed(list(enumerate(heading)))}
    for line, fields in records:
        if fields is None:
            findings.append(Finding(line, Found.UNREADABLE))
        elif len(fields) != len(heading):
            findings.append(Finding(line, Found.WRONG_LENGTH))
        else:
            yield Row(line, fields, position, findings)


def _heading(records: Iterator[tuple[int, list[str] | None]]) -> list[str]:
    _, heading = next(records, (0, []))
    if heading is None or any("\0" in name for name in heading):
        raise WrongFile("its first line is not the heading of a CSV file: save it as CSV UTF-8")
    if not heading:
        raise WrongFile("it is empty: fetch it again")
    if len(heading) == 1 and (other := re.search("[;\t|]", heading[0])):
        sign = {";": "semicolons", "\t": "tabs", "|": "bars"}[other.group()]
        raise WrongFile(f"its columns are separated by {sign}: save it with commas")
    return heading


class _Lines:
    """Lines as text, which can be given back when a record turns out not to be one."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._source = iter(lines)
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._fresh()
        self.number += 1
        self._taken.append(line)
        return line

    def _fresh(self) -> str:
        line = next(self._source)
        if self.number == 0:
            for start, advice in _OTHER_FILES.items():
                if line.startswith(start):
                    raise WrongFile(advice)
            line = line.removeprefix(_BOM)
        return _text(line)

    def begin(self) -> int:
        """A record begins: forget the lines before it. Its line number."""
        self._taken.clear()
        return self.number + 1

    def give_back(self) -> None:
        """Only the first line of this record was wrong: read the others again, each as a record of its own."""
        rest = self._taken[1:]
        self._again.extendleft(reversed(rest))
        self.number -= len(rest)


def _text(line: bytes) -> str:
    """UTF-8, or else the Windows encoding in which some of these files are published: decided for each line."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _records(lines: Iterable[bytes]) -> Iterator[tuple[int, list[str] | None]]:
    """Line number and fields of each record; None where a line cannot be read. Blank lines are not records."""
    source = _Lines(lines)
    reader = csv.reader(source, strict=True)
    while True:
        line = source.begin()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            source.give_back()
            reader = csv.reader(source, strict=True)
            yield line, None
            continue
        if fields:
            yield line, fields
