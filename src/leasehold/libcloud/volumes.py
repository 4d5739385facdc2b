"""Volumes of Cinder or of Nova, and their places on nodes."""

from typing import Any

from libcloud.compute.base import Node, NodeLocation, StorageVolume, VolumeSnapshot
from libcloud.compute.types import StorageVolumeState

from leasehold.libcloud import states
from leasehold.libcloud.nodes import zone_of
from leasehold.libcloud.part import Part
from leasehold.libcloud.storage import Storage
from leasehold.libcloud.times import without_zone
from leasehold.openstack.nova_volume import Attached as NovaAttached
from leasehold.openstack.nova_volume import Volume as NovaVolume
from leasehold.openstack.volume import Attached, Volume


class AnyVolumes(Storage):
    """The project's volumes: what is alike in Cinder and Nova."""

    def list_volumes(self) -> list[StorageVolume]:
        """List the volumes, through all pages."""
        return [volume_of(each, driver=self) for each in self._storage.volumes()]

    def ex_get_volume(self, volumeId: str) -> StorageVolume:  # noqa: N803 - Libcloud's name
        """Get one volume."""
        return volume_of(self._storage.volume(volumeId), driver=self)

    def destroy_volume(self, volume: StorageVolume) -> bool:
        """Delete a volume with all that it holds."""
        self._storage.delete_volume(volume.id)
        return True


class Volumes(AnyVolumes):
    """Cinder's volumes."""

    def create_volume(
        self,
        size: int,
        name: str,
        location: NodeLocation | str | None = None,
        snapshot: VolumeSnapshot | None = None,
        ex_volume_type: str | None = None,
        ex_image_ref: str | None = None,
    ) -> StorageVolume:
        """Start to make a volume of `size` GiB, empty or with what a snapshot or an image holds.

        `location` is a zone. As Libcloud does, writes the name into the description and metadata.
        """
        made = self.cloud.volume.create_volume(
            size=size,
            name=name,
            description=name,
            availability_zone=zone_of(location),
            snapshot_id=snapshot.id if snapshot else None,
            volume_type=ex_volume_type,
            image_id=ex_image_ref,
            metadata={"contents": name},
        )
        return volume_of(made, driver=self)


class Attachments(Part):
    """Volumes on nodes, as Nova has them: of every API version from 1.1 on."""

    def attach_volume(self, node: Node, volume: StorageVolume, device: str | None = "auto") -> bool:
        """Attach a volume, by "auto" or None as the next disk of the node's own system."""
        self.cloud.compute.create_volume_attachment(
            node.id, volume.id, device=None if device == "auto" else device
        )
        return True

    def detach_volume(self, volume: StorageVolume, ex_node: Node | None = None) -> bool:
        """Detach a volume from a node, or from all that its `extra` knows of."""
        for attachment in volume.extra["attachments"]:
            server_id = attachment.get("server_id") or attachment.get("serverId")
            if ex_node is None or server_id == ex_node.id:
                self.cloud.compute.delete_volume_attachment(server_id, volume.id)
        return True


def volume_of(volume: Volume | NovaVolume, *, driver: Any) -> StorageVolume:
    """Show a volume as Libcloud does."""
    return StorageVolume(
        id=volume.id,
        name=volume.name,
        size=volume.size,
        driver=driver,
        state=states.VOLUME.get(volume.status, StorageVolumeState.UNKNOWN),
        extra={
            "description": volume.description,
            "attachments": [_attachment(volume, each) for each in volume.attachments],
            "state": volume.status,
            "snapshot_id": volume.snapshot_id,
            "location": volume.availability_zone,
            "volume_type": volume.volume_type,
            "metadata": volume.metadata,
            "created_at": without_zone(volume.created_at),
        },
    )


def _attachment(volume: Volume | NovaVolume, attached: Attached | NovaAttached) -> dict[str, Any]:
    """Say it in the words of the service that the volume is of."""
    if isinstance(attached, NovaAttached):
        device = {"device": attached.device} if attached.device else {}
        return {"id": volume.id, "volumeId": volume.id, "serverId": attached.server_id, **device}
    return {
        "id": volume.id,
        "volume_id": volume.id,
        "attachment_id": attached.attachment_id,
        "server_id": attached.server_id,
        "host_name": attached.host_name,
        "device": attached.device,
        "attached_at": without_zone(attached.attached_at),
    }
