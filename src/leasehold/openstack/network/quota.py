"""What the project may have of networks, and has."""

import msgspec

from leasehold.openstack.errors import NotFound
from leasehold.openstack.quota import Quota, spelled, without_use
from leasehold.openstack.service import Shape, Verbs


class NetworkQuotas(msgspec.Struct, frozen=True, kw_only=True):
    """Neutron's quotas with use; one that a cloud does not have is unlimited."""

    networks: Quota = msgspec.field(name="network", default=Quota())
    subnets: Quota = msgspec.field(name="subnet", default=Quota())
    ports: Quota = msgspec.field(name="port", default=Quota())
    floating_ips: Quota = msgspec.field(name="floatingip", default=Quota())
    routers: Quota = msgspec.field(name="router", default=Quota())
    security_groups: Quota = msgspec.field(name="security_group", default=Quota())
    security_group_rules: Quota = msgspec.field(name="security_group_rule", default=Quota())
    rbac_policies: Quota = msgspec.field(name="rbac_policy", default=Quota())
    subnet_pools: Quota = msgspec.field(name="subnetpool", default=Quota())


_QUOTAS = Shape(NetworkQuotas, key="quota")
_LIMITS = Shape(dict[str, int | str], key="quota")


class Quotas(Verbs):
    """Neutron's quotas."""

    def quotas(self, project_id: str | None = None) -> NetworkQuotas:
        """Get the quotas and use of a project, or of our own if none is named.

        Neutron before Pike (2017) tells limits only. Another project's are for administrators.
        """
        path = f"/quotas/{project_id or self.service.project_id}"
        try:
            return self.service.get(f"{path}/details", _QUOTAS)
        except NotFound:
            return without_use(NetworkQuotas, self.service.get(path, _LIMITS))

    def update_quotas(self, project_id: str, **limits: int) -> NetworkQuotas:
        """Change quotas by the names of `NetworkQuotas` (``ports=20``), and give all of them.

        For administrators.
        """
        body = {"quota": spelled(NetworkQuotas, limits)}
        self.service.act(f"/quotas/{project_id}", body, method="PUT")
        return self.quotas(project_id)
