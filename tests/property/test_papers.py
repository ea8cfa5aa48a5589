"""However papers came about, the questions are answered as a plain list would answer them; and nothing widens."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from broker import layered
from broker.consent.facts import Paper
from broker.consent.papers import BEST_FIRST, Standing, standing
from broker.consent.redact import view
from broker.papers import Papers
from broker.schemas.catalogue import CATALOGUE
from broker.schemas.papers import Agreement
from broker.schemas.terms import AddressHandling, Label
from tests.papers import BEGINS, ISSUED, REVIEW, agreement, document
from tests.personas import ACLAND, CAMDEN, MET

AT = datetime(2026, 11, 19, tzinfo=UTC)
WHO = (MET, ACLAND, CAMDEN)
IDS = [f"agreement-{number:012x}" for number in range(4)]
labelled = st.none() | st.sets(st.sampled_from(Label), min_size=1).map(lambda some: tuple(sorted(some)))
made = st.builds(
    lambda labels, days: agreement(owner=CAMDEN, parties=(MET, ACLAND), labels=labels, valid_from=BEGINS + days),
    labelled,
    st.integers(0, 400).map(lambda days: timedelta(days=days)),
)
changes = st.lists(
    st.tuples(st.sampled_from(["join", "leave", "end"]), st.sampled_from(IDS), st.sampled_from(WHO)), max_size=20
)


@given(st.lists(made, min_size=4, max_size=4), changes, st.integers(1, 4))
def test_papers_answer_as_a_plain_list_would(
    four: list[Agreement], steps: list[tuple[str, str, str]], most: int
) -> None:
    joined: dict[tuple[str, str], bool] = {}
    ended: set[str] = set()
    with patch.object(layered, "MOST_LATEST", most):
        papers = Papers()
        for name, one in zip(IDS, four, strict=True):
            papers = papers.agree(one.model_copy(update={"id": name}))
        before, names = papers, list(papers)
        for what, name, who in steps:
            match what:
                case "join":
                    papers = papers.join(name, who)
                    joined[name, who] = True
                case "leave" if joined.get((name, who)):
                    papers = papers.leave(name, who, AT)
                    joined[name, who] = False
                case "end":
                    papers = papers.end(name, AT)
                    ended.add(name)
    for name in IDS:
        assert set(papers.parties(name)) == {who for who in WHO if joined.get((name, who))}
        assert (papers.ended(name) is not None) is (name in ended)
        assert {who for who in WHO if papers.has_joined(name, who)} == set(papers.parties(name))
    for whose in WHO:
        assert {found.id for found in papers.agreements(whose)} == {name for name, who in joined if who == whose}
        for other in WHO:
            both = {name for name in IDS if {(name, whose), (name, other)} <= joined.keys()}
            found = [agreement.id for agreement in papers.between(whose, other)]
            assert (set(found), len(found)) == (both, len(both))
    assert list(before) == names
    assert not any(before.parties(name) for name in IDS), "an earlier one is as it was"


@given(st.lists(st.integers(-500, 500), min_size=3, max_size=3), st.booleans())
def test_a_paper_never_stands_better_again(days: list[int], ends: bool) -> None:  # noqa: FBT001
    paper = document(valid_to=REVIEW + timedelta(days=days[0]) if days[0] > 0 else None)
    ended = REVIEW + timedelta(days=days[1]) if ends else None
    first = max(BEGINS, REVIEW + timedelta(days=days[2]))
    stands = [standing(paper, ended, first + timedelta(days=more)) for more in range(0, 200, 7)]
    assert stands == sorted(stands, key=BEST_FIRST.index)
    assert Paper.NONE not in stands


@given(st.sampled_from([flow for flow in CATALOGUE if flow.views]), st.data(), labelled)
def test_no_label_outside_the_agreement_survives(
    flow: object, data: st.DataObject, labels: tuple[str, ...] | None
) -> None:
    chosen = next(one for one in CATALOGUE if one is flow)
    role = data.draw(st.sampled_from(sorted(chosen.views)))
    handling = data.draw(st.none() | st.sampled_from(AddressHandling))
    given_names = sorted(chosen.message.labels)
    plain = view(chosen, tuple(given_names), role=role, handling=handling, read=True)
    narrow = view(chosen, tuple(given_names), role=role, handling=handling, agreed=labels, read=True)
    assert narrow.fields <= plain.fields
    for name in plain.fields:
        assert (name in narrow.fields) is (labels is None or chosen.message.labels[name] <= set(labels))
    assert narrow.fields | {one.field for one in narrow.withheld} == set(given_names)


@given(made, st.integers(0, 600))
def test_a_lapse_alone_never_lets_more_be_seen(one: Agreement, days: int) -> None:
    papers = Papers().agree(one).join(one.id, MET).join(one.id, ACLAND)
    begun = Standing(papers, one.valid_from).agreement(MET, ACLAND, ISSUED)
    later = Standing(papers, one.valid_from + timedelta(days=days)).agreement(MET, ACLAND, ISSUED)
    ended = Standing(papers.end(one.id, AT), max(AT.date(), one.valid_from)).agreement(MET, ACLAND, ISSUED)
    assert begun.labels == later.labels == ended.labels
    assert ended.stands is Paper.LAPSED
