"""What one can do with Cinder."""

from collections.abc import Iterator, Mapping

from leasehold.openstack.body import given
from leasehold.openstack.call import FilterValue
from leasehold.openstack.service import Service
from leasehold.openstack.volume import limits, snapshot, volume
from leasehold.openstack.volume.limits import VolumeLimits
from leasehold.openstack.volume.snapshot import Snapshot
from leasehold.openstack.volume.volume import Volume, VolumeBody, VolumeType
from leasehold.openstack.zone import ZONES, AvailabilityZone


class Volumes:
    """The block storage of a connection. Every verb raises leaves of `OpenStackError`."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def volumes(self, **filters: FilterValue) -> Iterator[Volume]:
        """List volumes, filtered by Cinder (``status="available"``, ``name=...`` ...)."""
        return self.service.items(volume.VOLUMES, filters)

    def volume(self, volume_id: str) -> Volume:
        """Get one volume. Raises `NotFound`."""
        return self.service.get(f"/volumes/{volume_id}", volume.VOLUME)

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
        metadata: Mapping[str, str] | None = None,
    ) -> Volume:
        """Start to make a volume of `size` GiB; it is there when its status says available.

        Empty, or with what an image or a snapshot holds; only a snapshot's may go without a size.
        Raises `QuotaExceeded`.
        """
        body = VolumeBody(
            size=size,
            name=name,
            description=description,
            volume_type=volume_type,
            availability_zone=availability_zone,
            image_id=image_id,
            snapshot_id=snapshot_id,
            metadata=dict(metadata or {}),
        )
        return self.service.post("/volumes", {"volume": body}, volume.VOLUME)

    def delete_volume(self, volume_id: str) -> None:
        """Delete a volume with all it holds. Raises `NotFound`; `BadRequest` while it is in use."""
        self.service.delete(f"/volumes/{volume_id}")

    def types(self, **filters: FilterValue) -> Iterator[VolumeType]:
        """List the kinds of storage there are."""
        return self.service.items(volume.TYPES, filters)

    def snapshots(self, **filters: FilterValue) -> Iterator[Snapshot]:
        """List snapshots, filtered by Cinder (``volume_id=...`` ...)."""
        return self.service.items(snapshot.SNAPSHOTS, filters)

    def snapshot(self, snapshot_id: str) -> Snapshot:
        """Get one snapshot. Raises `NotFound`."""
        return self.service.get(f"/snapshots/{snapshot_id}", snapshot.SNAPSHOT)

    def create_snapshot(
        self,
        *,
        volume_id: str,
        name: str = "",
        description: str | None = None,
        force: bool = False,
    ) -> Snapshot:
        """Start to make a snapshot; `force` also of a volume that is attached."""
        fields = given(volume_id=volume_id, name=name, force=force, description=description)
        return self.service.post("/snapshots", {"snapshot": fields}, snapshot.SNAPSHOT)

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Delete a snapshot. Raises `NotFound`."""
        self.service.delete(f"/snapshots/{snapshot_id}")

    def limits(self) -> VolumeLimits:
        """Get the project's limits and use."""
        return self.service.get("/limits", limits.LIMITS).absolute

    def availability_zones(self) -> Iterator[AvailabilityZone]:
        """List the zones that volumes can be placed in."""
        return self.service.items(ZONES, {})
