"""A preview shows both sides as the broker will make them, hides nothing from the sender, and quotes nothing raw."""

import json
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from broker import cli
from broker.check import Tried, tried
from broker.consent.law.policy import POLICY
from broker.preview.page import page
from broker.preview.sides import (
    BY_RULES,
    FOR_THE_SENDER,
    NOT_ANONYMOUS,
    ORDER,
    WITH_MODEL,
    Mark,
    Preview,
    Reader,
    Row,
    Seen,
    recipients,
    sides,
)
from broker.preview.terminal import rendered
from broker.screening.model import NotInstalled
from broker.screening.verdict import Kind, Span, State, Verdict
from broker.segments import Segment
from tests import personas
from tests.personas import (
    ACLAND,
    ARGYLE,
    CAMDEN,
    HERTS,
    HERTS_AREA,
    MARRIOTTS,
    MET,
    NIGHT,
    Json,
    follow_up,
    handover,
    lead,
    receipt,
    told,
)
from tests.world import World

ROOT = Path(__file__).parents[2]
AT = ("--at", "2026-11-19T22:30:00")
USAGE, HELD, REFUSED = 2, 3, 4
VOID = {"meta", "col", "br"}


def incident(**changes: Any) -> Json:  # noqa: ANN401 - JSON
    """The content of a notification with free text."""
    return personas.incident(**{**personas.TEXT, **changes})


def notification(*to: Json, content: Json | None = None, **changes: Any) -> Json:  # noqa: ANN401 - JSON
    """A notification with free text."""
    return personas.notification(*to, content=content or incident(), **changes)


def clear(*_: object) -> Verdict:
    """Everything may go."""
    return Verdict(state=State.CLEAR, text="", rules=(), spans=())


def found(*places: tuple[int, int], text: str = "", state: State = State.WITHHELD) -> Verdict:
    spans = tuple(
        Span(start=start, end=end, kind=Kind.PERSON, rule="TXT-2", certain=True, field=None) for start, end in places
    )
    return Verdict(state=state, text=text, rules=("TXT-2",), spans=spans)


def reading(**verdicts: Verdict) -> Reader:
    """By the first word of a text; what is not named is clear."""
    return lambda text, *_: verdicts.get(text.split()[0], clear())


def dry(world: World, message: Json, *told: str) -> Tried:
    had_it = [one for name in told if (one := world.registry.get(name))]
    return tried(message, sender=None, told=had_it, registry=world.registry, policy=POLICY, now=NIGHT)


def seen(world: World, message: Json, organisation: str = ACLAND, read: Reader = clear) -> Preview:
    return sides(dry(world, message), organisation, read)


def rows(preview: Preview) -> dict[str, Row]:
    return {row.field: row for group in preview.groups for row in group.rows}


# The sides -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "organisation"),
    [
        (notification(lead(ACLAND, "registered-dual-main"), lead(ARGYLE)), ACLAND),
        (
            notification(content=incident(addressHandling="withhold-from-named", childWhereabouts="with an aunt")),
            ACLAND,
        ),
        (handover(), HERTS),
    ],
    ids=["two schools", "a protected place", "a force"],
)
def test_the_right_side_is_what_the_recipient_opens(world: World, message: Json, organisation: str) -> None:
    preview = seen(world, message, organisation)
    (opened,) = world.opened(world.carry(message), organisation)
    fields = {name: row for name, row in rows(preview).items() if not name.startswith("to.")}
    assert {name for name, row in fields.items() if row.seen is Seen.SHOWN} == set(opened.content)
    pending = {name for name, marker in opened.body["notShown"].items() if marker == "pending"}
    assert {name for name, row in fields.items() if row.seen is Seen.SCREENED} == pending
    not_seen = {name: row.marker for name, row in fields.items() if row.seen in (Seen.WITHHELD, Seen.HIDDEN)}
    assert not_seen == {name: opened.body["notShown"][name] for name in not_seen}
    assert set(fields) == set(message["content"])
    assert {name: value for name, value in preview.cover.items() if name != "view"} == {
        name: value for name, value in opened.body.items() if name != "view"
    }
    assert preview.sent
    assert preview.count(*Seen) == len(fields) + len(message["to"])


