"""Where a name stands: after kin, a title, or "called"; before somebody's doing. For words that may be names."""

from broker.screening.lists import FIRST, LAST, MONTHS
from broker.screening.tokens import Token, Words

KIN = frozenset(
    """mum mums mummy mam mom mother mothers dad dads daddy father fathers nan nans nanny nana nanna gran grans granny grandma
    grandmother grandad granddad grandads grandfather grandpa grampy nain taid auntie aunty aunt aunts uncle uncles cousin cousins brother
    brothers sister sisters sibling siblings bro sis son sons daughter daughters child twin twins baby babies niece nieces nephew
    nephews stepdad stepmum stepfather stepmother stepbrother stepsister stepson stepdaughter step partner partners husband
    husbands wife wives boyfriend boyfriends girlfriend girlfriends bf gf ex fiance fiancee friend friends bestie mate mates neighbour
    neighbours lodger landlord classmate carer carers godmother godfather guardian grandson granddaughter grandchild hubby fella missus
    lad bloke boy girl youth male female man woman lady guy perp suspect victim witness informant babysitter childminder
    pal cuz foster half-sister half-brother flatmate housemate cellmate associate defendant perpetrator pupil student
    maternal paternal ap vic sus susp sw hv ssw teacher tutor headteacher headmaster head manager midwife nurse worker mentor
    dsl senco ta social""".split()
)
"""Words after which somebody's name may stand: kin, companions, parts in an incident, roles."""
TITLES = frozenset("mr mrs ms miss mx dr doctor prof rev fr sir dame judge cllr auntie aunty aunt uncle nurse coach".split())
RANKS = frozenset(
    """pc ps pcso pcsos dc ds di dci dsu sgt sergeant insp inspector constable wpc dcs supt superintendent cso csm officer det
    detective paramedic""".split()
)
NAMED = frozenset(
    "named called nicknamed aka known-as alias surname surnamed forename name names nickname christened dubbed".split()
)
SAID = frozenset(
    """said says say told tells was is has had came went goes disclosed discloses stated states reported reports asked asks cried
    hit hits punched kicked slapped pushed grabbed threatened shouted shouts screamed looked looks presented presents appeared
    appears seemed seems lives lived attends attended stayed stays left gave gives took takes knows knew thinks thought
    wants wanted feels felt got gets does did doesn't didn't isn't wasn't hasn't hadn't isnt wasnt hasnt hadnt doesnt didnt explained
    explains denied denies admitted admits confirmed confirms arrived arrives returned returns refused refuses became becomes started
    spoke speaks mentioned mentions replied replies described describes moved visited visits phoned called rang texted messaged
    made makes ran runs walked walks wrote writes kept keeps agreed agrees alleged alleges witnessed saw sees heard hears
    likes loves hates needs struggles sleeps eats plays enjoys engaged engages declined declines collected collects
    'd 's born aged who whose having were smelt smelled turned lost used uses slept wet woke played informed advised""".split()
)
"""What people do in notes: a word before one of these, where a name can stand, is a name."""
WITH = frozenset(
    """with told by from saw tell ask asked between phone phoned text texted message messaged meet met visit visited contact contacted
    interviewed arrested ring rang about see seeing ringing telling asking phoning texting calling""".split()
)
_LINKS = frozenset("and that when because then but if while as after before so where although whether until says said since cos".split())
_AFTER = frozenset("and who whose which is was has had said lives aged age said says told also or".split())
_MODAL = frozenset("will hope rob sue guy grant chase chance faith mercy patience joy charity bill mark grace may".split())
_NEVER_AFTER_BY = frozenset("may hope chance faith mercy patience joy charity grace april june august summer".split())
_VERBAL = frozenset("will may hope sue grant chase".split())
_SEASONS = frozenset("summer autumn winter spring april may june august".split())
_OF_TIME = frozenset(
    "half term terms holiday holidays bank time school camp sats exams exam until since and or onwards reading assembly ball".split()
)
_IN_TIME = frozenset("in since until during last next this every early late mid end till over around of the".split())
_NO_NAMES_AFTER = {
    "art": frozenset("and lesson lessons room therapy teacher club class classroom work project exam gcse department".split()),
    "page": frozenset({"number"}),
    "grant": frozenset({"application", "funding"}),
    "ray": frozenset(),
    "trinity": frozenset({"term"}),
    "hope": frozenset({"that", "this", "you", "to"}),
    "will": frozenset("be not never have need also now he she they it we you i there the this that".split()),
    "may": frozenset("be not have need also he she they it we you i there the this that well".split()),
    "mark": frozenset({"sheet", "scheme"}),
    "star": frozenset({"chart"}),
    "faith": frozenset({"school", "group", "leader", "leaders"}),
    "sky": frozenset({"box", "tv", "news", "sports", "broadband"}),
    "jet": frozenset({"ski", "lag", "2"}),
}


