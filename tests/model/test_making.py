"""The made-up notes that the model is trained on, and that training does the same thing twice."""

import random

from broker.screening import model
from tests import make_screening_model as making


def test_every_made_up_note_says_where_its_names_stand() -> None:
    chance = random.Random(7)  # noqa: S311 - play data
    names = making.Names(chance)
    seen: set[str] = set()
    for _ in range(500):
        text, found = making.made(chance, making.SENTENCES, names)
        assert "{" not in text
        ends = 0
        for start, end, label in found:
            assert ends <= start < end <= len(text)
            assert text[start:end] == text[start:end].strip()
            assert label in model.READS
            seen.add(label)
            ends = end
    assert seen == {"PERSON", "GPE", "FAC", "ORG"}


def test_every_slot_of_a_sentence_is_one_that_can_be_drawn() -> None:
    names = making.Names(random.Random(7))  # noqa: S311 - play data
    for sentence in making.SENTENCES:
        for slot in making.SLOT.findall(sentence):
            assert names.draw(slot)[0]


def test_training_twice_gives_the_same_weights() -> None:
    once, twice = (
        making.rounded(making.train(making.SENTENCES, passes=1, count=100, say=lambda _: None)) for _ in range(2)
    )
    assert once == twice
