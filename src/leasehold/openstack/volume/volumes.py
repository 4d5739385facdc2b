"""What one can do with volumes."""

from collections.abc import Iterator, Mapping

import msgspec

from leasehold.openstack.body import given
from leasehold.openstack.call import FilterValue
from leasehold.openstack.ids import ImageId
from leasehold.openstack.microversion import Version
from leasehold.openstack.service import Shape, Verbs
from leasehold.openstack.volume.dialect import spelled
from leasehold.openstack.volume.volume import VOLUMES, Volume

_OF_BACKUP: Version = (3, 47)
_REVERT: Version = (3, 40)


class _Uploaded(msgspec.Struct, frozen=True):
    image_id: ImageId


_UPLOADED = Shape(_Uploaded, key="os-volume_upload_image")


class Volumes(Verbs):
    """Volumes."""

    def volumes(self, **filters: FilterValue) -> Iterator[Volume]:
        """List volumes, filtered by Cinder (``status="available"``, ``name=...`` ...).

        Administrators see those of every project with ``all_tenants=True``. Cinder v1 may cut the
        list, which a `MayBeCut` warning tells.
        """
        return VOLUMES.items(self.service, filters)

    def volume(self, volume_id: str) -> Volume:
        """Get one volume. Raises `NotFound`."""
        return self.service.get(f"/volumes/{volume_id}", VOLUMES.shape(self.service))

    def create_volume(
        self,
        *,
        size: int | None = None,
        name: str | None = None,
        description: str | None = None,
        volume_type: str | None = None,
        availability_zone: str | None = None,
        image_id: str | None = None,
        snapshot_id: str | None = None,
        source_volume_id: str | None = None,
        backup_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
        scheduler_hints: Mapping[str, object] | None = None,
    ) -> Volume:
        """Start to make a volume of `size` GiB; it is there when its status says available.

        Empty, or with what an image, snapshot, backup or other volume holds; only those of an image
        need a size. Raises `QuotaExceeded`.
        """
        if backup_id is not None:
            self.service.need(_OF_BACKUP, "make a volume of a backup")
        fields = given(
            size=size,
            name=name,
            description=description,
            volume_type=volume_type,
            availability_zone=availability_zone,
            imageRef=image_id,
            snapshot_id=snapshot_id,
            source_volid=source_volume_id,
            backup_id=backup_id,
            metadata=metadata or None,
        )
        hints = {"OS-SCH-HNT:scheduler_hints": scheduler_hints} if scheduler_hints else {}
        body = {"volume": spelled(self.service, fields), **hints}
        return self.service.post("/volumes", body, VOLUMES.shape(self.service))

    def update_volume(
        self, volume_id: str, *, name: str | None = None, description: str | None = None
    ) -> Volume:
        """Change what is not None of a volume. Raises `NotFound`."""
        fields = spelled(self.service, given(name=name, description=description))
        shape = VOLUMES.shape(self.service)
        return self.service.put(f"/volumes/{volume_id}", {"volume": fields}, shape)

    def delete_volume(self, volume_id: str, *, cascade: bool = False) -> None:
        """Delete a volume with all it holds, with `cascade` its snapshots too.

        Raises `NotFound`; `BadRequest` while it is in use.
        """
        self.service.delete(f"/volumes/{volume_id}", cascade=cascade or None)


class VolumeChanges(Verbs):
    """What is done to a volume. Each raises `BadRequest` in a state that does not allow it."""

    def extend_volume(self, volume_id: str, *, size: int) -> None:
        """Grow a volume to `size` GiB; one that is attached from microversion 3.42 on."""
        self._act(volume_id, "os-extend", {"new_size": size})

    def retype_volume(
        self, volume_id: str, *, volume_type: str, migration_policy: str = "never"
    ) -> None:
        """Change a volume's type; ``on-demand`` moves its data where the type asks for it."""
        wish = {"new_type": volume_type, "migration_policy": migration_policy}
        self._act(volume_id, "os-retype", wish)

    def revert_volume(self, volume_id: str, *, snapshot_id: str) -> None:
        """Give a volume back what its newest snapshot holds. What came after is lost."""
        self.service.need(_REVERT, "revert a volume to a snapshot")
        self._act(volume_id, "revert", {"snapshot_id": snapshot_id})

    def set_volume_bootable(self, volume_id: str, bootable: bool = True) -> None:
        """Say whether servers may boot from a volume."""
        self._act(volume_id, "os-set_bootable", {"bootable": bootable})

    def set_volume_readonly(self, volume_id: str, readonly: bool = True) -> None:
        """Say whether a volume is attached for reading only, from the next time on."""
        self._act(volume_id, "os-update_readonly_flag", {"readonly": readonly})

    def upload_volume(
        self,
        volume_id: str,
        *,
        image_name: str,
        disk_format: str = "raw",
        container_format: str = "bare",
        force: bool = False,
    ) -> ImageId:
        """Start to make an image of a volume; `force` also of one that is attached."""
        wish = {
            "image_name": image_name,
            "disk_format": disk_format,
            "container_format": container_format,
            "force": force,
        }
        body = {"os-volume_upload_image": wish}
        return self.service.post(f"/volumes/{volume_id}/action", body, _UPLOADED).image_id

    def force_delete_volume(self, volume_id: str) -> None:
        """Delete a volume in any state. For administrators."""
        self._act(volume_id, "os-force_delete", {})

    def reset_volume_status(
        self, volume_id: str, *, status: str, attach_status: str | None = None
    ) -> None:
        """Make Cinder believe that a volume is in a status. For administrators."""
        self._act(volume_id, "os-reset_status", given(status=status, attach_status=attach_status))

    def _act(self, volume_id: str, name: str, wish: object) -> None:
        self.service.act(f"/volumes/{volume_id}/action", {name: wish})
