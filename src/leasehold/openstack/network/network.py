"""Networks."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from leasehold.openstack.body import given, nullable
from leasehold.openstack.call import FilterValue
from leasehold.openstack.ids import NetworkId, SubnetId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs


class Network(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A network. From an `is_external` one come floating IPs."""

    id: NetworkId
    name: str = ""
    status: str = ""
    description: str | None = None
    project_id: str | None = None
    admin_state_up: bool = True
    mtu: int | None = None
    is_shared: bool = msgspec.field(name="shared", default=False)
    is_external: bool = msgspec.field(name="router:external", default=False)
    is_default: bool | None = None
    """Whether an external one is what the cloud takes if nobody names another."""
    port_security_enabled: bool | None = None
    qos_policy_id: str | None = None
    dns_domain: str | None = None
    network_type: str | None = msgspec.field(name="provider:network_type", default=None)
    """For administrators, as the next two."""
    physical_network: str | None = msgspec.field(name="provider:physical_network", default=None)
    segmentation_id: int | None = msgspec.field(name="provider:segmentation_id", default=None)
    availability_zones: tuple[str, ...] = ()
    subnet_ids: tuple[SubnetId, ...] = msgspec.field(name="subnets", default=())
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None


NETWORKS: Collection[Network] = Collection("/networks", Network, key="networks")
NETWORK = Shape(Network, key="network")


class Networks(Verbs):
    """Networks."""

    def networks(self, **filters: FilterValue) -> Iterator[Network]:
        """List networks, filtered by Neutron (``**{"router:external": True}`` ...)."""
        return self.service.items(NETWORKS, filters)

    def network(self, network_id: str) -> Network:
        """Get one network. Raises `NotFound`."""
        return self.service.get(f"/networks/{network_id}", NETWORK)

    def create_network(
        self,
        *,
        name: str,
        description: str = "",
        admin_state_up: bool | None = None,
        shared: bool | None = None,
        external: bool | None = None,
        mtu: int | None = None,
        port_security_enabled: bool | None = None,
        qos_policy_id: str | None = None,
        dns_domain: str | None = None,
        availability_zone_hints: Sequence[str] | None = None,
        network_type: str | None = None,
        physical_network: str | None = None,
        segmentation_id: int | None = None,
        project_id: str | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> Network:
        """Make a network of the project's own.

        `shared`, `external`, what it is made of (`network_type` ...) and another project are for
        administrators. `extra` holds more fields of Neutron's, under its own names; they go before
        ours. Raises `QuotaExceeded`.
        """
        fields = {
            **given(
                name=name,
                description=description,
                admin_state_up=admin_state_up,
                shared=shared,
                mtu=mtu,
                port_security_enabled=port_security_enabled,
                qos_policy_id=qos_policy_id,
                dns_domain=dns_domain,
                availability_zone_hints=availability_zone_hints,
                project_id=project_id,
            ),
            **given(
                **{
                    "router:external": external,
                    "provider:network_type": network_type,
                    "provider:physical_network": physical_network,
                    "provider:segmentation_id": segmentation_id,
                }
            ),
            **(extra or {}),
        }
        return self.service.post("/networks", {"network": fields}, NETWORK)

    def update_network(
        self,
        network_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        admin_state_up: bool | None = None,
        shared: bool | None = None,
        mtu: int | None = None,
        port_security_enabled: bool | None = None,
        dns_domain: str | None = None,
        qos_policy_id: str | UnsetType | None = UNSET,
    ) -> Network:
        """Change what is given of a network; a `qos_policy_id` of None takes the policy away."""
        fields = {
            **given(
                name=name,
                description=description,
                admin_state_up=admin_state_up,
                shared=shared,
                mtu=mtu,
                port_security_enabled=port_security_enabled,
                dns_domain=dns_domain,
            ),
            **nullable(qos_policy_id=qos_policy_id),
        }
        return self.service.put(f"/networks/{network_id}", {"network": fields}, NETWORK)

    def delete_network(self, network_id: str) -> None:
        """Delete a network. Raises `NotFound`, or `Conflict` while ports are on it."""
        self.service.delete(f"/networks/{network_id}")
