from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from types import UnionType
from typing import Any, get_args, get_type_hints

from hypothesis import given
from hypothesis import strategies as st

from broker.consent.decide import SEVERITY, decide, decide_by
from broker.consent.facts import Facts, recorded
from broker.consent.law.archive import filed, loaded
from broker.consent.law.bases import BASES
from broker.consent.law.policy import POLICY, Policy
from broker.consent.rulebook import At
from broker.consent.rules import RULES
from broker.consent.rules.encompass import NOTHING_TO_SHOW
from broker.registry import Nation
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.claims import Bar, Barred, Claim, Life, NoConsent, NotAsked, Schedule1, Subject, Whose
from broker.schemas.terms import Outcome
from broker.statement import dumps, loads
from broker.words import bases

CODES = sorted({basis.code for basis in BASES})
SECRET = "RowanTestcase"  # noqa: S105 - stands for something that must not be repeated


def _any(name: str, hint: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - a type
    if name == "type":
        return st.sampled_from(sorted(BY_TYPE))
    if name == "cited_basis":
        return st.sampled_from([*CODES, SECRET])
    if name in ("claimed", "recipient_claimed"):
        return st.one_of(st.none(), st.deferred(lambda: claimed))
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    return st.one_of(*(st.none() if kind is type(None) else st.from_type(kind) for kind in kinds))


GATEWAYS = st.sampled_from([*(one.code for one in POLICY.provisions), "no-such-Act"])
SEVERAL = {
    "gateways": GATEWAYS,
    "outside_part_3_by": GATEWAYS,
    "schedule_1": st.sampled_from(Schedule1),
    "not_asked": st.builds(NotAsked, subject=st.sampled_from(Subject), because=st.sampled_from(NoConsent)),
    "consent_covers": st.sampled_from(Subject),
    "barred": st.builds(Barred, field=st.just("childVoice"), bar=st.sampled_from(Bar), excepted=st.booleans()),
    "subjects": st.builds(
        Whose, subject=st.sampled_from(Subject), life=st.sampled_from(Life), personal_data=st.booleans()
    ),
}


def _claimed(name: str, hint: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - a type
    if name == "outside_part_3_by":
        return st.one_of(st.none(), GATEWAYS)
    if name in SEVERAL:
        return st.lists(SEVERAL[name], max_size=3).map(tuple)
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    return st.one_of(*(st.none() if kind is type(None) else st.from_type(kind) for kind in kinds))


EACH = {name: _claimed(name, hint) for name, hint in get_type_hints(Claim).items() if name in Claim.model_fields}
claimed = st.sets(st.sampled_from(sorted(EACH)), max_size=6).flatmap(
    lambda names: st.fixed_dictionaries({name: EACH[name] for name in sorted(names)}).map(lambda said: Claim(**said))
)
"""Claims that say a few things beyond, or against, the row."""
HINTS = get_type_hints(Facts)
built = st.builds(Facts, **{one.name: _any(one.name, HINTS[one.name]) for one in fields(Facts)})
any_facts = built.filter(lambda facts: (facts.recipient is None) is (facts.recipient_nation is None))
"""A recipient that the registry knows has a nation, and one that it does not know has none."""
policies = st.builds(
    Policy,
    issued=st.just(POLICY.issued),
    review_by=st.just(POLICY.review_by),
    bases=st.lists(st.sampled_from(BASES), unique=True).map(tuple),
)
START = datetime(2025, 1, 1, tzinfo=UTC)
moments = st.integers(0, 1400).map(lambda days: START + timedelta(days=days))


@st.composite
def likely(draw: st.DrawFn) -> Facts:
    """Facts that mostly fit their flow, so that many are shared."""
    facts = draw(any_facts)
    flow = BY_TYPE[facts.type]
    if not flow.views:
        return facts
    role = draw(st.sampled_from(sorted(flow.views)))
    sender = draw(st.sampled_from(sorted(flow.senders)))
    return replace(
        facts,
        sender=sender,
        recipient_role=role,
        recipient=draw(st.sampled_from(sorted(flow.kinds[role]))),
        recipient_nation=draw(st.sampled_from(Nation)),
        cited_basis=flow.views[role].sender_basis[sender],
        under_18=True,
        recipient_has_key=True,
    )


@given(st.one_of(any_facts, likely()), policies, moments)
def test_nothing_is_shared_without_a_basis_at_both_ends(facts: Facts, policy: Policy, now: datetime) -> None:
    decision = decide(facts, policy, now)
    if not decision.shared:
        assert decision.findings
        return
    sender, recipient = decision.sender_basis, decision.recipient_basis
    assert sender is not None
    assert recipient is not None
    assert sender.in_force(now.date())
    assert recipient.in_force(now.date())
    assert facts.sender in sender.controller
    assert facts.recipient in recipient.controller
    assert facts.sender_nation in sender.jurisdiction
    assert facts.recipient_nation in recipient.jurisdiction
    assert facts.recipient_has_key
    assert facts.recipient_role in BY_TYPE[facts.type].views
    assert now.date() <= policy.review_by


@given(st.one_of(any_facts, likely()), moments, st.sampled_from(Outcome))
def test_one_finding_more_never_makes_the_outcome_milder(facts: Facts, now: datetime, outcome: Outcome) -> None:
    more = replace(RULES[0], id="X", at=At.MESSAGE, outcome=outcome, curable=False, bites=lambda _: True)
    before = decide(facts, POLICY, now)
    after = decide_by((*RULES, more), facts, POLICY, now.date())
    assert SEVERITY.index(after.outcome) == max(SEVERITY.index(before.outcome), SEVERITY.index(outcome))


@given(st.one_of(any_facts, likely()), policies, moments)
def test_removing_law_never_shares_more(facts: Facts, policy: Policy, now: datetime) -> None:
    if decide(facts, policy, now).shared:
        assert decide(facts, POLICY, now).shared


@given(st.one_of(any_facts, likely()), moments)
def test_no_finding_repeats_what_it_was_given(facts: Facts, now: datetime) -> None:
    for finding in (*decide(facts, POLICY, now).findings, NOTHING_TO_SHOW):
        assert SECRET not in f"{finding}"
        assert finding.reason.endswith(".")
        assert finding.cure.endswith(".")


@given(st.one_of(any_facts, likely()), policies, moments)
def test_a_policy_that_was_filed_decides_the_same_when_it_is_loaded(
    facts: Facts, policy: Policy, now: datetime
) -> None:
    again, first = decide(facts, loaded(filed(policy).encode()), now), decide(facts, policy, now)
    assert (again.outcome, again.findings, again.removed) == (first.outcome, first.findings, first.removed)
    assert bases(again) == bases(first)


@given(any_facts)
def test_recorded_facts_come_back_as_they_were(facts: Facts) -> None:
    assert recorded(loads(dumps(facts.coded()))) == facts


@given(any_facts, moments)
def test_deciding_twice_is_deciding_once(facts: Facts, now: datetime) -> None:
    assert decide(facts, POLICY, now) == decide(facts, POLICY, now)


@given(any_facts, moments)
def test_what_is_recorded_is_decided_alike(facts: Facts, now: datetime) -> None:
    again = recorded(facts.coded())
    assert again == facts
    assert decide_by(RULES, again, POLICY, now.date()) == decide_by(RULES, facts, POLICY, now.date())


OPTIONAL = [one.name for one in fields(Facts) if type(None) in get_args(HINTS[one.name])]


@given(st.one_of(any_facts, likely()), st.sampled_from(OPTIONAL), st.data(), moments)
def test_a_fact_more_never_turns_a_share_into_a_refusal_without_a_reason(
    facts: Facts, name: str, data: st.DataObject, now: datetime
) -> None:
    lacking: dict[str, Any] = {name: None, **({"recipient_nation": None} if name == "recipient" else {})}
    given: dict[str, Any] = {name: data.draw(_any(name, HINTS[name]))}
    unknown = replace(facts, **lacking)
    known = replace(unknown, **given)
    if (known.recipient is None) is not (known.recipient_nation is None):
        return
    before, after = decide(unknown, POLICY, now), decide(known, POLICY, now)
    if before.shared and not after.shared:
        new = [found for found in after.findings if found not in before.findings]
        assert new
        assert all(found.reason and found.cure and found.source for found in new)
