"""Papers to change one thing of at a time. All are made up."""

from datetime import date
from typing import Any

from broker.schemas.papers import Agreement, Document, DocumentKind
from broker.schemas.terms import PersonRole
from tests.personas import ACLAND, CAMDEN, MET

ISSUED = "uk.safeguarding.encompass.notification-issued.v1"
HANDOVER = "uk.safeguarding.encompass.force-handover.v1"
RECEIPT = "uk.safeguarding.encompass.receipt-recorded.v1"
BEGINS, REVIEW = date(2026, 1, 1), date(2027, 6, 1)
WRITTEN: dict[str, Any] = {
    "title": "A made-up paper",
    "owner_role": PersonRole.DATA_PROTECTION_OFFICER,
    "reference": "https://example.org/paper",
    "sha256": "0" * 64,
    "valid_from": BEGINS,
    "review_on": REVIEW,
}


def document(controller: str = MET, **changes: Any) -> Document:  # noqa: ANN401 - whatever the fields hold
    """A policy document that covers the safeguarding condition."""
    given: dict[str, Any] = {
        **WRITTEN,
        "id": "document-0123456789ab",
        "owner": controller,
        "controller": controller,
        "kind": DocumentKind.POLICY,
        "conditions": ("sch1-para-18",),
        **changes,
    }
    return Document.model_validate(given)


def assessment(controller: str = MET, **changes: Any) -> Document:  # noqa: ANN401 - whatever the fields hold
    """An impact assessment of notifications."""
    given = {"kind": DocumentKind.IMPACT, "conditions": (), "flows": (ISSUED,), "id": "document-0123456789ac"}
    return document(controller, **{**given, **changes})


def agreement(**changes: Any) -> Agreement:  # noqa: ANN401 - whatever the fields hold
    """The Metropolitan Police's, with a school and a council, for notifications."""
    given: dict[str, Any] = {
        **WRITTEN,
        "id": "agreement-0123456789ab",
        "owner": MET,
        "parties": (MET, ACLAND, CAMDEN),
        "flows": (ISSUED,),
        **changes,
    }
    return Agreement.model_validate(given)
