"""What the lab can decide to do: each is about one lease, or about one node that a lease holds."""

import msgspec

from leasehold.engine.cloud import RecordSpec
from leasehold.engine.reason import Reason
from leasehold.lab.model import LeaseId, LeaseState, NodeName


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Give these nodes to a lease, and plan their servers."""

    lease: LeaseId
    nodes: tuple[NodeName, ...]


class Explain(msgspec.Struct, frozen=True, kw_only=True):
    """Tell a lease what it waits for."""

    lease: LeaseId
    reason: Reason


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Every node of the lease is ready."""

    lease: LeaseId


class Warn(msgspec.Struct, frozen=True, kw_only=True):
    """Tell a lease's owner that it ends soon."""

    lease: LeaseId
    reason: Reason


class End(msgspec.Struct, frozen=True, kw_only=True):
    """The lease is over; its nodes are given back."""

    lease: LeaseId
    state: LeaseState
    reason: Reason


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """The cloud took the order for a node's server."""

    node: NodeName


class Usable(msgspec.Struct, frozen=True, kw_only=True):
    """A node is ready because its cloud says so, and no more proof is asked for."""

    node: NodeName


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """Set these names for a node, whose address or host key is known by now."""

    node: NodeName
    specs: tuple[RecordSpec, ...]


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """The boot of a node's present server came to nothing."""

    node: NodeName
    reason: Reason


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """Give up the node's present server and plan another."""

    node: NodeName
    reason: Reason


class Swap(msgspec.Struct, frozen=True, kw_only=True):
    """Give up a fixed node that does not answer, and take another of its kind if there is one."""

    node: NodeName
    reason: Reason


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """A node that was ready has lost its server."""

    node: NodeName
    reason: Reason


class Mend(msgspec.Struct, frozen=True, kw_only=True):
    """A node that had lost its server has it again: it was never gone."""

    node: NodeName


LeaseEffect = Grant | Explain | Ready | Warn | End
HoldEffect = Built | Usable | Name | Failed | Retry | Swap | Break | Mend
Effect = LeaseEffect | HoldEffect
