"""What an agent says of itself to people on its own server, in a file that it writes."""

from pathlib import Path

import msgspec

from leasehold.datasets.agent.errors import AgentError
from leasehold.datasets.agent.memory import is_running
from leasehold.datasets.protocol import Report


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Times are Unix seconds."""

    running: bool = True
    """Whether the agent that wrote it still lives; found when it is read."""
    service: str
    heard_at: float | None = None
    """When the control side answered last; None: not since the agent started."""
    trouble: str | None = None
    """Why it is not heard now."""
    written_at: float
    docker_socket: str = ""
    report: Report
    """As the control side is told."""
    names: dict[str, str] = {}
    """Of the datasets, by id."""

    @property
    def is_well(self) -> bool:
        """It runs, the control side is heard, and no dataset has an error."""
        return (
            self.running
            and self.trouble is None
            and all(each.error is None for each in self.report.datasets)
        )


def read_status(state: Path) -> Status:
    """The newest, and whether the agent runs. Raises `AgentError` if there is none."""
    path = state / "status.json"
    try:
        status = msgspec.json.decode(path.read_bytes(), type=Status)
    except OSError as error:
        raise AgentError(
            f"{path}: {error.strerror}. No agent ran with this state directory, or only root may look"
        ) from error
    except msgspec.DecodeError as error:
        raise AgentError(f"{path}: {error}") from error
    return msgspec.structs.replace(status, running=is_running(state))
