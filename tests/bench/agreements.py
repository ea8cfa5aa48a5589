"""What a decision costs with 100 and with 100,000 agreements on file: one message, and each of five recipients.

*Warm*: what was found and decided is remembered. *Cold*: nothing is, as after an event of the registry: every memory of
ours is emptied before each message, and each paper is read anew. *Decide* is the facts' papers and the rules for five
recipients; *judge* is a whole message to the four that one message can name: facts, papers, rules, cutting down.

The police force is party to every agreement on file, each with another school, so its own list is as long as there are
agreements; each of the five recipients is in one of its own and in one with many.
"""

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from broker import papers as filing
from broker.consent import decide, papers, redact
from broker.consent.law.policy import POLICY
from broker.data import agreements
from broker.home import Home
from broker.judge import Parsed, judge, parse
from broker.papers import Papers
from broker.register import AgreementDeclared, Register, sign_event
from broker.registry import Organisation, Registry
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.papers import Agreement
from broker.state import Case
from tests.bench import results
from tests.personas import ACLAND, ARGYLE, GARRETT, HEATH, MARRIOTTS, MET, NIGHT, lead, notification
from tests.world import make_home

FEW, MANY = 100, 100_000
MEMORY = "memory of the many, MiB"
TIMES = 200
EVENTS = 2048
WARM_GOAL, COLD_GOAL = 150.0, 1000.0
RECIPIENTS = (ACLAND, HEATH, ARGYLE, GARRETT, MARRIOTTS)
FIRST = 200_000
"""School numbers from here: none of the built-in ones is among them."""


def main() -> None:
    """Measure, print, and keep the figures; exit 1 if a goal is not met."""
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(Path(folder))
        measured = {count: _measure(home, count) for count in (FEW, MANY)}
    print(f"{'':44} {FEW:>10,} {MANY:>10,} {'ratio':>7}")
    figures: dict[str, Any] = {}
    for what, few in measured[FEW].items():
        if what == MEMORY:
            continue
        many = measured[MANY][what]
        ratio = round(many / few, 2)
        figures[what] = {"100": few, "100,000": many, "ratio": ratio}
        print(f"{what:44} {few:>10,.1f} {many:>10,.1f} {ratio:>7.2f}")
    figures[MEMORY] = measured[MANY][MEMORY]
    print(f"{MEMORY:44} {'':10} {figures[MEMORY]:>10,.1f}")
    method = {
        "repeats": TIMES,
        "figures": "medians, processor time",
        "goals": {"warm, us": WARM_GOAL, "cold, us": COLD_GOAL, "ratio": 1.0},
        "machine": results.machine(),
    }
    results.write("agreements", method, figures)
    missed = [
        name
        for name, goal in (("five decided, warm, us", WARM_GOAL), ("five decided, cold, us", COLD_GOAL))
        if figures[name]["100,000"] >= goal
    ]
    sys.exit(f"missed: {', '.join(missed)}" if missed else 0)


def _school(number: int) -> str:
    return f"school:{FIRST + number}"


def _filed(registry: Registry, count: int) -> Papers:
    """The play set's papers, and this many agreements of the force, each with another school."""
    day, made = NIGHT.date(), registry.papers
    template = next(agreements(registry, day)).model_copy(update={"flows": _types()})
    for number in range(count):
        one = _between(template, number, _school(number))
        made = made.agree(one).join(one.id, _school(number))
    for number, who in enumerate(RECIPIENTS, start=count):
        one = _between(template, number, who)
        made = made.agree(one).join(one.id, who)
    return made


def _types() -> tuple[str, ...]:
    return tuple(name for name, flow in BY_TYPE.items() if flow.views)


def _between(template: Agreement, number: int, who: str) -> Agreement:
    return template.model_copy(update={"id": f"agreement-{number:012x}", "parties": (MET, who)})


def _measure(home: Home, count: int) -> dict[str, float]:
    registry = home.registry()
    gc.collect()
    before = _resident()
    filed = _filed(registry, count)
    gc.collect()
    memory = _resident() - before
    keyed = registry.put([], "bench", filed)
    document = notification(*(lead(one, "registered-dual-main") for one in RECIPIENTS[:4]))
    flow = BY_TYPE[document["type"]]
    submission = parse(document, flow)

    def judged(*recipients: str) -> list[Any]:
        lines = [submission.to[0].model_copy(update={"organisation": one}) for one in recipients]
        return judge(
            submission,
            flow,
            lines,
            _case(submission),
            sender=_member(keyed, MET),
            registry=keyed,
            policy=POLICY,
            now=NIGHT,
        )

    everybody = judged(*RECIPIENTS)
    if not all(one.decision.shared for one in everybody):
        raise RuntimeError("something is held: this would measure something else")
    facts = [one.facts for one in everybody]

    def decided(each: Callable[[], None] | None = None) -> None:
        for who, one in zip(RECIPIENTS, facts, strict=True):
            if each is not None:
                each()
            stand = papers.of(filed, NIGHT.date())
            stand.policy_document(MET, SENDERS)
            stand.policy_document(who, RECEIVERS)
            stand.impact_assessment(MET, flow.type)
            stand.agreement(MET, who, flow.type)
            decide.decide(one, POLICY, NIGHT)

    made = {
        "five decided, warm, us": _timed(decided),
        "five decided, cold, us": _timed(decided, first=_forget),
        "five decided, each as if the first, us": _timed(lambda: decided(_forget)),
        "four judged, warm, us": _timed(lambda: judged(*RECIPIENTS[:4])),
        "four judged, cold, us": _timed(lambda: judged(*RECIPIENTS[:4]), first=_forget),
        "one event more, us": _event(home, keyed),
    }
    return made | {MEMORY: round(memory / 2**20, 1)}


SENDERS, RECEIVERS = frozenset({"sch1-para-18"}), frozenset({"sch1-para-18", "sch1-para-36"})


def _case(submission: Parsed) -> Case:
    return Case.model_validate({"owner": submission.case_owner, "id": str(submission.case)})


def _member(registry: Registry, name: str) -> Organisation:
    found = registry.get(name)
    if found is None:
        raise RuntimeError(f"{name} is not registered")
    return found


def _forget() -> None:
    decide._decided.cache_clear()  # noqa: SLF001 - cold is what is measured
    papers.of.cache_clear()
    papers.needing_a_document.cache_clear()
    filing._read.cache_clear()  # noqa: SLF001 - likewise
    redact._shown.cache_clear()  # noqa: SLF001 - likewise


def _timed(call: Callable[[], object], *, first: Callable[[], None] | None = None) -> float:
    spent = []
    for _ in range(TIMES):
        if first is not None:
            first()
        began = time.thread_time_ns()
        call()
        spent.append(time.thread_time_ns() - began)
    return round(statistics.median(spent) / 1000, 1)


def _event(home: Home, registry: Registry) -> float:
    """One agreement more, as whoever follows the registry takes it in: signature, checks, filing, joining."""
    template = next(agreements(registry, NIGHT.date()))
    signer = home.signer(_member(registry, MET), NIGHT)
    made = (AgreementDeclared(agreement=_between(template, FIRST + number, ACLAND)) for number in range(EVENTS))
    events = [sign_event(one, signer, NIGHT) for one in made]
    register = Register(home.trust())
    register.registry = registry
    began = time.thread_time_ns()
    for event in events:
        register.apply(event)
    return round((time.thread_time_ns() - began) / EVENTS / 1000, 1)


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * 4096


if __name__ == "__main__":
    main()
