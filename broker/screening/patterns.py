"""Numbers, addresses and accounts by their shape (TXT-3): whose they are is of no matter.

A failed check digit spares nothing: a mistyped NHS number still identifies the child. So no check is made at all, and
telephone numbers are taken by how they are written and not by the numbering plan, which knows neither a number with a
digit too few nor those kept for drama.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from broker.screening.dates import BORN_YEAR, Written
from broker.screening.lists import FIRST, LAST, SETS
from broker.screening.normal import Reading, with_figures
from broker.screening.tokens import is_word
from broker.screening.verdict import Kind, Span

RULE = "TXT-3"
FEWEST_FIGURES = 3
"""Figures in what is taken for a number that is somebody's."""
SHORTEST_DICTATED = 6
"""Figures said one by one that are taken for a telephone number."""

_HELPLINES = ("999", "112", "101", "111", "116123", "08001111", "08088005000", "08082000247", "0800555111")
"""Numbers of the whole country, which lead to nobody: emergencies, police, NHS, Samaritans, Childline, the NSPCC, the
domestic abuse helpline, Crimestoppers. Each publishes its own."""
_HELPLINE = re.compile(rf"(?<![\w/.+])(?:{'|'.join('[ -]?'.join(number) for number in _HELPLINES)})(?![\w/]|[ -][0-9])")

SAYS: Mapping[Kind, str] = {
    Kind.PERSON: "a person",
    Kind.PLACE: "a place",
    Kind.POSTCODE: "a postcode",
    Kind.DATE: "a date of birth",
    Kind.TELEPHONE: "a telephone number",
    Kind.EMAIL: "an e-mail address",
    Kind.ONLINE: "an online account",
    Kind.NUMBER: "a reference number",
    Kind.ORGANISATION: "an organisation",
    Kind.VEHICLE: "a vehicle's registration",
}
"""What the broker writes for a certain hit that is not of the record."""

_DOMAIN = (
    r"(?:com|org|net|info|biz|app|gg|ly|me|tv|io|co|xyz|online|site|example|test|invalid|"
    r"(?:co|org|ac|gov|sch|nhs|police|me|ltd)\.uk|uk|ie|pl|ro|de|fr|eu)"
)
_EMAIL = re.compile(
    rf"[\w.+'-]*\w\s?(?:@|\(at\)|\[at\]|\{{at\}})\s?\w[\w-]*(?:\s?(?:\.|\(dot\)|\[dot\])\s?\w[\w-]*)+"
    rf"|\b[\w.+-]+\s+at\s+\w[\w-]*(?:\s+dot\s+(?:\w+\s+dot\s+)?{_DOMAIN}|\.{_DOMAIN})\b",
    re.IGNORECASE,
)
_URL = re.compile(
    rf"\b(?:https?://|www\.)[^\s<>\"]+|\b\w[\w-]{{0,60}}(?:\.\w[\w-]{{0,60}}){{0,5}}\.{_DOMAIN}\b(?:/[^\s<>\"]*)?",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w.@])@\w[\w.]*\w|\b[A-Za-z0-9.]*[A-Za-z0-9]_+(?:\w[\w.]*)?\b|(?<!\w)_+[A-Za-z]\w*")
