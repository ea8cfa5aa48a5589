"""The two printable pages, the rules and the law: data in, HTML text out. No script, and nothing from outside."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from broker import legal, topics
from broker.consent.book import Entry, RuleKind, Section
from broker.consent.law.bases import Basis
from broker.consent.law.policy import Policy
from broker.consent.law.record import Record
from broker.consent.rulebook import At, Human, Redaction, Rule
from broker.consent.rules.redaction import REDACTIONS
from broker.legal import KINDS, LABELS, Leg, plain
from broker.registry import Registry
from broker.schemas.message import Addressing, Flow
from broker.schemas.terms import Outcome
from broker.topics import FOR_EVER, Topic

Json = Mapping[str, Any]
Cases = Mapping[str, Sequence[Json]]

NOBODY = "nobody yet"
UNCONFIRMED = (
    "Nothing on this page has been confirmed by a data protection officer or a lawyer yet, except where a line says "
    "by whom."
)
MARKS = "Marks: R the primary text was read; r read in part; K well known, but not seen in a source; P our proposal."
STYLE = """
@page { size: A4; margin: 16mm 14mm; }
* { box-sizing: border-box; }
body { font: 10.5pt/1.45 Georgia, "Times New Roman", serif; color: #1a1a1a; max-width: 190mm; margin: 8mm auto;
  padding: 0 6mm; overflow-wrap: break-word; }
