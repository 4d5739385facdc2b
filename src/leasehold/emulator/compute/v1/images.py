"""Flavors and images of 1.0."""

from typing import Any

import msgspec

from leasehold.emulator.compute.v1.inside import Inside
from leasehold.emulator.compute.v1.numbers import Numbers
from leasehold.emulator.compute.v1.wire import read_part, written
from leasehold.emulator.http import Fault, Request, Response, Router

_KNOWN_STATUSES = ("ACTIVE", "SAVING", "ERROR", "QUEUED", "PREPARING")


class FlavorsAndImages:
    """What a server can be made of. Images are also made of servers here."""

    def __init__(self, inside: Inside, numbers: Numbers) -> None:
        self._inside = inside
        self._numbers = numbers

    def route(self, router: Router) -> None:
        router.add("GET", "/v1.0/flavors", lambda r: self._flavors(r, detailed=False))
        router.add("GET", "/v1.0/flavors/detail", lambda r: self._flavors(r, detailed=True))
        router.add("GET", "/v1.0/flavors/{id}", self._flavor)
        router.add("GET", "/v1.0/images", lambda r: self._images(r, detailed=False))
        router.add("GET", "/v1.0/images/detail", lambda r: self._images(r, detailed=True))
        router.add("POST", "/v1.0/images", self._create_image)
        router.add("GET", "/v1.0/images/{id}", self._image)
        router.add("DELETE", "/v1.0/images/{id}", self._delete_image)

    def _flavors(self, request: Request, *, detailed: bool) -> Response:
        found = self._inside.each(request, "/flavors/detail", "flavors")
        shown = [self._flavor_document(flavor) for flavor in found]
        return written(request, 200, "flavors", limited(request, shown, detailed=detailed))

    def _flavor(self, request: Request) -> Response:
        flavor_id = self._numbers.id(request.params["id"])
        flavor = self._inside.get(request, f"/flavors/{flavor_id}", "flavor")
        return written(request, 200, "flavor", self._flavor_document(flavor))

    def _flavor_document(self, flavor: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": self._numbers.of(flavor["id"]),
            "name": flavor["name"],
            "ram": flavor["ram"],
            "disk": flavor["disk"],
        }

    def _images(self, request: Request, *, detailed: bool) -> Response:
        found = self._inside.each(request, "/images/detail", "images")
        shown = [self._image_document(image) for image in found]
        return written(request, 200, "images", limited(request, shown, detailed=detailed))

    def _image(self, request: Request) -> Response:
        return self._shown(request, 200, self._numbers.id(request.params["id"]))

    def _create_image(self, request: Request) -> Response:
        given = read_part(request, "image")
        if not given.get("name") or not given.get("serverId"):
            raise Fault(400, "An image needs a name and a serverId")
        server_id = self._numbers.id(given["serverId"])
        wish = {"createImage": {"name": given["name"]}}
        answer = self._inside.call(request, "POST", f"/servers/{server_id}/action", wish)
        location = answer.headers.get("location") or msgspec.json.decode(answer.body)["image_id"]
        return self._shown(request, 202, location.rpartition("/")[2])

    def _delete_image(self, request: Request) -> Response:
        image_id = self._numbers.id(request.params["id"])
        self._inside.call(request, "DELETE", f"/images/{image_id}")
        return Response(204)

    def _shown(self, request: Request, status: int, image_id: str) -> Response:
        image = self._inside.get(request, f"/images/{image_id}", "image")
        return written(request, status, "image", self._image_document(image))

    def _image_document(self, image: dict[str, Any]) -> dict[str, Any]:
        status = image["status"]
        document = {
            "id": self._numbers.of(image["id"]),
            "name": image["name"],
            "updated": image["updated"],
            "created": image["created"],
            "status": status if status in _KNOWN_STATUSES else "UNKNOWN",
            "progress": image["progress"],
        }
        if "server" in image:
            document["serverId"] = self._numbers.of(image["server"]["id"])
        return document


def limited(
    request: Request, documents: list[dict[str, Any]], *, detailed: bool
) -> list[dict[str, Any]]:
    """The part of a listing that is asked for by limit and offset; in short only ids and names."""
    start, limit = _number(request, "offset", 0), _number(request, "limit", 1000)
    part = documents[start : start + min(limit, 1000)]
    return part if detailed else [{"id": one["id"], "name": one["name"]} for one in part]


def _number(request: Request, name: str, default: int) -> int:
    text = request.one(name) or str(default)
    if not text.isdecimal():
        raise Fault(400, f"{name} param must be an integer")
    return int(text)
