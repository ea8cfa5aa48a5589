"""What an import would change. Only what the register knows changes; nobody who is missing from it is deleted."""

from dataclasses import dataclass
from typing import Any

from broker.importers.gias import SWITCHBOARD
from broker.importers.imported import Imported
from broker.registry import Organisation, Registry, Status


@dataclass(frozen=True, slots=True)
class Change:
    """A registered organisation, and as it would be. `fields`: name, old and new value of what differs."""

    before: Organisation
    after: Organisation
    fields: tuple[tuple[str, Any, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Every organisation that the import is about is in exactly one of these."""

    new: tuple[Organisation, ...] = ()
    changed: tuple[Change, ...] = ()
    closed: tuple[Change, ...] = ()
    reopened: tuple[Change, ...] = ()
    vanished: tuple[Organisation, ...] = ()
    unchanged: int = 0

    @property
    def entries(self) -> tuple[Organisation, ...]:
        """What there is to register: the new ones, and the others as they would be."""
        return (*self.new, *(change.after for change in (*self.changed, *self.closed, *self.reopened)))


def difference(registry: Registry, imported: Imported) -> Difference:
    """Compare what was imported with what is registered of its kind."""
    known = {one.id: one for one in registry.of_kind(imported.kind)}
    made = imported.organisations
    changes = [_change(known[name], one, imported.facts) for name, one in made.items() if name in known]
    differing = [change for change in changes if change.fields]
    return Difference(
        new=tuple(one for name, one in made.items() if name not in known),
        changed=tuple(one for one in differing if one.before.status is one.after.status),
        closed=tuple(one for one in differing if _turned(one, Status.CLOSED)),
        reopened=tuple(one for one in differing if _turned(one, Status.OPEN)),
        vanished=tuple(
            one for name, one in known.items() if name not in imported.mentioned and one.status is Status.OPEN
        ),
        unchanged=len(changes) - len(differing),
    )


def _turned(change: Change, status: Status) -> bool:
    return change.before.status is not status and change.after.status is status


def _change(before: Organisation, told: Organisation, facts: tuple[str, ...]) -> Change:
    """A register that is silent about something does not unsay it; only a closing date goes when a school reopens."""
    differing = []
    for name in facts if _may_have_successors(told, facts) else (*facts, "successors"):
        old, new = getattr(before, name), getattr(told, name)
        silent = new is None and name != "closed_on"
        if old != new and not silent and not (name == "desk" and _own_desk(before)):
            differing.append((name, old, new))
    after = before.model_copy(update={name: new for name, _, new in differing})
    return Change(before, after, tuple(differing))


def _may_have_successors(told: Organisation, facts: tuple[str, ...]) -> bool:
    """One that the register says is open has none, whatever is known of successions."""
    return told.status is Status.CLOSED or "status" not in facts or "successors" in facts


def _own_desk(organisation: Organisation) -> bool:
    """Whether it has given a desk of its own: a switchboard must not replace its safeguarding lead's number."""
    return organisation.desk is not None and organisation.desk.role != SWITCHBOARD
