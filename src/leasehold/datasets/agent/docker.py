"""Docker's volume plugin protocol: what each call means here.

Docker documents it under "Docker volume plugins"; Podman speaks it too. How both really use it: Docker
asks Get before Create, and answers of an error with status 200 are ignored by Podman, so an error
is 500. Podman's mount ID is the same for everything on a host, so mounts are counted by name and ID.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from leasehold.datasets.agent.agent import Agent
from leasehold.datasets.agent.errors import AgentError, ControlUnreachable
from leasehold.datasets.agent.volume_options import wish_of
from leasehold.datasets.model import GIB, Dataset
from leasehold.datasets.protocol import Want


class _Call(msgspec.Struct, kw_only=True):
    """The body of every call; most have only some of it."""

    name: str = msgspec.field(name="Name", default="")
    id: str = msgspec.field(name="ID", default="")
    options: dict[str, str] | None = msgspec.field(name="Opts", default=None)


class NoVolume(AgentError):
    """No dataset has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no dataset {name!r}")


class DockerVolumes:
    """Answers the calls; whatever it raises is the text that Docker shows."""

    def __init__(self, agent: Agent, patience: float) -> None:
        self._agent = agent
        self._patience = patience
        self.calls: Mapping[str, Callable[[_Call], dict[str, Any]]] = {
            "/Plugin.Activate": self._activate,
            "/VolumeDriver.Capabilities": self._capabilities,
            "/VolumeDriver.Create": self._create,
            "/VolumeDriver.Remove": self._remove,
            "/VolumeDriver.Mount": self._mount,
            "/VolumeDriver.Unmount": self._unmount,
            "/VolumeDriver.Path": self._path,
            "/VolumeDriver.Get": self._get,
            "/VolumeDriver.List": self._list,
        }

    def answer(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and document for one call."""
        call = self.calls.get(path)
        if call is None:
            return 404, {"Err": f"{path} is no call of a volume driver"}
        try:
            return 200, call(msgspec.json.decode(body or b"{}", type=_Call))
        except msgspec.DecodeError as error:
            return 400, {"Err": f"the body is not of Docker's protocol: {error}"}
        except AgentError as error:
            return 500, {"Err": str(error)}
        except OSError as error:
            return 500, {"Err": f"the agent could not write down what it does: {error}"}

    def _activate(self, call: _Call) -> dict[str, Any]:
        return {"Implements": ["VolumeDriver"]}

    def _capabilities(self, call: _Call) -> dict[str, Any]:
        """Global: a name means the same dataset on every node."""
        return {"Capabilities": {"Scope": "global"}}

    def _create(self, call: _Call) -> dict[str, Any]:
        """Ask for it, and do not wait: the first Mount does."""
        self._agent.control.create(wish_of(call.name, call.options or {}))
        return {"Err": ""}

    def _remove(self, call: _Call) -> dict[str, Any]:
        """Delete it, with the grace that the control side gives."""
        self._agent.control.delete(self._wanted(call.name).name)
        return {"Err": ""}

    def _mount(self, call: _Call) -> dict[str, Any]:
        """Bring it here if nobody holds it elsewhere, and wait until it is mounted.

        What is mounted here already needs no answer from the control side. The use is counted before
        it is looked at again, so that none is told to a container which is on its way.
        """
        name = call.name
        was_used = call.id in self._agent.users_of(name)
        self._agent.use(name, call.id)
        try:
            path = self._mounted_at(name) or self._bring(name)
        except (AgentError, OSError):
            if not was_used:
                self._agent.release(name, call.id)
            raise
        return {"Mountpoint": path, "Err": ""}

    def _unmount(self, call: _Call) -> dict[str, Any]:
        """It stays mounted on this node, ready for the next container, until it has to move."""
        self._agent.release(call.name, call.id)
        return {"Err": ""}

    def _path(self, call: _Call) -> dict[str, Any]:
        path = self._mounted_at(call.name)
        if path is None:
            self._wanted(call.name)
            raise AgentError(f"dataset {call.name!r} is not mounted on this node")
        return {"Mountpoint": path, "Err": ""}

    def _get(self, call: _Call) -> dict[str, Any]:
        """Also while the control side is away, for what is mounted here: containers start again."""
        try:
            shown = self._shown(self._wanted(call.name))
        except ControlUnreachable as error:
            path = self._mounted_at(call.name)
            if path is None:
                raise
            status = {"state": "mounted", "error": str(error)}
            shown = {"Name": call.name, "Mountpoint": path, "Status": status}
        return {"Volume": shown, "Err": ""}

    def _list(self, call: _Call) -> dict[str, Any]:
        found = sorted(self._agent.control.datasets(), key=lambda dataset: dataset.name)
        return {"Volumes": [self._shown(dataset) for dataset in found], "Err": ""}

    def _wanted(self, name: str) -> Dataset:
        for dataset in self._agent.control.datasets():
            if dataset.name == name:
                return dataset
        raise NoVolume(name)

    def _bring(self, name: str) -> str:
        agent = self._agent
        self._wanted(name)
        dataset = agent.control.fetch(name)
        with agent.changes:
            agent.changes.wait_for(lambda: self._mounted_at(name) is not None, self._patience)
        path = self._mounted_at(name)
        if path is not None:
            return path
        why = self._why_not(dataset)
        raise AgentError(f"dataset {name!r} is not mounted here after {self._patience:g} s: {why}")

    def _why_not(self, dataset: Dataset) -> str:
        """The agent's own trouble with it, or else what the control side says of it now."""
        keeper = self._agent.keeper_of(dataset.name)
        if keeper is not None and keeper.order.want is Want.MOUNTED:
            error = keeper.report().error
            if error:
                return error
        try:
            dataset = self._wanted(dataset.name)
        except ControlUnreachable as error:
            return str(error)
        reason = dataset.reason or dataset.last_error
        told = f": {reason.text}" if reason is not None else ""
        step = f"; next: {dataset.next_step}" if dataset.next_step else ""
        return f"it is {dataset.state.value}{told}{step}"

    def _mounted_at(self, name: str) -> str | None:
        keeper = self._agent.keeper_of(name)
        return keeper.mounted_at if keeper is not None else None

    def _shown(self, dataset: Dataset) -> dict[str, Any]:
        """Docker shows Status as it is in ``docker volume inspect``: the place for state and error."""
        reason = dataset.reason or dataset.last_error
        status = {
            "state": dataset.state.value,
            "node": dataset.node,
            "attached_node": dataset.attached_node,
            "size": f"{dataset.actual_gib or dataset.size_gib}G",
            "size_bytes": (dataset.actual_gib or dataset.size_gib) * GIB,
            "volume": dataset.volume_id,
            "error": reason.text if reason is not None else None,
            "next_step": dataset.next_step or None,
        }
        return {
            "Name": dataset.name,
            "Mountpoint": self._mounted_at(dataset.name) or "",
            "CreatedAt": _moment(dataset.created_at),
            "Status": {name: value for name, value in status.items() if value is not None},
        }


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
