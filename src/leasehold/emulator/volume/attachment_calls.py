"""The calls about attachments, which Cinder has since microversion 3.27."""

from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.volume import bodies as read
from leasehold.emulator.volume.attaching import Attaching
from leasehold.emulator.volume.attachments import Attachments
from leasehold.emulator.volume.faults import bad_field, bad_request, too_old
from leasehold.emulator.volume.listing import listing, of_caller
from leasehold.emulator.volume.records import Attachment
from leasehold.emulator.volume.views import brief_attachment, full_attachment
from leasehold.emulator.volume.volumes import Volumes

_FILTERS = ("volume_id", "status", "instance_id", "server_id", "attach_status")


class AttachmentCalls:
    """``/v3/attachments``."""

    def __init__(
        self, attachments: Attachments, attaching: Attaching, volumes: Volumes, router: Router
    ) -> None:
        self._attachments = attachments
        self._attaching = attaching
        self._volumes = volumes
        path = "/v3/attachments"
        router.add("GET", path, lambda request: self._list(request, brief_attachment))
        router.add("GET", f"{path}/detail", lambda request: self._list(request, full_attachment))
        router.add("POST", path, self._create)
        router.add("GET", f"{path}/{{id}}", self._show)
        router.add("PUT", f"{path}/{{id}}", self._update)
        router.add("DELETE", f"{path}/{{id}}", self._delete)
        router.add("POST", f"{path}/{{id}}/action", self._act)

    def _find(self, request: Request) -> Attachment:
        too_old(request, 3, 27)
        attachment = self._attachments.find(request.params["id"])
        caller = Caller.of(request)
        if not caller.admin and attachment.project_id != caller.project_id:
            raise bad_request("Malformed request url")
        return attachment

    def _list(self, request: Request, view: Any) -> Response:
        too_old(request, 3, 27)
        return listing(
            request,
            "attachments",
            of_caller(request, self._attachments.records),
            view,
            filters=_FILTERS,
            find=self._attachments.find,
            sorts=("id", "attached_at"),
        )

    def _create(self, request: Request) -> Response:
        too_old(request, 3, 27)
        given = read.body_of(request, "attachment")
        volume_id = read.uuid("volume_uuid", read.required("attachment", given, "volume_uuid"))
        server_id = given.get("instance_uuid")
        if server_id is not None:
            server_id = read.uuid("instance_uuid", server_id)
        mode = given.get("mode") if request.at_least(3, 54) else None
        volume = self._volumes.find(volume_id, Caller.of(request))
        attachment = self._attaching.reserve(volume, server_id, mode=mode or "rw")
        connector = given.get("connector")
        if connector:
            attachment = self._attaching.connect(attachment, connector)
        return Response(200, {"attachment": full_attachment(attachment)})

    def _show(self, request: Request) -> Response:
        return Response(200, {"attachment": full_attachment(self._find(request))})

    def _update(self, request: Request) -> Response:
        too_old(request, 3, 27)
        given = read.body_of(request, "attachment")
        connector = read.required("attachment", given, "connector")
        if not isinstance(connector, dict) or not connector:
            raise bad_field("connector", connector, f"{connector!r} should be non-empty")
        attachment = self._attaching.connect(self._find(request), connector)
        return Response(200, {"attachment": full_attachment(attachment)})

    def _delete(self, request: Request) -> Response:
        """Answers with those the volume still has."""
        attachment = self._find(request)
        self._attaching.refuse_while_nova_holds(attachment)
        self._attaching.detach(attachment)
        left = [brief_attachment(one) for one in self._attachments.of(attachment.volume_id)]
        return Response(200, {"attachments": left})

    def _act(self, request: Request) -> Response:
        too_old(request, 3, 44)
        body = read.whole_body(request)
        if "os-complete" not in body:
            raise bad_request(
                f"There is no such action: {next(iter(body), '')}. Verify the request body and "
                "Content-Type header and try again."
            )
        self._attaching.complete(self._find(request))
        return Response(204)
