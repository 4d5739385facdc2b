"""What the command's exit code says, and how an error becomes one."""

from enum import IntEnum

from leasehold.errors import LeaseholdError


class Exit(IntEnum):
    """The exit codes; `ssh` besides gives the remote command's own."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    REFUSED = 4
    LOCK_FAILED = 5
    NOT_ENOUGH = 6
    INTERRUPTED = 130


MEANINGS = {
    Exit.OK: "done",
    Exit.FAILED: "failed, or found that something would fail",
    Exit.USAGE: "wrong use: an option, a value or the configuration",
    Exit.UNREACHABLE: "no service answers at --server",
    Exit.REFUSED: "refused: too few nodes, somebody else's, no valid token or no right",
    Exit.LOCK_FAILED: "the lock was taken, but could not be made ready; nothing is held",
    Exit.NOT_ENOUGH: "lock --no-wait: not enough is free now; nothing was locked",
    Exit.INTERRUPTED: "interrupted (Ctrl-C)",
}


class UsageError(LeaseholdError):
    """The command was called in a way it cannot work; the message says what is allowed."""


class Failure(LeaseholdError):
    """The command did not do what it was asked for."""


class Unreachable(LeaseholdError):
    """No service answers, or it stopped in the middle of an answer."""

    def __init__(self, server: str, why: str, *, reached: bool = False) -> None:
        self.server = server
        self.why = why
        self.reached = reached
        """False: nothing was sent, for no connection came about."""
        super().__init__(
            f"no Leasehold answers at {server} ({why}). Start one with `leasehold serve`, or name"
            " another with --server or LEASEHOLD_SERVER."
        )


def exit_of(error: LeaseholdError) -> Exit:
    """The exit code for an error that ends the command."""
    from leasehold.lab.duration import BadDuration
    from leasehold.lab.table import ConfigError

    match error:
        case UsageError() | BadDuration() | ConfigError():
            return Exit.USAGE
        case Unreachable():
            return Exit.UNREACHABLE
        case _:
            return Exit(getattr(error, "exit", Exit.FAILED))