def test_what_is_hidden_is_said_to_the_sender_and_looks_left_out_to_the_recipient(world: World) -> None:
    open_, protected = (
        rows(seen(world, notification(content=incident(addressHandling=handling))))
        for handling in ("open", "withhold-from-named")
    )
    assert (open_["homeAddress"].seen, open_["homeAddress"].marker) == (Seen.SHOWN, "")
    hidden = protected["homeAddress"]
    assert (hidden.seen, hidden.rule, hidden.marker) == (Seen.HIDDEN, "RD-2", "not-included")
    assert "protected place" in hidden.why
    assert (protected["adultNames"].seen, protected["adultNames"].marker) == (Seen.WITHHELD, "RD-4")


def test_who_else_is_told_is_hidden_and_the_senders_side_shows_it(world: World) -> None:
    own, other = (rows(seen(world, notification(lead(ACLAND), lead(ARGYLE))))[name] for name in ("to.1", "to.2"))
    assert (own.seen, other.seen, other.rule) == (Seen.SHOWN, Seen.HIDDEN, "RD-1")
    assert ARGYLE in other.signed


def test_an_alternate_sees_the_line_of_its_setting_as_in_its_copy(world: World) -> None:
    there = {
        "part": "alleged-perpetrator",
        "organisation": ACLAND,
        "capacity": "works-there",
        "worksWithChildren": True,
    }
    message = notification(content=incident(connections=[there]))
    (opened,) = world.opened(world.carry(message), "alternate:100053")
    assert [line["organisation"] for line in opened.to] == [ACLAND]
    assert rows(seen(world, message, "alternate:100053"))["to.1"].seen is Seen.SHOWN


def test_fields_are_grouped_by_what_they_are_about(world: World) -> None:
    preview = seen(world, notification(content=incident(settingSafetyCondition="The father must not collect.")))
    where = {row.field: group.title for group in preview.groups for row in group.rows}
    assert where["givenNames"] == where["homeAddress"] == "The child"
    assert where["occurredFrom"] == "The incident"
    assert where["adultNames"] == "Adults"
    assert where["addressHandling"] == where["settingSafetyCondition"] == "Safety"
    assert where["childVoice"] == "Free text"
    assert where["callbackTelephone"] == "Whom to ring"
    assert where["incidentRef"] == "About the message"
    assert [group.title for group in preview.groups] == [title for title in ORDER if title in set(where.values())]
    assert preview.groups[0].rows[0].field == "familyName"
    assert "welfare check" in preview.left_out


def test_a_time_is_said_as_a_clock_shows_it(world: World) -> None:
    summer = incident(occurredFrom="2026-07-01T22:40:00Z", groundsFormedAt="2026-11-19T22:15:00Z")
    found_ = rows(seen(world, notification(content=summer)))
    assert found_["occurredFrom"].signed == "Wednesday 1 July 2026, 23:40"
    assert found_["dateOfBirth"].signed == "2011-02-03"


def test_what_is_held_is_what_it_would_see_and_what_is_refused_is_nothing(world: World) -> None:
    held = seen(world, notification(lead(MARRIOTTS), content=incident(addressHandling="refuge")), MARRIOTTS)
    assert (held.outcome, held.sent, held.held) == ("hold", False, True)
    assert held.findings[0]["cure"]
    assert rows(held)["givenNames"].seen is Seen.SHOWN
    assert rows(held)["homeAddress"].seen is Seen.HIDDEN
    refused = seen(world, notification(lead(ACLAND), lead(CAMDEN)), CAMDEN)
    assert (refused.outcome, refused.sent, refused.held) == ("refuse", False, False)
    assert {row.seen for row in rows(refused).values()} == {Seen.NOTHING}


def test_an_organisation_that_nobody_has_registered_is_named_by_its_id(world: World) -> None:
    assert seen(world, notification(lead("school:999999")), "school:999999").recipient == "school:999999"


def test_an_answer_has_no_lines_and_a_follow_up_those_who_were_told(world: World) -> None:
    first = notification()
    preview = sides(
        dry(world, follow_up("notification-updated", first, childVoice="I am safe."), ACLAND), ACLAND, clear
    )
    assert not [name for name in rows(preview) if name.startswith("to.")]
    answer = tried(receipt(first), sender=ACLAND, told=(), registry=world.registry, policy=POLICY, now=NIGHT)
    assert recipients(answer) == (MET,)