h1, h2, h3, th, dt, .id, nav, .state { font-family: "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 20pt; line-height: 1.2; margin: 0 0 3mm; }
h2 { font-size: 14pt; margin: 10mm 0 2mm; padding-top: 2mm; border-top: 2px solid #1a1a1a; break-after: avoid; }
h3 { font-size: 11pt; margin: 6mm 0 1.5mm; break-after: avoid; }
p { margin: 0 0 2mm; }
.notice { border: 1.5px solid #8a1c1c; padding: 2.5mm 3.5mm; margin: 4mm 1px; }
.small { font-size: 9pt; color: #444; }
nav td a { white-space: nowrap; }
nav td strong a { white-space: normal; }
nav ol { columns: 2; padding-left: 6mm; font-size: 9.5pt; }
a { color: inherit; }
table { width: 100%; border-collapse: collapse; margin: 1mm 0 3mm; table-layout: fixed; }
caption { text-align: left; font-style: italic; padding: 1mm 0; }
th, td { text-align: left; vertical-align: top; padding: 1.2mm 2mm; border-bottom: 0.5px solid #b5b5b5; }
th { font-size: 8.5pt; font-weight: 600; }
td { font-size: 9.5pt; }
thead { display: table-header-group; }
thead th { border-bottom: 1px solid #1a1a1a; }
tr, dl, .rule { break-inside: avoid; }
.rule { border-top: 0.5px solid #b5b5b5; padding: 2.5mm 0 1mm; }
.rule p { margin: 0 0 1mm; }
.id { font-weight: 700; font-size: 10pt; }
.tag { font: 8pt "Helvetica Neue", Arial, sans-serif; border: 0.5px solid #777; border-radius: 2mm; padding: 0 1.5mm;
  margin-left: 1.5mm; white-space: nowrap; }
dl { display: grid; grid-template-columns: 31mm 1fr; gap: 0.6mm 3mm; margin: 1mm 0 2mm; font-size: 9.5pt; }
dt { font-size: 8.5pt; font-weight: 600; color: #444; padding-top: 0.3mm; }
dd { margin: 0; }
ul { margin: 0; padding-left: 4.5mm; }
.off { font-weight: 700; color: #8a1c1c; }
code { font: 8.5pt "DejaVu Sans Mono", Consolas, monospace; }
@media print { body { margin: 0; padding: 0; max-width: none; } a { text-decoration: none; } }
"""
KIND_WORDS = {
    RuleKind.MACHINE: "checked by the broker",
    RuleKind.HUMAN: "a human decides",
    RuleKind.BUILT: "kept by how it is built",
}
ADDRESSED = {
    Addressing.NAMED: "organisations that the sender names",
    Addressing.LEDGER: "everybody who received the original",
    Addressing.ORIGINATOR: "the organisation that opened the case",
    Addressing.BROKER_RECORD: "nobody: the broker records it",
}
MOST_COLUMNS = 3
"""Rows of the law that stand side by side on A4."""
MUTATION_TEST = "tests/unit/test_rule_mutation.py"


# The rules ---------------------------------------------------------------------------------------------------------


def rules_page(sections: Sequence[Section], cases: Cases, *, rules_version: str) -> str:
    """Every rule: what it says, what follows, source and mark, where it is kept, and by which test that is shown."""
    counts = [_row([_index(one), *(str(_count(one, kind)) for kind in RuleKind)]) for one in sections]
    total = _row(["<strong>all</strong>", *(str(sum(_count(one, kind) for one in sections)) for kind in RuleKind)])
    body = [
        "<h1>The rules</h1>",
        _paragraph(f"What every message is tested against, rule by rule. Rules version {_code(rules_version)}."),
        _notice(f"{UNCONFIRMED} {MARKS}"),
        _paragraph(
            "The gravest finding is the outcome: refuse, then hold, then share with warning, then share. A rule that "
            "no program can check is <em>human</em>: it says what the human is asked."
        ),
        "<nav>",
        _table(["section", *(KIND_WORDS[kind] for kind in RuleKind)], [*counts, total], widths=(64, 12, 12, 12)),
        "</nav>",
    ]
    for section in sections:
        body.append(f'<h2 id="{escape(section.name)}">{escape(section.title)}</h2>')
        if section.name == "redaction":
            body.append(_redactions())
        body += [_rule(entry, cases) for entry in section.entries]
    return _page("The rules", body)


def _redactions() -> str:
    """All of them at a glance: what each withholds, why, by what it is kept, and by which test that is shown."""
    rows = [
        _row(
            [
                _link(one.id, one.id),
                escape(one.states),
                escape(one.why),
                escape("; ".join(one.kept_by)),
                _code(one.test.partition("::")[2].replace("_", " ")),
            ]
        )
        for one in REDACTIONS
    ]
    return _table(["rule", "what is withheld", "why", "kept by", "shown by"], rows, widths=(8, 36, 20, 18, 18))


def _index(section: Section) -> str:
    """The section and its rules, as links."""
    ids = ", ".join(_link(one.rule.id, one.rule.id) for one in section.entries)
    return f"<strong>{_link(section.name, section.title)}</strong><br>{ids}"


def _anchor(flow: Flow) -> str:
    return f"{flow.family}.{flow.name}"


def _link(name: str, text: str) -> str:
    return f'<a href="#{escape(name)}">{escape(text)}</a>'


def _count(section: Section, kind: RuleKind) -> int:
    return sum(entry.kind is kind for entry in section.entries)


def _rule(entry: Entry, cases: Cases) -> str:
    rule = entry.rule
    head = (
        f'<p><span class="id" id="{escape(rule.id)}">{escape(rule.id)}</span>'
        f'<span class="tag">{KIND_WORDS[entry.kind]}</span></p><p>{escape(rule.states)}</p>'
    )
    rows = list(rule_rows(entry, cases))
    return f'<div class="rule">{head}{_list(rows)}</div>'


def rule_rows(entry: Entry, cases: Cases) -> Iterator[tuple[str, str]]:
    """Name and text of everything there is to say of a rule, apart from its statement."""
    rule = entry.rule
    if isinstance(rule, Rule):
        yield "what follows", _follows(rule)
        yield "finding", rule.reason
        yield "cure", rule.cure
    elif isinstance(rule, Human):
        yield "the human is asked", rule.asks
    else:
        if isinstance(rule, Redaction):
            yield "why", rule.why
            yield "kept by", "; ".join(rule.kept_by)
        yield "shown by", rule.test
    yield "source", f"{rule.source} [{rule.mark}]"
    yield "kept in", entry.where
    if isinstance(rule, Rule):
        named = cases.get(rule.id, ())
        count = "1 case, with" if len(named) == 1 else f"{len(named)} cases, each with"
        said = "; ".join(f"{one['says']} ({plain(one['outcome'])})" for one in named)
        yield "tested by", f"{count} the nearest that it spares, and two mutants ({MUTATION_TEST}): {said}"


def _follows(rule: Rule) -> str:
    """Outcome and scope, at which side it is asked, and how a human may yet let it go."""
    asked = rule.at.value if rule.at is At.BOTH else f"the {rule.at.value}"
    said = [f"{plain(rule.outcome)}, of the {rule.scope.value}", f"asked of {asked}"]
    if rule.at_recipient not in (None, rule.outcome):
        said.append(f"at the recipient's side: {plain(str(rule.at_recipient))}")
    if rule.field:
        said.append(f"field: {rule.field}")
    if rule.outcome is Outcome.REFUSE:
        said.append("if urgent: held, and a human can let it go" if rule.curable else "if urgent: refused all the same")
    if rule.released_by:
        said.append(f"let go by: {', '.join(sorted(plain(one) for one in rule.released_by))}")
    return "; ".join(said)


# The law -----------------------------------------------------------------------------------------------------------


def law_page(flows: Sequence[Flow], policy: Policy, registry: Registry, day: date) -> str:
    """Per flow: parties, purpose, regime and basis at each end, labels, deadline, retention; then the law on file."""
    kept = topics.topics(registry)
    links = [(_anchor(flow), flow.title) for flow in flows]
    links += [
        ("provisions", "Gateways on file"),
        ("conditions", "Conditions on file"),
        ("others", "Exemptions and regulators on file"),
        ("retention", "How long it is kept"),
    ]
    listed = "".join(f"<li>{_link(name, title)}</li>" for name, title in links)
    body = [
        "<h1>The law of every flow</h1>",
        _paragraph(
            f"Policy {_code(policy.version)}, issued {legal.day_of(policy.issued)}, to be reviewed by "
            f"{legal.day_of(policy.review_by)}; what is in force is said as at {legal.day_of(day)}. "
            f"Supervised by the {escape(policy.regulator(day).title)}."
        ),
        _notice(f"{UNCONFIRMED} {MARKS} Retention is configuration, and unconfirmed too."),
        f"<nav><ol>{listed}</ol></nav>",
    ]
    for flow in flows:
        body += _flow(flow, policy, kept, day)
    body += [
        '<h2 id="provisions">Gateways on file</h2>',
        _paragraph(
            'A power is not a duty, and guidance is neither. What is <span class="off">OFF</span> is on the statute '
            "book, but no source on file says that it has begun; it cannot be cited until it is switched on with one."
        ),
        _provisions(policy, day),
        '<h2 id="conditions">Conditions on file</h2>',
        _records(policy.conditions, day),
        '<h2 id="others">Exemptions and regulators on file</h2>',
        _records((*policy.exemptions, *policy.regulators), day),
        '<h2 id="retention">How long it is kept</h2>',
        "<p>Retention is configuration; nobody has confirmed it. What erases what is in docs/erasure.md.</p>",
        _table(
            ["topic", "holds", "kept"],
            [_row([_code(one.name), escape(one.holds), _kept(one)]) for one in _once(kept)],
            widths=(28, 52, 20),
        ),
    ]
    return _page("The law of every flow", body)


def _flow(flow: Flow, policy: Policy, kept: Sequence[Topic], day: date) -> Iterator[str]:
    yield f'<h2 id="{escape(_anchor(flow))}">{escape(flow.title)}</h2>'
    signed = ", ".join(sorted(plain(one) for one in flow.signed_by))
    bars = [f"{escape(name)}: {escape(why)}" for name, why in sorted(flow.message.must_not_carry.items())]
    yield _list(
        [
            ("type", flow.type),
            ("sender", ", ".join(sorted(KINDS[one] for one in flow.senders))),
            ("signed by", f"a role holder: {signed}" if signed else "the organisation"),
            ("goes to", ADDRESSED[flow.addressing]),
            ("purpose", flow.purpose),
            ("source", flow.source),
            ("kept", f"{_of_flow(flow, kept)} (unconfirmed); then by the recipient, as its own controller"),
        ]
    )
    yield f'<p class="small">Must never carry: {"; ".join(bars)}.</p>'
    if not flow.views:
        yield "<p>Nobody receives it, so no basis for a disclosure is needed.</p>"
    for leg in legal.legs(flow, policy):
        yield from _leg(leg, policy, day)


def _of_flow(flow: Flow, kept: Sequence[Topic]) -> str:
    days = {one.name: _kept(one) for one in kept}
    read = (
        sorted(
            {
                _kept(one)
                for one in kept
                if one.name.startswith(("inbox.", topics.MAILBOX)) and one.name != topics.MAILBOX_CLAIMS
            }
        )
        if flow.views
        else []
    )
    deliveries = f"deliveries {' or '.join(read)}; " if read else ""
    return (
        f"by the broker: the submission {days[topics.submit(flow.family)]}; {deliveries}what is held "
        f"{days[topics.HELD]}; the audit record, without content, {days[topics.AUDIT]}"
    )


def _leg(leg: Leg, policy: Policy, day: date) -> Iterator[str]:
    whose = ", ".join(KINDS[one] for one in leg.receives)
    yield f"<h3>To the {escape(plain(leg.role))}{f' ({escape(whose)})' if whose else ''}</h3>"
    labels = [f"{escape(LABELS[one])} <code>{escape(one)}</code>" for one in LABELS if one in leg.labels]
    yield _list([("deadline", leg.due), ("kind of deadline", leg.due_kind or "-")])
    senders = [_columns(f"Sender: {KINDS[kind]}", code, rows, policy, day) for kind, code, rows in leg.senders]
    ends = [*senders, _columns("Recipient", leg.recipient_code, leg.recipient, policy, day)]
    together = sum(map(len, ends)) <= MOST_COLUMNS
    for columns in [[one for end in ends for one in end]] if together else ends:
        yield _side_by_side(columns)
    yield f"<p><strong>May see</strong> what carries only these labels: {'; '.join(labels)}.</p>"
    yield f'<p class="small">Fields shown: {escape(", ".join(leg.sees)) or "none"}.</p>'
    yield f'<p class="small">Fields never shown: {escape(", ".join(leg.never_sees)) or "none"}.</p>'


Column = tuple[str, Mapping[str, str]]
"""One row of the law, as HTML: its head, and name -> text."""


def _columns(title: str, code: str, rows: Sequence[Basis], policy: Policy, day: date) -> list[Column]:
    if not rows:
        said = f'<span class="off">no row of the law</span> under {_code(code)}, so everything is held'
        return [(escape(title), {"state": said})]
    return [_column(title, legal.end(one, policy, day)) for one in rows]


def _column(title: str, one: Json) -> Column:
    return (
        f"{escape(title)}<br>{_code(one['code'])} {escape(one['title'])}",
        {
            "state": f"{_state(one)}; {escape(' and '.join(one['nations']))}",
            "regime": escape(one["regime"]),
            "Article 6": escape(one["article6"]),
            "Article 9": escape(one["article9"]),
            "Article 10": escape(one["article10"]),
            "conditions": _each(map(_condition, one["conditions"])),
            "gateways": _each([*map(_gateway, one["gateways"]), *map(_missing, one["gatewaysNotOnFile"])]),
            "document": "an appropriate policy document" if one["policyDocument"] else "none needed",
            "source": _source(one),
            "confirmed by": _confirmed(one),
        },
    )


def _side_by_side(columns: Sequence[Column]) -> str:
    names = dict.fromkeys(name for _, cells in columns for name in cells)
    body = [
        _row([f"<th>{escape(name)}</th>", *(cells.get(name, "-") for _, cells in columns)], head=True) for name in names
    ]
    widths = (16, *([84 // len(columns)] * len(columns)))
    return _table(["", *(head for head, _ in columns)], body, raw=True, widths=widths)


def _source(one: Json) -> str:
    return f"{escape(one['source'])} [{escape(one['mark'])}]"


def _missing(code: str) -> str:
    return f'{_code(code)}: <span class="off">not on file</span>'


def _condition(one: Json) -> str:
    return f"{_code(one['code'])} {escape(one['title'])} ({_state(one)})"


def _gateway(one: Json) -> str:
    return (
        f"{escape(one['title'])}: {escape(one['force'])}; {_state(one)} [{escape(one['mark'])}]; confirmed by "
        f"{_confirmed(one)}"
    )


def _provisions(policy: Policy, day: date) -> str:
    """Gateways, with what each is, on whom, and whom it reaches."""
    said = [legal.provision(one, day) for one in policy.provisions]
    return _listed((one, f"{one['force']} of: {', '.join(one['on'])}; reaches: {one['to']}") for one in said)


def _records(records: Iterable[Record], day: date) -> str:
    return _listed((legal.record(one, day), "") for one in records)


def _listed(records: Iterable[tuple[Json, str]]) -> str:
    rows = [
        _row(
            [
                f"{escape(one['title'])}<br>{_code(one['code'])}{f'<br>{escape(more)}' if more else ''}",
                f"{_state(one)}<br>{escape(', '.join(one['nations']))}",
                _source(one),
                _confirmed(one),
            ]
        )
        for one, more in records
    ]
    return _table(["what", "state", "source and mark", "confirmed by"], rows, widths=(40, 20, 28, 12))


def _state(one: Json) -> str:
    said = escape(one["state"])
    return said if one["inForce"] else f'<span class="off">{said}</span>'


def _confirmed(one: Json) -> str:
    return escape(plain(one["confirmedBy"])) if one["confirmedBy"] else NOBODY


def _once(kept: Sequence[Topic]) -> list[Topic]:
    """One line for all inboxes: they differ by whose they are."""
    inboxes = [one for one in kept if one.name.startswith("inbox.")]
    return [one for one in kept if one not in inboxes[1:]]


def _kept(topic: Topic) -> str:
    special = {None: "until it is replaced", FOR_EVER: "for ever"}
    return special.get(topic.retention_days, f"{topic.retention_days} days")


# HTML --------------------------------------------------------------------------------------------------------------


def _page(title: str, body: Iterable[str]) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width">\n<style>{STYLE}</style>\n</head>\n<body>\n'
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _paragraph(html: str) -> str:
    return f"<p>{html}</p>"


def _notice(text: str) -> str:
    return f'<p class="notice">{escape(text)}</p>'


def _list(rows: Iterable[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in rows) + "</dl>"


def _each(items: Iterable[str]) -> str:
    listed = "".join(f"<li>{one}</li>" for one in items)
    return f"<ul>{listed}</ul>" if listed else "none"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _row(cells: Iterable[str], *, head: bool = False) -> str:
    """Cells of HTML. `head`: the first is a heading already."""
    made = list(cells)
    first = [made.pop(0)] if head else []
    return "<tr>" + "".join([*first, *(f"<td>{one}</td>" for one in made)]) + "</tr>"


def _table(head: Sequence[str], rows: Iterable[str], *, widths: Sequence[int], raw: bool = False) -> str:
    """`raw`: the heads are HTML already."""
    columns = "".join(f'<col style="width:{width}%">' for width in widths)
    heads = "".join(f"<th>{one if raw else escape(one)}</th>" for one in head)
    return f"<table><colgroup>{columns}</colgroup><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
