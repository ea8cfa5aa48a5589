"""What is installed is what was pinned: every package with its hash, and nothing is installed in another way."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "requirements-model.lock"])
def test_every_package_is_pinned_with_its_hash(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    pinned = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert len(pinned) > 10
    assert not [line for line in pinned if not re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+\s.*--hash=sha256:", line)]


@pytest.mark.parametrize("name", ["Makefile", "deploy/Dockerfile"])
def test_packages_are_installed_with_their_hashes_only_and_nothing_is_resolved(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    installs = [line for line in text.splitlines() if re.search(r"pip install\b.*(-r|--requirement) ", line)]
    assert installs
    assert not [line for line in installs if not {"--require-hashes", "--no-deps"} <= set(line.split())]