def test_who_is_no_recipient_has_no_side(world: World) -> None:
    for done in (dry(world, notification()), dry(world, {}), dry(world, notification(basis="x"))):
        with pytest.raises(LookupError):
            sides(done, ARGYLE, clear)


# Free text -----------------------------------------------------------------------------------------------------------


def test_free_text_is_read_for_this_recipient_and_nothing_else_is(world: World) -> None:
    asked: dict[str, tuple[Any, ...]] = {}

    def read(text: str, content: Mapping[str, Any], shown: frozenset[str], spare: frozenset[str]) -> Verdict:
        asked[text] = (content, shown, spare)
        return clear()

    message = notification()
    preview = seen(world, message, read=read)
    assert set(asked) == {*message["content"]["childVoice"], *message["content"]["circumstances"]}
    content, shown, spare = asked[message["content"]["childVoice"][0]]
    assert content["adultNames"] == message["content"]["adultNames"]
    assert "givenNames" in shown
    assert "adultNames" not in shown
    assert spare == {"Acland Burghley School"}
    assert rows(preview)["childVoice"].seen is Seen.SCREENED


OF_ANOTHER_FORCE = handover() | {"content": incident(residenceForce=HERTS_AREA)}


@pytest.mark.parametrize(("message", "organisation"), [(OF_ANOTHER_FORCE, HERTS), (notification(), ACLAND)])
def test_who_must_find_the_child_gets_free_text_as_it_is(world: World, message: Json, organisation: str) -> None:
    row = rows(seen(world, message, organisation))["circumstances"]
    assert bool(row.pieces) is (organisation == ACLAND)


def test_text_that_a_place_could_follow_from_is_withheld_unread(world: World) -> None:
    def read(*_: object) -> Verdict:
        raise AssertionError

    preview = seen(world, notification(content=incident(addressHandling="withhold-from-named")), read=read)
    assert rows(preview)["circumstances"].seen is Seen.HIDDEN


def test_what_is_previewed_is_what_follows(world: World) -> None:
    texts = ["I hid.", "Darren was shouting.", "Mrs Okafor came."]
    message = notification(content=incident(childVoice=texts, circumstances=None))
    ours = found((0, 6), text="[mother's partner] was shouting.", state=State.SUBSTITUTED)
    preview = seen(world, message, read=reading(Darren=ours, Mrs=found((0, 10))))

    def verdict(_: str, text: str) -> Segment:
        one = {texts[1]: ours, texts[2]: found((0, 10))}.get(text, clear())
        return Segment(state=one.state, rules=one.rules, text=one.text)

    (opened,) = world.opened(world.read(world.carry(message), verdict), ACLAND)
    pieces = rows(preview)["childVoice"].pieces
    said = ["".join(run.text for run in piece.seen) for piece in pieces if piece.seen]
    signed = iter(opened.content["childVoice"])
    assert said == [one or next(signed) for one in opened.body["brokersWording"]["childVoice"]]


def in_pieces(world: World, *texts: str, read: Reader) -> Row:
    done = dry(world, notification())
    return rows(sides(replace(done, content={**done.content, "childVoice": list(texts)}), ACLAND, read))["childVoice"]


def test_each_piece_stands_by_itself(world: World) -> None:
    ours = found((0, 5), text="[the adults] argued.", state=State.SUBSTITUTED)
    row = in_pieces(world, "Quiet.", "Their row", "Alex? argued.", read=reading(Their=found((0, 5)), **{"Alex?": ours}))
    one, two, three = row.pieces
    assert (one.state, one.seen, one.why) == (State.CLEAR, one.signed, ())
    assert (two.state, two.seen) == (State.WITHHELD, ())
    assert [(run.text, run.mark) for run in two.signed] == [("Their", Mark.FOUND), (" row", Mark.PLAIN)]
    assert two.why[0][0] == "TXT-2"
    assert "own record" in two.why[0][1]
    assert [(run.text, run.mark) for run in three.seen] == [("[the adults]", Mark.BROKER), (" argued.", Mark.PLAIN)]


