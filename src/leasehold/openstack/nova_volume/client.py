"""What one can do with Nova's own volumes."""

from leasehold.openstack.nova_volume.snapshot import Snapshots
from leasehold.openstack.nova_volume.volume import Volumes


class NovaVolume(Volumes, Snapshots):
    """Volumes by Nova, spoken to without microversions. Verbs raise leaves of `OpenStackError`.

    For clouds without Cinder; on others Nova passes all of it on to Cinder. What attaches a volume
    to a server is among the verbs of `compute`.
    """
