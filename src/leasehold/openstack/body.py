"""The fields of a request: only those that were given."""

from msgspec import UNSET

Fields = dict[str, object]


def given(**fields: object) -> Fields:
    """Keep the fields that are not None, which is how verbs say that one is left alone."""
    return {name: value for name, value in fields.items() if value is not None}


def nullable(**fields: object) -> Fields:
    """Keep the fields that are not UNSET; there None is a value: it takes something away."""
    return {name: value for name, value in fields.items() if value is not UNSET}
