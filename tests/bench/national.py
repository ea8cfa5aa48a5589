"""A registry of national size: seconds to import, memory of whoever follows it, and whether a message costs more.

The events are signed by a registry desk and every signature is checked, as a worker does. Memory is taken in a process
of its own, so that nothing else that this one has done counts.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from broker.home import new_key
from broker.register import REGISTRAR, Connected, Register, registered, sign_event
from broker.registry import Channel, Desk, Establishment, KeyUse, Nation, Organisation, PublicKey, Registry
from broker.sealing import Signer
from broker.state import Cabinet
from tests.bench import results
from tests.personas import ACLAND, CAMDEN, HEATH, MET, MET_AREA, NIGHT, lead, notification
from tests.world import World, incoming, make_home

ORGANISATIONS = 30_000
FEW = 12
MESSAGES = 300
CONNECTED = 400
FIRST = 200_000
"""School numbers from here: none of the built-in ones is among them."""


def main() -> None:
    """Measure, print and keep the figures; in the process whose memory is taken, only follow the events."""
    if sys.argv[1:]:
        print(_memory(Path(sys.argv[1]), Path(sys.argv[2])))
        return
    with tempfile.TemporaryDirectory() as folder:
        figures = _measure(Path(folder))
    for what, value in figures.items():
        print(f"{what:64} {value}")
    method = {"organisations": ORGANISATIONS, "beside": FEW, "messages": MESSAGES, "machine": results.machine()}
    results.write("registry", method, figures)


def _school(number: int) -> Organisation:
    return Organisation.model_validate(
        {
            "id": f"school:{FIRST + number}",
            "name": f"Example School {number}",
            "nation": Nation.ENGLAND,
            "policeArea": MET_AREA,
            "establishment": Establishment.SCHOOL,
            "council": CAMDEN,
            "desk": Desk(role="Designated safeguarding lead", telephone="+442079460902"),
        }
    )


def _measure(folder: Path) -> dict[str, Any]:
    public, private = new_key(KeyUse.SIGN, NIGHT, timedelta(days=30))
    desk = Signer(REGISTRAR, public, private)
    schools = [_school(number) for number in range(ORGANISATIONS)]
    began = time.perf_counter()
    events = [sign_event(event, desk, NIGHT) for event in registered(schools)]
    register = _followed(public, events)
    seconds = time.perf_counter() - began
    connected = Connected(about=schools[0].id, channel=Channel.MAILBOX)
    changes = [sign_event(connected, desk, NIGHT) for _ in range(CONNECTED)]
    began = time.perf_counter()
    for change in changes:
        register.apply(change)
    each = (time.perf_counter() - began) / CONNECTED
    few = [sign_event(event, desk, NIGHT) for event in registered(schools[:FEW])]
    took = {len(lines): _memory_alone(folder, public, lines) for lines in (few, events)}
    return {
        "importing and following, s": round(seconds, 1),
        "events": len(events),
        "one more event, us": round(each * 1e6),
        "memory beside that of 12 organisations, MiB": round(took[len(events)] - took[len(few)], 1),
        "a message, beside one with 12 organisations": _a_message(folder, schools),
    }


def _followed(registrar: PublicKey, events: list[str]) -> Register:
    register = Register(registrar)
    for event in events:
        register.apply(event)
    return register


def _memory_alone(folder: Path, registrar: PublicKey, events: list[str]) -> float:
    trust, lines = folder / "trust.json", folder / "events"
    trust.write_text(registrar.model_dump_json(by_alias=True))
    lines.write_text("\n".join(events))
    command = [sys.executable, "-m", "tests.bench.national", str(trust), str(lines)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _memory(trust: Path, lines: Path) -> float:
    """MiB of this process once it has followed the events and met as many organisations as it keeps parsed."""
    register = Register(PublicKey.model_validate_json(trust.read_bytes()))
    with lines.open() as events:
        for line in events:
            register.apply(line.strip())
    for one in range(ORGANISATIONS):
        register.registry.get(f"school:{FIRST + one}")
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _a_message(folder: Path, schools: list[Organisation]) -> float:
    """The same messages through the procedure with either registry, in turn: the ratio of the medians."""
    world = World(make_home(folder / "home"))
    small = world.exchange
    large = world.exchange
    large.take(
        Registry([*world.registry, *schools], papers=world.registry.papers),
        world.home.signer(world.home.broker(), world.now),
    )
    sender = world.agency(MET)
    to = lead(ACLAND, "registered-dual-main"), lead(HEATH, "registered-dual-subsidiary")
    memories = {id(small): Cabinet(), id(large): Cabinet()}
    spent: dict[int, list[int]] = {id(small): [], id(large): []}
    for number in range(MESSAGES):
        record = incoming(sender.submit(notification(*to), world.now))
        for exchange in (small, large) if number % 2 else (large, small):
            carry = partial(exchange.carry, record, memories[id(exchange)], world.now)
            began = time.thread_time_ns()
            carry()
            spent[id(exchange)].append(time.thread_time_ns() - began)
    return round(statistics.median(spent[id(large)]) / statistics.median(spent[id(small)]), 2)


main()
