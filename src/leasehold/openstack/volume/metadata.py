"""What users write on volumes and snapshots."""

from collections.abc import Mapping

from leasehold.openstack.call import segment
from leasehold.openstack.service import Shape, Verbs

_METADATA = Shape(dict[str, str], key="metadata")


class Metadata(Verbs):
    """Metadata. `set_...` replaces all of it, `update_...` changes it key by key."""

    def volume_metadata(self, volume_id: str) -> dict[str, str]:
        """Get the metadata of a volume. Raises `NotFound`."""
        return self.service.get(f"/volumes/{volume_id}/metadata", _METADATA)

    def set_volume_metadata(self, volume_id: str, metadata: Mapping[str, str]) -> dict[str, str]:
        """Replace all metadata of a volume, and give what it has now."""
        path, body = f"/volumes/{volume_id}/metadata", {"metadata": metadata}
        return self.service.put(path, body, _METADATA)

    def update_volume_metadata(self, volume_id: str, metadata: Mapping[str, str]) -> dict[str, str]:
        """Add to the metadata of a volume or change it, and give what it has now."""
        path, body = f"/volumes/{volume_id}/metadata", {"metadata": metadata}
        return self.service.post(path, body, _METADATA)

    def delete_volume_metadata(self, volume_id: str, key: str) -> None:
        """Take one key out of the metadata of a volume. Raises `NotFound`."""
        self.service.delete(f"/volumes/{volume_id}/metadata/{segment(key)}")

    def snapshot_metadata(self, snapshot_id: str) -> dict[str, str]:
        """Get the metadata of a snapshot. Raises `NotFound`."""
        return self.service.get(f"/snapshots/{snapshot_id}/metadata", _METADATA)

    def set_snapshot_metadata(
        self, snapshot_id: str, metadata: Mapping[str, str]
    ) -> dict[str, str]:
        """Replace all metadata of a snapshot, and give what it has now."""
        path, body = f"/snapshots/{snapshot_id}/metadata", {"metadata": metadata}
        return self.service.put(path, body, _METADATA)

    def update_snapshot_metadata(
        self, snapshot_id: str, metadata: Mapping[str, str]
    ) -> dict[str, str]:
        """Add to the metadata of a snapshot or change it, and give what it has now."""
        path, body = f"/snapshots/{snapshot_id}/metadata", {"metadata": metadata}
        return self.service.post(path, body, _METADATA)

    def delete_snapshot_metadata(self, snapshot_id: str, key: str) -> None:
        """Take one key out of the metadata of a snapshot. Raises `NotFound`."""
        self.service.delete(f"/snapshots/{snapshot_id}/metadata/{segment(key)}")
