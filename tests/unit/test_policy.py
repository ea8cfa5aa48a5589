"""The law as dated records, compiled into one version."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from broker.consent.decide import decide
from broker.consent.law.bases import BASES
from broker.consent.law.policy import POLICY, Policy
from broker.consent.law.record import Record
from broker.schemas.claims import Annex1, Article6, Claim, Schedule1, Schedule8
from broker.schemas.terms import Outcome
from tests.facts import TO_COUNCIL
from tests.personas import NIGHT

RECORDS = [*POLICY.bases, *POLICY.provisions, *POLICY.conditions, *POLICY.exemptions, *POLICY.regulators]
DUTY = replace(TO_COUNCIL, claimed=Claim(article_6=Article6.LEGAL_OBLIGATION, gateways=("CA2004-s16LB",)))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.code)
def test_every_record_says_where_it_was_read_and_that_nobody_has_confirmed_it(record: Record) -> None:
    assert record.source
    assert record.mark[0] in "RrKP"
    assert record.confirmed_by is None
    assert record.jurisdiction
    assert not record.in_force(date(1900, 1, 1))


def test_every_condition_that_can_be_claimed_is_on_file() -> None:
    assert {one.code for one in POLICY.conditions} == {*Schedule1, *Schedule8, *Annex1}
    assert POLICY.condition("CA2004-s11") is None


def test_every_gateway_that_a_row_cites_is_on_file_and_its_own() -> None:
    for basis in BASES:
        for code in basis.claim.gateways:
            provision = POLICY.provision(code)
            assert provision is not None, code
            assert basis.controller <= provision.on, (basis.code, code)


def test_a_condition_is_no_gateway() -> None:
    assert POLICY.provision(Schedule1.PARA_18) is None


def test_what_has_not_begun_is_off_until_it_is_switched_on_with_a_source() -> None:
    assert "A6-03" in {found.rule for found in decide(DUTY, POLICY, NIGHT).findings}
    since = NIGHT.date() - timedelta(days=1)
    switched = POLICY.switched_on("CA2004-s16LB", since=since, source="the commencement regulations")
    assert decide(DUTY, switched, NIGHT).outcome is Outcome.SHARE
    assert decide(DUTY, POLICY, NIGHT).outcome is Outcome.REFUSE
    assert switched.version != POLICY.version
    tomorrow = POLICY.switched_on("CA2004-s16LB", since=NIGHT.date() + timedelta(days=1), source="the same")
    assert decide(DUTY, tomorrow, NIGHT).outcome is Outcome.REFUSE


def test_nothing_can_be_switched_on_that_is_not_on_file() -> None:
    with pytest.raises(LookupError, match="no-such-Act"):
        POLICY.switched_on("no-such-Act", since=NIGHT.date(), source="nowhere")


def test_the_regulator_is_configuration() -> None:
    assert POLICY.regulator(NIGHT.date()).code == "ICO"
    newer = tuple(replace(one, in_force_from=NIGHT.date()) for one in POLICY.regulators)
    assert replace(POLICY, regulators=newer).regulator(NIGHT.date()).code == "IC"


def test_the_version_stands_for_the_content() -> None:
    again = Policy(issued=POLICY.issued, review_by=POLICY.review_by, bases=BASES)
    assert again.version == POLICY.version
    less = Policy(issued=POLICY.issued, review_by=POLICY.review_by, bases=BASES, provisions=POLICY.provisions[1:])
    assert less.version != POLICY.version
    assert POLICY.names(("CA2004-s11", "no-such-Act")).endswith("; no-such-Act")
