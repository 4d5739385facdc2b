"""How much a project may have of Nova's things, and has."""

import msgspec

from leasehold.openstack.errors import NotFound
from leasehold.openstack.quota import InUse, spelled, without_use
from leasehold.openstack.service import Shape, Verbs


class ComputeQuotas(msgspec.Struct, frozen=True, kw_only=True):
    """Nova's quotas with use. Those at the end are told by old Novas only, and None elsewhere."""

    servers: InUse = msgspec.field(name="instances", default=InUse())
    cores: InUse = InUse()
    ram: InUse = InUse()
    """MiB."""
    key_pairs: InUse = InUse()
    metadata_items: InUse = InUse()
    server_groups: InUse = InUse()
    server_group_members: InUse = InUse()
    fixed_ips: InUse | None = None
    floating_ips: InUse | None = None
    networks: InUse | None = None
    security_groups: InUse | None = None
    security_group_rules: InUse | None = None
    injected_files: InUse | None = None
    injected_file_content_bytes: InUse | None = None
    injected_file_path_bytes: InUse | None = None


_QUOTAS = Shape(ComputeQuotas, key="quota_set")
_LIMITS = Shape(dict[str, int | str], key="quota_set")


class Quotas(Verbs):
    """Nova's quotas."""

    def quotas(self, project_id: str | None = None, *, user_id: str | None = None) -> ComputeQuotas:
        """Get the quotas and use of a project, or of one user in it; of our own if none is named.

        Nova before 2.1 tells limits only. Another project's are for administrators.
        """
        path = f"/os-quota-sets/{project_id or self.service.project_id}"
        try:
            return self.service.get(f"{path}/detail", _QUOTAS, user_id=user_id)
        except NotFound:
            return without_use(ComputeQuotas, self.service.get(path, _LIMITS, user_id=user_id))

    def update_quotas(
        self, project_id: str, *, user_id: str | None = None, force: bool = False, **limits: int
    ) -> ComputeQuotas:
        """Change quotas by the names of `ComputeQuotas` (``servers=20``), and give all of them.

        `force` also to less than is in use. For administrators.
        """
        body: dict[str, object] = dict(spelled(ComputeQuotas, limits))
        if force:
            body["force"] = True
        path = f"/os-quota-sets/{project_id}"
        self.service.act(path, {"quota_set": body}, method="PUT", user_id=user_id)
        return self.quotas(project_id, user_id=user_id)
