"""What the project may have of networks, and has."""

import msgspec

from leasehold.openstack.quota import Quota
from leasehold.openstack.service import Shape


class NetworkQuotas(msgspec.Struct, frozen=True, kw_only=True):
    """Neutron's quotas with use; one that a cloud does not have is unlimited."""

    networks: Quota = msgspec.field(name="network", default=Quota())
    subnets: Quota = msgspec.field(name="subnet", default=Quota())
    ports: Quota = msgspec.field(name="port", default=Quota())
    floating_ips: Quota = msgspec.field(name="floatingip", default=Quota())
    routers: Quota = msgspec.field(name="router", default=Quota())
    security_groups: Quota = msgspec.field(name="security_group", default=Quota())
    security_group_rules: Quota = msgspec.field(name="security_group_rule", default=Quota())


QUOTAS = Shape(NetworkQuotas, key="quota")
