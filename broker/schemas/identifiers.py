"""Bring every number and code in a message to one form, so that two agencies' records can be compared.

Each function takes an identifier as people write it and returns the normal form that is stored and compared.
If the text breaks a rule it raises a ValueError that names the rule and never quotes the text.

A well-formed identifier is not yet a real one, and a check digit never says whose it is. Whether a code is
in its register (GIAS, ONS, ODS, NOMIS, nDelius, CJS) is asked elsewhere: the core holds no registers.
Rules and examples: domain notes, `identifiers.md`, whose sections (A) to (H) are named below.
"""

import re
import string
from typing import Annotated

import phonenumbers
from pydantic import AfterValidator
from stdnum.gb import nhs as stdnum_nhs
from stdnum.gb import upn as stdnum_upn

CHILDRENS_SERVICES_PREFIXES = frozenset({"E06", "E08", "E09", "E10", "W06"})
LA_PLACEHOLDERS = frozenset({"000", "999"})  # no such authority, and "not recorded"

_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015]+")  # spaces, hyphens, dashes
_LETTER = "[A-HJ-NP-RT-Z]"  # check letters are never I, O or S
_RECORD_LETTERS = "ZABCDEFGHJKLMNPQRTUVWXY"  # (D) indexed by a number mod 23


def nhs_number(text: str) -> str:
    """Ten digits, the last a check (A). Test numbers pass here; production refuses them."""
    number = _shaped("[0-9]{10}", _bare(text), "an NHS number has ten digits")
    if stdnum_nhs.checksum(number) != 0:
        raise ValueError("the check digit of the NHS number is wrong")
    return number


def is_test_nhs_number(number: str) -> bool:
    """Tell whether a normal NHS number is from 900 000 0000 up: no patient's, and refused in production."""
    return number.startswith("9")


def show_nhs_number(number: str) -> str:
    """Write a normal NHS number in groups of 3-3-4."""
    return f"{number[:3]} {number[3:6]} {number[6:]}"


def upn(text: str) -> str:
    """Pupil number: check letter and twelve characters, the last a letter while it is temporary (B)."""
    shape = f"{_LETTER}[0-9]{{11}}(?:[0-9]|{_LETTER})"
    rule = "a UPN has a letter, eleven digits, and a digit or letter; never the letters I, O or S"
    number = _shaped(shape, _bare(text), rule)
    # Not stdnum's validate: it refuses all of Wales and the newest English authorities.
    if stdnum_upn.calc_check_digit(number[1:]) != number[0]:
        raise ValueError("the check letter of the UPN is wrong")
    return number


def uln(text: str) -> str:
    """Learner number: ten digits whose weighted sum is 10 mod 11, where an NHS number's is 0 (C)."""
    number = _shaped("[1-9][0-9]{9}", _bare(text), "a ULN has ten digits and does not begin with zero")
    if stdnum_nhs.checksum(number) != 10:  # noqa: PLR2004 - see the docstring
        raise ValueError("the check digit of the ULN is wrong")
    return number


def urn(text: str) -> str:
    """Six digits naming an establishment in GIAS; they change when a school becomes an academy."""
    return _shaped("[1-9][0-9]{5}", _bare(text), "a URN has six digits and does not begin with zero")


def laestab(text: str) -> str:
    """DfE number of a school: LA code and establishment number, stored as seven digits without the slash."""
    rule = "a LAESTAB has three digits, perhaps a slash, and four digits"
    number = _shaped("[0-9]{3}/?[0-9]{4}", _bare(text), rule).replace("/", "")
    dfe_la_code(number[:3])
    return number


def show_laestab(number: str) -> str:
    """Write a normal LAESTAB as 201/3614."""
    return f"{number[:3]}/{number[3:]}"


def dfe_la_code(text: str) -> str:
    """Three digits naming a local authority to the DfE; they change on reorganisation."""
    code = _shaped("[0-9]{3}", _bare(text), "a DfE LA code has three digits")
    if code in LA_PLACEHOLDERS:
        raise ValueError("the DfE LA code is a placeholder and names no authority")
    return code


