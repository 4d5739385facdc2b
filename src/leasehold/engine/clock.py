"""Time, passed in: nothing below reads a clock by itself."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time as Unix seconds."""

    def now(self) -> float: ...


class SystemClock:
    """The machine's wall clock: deadlines must survive a restart, so no monotonic one."""

    def now(self) -> float:
        return time.time()
