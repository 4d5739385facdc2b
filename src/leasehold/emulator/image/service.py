"""Glance's API, v2."""

from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.error_pages import PageRouter, error_page
from leasehold.emulator.http import Fault, Request, Response
from leasehold.emulator.image.changes import (
    V2_0,
    V2_1,
    changed,
    changes_of,
    fields_of,
    forbidden,
)
from leasehold.emulator.image.data import METHODS, ImageData
from leasehold.emulator.image.images import Images
from leasehold.emulator.image.listing import listing
from leasehold.emulator.image.members import ImageMembers
from leasehold.emulator.image.records import image_view
from leasehold.emulator.image.schemas import BY_NAME
from leasehold.emulator.world import World

_VERSIONS = (17, 15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
"""Minor versions the real service lists; the first one is the current."""


class ImageService:
    """Glance. Sets `World.image`."""

    name = "image"
    prefix = "/image"

    def __init__(self, world: World) -> None:
        self.state = Images(world)
        world.image = self.state
        self.router = PageRouter()
        self._add_roots()
        self._add_images()
        ImageData(self.state, self.router)
        ImageMembers(self.state, self.router)

    def locate(self, path: str) -> str:
        return path

    def negotiate(self, request: Request) -> None:
        return None

    def render(self, fault: Fault, request: Request) -> Response:
        """As a page: who prefers JSON gets it from the handlers' own refusals only."""
        if fault.status == 401:
            fault = Fault(401, headers=fault.headers)  # Glance keeps to WebOb's words here
        return error_page(fault)

    def stamp(self, request: Request) -> dict[str, str]:
        return {"x-openstack-request-id": request.request_id}

    def _add_roots(self) -> None:
        add = self.router.add
        add("GET", "/", lambda request: _versions(request, 300), public=True)
        add("GET", "/versions", lambda request: _versions(request, 200), public=True)
        add("GET", "/healthcheck", _healthy, public=True)
        add("GET", "/v2/schemas/{name}", _schema)
        add("GET", "/v2/info/import", _import_info)
        add("GET", "/v2/info/stores", _stores)
        add("GET", "/v2/info/usage", _usage)
        add("GET", "/v2/tasks", _tasks)
        add("GET", "/v2/metadefs/namespaces", _namespaces)

    def _add_images(self) -> None:
        add = self.router.add
        add("GET", "/v2/images", lambda request: listing(self.state, request))
        add("POST", "/v2/images", self._create)
        add("GET", "/v2/images/{id}", self._show)
        add("PATCH", "/v2/images/{id}", self._change)
        add("DELETE", "/v2/images/{id}", self._delete)
        add("PUT", "/v2/images/{id}/tags/{tag}", self._add_tag)
        add("DELETE", "/v2/images/{id}/tags/{tag}", self._remove_tag)
        add("POST", "/v2/images/{id}/actions/deactivate", self._deactivate)
        add("POST", "/v2/images/{id}/actions/reactivate", self._reactivate)

    def _create(self, request: Request) -> Response:
        body = _json(request)
        if not isinstance(body, dict):
            raise Fault(400, "Request body must be a JSON object.")
        image = self.state.create(fields_of(body, Caller.of(request)))
        headers = {
            "Location": f"{request.host_url}/image/v2/images/{image.id}",
            "OpenStack-image-import-methods": ",".join(METHODS),
            "OpenStack-image-store-ids": "file",
        }
        return Response(201, image_view(image), headers)

    def _show(self, request: Request) -> Response:
        return Response(200, image_view(self.state.find(request.params["id"], Caller.of(request))))

    def _change(self, request: Request) -> Response:
        caller = Caller.of(request)
        media_type = request.headers.get("content-type", "").partition(";")[0]
        if media_type not in (V2_0, V2_1):
            raise Fault(
                415,
                f"Image PATCH expects Content-Type one of: {V2_0}, {V2_1}",
                headers={"Accept-Patch": f"{V2_0}, {V2_1}"},
            )
        changes = changes_of(_json(request), media_type)
        image = self.state.find(request.params["id"], caller)
        self.state.check_owner(image, caller, "modify_image")
        return Response(200, image_view(self.state.put(changed(image, changes, caller))))

    def _delete(self, request: Request) -> Response:
        caller = Caller.of(request)
        image = self.state.find(
            request.params["id"], caller, message="Failed to find image {id} to delete"
        )
        self.state.check_owner(image, caller, "delete_image")
        self.state.delete(image)
        return Response(204)

    def _add_tag(self, request: Request) -> Response:
        image = self.state.find(
            request.params["id"], Caller.of(request), message="Image {id} not found."
        )
        self.state.check_owner(image, Caller.of(request), "modify_image")
        tags = dict.fromkeys((*image.tags, request.params["tag"]))
        self.state.change(image, tags=tuple(tags))
        return Response(204)

    def _remove_tag(self, request: Request) -> Response:
        image = self.state.find(
            request.params["id"], Caller.of(request), message="Image {id} not found."
        )
        self.state.check_owner(image, Caller.of(request), "modify_image")
        if request.params["tag"] not in image.tags:
            raise Fault(404, "The resource could not be found.")
        kept = tuple(tag for tag in image.tags if tag != request.params["tag"])
        self.state.change(image, tags=kept)
        return Response(204)

    def _deactivate(self, request: Request) -> Response:
        return self._switch(request, "deactivate", "active", "deactivated")

    def _reactivate(self, request: Request) -> Response:
        return self._switch(request, "reactivate", "deactivated", "active")

    def _switch(self, request: Request, verb: str, old: str, new: str) -> Response:
        image = self.state.find(request.params["id"], Caller.of(request))
        self.state.check_owner(image, Caller.of(request), verb)
        if image.status not in (old, new):
            raise Fault(403, f"Not allowed to {verb} image in status '{image.status}'")
        self.state.change(image, status=new)
        return Response(204)


def _json(request: Request) -> Any:
    if not request.body:
        raise Fault(400, "Body expected in request.")
    try:
        return request.json()
    except Fault:
        raise Fault(400, "Malformed JSON in request body.") from None


def _versions(request: Request, status: int) -> Response:
    link = {"rel": "self", "href": f"{request.host_url}/image/v2/"}
    versions = [
        {
            "id": f"v2.{minor}",
            "status": "CURRENT" if minor == _VERSIONS[0] else "SUPPORTED",
            "links": [link],
        }
        for minor in _VERSIONS
    ]
    return Response(status, {"versions": versions})


def _schema(request: Request) -> Response:
    schema = BY_NAME.get(request.params["name"])
    if schema is None:
        raise Fault(404, "The resource could not be found.")
    return Response(200, schema)


def _import_info(request: Request) -> Response:
    methods = {"description": "Ways to import.", "type": "array", "value": METHODS}
    return Response(200, {"import-methods": methods})


def _stores(request: Request) -> Response:
    return Response(200, {"stores": [{"id": "file", "default": "true"}]})


def _usage(request: Request) -> Response:
    return Response(200, {"usage": {}})


def _tasks(request: Request) -> Response:
    if not request.is_admin:
        raise forbidden("tasks_api_access")
    return Response(200, {"tasks": [], "first": "/v2/tasks", "schema": "/v2/schemas/tasks"})


def _namespaces(request: Request) -> Response:
    body = {
        "namespaces": [],
        "first": "/v2/metadefs/namespaces",
        "schema": "/v2/schemas/metadefs/namespaces",
    }
    return Response(200, body)


def _healthy(request: Request) -> Response:
    return Response(200, b"OK", {"Content-Type": "text/plain; charset=UTF-8"})
