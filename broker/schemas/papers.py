"""The papers of a controller: appropriate policy documents, impact assessments, information-sharing agreements.

Records of them: the legal text is kept elsewhere and named here with its digest; beside it stands what a program can
apply. They are public and name no person: an owner is an organisation and a role.
"""

import hashlib
from datetime import date
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from broker.schemas.claims import Codes
from broker.schemas.identifiers import PoliceForceArea
from broker.schemas.message import Line, OrganisationId, kind_of
from broker.schemas.terms import Code, Kind, Label, PersonRole


class DocumentKind(Code):
    """What a document is for."""

    POLICY = "appropriate-policy-document"  # DPA 2018 Sch 1 paras 38-40: for each condition that needs one
    IMPACT = "impact-assessment"  # UK GDPR Art 35: for each flow


DocumentId = Annotated[str, StringConstraints(pattern=r"^document-[0-9a-f]{12}$")]
AgreementId = Annotated[str, StringConstraints(pattern=r"^agreement-[0-9a-f]{12}$")]
PaperId = Annotated[str, StringConstraints(pattern=r"^(document|agreement)-[0-9a-f]{12}$")]
FlowType = Annotated[
    str, StringConstraints(pattern=r"^uk\.safeguarding\.[a-z-]{1,40}\.[a-z-]{1,60}\.v[1-9][0-9]{0,2}$")
]
Condition = Annotated[str, StringConstraints(pattern=r"^sch1-para-[1-9][0-9]?$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Written(Codes):
    """What every paper has: its text elsewhere, its time, its review, and who answers for it.

    `valid_to` is the last day on which it is valid; None: until it is ended. `reference` says where the text is kept.
    """

    title: Line
    owner: OrganisationId
    owner_role: PersonRole
    reference: Line
    sha256: Digest
    valid_from: date
    valid_to: date | None = None
    review_on: date

    @model_validator(mode="after")
    def _reviewed_while_valid(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("ends before it begins")
        if self.review_on <= self.valid_from:
            raise ValueError("is to be reviewed before it begins")
        return self


class Document(Written):
    """A policy document or an impact assessment, as its controller files it.

    `owner` is whose document it is. An impact assessment may be one that another has made for all; a policy document
    of another controller covers nobody but that controller (APD-02).
    """

    id: DocumentId
    controller: OrganisationId
    kind: DocumentKind
    conditions: Annotated[tuple[Condition, ...], Field(max_length=20)] = ()
    flows: Annotated[tuple[FlowType, ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def _covers_what_its_kind_covers(self) -> Self:
        if self.kind is DocumentKind.POLICY and (not self.conditions or self.flows):
            raise ValueError("covers conditions, as sch1-para-18, and no flows: it is a policy document")
        if self.kind is DocumentKind.IMPACT and (not self.flows or self.conditions):
            raise ValueError("covers message types and no conditions: it is an impact assessment")
        return self


class Class(Codes):
    """Organisations that may join without being named: of one kind, and within a council or a police area."""

    kind: Kind
    council: OrganisationId | None = None
    police_area: PoliceForceArea | None = None

    @model_validator(mode="after")
    def _within_an_area(self) -> Self:
        if self.council is None and self.police_area is None:
            raise ValueError("needs a council or a police area: nobody agrees with all there are")
        return self


class Agreement(Written):
    """An information-sharing agreement, and what of it a program applies.

    Nobody is bound by being named: it counts between two organisations once both have joined. `labels`: the most that
    may be seen under it; None: whatever the flow lets be seen.
    """

    id: AgreementId
    parties: Annotated[tuple[OrganisationId, ...], Field(max_length=500)] = ()
    classes: Annotated[tuple[Class, ...], Field(max_length=20)] = ()
    flows: Annotated[tuple[FlowType, ...], Field(min_length=1, max_length=50)]
    labels: Annotated[tuple[Label, ...], Field(max_length=len(Label))] | None = None

    @model_validator(mode="after")
    def _between_two_at_least(self) -> Self:
        if len(set(self.parties)) != len(self.parties):
            raise ValueError("names a party twice")
        if not self.classes and len(self.parties) <= 1:
            raise ValueError("names fewer than two parties")
        return self

    @property
    def kinds(self) -> frozenset[Kind]:
        """Which kinds of organisation may be party to it."""
        return frozenset(kind_of(one) for one in self.parties) | {one.kind for one in self.classes}

    @property
    def digest(self) -> str:
        """SHA-256 of the whole record: what a party signs when it joins."""
        return hashlib.sha256(self.model_dump_json(by_alias=True, exclude_defaults=True).encode()).hexdigest()
