"""Papers that a flow needs before it is used, breaches, and how long things are kept (sections 14 and 15)."""

from broker.consent.facts import Paper
from broker.consent.rulebook import Bite, Built, Differently, Human, Question, rule
from broker.schemas.terms import Outcome, Scope

WARN, REFUSE = Outcome.SHARE_WITH_WARNING, Outcome.REFUSE
MISSING = frozenset({Paper.NONE, Paper.ANOTHERS})


@rule(
    "AC-02",
    REFUSE,
    scope=Scope.CONFIGURATION,
    reason="The sender has no data protection impact assessment for this flow on file.",
    cure="Your data protection officer makes one before the flow is used, and the registry desk registers it.",
    source="data-protection-rules AC-02 [WT 32; ICO step 5]",
    mark="R; r",
)
def the_flow_has_been_assessed(question: Question) -> Bite:
    """Large-scale special-category data about children is high risk: each flow has an assessment before it is used."""
    return question.facts.impact_assessment in MISSING


@rule(
    "AC-03",
    WARN,
    scope=Scope.CONFIGURATION,
    reason="No sharing agreement between these two for this flow is on file.",
    cure="This does not stop the sharing. Agree on one, and have its reference registered.",
    source="data-protection-rules AC-03 [WT 92; ICO step 6]",
    mark="R; r",
)
def a_sharing_agreement_stands(question: Question) -> Bite:
    """A flow that is used again and again has a sharing agreement; its absence stops no urgent share."""
    paper = question.facts.sharing_agreement
    if paper in (Paper.LAPSED, Paper.REVIEW_OVERDUE):
        return Differently(
            reason="The sharing agreement between these two for this flow has lapsed, or is overdue for review.",
            cure="This does not stop the sharing. Review it, and have the new review date registered.",
        )
    return paper in MISSING


RULES = (the_flow_has_been_assessed, a_sharing_agreement_stands)

HUMAN = (
    Human(
        id="AC-01",
        states="Each controller keeps a record of processing; for conditions that need a policy document it also names "
        "the condition, how Article 6 is met, and whether retention was followed.",
        asks="Before this flow is used: is it in your record of processing, with purposes, people, categories, "
        "recipients, retention and security? (`broker flows` and the audit records say what the broker knows.)",
        source="data-protection-rules AC-01 [Art 30; DPA 2018 Sch 1 para 41, s42(4)]",
        mark="K; R",
    ),
    Human(
        id="AC-04",
        states="Wrong recipient, wrong child or failed redaction is a breach: the processor tells the controllers at "
        "once, the regulator hears within 72 hours unless risk is unlikely, the people too if it is high.",
        asks="When did each controller become aware, is a risk likely, and has the regulator been told in time?",
        source="data-protection-rules AC-04 [Arts 33-34; DPA 2018 ss67-68]",
        mark="K; R",
    ),
    Human(
        id="AC-05",
        states="A breach notice can itself endanger: before a person is written to, what must stay hidden is checked.",
        asks="Could the notice tell somebody at that address who must not know? (The crime exemption reaches Article "
        "34.)",
        source="data-protection-rules AC-05 [DPA 2018 Sch 2 para 2(1)]",
        mark="R",
    ),
    Human(
        id="AC-06",
        states="The broker is a processor for each party: it acts on documented instructions only, and nothing is "
        "mined or profiled across messages.",
        asks="Is that in the contract with the broker's operator, and has anybody looked that it is kept?",
        source="data-protection-rules AC-06 [Art 28; DPA 2018 s60]",
        mark="K; R",
    ),
    Human(
        id="RET-01",
        states="No flow is used without a retention policy of the controller.",
        asks="Which policy of yours says how long what comes through this flow is kept, and where is that recorded?",
        source="data-protection-rules RET-01",
        mark="P",
    ),
    Human(
        id="RET-03",
        states="Whether something under a legal hold is erased on request is decided by a person.",
        asks="Is there an inquiry, review, litigation or inquest, and does its hold outweigh the request?",
        source="data-protection-rules RET-03",
        mark="P",
    ),
    Human(
        id="RET-04",
        states="What was shared on consent expires with the consent. (Once it has ended, nothing more is sent on it: "
        "CON-04.)",
        asks="Has each recipient deleted what it holds on that consent alone?",
        source="data-protection-rules RET-04",
        mark="P",
    ),
)

BUILT = (
    Built(
        id="RET-02",
        states="The broker's own copies end with their retention, and for certain when their key is destroyed; "
        "what is under a legal hold is carried over first. A certificate of it is step 7, and what a controller holds "
        "is its own to delete.",
        where="broker/topics.py: retention; broker/keys.py: destroy; broker/custody.py: reseal",
        test="tests/integration/test_erasure.py::test_a_copy_that_is_sealed_to_a_destroyed_key_opens_for_nobody",
        source="data-protection-rules RET-02",
        mark="P",
    ),
)
