"""Servers of 1.0: listing, making, changing, and what can be done to them."""

from typing import Any

import msgspec

from leasehold.emulator.compute.v1.images import limited
from leasehold.emulator.compute.v1.inside import Inside
from leasehold.emulator.compute.v1.numbers import Numbers
from leasehold.emulator.compute.v1.shared_ips import SharedIps
from leasehold.emulator.compute.v1.wire import read, read_part, written
from leasehold.emulator.http import Fault, Request, Response, Router

_KNOWN_STATUSES = frozenset(
    {"ACTIVE", "BUILD", "REBUILD", "SUSPENDED", "RESIZE", "VERIFY_RESIZE", "PASSWORD", "RESCUE"}
    | {"REBOOT", "HARD_REBOOT", "DELETED", "ERROR"}
)
_SERVER = "/v1.0/servers/{id}"


class OldServers:
    """Servers by number, with their public addresses apart from the private ones."""

    def __init__(self, inside: Inside, numbers: Numbers, shared: SharedIps) -> None:
        self._inside = inside
        self._numbers = numbers
        self._shared = shared
        self._actions = {
            "reboot": self._reboot,
            "rebuild": self._rebuild,
            "resize": self._resize,
            "confirmResize": self._confirm_resize,
            "revertResize": self._revert_resize,
        }

    def route(self, router: Router) -> None:
        router.add("GET", "/v1.0/servers", lambda r: self._index(r, detailed=False))
        router.add("GET", "/v1.0/servers/detail", lambda r: self._index(r, detailed=True))
        router.add("POST", "/v1.0/servers", self._create)
        router.add("GET", _SERVER, self._show)
        router.add("PUT", _SERVER, self._update)
        router.add("DELETE", _SERVER, self._delete)
        router.add("POST", f"{_SERVER}/action", self._act)

    def _index(self, request: Request, *, detailed: bool) -> Response:
        found = self._inside.each(request, "/servers/detail", "servers")
        shown = [self._document(server) for server in found]
        return written(request, 200, "servers", limited(request, shown, detailed=detailed))

    def _show(self, request: Request) -> Response:
        server = self._inside.server(request, self._id(request))
        return written(request, 200, "server", self._document(server))

    def _create(self, request: Request) -> Response:
        given = read_part(request, "server")
        for name in ("name", "imageId", "flavorId"):
            if not given.get(name):
                raise Fault(400, f"A server needs a {name}")
        group_id = given.get("sharedIpGroupId")
        if group_id is not None:
            self._shared.check_room(request, group_id)
        wish = {
            "name": given["name"],
            "imageRef": self._numbers.id(given["imageId"]),
            "flavorRef": self._numbers.id(given["flavorId"]),
            "metadata": given.get("metadata") or {},
            "personality": given.get("personality") or [],
        }
        answer = self._inside.call(request, "POST", "/servers", {"server": wish})
        made = msgspec.json.decode(answer.body)["server"]
        if group_id is not None:
            self._shared.join(request, group_id, made["id"])
        server = self._inside.server(request, made["id"])
        document = self._document(server) | {"adminPass": made["adminPass"]}
        return written(request, 202, "server", document)

    def _update(self, request: Request) -> Response:
        """A new name, a new password, or both."""
        given, server_id = read_part(request, "server"), self._id(request)
        if given.get("name"):
            wish = {"server": {"name": given["name"]}}
            self._inside.call(request, "PUT", f"/servers/{server_id}", wish)
        if given.get("adminPass"):
            password = {"adminPass": given["adminPass"]}
            self._inside.act(request, server_id, "changePassword", password)
        return Response(204)

    def _delete(self, request: Request) -> Response:
        server_id = self._id(request)
        self._inside.call(request, "DELETE", f"/servers/{server_id}")
        self._shared.leave(server_id)
        return Response(202)

    def _act(self, request: Request) -> Response:
        name, given = read(request)
        if name not in self._actions:
            raise Fault(501, f"There is no such action: {name}")
        return self._actions[name](request, self._id(request), given)

    def _reboot(self, request: Request, server_id: str, given: dict[str, Any]) -> Response:
        self._inside.act(request, server_id, "reboot", {"type": given.get("type")})
        return Response(202)

    def _rebuild(self, request: Request, server_id: str, given: dict[str, Any]) -> Response:
        image_id = self._numbers.id(given.get("imageId"))
        self._inside.act(request, server_id, "rebuild", {"imageRef": image_id})
        return Response(202)

    def _resize(self, request: Request, server_id: str, given: dict[str, Any]) -> Response:
        flavor_id = self._numbers.id(given.get("flavorId"))
        self._inside.act(request, server_id, "resize", {"flavorRef": flavor_id})
        return Response(202)

    def _confirm_resize(self, request: Request, server_id: str, given: dict[str, Any]) -> Response:
        self._inside.act(request, server_id, "confirmResize", None)
        return Response(204)

    def _revert_resize(self, request: Request, server_id: str, given: dict[str, Any]) -> Response:
        self._inside.act(request, server_id, "revertResize", None)
        return Response(202)

    def _id(self, request: Request) -> str:
        return self._numbers.id(request.params["id"])

    def _document(self, server: dict[str, Any]) -> dict[str, Any]:
        status = server["status"]
        document: dict[str, Any] = {
            "id": self._numbers.of(server["id"]),
            "name": server["name"],
            "flavorId": self._numbers.of(server["flavor"]["id"]),
            "hostId": server["hostId"],
            "status": status if status in _KNOWN_STATUSES else "UNKNOWN",
            "progress": 100 if status == "ACTIVE" else server.get("progress", 0),
            "metadata": server["metadata"],
            "addresses": self._shared.addresses(server),
        }
        if server["image"]:
            document["imageId"] = self._numbers.of(server["image"]["id"])
        group = self._shared.group_of(server["id"])
        if group is not None:
            document["sharedIpGroupId"] = group
        return document