_ACCOUNT = re.compile(
    r"\b(?:insta(?:gram)?|ig|snap(?:chat)?|sc|tik\s?tok|twitter|discord|roblox|xbox|psn|playstation|fortnite|facebook|fb|messenger|telegram|"
    r"kik|steam|twitch|minecraft|youtube|gamer\s?tag|user\s?name|screen\s?name|handle|account|profile|login|@)"
    r"(?:\s+(?:account|name|user(?:name)?|handle|id|tag|profile|page))?\s*"
    r"(?:(?:was|is|called|under|as|named|of|are)\s+|[:=\-]\s*|\s)+[\"'(]?(?P<value>@?[A-Za-z0-9][\w.\-]*\w)",
    re.IGNORECASE,
)
_GAMER = re.compile(r"(?P<letters>[A-Za-z]{3,})[0-9]{2,4}(?:[A-Za-z]+[0-9]*)*")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]?[ -]{0,2}[0-9][ABD-HJLNP-UW-Z]{2}\b")
_POSTCODE_LOW = re.compile(
    r"\b[a-z]{1,2}[0-9][a-z0-9]?[ -]{0,2}[0-9](?!(?:st|nd|rd|th|hr|yr|ft|ds|am|wk)\b)[abd-hjlnp-uw-z]{2}\b",
    re.IGNORECASE,
)
_OUTWARD = re.compile(
    r"\b(?:in|near|around|within|from|to|postcode|area|post\s?code(?:\s+(?:is|of|area))?)\s+(?P<value>(?!KS|IC|YR|EY|DC|PC|PS|DS)[A-Z]{2}[0-9]{1,2}[A-Z]?(?:\s[0-9])?)\b"
    r"|\b(?P<other>(?!KS|IC|YR|EY)[A-Z]{2}[0-9]{1,2})(?=\s+(?:area|postcode|district)\b)"
)
_PHONE = re.compile(
    r"(?<![\w/.£])(?:(?:\+|00)\s?[1-9][0-9]{0,2}[\s.()-]{0,3}(?:\(0\)\s?)?|\(?(?:[0O]|o(?=[0-9])))(?:[\s.()/-]{0,2}(?:[0-9]|[OoIl](?![a-kmnp-z]))){7,12}(?![0-9]|/[0-9])"
    r"|(?<![\w/.£])7[0-9]{3}[\s-]?[0-9]{3}[\s-]?[0-9]{3}(?!\w)"
)  # fmt: skip
_LOCAL_PHONE = re.compile(
    r"\b(?:tel|telephone|phone|mobile|mob|landline|number|rang|ring|call|called|text|whatsapp|ext|extension|contact|fax)\b"
    r"(?:\s?(?:no|number|num|on|is|was|me|her|him|them|back|nan|mum|dad|at)\b)*[\s.:#]*(?P<value>[0-9](?:[\s-]?[0-9]){4,9})(?!\w)",
    re.IGNORECASE,
)
_NUMBERS = re.compile(
    r"(?<![\w/])(?:"
    r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}"  # NHS number, ULN
    r"|[A-Z][0-9]{11}[0-9A-Z]"  # UPN
    r"|(?:(?:19|20)?[0-9]{2})/[0-9]{3,7}[A-Z]"  # PNC
    r"|(?:[0-9]{1,6}/[0-9]{2}|SF[0-9]{2}/[0-9]{1,6})[A-Z]"  # CRO
    r"|[A-Z][0-9]{6}|[A-Z][0-9]{4}[A-Z]{2}"  # CRN, prison number
    r"|[A-Z]{2}\s?[0-9]{2}\s?[0-9]{2}\s?[0-9]{2}\s?[A-D]"  # National Insurance
    r"|[A-Z]{2}[0-9]{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?"  # IBAN
    r"|[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{4}"  # a card
    r"|[0-9]{2}-[0-9]{2}-[0-9]{2}(?=\s+[0-9]{8}\b)"  # a sort code before an account
    r"|(?:[0-9]{1,3}\.){3}[0-9]{1,3}|(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}|(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}"  # IP, MAC
    r"|[0-9]{7,}"
    r"|[A-Z]{1,5}[0-9]{0,2}[/-][A-Z0-9]{2,8}[/-][0-9]{2,8}(?:[/-][A-Z0-9]{1,6})*"
    r"|[0-9]{1,3}[A-Z]{1,3}[/-][0-9]{2,8}[/-][0-9]{2,4}"
    r"|[A-Z]{2,5}[0-9]{2,6}/[0-9A-Z]{2,8}"
    r"|[A-Z]{2,5}[/-]?[0-9]{4,10}(?:[/-][0-9]{2,4})?|[A-Z]-[0-9]{4,10}|(?-i:[A-Z]{2,5}\s[0-9]{5,10})"
    r"|[0-9]{3,7}[/-][0-9]{2,7}[/-][0-9]{2,4}|[0-9]{1,2}/[0-9]{5,7}/[0-9]{2,4}"
    r")(?![\w]|/[0-9])",
    re.IGNORECASE,
)
_INTRODUCES = re.compile(
    r"(?:\b(?:crime|incident|inc|code|pin|passcode|password|combination|custody|case|log|cad|storm|niche|athena|holmes|occurrence|intel|referral|police|court|claim|booking|licence|license|passport|policy|account|acct|acc|a/c|"
    r"badge|collar|warrant|shoulder|exhibit|seal|hospital|patient|pupil|student|learner|nhs|upn|uln|urn|uprn|laestab|dfe|crn|pnc|pncid|cro|noms|prison|prisoner|"
    r"ni|nino|national\s+insurance|record|ref|refs|reference|id|card|tag|imei|iccid|serial|membership|oyster|visa|home\s?office|bail|mis|misper|tenancy|rent|liquidlogic|mosaic|lcs|ics|rio|emis|systmone|cpoms|pcr)"
    r"(?:\s?(?:no|nos|num|number|ref|reference|id|code|card|record|report|account|entry)\b\.?|\s?#)*"
    r"(?:\s+(?:is|was|of|for|under|being)\b)?[\s:.#=-]{0,3}"
    r"|#\s?|\bno\.\s?)$",
    re.IGNORECASE,
)
"""What comes before a number that is somebody's: "crime no", "custody ref:", "#"."""
_RUN = re.compile(r"(?<![\w/.-])(?:[^\W\d]|[/.-]){0,40}[0-9](?:[\w/.-]*\w)?")
_NEXT_GROUP = re.compile(r"\s(?=[0-9/]*[0-9]{3})[0-9A-Z/]+(?!\w)", re.IGNORECASE)
_LOOK_BACK = 40
_TAIL = re.compile(
    r"\b(?:phone|mobile|mob|number|no|tel|sim|line|card|account|handset|iphone|samsung|burner)\b[^.\n]{0,20}?"
    r"\b(?:ending|ends|last\s+(?:three|four|3|4)(?:\s+digits)?)\b(?:\s+(?:in|with|is|are))?[\s:]*(?P<value>[0-9]{3,6})(?![\w/])",
    re.IGNORECASE,
)
"""The end of a number, as a phone is told from another."""
_HASHTAG = re.compile(r"(?<![\w&])#(?P<value>[A-Za-z]\w{4,})")
_SORT_CODE = re.compile(r"\bsort(?:\s?code)?\W{1,3}(?P<value>[0-9]{2}[- ]?[0-9]{2}[- ]?[0-9]{2})\b", re.IGNORECASE)
_ON_PHONE = re.compile(
    r"\b(?:ring|rang|call|called|phone|phoned|text|contact|contacted|reach|reached|get|message)\b[^.\n]{0,30}?\bon\s+(?P<value>[0-9](?:[\s-]?[0-9]){4,9})(?!\w)",
    re.IGNORECASE,
)
_NEVER_INTRODUCED = re.compile(
    r"^(?:[0-9]{1,2}(?:[.:][0-9]{2})?(?:st|nd|rd|th|am|pm|yrs?|mins?|hrs?)?|[0-9]{1,2}[/.-][0-9]{1,2}(?:[/.-][0-9]{2,4})?|[0-9]{4}hrs|(?:19|20)[0-9]{2})$",
    re.IGNORECASE,
)
_VEHICLE = re.compile(
    r"\b[A-Z]\s[0-9]{1,3}\s[A-Z]{3}\b|\b[A-Z]{2}[0-9]{2}\s?[A-Z]{3}\b|\b[A-Z][0-9]{1,3}\s?[A-Z]{3}\b|\b[A-Z]{3}\s?[0-9]{1,3}[A-Z]\b"
)
_VEHICLE_LOW = re.compile(r"\b[a-z]{2}[0-9]{2}\s?(?P<last>[a-z]{3})\b", re.IGNORECASE)
_PLATE = re.compile(
    r"\b(?:reg(?:istration)?|vrm|index|plates?|number\s?plate)\b(?:\s?(?:no|number|plate|mark|ending|ends|starting|starts|beginning|begins|with|in|is|was|of|vrm)\b\.?)*[\s:.\"'-]*"
    r"(?P<value>(?=[A-Z0-9 ]*[0-9])[A-Z0-9]{2,7}(?:\s[A-Z0-9]{2,4}(?=\b))?)\b",
    re.IGNORECASE,
)  # fmt: skip
_PART_PLATE = re.compile(
    r"\b(?:reg(?:istration)?|vrm|index|plates?)\b[^.\n]{0,15}?\b(?:ending|ends|starting|starts|beginning|begins)\b(?:\s+(?:in|with))?\s*"
    r"(?P<value>(?-i:[A-Z]{2,4}))\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"(?<![\w.])-?[0-9]{1,2}\.[0-9]{3,},?\s*-?[0-9]{1,3}\.[0-9]{3,}|///\w+\.\w+\.\w+|\b(?:grid\s+ref(?:erence)?\s+)[A-Z]{2}\s?[0-9]{3,5}\s?[0-9]{3,5}\b"
)
_BORN = re.compile(
    r"\b(?:d\.?\s?o\.?\s?b\.?|date\s+of\s+birth|born|birthday|birth\s?date|b\.)(?:\W+(?:is|was|on|in|the|of|given|as|being|=))*\W{0,4}$",
    re.IGNORECASE,
)
_BORN_AFTER = re.compile(r"\W{0,3}(?:is|was)?\s?(?:(?:his|her|their|my)\s+)?(?:birthday|dob|birth)", re.IGNORECASE)
_PLAIN_WORDS = SETS["plain words"]


