"""Documents and agreements: who may file them, whom they bind, how they stand on a day, and what they let be seen."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from broker import data, register
from broker.consent import papers as consent
from broker.consent.facts import Facts, Paper, recorded
from broker.consent.law.policy import POLICY
from broker.consent.papers import GRACE, SOON, Agreed, Standing, needing_a_document, standing
from broker.consent.redact import view
from broker.drafts import Carried
from broker.home import Home
from broker.papers import Papers
from broker.register import (
    REGISTRAR,
    AgreementDeclared,
    AgreementJoined,
    Connected,
    DocumentFiled,
    Event,
    EventRefused,
    PaperEnded,
    Register,
    Suspended,
    Why,
    hidden,
    sign_event,
)
from broker.registry import Channel, Nation, Registry
from broker.schemas.catalogue import BY_TYPE, CATALOGUE
from broker.schemas.claims import Claim, Schedule1
from broker.schemas.papers import Agreement, Class, Document, DocumentKind
from broker.schemas.terms import AddressHandling, Kind, Label, Role
from broker.sealing import unseal
from tests.papers import BEGINS, HANDOVER, ISSUED, RECEIPT, REVIEW, agreement, assessment, document
from tests.personas import (
    ACLAND,
    ARGYLE,
    BROKER,
    BROOKFIELD,
    CAMDEN,
    HERTS,
    HERTS_AREA,
    MARRIOTTS,
    MET,
    MET_AREA,
    NIGHT,
    Json,
    incident,
    lead,
    notification,
)
from tests.world import World, make_home

DAY = NIGHT.date()
ONE = timedelta(days=1)
NARROW = tuple(sorted(set(Label) - {Label.OPINION, Label.VOICE, Label.LOCATION} | {Label.VOICE}))
"""All but opinions and places: a required field is about the child's voice."""
P18 = frozenset({"sch1-para-18"})


# How one stands ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "stands"),
    [
        (BEGINS - ONE, Paper.NONE),
        (BEGINS, Paper.CURRENT),
        (REVIEW - SOON - ONE, Paper.CURRENT),
        (REVIEW - SOON, Paper.REVIEW_SOON),
        (REVIEW, Paper.REVIEW_SOON),
        (REVIEW + ONE, Paper.REVIEW_OVERDUE),
        (REVIEW + GRACE, Paper.REVIEW_OVERDUE),
        (REVIEW + GRACE + ONE, Paper.LAPSED),
    ],
)
def test_expiry_warns_ahead_then_bites(day: date, stands: Paper) -> None:
    assert standing(document(), None, day) is stands


@pytest.mark.parametrize(
    ("day", "stands"),
    [
        (date(2026, 3, 31) - SOON - ONE, Paper.CURRENT),
        (date(2026, 3, 31) - SOON, Paper.REVIEW_SOON),
        (date(2026, 3, 31), Paper.REVIEW_SOON),
        (date(2026, 4, 1), Paper.LAPSED),
    ],
)
def test_a_last_day_has_no_grace(day: date, stands: Paper) -> None:
    assert standing(document(valid_to=date(2026, 3, 31)), None, day) is stands


