"""The calls that move an image's data: upload, download, stage and import."""

import re

from leasehold.emulator.caller import Caller
from leasehold.emulator.error_pages import Detailed
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.image.images import Images
from leasehold.emulator.image.records import Image

METHODS = ("glance-direct",)
"""Ways to import. The real service also fetches from the web, which an emulator should not."""

_OCTETS = "application/octet-stream"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class ImageData:
    """``/v2/images/ID/file``, ``stage`` and ``import``."""

    def __init__(self, images: Images, router: Router) -> None:
        self._images = images
        router.add("GET", "/v2/images/{id}/file", self._download)
        router.add("PUT", "/v2/images/{id}/file", self._upload)
        router.add("PUT", "/v2/images/{id}/stage", self._stage)
        router.add("POST", "/v2/images/{id}/import", self._import)

    def _upload(self, request: Request) -> Response:
        _demand_octets(request)
        self._images.upload(self._own_image(request, "upload_image"), request.body)
        return Response(204)

    def _stage(self, request: Request) -> Response:
        _demand_octets(request)
        self._images.stage(self._own_image(request, "modify_image"), request.body)
        return Response(204)

    def _import(self, request: Request) -> Response:
        body = request.json()
        method = body.get("method") if isinstance(body, dict) else None
        if not isinstance(method, dict):
            raise Fault(400, "Import request requires a 'method' field.")
        if method.get("name") not in METHODS:
            raise Fault(400, f"Unknown import method name '{method.get('name')}'.")
        self._images.import_staged(self._own_image(request, "modify_image"))
        return Response(202)

    def _download(self, request: Request) -> Response:
        image = self._images.find(request.params["id"], Caller.of(request))
        if image.status == "deactivated" and not request.is_admin:
            raise Fault(
                403, "The requested image has been deactivated. Image data download is forbidden."
            )
        if image.size is None or image.status not in ("active", "deactivated"):
            return Response(204)
        data = self._images.data(image)
        headers = {"Content-Type": _OCTETS, "Content-MD5": image.checksum or ""}
        wanted = request.headers.get("range")
        if wanted is None:
            return Response(200, data, headers)
        first, last = _span(wanted, len(data))
        headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        return Response(206, data[first : last + 1], headers)

    def _own_image(self, request: Request, action: str) -> Image:
        caller = Caller.of(request)
        image = self._images.find(request.params["id"], caller)
        self._images.check_owner(image, caller, action)
        return image


def _demand_octets(request: Request) -> None:
    found = request.headers.get("content-type", "").partition(";")[0]
    if found != _OCTETS:
        raise Detailed(
            415,
            f"Invalid content type {found}",
            f"The request media type {found} is not supported by this server.",
        )


def _span(wanted: str, size: int) -> tuple[int, int]:
    """First and last byte of a Range header; raises Fault 416."""
    match = _RANGE.fullmatch(wanted)
    if match is None or match.groups() == ("", ""):
        raise Detailed(416, "Invalid Range header.")
    start, end = match.groups()
    if not start:
        return max(0, size - int(end)), size - 1
    if int(start) >= size:
        raise Detailed(
            416,
            "Invalid start position in Range header. Start position MUST be in the inclusive "
            f"range [0, {size - 1}].",
        )
    return int(start), min(int(end or size - 1), size - 1)
