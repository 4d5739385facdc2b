"""``POST /v3/volumes/ID/action``: what one can do with a volume besides having it."""

from collections.abc import Callable
from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.image.images import Images
from leasehold.emulator.volume import bodies as read
from leasehold.emulator.volume.attaching import Attaching, held_by_nova
from leasehold.emulator.volume.attachments import Attachments
from leasehold.emulator.volume.faults import (
    bad_field,
    bad_request,
    demand_admin,
    invalid_volume,
)
from leasehold.emulator.volume.records import Attachment, Volume, VolumeStatus
from leasehold.emulator.volume.types import VolumeTypes
from leasehold.emulator.volume.views import moment
from leasehold.emulator.volume.volumes import Volumes

_ADMIN = "volume_extension:volume_admin_actions"
Action = Callable[[Request, Volume, Any], Response]


class VolumeActions:
    """Finds the action a body names, and does it."""

    def __init__(
        self,
        volumes: Volumes,
        attaching: Attaching,
        attachments: Attachments,
        types: VolumeTypes,
        images: Images,
        router: Router,
    ) -> None:
        self._volumes = volumes
        self._attaching = attaching
        self._attachments = attachments
        self._types = types
        self._images = images
        self._actions: dict[str, Action] = {
            "os-reserve": self._reserve,
            "os-unreserve": self._unreserve,
            "os-attach": self._attach,
            "os-begin_detaching": self._begin_detaching,
            "os-roll_detaching": self._roll_detaching,
            "os-detach": self._detach,
            "os-force_detach": self._force_detach,
            "os-initialize_connection": self._initialize_connection,
            "os-terminate_connection": self._terminate_connection,
            "os-extend": self._extend,
            "os-retype": self._retype,
            "os-set_bootable": self._set_bootable,
            "os-update_readonly_flag": self._set_readonly,
            "os-set_image_metadata": self._set_image_metadata,
            "os-unset_image_metadata": self._unset_image_metadata,
            "os-show_image_metadata": self._show_image_metadata,
            "os-volume_upload_image": self._upload_image,
            "os-reset_status": self._reset_status,
            "os-force_delete": self._force_delete,
        }
        router.add("POST", "/v3/volumes/{id}/action", self._act)

    def _act(self, request: Request) -> Response:
        body = read.whole_body(request)
        if not body:
            raise bad_request("Malformed request body")
        name = next(iter(body))
        action = self._actions.get(name)
        if action is None:
            raise bad_request(
                f"There is no such action: {name}. Verify the request body and Content-Type "
                "header and try again."
            )
        volume = self._volumes.find(request.params["id"], Caller.of(request))
        return action(request, volume, body[name])

    def _reserve(self, request: Request, volume: Volume, given: Any) -> Response:
        self._attaching.mark_attaching(volume)
        return Response(202)

    def _unreserve(self, request: Request, volume: Volume, given: Any) -> Response:
        self._attaching.unmark_attaching(volume)
        return Response(202)

    def _attach(self, request: Request, volume: Volume, given: Any) -> Response:
        given = _object("os-attach", given)
        server_id, host = given.get("instance_uuid"), given.get("host_name")
        if "mountpoint" not in given or not (server_id or host):
            raise bad_field(
                "os-attach", given, f"{given} is not valid under any of the given schemas"
            )
        self._attaching.attach_at_once(
            volume,
            server_id=server_id and read.uuid("instance_uuid", server_id),
            host=host,
            device=str(given["mountpoint"]),
            mode="ro" if given.get("mode") == "ro" else "rw",
        )
        return Response(202)

    def _begin_detaching(self, request: Request, volume: Volume, given: Any) -> Response:
        self._attaching.begin_detaching(volume)
        return Response(202)

    def _roll_detaching(self, request: Request, volume: Volume, given: Any) -> Response:
        self._attaching.roll_detaching(volume)
        return Response(202)

    def _detach(self, request: Request, volume: Volume, given: Any) -> Response:
        attachment = self._meant(volume, _object("os-detach", given).get("attachment_id"))
        if attachment is not None:
            self._attaching.refuse_while_nova_holds(attachment)
            self._attaching.detach(attachment)
        return Response(202)

    def _force_detach(self, request: Request, volume: Volume, given: Any) -> Response:
        demand_admin(request, f"{_ADMIN}:force_detach")
        return self._detach(request, volume, given)

    def _meant(self, volume: Volume, attachment_id: Any) -> Attachment | None:
        """The attachment named, or the only one there is."""
        held = self._attachments.of(volume.id)
        if attachment_id is None:
            if len(held) > 1:
                raise held_by_nova("")
            return held[0] if held else None
        read.uuid("attachment_id", attachment_id)
        found = [one for one in held if one.id == attachment_id]
        if not found:
            raise held_by_nova("")
        return found[0]

    def _initialize_connection(self, request: Request, volume: Volume, given: Any) -> Response:
        read.required("os-initialize_connection", _object("", given), "connector")
        data = {"access_mode": "rw", "encrypted": False, "qos_specs": None, "cacheable": False}
        info = {"driver_volume_type": "emulator", "data": data, "enforce_multipath": False}
        return Response(200, {"connection_info": info})

    def _terminate_connection(self, request: Request, volume: Volume, given: Any) -> Response:
        read.required("os-terminate_connection", _object("", given), "connector")
        return Response(202)

    def _extend(self, request: Request, volume: Volume, given: Any) -> Response:
        wanted = read.required("os-extend", _object("os-extend", given), "new_size")
        size = read.size("new_size", wanted)
        self._volumes.extend(volume, size, request.effects, in_use=request.at_least(3, 42))
        return Response(202)

    def _retype(self, request: Request, volume: Volume, given: Any) -> Response:
        name = read.required("os-retype", _object("os-retype", given), "new_type")
        wanted = self._types.named(read.word("new_type", name), Caller.of(request))
        self._volumes.retype(volume, wanted)
        return Response(202)

    def _set_bootable(self, request: Request, volume: Volume, given: Any) -> Response:
        value = read.required("os-set_bootable", _object("os-set_bootable", given), "bootable")
        self._volumes.change(volume, bootable=read.boolean("bootable", value))
        return Response(200)

    def _set_readonly(self, request: Request, volume: Volume, given: Any) -> Response:
        name = "os-update_readonly_flag"
        value = read.required(name, _object(name, given), "readonly")
        self._volumes.change(volume, readonly=read.boolean("readonly", value))
        return Response(202)

    def _set_image_metadata(self, request: Request, volume: Volume, given: Any) -> Response:
        name = "os-set_image_metadata"
        added = read.metadata(read.required(name, _object(name, given), "metadata"))
        metadata = {**volume.image_metadata, **added}
        self._volumes.change(volume, image_metadata=metadata)
        return Response(200, {"metadata": metadata})

    def _unset_image_metadata(self, request: Request, volume: Volume, given: Any) -> Response:
        name = "os-unset_image_metadata"
        key = read.required(name, _object(name, given), "key")
        kept = {word: value for word, value in volume.image_metadata.items() if word != key}
        self._volumes.change(volume, image_metadata=kept)
        return Response(200)

    def _show_image_metadata(self, request: Request, volume: Volume, given: Any) -> Response:
        return Response(200, {"metadata": volume.image_metadata})

    def _upload_image(self, request: Request, volume: Volume, given: Any) -> Response:
        name = "os-volume_upload_image"
        given = _object(name, given)
        image_name = read.required(name, given, "image_name")
        if volume.status is not VolumeStatus.AVAILABLE:
            raise invalid_volume(f"Volume {volume.id} status must be available")
        fields: dict[str, Any] = {
            "owner": request.project.id,
            "name": str(image_name),
            "disk_format": given.get("disk_format") or "raw",
            "container_format": given.get("container_format") or "bare",
            "min_disk": volume.size,
            "properties": {},
        }
        image = self._images.create_from_volume(fields, lambda: self._uploaded(volume.id))
        volume = self._volumes.change(volume, status=VolumeStatus.UPLOADING)
        shown = {
            "id": volume.id,
            "updated_at": moment(volume.updated_at),
            "status": volume.status,
            "display_description": volume.description,
            "size": volume.size,
            "image_id": image.id,
            "container_format": image.container_format,
            "disk_format": image.disk_format,
            "image_name": image.name,
            "protected": image.protected,
            "visibility": image.visibility,
        }
        return Response(202, {name: shown})

    def _uploaded(self, volume_id: str) -> None:
        volume = self._volumes.records.get(volume_id)
        if volume is not None and volume.status is VolumeStatus.UPLOADING:
            self._volumes.change(volume, status=VolumeStatus.AVAILABLE)

    def _reset_status(self, request: Request, volume: Volume, given: Any) -> Response:
        demand_admin(request, f"{_ADMIN}:reset_status")
        given = _object("os-reset_status", given)
        if not given.keys() & {"status", "attach_status", "migration_status"}:
            raise bad_request(
                "Must specify 'status', 'attach_status' or 'migration_status' for update."
            )
        if given.get("attach_status") == "detached":
            for attachment in self._attachments.of(volume.id):
                self._attaching.detach(attachment)
        if "status" in given:
            statuses = tuple(status.value for status in VolumeStatus)
            if given["status"] not in statuses:
                raise bad_request(
                    f"Volume status: {given['status']} is invalid, valid statuses are: {statuses}."
                )
            found = self._volumes.find(volume.id, Caller.of(request))
            self._volumes.change(found, status=VolumeStatus(given["status"]))
        return Response(202)

    def _force_delete(self, request: Request, volume: Volume, given: Any) -> Response:
        demand_admin(request, f"{_ADMIN}:force_delete")
        self._volumes.force_delete(volume, request.effects)
        return Response(202)


def _object(name: str, given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise bad_field(name, given, f"{given!r} is not of type 'object'")
    return given
