"""What a program can see of a result of Libcloud's, as plain data that can be compared."""

import re
from datetime import datetime
from enum import Enum
from typing import Any

_HIDDEN = {"driver", "connection", "_uuid"}
_VARYING = {
    "<uuid>": re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    "<mac>": re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b"),
    "<time>": re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?"),
    "<ip>": re.compile(r"\b\d+\.\d+\.\d+\.\d+\b(?!/)"),
}


def shown(thing: Any) -> Any:
    """Show a result with all of its fields, each object with its class's name."""
    match thing:
        case Enum():
            return str(thing.value)
        case None | bool() | int() | float() | str():
            return thing
        case datetime():
            return thing.isoformat()
        case dict():
            return {key: shown(value) for key, value in thing.items()}
        case list() | tuple():
            return type(thing)(shown(each) for each in thing)
        case _:
            seen = {k: shown(v) for k, v in vars(thing).items() if k not in _HIDDEN}
            return {"class": type(thing).__name__, **seen}


def alike(thing: Any) -> Any:
    """Show a result with what differs from one making to the next taken out: ids, times, addresses."""
    match plain := shown(thing):
        case str():
            for word, pattern in _VARYING.items():
                plain = pattern.sub(word, plain)
            return plain
        case dict():
            return {key: alike(value) for key, value in plain.items()}
        case list() | tuple():
            return type(plain)(alike(each) for each in plain)
        case _:
            return plain
