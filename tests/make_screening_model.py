"""Train the model that reads names in notes: `make screening-model`.

It starts from the weights of the optional extra (`en_core_web_sm`), which know general American prose, and goes on with
notes that are put together here: `screening_sentences.txt`, names of the screening lists and names that nobody
bears, without capitals, all in capitals, dictated without a full stop, mistyped. Nothing of `tests/eval/notes` is read.
Same seed, lists and machine, same weights; another processor may round otherwise, and then the digest in
`broker/screening/model.py` is another one, to be changed only with figures measured anew.
"""

import hashlib
import lzma
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import spacy
from spacy.language import Language
from spacy.training import Example
from spacy.util import fix_random_seed, minibatch

from broker.screening import model
from broker.screening.lists import EITHER, FIRST, LAST, NICKNAMES, PLACES

SEED = 20261124
NOTES, PASSES, BATCH, DROP, RATE = 14_000, 3, 48, 0.25, 0.0004
KEPT_BITS = 12
"""Of the 23 bits of a weight's fraction; the others are noise and would double the size of the file."""

Words = Sequence[str]


def _material() -> tuple[Words, Mapping[str, Words]]:
    """(sentences, what -> parts of names) of the file beside this one."""
    sentences: list[str] = []
    parts: dict[str, Words] = {}
    for line in Path(__file__).with_name("screening_sentences.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            what, _, words = line.removeprefix("@").partition(": ")
            parts[what] = words.split(",")
        elif line and not line.startswith("#"):
            sentences.append(line)
    return sentences, parts


SENTENCES, PARTS = _material()
SLOT = re.compile(r"\{(\w+)\}")


Made = tuple[str, list[tuple[int, int, str]]]
"""A text, and (start, end, label) of each name in it."""


class Names:
    """Draws names. Every third one is in no list: rules before the model read the lists, and it is for the rest."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._first, self._last = sorted(FIRST), sorted(LAST)
        self._either = sorted(EITHER)
        self._short = sorted({short for shorts in NICKNAMES.values() for short in shorts if len(short) > 2})
        self._towns = sorted({" ".join(way) for ways in PLACES.values() for way in ways})

    def draw(self, slot: str) -> tuple[str, str]:
        """(text, spaCy's label) for one slot."""
        makers: dict[str, tuple[Callable[[], str], str]] = {
            "first": (self.first, "PERSON"),
            "full": (self._full, "PERSON"),
            "sur": (self.last, "PERSON"),
            "nick": (self._nick, "PERSON"),
            "word": (lambda: self._pick(self._either).title(), "PERSON"),
            "wordsur": (lambda: self._part("surname"), "PERSON"),
            "town": (self._town, "GPE"),
            "area": (self._area, "GPE"),
            "street": (self._street, "FAC"),
            "home": (
                lambda: f"{self._chance.randint(1, 199)}{self._one('', '', '', 'a', 'b')} {self._street()}",
                "FAC",
            ),
            "school": (self._school, "ORG"),
            "org": (self._org, "ORG"),
            "pub": (self._pub, "ORG"),
            "prison": (lambda: f"{self._one('HMP', 'HMYOI', 'YOI')} {self._town()}", "ORG"),
            "flat": (lambda: f"{self._chance.randint(1, 120)}{self._one('', '', 'a', 'B')}", "FAC"),
        }
        make, label = makers[slot]
        return make(), label

    def first(self) -> str:
        """A first name."""
        way = self._chance.random()
        if way < 0.12:
            return self._pick(self._short).title()
        if way < 0.2:
            return self._pick(self._either).title()
        return self._pick(self._first).title() if way < 0.7 else self._coined()

    def last(self) -> str:
        """A surname."""
        name = self._pick(self._last).title() if self._chance.random() < 0.65 else self._coined()
        return f"{name}-{self._pick(self._last).title()}" if self._chance.random() < 0.06 else name

    def _full(self) -> str:
        way = self._chance.random()
        if way < 0.06:
            return f"{self.last().upper()}, {self.first()}"
        middle = f" {self.first()}" if way < 0.12 else ""
        return (
            f"{self._chance.choice(self.first())}. {self.last()}"
            if way > 0.93
            else f"{self.first()}{middle} {self.last()}"
        )

    def _nick(self) -> str:
        way = self._chance.random()
        if way < 0.35:
            return self._part("called")
        if way < 0.5:
            return (
                f"{self._one('Big', 'Little', 'Old', 'Young', 'Mad', 'Lil', 'Fat', 'Uncle', 'Auntie')} {self.first()}"
            )
        return self._pick(self._short).title() if way < 0.85 else self._coined()[:4]

    def _coined(self) -> str:
        """A name that nobody bears: syllables."""
        parts = [self._part("sound begins") + self._part("sound ends") for _ in range(self._chance.randint(1, 3))]
        return ("".join(parts) + self._part("name ends")).title()

    def _town(self) -> str:
        if self._chance.random() < 0.4:
            return self._pick(self._towns).title()
        name = (self._part("town begins") + self._part("town ends")).title()
        more = self._chance.random()
        return f"{self._one('Great', 'Little', 'Upper', 'Nether', 'East', 'North')} {name}" if more < 0.1 else name

    def _area(self) -> str:
        way = self._chance.random()
        if way < 0.4:
            return self._town()
        if way < 0.7:
            return f"{self._part('street name')} {self._part('area ends')}"
        return f"{self._town()} {self._one('Park', 'Rec', 'Estate', 'Fields', 'Common')}"

    def _street(self) -> str:
        way = self._chance.random()
        name = self._part("street name") if way < 0.5 else self._town() if way < 0.8 else self.last()
        kind = self._part("street kind")
        return f"{name} {kind[:2] if kind in {'Road', 'Street'} and way < 0.1 else kind}"

    def _school(self) -> str:
        way = self._chance.random()
        if way < 0.4:
            name = f"{self._one('St', 'St', 'St.', 'Saint')} {self._part('saint')}{self._part('saint ends')}"
            return name if way < 0.2 else f"{name} {self._part('school kind')}"
        return f"{self._part('street name') if way < 0.6 else self._town()} {self._part('school kind')}"

    def _org(self) -> str:
        way = self._chance.random()
        name = self._part("street name") if way < 0.4 else self._town() if way < 0.7 else self.first()
        if way > 0.9:
            return f"{self._one('The', 'the')} {self._part('street name')}{self._part('meeting place ends')}"
        return f"{name} {self._part('organisation kind')}"

    def _pub(self) -> str:
        way = self._chance.random()
        if way < 0.5:
            return f"{self._one('The', 'the', '')} {self._part('pub begins')} {self._part('pub ends')}".strip()
        owner = self.first() if way < 0.7 else self._part("pub begins")
        return f"{owner}{self._part('possessive')} {self._part('shop kind')}"

    def _pick(self, among: Words) -> str:
        return self._chance.choice(among)

    def _part(self, of: str) -> str:
        return self._pick(PARTS[of])

    def _one(self, *among: str) -> str:
        return self._pick(among)


def made(chance: random.Random, sentences: Words, names: Names) -> Made:
    """One note: a few sentences, in one way of writing."""
    way = chance.choices(["tidy", "lower", "upper", "dictated", "sloppy"], [45, 22, 9, 10, 14])[0]
    text, found = "", list[tuple[int, int, str]]()
    for sentence in chance.sample(sentences, chance.choice([1, 1, 2, 2, 3, 4, 5])):
        text += chance.choice([" ", " ", " ", "\n", " - "]) if text else ""
        pieces = SLOT.split(sentence)
        if way == "dictated":
            pieces[0::2] = [re.sub(r"[.,:;\"()]", "", piece) for piece in pieces[0::2]]
        if way == "sloppy":
            pieces[0::2] = [_mistyped(chance, piece) for piece in pieces[0::2]]
        for number, piece in enumerate(pieces):
            if number % 2 == 0:
                text += piece
                continue
            name, label = names.draw(piece)
            if way == "sloppy" and chance.random() < 0.4:
                name = name.lower()
            found.append((len(text), len(text) + len(name), label))
            text += name
    if way in {"lower", "dictated"}:
        text = _same_length(text, str.lower)
    return (_same_length(text, str.upper) if way == "upper" else text), found


def _same_length(text: str, written: Callable[[str], str]) -> str:
    return "".join(written(one) if len(written(one)) == 1 else one for one in text)


def _mistyped(chance: random.Random, piece: str) -> str:
    """Some words with two letters swapped or one left out, some apostrophes gone."""
    piece = piece.replace("'", "") if chance.random() < 0.4 else piece
    words = re.split(r"(\s+)", piece)
    for at, word in enumerate(words):
        if len(word) > 4 and word.isalpha() and chance.random() < 0.08:
            cut = chance.randrange(1, len(word) - 1)
            swapped = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
            words[at] = swapped if chance.random() < 0.5 else word[:cut] + word[cut + 1 :]
    return "".join(words)


def examples(nlp: Language, chance: random.Random, sentences: Words, count: int) -> Iterator[Example]:
    """Notes as spaCy learns from them. A name that no whole tokens make is left open, neither a name nor none."""
    names = Names(chance)
    for _ in range(count):
        text, found = made(chance, sentences, names)
        doc = nlp.make_doc(text)
        spans = [doc.char_span(*one[:2], label=one[2], alignment_mode="expand") for one in found]
        kept = spacy.util.filter_spans([span for span in spans if span is not None])
        yield Example.from_dict(doc, {"entities": [(one.start_char, one.end_char, one.label_) for one in kept]})


def train(sentences: Words, passes: int = PASSES, count: int = NOTES, say: Callable[[str], object] = print) -> Language:
    """The pipeline after training."""
    fix_random_seed(SEED)
    chance = random.Random(SEED)  # noqa: S311 - play data
    nlp = spacy.load(model.folder(), exclude=model.UNUSED)
    optimizer = nlp.resume_training()
    optimizer.learn_rate = RATE
    for number in range(passes):
        losses: dict[str, float] = {}
        for batch in minibatch(examples(nlp, chance, sentences, count), BATCH):
            nlp.update(batch, sgd=optimizer, drop=DROP, losses=losses)
        say(f"pass {number + 1} of {passes}: loss {losses['ner']:.0f}")
    return nlp


def rounded(nlp: Language) -> bytes:
    """The weights of the names component, with the noise in their last bits removed, compressed."""
    mask = np.uint32(0xFFFFFFFF << (23 - KEPT_BITS) & 0xFFFFFFFF)
    for node in nlp.get_pipe(model.READER).model.walk():
        for name in node.param_names:
            if node.has_param(name):
                weights = np.ascontiguousarray(node.get_param(name))
                node.set_param(name, (weights.view(np.uint32) & mask).view(np.float32))
    return lzma.compress(nlp.get_pipe(model.READER).to_bytes(exclude=["vocab"]), preset=9)


def main() -> None:
    """Train, write the file beside the lists, say its digest."""
    weights = rounded(train(SENTENCES))
    file = Path(model.__file__).parent / "data" / model.WEIGHTS
    file.write_bytes(weights)
    sys.stdout.write(f"{file.name}: {len(weights)} bytes, SHA-256 {hashlib.sha256(weights).hexdigest()}\n")


if __name__ == "__main__":
    main()