def gss_code(text: str) -> str:
    """Name an area as the ONS does; the first three characters say of what kind."""
    rule = "a GSS code has one of the letters E, W, S, N, K, J, L, M and eight digits"
    return _shaped("[EWSNKJLM][0-9]{8}", _bare(text), rule)


def is_childrens_services(code: str) -> bool:
    """Tell whether areas with this kind of GSS code run children's services; shire districts (E07) do not."""
    return code[:3] in CHILDRENS_SERVICES_PREFIXES


def police_force_area(text: str) -> str:
    """GSS code of a police force area; BTP, MDP and CNC have none."""
    rule = "the GSS code of a police force area begins with E23 or W15"
    return _shaped("(?:E23|W15)[0-9]{6}", gss_code(text), rule)


def ods_code(text: str) -> str:
    """Health organisation, of a kind to be looked up (E); inner spaces and hyphens are errors here."""
    code = text.strip(string.whitespace + string.punctuation)
    # Checked before upper(), which makes plain letters of some foreign ones.
    return _shaped("[A-Za-z0-9]{3,12}", code, "an ODS code has three to twelve letters and digits").upper()


def pnc_id(text: str, *, year: int) -> str:
    """Police National Computer id as YYYY/NNNNNNNX; no short year is later than `year` (D)."""
    match = re.fullmatch(rf"((?:19|20)?[0-9]{{2}})/([0-9]{{1,7}})({_LETTER})", _bare(text))
    if match is None:
        raise ValueError("a PNC ID has a year, a slash, up to seven digits and a letter; never I, O or S")
    written, serial, letter = match.groups()
    serial = serial.zfill(7)
    if letter != _record_letter(written[-2:] + serial):
        raise ValueError("the check letter of the PNC ID is wrong")
    if len(written) == len("YY"):
        written = str(year - (year - int(written)) % 100)  # the latest such year that is not after this one
    return f"{written}/{serial}{letter}"


def cro_number(text: str) -> str:
    """Criminal record number: NNNNNN/YYX, padded; or, for a record on file only, SFYY/NX, not padded (D)."""
    number = _bare(text)
    if file_only := re.fullmatch(rf"SF([0-9]{{2}})/([0-9]{{1,6}})({_LETTER})", number):
        year, serial, letter = file_only.groups()
    elif standard := re.fullmatch(rf"([0-9]{{1,6}})/([0-9]{{2}})({_LETTER})", number):
        serial, year, letter = standard.groups()
        serial = serial.zfill(6)
        number = f"{serial}/{year}{letter}"
    else:
        raise ValueError("a CRO number is up to six digits, slash, year, letter; or SF, year, slash, digits, letter")
    if letter != _record_letter(year + serial):
        raise ValueError("the check letter of the CRO number is wrong")
    return number


def crn(text: str) -> str:
    """One of perhaps several case numbers that a person has in probation's nDelius."""
    return _shaped("[A-Z][0-9]{6}", _bare(text), "a CRN has one letter and six digits")


def prison_number(text: str) -> str:
    """NOMIS number of a person, stable across transfers."""
    rule = "a prison number has one letter, four digits and two letters"
    return _shaped("[A-Z][0-9]{4}[A-Z]{2}", _bare(text), rule)


def prison_code(text: str) -> str:
    """NOMIS code of an establishment: three letters, and three codes that are exceptions."""
    return _shaped("[A-Z]{3}|STC2|STC3|ZZGHI", _bare(text), "a prison code has three letters")


def pdu_code(text: str) -> str:
    """Probation delivery unit: provider, then unit, as nDelius writes them."""
    rule = "a PDU code begins with N and two digits, WPT or LDN; three or four letters or digits follow"
    return _shaped("(?:N[0-9]{2}|WPT|LDN)[A-Z0-9]{3,4}", _bare(text), rule)


def police_force_code(text: str) -> str:
    """Name a police force by the two digits of the CJS and PNC."""
    return _shaped("[0-9]{2}", _bare(text), "a police force code has two digits")


