"""Attachments as Cinder keeps them: for machines that attach volumes without Nova."""

from collections.abc import Iterator, Mapping

import msgspec

from leasehold.openstack.body import given
from leasehold.openstack.call import FilterValue
from leasehold.openstack.ids import AttachmentId, VolumeId
from leasehold.openstack.microversion import Version
from leasehold.openstack.paging import Collection
from leasehold.openstack.secret import Secret
from leasehold.openstack.service import Service, Shape, Verbs

_ATTACHMENTS: Version = (3, 27)
_COMPLETE: Version = (3, 44)
_MODE: Version = (3, 54)


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment. `connection` says how to reach the volume, in JSON, with its passwords."""

    id: AttachmentId
    volume_id: VolumeId
    instance_id: str | None = msgspec.field(name="instance", default=None)
    status: str = ""
    mode: str | None = msgspec.field(name="attach_mode", default=None)
    attached_at: str | None = None
    """In UTC, and empty until it happens, as the next."""
    detached_at: str | None = None
    connection: Secret | None = msgspec.field(name="connection_info", default=None)


ATTACHMENTS: Collection[Attachment] = Collection(
    "/attachments/detail", Attachment, key="attachments", links="attachments_links"
)
ATTACHMENT = Shape(Attachment, key="attachment")


class Attachments(Verbs):
    """Attachments. They raise `VersionUnsupported` before microversion 3.27."""

    def attachments(self, **filters: FilterValue) -> Iterator[Attachment]:
        """List attachments, filtered by Cinder (``volume_id=...``, ``instance_id=...`` ...)."""
        return self._attaching().items(ATTACHMENTS, filters)

    def attachment(self, attachment_id: str) -> Attachment:
        """Get one attachment. Raises `NotFound`."""
        return self._attaching().get(f"/attachments/{attachment_id}", ATTACHMENT)

    def create_attachment(
        self,
        *,
        volume_id: str,
        instance_id: str | None = None,
        connector: Mapping[str, object] | None = None,
        mode: str | None = None,
    ) -> Attachment:
        """Reserve a volume, and with a `connector` (who wants to reach it, and how) connect it.

        `mode` is rw or ro, and needs microversion 3.54. Raises `BadRequest` if it is taken.
        """
        if mode is not None:
            self.service.need(_MODE, "choose the mode of an attachment")
        fields = {"volume_uuid": volume_id, **given(connector=connector, mode=mode)}
        if instance_id is not None:
            fields["instance_uuid"] = instance_id
        return self._attaching().post("/attachments", {"attachment": fields}, ATTACHMENT)

    def update_attachment(
        self, attachment_id: str, *, connector: Mapping[str, object]
    ) -> Attachment:
        """Connect a volume that was reserved."""
        body = {"attachment": {"connector": connector}}
        return self._attaching().put(f"/attachments/{attachment_id}", body, ATTACHMENT)

    def complete_attachment(self, attachment_id: str) -> None:
        """Say that a volume is attached: it is in use from now on."""
        self.service.need(_COMPLETE, "complete an attachment")
        self.service.act(f"/attachments/{attachment_id}/action", {"os-complete": {}})

    def delete_attachment(self, attachment_id: str) -> None:
        """Disconnect a volume, and let it go. Raises `NotFound`."""
        self._attaching().delete(f"/attachments/{attachment_id}")

    def _attaching(self) -> Service:
        self.service.need(_ATTACHMENTS, "attach volumes without Nova")
        return self.service
