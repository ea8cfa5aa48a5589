"""Every form in which somebody writes a name, a date, an address or a number of a record; screening is held to all."""

from collections.abc import Iterator, Sequence

ORDINALS = {1: "first", 3: "third", 7: "seventh", 9: "ninth", 12: "twelfth", 21: "twenty-first", 30: "thirtieth"}
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
FIGURES = ("oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = {10: "ten", 11: "eleven", 12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen"}


def of_a_name(first: str, last: str, middle: str = "") -> Iterator[str]:
    """A person's first and last names, alone and together, whole and as initials."""
    one, two, three = first[0], last[0], middle[:1]
    together = [f"{first} {last}", f"{last}, {first}", f"{last} {first}", f"{last.upper()}, {first}"]
    together += [f"{last.upper()} {first}", f"{one}. {last}", f"{one} {last}", f"{one}.{last}", f"{last}, {one}."]
    together += [f"{last} {one}", f"{last.upper()} {one}", f"{first} {two}.", f"{first} {two}", f"{first}-{last}"]
    together += [f"{first}/{last}", f"{first}\n{last}", f"{first}  {last}", f"{first}_{last}", f"{first}.{last}"]
    together += [f"{first}{last}", f"{last}{first}", f"{first}{last}87", f"{last}_{first}_1"]
    alone = [first, last, f"{first}'s", f"{first}\u2019s", f"{first}s", f"{last}s", f"{last}s'", f"{last}'s"]
    alone += [f"({first})", f'"{first}"', f"*{first}*", f"{first[:-2]}-\n{first[-2:]}", f"{first[:-3]}- {first[-3:]}"]
    accounts = [f"@{one}{last}_", f"{first}.{last}1987@mail.example", f"www.site.example/{first}{last}"]
    accounts += [f"{first}{two}99@mail.example", f"{one}.{last}@mail.example", f"{last}{one}01", f"#{first}{last}"]
    accounts += [f"#justicefor{first}", f"{first}_{last}_statement.docx", f"IMG-{first}{last}.jpg"]
    accounts += [f"x{first}x", f"{first}_x0x", f"its{first}", f"{first}4life", f"real{first}{last}"]
    if middle:
        together += [f"{first} {middle} {last}", f"{first} {three} {last}", f"{first} {three}. {last}", middle]
        together += [f"{one}. {three}. {last}", f"{one}{three} {last}", f"{middle} {last}", f"{first} {middle}"]
        together += [f"{last}, {first} {middle}", f"{last.upper()}, {one}. {three}."]
        yield from (f"{one}{three}{two}", f"{one}.{three}.{two}.", f"{one} {three} {two}")
    yield from (*together, *alone, *accounts)
    yield from map(str.lower, (*together, *alone, *accounts))
    yield from map(str.upper, (*together, *alone))
    yield from (f"{one}.{two}.", f"{one}.{two}", f"{one}{two}", f"{one} {two}", f"{two}.{one}.", f"{one}. {two}.")
    yield from (f"{one.lower()}.{two.lower()}.", f"Mr {two}", f"Ms {two}.")


def of_a_date(year: int, month: int, day: int) -> Iterator[str]:
    """A date of birth."""
    name, short, two = MONTHS[month - 1], MONTHS[month - 1][:3], f"{year % 100:02}"
    for d, m in ((str(day), str(month)), (f"{day:02}", f"{month:02}")):
        for sign in "/.- \\":
            yield from (f"{d}{sign}{m}{sign}{year}", f"{d}{sign}{m}{sign}{two}", f"{m}{sign}{d}{sign}{year}")
            yield from (f"{year}{sign}{m}{sign}{d}", f"{m}{sign}{d}{sign}{two}")
        yield from (f"{d} / {m} / {two}", f"{d}, {m}, {year}", f"{d}/{m}", f"{d}.{m}", f"{d}/{m}/'{two}")
        yield from (f"{d}{short}{two}", f"{d}{short}{year}", f"{d}-{short}-{two}", f"{d}.{short}.{year}", f"{d}{name}")
    yield from (f"{day:02}{month:02}{two}", f"{day:02}{month:02}{year}", f"{year}{month:02}{day:02}")
    yield f"{day:02}/{month:02}/{year}".replace("0", "O").replace("1", "l")
    tail = "st" if day in {1, 21, 31} else "nd" if day in {2, 22} else "rd" if day in {3, 23} else "th"
    spoken = ORDINALS[day]
    days = (str(day), f"{day}{tail}", f"{day} {tail}", f"the {day}{tail}", f"the {spoken}")
    years = ("", f" {year}", f", {year}", f" {two}", f" '{two}", f" {said_year(year)}", f" of {year}")
    for one in days:
        for end in years:
            yield from (f"{one} {name}{end}", f"{one} of {name}{end}", f"{one} {short}{end}")
    yield from (f"{name} {one}{end}" for one in days[1:] for end in years[:3])
    yield from (f"{name}, {year}", f"{name} {year}", f"{short} {two}", f"{short}-{two}", f"{month:02}/{year}")
    yield from (f"the {day}{tail} of the {month}{nth(month)} {year}", f"the {spoken} of the {ORDINALS[month]} {two}")
    yield f"{day}{tail} of the {month}{nth(month)} {said_year(year)}"
    yield from (f"dob {year}", f"born in {year}", f"b. {year}", f"born {name}", f"birthday is in {name}")
    yield from (f"turns nine on the {day}{tail}", f"his birthday on the {spoken}", f"will be 9 on the {day}{tail}")
    yield " ".join(FIGURES[int(one)] for one in f"{day:02}{month:02}{two}")
    yield " ".join(f"{day:02}{month:02}{two}")


