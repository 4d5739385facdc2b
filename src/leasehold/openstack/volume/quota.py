"""How much a project may have of Cinder's things, and has."""

import msgspec

from leasehold.openstack.quota import InUse, spelled
from leasehold.openstack.service import Shape, Verbs


class VolumeQuotas(msgspec.Struct, frozen=True, kw_only=True):
    """Cinder's quotas with use; gigabytes are GiB. Those of single volume types are left out."""

    volumes: InUse = InUse()
    snapshots: InUse = InUse()
    gigabytes: InUse = InUse()
    per_volume_gigabytes: InUse = InUse()
    backups: InUse = InUse()
    backup_gigabytes: InUse = InUse()
    groups: InUse = InUse()


_QUOTAS = Shape(VolumeQuotas, key="quota_set")


class Quotas(Verbs):
    """Cinder's quotas."""

    def quotas(self, project_id: str | None = None) -> VolumeQuotas:
        """Get the quotas and use of a project, or of our own if none is named.

        Another project's are for administrators.
        """
        path = f"/os-quota-sets/{project_id or self.service.project_id}"
        return self.service.get(path, _QUOTAS, usage="True")

    def update_quotas(self, project_id: str, **limits: int) -> VolumeQuotas:
        """Change quotas by the names of `VolumeQuotas` (``volumes=20``), and give all of them.

        For administrators.
        """
        body = {"quota_set": spelled(VolumeQuotas, limits)}
        self.service.act(f"/os-quota-sets/{project_id}", body, method="PUT")
        return self.quotas(project_id)
