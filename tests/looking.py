"""Looking at a cloud from outside: for a thing by its name, and until something is so."""

import time
from collections.abc import Callable
from typing import Any


def named(things: list[Any], name: str) -> Any:
    return next(thing for thing in things if thing.name == name)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Libcloud has nothing to wait with for most things."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
