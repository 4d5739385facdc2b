"""What users write on servers: metadata, and tags."""

from collections.abc import Mapping, Sequence

from leasehold.openstack.call import segment
from leasehold.openstack.microversion import Version
from leasehold.openstack.service import Service, Shape, Verbs

_TAGS: Version = (2, 26)
_METADATA = Shape(dict[str, str], key="metadata")
_TAG_LIST = Shape(tuple[str, ...], key="tags")


class ServerLabels(Verbs):
    """Metadata and tags of servers."""

    def server_metadata(self, server_id: str) -> dict[str, str]:
        """Get the metadata of a server. Raises `NotFound`."""
        return self.service.get(f"/servers/{server_id}/metadata", _METADATA)

    def set_server_metadata(self, server_id: str, metadata: Mapping[str, str]) -> dict[str, str]:
        """Replace all metadata of a server, and give what it has now."""
        path, body = f"/servers/{server_id}/metadata", {"metadata": metadata}
        return self.service.put(path, body, _METADATA)

    def update_server_metadata(self, server_id: str, metadata: Mapping[str, str]) -> dict[str, str]:
        """Add to the metadata of a server or change it, key by key, and give what it has now."""
        path, body = f"/servers/{server_id}/metadata", {"metadata": metadata}
        return self.service.post(path, body, _METADATA)

    def delete_server_metadata(self, server_id: str, key: str) -> None:
        """Take one key out of the metadata of a server. Raises `NotFound`."""
        self.service.delete(f"/servers/{server_id}/metadata/{segment(key)}")

    def server_tags(self, server_id: str) -> tuple[str, ...]:
        """List the tags of a server. Raises `VersionUnsupported` before microversion 2.26."""
        return self._tagging().get(f"/servers/{server_id}/tags", _TAG_LIST)

    def set_server_tags(self, server_id: str, tags: Sequence[str]) -> tuple[str, ...]:
        """Replace all tags of a server, and give what it has now."""
        return self._tagging().put(f"/servers/{server_id}/tags", {"tags": tags}, _TAG_LIST)

    def add_server_tag(self, server_id: str, tag: str) -> None:
        """Tag a server; to tag it twice is no error."""
        self._tagging().act(f"/servers/{server_id}/tags/{segment(tag)}", method="PUT")

    def delete_server_tag(self, server_id: str, tag: str) -> None:
        """Take a tag off a server. Raises `NotFound` if it does not have it."""
        self._tagging().delete(f"/servers/{server_id}/tags/{segment(tag)}")

    def _tagging(self) -> Service:
        self.service.need(_TAGS, "tag servers")
        return self.service
