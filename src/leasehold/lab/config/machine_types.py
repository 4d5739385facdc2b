"""``[machine_types.NAME]``: the recipes that nodes are made by."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from leasehold.lab.config.rules import FlavorRule, ImageRule, NetworkRule, VolumeConfig
from leasehold.lab.config.systems import SystemConfig
from leasehold.lab.config.values import Duration, Positive
from leasehold.lab.duration import parse_duration

Proof = Literal["sentinel", "ssh", "active", "none"]

PROOFS: dict[str, tuple[Proof, ...]] = {
    "cloud": ("sentinel", "ssh", "active"),
    "fixed": ("ssh", "none"),
}
"""What can prove that a node is ready, by its kind."""


class MachineTypeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[machine_types.NAME]``: the recipe for its nodes."""

    kind: Literal["cloud", "fixed"] = "cloud"
    """``cloud``: a server is made for each lease; ``fixed``: the machine is always there."""
    cloud: str = ""
    """A name among ``[clouds]``; a cloud node has to have one."""
    image: str | ImageRule = ""
    """Name or id; or a rule, ``{ match = "debian-12.*" }``: the newest that matches. A cloud node
    has to have one, here or in its `systems`."""
    flavor: str | FlavorRule = FlavorRule()
    """Name or id; or a rule, ``{ cores = 2, ram_mib = 4096 }``: the smallest that fits."""
    nodes: Annotated[int, Meta(ge=0)] | None = None
    """How many nodes there are, beside those that are registered while the service runs; left out,
    10 cloud nodes or no fixed ones."""
    names: str = ""
    """Pattern of node names with a number field, ``lab{n:03}``; by default TYPE{n:03}."""
    systems: dict[str, SystemConfig] = {}
    """What differs by operating system: a table for each, ``systems."ubuntu-22.04"``, chosen by the
    os_type and os_version that a lock asks for."""
    default_system: str | None = None
    """The system of a lock that names none; left out, there is none but the machine type's own
    image, or else the first of `systems`."""
    arch: str | None = None
    """The architecture of cloud nodes, such as ``x86_64``, for locks that ask for one; left out, a lock
    that asks for one does not get these. A fixed node is registered with its own."""
    networks: tuple[str | NetworkRule, ...] = ()
    """Names, ids or rules, ``{ match = "lab-.*" }``: all that match, each with a port. None means the
    project's only network of its own."""
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
    boot_volume_type: str | None = None
    """Its volume type, by name; left out, the cloud's own choice."""
    availability_zones: tuple[str, ...] = ()
    """Zones to build in, the best first: the next is taken for a while when one has no room, is not
    offered, or servers in it do not boot. None leaves the choice to the cloud."""
    config_drive: bool = False
    metadata: dict[str, str] = {}
    """Server metadata, beside our own mark."""
    address: Literal["fixed", "floating", "public", "private"] | None = None
    """The address to use; left out, the floating one if there is one, else the first. Where a node is
    in several networks, ``public`` and ``private`` prefer an IPv4 address of that kind (RFC 1918);
    ``public`` may be a floating one."""
    ssh_user: str = "root"
    ssh_port: Annotated[int, Meta(ge=1, le=65535)] = 22
    ready: Proof | None = None
    """The proof of readiness: ``sentinel``, cloud-init ran to its end; ``ssh``, SSH answers;
    ``active``, the cloud says so (for clouds to which we have no network path); ``none``, a fixed
    node needs none. Left out, ``sentinel`` for cloud nodes and ``ssh`` for fixed ones."""
    attempts: Positive = 2
    """Servers to try for a node, when the cloud fails to build one or it never answers; or fixed
    nodes, when one does not answer."""
    min_ready: Annotated[int, Meta(ge=0)] = 0
    """Warm spares: so many nodes have a server before anybody asks, and go to the next who does."""
    max_spare_age: Duration = "1d"
    """How old a spare may become before it is replaced by a new one."""
    pause_after: Positive = 3
    """Boots that may fail in a row; then none is tried for a minute, and twice as long each time
    that it fails again, up to an hour."""
    duration: Duration = "4h"
    """How long a lock lasts unless it says otherwise."""
    max_duration: Duration = "7d"
    """How long it may last at most, extensions included."""
    warn_before: Duration = "30m"
    """How long before its end a lease's owner is warned; of a short lease, at half of its time."""
    queue_patience: Duration = "1d"
    """How long a lock may wait for free nodes or quota."""
    boot_patience: Duration = "10m"
    """How long the cloud may take to build a server."""
    ready_patience: Duration = "10m"
    """How long a built server, or a fixed node, may take to prove that it is ready."""
    health_every: str = "5m"
    """How often it is checked whether SSH still answers on nodes that are ready, and on free fixed
    ones: a duration, or ``never``. Nodes whose readiness SSH did not prove are not checked."""
    health_attempts: Positive = 3
    """How many checks in a row have to fail until it counts; after a failure the next one comes
    within a minute."""

    @property
    def proof(self) -> Proof:
        """What proves that a node is ready."""
        return self.ready or ("sentinel" if self.kind == "cloud" else "ssh")

    @property
    def health_seconds(self) -> float | None:
        """Seconds between two health checks of a node; None: it is not checked."""
        if self.health_every == "never" or self.proof not in ("sentinel", "ssh"):
            return None
        return float(parse_duration(self.health_every))

    @property
    def count(self) -> int:
        """How many nodes the configuration itself names."""
        return (10 if self.kind == "cloud" else 0) if self.nodes is None else self.nodes

    def node_name(self, machine_type: str, number: int) -> str:
        """The name of the node with this number, counted from 1."""
        return (self.names or f"{machine_type}{{n:03}}").format(n=number)


FIXED_KEYS = frozenset(
    {"kind", "nodes", "names", "ssh_user", "ssh_port", "ready", "ready_patience"}
    | {
        "attempts",
        "duration",
        "max_duration",
        "warn_before",
        "queue_patience",
        "health_every",
        "health_attempts",
    }
)
"""The keys that mean something for fixed nodes; all others are about servers in a cloud."""
