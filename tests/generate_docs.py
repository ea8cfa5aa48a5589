"""Write docs/asyncapi.json and docs/schemas/ anew: `python -m tests.generate_docs`."""

import json
from pathlib import Path

from broker import describe
from broker.schemas.catalogue import CATALOGUE

DOCS = Path(__file__).parents[1] / "docs"
SCHEMAS = DOCS / "schemas"


def generated() -> dict[Path, str]:
    """File -> its content, exactly as `broker asyncapi` and `broker schema TYPE` print it."""
    documents = {DOCS / "asyncapi.json": describe.asyncapi()}
    documents |= {SCHEMAS / f"{flow.type}.json": describe.schema(flow) for flow in CATALOGUE}
    return {file: json.dumps(document, ensure_ascii=False, indent=1) + "\n" for file, document in documents.items()}


def main() -> None:
    """Write them, and remove schemas of types that are gone."""
    made = generated()
    SCHEMAS.mkdir(parents=True, exist_ok=True)
    for gone in set(SCHEMAS.iterdir()) - set(made):
        gone.unlink()
    for file, text in made.items():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
