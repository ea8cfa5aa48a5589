"""What we write and read fast is what the plain way would give."""

import base64
import binascii

from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import to_json

from broker.schemas.terms import Outcome
from broker.statement import b64, dumps, unb64

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts | st.sampled_from(Outcome),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(texts, inner),
)


@given(values)
@example({"a": '\x00\x1f\x7f\\"/\b\f\n\r\t\u2028\U0001f600é'})
def test_the_brokers_own_words_are_the_same_bytes_whichever_writer_writes_them(value: object) -> None:
    assert to_json(value) == dumps(value).encode()


def _plainly(text: str) -> bytes | None:
    """As the standard library reads it, if it would write it so."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.urlsafe_b64encode(data).rstrip(b"=").decode() == text else None


@given(st.text(st.sampled_from("ABab09-_+/= \né"), max_size=9) | st.binary(max_size=40).map(b64))
@example("QUI=")
@example("QUJ")
@example("QQ\n")
def test_base64_is_read_as_strictly_as_by_the_standard_library(text: str) -> None:
    try:
        found: bytes | None = unb64(text)
    except ValueError:
        found = None
    assert found == _plainly(text)
