"""What the registry holds of papers: documents by their controller, agreements by those who have joined them.

Records are kept packed and read when they are asked for, and found by who has filed or joined them, so that
neither a message nor an event costs more with 100,000 on file. Whether one stands on a day: `broker.consent.papers`.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Self

from broker.layered import Layered
from broker.schemas.catalogue import BY_TYPE
from broker.schemas.papers import Agreement, Document, DocumentKind

READ_KEPT = 2048
"""Records kept read: a worker's hot path, however many there are."""
WINDOW = -11
"""Two KiB, without a header: records are short, and a small window is made quickly."""
_NAMES = {info.alias for record in (Document, Agreement) for info in record.model_fields.values()}
_LIKELY = "".join(f'"{one}",' for one in [*sorted(map(str, _NAMES)), *DocumentKind, *BY_TYPE]).encode()
"""What most records say, so that it is not kept with each. Only this process ever reads what it has packed."""


class Filed(NamedTuple):
    """The papers of one organisation, the newest first: a chain, so that one more copies nothing."""

    paper: str
    length: int
    earlier: "Filed | None"


class Joining(NamedTuple):
    """That an organisation has joined an agreement. `left`: when it left again."""

    left: datetime | None = None


_STANDS = Joining()


_NOTHING: Layered[Any, Any] = Layered({})


@dataclass(frozen=True, eq=False, kw_only=True)  # one is the same as another only if it is that one
class Papers:
    """All documents and agreements. Immutable: each change makes another."""

    _texts: Layered[str, bytes] = _NOTHING
    _documents: Layered[str, Filed] = _NOTHING
    _agreements: Layered[str, Filed] = _NOTHING
    _joined: Layered[tuple[str, str], Joining] = _NOTHING
    _ended: Layered[str, datetime] = _NOTHING

    # Changes -------------------------------------------------------------------------------------------------------

    def file(self, document: Document) -> Self:
        """With a document of its controller's."""
        chain = _longer(self._documents, document.controller, document.id)
        texts = self._texts.put({document.id: _text(document)})
        return replace(self, _texts=texts, _documents=self._documents.put(chain))

    def agree(self, agreement: Agreement) -> Self:
        """With an agreement; its owner has joined it if it is a party."""
        made = replace(self, _texts=self._texts.put({agreement.id: _text(agreement)}))
        return made.join(agreement.id, agreement.owner) if agreement.owner in agreement.parties else made

    def join(self, agreement: str, organisation: str) -> Self:
        """That organisation has joined it, perhaps again."""
        joined = self._joined.put({(agreement, organisation): _STANDS})
        if self._joined.get((agreement, organisation)) is not None:
            return replace(self, _joined=joined)
        chain = _longer(self._agreements, organisation, agreement)
        return replace(self, _joined=joined, _agreements=self._agreements.put(chain))

    def leave(self, agreement: str, organisation: str, at: datetime) -> Self:
        """That organisation is party to it no more."""
        return replace(self, _joined=self._joined.put({(agreement, organisation): Joining(at)}))

    def end(self, paper: str, at: datetime) -> Self:
        """It has ended. The first time counts."""
        return self if self.ended(paper) is not None else replace(self, _ended=self._ended.put({paper: at}))

    # Questions -----------------------------------------------------------------------------------------------------

    def get(self, paper: str) -> Document | Agreement | None:
        """The paper of that id, or None."""
        text = self._texts.get(paper)
        return None if text is None else _read(text, paper.startswith("document-"))

    def agreement(self, name: str) -> Agreement | None:
        """The agreement of that id, or None."""
        found = self.get(name)
        return found if isinstance(found, Agreement) else None

    def documents(self, controller: str) -> Iterator[Document]:
        """What it has filed, the newest first."""
        found = (self.get(name) for name in _names(self._documents.get(controller)))
        return (one for one in found if isinstance(one, Document))

    def filed(self, controller: str) -> int:
        """How many documents it has filed."""
        chain = self._documents.get(controller)
        return chain.length if chain else 0

    def agreements(self, organisation: str) -> Iterator[Agreement]:
        """Those that it has ever joined, the newest first."""
        return self._found(_names(self._agreements.get(organisation)))

    def between(self, one: str, other: str) -> Iterator[Agreement]:
        """The agreements that both have joined, looked for among the fewer."""
        fewer, more = sorted((one, other), key=self._signed)
        names = _names(self._agreements.get(fewer))
        return self._found(name for name in names if self._joined.get((name, more)) is not None)

    def _signed(self, organisation: str) -> int:
        chain = self._agreements.get(organisation)
        return chain.length if chain else 0

    def _found(self, names: Iterable[str]) -> Iterator[Agreement]:
        return (found for name in names if (found := self.agreement(name)) is not None)

    def has_joined(self, agreement: str, organisation: str) -> bool:
        """Whether it is party to it now."""
        joining = self._joined.get((agreement, organisation))
        return joining is not None and joining.left is None

    def left(self, agreement: str, organisation: str) -> datetime | None:
        """When it left, or None."""
        joining = self._joined.get((agreement, organisation))
        return joining.left if joining else None

    def ended(self, paper: str) -> datetime | None:
        """When it ended, or None."""
        return self._ended.get(paper)

    def parties(self, agreement: str) -> list[str]:
        """Those that are party to it now. Looks at every joining: for people, not for messages."""
        return [who for (name, who), one in self._joined.whole.items() if name == agreement and one.left is None]

    def __len__(self) -> int:
        return len(self._texts)

    def __iter__(self) -> Iterator[Document | Agreement]:
        """Every paper, in the order in which they came."""
        return (found for name in self._texts if (found := self.get(name)) is not None)

    def lines(self) -> Iterator[bytes]:
        """All that it holds, as bytes to make a digest of."""
        yield from self._texts.whole.values()
        for (agreement, who), joining in self._joined.whole.items():
            yield f"{agreement} {who} {joining.left}".encode()
        for paper, at in self._ended.whole.items():
            yield f"{paper} {at}".encode()


def _names(chain: Filed | None) -> Iterator[str]:
    while chain is not None:
        yield chain.paper
        chain = chain.earlier


def _longer(chains: Layered[str, Filed], who: str, paper: str) -> dict[str, Filed]:
    earlier = chains.get(who)
    return {who: Filed(paper, earlier.length + 1 if earlier else 1, earlier)}


def _text(paper: Document | Agreement) -> bytes:
    packing = zlib.compressobj(1, wbits=WINDOW, memLevel=4, zdict=_LIKELY)
    return packing.compress(paper.model_dump_json(by_alias=True, exclude_defaults=True).encode()) + packing.flush()


@lru_cache(maxsize=READ_KEPT)
def _read(packed: bytes, document: bool) -> Document | Agreement:  # noqa: FBT001 - of a cache
    kind: type[Document | Agreement] = Document if document else Agreement
    return kind.model_validate_json(zlib.decompressobj(wbits=WINDOW, zdict=_LIKELY).decompress(packed))
