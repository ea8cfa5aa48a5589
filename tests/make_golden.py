"""Write tests/golden/ anew: `python -m tests.make_golden`. Do this only when the wire is meant to change."""

from pathlib import Path

from broker.registry import KeyUse
from broker.schemas.catalogue import CATALOGUE
from broker.schemas.message import Addressing, Flow
from broker.statement import sign
from tests.fixed import NOW, documents, parsed, private, stream
from tests.personas import ACLAND, MET

GOLDEN = Path(__file__).parent / "golden"


def file(flow: Flow) -> Path:
    """Where the golden statements of that type are."""
    return GOLDEN / f"{flow.type}.txt"


def issuer(flow: Flow) -> str:
    """Whose test key signs that type."""
    return ACLAND if flow.addressing is Addressing.ORIGINATOR else MET


def statements(flow: Flow) -> tuple[str, ...]:
    """The signed statement of the document with every field, and of that with the fewest."""
    key = private(issuer(flow), KeyUse.SIGN)
    return tuple(
        sign(
            parsed(document),
            flow,
            issuer=issuer(flow),
            key=key,
            kid=key.thumbprint(),
            now=NOW,
            random=stream(f"{flow.type} {which}"),
        )
        for which, document in zip(("whole", "least"), documents()[flow.type], strict=True)
    )


def main() -> None:
    """Write one file per type, one statement a line."""
    GOLDEN.mkdir(exist_ok=True)
    for flow in CATALOGUE:
        file(flow).write_bytes("".join(f"{text}\n" for text in statements(flow)).encode())


if __name__ == "__main__":
    main()
