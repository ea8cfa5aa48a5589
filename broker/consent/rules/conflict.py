"""Conflict of interest and do-not-tell: who must not be told, and who is told instead (core-flows RD-7, 3.1, 8 #20)."""

from broker.consent.conflict import Conflict
from broker.consent.rulebook import Bite, Differently, Question, rule
from broker.schemas.terms import Outcome, Release, Role, Scope

HOLD, REFUSE = Outcome.HOLD, Outcome.REFUSE
EITHER = frozenset({Release.RELEASE, Release.BREAK_GLASS})
NOT_THE_USUAL_DESK = (
    "Do not ring the setting's usual desk, whatever else is said here. Ring the council that the call sheet names and "
    "agree who at the setting can be told; then send told-by-other-channel to close this. If the registry desk has an "
    "alternate on file by now, send this again in the same case, under a new id."
)
ASK_FOR_THE_ALTERNATE = "If you ring the setting, ask for the alternate: do not speak of this to its usual desk."
INSTEAD = {
    Conflict.INSTEAD: ASK_FOR_THE_ALTERNATE,
    Conflict.FROM_NOW: f"{ASK_FOR_THE_ALTERNATE} The alternate has not had what its usual desk was told before: send "
    "that again in this case under a new id.",
}
HELD = {
    Conflict.ALTERNATE_TOO: "An adult of this incident is, or sits beside, the alternate that the setting has "
    "declared, so neither its usual desk nor its alternate was sent anything.",
    Conflict.OUT_OF_REACH: "The alternate that the setting has declared cannot be reached: it is not connected, "
    "suspended, closed or without a key. Nothing was sent.",
}


@rule(
    "RD-7",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="An adult of this incident is at the setting in a capacity in which its usual safeguarding lead must not be "
    "told, and the setting has declared no alternate. Nothing was sent.",
    cure=NOT_THE_USUAL_DESK,
    field="content.connections",
    source="core-flows RD-7, 8 #20, #21",
    mark="P",
)
def conflict_of_interest(question: Question) -> Bite:
    """Where the alleged perpetrator is at a setting, or a victim reads its desk, its alternate is told, or nobody."""
    conflict = question.facts.conflict
    if conflict in INSTEAD:
        return Differently(
            outcome=Outcome.SHARE_WITH_WARNING,
            reason="An adult of this incident is at the setting, so its declared alternate is told and its usual desk "
            "gets nothing.",
            cure=INSTEAD[conflict],
        )
    return Differently(reason=HELD[conflict]) if conflict in HELD else conflict is Conflict.NO_ALTERNATE


@rule(
    "RD-7-STAFF",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="The alleged perpetrator is at the very organisation that would receive this. Nothing was sent.",
    cure="Agree with a senior manager there, by telephone, who may open it; then release it with hold-released.",
    field="content.connections",
    source="core-flows RD-7, 8 #22",
    mark="P",
    released_by=EITHER,
)
def the_recipient_employs_the_alleged_perpetrator(question: Question) -> Bite:
    """A council or force where the alleged perpetrator is has no alternate, so a human agrees who may open it."""
    return question.facts.conflict is Conflict.STAFF


@rule(
    "RD-7-DO",
    REFUSE,
    scope=Scope.RECIPIENT,
    reason="The designated officer is told of allegations against people who work with children, and this message says "
    "of nobody alleged to have done harm that they do. A victim is never reported to the designated officer.",
    cure="Leave the designated officer out; or, if the alleged perpetrator works with children, say so in connections.",
    field="content.connections",
    source="core-flows 3.1 CLK-LADO [S1 para 264]",
    mark="R",
    curable=False,
)
def nobody_reports_a_victim(question: Question) -> Bite:
    """Only an alleged perpetrator who works with children is reported to the designated officer, never a victim."""
    facts = question.facts
    return facts.recipient_role is Role.DESIGNATED_OFFICER and not facts.harmer_works_with_children


@rule(
    "RD-DNT",
    HOLD,
    scope=Scope.RECIPIENT,
    reason="You have said in this case that this organisation must not be told. Nothing was sent.",
    cure="Do not ring it, whatever else is said here. If it must know after all, your role holder lets this go with "
    "hold-released; else decide not to share it (hold-refused). A correction of doNotTellOrganisations changes it for "
    "what follows.",
    field="content.doNotTellOrganisations",
    source="issue 5; core-flows 8 #18, #19",
    mark="P",
    released_by=EITHER,
)
def is_not_to_be_told(question: Question) -> Bite:
    """Whom the sender has said must not be told gets nothing of that message, nor of anything later in its case."""
    return question.facts.not_to_be_told


RULES = (
    conflict_of_interest,
    the_recipient_employs_the_alleged_perpetrator,
    nobody_reports_a_victim,
    is_not_to_be_told,
)