@pytest.mark.parametrize(
    ("verdict", "marks"),
    [
        (found((0, 3), (4, 7), text="[a] [b] c", state=State.SUBSTITUTED), ["[a]", "[b]"]),
        (found((0, 3), (2, 7), text="[a] c", state=State.SUBSTITUTED), ["[a]"]),
        (found((8, 9), text="Ann Bob [sic]", state=State.SUBSTITUTED), ["[sic]"]),
        (found((8, 99), (3, 3), text="Ann Bob [x]", state=State.SUBSTITUTED), ["[x]"]),
        (found((0, 3), text="[a] Bob d", state=State.SUBSTITUTED), ["[a] Bob d"]),
        (found((0, 3), text="a Bob c", state=State.SUBSTITUTED), ["a Bob c"]),
        (found((0, 3), text="[a Bob c", state=State.SUBSTITUTED), ["[a Bob c"]),
        (found((0, 3), (3, 7), text="[a][b] c", state=State.SUBSTITUTED), ["[a][b] c"]),
    ],
    ids=["two", "overlapping", "last", "past the end", "changed after", "no bracket", "open", "touching"],
)
def test_never_one_word_too_few_is_marked_as_the_brokers(world: World, verdict: Verdict, marks: list[str]) -> None:
    (piece,) = in_pieces(world, "Ann Bob c", read=lambda *_: verdict).pieces
    assert [run.text for run in piece.seen if run.mark is Mark.BROKER] == marks
    assert "".join(run.text for run in piece.seen) == verdict.text
    assert "".join(run.text for run in piece.signed) == "Ann Bob c"


# In a terminal, and as a page ----------------------------------------------------------------------------------------

MIXED = reading(
    I=found((8, 16)), Police=found((29, 39), text="Police attended an argument [x] y.", state=State.SUBSTITUTED)
)


def cases(world: World) -> list[Preview]:
    every = notification(
        lead(ACLAND),
        lead(ARGYLE),
        content=incident(givenNames="<b>R[bold]owan", circumstances="Police <script>alert(1)</script> & [red]"),
    )
    held = notification(lead(MARRIOTTS), content=incident(addressHandling="refuge"))
    refused = notification(lead(CAMDEN), lead(ACLAND))
    one = seen(world, every, read=MIXED)
    restricted = {"tell": "nobody", "exemption": "crime", "recipient": "exempt-to-the-same-extent"}
    other = replace(one, left_out=(), cover={**one.cover, "restriction": restricted, "note": "A note.", "ring": None})
    return [one, other, seen(world, held, MARRIOTTS), seen(world, refused, CAMDEN)]


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits_a_terminal_and_shows_both_columns(world: World, width: int) -> None:
    for preview in cases(world):
        console = Console(width=width, force_terminal=False)
        with console.capture() as caught:
            console.print(rendered(preview))
        lines = caught.get().splitlines()
        assert max(map(len, lines)) <= width
        (_, left, right, _), *_ = (
            cells for line in lines if len(cells := line.split("│")) == 4 and "signed" in cells[1]
        )
        assert left.strip() == "Metropolitan Police Service signed"
        assert right.strip().split()[-1] in {"sees", "see", "nothing"}
        said = " ".join("".join(" " if one in "│╭╰─" else one for one in caught.get()).split())
        assert "minimisation with review, not anonymisation" in said
        for group in preview.groups:
            assert group.title.upper() in said


def test_a_terminal_shows_marks_also_without_colours(world: World) -> None:
    console = Console(width=120, force_terminal=False)
    with console.capture() as caught:
        console.print(rendered(seen(world, notification(), read=reading(I=found((8, 16))))))
    assert "I heard «shouting» and" in caught.get()
    assert "withheld: TXT-2" in caught.get()


