"""What can go wrong on a server; each message says what to do next."""

from leasehold.errors import LeaseholdError


class AgentError(LeaseholdError):
    """Something about one dataset, or about the agent as a whole."""

    next_step = "it is tried again"


class BadConfig(AgentError):
    """The agent's configuration: the place, what was found, what is allowed."""

    exit = 2


class AlreadyRuns(AgentError):
    """Another agent has the state directory."""


class InstanceUnknown(AgentError):
    """No way to learn this server's id gave one; each that was tried is named."""


class ToolFailed(AgentError):
    """A program of the system is missing, or ended with an error."""

    def __init__(self, program: str, code: int | None, said: str) -> None:
        self.program = program
        self.code = code
        self.said = said
        how = "is not installed" if code is None else f"ended with {code}"
        super().__init__(f"{program} {how}{': ' if said else ''}{said}")


class DeviceMissing(AgentError):
    """No device with the volume's serial is here, or not yet."""

    next_step = "the device is looked for again"


class DeviceDoubtful(AgentError):
    """What was found cannot be trusted to be the volume."""


class NotBlank(AgentError):
    """A volume without a filesystem that is not proved blank: it is not formatted."""

    def __init__(self, device: str, found: str) -> None:
        self.found = found
        super().__init__(
            f"{device} has no filesystem that can be mounted and is not blank either: {found}."
            " It is left as it is"
        )

    next_step = (
        "a person looks what is on the volume; if it is nothing, `wipefs` and zeros make it blank"
    )


class NoPermit(AgentError):
    """A blank volume that the control side did not order to be formatted."""

    next_step = "the control side permits it, or a person makes a filesystem on it"


class Damaged(AgentError):
    """A filesystem that a check could not mend by itself."""

    next_step = "a person takes a snapshot, then repairs the filesystem by hand"


class Misplaced(AgentError):
    """It is mounted where it should not be, or something else is in its place."""

    next_step = "a person unmounts what is in the way"


class Busy(AgentError):
    """Somebody still uses it, so it was not unmounted."""

    def __init__(self, path: str, holders: tuple[str, ...]) -> None:
        self.holders = holders
        super().__init__(f"{path} is in use by {', '.join(holders) or 'the kernel'}")

    next_step = "it is unmounted as soon as nobody uses it"


class ControlUnreachable(AgentError):
    """The control side does not answer, or something else does."""


class ControlRefused(AgentError):
    """The control side said no; `code` is the API's word for why."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(message)
