"""Gateways and duties."""

from broker.schemas.claims import Article6, Bar, Barred
from broker.schemas.terms import Kind
from tests.facts import HANDOVER, INDEPENDENT_ANSWERS, ISSUED, RECEIPT, TO_COUNCIL
from tests.rule_cases import REFUSE, WARN, Case, claims, recipient_claims

MAPPA = ("CJA2003-s325(4)",)
SHARE, IDENTIFIER, ASKED, VICTIM = "CA2004-s16LB", "CA2004-s16LC", "CA2004-s16H", "PCSCA2022-s44A"
TAPPED = (Barred(field="circumstances", bar=Bar.INTERCEPTION, excepted=True),)

CASES: tuple[Case, ...] = (
    Case(
        "GW-01",
        "not said to help the recipient",
        TO_COUNCIL,
        claims(gateways=(SHARE,), necessity=False),
        REFUSE,
        claims(gateways=(SHARE,)),
    ),
    Case(
        "GW-01",
        "a charity is outside s16LB(4)",
        TO_COUNCIL,
        {**claims(gateways=(SHARE,)), "recipient": Kind.CHARITY},
        REFUSE,
        {"recipient": Kind.CHARITY},
    ),
    Case(
        "GW-05",
        "no regulations",
        TO_COUNCIL,
        claims(gateways=("CA2004-s11", IDENTIFIER)),
        WARN,
        claims(gateways=("CA2004-s11",)),
    ),
    Case(
        "GW-06", "nobody asked", TO_COUNCIL, claims(gateways=(ASKED,)), REFUSE, claims(gateways=(ASKED,), request=True)
    ),
    Case("GW-06", "another gateway needs no request", TO_COUNCIL, claims(gateways=(ASKED,)), REFUSE, {}),
    Case("GW-07", "guidance alone", TO_COUNCIL, claims(gateways=("WT2026",)), REFUSE, {}),
    Case("GW-07", "at the recipient", TO_COUNCIL, recipient_claims(gateways=("WT2026",)), REFUSE, {}),
    Case(
        "GW-07",
        "s49A does not reach a council",
        TO_COUNCIL,
        claims(gateways=("DAA2021-s49A",), article_6=Article6.LEGAL_OBLIGATION),
        REFUSE,
        claims(gateways=("DAA2021-s49A", "CA2004-s11")),
    ),
    Case(
        "GW-07",
        "a recipient's own function need not reach it",
        RECEIPT,
        claims(gateways=("CA1989-s47(9)",)),
        REFUSE,
        recipient_claims(gateways=("CA1989-s47(9)",)),
    ),
    Case("GW-07", "(e) with nothing", RECEIPT, claims(gateways=()), REFUSE, {}),
    Case("GW-07", "(c) with nothing", ISSUED, claims(gateways=()), REFUSE, {}),
    Case(
        "GW-07", "nothing on file", INDEPENDENT_ANSWERS, claims(gateways=("no-such-Act",)), REFUSE, claims(gateways=())
    ),
    Case(
        "GW-08",
        "what was intercepted, inside MAPPA",
        HANDOVER,
        claims(gateways=MAPPA, barred=TAPPED),
        REFUSE,
        claims(barred=TAPPED),
    ),
    Case(
        "GW-08",
        "other things, inside MAPPA",
        HANDOVER,
        claims(gateways=MAPPA, barred=TAPPED),
        REFUSE,
        claims(gateways=MAPPA),
    ),
    *(
        Case(
            "GW-09",
            f"a victim request without {name}",
            RECEIPT,
            claims(**{"gateways": (VICTIM,), "request": True, "request_states_need": True, name: False}),
            REFUSE,
            claims(gateways=(VICTIM,), request=True, request_states_need=True),
        )
        for name in ("request", "request_states_need", "necessity")
    ),
    Case(
        "GW-09",
        "to a council",
        RECEIPT,
        {**claims(gateways=(VICTIM,), request=True, request_states_need=True), "recipient": Kind.COUNCIL},
        REFUSE,
        {"recipient": Kind.COUNCIL},
    ),
)
