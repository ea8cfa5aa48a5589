"""The page of `broker preview` in a real browser: two columns, nothing fetched or run, readable in both themes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, FloatRect, Page
from typer.testing import CliRunner

from broker import cli
from tests import personas
from tests.personas import ACLAND, ARGYLE, CAMDEN, MARRIOTTS, Json, lead


def incident(**changes: Any) -> Json:  # noqa: ANN401 - JSON
    """The content of a notification with free text."""
    return personas.incident(**{**personas.TEXT, **changes})


def notification(*to: Json, content: Json | None = None, **changes: Any) -> Json:  # noqa: ANN401 - JSON
    """A notification with free text."""
    return personas.notification(*to, content=content or incident(), **changes)


HOSTILE = "<img src=x onerror=alert(1)><script>alert(1)</script><style>*{display:none}</style>"
DOCUMENTS: dict[str, tuple[Json, str]] = {
    "shared": (notification(lead(ACLAND), lead(ARGYLE), content=incident(givenNames=HOSTILE)), ACLAND),
    "held": (notification(lead(MARRIOTTS), content=incident(addressHandling="refuge")), MARRIOTTS),
    "refused": (notification(lead(CAMDEN)), CAMDEN),
}
ENOUGH = 4.5
"""Contrast that WCAG 2.2 AA asks of small text."""
CONTRASTS = """() => {
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const rgba = text => (n => n.length === 3 ? [...n, 1] : n)(text.match(/[\\d.]+/g).map(Number));
  const ground = e => { for (; e; e = e.parentElement) {
    const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] > 0) return c; } return [255, 255, 255, 1]; };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walk.nextNode()) { const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.getClientRects().length) continue;
    const [a, b] = [light(rgba(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), e.className || e.tagName]); }
  return found; }"""


@pytest.fixture(params=sorted(DOCUMENTS))
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The page of one document."""
    document, organisation = DOCUMENTS[request.param]
    out = tmp_path / "out.html"
    given = ["preview", "-", "--as", organisation, "--at", "2026-11-19T22:30:00", "--html", str(out)]
    CliRunner().invoke(cli.app, given, input=json.dumps(document), env={"BROKER_HOME": ""})
    return out


class Opened:
    """A page, all that it asked for, and all that it complained of."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda one: self.requests.append(one.url))
        page.on("console", lambda one: self.complaints.append(one.text))
        page.on("pageerror", lambda one: self.complaints.append(str(one)))
        page.on("dialog", self._dialog)
        page.goto(file.as_uri())

    def _dialog(self, one: Dialog) -> None:
        self.complaints.append(one.message)
        one.dismiss()

    def boxes(self, selector: str) -> list[FloatRect]:
        """Where the elements stand that are seen."""
        return [box for one in self.page.locator(selector).all() if (box := one.bounding_box())]


@pytest.fixture(params=["light", "dark"])
def opened(browser: Browser, file: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1100, "height": 900})
    yield Opened(context.new_page(), file)
    context.close()


def test_nothing_is_fetched_and_nothing_runs(opened: Opened, file: Path) -> None:
    assert opened.requests == [file.as_uri()]
    assert opened.complaints == []
    assert opened.page.locator("script, img, link, iframe").count() == 0


def test_both_sides_stand_beside_each_other(opened: Opened) -> None:
    signed, seen = opened.boxes("tbody td:nth-of-type(1)"), opened.boxes("tbody td:nth-of-type(2)")
    assert len(signed) == len(seen) > 10
    for left, right in zip(signed, seen, strict=True):
        assert left["x"] + left["width"] <= right["x"] + 1
        assert abs(left["y"] - right["y"]) < 1
        assert right["x"] + right["width"] <= 1100
    assert "signed" in opened.page.locator("thead th:nth-of-type(2)").first.inner_text()


def test_what_a_message_says_is_read_as_text(opened: Opened) -> None:
    body = opened.page.locator("body").inner_text()
    assert "minimisation with review, not anonymisation" in body
    assert ("onerror" in body) is ("Acland" in opened.page.title())


def test_text_stands_out_from_its_ground(opened: Opened) -> None:
    found = opened.page.evaluate(CONTRASTS)
    assert len(found) > 50
    assert [one for one in found if one[0] < ENOUGH] == []


def test_the_themes_differ_and_paper_is_light(opened: Opened, request: pytest.FixtureRequest) -> None:
    def ground() -> str:
        return str(opened.page.evaluate("getComputedStyle(document.body).backgroundColor"))

    dark = "dark" in request.node.name
    assert (ground() == "rgb(255, 255, 255)") is not dark
    opened.page.emulate_media(media="print", color_scheme="dark" if dark else "light")
    assert ground() == "rgb(255, 255, 255)"
    assert [one for one in opened.page.evaluate(CONTRASTS) if one[0] < ENOUGH] == []


def test_on_a_telephone_the_sides_stand_below_each_other(opened: Opened) -> None:
    opened.page.set_viewport_size({"width": 390, "height": 800})
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
    left, right = opened.boxes("tbody td:nth-of-type(1)")[0], opened.boxes("tbody td:nth-of-type(2)")[0]
    assert right["y"] >= left["y"] + left["height"]
    assert opened.page.evaluate("getComputedStyle(document.querySelector('td'), '::before').content") != "none"
