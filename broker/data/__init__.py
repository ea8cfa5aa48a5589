"""A small hand-written set of real organisations, by their register codes; every desk number is a drama number."""

from importlib.resources import files

from broker.registry import Registry


def organisations() -> Registry:
    """The set, without keys."""
    return Registry.model_validate_json(files(__package__).joinpath("organisations.json").read_bytes())