def said_year(year: int) -> str:
    """2016 -> twenty sixteen; 1987 -> nineteen eighty-seven."""
    ones = (*FIGURES, *TEENS.values(), "seventeen", "eighteen", "nineteen")
    tens = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
    first, last = divmod(year, 100)
    end = ones[last] if last < len(ones) else f"{tens[last // 10 - 2]}-{FIGURES[last % 10]}".removesuffix("-oh")
    if 2000 <= year < 2010:
        return f"two thousand and {end}"
    return f"{'nineteen' if first == 19 else 'twenty'} {end}"


def nth(number: int) -> str:
    """3 -> rd."""
    return {1: "st", 2: "nd", 3: "rd"}.get(number, "th")


def of_a_street(number: str, name: str, kind: str, short: Sequence[str]) -> Iterator[str]:
    """A house in a street."""
    run = name.replace(" ", "")
    whole = [f"{number} {name} {end}" for end in (kind, *short)]
    whole += [f"{name} {end}" for end in (kind, *short)]
    whole += [f"{number}, {name} {kind}", f"{number} {name}", f"no {number} {name}", f"No. {number}, {name} {kind}"]
    whole += [f"no. {number}", f"number {number}", f"at {number} {name}", f"{number}{run}{kind}", f"{run}{kind}"]
    whole += [f"{name}  {kind}", f"{name}-{kind}", f"{name} {kind} {number}", f"house {number} on {name} {kind}"]
    whole += [f"{number}-{name}-{kind}", f"{name}\n{kind}", f"#{number} {name} {kind}"]
    yield from (*whole, *map(str.lower, whole), *map(str.upper, whole), f"the house on {name}")


def of_a_postcode(outward: str, inward: str) -> Iterator[str]:
    """A postcode."""
    whole = [f"{outward} {inward}", f"{outward}{inward}", f"{outward}-{inward}", f"{outward}  {inward}", outward]
    whole += [f"{outward} {inward[0]}", f"{outward}, {inward}", f"{outward}.{inward}", f"{outward}\n{inward}"]
    whole += [
        f"ending {inward}",
        f"postcode ends in {inward}",
        " ".join(outward + inward),
        " ".join(outward) + " " + inward,
    ]
    yield from (*whole, *map(str.lower, whole))


def of_a_telephone(area: str, number: str) -> Iterator[str]:
    """A telephone number in Great Britain: its area with the 0, and the rest."""
    six, figures = number[-6:], area + number
    yield from (figures, f"{area} {number}", f"({area}) {number}", f"{area}-{number}", f"+44{figures[1:]}")
    yield from (f"+44 (0){area[1:]} {number}", f"0044 {area[1:]} {number}", f"44{figures[1:]}", f"{figures[1:]}")
    yield from (f"{area} {number[:3]} {number[3:]}", f"{figures[:4]}-{figures[4:7]}-{figures[7:]}", f"{area}/{number}")
    yield from (six, f"{six[:3]} {six[3:]}", f"{six[:2]} {six[2:4]} {six[4:]}", " ".join(figures), f"{area}.{number}")
    yield from (f"{figures.replace('0', 'O')}", f"{figures.replace('0', 'o')}", f"ending {number[-4:]}")
    yield from (
        f"ends in {number[-3:]}",
        f"last four digits {number[-4:]}",
        f"xxxxxx{number[-4:]}",
        f"...{number[-4:]}",
    )
    yield from (" ".join(FIGURES[int(one)] for one in figures), " ".join(FIGURES[int(one)] for one in six))
    yield "-".join("zero" if one == "0" else FIGURES[int(one)] for one in figures)


def of_a_reference(*parts: str) -> Iterator[str]:
    """A reference such as QX/2026/11873."""
    for sign in ("/", "-", " ", "", ".", "_", " / ", "\\"):
        yield sign.join(parts)
        yield sign.join(parts).lower()
    head, year, tail = parts
    yield from (
        f"{head}/{year[2:]}/{tail}",
        f"{tail}/{year[2:]}",
        f"{year}/{tail}",
        tail,
        f"{head}{tail}",
        f"{head}-{tail}",
    )
    yield from (f"#{tail}", f"ref {tail}", f"{tail} of {year}", f"ending {tail[-4:]}", f"{tail[:2]} {tail[2:]}")
    yield from (f"0{tail}", f"{tail[:2]},{tail[2:]}", " ".join(tail), " ".join(FIGURES[int(one)] for one in tail))


def slips(name: str) -> Iterator[str]:
    """What one slip of the fingers past its first letter makes of a name: one left out, put twice, or swapped."""
    yield from (name[:at] + name[at + 1 :] for at in range(1, len(name)))
    yield from (name[:at] + name[at] + name[at:] for at in range(1, len(name)))
    yield from (name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(1, len(name) - 1))


def two_slips(name: str) -> Iterator[str]:
    """Two letters left out, or one left out and one put twice, past the first."""
    for at in range(1, len(name) - 1):
        one = name[:at] + name[at + 1 :]
        yield from (one[:then] + one[then + 1 :] for then in range(at + 1, len(one)))
        yield from (one[:then] + one[then] + one[then:] for then in range(at + 1, len(one)))
