"""Write anew everything that is generated from the code: `python -m tests.generate_docs`.

docs/asyncapi.json and docs/schemas/; docs/rules.html and docs/law.html; in the package, the policy of this release
beside those released before, and the cases of every rule in words.
"""

import json
from pathlib import Path
from typing import Any

import broker.data
from broker import describe
from broker.consent.book import book
from broker.consent.law.archive import file_name, filed
from broker.consent.law.policy import POLICY
from broker.consent.rules import RULES_VERSION
from broker.data import organisations
from broker.pages import law_page, rules_page
from broker.schemas.catalogue import CATALOGUE
from tests.rule_cases.every import EVERY

DOCS = Path(__file__).parents[1] / "docs"
SCHEMAS = DOCS / "schemas"
DATA = Path(broker.data.__file__).parent
RELEASED = DATA / "policies"


def generated() -> dict[Path, str]:
    """File -> its content, exactly as the commands print it."""
    documents: dict[Path, Any] = {DOCS / "asyncapi.json": describe.asyncapi(), DATA / "rule_cases.json": cases()}
    documents |= {SCHEMAS / f"{flow.type}.json": describe.schema(flow) for flow in CATALOGUE}
    texts = {file: json.dumps(document, ensure_ascii=False, indent=1) + "\n" for file, document in documents.items()}
    return {
        **texts,
        DOCS / "rules.html": rules_page(book(), cases(), rules_version=RULES_VERSION),
        DOCS / "law.html": law_page(CATALOGUE, POLICY, organisations(), POLICY.issued),
        RELEASED / file_name(POLICY.version): filed(POLICY),
    }


def cases() -> dict[str, list[dict[str, str]]]:
    """Rule id -> its cases in words."""
    made: dict[str, list[dict[str, str]]] = {}
    for case in EVERY:
        made.setdefault(case.rule, []).append({"says": case.says, "outcome": case.outcome.value})
    return made


def main() -> None:
    """Write them, and remove schemas of types that are gone.

    A policy that was released stays for ever; another of the same day of issue was a draft of this one, and goes.
    """
    made = generated()
    for folder in (SCHEMAS, RELEASED):
        folder.mkdir(parents=True, exist_ok=True)
    drafts = set(RELEASED.glob(f"{POLICY.issued}-*.json"))
    for gone in (set(SCHEMAS.iterdir()) | drafts) - set(made):
        gone.unlink()
    for file, text in made.items():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
