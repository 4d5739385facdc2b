"""Waiting for what an emulator does in its own time."""

import time
from collections.abc import Callable

PATIENCE = 30.0
"""Seconds; nothing here takes more than a few hundredths."""


def until(holds: Callable[[], bool]) -> None:
    """Ask again until it holds; fails when it does not within `PATIENCE`."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.01)
