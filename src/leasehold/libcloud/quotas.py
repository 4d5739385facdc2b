"""Quotas of Nova, Neutron and Cinder."""

from libcloud.compute.drivers.openstack import (
    OpenStack_2_NetworkQuota,
    OpenStack_2_QuotaSet,
    OpenStack_2_QuotaSetItem,
    OpenStack_2_VolumeQuota,
)

from leasehold.libcloud.part import Part
from leasehold.openstack.quota import Quota


class Quotas(Part):
    """How much of each thing a project may have, and has."""

    def ex_get_quota_set(self, tenant_id: str, user_id: str | None = None) -> OpenStack_2_QuotaSet:
        """Get a project's quotas of Nova's, or one user's in it. Nova says no number of some things."""
        quotas = self.cloud.compute.quotas(tenant_id, user_id=user_id)
        return OpenStack_2_QuotaSet(
            id=tenant_id,
            cores=_item(quotas.cores),
            instances=_item(quotas.servers),
            key_pairs=_item(quotas.key_pairs),
            metadata_items=_item(quotas.metadata_items),
            ram=_item(quotas.ram),
            server_groups=_item(quotas.server_groups),
            server_group_members=_item(quotas.server_group_members),
            fixed_ips=_item(quotas.fixed_ips),
            floating_ips=_item(quotas.floating_ips),
            networks=_item(quotas.networks),
            security_group_rules=_item(quotas.security_group_rules),
            security_groups=_item(quotas.security_groups),
            injected_file_content_bytes=_item(quotas.injected_file_content_bytes),
            injected_file_path_bytes=_item(quotas.injected_file_path_bytes),
            injected_files=_item(quotas.injected_files),
            driver=self,
        )

    def ex_get_network_quotas(self, project_id: str) -> OpenStack_2_NetworkQuota:
        """Get a project's quotas of Neutron's."""
        quotas = self.cloud.network.quotas(project_id)
        return OpenStack_2_NetworkQuota(
            floatingip=_item(quotas.floating_ips),
            network=_item(quotas.networks),
            port=_item(quotas.ports),
            rbac_policy=_item(quotas.rbac_policies),
            router=_item(quotas.routers),
            security_group=_item(quotas.security_groups),
            security_group_rule=_item(quotas.security_group_rules),
            subnet=_item(quotas.subnets),
            subnetpool=_item(quotas.subnet_pools),
            driver=self,
        )

    def ex_get_volume_quotas(self, project_id: str) -> OpenStack_2_VolumeQuota:
        """Get a project's quotas of Cinder's."""
        quotas = self.cloud.volume.quotas(project_id)
        return OpenStack_2_VolumeQuota(
            backup_gigabytes=_item(quotas.backup_gigabytes),
            gigabytes=_item(quotas.gigabytes),
            per_volume_gigabytes=_item(quotas.per_volume_gigabytes),
            backups=_item(quotas.backups),
            snapshots=_item(quotas.snapshots),
            volumes=_item(quotas.volumes),
            driver=self,
        )


def _item(quota: Quota | None) -> OpenStack_2_QuotaSetItem | None:
    """Show a quota as Libcloud does."""
    if quota is None:
        return None
    return OpenStack_2_QuotaSetItem(quota.used, quota.limit, quota.reserved)
