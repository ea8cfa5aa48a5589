"""What a program can test of a decision about somebody's rights, which a human of one controller makes.

The decision stays that human's (section 13 of the data-protection rules; the rest of it is in `rules.rights`).
"""

from dataclasses import dataclass

from broker.consent.rulebook import Bite, Finding, Rule, as_found, rule
from broker.schemas.terms import Code, Outcome

HOLD, REFUSE = Outcome.HOLD, Outcome.REFUSE
SIX_MONTHS = 181
"""Days: the shortest six months that there are, so that no opinion is taken for younger than it is."""


class Right(Code):
    """Which right it is about."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"


class Requester(Code):
    """Who asks, by their part in the matter."""

    CHILD = "child"
    PARENTAL_RESPONSIBILITY = "parental-responsibility"
    COURT_APPOINTEE = "court-appointee"
    ADULT = "adult-for-themselves"


class Ground(Code):
    """On which ground access is refused, or erasure granted."""

    CHILD_ABUSE_DATA = "sch3-para-21"
    SERIOUS_HARM = "serious-harm"
    MALICIOUS_ALLEGATION = "article-17(1)(g)"


class Opinion(Code):
    """What the appropriate health professional has said of access to health data."""

    NONE = "none"
    NO_SERIOUS_HARM = "no-serious-harm"
    SERIOUS_HARM = "serious-harm"


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsDecision:
    """What one controller has decided, or would: codes only, nothing that tells of a person."""

    right: Right
    requester: Requester
    granted: bool
    ground: Ground | None = None
    # Access to health data
    holds_health_data: bool = False
    by_health_professional: bool = False
    already_known: bool = False  # the person knows that information already
    opinion: Opinion = Opinion.NONE
    opinion_age: int = 0  # in days
    # Erasure of what a malicious person alleged
    decided_by_machine: bool = False
    convicted_or_under_order: bool = False  # evidence: the sentencing information, or the order
    investigated_here: bool = False  # by this very controller
    no_further_action: bool = False
    # Rectification, erasure, restriction
    recipients_told: bool = False  # or it is impossible or disproportionate, and that is recorded


@rule(
    "RT-02",
    REFUSE,
    reason="Access is refused as child-abuse data, but no parent with responsibility and no court appointee asks.",
    cure="That ground is only for their requests. Answer the child's own request; if access would cause serious harm, "
    "look at that ground instead.",
    field="ground",
    source="data-protection-rules RT-02, 16 #30 [DPA 2018 Sch 3 para 21]",
    mark="R",
)
def child_abuse_data_is_no_ground_against_the_child(decision: RightsDecision) -> Bite:
    """The child-abuse exemption is for requests made in a child's place, never against the child's own."""
    in_anothers_place = decision.requester in (Requester.PARENTAL_RESPONSIBILITY, Requester.COURT_APPOINTEE)
    refused = decision.right is Right.ACCESS and not decision.granted
    return refused and decision.ground is Ground.CHILD_ABUSE_DATA and not in_anothers_place


@rule(
    "RT-04",
    REFUSE,
    reason="Health data would be released, or kept back for serious harm, by somebody who is no health professional "
    "and has no opinion to that effect from the last six months.",
    cure="Ask the appropriate health professional, in writing, whether access would be likely to cause serious harm; "
    "then decide as the opinion says.",
    field="opinion",
    source="data-protection-rules RT-04, 16 #31 [DPA 2018 Sch 3 paras 5(2)-(4), 6]",
    mark="R",
)
def health_data_needs_a_fresh_opinion(decision: RightsDecision) -> Bite:
    """Who is no clinician neither releases health data nor withholds it for harm without an opinion, six months old."""
    if decision.right is not Right.ACCESS or not decision.holds_health_data or decision.by_health_professional:
        return False
    if decision.granted:
        needed, excused = Opinion.NO_SERIOUS_HARM, decision.already_known
    else:
        needed, excused = Opinion.SERIOUS_HARM, decision.ground is not Ground.SERIOUS_HARM
    fresh = decision.opinion is needed and decision.opinion_age <= SIX_MONTHS
    return not excused and not fresh


def _erases_an_allegation(decision: RightsDecision) -> bool:
    erased = decision.right is Right.ERASURE and decision.granted
    return erased and decision.ground is Ground.MALICIOUS_ALLEGATION


@rule(
    "RT-09",
    REFUSE,
    reason="Data would be erased as a malicious person's allegation by a machine, or without evidence of the "
    "conviction or order, or without a decision that no further action is taken.",
    cure="A person decides, with the sentencing information or the order, and the record that nothing more was done.",
    field="decidedByMachine",
    source="data-protection-rules RT-09, 16 #32 [Art 17(1)(g), (4)-(5); WT 35-37]",
    mark="R",
)
def a_person_decides_that_an_allegation_was_malicious(decision: RightsDecision) -> Bite:
    """Erasure under Article 17(1)(g) is decided by a person, on evidence, after no further action was decided."""
    shown = decision.convicted_or_under_order and decision.no_further_action and not decision.decided_by_machine
    return _erases_an_allegation(decision) and not shown


@rule(
    "RT-11",
    REFUSE,
    reason="Data would be erased as a malicious person's allegation by a controller that did not investigate it.",
    cure="Each controller decides for itself: who investigated may erase its own. No other is bound by it.",
    field="investigatedHere",
    source="data-protection-rules RT-11, RT-09, 16 #32 [Art 17(4)]",
    mark="P; K",
)
def who_investigated_decides(decision: RightsDecision) -> Bite:
    """Each controller decides for itself, and Article 17(1)(g) is for the one that investigated."""
    return _erases_an_allegation(decision) and not decision.investigated_here


@rule(
    "RT-12",
    HOLD,
    reason="It was corrected, erased or restricted, but the recipients have not been told.",
    cure="A person tells each of them (notification-corrected or -withdrawn reaches all who were told), or records why "
    "that is impossible or disproportionate; and names them to the person who asks.",
    field="recipientsTold",
    source="data-protection-rules RT-12, 16 #33 [Art 19; DPA 2018 Sch 3 para 1]",
    mark="K; R",
)
def every_recipient_is_told(decision: RightsDecision) -> Bite:
    """Every recipient hears of a rectification, erasure or restriction."""
    done = decision.granted and decision.right is not Right.ACCESS
    return done and not decision.recipients_told


RULES: tuple[Rule, ...] = (
    child_abuse_data_is_no_ground_against_the_child,
    health_data_needs_a_fresh_opinion,
    a_person_decides_that_an_allegation_was_malicious,
    who_investigated_decides,
    every_recipient_is_told,
)


def weigh(decision: RightsDecision) -> tuple[Finding, ...]:
    """What is wrong with it, if anything; a finding of HOLD is for a person to settle."""
    return weigh_by(RULES, decision)


def weigh_by(rules: tuple[Rule, ...], decision: RightsDecision) -> tuple[Finding, ...]:
    """The same, by these rules."""
    return tuple(found for one in rules for found in as_found(one.bites(decision), one.finding))