_OF_A_PLATE = ("reg", "plate", "vrm", "index")
_SHAPES: tuple[tuple[Kind, re.Pattern[str], tuple[str, ...]], ...] = (
    (Kind.POSTCODE, _POSTCODE, ()),
    (Kind.POSTCODE, _POSTCODE_LOW, ()),
    (Kind.POSTCODE, _OUTWARD, ()),
    (Kind.TELEPHONE, _PHONE, ()),
    (Kind.TELEPHONE, _LOCAL_PHONE, ()),
    (Kind.TELEPHONE, _ON_PHONE, ("on",)),
    (Kind.TELEPHONE, _TAIL, ("ending", "ends", "last")),
    (Kind.NUMBER, _SORT_CODE, ("sort",)),
    (Kind.VEHICLE, _VEHICLE, ()),
    (Kind.VEHICLE, _PLATE, _OF_A_PLATE),
    (Kind.VEHICLE, _PART_PLATE, _OF_A_PLATE),
    (Kind.PLACE, _PLACE, ()),
    (Kind.DATE, BORN_YEAR, ()),
)
"""Shapes that say everything; where one has a named group, that is the hit. Last: one of these the text must hold."""
_AT = ("(at)", "[at]", "{at}")
_DOT = (" dot ", ".com", ".uk", ".org", ".net", ".co", ".example")
_DOT_INSIDE = re.compile(r"\w\.\w|www|http")
_WEB = SETS["web"] | {" ig ", " ig:", " sc ", " sc:", " fb ", " fb:"}
"""Without one of these in the text, a slower search need not begin."""


