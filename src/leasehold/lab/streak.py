"""When a machine type whose boots fail again and again is left alone for a while. Pure."""

import msgspec

from leasehold.engine.decide import moment
from leasehold.engine.reason import Cause, Reason

WORTH_A_RETRY = frozenset(
    {Cause.NO_HOST, Cause.BUILD_FAILED, Cause.DEADLINE, Cause.LOST, Cause.NO_ANSWER}
)
"""Failures that another server may not share; the others are told at once, whoever asks."""

FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0
"""Seconds; each pause that a boot after it does not end is twice as long as the one before."""


class Streak(msgspec.Struct, frozen=True, kw_only=True):
    """The failures in a row of one machine type. Times are Unix seconds."""

    failures: int = 0
    """Since the last boot that went well, or since somebody resumed the machine type."""
    pauses: int = 0
    began_at: float = 0.0
    """When the newest pause began."""
    last: str = ""
    """What the last failure said."""

    @property
    def until(self) -> float:
        """When a boot may be tried again."""
        return self.began_at + min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self.pauses - 1, 16))


FINE = Streak()


def after(
    streak: Streak, *, ok: bool, planned_at: float, ended_at: float, text: str, pause_after: int
) -> Streak:
    """The streak after one more boot.

    A boot that was under way when a pause began makes it no longer: of fifty servers that were
    ordered together, fifty failures say what one says.
    """
    if ok:
        return FINE
    failures = streak.failures + 1
    fresh = streak.pauses == 0 or planned_at >= streak.until
    if failures < pause_after or not fresh:
        return msgspec.structs.replace(streak, failures=failures, last=text)
    pauses = streak.pauses + 1
    return Streak(failures=failures, pauses=pauses, began_at=ended_at, last=text)


def pause(streak: Streak, machine_type: str, now: float) -> Reason | None:
    """Why no server of the machine type is ordered for those who wait; None if it is.

    Until `until` none is; after that one at a time, until one comes up.
    """
    if streak.pauses == 0:
        return None
    resting = now < streak.until
    then = f"the next try is at {moment(streak.until):%H:%M:%S} UTC" if resting else "one is tried"
    text = f"boots of {machine_type} failed {streak.failures} times in a row; {then}; the last: "
    return Reason(
        cause=Cause.BOOTS_FAIL,
        text=text + streak.last,
        have=float(streak.failures),
        until=moment(streak.until) if resting else None,
    )