class Read(HTMLParser):
    """A page as a reader of HTML takes it: balanced, with its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """See HTMLParser."""
        if "style" not in self.open:
            self.text += data


def test_the_page_is_whole_and_takes_nothing_from_outside(world: World) -> None:
    for preview in cases(world):
        text = page(preview)
        read = Read(text)
        assert read.open == []
        tags = {tag for tag, _ in read.tags}
        assert not tags & {"script", "link", "img", "iframe", "object", "form", "a", "base"}
        names = {name for _, attributes in read.tags for name in attributes}
        assert not names & {"src", "href", "style", "srcset", "action"}
        assert not [name for name in names if name.startswith("on")]
        assert "url(" not in text
        assert "@import" not in text
        policy = next(one["content"] for tag, one in read.tags if tag == "meta" and "http-equiv" in one)
        assert policy == "default-src 'none'; style-src 'unsafe-inline'"
        for said in (FOR_THE_SENDER, NOT_ANONYMOUS, preview.recipient, preview.sender):
            assert said in read.text


def test_what_a_message_says_is_text_on_the_page(world: World) -> None:
    text = page(cases(world)[0])
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "<b>R" not in text
    assert "<b>R[bold]owan" in Read(text).text


def test_the_page_marks_what_was_found_and_what_is_the_brokers(world: World) -> None:
    (said,) = incident()["circumstances"]
    at = said.index("two adults")
    ours = found((at, at + 10), text=said.replace("two adults", "[the adults]"), state=State.SUBSTITUTED)
    text = page(seen(world, notification(), read=reading(I=found((8, 16)), Police=ours)))
    assert "I heard <mark>shouting</mark> and" in text
    assert '<span class="ours">[the adults]</span>' in text


# The command ---------------------------------------------------------------------------------------------------------


def broker(*arguments: str, given: Any = None) -> Result:  # noqa: ANN401 - JSON
    return CliRunner().invoke(cli.app, ["preview", *arguments], input=json.dumps(given), env={"BROKER_HOME": ""})


@pytest.mark.parametrize(
    ("example", "organisation", "code"),
    [("good", ACLAND, 0), ("held", MARRIOTTS, HELD), ("refused", CAMDEN, REFUSED)],
)
def test_it_exits_as_check_does(example: str, organisation: str, code: int) -> None:
    file = str(ROOT / f"examples/{example}.json")
    done = broker(file, "--as", organisation, *AT)
    assert done.exit_code == code, done.output
    assert "Metropolitan Police Service signed" in done.stdout
    as_json = broker(file, "--as", organisation, *AT, "--json")
    assert as_json.exit_code == code
    assert json.loads(as_json.stdout)["organisation"] == organisation


def test_the_page_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "out.html"
    file.write_text("old")
    file.chmod(0o644)
    done = broker(str(ROOT / "examples/good.json"), "--as", ACLAND, "--html", str(file), *AT)
    assert done.exit_code == 0
    assert file.read_text().startswith("<!doctype html>")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "Rowan" not in done.stdout


def test_who_is_no_recipient_is_told_who_is() -> None:
    done = broker(str(ROOT / "examples/good.json"), "--as", CAMDEN, *AT)
    assert done.exit_code == USAGE
    assert "Acland Burghley School (school:100053)" in done.stderr
    recorded = broker("-", "--as", CAMDEN, "--sender", MET, *AT, given=told(notification(), ACLAND))
    assert "nobody" in recorded.stderr


def test_what_cannot_be_read_is_refused_as_check_refuses_it() -> None:
    done = broker("-", "--as", ACLAND, *AT, given={"x": 1})
    assert done.exit_code == REFUSED
    as_json = broker("-", "--as", ACLAND, "--json", *AT, given={"x": 1})
    assert json.loads(as_json.stdout)["status"] == "refused"


def test_free_text_is_read_as_the_broker_reads_it() -> None:
    content = incident(childVoice=["Alex Testcase was shouting.", "Mrs Okafor came."], circumstances="All calm.")
    done = broker("-", "--as", ACLAND, "--json", *AT, given=notification(content=content))
    found = {row["field"]: row for group in json.loads(done.stdout)["groups"] for row in group["rows"]}
    ours, other = found["childVoice"]["pieces"]
    assert (ours["state"], other["state"]) == ("substituted", "withheld")
    assert "Alex" not in "".join(run["text"] for run in ours["seen"])
    assert [run["text"] for run in ours["seen"] if run["mark"] == "broker"]
    assert found["circumstances"]["pieces"][0]["state"] == "clear"


def test_without_the_extra_the_model_is_not_feigned(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise NotInstalled("pip install the extra")

    monkeypatch.setattr("broker.commands.preview.load", missing)
    done = broker("-", "--as", ACLAND, "--model", *AT, given=notification())
    assert done.exit_code == 1
    assert "the extra" in done.stderr


def test_the_page_says_how_free_text_was_read(world: World) -> None:
    done = dry(world, notification())
    assert BY_RULES in page(sides(done, ACLAND, clear))
    assert WITH_MODEL in page(sides(done, ACLAND, clear, with_model=True))


def test_one_message_at_a_time() -> None:
    assert broker("-", "--as", ACLAND, *AT, given=[notification(), notification()]).exit_code == USAGE
