"""A small hand-written set of real organisations, by their register codes; every desk number is a drama number."""

from importlib.resources import files

from pydantic import TypeAdapter

from broker.registry import Organisation, Registry


def organisations() -> Registry:
    """The set, without keys."""
    listed = TypeAdapter(tuple[Organisation, ...]).validate_json(
        files(__package__).joinpath("organisations.json").read_bytes()
    )
    return Registry(listed)
