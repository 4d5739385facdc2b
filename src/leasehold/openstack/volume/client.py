"""What one can do with Cinder, in any of its versions."""

from leasehold.openstack.volume.attachment import Attachments
from leasehold.openstack.volume.backup import Backups
from leasehold.openstack.volume.host import Hosts
from leasehold.openstack.volume.limits import Room
from leasehold.openstack.volume.metadata import Metadata
from leasehold.openstack.volume.quota import Quotas
from leasehold.openstack.volume.snapshot import Snapshots
from leasehold.openstack.volume.transfer import Transfers
from leasehold.openstack.volume.volume_type import VolumeTypes
from leasehold.openstack.volume.volumes import VolumeChanges, Volumes


class BlockStorage(
    Volumes,
    VolumeChanges,
    Snapshots,
    Metadata,
    VolumeTypes,
    Attachments,
    Transfers,
    Backups,
    Room,
    Quotas,
    Hosts,
):
    """The block storage of a connection. Every verb raises leaves of `OpenStackError`."""
