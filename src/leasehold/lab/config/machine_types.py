"""``[machine_types.NAME]``: the recipes that nodes are made by."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from leasehold.lab.config.rules import FlavorRule, ImageRule, VolumeConfig
from leasehold.lab.config.values import Duration, Positive


class MachineTypeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[machine_types.NAME]``: the recipe for its nodes."""

    cloud: str
    """A name among ``[clouds]``."""
    image: str | ImageRule
    """Name or id; or a rule, ``{ match = "debian-12.*" }``: the newest that matches."""
    flavor: str | FlavorRule = FlavorRule()
    """Name or id; or a rule, ``{ cores = 2, ram_mib = 4096 }``: the smallest that fits."""
    nodes: Positive = 10
    """How many nodes there are at most."""
    names: str = ""
    """Pattern of node names with a number field, ``lab{n:03}``; by default TYPE{n:03}."""
    networks: tuple[str, ...] = ()
    """Names or ids; none means the project's only network of its own."""
    security_groups: tuple[str, ...] | None = None
    """Names or ids; left out, the cloud's default group."""
    floating_ip: str | None = None
    """The external network to take a floating IP from, for each node; left out, none."""
    dns: str | None = None
    """A name among ``[dns]``: each node is in DNS as long as it is held; left out, not at all."""
    key: str | None = None
    """A key pair in the cloud to let in, besides the lab's own key and the locker's."""
    user_data: str | None = None
    """cloud-init user-data: ``#cloud-config`` or a script."""
    user_data_file: str | None = None
    """The same from a file, relative to the configuration file."""
    volumes: tuple[VolumeConfig, ...] = ()
    """Extra volumes for each node."""
    boot_volume_gib: Positive | None = None
    """Boot from a volume of this size made from the image; left out, from the image itself."""
    availability_zone: str | None = None
    config_drive: bool = False
    metadata: dict[str, str] = {}
    """Server metadata, beside our own mark."""
    address: Literal["fixed", "floating"] | None = None
    """The address to use; left out, the floating one if there is one."""
    ssh_user: str = "root"
    ssh_port: Annotated[int, Meta(ge=1, le=65535)] = 22
    ready: Literal["sentinel", "ssh", "active"] = "sentinel"
    """The proof of readiness: ``sentinel``, cloud-init ran to its end; ``ssh``, SSH answers;
    ``active``, the cloud says so (for clouds to which we have no network path)."""
    attempts: Positive = 2
    """Servers to try for a node, when the cloud fails to build one or it never answers."""
    duration: Duration = "4h"
    """How long a lock lasts unless it says otherwise."""
    max_duration: Duration = "7d"
    """How long it may last at most, extensions included."""
    queue_patience: Duration = "1d"
    """How long a lock may wait for free nodes or quota."""
    boot_patience: Duration = "10m"
    """How long the cloud may take to build a server."""
    ready_patience: Duration = "10m"
    """How long a built server may take to prove that it is ready."""

    def node_name(self, machine_type: str, number: int) -> str:
        """The name of the node with this number, counted from 1."""
        return (self.names or f"{machine_type}{{n:03}}").format(n=number)