@pytest.mark.parametrize(
    ("ended", "stands"), [(DAY + ONE, Paper.CURRENT), (DAY, Paper.LAPSED), (DAY - ONE, Paper.LAPSED)]
)
def test_what_is_ended_counts_no_more_from_that_day(ended: date, stands: Paper) -> None:
    assert standing(document(), ended, DAY) is stands


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: document(valid_to=BEGINS - ONE), "ends before it begins"),
        (lambda: document(review_on=BEGINS), "reviewed before it begins"),
        (lambda: document(flows=(ISSUED,)), "it is a policy document"),
        (lambda: document(conditions=()), "it is a policy document"),
        (lambda: assessment(conditions=("sch1-para-18",)), "it is an impact assessment"),
        (lambda: assessment(flows=()), "it is an impact assessment"),
        (lambda: agreement(parties=(MET, ACLAND, MET)), "names a party twice"),
        (lambda: agreement(parties=(MET,)), "fewer than two parties"),
        (lambda: Class(kind=Kind.SCHOOL), "needs a council or a police area"),
        (lambda: document(owner_role="Jane Example"), "owner_role|ownerRole"),
        (lambda: document(sha256="0"), "sha256"),
    ],
)  # fmt: skip
def test_a_record_that_makes_no_sense_cannot_be_made(make: Callable[[], object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        make()


# Documents -----------------------------------------------------------------------------------------------------------


def stand(papers: Papers, day: date = DAY) -> Standing:
    return Standing(papers, day)


def test_the_best_document_counts_for_each_condition_and_the_worst_condition_for_all() -> None:
    papers = Papers().file(document()).file(document(id="document-000000000001", review_on=DAY - ONE))
    assert stand(papers).policy_document(MET, P18) is Paper.CURRENT
    papers = papers.end("document-0123456789ab", NIGHT)
    assert stand(papers).policy_document(MET, P18) is Paper.REVIEW_OVERDUE
    assert stand(papers).policy_document(MET, P18 | {"sch1-para-36"}) is Paper.NONE
    assert stand(papers).policy_document(MET, frozenset()) is Paper.CURRENT, "nothing needs one"
    assert stand(papers).policy_document(ACLAND, P18) is Paper.NONE


def test_a_policy_document_of_another_controller_is_anothers_and_an_assessment_may_be() -> None:
    papers = Papers().file(document(ACLAND, owner=CAMDEN)).file(assessment(ACLAND, owner=MET))
    assert stand(papers).policy_document(ACLAND, P18) is Paper.ANOTHERS
    assert stand(papers).policy_document(CAMDEN, P18) is Paper.NONE, "it was not the council that filed it"
    assert stand(papers).impact_assessment(ACLAND, ISSUED) is Paper.CURRENT
    assert stand(papers).impact_assessment(ACLAND, HANDOVER) is Paper.NONE
    assert stand(papers, BEGINS - ONE).policy_document(ACLAND, P18) is Paper.NONE


@pytest.mark.parametrize(
    ("basis", "kind", "claimed", "needs"),
    [
        ("LB-E1", Kind.POLICE, None, {"sch1-para-18"}),
        ("LB-E3", Kind.SCHOOL, None, {"sch1-para-18", "sch1-para-36"}),
        ("LB-PP", Kind.POLICE, None, set()),
        ("LB-E1", Kind.POLICE, Claim(schedule_1=(Schedule1.PARA_2, Schedule1.PARA_1)), {"sch1-para-1"}),
        ("LB-E9", Kind.POLICE, None, set()),
    ],
)
def test_which_conditions_of_a_row_need_a_document(
    basis: str, kind: Kind, claimed: Claim | None, needs: set[str]
) -> None:
    assert needing_a_document(POLICY, basis, kind, Nation.ENGLAND, claimed, DAY, independent=False) == needs


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent, "MOST_REMEMBERED", 2)
    found = stand(Papers().file(document()))
    for _ in range(2):
        asked = (found.policy_document(one, P18) for one in (MET, ACLAND, CAMDEN, HERTS))
        assert list(asked) == [Paper.CURRENT, Paper.NONE, Paper.NONE, Paper.NONE]


# Agreements ----------------------------------------------------------------------------------------------------------


def agreed(*made: Agreement, joined: tuple[str, ...] = (ACLAND,)) -> Papers:
    papers = Papers()
    for one in made:
        papers = papers.agree(one)
        for party in joined:
            papers = papers.join(one.id, party)
    return papers


def test_an_agreement_binds_only_those_who_have_joined_it() -> None:
    papers = agreed(agreement())
    assert stand(papers).agreement(MET, ACLAND, ISSUED) == stand(papers).agreement(ACLAND, MET, ISSUED)
    assert stand(papers).agreement(MET, ACLAND, ISSUED) == Agreed(Paper.CURRENT)
    assert stand(papers).agreement(MET, CAMDEN, ISSUED) == Agreed(Paper.NONE), "named, and has never joined"
    assert stand(papers).agreement(MET, ACLAND, HANDOVER) == Agreed(Paper.NONE), "not for that type"
    assert stand(agreed(agreement(owner=CAMDEN, parties=(MET, ACLAND)))).agreement(MET, ACLAND, ISSUED) == Agreed(
        Paper.NONE
    ), "an owner that is no party joins nobody"
    assert stand(Papers()).agreement(MET, MET, ISSUED) == Agreed(Paper.CURRENT), "nobody needs one with itself"


@pytest.mark.parametrize("who", [MET, ACLAND])
def test_who_leaves_an_agreement_is_bound_by_it_no_more_until_it_joins_again(who: str) -> None:
    papers = agreed(agreement()).leave(agreement().id, who, NIGHT)
    assert stand(papers).agreement(MET, ACLAND, ISSUED).stands is Paper.LAPSED
    assert papers.parties(agreement().id) == [one for one in (MET, ACLAND) if one != who]
    again = papers.join(agreement().id, who)
    assert stand(again).agreement(MET, ACLAND, ISSUED).stands is Paper.CURRENT
    assert len(list(again.between(MET, ACLAND))) == 1


def test_every_agreement_that_stands_binds() -> None:
    other = agreement(id="agreement-000000000001", labels=(Label.NONE, Label.IDENTITY))
    third = agreement(id="agreement-000000000002", labels=(Label.IDENTITY, Label.VOICE))
    assert stand(agreed(agreement(), other)).agreement(MET, ACLAND, ISSUED).labels == ("ID", "none")
    assert stand(agreed(agreement(), other, third)).agreement(MET, ACLAND, ISSUED).labels == ("ID",)


def test_what_lapses_never_lets_more_be_seen_until_there_is_another() -> None:
    narrow = agreement(labels=(Label.NONE,))
    lapsed = agreed(narrow).end(narrow.id, NIGHT)
    assert stand(lapsed).agreement(MET, ACLAND, ISSUED) == Agreed(Paper.LAPSED, ("none",))
    wide = agreement(id="agreement-000000000001")
    renewed = lapsed.agree(wide).join(wide.id, ACLAND)
    assert stand(renewed).agreement(MET, ACLAND, ISSUED) == Agreed(Paper.CURRENT, None)
    early = agreement(id="agreement-000000000001", valid_from=DAY + ONE)
    waiting = lapsed.agree(early).join(early.id, ACLAND)
    assert stand(waiting).agreement(MET, ACLAND, ISSUED) == Agreed(Paper.LAPSED, ("none",)), "not yet begun"


def test_it_is_looked_for_among_the_fewer() -> None:
    papers = agreed(agreement())
    for number in range(50):
        another = agreement(id=f"agreement-{number:012x}", parties=(MET, CAMDEN))
        papers = papers.agree(another).join(another.id, CAMDEN)
    asked: list[str] = []

    class Counting(Papers):
        def agreement(self, name: str) -> Agreement | None:
            asked.append(name)
            return super().agreement(name)

    counting = Counting(**vars(papers))
    assert [one.id for one in counting.between(MET, ACLAND)] == asked == [agreement().id]


# Who may declare what ------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path)


def refusal(home: Home, event: Event, by: str) -> Why:
    before = home.registry()
    with pytest.raises(EventRefused) as refused:
        home.declare(event, by, NIGHT)
    assert home.registry() is before, "a refused event changes nothing"
    return refused.value.why


def joins(who: str, made: Agreement | None = None, **changes: Any) -> AgreementJoined:  # noqa: ANN401 - fields
    one = made or agreement()
    return AgreementJoined.model_validate({"about": who, "agreement": one.id, "sha256": one.digest, **changes})


def own(home: Home, who: str) -> Document:
    return next(home.registry().papers.documents(who))


def test_a_play_set_has_its_papers_and_another_reader_comes_to_the_same(home: Home) -> None:
    registry = Home(home.path).registry()
    found = Standing(registry.papers, DAY)
    for one in registry:
        takes_part = (one.connected or one.kind is Kind.POLICE) and one.kind in data.TAKES_PART
        conditions = frozenset({"sch1-para-18", "sch1-para-36"})
        assert (found.policy_document(one.id, conditions) is Paper.CURRENT) is takes_part
        sends = [flow.type for flow in CATALOGUE if one.kind in flow.senders and takes_part]
        assert {found.impact_assessment(one.id, flow) for flow in sends} <= {Paper.CURRENT}
        for flow in (flow for flow in CATALOGUE if flow.views and takes_part and one.id != MET):
            assert found.agreement(MET, one.id, flow.type) == Agreed(Paper.CURRENT)
    pure = data.filed(data.organisations(), DAY)
    assert sorted(one.id for one in pure) == sorted(one.id for one in registry.papers)
    assert [one.owner for one in registry.papers.documents(MARRIOTTS)] == [HERTS, MARRIOTTS]


@pytest.mark.parametrize("by", [REGISTRAR, MET, CAMDEN])
def test_nobody_files_a_document_for_another(home: Home, by: str) -> None:
    assert refusal(home, DocumentFiled(document=document(ACLAND, owner=by if by != REGISTRAR else MET)), by) is (
        Why.NOT_ENTITLED
    )


@pytest.mark.parametrize("by", [REGISTRAR, MET])
def test_nobody_joins_for_another(home: Home, by: str) -> None:
    home.declare(AgreementDeclared(agreement=agreement()), MET, NIGHT)
    assert refusal(home, joins(ACLAND), by) is Why.NOT_ENTITLED


def test_whoever_is_suspended_joins_and_ends_nothing(home: Home) -> None:
    home.declare(AgreementDeclared(agreement=agreement()), MET, NIGHT)
    home.declare(Suspended(about=ACLAND), REGISTRAR, NIGHT)
    assert refusal(home, joins(ACLAND), ACLAND) is Why.NOT_ENTITLED
    assert refusal(home, PaperEnded(about=ACLAND, paper=own(home, ACLAND).id), ACLAND) is Why.NOT_ENTITLED
    home.declare(PaperEnded(about=ACLAND, paper=own(home, ACLAND).id), REGISTRAR, NIGHT)


@pytest.mark.parametrize(
    ("event", "by", "why"),
    [
        (lambda home: DocumentFiled(document=own(home, ACLAND)), ACLAND, Why.TAKEN),
        (lambda home: DocumentFiled(document=document(ACLAND, id=own(home, MET).id)), ACLAND, Why.TAKEN),
        (lambda _: DocumentFiled(document=document(conditions=("sch1-para-99",))), MET, Why.NO_SUCH_FLOW),
        (lambda _: DocumentFiled(document=assessment(flows=(f"{ISSUED}9",))), MET, Why.NO_SUCH_FLOW),
        (lambda _: AgreementDeclared(agreement=agreement(flows=(f"{ISSUED}9",))), MET, Why.NO_SUCH_FLOW),
        (lambda _: AgreementDeclared(agreement=agreement(labels=(Label.NONE,))), MET, Why.HIDES_REQUIRED),
        (
            lambda home: AgreementDeclared(agreement=agreement(id=next(home.registry().papers.agreements(MET)).id)),
            MET,
            Why.TAKEN,
        ),
        (lambda _: joins(ACLAND, agreement=agreement().id.replace("0", "f")), ACLAND, Why.NO_SUCH_PAPER),
        (lambda _: joins(ACLAND, agreement(title="Another text")), ACLAND, Why.OTHER_TEXT),
        (lambda _: joins(ARGYLE), ARGYLE, Why.NOT_A_PARTY),
        (lambda _: joins(MET), MET, Why.TAKEN),
        (lambda _: PaperEnded(about=MET, paper="document-ffffffffffff"), MET, Why.NO_SUCH_PAPER),
        (lambda home: PaperEnded(about=MET, paper=own(home, ACLAND).id), MET, Why.NOT_A_PARTY),
        (lambda _: PaperEnded(about=CAMDEN, paper=agreement().id), CAMDEN, Why.NOT_A_PARTY),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(home: Home, event: Callable[[Home], Event], by: str, why: Why) -> None:
    if why not in (Why.NO_SUCH_FLOW, Why.HIDES_REQUIRED):
        home.declare(AgreementDeclared(agreement=agreement()), MET, NIGHT)
    assert refusal(home, event(home), by) is why


def test_an_agreement_is_ended_by_its_owner_for_all_and_left_by_a_party_for_itself(home: Home) -> None:
    made = agreement()
    home.declare(AgreementDeclared(agreement=made), MET, NIGHT)
    for party in (ACLAND, CAMDEN):
        home.declare(joins(party), party, NIGHT)
    home.declare(PaperEnded(about=ACLAND, paper=made.id), ACLAND, NIGHT)
    papers = home.registry().papers
    assert (papers.left(made.id, ACLAND), papers.ended(made.id)) == (NIGHT, None)
    assert papers.parties(made.id) == [MET, CAMDEN]
    for hours in (1, 2):
        home.declare(PaperEnded(about=MET, paper=made.id), MET, NIGHT + timedelta(hours=hours))
    assert home.registry().papers.ended(made.id) == NIGHT + timedelta(hours=1), "the first time counts"
    assert refusal(home, joins(ACLAND), ACLAND) is Why.ENDED


@pytest.mark.parametrize(
    ("some", "who", "may"),
    [
        (Class(kind=Kind.SCHOOL, police_area=MET_AREA), ARGYLE, True),
        (Class(kind=Kind.SCHOOL, police_area=HERTS_AREA), ARGYLE, False),
        (Class(kind=Kind.COUNCIL, police_area=MET_AREA), ARGYLE, False),
        (Class(kind=Kind.SCHOOL, council=CAMDEN), ARGYLE, False),
    ],
)
def test_a_party_may_be_of_a_kind_in_an_area_and_joins_for_itself(
    home: Home,
    some: Class,
    who: str,
    may: bool,  # noqa: FBT001
) -> None:
    made = agreement(parties=(MET,), classes=(some,))
    home.declare(AgreementDeclared(agreement=made), MET, NIGHT)
    assert made.kinds == {Kind.POLICE, some.kind}
    if may:
        home.declare(joins(who, made), who, NIGHT)
        assert home.registry().papers.has_joined(made.id, who)
    else:
        assert refusal(home, joins(who, made), who) is Why.NOT_A_PARTY


def test_a_controller_files_no_more_documents_than_a_message_can_look_through(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "MOST_DOCUMENTS", home.registry().papers.filed(MET) + 1)
    home.declare(DocumentFiled(document=document()), MET, NIGHT)
    more = DocumentFiled(document=document(id="document-000000000001"))
    assert refusal(home, more, MET) is Why.TOO_MANY_DOCUMENTS


def test_what_another_release_let_in_is_read_by_this_one_and_matches_no_message(home: Home) -> None:
    later = assessment(flows=(f"{ISSUED}9",))
    text = sign_event(DocumentFiled(document=later), home.signer(home.member(MET), NIGHT), NIGHT)
    follower = Register(home.trust())
    for event in (*home.events(), text):
        follower.apply(event)
    assert follower.registry.papers.get(later.id) == later


def test_a_narrow_agreement_may_hide_nothing_that_every_message_carries() -> None:
    assert hidden(agreement()) == []
    assert hidden(agreement(labels=NARROW)) == []
    needed = hidden(agreement(labels=(Label.NONE,), flows=(ISSUED, RECEIPT)))
    assert f"{ISSUED}: childSpokenTo (VOI)" in needed
    assert all("forceCode" not in one for one in needed), "no setting sees that anyway"


def test_papers_are_part_of_what_a_registry_is() -> None:
    plain = Registry(version=None)
    versions = {plain.version}
    papers = Papers().file(document())
    for changed in (papers, papers.agree(agreement()), papers.agree(agreement()).leave(agreement().id, MET, NIGHT)):
        versions.add(Registry(papers=changed).version)
    versions.add(Registry(papers=papers.end(document().id, NIGHT)).version)
    assert len(versions) == 5
    assert Registry(papers=papers).put([], "later").papers is papers


# What follows for a message ------------------------------------------------------------------------------------------


@pytest.fixture
def world(home: Home) -> World:
    return World(home)


FULL = incident(supportSuggestion="A word before the first lesson.")


def audited(world: World, carried: Carried) -> Json:
    """The facts of its first recipient, as the audit record keeps them."""
    record = next(out for out in carried.outgoing if out.topic == "audit")
    body: Json = unseal(record.value, world.home.keys(BROKER))
    return dict(body["recipients"][0]["facts"])


def facts_of(world: World, document: Json) -> Json:
    """The facts of the one recipient that say anything beyond what is usual."""
    usual = {one.name: getattr(one.default, "value", one.default) for one in fields(Facts)}
    return {name: code for name, code in audited(world, world.carry(document)).items() if code != usual.get(name)}


def narrowed(world: World, **changes: Any) -> Agreement:  # noqa: ANN401 - fields
    made = agreement(labels=NARROW, parties=(MET, ACLAND), **changes)
    world.home.declare(AgreementDeclared(agreement=made), MET, NIGHT)
    world.home.declare(joins(ACLAND, made), ACLAND, NIGHT)
    return made


def test_an_agreement_narrows_what_its_party_sees_and_nobody_else(world: World) -> None:
    narrowed(world)
    carried = world.carry(
        notification(lead(ACLAND, "registered-dual-main"), lead(ARGYLE, "registered-dual-subsidiary"), content=FULL)
    )
    views = {who: world.opened(carried, who)[0] for who in (ACLAND, ARGYLE)}
    assert set(views[ARGYLE].content) - set(views[ACLAND].content) == {"homeAddress", "locationCategory"}
    marked = {who: one.body["notShown"]["supportSuggestion"] for who, one in views.items()}
    assert marked == {ACLAND: "not-included", ARGYLE: "pending"}
    told = {one["organisation"]: one for one in world.outcome(carried)["recipients"]}
    assert {one["field"] for one in told[ACLAND]["withheld"] if one["rule"] == "AGR-1"} == {
        "supportSuggestion",
        "homeAddress",
        "locationCategory",
    }, "the sender is told"


@pytest.mark.parametrize("handling", AddressHandling)
def test_whether_a_place_is_protected_does_not_show_in_what_an_agreement_withholds(handling: AddressHandling) -> None:
    flow = BY_TYPE[ISSUED]
    labels = tuple(sorted({Label.NONE, Label.IDENTITY, Label.AS_SPECIAL, Label.VOICE, Label.TIME}))
    made = view(flow, tuple(FULL), role=Role.SAFEGUARDING_LEAD, handling=handling, agreed=labels)
    opened = view(flow, tuple(FULL), role=Role.SAFEGUARDING_LEAD, handling=AddressHandling.OPEN, agreed=labels)
    assert made.markers(flow) == opened.markers(flow)
    assert "AGR-1" not in {made.markers(flow)[name] for name in ("homeAddress", "circumstances", "childVoice")}


def test_an_agreement_leaves_a_marker_with_its_rule() -> None:
    flow = BY_TYPE[ISSUED]
    labels = tuple(sorted(set(Label) - {Label.EDUCATION, Label.CONDITION}))
    given = incident(settingSafetyCondition="The father must not collect the child.")
    made = view(flow, tuple(given), role=Role.SAFEGUARDING_LEAD, handling=AddressHandling.OPEN, agreed=labels)
    assert made.markers(flow)["settingSafetyCondition"] == "AGR-1"
    assert made.markers(flow)["adultNames"] == "RD-4", "the flow's own rule comes first"


def test_a_decision_can_be_replayed_with_the_labels_that_were_agreed(world: World) -> None:
    narrowed(world)
    coded = facts_of(world, notification())
    assert tuple(coded["agreement_labels"]) == NARROW
    assert recorded(coded).agreement_labels == NARROW


def changed(home: Home, name: str) -> None:
    papers = home.registry().papers
    if name == "sender's policy document":
        ends = [(MET, next(one.id for one in papers.documents(MET) if one.kind is DocumentKind.POLICY))]
    elif name == "recipient's policy document":
        ends = [(ACLAND, next(one.id for one in papers.documents(ACLAND) if one.kind is DocumentKind.POLICY))]
    elif name == "impact assessment":
        ends = [(MET, next(one.id for one in papers.documents(MET) if one.kind is DocumentKind.IMPACT))]
    else:
        ends = [(ACLAND, one.id) for one in papers.between(MET, ACLAND)]
    for who, paper in ends:
        home.declare(PaperEnded(about=who, paper=paper), who, NIGHT)


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("sender's policy document", "sender_document"),
        ("recipient's policy document", "recipient_document"),
        ("impact assessment", "impact_assessment"),
        ("agreement", "sharing_agreement"),
    ],
)
def test_a_paper_that_has_ended_is_a_fact_of_the_next_decision(world: World, name: str, fact: str) -> None:
    names = {"sender_document", "recipient_document", "impact_assessment", "sharing_agreement"}
    assert not names & set(facts_of(world, notification())), "all are current"
    changed(world.home, name)
    coded = facts_of(world, notification())
    assert {one: coded[one] for one in names & set(coded)} == {fact: "lapsed"}


def test_the_papers_of_whoever_is_not_connected_are_not_judged(world: World) -> None:
    document = notification(lead(BROOKFIELD))
    assert not {"recipient_document", "sharing_agreement"} & set(facts_of(world, document))
    world.home.declare(Connected(about=BROOKFIELD, channel=Channel.MAILBOX), REGISTRAR, NIGHT)
    coded = facts_of(world, notification(lead(BROOKFIELD)))
    assert (coded["recipient_document"], coded["sharing_agreement"]) == ("none-on-file", "none-on-file")


def test_a_role_without_a_view_rests_on_no_paper(world: World) -> None:
    line = {"organisation": CAMDEN, "role": "residence-force"}
    assert not {"sender_document", "sharing_agreement"} & set(facts_of(world, notification(line)))


def test_papers_lapse_with_the_days_and_what_is_decided_anew_is_decided_on_that_day(world: World) -> None:
    narrowed(world, review_on=DAY + ONE)
    document = notification()
    world.carry(document)
    world.now = datetime.combine(DAY + ONE + GRACE + ONE, NIGHT.timetz())
    (again,) = world.send_again(ACLAND)
    coded = audited(world, again)
    assert "sharing_agreement" not in coded, "the play set's own still stands"
    assert "agreement_labels" not in coded
