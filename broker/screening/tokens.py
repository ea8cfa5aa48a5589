"""A reading as words: where each stands, how it is written, and whether a sentence begins there."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from broker.screening.lists import WELL_KNOWN, WORDS

SHOUTED = 0.6
"""The share of words in capitals from which capitals say nothing of a word."""
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_BREAK = re.compile(r"[.!?:;\n\r\"•*>]|(?:^|\s)-+\s")
_TAIL = re.compile(r"(?:n't|'(?:s|re|ve|ll|d|m))$")
_TITLES_WITH_A_DOT = frozenset({"mr", "mrs", "ms", "dr", "prof", "rev", "st", "sgt", "insp", "cllr"})


class Token(NamedTuple):
    """One word. `low`: in lower case. `base`: the same without a possessive or contracted end."""

    low: str
    base: str
    start: int
    end: int
    capital: bool
    shouted: bool  # all of it in capitals, and longer than one letter
    opens: bool  # first of its sentence


class Words(NamedTuple):
    """All words of a text. `by_case`: whether capitals tell names from words here."""

    text: str
    tokens: Sequence[Token]
    by_case: bool

    def gap(self, left: int) -> str:
        """What stands between this word and the next, which there must be."""
        return self.text[self.tokens[left].end : self.tokens[left + 1].start]


def words_of(text: str) -> Words:
    """Split a text into words."""
    tokens: list[Token] = []
    done, capitals, shouted, letters = 0, 0, 0, 0
    for match in _TOKEN.finditer(text):
        word = match[0]
        low = word.lower()
        start, end = match.span()
        opens = start == 0 or not tokens
        if not opens and start - done != 1:
            between = text[done:start]
            opens = bool(_BREAK.search(between)) and not (
                between.strip() == "."
                and (tokens[-1].low in _TITLES_WITH_A_DOT or (len(tokens[-1].low) == 1 and tokens[-1].low.isalpha()))
            )
        elif not opens and text[done] in ':;\n"':
            opens = True
        capital = word[0].isupper()
        loud = len(word) > 1 and word.isupper()
        if word[0].isalpha():
            letters += 1
            capitals += capital
            shouted += loud
        tokens.append(Token(low, without_ending(low), start, end, capital, loud, opens))
        done = end
    return Words(text, tokens, by_case=shouted < SHOUTED * letters)


def well_known(words: Words) -> Iterator[tuple[int, int]]:
    """Where a name stands that is known to all: from, to, in the text."""
    for at, token in enumerate(words.tokens):
        for way in WELL_KNOWN.get(token.low, ()) or WELL_KNOWN.get(token.base, ()):
            here = words.tokens[at : at + len(way)]
            if len(here) == len(way) and all(one in {word.low, word.base} for one, word in zip(way, here, strict=True)):
                yield token.start, here[-1].end


def without_ending(low: str) -> str:
    """`darren's` -> `darren`; `o'brien` stays."""
    return _TAIL.sub("", low) if "'" in low else low


def is_word(low: str) -> bool:
    """Whether this is English, or an abbreviation or brand that names nobody."""
    return low in WORDS


def near_a_word(low: str) -> bool:
    """Whether one slip of the fingers makes this of an English word; two, if it is long."""
    if not SHORTEST_TYPO <= len(low) <= LONGEST_TYPO:
        return False
    near = slips(low)
    if not near.isdisjoint(WORDS):
        return True
    return len(low) >= LONG and any(not slips(low[:at] + low[at + 1 :]).isdisjoint(WORDS) for at in range(len(low)))


SHORTEST_TYPO = 4
LONGEST_TYPO = 20
"""Letters beyond which nothing is looked for: mistyped words are shorter, and the search grows by squares."""
LONG = 9
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def slips(low: str) -> set[str]:
    """Every text one letter dropped, doubled, changed, put in or swapped away from this one."""
    halves = [(low[:at], low[at:]) for at in range(len(low) + 1)]
    found = {left + right[1:] for left, right in halves if right}
    found |= {left + right[1] + right[0] + right[2:] for left, right in halves if len(right) > 1}
    found |= {left + letter + right[1:] for left, right in halves if right for letter in _LETTERS}
    found |= {left + letter + right for left, right in halves for letter in _LETTERS}
    return found
