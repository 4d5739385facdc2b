"""Plans servers for the nodes of a lease, by the machine type and what its cloud offers today."""

import hashlib
from collections.abc import Sequence

import msgspec

from leasehold.engine.cloud import Kind, ObjectId, Offers
from leasehold.engine.errors import UnknownName
from leasehold.engine.ledger import new_id
from leasehold.engine.quota import NOTHING, Use, use_of
from leasehold.engine.row import Row
from leasehold.engine.stock import Stock
from leasehold.lab.blueprint import Site, rows_for
from leasehold.lab.book import Hold, LeaseRow
from leasehold.lab.config import Config, MachineTypeConfig
from leasehold.lab.model import LeaseId, NodeName
from leasehold.lab.names import host_name
from leasehold.lab.node_row import NodeRow
from leasehold.lab.recipe import resolve
from leasehold.lab.system import for_system
from leasehold.lab.user_data import BadUserData
from leasehold.lab.zones import Zones

Plan = tuple[Hold, list[Row]]
"""A hold, and the ledger rows that it stands on."""

_Place = tuple[str, str | None, str | None]
"""A machine type, os_type and os_version."""


class Planner:
    """Knows the recipes, what the clouds offer, and the lab's own key."""

    def __init__(self, config: Config, stock: Stock, lab_key: str) -> None:
        self._config = config
        self._stock = stock
        self._lab_key = lab_key
        self.zones = Zones()
        self._samples: dict[_Place, _Sample] = {}

    def plan(
        self,
        lease: LeaseRow,
        machine_type: str,
        nodes: Sequence[NodeName],
        now: float,
        *,
        attempt: int = 1,
    ) -> list[Plan]:
        """A server with all that belongs to it for each node, which are of one machine type.

        Raises `NotOffered`, `UnknownSystem` or `BadUserData`. The cloud's offers have to be known.
        """
        config = self._config.machine_types[machine_type]
        config = for_system(machine_type, config, lease.os_type, lease.os_version)
        offers = self._stock.peek(config.cloud)
        assert offers is not None, "nothing is planned in a cloud before its offers are known"
        recipe = resolve(machine_type, config, offers)
        keys = (self._lab_key, *lease.public_keys)
        plans = []
        digest = self.fingerprint(machine_type, lease.os_type, lease.os_version) or ""
        zone = self.zones.choose(config.cloud, recipe.zones, now)
        dns = self._config.dns.get(config.dns or "")
        for node in nodes:
            site = Site(
                node=node,
                lease=lease.id,
                now=now,
                new_id=new_id,
                zone=zone,
                host_name=host_name(node, dns) if dns else None,
            )
            rows = rows_for(site, config, recipe, keys)
            hold = Hold(
                node=node,
                lease=lease.id,
                machine_type=machine_type,
                attempt=attempt,
                planned_at=now,
                server=next(row.id for row in rows if row.kind is Kind.SERVER),
                objects=tuple(row.id for row in rows),
                recipe=digest,
                image=recipe.image.name,
                flavor=recipe.flavor.name,
                zone=zone,
            )
            plans.append((hold, rows))
        return plans

    def knows(self, cloud: str) -> bool:
        """Whether a cloud has told what it offers."""
        return self._stock.peek(cloud) is not None

    def fingerprint(
        self, machine_type: str, os_type: str | None = None, os_version: str | None = None
    ) -> str | None:
        """A digest of what would be built now; None if nothing can be, or its cloud is silent.

        It changes with everything that would be built differently, and with nothing else.
        """
        sample = self._sample((machine_type, os_type, os_version))
        return sample.digest if sample else None

    def use(
        self, machine_type: str, os_type: str | None = None, os_version: str | None = None
    ) -> Use | None:
        """What one node counts against quotas; None if nothing, or nobody knows now."""
        sample = self._sample((machine_type, os_type, os_version))
        return sample.use if sample else None

    def _sample(self, place: _Place) -> "_Sample | None":
        """What a node of a machine type and system comes to, looked at once for what is offered."""
        config = self._config.machine_types.get(place[0])
        if config is None or config.kind == "fixed":
            return None
        offers = self._stock.peek(config.cloud)
        if offers is None:
            return None
        known = self._samples.get(place)
        if known is None or known.offers is not offers:
            known = self._samples[place] = self._taken(config, offers, place)
        return known

    def _taken(self, config: MachineTypeConfig, offers: Offers, place: _Place) -> "_Sample":
        try:
            rows = self._sample_rows(config, offers, place)
        except (UnknownName, BadUserData):
            return _Sample(offers=offers)
        digest = hashlib.sha256(b"\n".join(msgspec.json.encode(row.spec) for row in rows))
        use = sum((use_of(row.spec) for row in rows), NOTHING)
        return _Sample(offers=offers, digest=digest.hexdigest()[:16], use=use)

    def _sample_rows(self, config: MachineTypeConfig, offers: Offers, place: _Place) -> list[Row]:
        """The rows of a node that is nobody's. Raises as `plan` does."""
        name, os_type, os_version = place
        settled = for_system(name, config, os_type, os_version)
        recipe = resolve(name, settled, offers)
        none = Site(
            node=NodeName(name),
            lease=LeaseId(""),
            now=0,
            new_id=lambda kind: ObjectId(kind.value),
        )
        return rows_for(none, settled, recipe, (self._lab_key,))


class _Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A node that is nobody's, as it would be built; without a digest and use if it cannot be."""

    offers: Offers
    """Those that it was taken from."""
    digest: str | None = None
    use: Use | None = None


def fixed_hold(
    lease: LeaseRow, node: NodeRow, config: MachineTypeConfig, now: float, *, attempt: int = 1
) -> Hold:
    """A hold of a node that is always there: nothing is made for it, it has only to answer."""
    return Hold(
        node=node.name,
        lease=lease.id,
        machine_type=node.machine_type,
        attempt=attempt,
        planned_at=now,
        server=ObjectId(f"{lease.id}/{node.name}"),
        objects=(),
        address=node.address or node.name,
        built_at=now,
        ready_at=now if config.proof == "none" else None,
    )
