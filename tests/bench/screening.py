"""How long a note takes to screen without a model: `python -m tests.bench.screening`. Goal: 2 ms for 500 characters."""

import time
from statistics import median
from typing import Any

from broker.screening.own import known
from broker.screening.screen import Screen

ROUNDS = 300
SHOWN = frozenset({"familyName", "givenNames"})
RECORD: dict[str, Any] = {
    "familyName": "Okafor",
    "givenNames": "Chidi Paul",
    "alsoKnownAs": ["CJ"],
    "dateOfBirth": "2016-03-12",
    "homeAddress": {"lines": ["14 Larch Close", "Farnwick"], "postcode": "QX4 7ZB"},
    "adultNames": [{"adultRef": "adult-1", "name": "Darren Cole"}],
    "adults": [{"adultRef": "adult-1", "role": "victim", "relation": "mother's partner"}],
    "callbackTelephone": "+441632960123",
    "incidentRef": "QX/2026/11873",
}
NOTE = (
    "Officers attended 14 Larch Close at 22:30 after a report of an argument. Darren had been drinking, mum said he "
    "pushed her. Chidi was in the bedroom and heard shouting. He told PC 4412 Hughes that he was scared. His nan Pat "
    "came at 23:15 and took him to her flat on Mill Lane. Mum has a mark on her arm; she will see her GP. The male had "
    "left in a silver van before police came back. Call 07700 900123 before nine. Chidi may be tired and should have a "
    "calm start to his day at school."
)[:500]


def main() -> None:
    """Print the median processor time of a note: with few organisations and with 30,000, and of a record seen first."""
    record = known(RECORD)
    few = Screen(names_of_organisations=["Argyle Primary School"])
    many = Screen(names_of_organisations=[f"Example{number} Primary School" for number in range(30_000)])
    for title, screen in (("one organisation", few), ("30,000 organisations", many)):
        print(f"{len(NOTE)} characters, {title}: {_milliseconds(screen, [record] * ROUNDS):.2f} ms")
    others = [known({**RECORD, "incidentRef": f"QX/2026/{number}"}) for number in range(ROUNDS)]
    print(f"{len(NOTE)} characters, a record that was not seen before: {_milliseconds(few, others):.2f} ms")


def _milliseconds(screen: Screen, records: list[tuple[Any, ...]]) -> float:
    took = []
    for record in records:
        start = time.process_time()
        screen.read(NOTE, record, SHOWN)
        took.append(time.process_time() - start)
    return median(took) * 1000


if __name__ == "__main__":
    main()
