"""Telling the family what is shared, and the only reasons not to (data-protection rules, section 12)."""

from broker.consent.rulebook import At, Bite, End, Human, rule
from broker.schemas.claims import Told
from broker.schemas.message import Addressing
from broker.schemas.terms import Outcome

WARN, REFUSE = Outcome.SHARE_WITH_WARNING, Outcome.REFUSE


@rule(
    "TR-01",
    WARN,
    at=At.SENDER,
    reason="It is not said whether the family has been told of the sharing.",
    cure="Tell them what is shared and with whom, where that is safe, and say so; or say why they were not told.",
    field="content.law.told",
    source="data-protection-rules TR-01 [WT 33]",
    mark="R",
)
def the_family_is_told_where_safe(end: End) -> Bite:
    """Families are told what is shared and with whom, where that is safe. What follows up adds no new sharing."""
    return end.flow.addressing is Addressing.NAMED and end.claim.told is Told.UNSET


@rule(
    "TR-02",
    REFUSE,
    at=At.SENDER,
    reason="The family has not been told, and none of the reasons that the law accepts is given.",
    cure="Give the one that applies: prejudice to preventing or prosecuting crime (Sch 2 para 2); telling would "
    "prevent a disclosure that the law requires (para 5(2)); risk to a child or another; Article 14(5). Or "
    "tell them.",
    field="content.law.notToldBecause",
    source="data-protection-rules TR-02 [DPA 2018 Sch 2; Art 14(5)]",
    mark="R; K",
)
def untold_for_a_reason_that_the_law_accepts(end: End) -> Bite:
    """A family is left untold for one of four reasons only; a blanket reason is none."""
    return end.claim.told is Told.NOT_TOLD and end.claim.not_told_because is None


@rule(
    "TR-03",
    WARN,
    at=At.SENDER,
    reason="The family has not been told, and no date is set for looking at that again.",
    cure="Set one: the reason holds only as long as telling them would do harm.",
    field="content.law.recheckSet",
    source="data-protection-rules TR-03 [DPA 2018 Sch 2 para 2]",
    mark="R",
)
def not_telling_is_looked_at_again(end: End) -> Bite:
    """An exemption reaches as far as the prejudice and ends with it, so a date is set for another look."""
    return end.claim.told is Told.NOT_TOLD and not end.claim.recheck_set


@rule(
    "TR-04",
    REFUSE,
    at=At.SENDER,
    reason="The sender relies on the crime exemption, but does not say to the recipient that nobody is to be told.",
    cure="Let the restriction travel with the message: say restrictionTravels. The recipient is then exempt to the "
    "same extent.",
    field="content.law.restrictionTravels",
    source="data-protection-rules TR-04 [DPA 2018 Sch 2 para 2(2)-(3)]",
    mark="R",
)
def the_restriction_travels(end: End) -> Bite:
    """Where the sender is exempt for reasons of crime, that travels with the message: the recipient is exempt too."""
    return end.claim.exempt and not end.claim.restriction_travels


RULES = (
    the_family_is_told_where_safe,
    untold_for_a_reason_that_the_law_accepts,
    not_telling_is_looked_at_again,
    the_restriction_travels,
)

HUMAN = (
    Human(
        id="TR-05",
        states="Who must not learn of it is not told another way: portal, letter, access export, breach notice.",
        asks="Before anything is shown or written to a person from what came through the broker: does its cover say "
        "that nobody is to be told, or does the content say from whom it is kept? The broker enforces this on "
        "delivery only.",
        source="data-protection-rules TR-05",
        mark="P",
    ),
)
