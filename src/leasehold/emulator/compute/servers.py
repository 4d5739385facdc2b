"""What a server is: its record, its states, and the status that Nova makes of them."""

from datetime import datetime
from enum import StrEnum

import msgspec

from leasehold.emulator.compute.flavors import Flavor


class VmState(StrEnum):
    """What the server is, for as long as nothing is being done to it."""

    BUILDING = "building"
    ACTIVE = "active"
    STOPPED = "stopped"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    RESCUED = "rescued"
    RESIZED = "resized"
    SHELVED = "shelved"
    SHELVED_OFFLOADED = "shelved_offloaded"
    ERROR = "error"
    DELETED = "deleted"


class TaskState(StrEnum):
    """What is being done to the server."""

    SCHEDULING = "scheduling"
    NETWORKING = "networking"
    BLOCK_DEVICE_MAPPING = "block_device_mapping"
    SPAWNING = "spawning"
    DELETING = "deleting"
    REBOOTING = "rebooting"
    REBOOTING_HARD = "rebooting_hard"
    POWERING_OFF = "powering-off"
    POWERING_ON = "powering-on"
    PAUSING = "pausing"
    UNPAUSING = "unpausing"
    SUSPENDING = "suspending"
    RESUMING = "resuming"
    RESCUING = "rescuing"
    UNRESCUING = "unrescuing"
    REBUILDING = "rebuilding"
    REBUILD_SPAWNING = "rebuild_spawning"
    RESIZE_PREP = "resize_prep"
    RESIZE_FINISH = "resize_finish"
    RESIZE_REVERTING = "resize_reverting"
    IMAGE_SNAPSHOT = "image_snapshot"
    IMAGE_BACKUP = "image_backup"
    SHELVING = "shelving"
    SHELVING_OFFLOADING = "shelving_offloading"
    UNSHELVING = "unshelving"
    UPDATING_PASSWORD = "updating_password"  # noqa: S105 - the name of a state


_REBUILD = {TaskState.REBUILDING: "REBUILD", TaskState.REBUILD_SPAWNING: "REBUILD"}
_RESIZE = {TaskState.RESIZE_PREP: "RESIZE", TaskState.RESIZE_FINISH: "RESIZE"}
STATUSES: dict[VmState, tuple[str, dict[TaskState, str]]] = {
    VmState.BUILDING: ("BUILD", {}),
    VmState.ACTIVE: (
        "ACTIVE",
        {
            TaskState.REBOOTING: "REBOOT",
            TaskState.REBOOTING_HARD: "HARD_REBOOT",
            TaskState.UPDATING_PASSWORD: "PASSWORD",
            **_REBUILD,
            **_RESIZE,
        },
    ),
    VmState.STOPPED: ("SHUTOFF", {**_REBUILD, **_RESIZE}),
    VmState.PAUSED: ("PAUSED", {}),
    VmState.SUSPENDED: ("SUSPENDED", {}),
    VmState.RESCUED: ("RESCUE", {}),
    VmState.RESIZED: ("VERIFY_RESIZE", {TaskState.RESIZE_REVERTING: "REVERT_RESIZE"}),
    VmState.SHELVED: ("SHELVED", {}),
    VmState.SHELVED_OFFLOADED: ("SHELVED_OFFLOADED", {}),
    VmState.ERROR: ("ERROR", _REBUILD),
    VmState.DELETED: ("DELETED", {}),
}
"""Per state: the usual status, and what it is during some tasks."""

POWER = {
    VmState.BUILDING: 0,
    VmState.ACTIVE: 1,
    VmState.STOPPED: 4,
    VmState.PAUSED: 3,
    VmState.SUSPENDED: 4,
    VmState.RESCUED: 1,
    VmState.RESIZED: 1,
    VmState.SHELVED: 4,
    VmState.SHELVED_OFFLOADED: 4,
    VmState.ERROR: 0,
    VmState.DELETED: 0,
}
"""Nova's power state once the server has settled."""


class ServerFault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a server is in ERROR."""

    code: int
    message: str
    created_at: datetime


class AttachedVolume(msgspec.Struct, frozen=True, kw_only=True):
    """A volume as the server has it: Nova's block device mapping."""

    volume_id: str
    device: str
    attachment_id: str
    mapping_id: str
    delete_on_termination: bool = False
    tag: str | None = None
    root: bool = False


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """One server. Its addresses are its ports', which Neutron knows."""

    id: str
    number: int
    name: str
    hostname: str
    project_id: str
    user_id: str
    created_at: datetime
    updated_at: datetime
    flavor: Flavor
    reservation_id: str
    root_device: str = "/dev/vda"
    image_id: str | None = None
    image_properties: dict[str, str] = {}
    vm_state: VmState = VmState.BUILDING
    task_state: TaskState | None = TaskState.SCHEDULING
    power_state: int = 0
    launched_at: datetime | None = None
    terminated_at: datetime | None = None
    host: str | None = None
    zone: str = ""
    """Where it is; empty until it is placed."""
    pinned_zone: str | None = None
    """Where it was asked to be."""
    key_name: str | None = None
    public_key: str | None = None
    user_data: str | None = None
    """Base64, as it came."""
    metadata: dict[str, str] = {}
    config_drive: str = ""
    access_ip_v4: str = ""
    access_ip_v6: str = ""
    auto_disk_config: bool = False
    description: str | None = None
    tags: tuple[str, ...] = ()
    locked_by: str | None = None
    locked_reason: str | None = None
    fault: ServerFault | None = None
    launch_index: int = 0
    scheduler_hints: dict[str, object] = {}
    group_id: str | None = None
    volumes: tuple[AttachedVolume, ...] = ()
    interface_tags: dict[str, str] = {}
    """By port id."""
    flavor_before: Flavor | None = None
    """During a resize that is not confirmed yet."""
    state_before: VmState | None = None
    """What to return to after a resize or rescue."""

    @property
    def status(self) -> str:
        usual, during = STATUSES[self.vm_state]
        return usual if self.task_state is None else during.get(self.task_state, usual)

    @property
    def volume_backed(self) -> bool:
        return self.image_id is None


def states_of(statuses: list[str]) -> tuple[set[VmState], set[TaskState | None]]:
    """The states that a filter by status means; task state None stands for the usual status."""
    wanted = {status.upper() for status in statuses}
    vm_states: set[VmState] = set()
    task_states: set[TaskState | None] = set()
    for vm_state, (usual, during) in STATUSES.items():
        if usual in wanted:
            vm_states.add(vm_state)
            task_states.add(None)
        for task_state, status in during.items():
            if status in wanted:
                vm_states.add(vm_state)
                task_states.add(task_state)
    return vm_states, task_states