def spans(reading: Reading, dates: Sequence[Written]) -> list[Span]:
    """Every hit in this reading."""
    return [
        Span(start=where[0], end=where[1], kind=kind, rule=RULE, certain=True, field=None)
        for kind, start, end in _found(reading.text, dates, encoded=reading.encoded)
        for where in [reading.where(start, end)]
    ]


def _found(text: str, dates: Sequence[Written], *, encoded: bool) -> Iterator[tuple[Kind, int, int]]:
    if encoded and text.isdigit() and len(text) >= SHORTEST_DICTATED:
        yield Kind.TELEPHONE, 0, len(text)
    yield from _on_the_web(text, text.lower())
    yield from _hashtags(text)
    if any(digit in text for digit in "0123456789"):
        yield from _with_digits(text, dates)
        figures = with_figures(text)
        yield from _with_digits(figures, dates) if figures != text else ()
    else:
        yield from ((Kind.VEHICLE, *match.span("value")) for match in _PART_PLATE.finditer(text))


def _on_the_web(text: str, low: str) -> Iterator[tuple[Kind, int, int]]:
    if "@" in text or any(sign in low for sign in _AT) or (" at " in low and any(sign in low for sign in _DOT)):
        yield from ((Kind.EMAIL, *match.span()) for match in _EMAIL.finditer(text))
    if _DOT_INSIDE.search(text):
        yield from ((Kind.ONLINE, *match.span()) for match in _URL.finditer(text) if not _is_a_full_stop(match[0]))
    if "@" in text or "_" in text:
        for match in _HANDLE.finditer(text):
            if any(letter.isalpha() for letter in match[0]):
                yield Kind.ONLINE, *match.span()
    if any(word in low for word in _WEB):
        for match in _ACCOUNT.finditer(text):
            if _is_an_account(match["value"]):
                yield Kind.ONLINE, *match.span("value")


