"""Whether a sentence is in English: what is not, nobody has screened (TXT-9). A few foreign words in English pass."""

import re
from collections.abc import Iterator

from broker.screening.lists import EITHER, FIRST, LAST, PLACES
from broker.screening.tokens import Token, Words, is_word

FEWEST_WORDS = 4
"""Words of a sentence from which its language can be told."""
LEAST_ENGLISH = 0.45
"""The share of words in an English note, with its slips and names left out, that a dictionary knows: most reach 0.9."""

_ENGLISH = frozenset(
    """the a an and or but if of to in on at by for from with without is was are were be been has had have did does do not no he she it they
    we you i me him her them his their my your this that there here what when who which will would could can said says told
    saw after before because about up down out off over as so just then than very all any some one two mum dad child""".split()
)
_FOREIGN = frozenset(
    # Welsh
    """mae yn yr y ac ei eu fy dy nid oedd wedi gan gyda ar hyn hynny hi ef nhw chi ni ond neu fod bod roedd dw dydy ydy ydi wnaeth
    dweud plentyn mam tad ysgol heddlu cartref bachgen merch teulu """
    # Polish
    """nie jest się sie na do ze że to jak tak ale po za od był byla była mnie ona jego jej mama tata dziecko szkoła policja dom bardzo
    już juz jestem mam przez """
    # Romanian
    """și si nu că ca este sunt am ai cu din pe la un o mai lui ei eu tu el ea dar pentru copilul copil acasă acasa mama tata școală
    politie foarte fost """
    # Urdu, Hindi, Punjabi and Bengali in Latin letters
    """hai hain ka ki ke ko mein nahi nahin aur kya tha thi mujhe usne bahut ghar baccha bachcha maa baap ne da di nu ami amar tumi
    ache kore """
    # Somali, Arabic in Latin letters, Turkish, Albanian, Lithuanian
    """waa iyo oo ka ku u ayaa waxaa maya haa ilmaha hooyo aabo guriga wa la fi min ana huwa hiya bir ve bu da de için icin cok çok
    değil degil anne baba çocuk cocuk okul polis ev është eshte dhe në ne për per nga nuk yra ir kad buvo """
    # Portuguese, Spanish, French, Italian, German
    """não nao que uma um em com para ele ela mas criança casa escola foi el los las una con por niño nina madre padre pero muy está esta
    le les des du et est pas dans pour avec sur qui elle il je tu enfant mère maison école il lo gli di che non è sono der die das und
    ist nicht ein eine mit von zu ich sie er""".split()
) - {"to", "a", "i", "no", "do", "in", "an", "am", "per", "die", "her", "of", "we", "me", "he", "she", "at", "on", "or", "as", "mam", "mama", "baba", "from", "by", "over", "down"}


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
        piece = [one for one in sentence[at : at + _CLAUSE] if one.low[0].isalpha()]
        if len(piece) >= FEWEST_WORDS and not _is_english(piece):
            yield piece[0].start, piece[-1].end


def _is_english(piece: list[Token]) -> bool:
    english = sum(one.low in _ENGLISH for one in piece)
    strange = sum(one.low in _FOREIGN and not one.low in _ENGLISH for one in piece)
    if strange >= 3 and strange > english:  # noqa: PLR2004 - by chance, one or two
        return False
    plain = [one for one in piece if not _is_a_name(one)]
    known = sum(is_word(one.base) or is_word(one.low) or one.low in _ENGLISH for one in plain)
    return len(plain) < FEWEST_WORDS or known >= LEAST_ENGLISH * len(plain) or bool(re.search("[0-9]", plain[0].low))


def _is_a_name(token: Token) -> bool:
    return token.capital and (token.base in FIRST or token.base in LAST or token.base in EITHER or token.base in PLACES)
