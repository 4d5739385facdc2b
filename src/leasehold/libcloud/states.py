"""The states of Libcloud's that Nova's, Cinder's and Neutron's statuses stand for.

What Libcloud's own driver maps stays as it is. Statuses that it calls UNKNOWN though Libcloud has a
word for them get that word; each is marked so.
"""

from libcloud.compute.drivers.openstack import OpenStack_2_PortInterfaceState as PortState
from libcloud.compute.types import NodeState, StorageVolumeState, VolumeSnapshotState

NODE = {
    "ACTIVE": NodeState.RUNNING,
    "BUILD": NodeState.PENDING,
    "DELETED": NodeState.TERMINATED,
    "DELETE_IP": NodeState.PENDING,
    "ERROR": NodeState.ERROR,
    "HARD_REBOOT": NodeState.REBOOTING,
    "MIGRATING": NodeState.MIGRATING,  # Libcloud's driver: UNKNOWN
    "PASSWORD": NodeState.PENDING,
    "PAUSED": NodeState.PAUSED,  # Libcloud's driver: UNKNOWN
    "PREP_RESIZE": NodeState.PENDING,
    "QUEUE_RESIZE": NodeState.PENDING,
    "REBOOT": NodeState.REBOOTING,
    "REBUILD": NodeState.PENDING,
    "RESCUE": NodeState.PENDING,
    "RESIZE": NodeState.RECONFIGURING,
    "REVERT_RESIZE": NodeState.RECONFIGURING,  # Libcloud's driver: UNKNOWN
    "SHARE_IP": NodeState.PENDING,
    "SHARE_IP_NO_CONFIG": NodeState.PENDING,
    "SHELVED": NodeState.STOPPED,  # Libcloud's driver: UNKNOWN
    "SHELVED_OFFLOADED": NodeState.STOPPED,  # Libcloud's driver: UNKNOWN
    "SHUTOFF": NodeState.STOPPED,
    "SOFT_DELETED": NodeState.TERMINATED,  # Libcloud's driver: UNKNOWN
    "SUSPENDED": NodeState.SUSPENDED,
    "UNKNOWN": NodeState.UNKNOWN,
    "VERIFY_RESIZE": NodeState.RUNNING,
}
VOLUME = {
    "attaching": StorageVolumeState.ATTACHING,
    "available": StorageVolumeState.AVAILABLE,
    "backing-up": StorageVolumeState.BACKUP,
    "creating": StorageVolumeState.CREATING,
    "deleting": StorageVolumeState.DELETING,
    "detaching": StorageVolumeState.INUSE,  # Libcloud's driver: UNKNOWN; it still is attached
    "downloading": StorageVolumeState.CREATING,  # Libcloud's driver: UNKNOWN; an image fills it
    "error": StorageVolumeState.ERROR,
    "error_backing-up": StorageVolumeState.ERROR,  # Libcloud's driver: UNKNOWN
    "error_deleting": StorageVolumeState.ERROR,
    "error_extending": StorageVolumeState.ERROR,
    "error_managing": StorageVolumeState.ERROR,  # Libcloud's driver: UNKNOWN
    "error_restoring": StorageVolumeState.ERROR,
    "extending": StorageVolumeState.UPDATING,  # Libcloud's driver: UNKNOWN
    "in-use": StorageVolumeState.INUSE,
    "managing": StorageVolumeState.CREATING,  # Libcloud's driver: UNKNOWN
    "reserved": StorageVolumeState.ATTACHING,  # Libcloud's driver: UNKNOWN; Nova is about to attach
    "restoring-backup": StorageVolumeState.BACKUP,
    "retyping": StorageVolumeState.MIGRATING,  # Libcloud's driver: UNKNOWN
}
SNAPSHOT = {
    "available": VolumeSnapshotState.AVAILABLE,
    "creating": VolumeSnapshotState.CREATING,
    "deleting": VolumeSnapshotState.DELETING,
    "error": VolumeSnapshotState.ERROR,
    "error_deleting": VolumeSnapshotState.ERROR,  # Libcloud's driver: UNKNOWN
    "error_restoring": VolumeSnapshotState.ERROR,
    "restoring": VolumeSnapshotState.RESTORING,
}
PORT = {
    "ACTIVE": PortState.ACTIVE,
    "BUILD": PortState.BUILD,
    "DOWN": PortState.DOWN,
    "UNKNOWN": PortState.UNKNOWN,
}