def uprn(text: str) -> str:
    """Name a property by up to twelve digits, without the leading zeros some systems add."""
    rule = "a UPRN has one to twelve digits and is not zero"
    return _shaped("[1-9][0-9]{0,11}", _bare(text).lstrip("0"), rule)


def postcode(text: str) -> str:
    """Postcode of a shape that Royal Mail uses, with one space before its last three characters (F)."""
    shape = (
        r"GIR0AA|[A-PR-UWYZ](?:[0-9]{1,2}|[A-HK-Y][0-9]|[A-HK-Y][0-9][0-9]|[0-9][A-HJKPSTUW]"
        r"|[A-HK-Y][0-9][ABEHMNPRVWXY])[0-9][ABD-HJLNP-UW-Z]{2}"
    )
    code = _shaped(shape, _bare(text), "no postcode has this shape")
    return f"{code[:-3]} {code[-3:]}"


def telephone(text: str) -> str:
    """UK number in E.164: any possible one, because numbers kept for drama are not valid (G)."""
    number = _bare(text, keep="+")
    _shaped(r"\+?[0-9().]+", number, "a telephone number holds digits only; an extension is kept apart")
    try:
        parsed = phonenumbers.parse(number, "GB")
    except phonenumbers.NumberParseException:
        # Without the cause, whose text is not ours to vouch for.
        raise ValueError("this cannot be read as a telephone number") from None
    if not phonenumbers.is_possible_number(parsed):
        raise ValueError("the telephone number is too short or too long")
    # The numbering plan has nine digits after +44 only in 01 and 0800.
    shape = r"\+44(?:[0-9]{10}|(?:1[0-9]{2}|800)[0-9]{6})"
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return _shaped(shape, e164, "the telephone number is not a full UK number")


def national_insurance_number(text: str) -> str:
    """National Insurance number (H): no check digit, but prefixes that are never issued, such as QQ."""
    shape = "(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]"
    rule = "a National Insurance number has two letters of an issued prefix, six digits and a letter A to D"
    return _shaped(shape, _bare(text), rule)


def _bare(text: str, keep: str = "") -> str:
    """Upper case, no spaces or hyphens, no punctuation around; foreign characters are refused."""
    bare = _SEPARATORS.sub("", text)
    if not bare.isascii():  # before upper(), which makes plain letters of some foreign ones
        raise ValueError("only unaccented letters, plain digits and punctuation are allowed")
    return bare.strip(string.punctuation.replace(keep, "")).upper()


def _shaped(shape: str, text: str, rule: str) -> str:
    """Return the text if all of it has this shape; shapes say [0-9], which means no foreign digits."""
    if re.fullmatch(shape, text) is None:
        raise ValueError(rule)
    return text


def _record_letter(digits: str) -> str:
    return _RECORD_LETTERS[int(digits) % len(_RECORD_LETTERS)]


NhsNumber = Annotated[str, AfterValidator(nhs_number)]
Upn = Annotated[str, AfterValidator(upn)]
Uln = Annotated[str, AfterValidator(uln)]
Urn = Annotated[str, AfterValidator(urn)]
Laestab = Annotated[str, AfterValidator(laestab)]
DfeLaCode = Annotated[str, AfterValidator(dfe_la_code)]
GssCode = Annotated[str, AfterValidator(gss_code)]
PoliceForceArea = Annotated[str, AfterValidator(police_force_area)]
OdsCode = Annotated[str, AfterValidator(ods_code)]
CroNumber = Annotated[str, AfterValidator(cro_number)]
Crn = Annotated[str, AfterValidator(crn)]
PrisonNumber = Annotated[str, AfterValidator(prison_number)]
PrisonCode = Annotated[str, AfterValidator(prison_code)]
PduCode = Annotated[str, AfterValidator(pdu_code)]
PoliceForceCode = Annotated[str, AfterValidator(police_force_code)]
Uprn = Annotated[str, AfterValidator(uprn)]
Postcode = Annotated[str, AfterValidator(postcode)]
Telephone = Annotated[str, AfterValidator(telephone)]
NationalInsuranceNumber = Annotated[str, AfterValidator(national_insurance_number)]
