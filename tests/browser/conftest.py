"""Debian's own Chromium, driven by Playwright, which brings no browser of its own here."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests. It is the system's: `deploy/get-chromium.sh` installs it."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "no chromium here: run deploy/get-chromium.sh"
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield made
        made.close()