def _hashtags(text: str) -> Iterator[tuple[Kind, int, int]]:
    for match in _HASHTAG.finditer(text):
        if not is_word(match["value"].lower()):
            yield Kind.ONLINE, *match.span()


def _is_a_full_stop(match: str) -> bool:
    """`school.me and` is two sentences without a space between, not an address."""
    first, _, last = match.partition(".")
    return last.lower() in {"me", "co", "io", "tv", "de"} and is_word(first.lower())


def _is_an_account(value: str) -> bool:
    """Whether what follows "Snapchat" is the name of an account: no word, or one with figures or signs in it."""
    low = value.lower()
    return not (low.isdigit() and len(low) <= FEWEST_FIGURES) and (
        any(sign in low for sign in "_@0123456789")
        or ("." in low)
        or not (is_word(low) or low in FIRST or low in LAST or "-" in low)
    )


def _with_digits(text: str, dates: Sequence[Written]) -> Iterator[tuple[Kind, int, int]]:
    helplines = [match.span() for match in _HELPLINE.finditer(text)]
    for kind, start, end in _shaped(text, dates):
        if not any(first <= start and end <= last for first, last in helplines):
            yield kind, start, end


def _shaped(text: str, dates: Sequence[Written]) -> Iterator[tuple[Kind, int, int]]:
    low = text.lower()
    for kind, shape, needs in _SHAPES:
        for match in shape.finditer(text) if not needs or any(word in low for word in needs) else ():
            yield kind, *match.span(match.lastgroup or 0)
    dated = {place for one in dates for place in range(one.start, one.end)}
    for match in _NUMBERS.finditer(text):
        figures = sum(letter.isdigit() for letter in match[0])
        if figures >= FEWEST_FIGURES and not dated.issuperset(range(*match.span())):
            yield Kind.NUMBER, *match.span()
    for match in _VEHICLE_LOW.finditer(text):
        if not (match["last"].islower() and is_word(match["last"]) and " " in match[0]):
            yield Kind.VEHICLE, *match.span()
    for one in dates:
        if _BORN.search(text, max(one.start - _LOOK_BACK, 0), one.start) or _BORN_AFTER.match(text, one.end):
            yield Kind.DATE, one.start, one.end
    yield from _runs(text)


def _runs(text: str) -> Iterator[tuple[Kind, int, int]]:
    """Runs of letters and figures: numbers that words introduce, and names of accounts such as kez2010."""
    for match in _RUN.finditer(text):
        figures = sum(letter.isdigit() for letter in match[0])
        start, end = match.span()
        account = _GAMER.fullmatch(match[0])
        if account is not None:
            letters = account["letters"].lower()
            if letters not in _PLAIN_WORDS and not is_word(letters):
                yield Kind.ONLINE, start, end
        if (
            figures > 1
            and not _NEVER_INTRODUCED.match(match[0])
            and _INTRODUCES.search(text, max(start - _LOOK_BACK, 0), start)
        ):
            more = _NEXT_GROUP.match(text, end)
            while more is not None:
                end = more.end()
                more = _NEXT_GROUP.match(text, end)
            yield Kind.NUMBER, start, end
