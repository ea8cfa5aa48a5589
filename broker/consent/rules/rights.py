"""Rights of the people concerned: decided by humans, controller by controller (data-protection rules, section 13).

What a program can test of such a decision (RT-02, RT-04, RT-09, RT-11, RT-12) is in `broker.consent.rights`.
"""

from broker.consent import rights
from broker.consent.rulebook import Built, Human, Rule

WEIGHED: tuple[Rule, ...] = rights.RULES
"""What a program can test of such a decision."""

HUMAN = (
    Human(
        id="RT-01",
        states="An access request is answered within a month, which can pause and be extended; the search is "
        "reasonable and proportionate.",
        asks="When did it come, does the clock pause, and what is searched? (The broker keeps no clock of this yet.)",
        source="data-protection-rules RT-01",
        mark="r",
    ),
    Human(
        id="RT-03",
        states="Health, social work and education data may be withheld where access would be likely to cause serious "
        "harm to the person or another.",
        asks="Would it, to whom, and who says so? For health data see RT-04.",
        source="data-protection-rules RT-03 [DPA 2018 Sch 3 paras 5, 7, 11, 17, 19]",
        mark="R",
    ),
    Human(
        id="RT-05",
        states="A parent's request does not reach what the child gave, or was examined for, expecting it to stay "
        "private, or asked to keep back.",
        asks="Which parts did the child say in confidence? Take those out before a parent is answered.",
        source="data-protection-rules RT-05 [DPA 2018 Sch 3 paras 4, 10]",
        mark="R",
    ),
    Human(
        id="RT-06",
        states="Other people in the record are weighed; that a health, social work or education worker acted in an "
        "official capacity is presumed reasonable to disclose.",
        asks="Who else is in it, and what does each have to fear? Do not black out every professional.",
        source="data-protection-rules RT-06 [DPA 2018 Sch 2 paras 16-17]",
        mark="R",
    ),
    Human(
        id="RT-07",
        states="Social work data includes what the NSPCC holds, and what a health body got from a council.",
        asks="Where did each part come from? It keeps the exemption of its source.",
        source="data-protection-rules RT-07 [DPA 2018 Sch 3 para 8]",
        mark="R",
    ),
    Human(
        id="RT-08",
        states="What is wrong is corrected or annotated, and the recipients hear of it; a disputed opinion stays, with "
        "the person's statement beside it.",
        asks="Is it a fact that is wrong, or an opinion that is disputed? Send notification-corrected for a fact.",
        source="data-protection-rules RT-08 [Art 16]",
        mark="K",
    ),
    Human(
        id="RT-10",
        states="Erasure may be refused for a legal obligation, a public-interest task, safeguarding or legal claims; "
        "with reasons, and the way to complain.",
        asks="Which ground, why does it apply, and has the person been told how to complain?",
        source="data-protection-rules RT-10 [Art 17(3); WT 36]",
        mark="K; R",
    ),
    Human(
        id="RT-14",
        states="A complaint can be made by electronic form and is acknowledged within 30 days.",
        asks="When did it come, and has it been acknowledged?",
        source="data-protection-rules RT-14 [DPA 2018 s164A]",
        mark="r",
    ),
)

BUILT = (
    Built(
        id="RT-13",
        states="What cannot be deleted from a log is erased by destroying the key that it is sealed to. Keys for each "
        "person and message are step 7; today a key covers a reader, or the broker's own records.",
        where="broker/keys.py: destroy; docs/erasure.md: What erases what",
        test="tests/integration/test_erasure.py::test_a_tombstone_does_not_erase_a_copy_taken_before_and_the_key_does",
        source="data-protection-rules RT-13",
        mark="P",
    ),
)
