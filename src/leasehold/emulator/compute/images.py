"""Images through Nova, until 2.35: Glance's, in Nova's shape."""

from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.compute.faults import not_found
from leasehold.emulator.compute.floating_ips import check_not_removed
from leasehold.emulator.compute.pages import links, page_limits, page_link
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.image.images import Images
from leasehold.emulator.image.records import Image

_PATH = "/v2.1/images"
_STATUSES = {
    "active": ("ACTIVE", 100),
    "queued": ("SAVING", 25),
    "saving": ("SAVING", 50),
    "killed": ("ERROR", 0),
    "deleted": ("DELETED", 0),
    "pending_delete": ("DELETED", 0),
}
"""Nova's words for Glance's states, with the progress that goes with each."""


class ComputeImages:
    """Nova in front of Glance."""

    def __init__(self, images: Images) -> None:
        self._images = images

    def route(self, router: Router) -> None:
        router.add("GET", _PATH, self._index)
        router.add("GET", f"{_PATH}/detail", self._detail)
        router.add("GET", f"{_PATH}/{{id}}", self._show)
        router.add("DELETE", f"{_PATH}/{{id}}", self._delete)

    def _index(self, request: Request) -> Response:
        return self._page(request, detailed=False)

    def _detail(self, request: Request) -> Response:
        return self._page(request, detailed=True)

    def _page(self, request: Request, *, detailed: bool) -> Response:
        check_not_removed(request)
        caller, (limit, marker) = Caller.of(request), page_limits(request)
        if marker is not None and marker not in self._images.records:
            raise Fault(400, f"marker [{marker}] not found")
        name, status = request.one("name"), request.one("status")
        found = [
            image
            for image in self._images.records.newest(after=marker)
            if self._images.readable(image, caller)
            and name in (None, image.name)
            and status in (None, _STATUSES.get(image.status, ("UNKNOWN", 0))[0])
        ]
        page = found[:limit]
        show = _document if detailed else _summary
        body: dict[str, Any] = {"images": [show(request, image) for image in page]}
        if page and len(page) == limit:
            body["images_links"] = page_link(request, page[-1].id)
        return Response(200, body)

    def _show(self, request: Request) -> Response:
        return Response(200, {"image": _document(request, self._wanted(request))})

    def _delete(self, request: Request) -> Response:
        image = self._wanted(request)
        try:
            self._images.check_owner(image, Caller.of(request), "delete_image")
            self._images.delete(image)
        except Fault as fault:
            raise Fault(403, "You are not allowed to delete the image.") from fault
        return Response(204)

    def _wanted(self, request: Request) -> Image:
        check_not_removed(request)
        image = self._images.records.get(request.params["id"])
        if image is None or not self._images.readable(image, Caller.of(request)):
            raise not_found("Image not found.")
        return image


def _summary(request: Request, image: Image) -> dict[str, Any]:
    alternate = {
        "rel": "alternate",
        "type": "application/vnd.openstack.image",
        "href": f"{request.host_url}/image/images/{image.id}",
    }
    return {
        "id": image.id,
        "name": image.name,
        "links": [*links(request, "images", image.id), alternate],
    }


def _document(request: Request, image: Image) -> dict[str, Any]:
    status, progress = _STATUSES.get(image.status, ("UNKNOWN", 0))
    document = _summary(request, image) | {
        "minRam": image.min_ram,
        "minDisk": image.min_disk,
        "metadata": image.properties,
        "created": image.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "updated": image.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "status": status,
        "progress": progress,
        "OS-EXT-IMG-SIZE:size": image.size or 0,
    }
    server_id = image.properties.get("instance_uuid")
    if server_id is not None:
        document["server"] = {
            "id": server_id,
            "links": links(request, "servers", server_id),
        }
    return document
