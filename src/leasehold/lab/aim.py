"""Where to look: points the prober at the servers to be proved, and known_hosts at those that were."""

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

import structlog

from leasehold.lab.book import Hold
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.model import NodeName
from leasehold.lab.prober import Target
from leasehold.lab.progress import Progress

log = structlog.get_logger()

V = TypeVar("V")
Host = tuple[str, int, str]
"""Address, port and host key."""


class Aim:
    """The prober's targets and the known hosts, by node. Guarded by the lab's lock."""

    def __init__(self) -> None:
        self.look_at: Callable[[Collection[Target]], None] = lambda _: None
        self.on_hosts: Callable[[Mapping[NodeName, Host]], None] = lambda _: None
        """May raise OSError; it is called again at the next turn then."""
        self._targets: dict[NodeName, Target] = {}
        self._hosts: dict[NodeName, Host] = {}
        self._targets_moved = False
        self._hosts_moved = True

    def at(
        self, node: NodeName, hold: Hold | None, how: Progress, config: MachineTypeConfig
    ) -> None:
        """Take in how a node stands."""
        target, host = None, None
        if hold is not None and how.address is not None:
            if hold.host_key is not None:
                host = (how.address, config.ssh_port, hold.host_key)
            if (hold.ready_at is None or hold.owed) and hold.built_at is not None:
                target = _target(hold, how.address, config)
        self._set(node, target, host)

    def forget(self, node: NodeName) -> None:
        """The node is none of ours any more."""
        self._set(node, None, None)

    def tell(self) -> None:
        """Let the prober and the file know, if anything moved."""
        if self._targets_moved:
            self._targets_moved = False
            self.look_at(self._targets.values())
        if self._hosts_moved:
            try:
                self.on_hosts(self._hosts)
                self._hosts_moved = False
            except OSError as error:  # a full disk: the nodes themselves are none the worse for it
                log.error("lab.known_hosts_failed", error=str(error))

    def _set(self, node: NodeName, target: Target | None, host: Host | None) -> None:
        if self._targets.get(node) != target:
            self._targets_moved = True
            _put(self._targets, node, target)
        if self._hosts.get(node) != host:
            self._hosts_moved = True
            _put(self._hosts, node, host)


def _target(hold: Hold, address: str, config: MachineTypeConfig) -> Target | None:
    proof = config.proof
    if proof not in ("sentinel", "ssh"):
        return None
    return Target(
        node=hold.node,
        server=hold.server,
        address=address,
        port=config.ssh_port,
        user=config.ssh_user,
        proof=proof,
        host_key=hold.host_key,
        keys=hold.owed,
    )


def _put(into: dict[NodeName, V], node: NodeName, value: V | None) -> None:
    if value is None:
        into.pop(node, None)
    else:
        into[node] = value