def named_by_capital(words: Words, at: int) -> bool:
    """Whether this word has a capital that tells something."""
    token = words.tokens[at]
    return words.by_case and token.capital and not token.shouted


def reads_as_a_name(words: Words, at: int, *, of_the_record: bool = False) -> bool:
    """Whether a word that may be a name (Will, May, Rose) is one here; if it is known to be one, in case of doubt."""
    token = words.tokens[at]
    before = words.tokens[at - 1] if at and not token.opens else None
    after = _next(words, at)
    if after is not None and after.low in _NO_NAMES_AFTER.get(token.base, ()):
        return False
    if named_by_capital(words, at):
        if _is_time(token, before, after):
            return False
        if not token.opens:
            return True
        doubtful = of_the_record and token.base not in _VERBAL
        return doubtful or _begins_as_a_name(words, at, token, after)
    return _stands_as_a_name(words, at, token, before, after)


def _next(words: Words, at: int) -> Token | None:
    if at + 1 >= len(words.tokens) or words.tokens[at + 1].opens:
        return None
    return words.tokens[at + 1]


def _begins_as_a_name(words: Words, at: int, token: Token, after: Token | None) -> bool:
    """A word with a capital at the start of its sentence."""
    if token.low != token.base:
        return True
    if after is None:
        return token.base not in _VERBAL
    if after.low == "and" and at + 2 < len(words.tokens):
        return words.tokens[at + 2].capital or words.tokens[at + 2].low in FIRST
    if after.low in KIN or after.low[0].isdigit():
        return "," in words.gap(at) or "(" in words.gap(at)
    return after.low in SAID or after.low.endswith("ed") or (after.capital and not after.shouted and after.low not in MONTHS)


def _stands_as_a_name(words: Words, at: int, token: Token, before: Token | None, after: Token | None) -> bool:
    """A word without a telling capital: only its place can say."""
    ends = after is None or words.gap(at).strip() != ""
    if after is not None and not ends and (after.low in FIRST or after.low in LAST):
        return True
    follows = after is not None and (after.low in SAID or after.low in _AFTER)
    if before is not None:
        if before.low in NAMED or before.low in TITLES:
            return True
        if before.base in KIN and before.low == before.base:
            return follows if token.base in _VERBAL else ends or follows
        if before.low in WITH:
            return (before.low not in {"by", "from", "with", "about"} or token.base not in _NEVER_AFTER_BY) and (ends or follows)
        if before.low not in _LINKS:
            return False
    if token.low != token.base:
        return True
    return after is not None and after.low in SAID and after.low not in {"is", "has"}.intersection(_unsure(token))


def _unsure(token: Token) -> frozenset[str]:
    """Verbs before which this word, in lower case, is more often the word (hope is, mark has)."""
    return frozenset({"is", "has"}) if token.base in _MODAL else frozenset()


def _is_time(token: Token, before: Token | None, after: Token | None) -> bool:
    if token.base == "art":
        return before is not None and before.low in {"after", "in", "during", "for", "gcse", "like", "likes"}
    if token.base not in _SEASONS:
        return False
    if after is not None and (after.low[0].isdigit() or after.low in _OF_TIME):
        return True
    return before is not None and (before.low in _IN_TIME or before.low[0].isdigit())

