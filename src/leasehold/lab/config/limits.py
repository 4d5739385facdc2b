"""``[limits]``: how much one owner may hold at a time."""

import msgspec

from leasehold.lab.config.values import Positive


class OwnerLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one owner may hold; None: as much as there is."""

    nodes: Positive | None = None
    """Nodes at the same time."""
    leases: Positive | None = None
    """Leases with nodes at the same time; who waits holds none."""


class LimitsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[limits]``: how much each owner may hold at a time; locks beyond it wait."""

    nodes: Positive | None = None
    """Nodes of one owner; left out, as many as there are."""
    leases: Positive | None = None
    """Leases with nodes of one owner; left out, any number."""
    owners: dict[str, OwnerLimits] = {}
    """Other limits for single owners, ``owners."ann@lab" = { nodes = 20 }``, instead of these."""

    def of(self, owner: str) -> OwnerLimits:
        """The limits of an owner."""
        return self.owners.get(owner) or OwnerLimits(nodes=self.nodes, leases=self.leases)

    @property
    def any(self) -> bool:
        """Whether anybody is limited."""
        return any((self.nodes, self.leases, self.owners))
