"""Whether a sentence is in English: what is not, nobody has screened (TXT-9). A few foreign words in English pass."""

import re
from collections.abc import Iterator

from broker.screening.lists import EITHER, FIRST, LAST, PLACES, SETS
from broker.screening.tokens import Token, Words, is_word

FEWEST_WORDS = 4
"""Words of a sentence from which its language can be told."""
LEAST_ENGLISH = 0.45
"""The share of words in an English note, with its slips and names left out, that a dictionary knows: most reach 0.9."""

_ENGLISH = SETS["english"]
_FOREIGN = SETS["foreign"] - {
    "to",
    "a",
    "i",
    "no",
    "do",
    "in",
    "an",
    "am",
    "per",
    "die",
    "her",
    "of",
    "we",
    "me",
    "he",
    "she",
    "at",
    "on",
    "or",
    "as",
    "mam",
    "mama",
    "baba",
    "from",
    "by",
    "over",
    "down",
}


def foreign(words: Words) -> Iterator[tuple[int, int]]:
    """Where sentences stand that are in no English: from, to, in the reading."""
    sentence: list[Token] = []
    for token in words.tokens:
        if token.opens and sentence:
            yield from _judge(sentence)
            sentence = []
        sentence.append(token)
    yield from _judge(sentence)


_CLAUSE = 12


def _judge(sentence: list[Token]) -> Iterator[tuple[int, int]]:
    """A long sentence is judged in pieces too: half of it may be in another language."""
    for at in range(0, max(len(sentence) - FEWEST_WORDS + 1, 1), _CLAUSE // 2):
        piece = [one for one in sentence[at : at + _CLAUSE] if len(one.low) > 1 and one.low.isalpha()]
        if len(piece) >= FEWEST_WORDS and not _is_english(piece):
            yield piece[0].start, piece[-1].end


def _is_english(piece: list[Token]) -> bool:
    english = sum(one.low in _ENGLISH for one in piece)
    strange = sum(one.low in _FOREIGN and one.low not in _ENGLISH for one in piece)
    if strange >= 3 and strange > english:  # noqa: PLR2004 - by chance, one or two
        return False
    plain = [one for one in piece if not _is_a_name(one)]
    known = sum(is_word(one.base) or is_word(one.low) or one.low in _ENGLISH for one in plain)
    return len(plain) < FEWEST_WORDS or known >= LEAST_ENGLISH * len(plain) or bool(re.search("[0-9]", plain[0].low))


def _is_a_name(token: Token) -> bool:
    """Whether a layer that looks for names sees to it: an unknown word with a capital is one as well."""
    return token.base in FIRST or (token.capital and (not token.shouted or _is_listed(token.base)))


def _is_listed(base: str) -> bool:
    return base in LAST or base in EITHER or base in PLACES
