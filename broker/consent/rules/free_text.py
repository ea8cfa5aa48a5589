"""Free text: what the screening keeps back, by which rule, and what a sender's human can do about it (TXT-0 to TXT-9).

Structured fields go at once; free text follows when it has been read. What a rule keeps back is a segment, never the
message, unless the type cannot be understood without it (TXT-0). This is minimisation with review, not anonymisation.
"""

from collections.abc import Iterable, Mapping

from broker.consent.rulebook import Built, Finding
from broker.schemas.terms import Outcome, Release, Scope

SOURCE = "core-flows 3.5 (RD-1 to RD-6); design 2, 4"
LET_GO = frozenset({Release.RELEASE, Release.BREAK_GLASS})
CURE = (
    "Read it. If the recipient needs it as it stands, release it (`broker holds release`); else refuse it, say it anew "
    "without what was found, or telephone."
)

SAYS: Mapping[str, str] = {
    "TXT-1": "Free text goes only to a role whose purpose needs it.",
    "TXT-2": "It names somebody, or holds something, of this message's own record that this recipient may not see.",
    "TXT-3": "It holds a number, address or name on the internet by which a person can be found.",
    "TXT-4": "It names somebody or a place or an organisation on the broker's lists, not of this message's record.",
    "TXT-5": "It seems to name a person who is not of this message's record: another family's data.",
    "TXT-6": "The language model takes a part of it for the name of a person or place.",
    "TXT-7": "With the broker's wording in place, it still held something that had to be kept back.",
    "TXT-8": "It could not be read in time, or not at all.",
    "TXT-9": "It holds hidden characters, markup, code or a language that the broker does not read.",
}
"""What each rule says of a segment that it keeps back, in one line, without a word of what was found."""

TEXT_FIRST = Finding(
    rule="TXT-0",
    outcome=Outcome.HOLD,
    scope=Scope.RECIPIENT,
    reason="Without its free text this message says nothing, and that is still being read by the screening.",
    cure="Nothing to do: it goes as soon as it has been read. If it cannot wait, release it.",
    source=SOURCE,
    mark="P",
    released_by=LET_GO,
)
"""Given after redaction, when what cannot be done without has not been screened yet."""


def kept_back(rules: Iterable[str]) -> tuple[Finding, ...]:
    """Why segments were kept back, for their sender. An unknown rule is one that could not be read."""
    return tuple(
        Finding(
            rule=rule,
            outcome=Outcome.HOLD,
            scope=Scope.ELEMENT,
            reason=SAYS[rule],
            cure=CURE,
            source=SOURCE,
            mark="P",
            released_by=LET_GO,
        )
        for rule in sorted({rule if rule in SAYS else "TXT-8" for rule in rules})
    )


_TEST = "tests/unit/test_narrative.py::test_"
BUILT = (
    Built(
        id="TXT-0",
        states="Structured fields go at once, whatever the free text does; a whole message waits only where it says "
        "nothing without its free text.",
        where="broker/judge.py: settle; broker/casework.py: screened",
        test=f"{_TEST}structured_fields_go_at_once_and_the_text_is_pending",
        source=SOURCE,
        mark="P",
    ),
    Built(
        id="TXT-1",
        states=SAYS["TXT-1"],
        where="broker/consent/redact.py: Label.NARRATIVE",
        test="tests/unit/test_redact.py::test_free_text_needs_the_label_of_its_role",
        source=SOURCE,
        mark="P",
    ),
    *(
        Built(
            id=rule,
            states=SAYS[rule],
            where=f"broker/screening/{where}",
            test=f"{_TEST}what_a_rule_keeps_back_is_a_segment_and_its_sender_hears_why",
            source=SOURCE,
            mark="P",
        )
        for rule, where in (
            ("TXT-2", "own.py: RULE"),
            ("TXT-3", "patterns.py: RULE"),
            ("TXT-4", "gazetteers.py: RULE"),
            ("TXT-5", "kinship.py: BY_PLACE"),
            ("TXT-6", "model.py: RULE"),
            ("TXT-7", "screen.py: AGAIN"),
            ("TXT-8", "screen.py: FAILED"),
            ("TXT-9", "screen.py: HIDDEN"),
        )
    ),
)
