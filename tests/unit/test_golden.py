"""The signed bytes of every message version, frozen: a changed byte is a changed wire that other systems must follow.

If a change is meant, give the type a new version; or, before anybody uses it, run `python -m tests.make_golden` and
read the difference.
"""

import pytest

from broker.registry import KeyUse
from broker.schemas.catalogue import CATALOGUE
from broker.schemas.message import SLOTS, Flow
from broker.statement import unb64, verify
from tests.fixed import NOW, documents, parsed, private
from tests.make_golden import GOLDEN, file, issuer, statements

each_flow = pytest.mark.parametrize("flow", CATALOGUE, ids=lambda flow: flow.name)


@each_flow
def test_not_one_byte_of_a_signed_statement_changes(flow: Flow) -> None:
    assert file(flow).read_bytes().decode().splitlines() == list(statements(flow))


@each_flow
def test_golden_bytes_verify_and_read_back_as_what_was_said(flow: Flow) -> None:
    key = private(issuer(flow), KeyUse.SIGN)
    for text, document in zip(file(flow).read_text().splitlines(), documents()[flow.type], strict=True):
        statement = verify(text, key=key, alg="Ed25519", flow=flow)
        said = parsed(document).model_dump(mode="json", by_alias=True, exclude_none=True)
        assert statement.content == said["content"]
        assert statement.to == said["to"]
        assert statement.issued_at == NOW
        assert (statement.claims["jti"], statement.claims["sub"]) == (document["id"], document["case"])
        again = {**document, "content": statement.content, "to": statement.to}
        assert parsed(again) == parsed(document)


@each_flow
def test_the_whole_document_uses_every_field_and_the_number_of_digests_never_tells(flow: Flow) -> None:
    whole, least = (
        verify(text, key=private(issuer(flow), KeyUse.SIGN), alg="Ed25519", flow=flow) for text in statements(flow)
    )
    assert set(whole.content) == set(flow.message.labels)
    for statement in (whole, least):
        assert len(statement.claims["_sd"]) == len(flow.message.labels)
        assert len(statement.claims["to"]) == SLOTS
        digests = [*statement.claims["_sd"], *(slot["..."] for slot in statement.claims["to"])]
        assert all(len(unb64(one)) == 32 for one in digests)


def test_every_golden_file_belongs_to_a_type_that_is_carried() -> None:
    assert sorted(GOLDEN.iterdir()) == sorted(file(flow) for flow in CATALOGUE)
