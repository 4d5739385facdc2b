"""The cloud's ids, each a text of its own type so that a checker tells them apart.

Verbs take plain `str`, for ids also come from users and files.
"""

from typing import NewType

ServerId = NewType("ServerId", str)
ServerGroupId = NewType("ServerGroupId", str)
FlavorId = NewType("FlavorId", str)
ImageId = NewType("ImageId", str)
NetworkId = NewType("NetworkId", str)
SubnetId = NewType("SubnetId", str)
PortId = NewType("PortId", str)
RouterId = NewType("RouterId", str)
FloatingIpId = NewType("FloatingIpId", str)
SecurityGroupId = NewType("SecurityGroupId", str)
SecurityGroupRuleId = NewType("SecurityGroupRuleId", str)
VolumeId = NewType("VolumeId", str)
SnapshotId = NewType("SnapshotId", str)
BackupId = NewType("BackupId", str)
AttachmentId = NewType("AttachmentId", str)
LeaseId = NewType("LeaseId", str)
VolumeTypeId = NewType("VolumeTypeId", str)
ProjectId = NewType("ProjectId", str)
