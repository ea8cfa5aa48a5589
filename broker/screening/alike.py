"""Whether what is written is a name with slips in it: of the fingers, or of who heard it and spelled it by ear."""

import re

MOST_APART = 3
"""Letters that two spellings of one sound may differ by."""
LONG = 7
"""Letters of a name from which two slips are still read as that name."""

_SOUNDS = tuple(
    (re.compile(heard), written)
    for heard, written in (
        (r"^(?:kn|gn|pn)", "n"),
        (r"^wr", "r"),
        (r"^ps", "s"),
        (r"^(?:mac|mc)(?=[a-z]{3})", "mk"),
        (r"(?:sch|tch|ch|sh|sz|cz|zh|ts)", "X"),
        (r"(?:dzh|dj|dg|j|g(?=[eiy]))", "j"),
        (r"(?:ph|v)", "f"),
        (r"x(?=ander|i)", "ks"),
        (r"(?:kh|ck|q|c(?![eiy])|k)", "k"),
        (r"[cz]", "s"),
        (r"(?<=\w)gh", ""),
        (r"(?<=\w)[hw]", ""),
        (r"^[aeiouy]+", "a"),
        (r"(?<=\w)[aeiouy]+", ""),
        (r"(.)\1+", r"\1"),
    )
)


def sound(name: str) -> str:
    """How a name in lower case is heard, roughly: its consonants, those that are alike in one letter."""
    for heard, written in _SOUNDS:
        name = heard.sub(written, name)
    return name


def one_slip(left: str, right: str) -> bool:
    """Whether one letter dropped, put in or changed, or two swapped, makes one of the other."""
    if left == right or abs(len(left) - len(right)) > 1:
        return left == right
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    a, b = left[start:], right[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (a[1:2] + a[:1] == b[:2] and a[2:] == b[2:])
    return a[1:] == b if len(a) > len(b) else a == b[1:]


def slips_between(left: str, right: str) -> int:
    """The fewest letters dropped, put in, changed or swapped that make one of the other."""
    above, row = [0] * (len(right) + 1), list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        before, above, row = above, row, [i]
        for j, b in enumerate(right, start=1):
            best = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            row.append(best)
    return row[-1]


def alike(written: str, name: str, *, by_ear: bool) -> bool:
    """Whether this is a long name with two slips in it, or spelled by ear (both sound the same)."""
    if not by_ear and (len(name) < LONG or written[0] != name[0]):
        return False
    return slips_between(written, name) <= (MOST_APART if by_ear else 2)
