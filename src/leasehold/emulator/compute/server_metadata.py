"""A server's metadata and tags, key by key."""

from typing import Any

from leasehold.emulator.compute.faults import bad_input, invalid_state, not_found
from leasehold.emulator.compute.server_delete import check_unlocked
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.server_wish import body_of, check_metadata, part
from leasehold.emulator.compute.servers import Server, VmState
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.world import World

MAX_TAGS = 50
_CHANGEABLE = frozenset({VmState.ACTIVE, VmState.PAUSED, VmState.SUSPENDED, VmState.STOPPED})
_METADATA = "/v2.1/servers/{server_id}/metadata"
_TAGS = "/v2.1/servers/{server_id}/tags"


class ServerMetadata:
    """Metadata: what a client wants to remember of a server."""

    def __init__(self, world: World, servers: Servers) -> None:
        self._world = world
        self._servers = servers

    def route(self, router: Router) -> None:
        router.add("GET", _METADATA, self._index)
        router.add("POST", _METADATA, self._merge)
        router.add("PUT", _METADATA, self._replace)
        router.add("GET", f"{_METADATA}/{{key}}", self._show)
        router.add("PUT", f"{_METADATA}/{{key}}", self._set)
        router.add("DELETE", f"{_METADATA}/{{key}}", self._delete)

    def _index(self, request: Request) -> Response:
        return Response(200, {"metadata": self._servers.wanted(request).metadata})

    def _show(self, request: Request) -> Response:
        server, key = self._servers.wanted(request), request.params["key"]
        if key not in server.metadata:
            raise not_found("Metadata item was not found")
        return Response(200, {"meta": {key: server.metadata[key]}})

    def _merge(self, request: Request) -> Response:
        given = check_metadata(part(body_of(request), "metadata"))
        server = self._changeable(request, "update metadata")
        return Response(200, {"metadata": self._store(server, server.metadata | given)})

    def _replace(self, request: Request) -> Response:
        given = check_metadata(part(body_of(request), "metadata"))
        server = self._changeable(request, "update metadata")
        return Response(200, {"metadata": self._store(server, given)})

    def _set(self, request: Request) -> Response:
        given, key = check_metadata(part(body_of(request), "meta")), request.params["key"]
        if key not in given:
            raise Fault(400, "Request body and URI mismatch")
        server = self._changeable(request, "update metadata")
        self._store(server, server.metadata | given)
        return Response(200, {"meta": given})

    def _delete(self, request: Request) -> Response:
        server, key = self._changeable(request, "delete metadata"), request.params["key"]
        if key not in server.metadata:
            raise not_found("Metadata item was not found")
        self._store(server, {name: v for name, v in server.metadata.items() if name != key})
        return Response(204)

    def _changeable(self, request: Request, action: str) -> Server:
        server = self._servers.wanted(request)
        check_unlocked(request, server)
        if server.vm_state not in _CHANGEABLE:
            raise invalid_state(action, server.id, "vm_state", server.vm_state)
        return server

    def _store(self, server: Server, metadata: dict[str, str]) -> dict[str, str]:
        allowed = self._world.quota(server.project_id).metadata_items
        if 0 <= allowed < len(metadata):
            raise Fault(403, f"Maximum number of metadata items exceeds {allowed}")
        self._servers.change(server.id, metadata=metadata)
        return metadata


class ServerTags:
    """Tags, from 2.26 on: words to find servers by."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers

    def route(self, router: Router) -> None:
        router.add("GET", _TAGS, self._index)
        router.add("PUT", _TAGS, self._replace)
        router.add("DELETE", _TAGS, self._clear)
        router.add("GET", f"{_TAGS}/{{tag}}", self._check)
        router.add("PUT", f"{_TAGS}/{{tag}}", self._add)
        router.add("DELETE", f"{_TAGS}/{{tag}}", self._delete)

    def _index(self, request: Request) -> Response:
        return Response(200, {"tags": list(self._wanted(request).tags)})

    def _check(self, request: Request) -> Response:
        self._tagged(request)
        return Response(204)

    def _replace(self, request: Request) -> Response:
        given: Any = body_of(request).get("tags")
        if not isinstance(given, list):
            raise bad_input("tags", given, f"{given!r} is not of type 'array'")
        tags = tuple(dict.fromkeys(str(tag) for tag in given))
        self._store(self._wanted(request), tags)
        return Response(200, {"tags": list(tags)})

    def _add(self, request: Request) -> Response:
        server, tag = self._wanted(request), request.params["tag"]
        if tag in server.tags:
            return Response(204)
        self._store(server, (*server.tags, tag))
        location = f"{request.host_url}/compute{request.path}"
        return Response(201, None, {"Location": location})

    def _delete(self, request: Request) -> Response:
        server = self._tagged(request)
        tags = tuple(tag for tag in server.tags if tag != request.params["tag"])
        self._store(server, tags)
        return Response(204)

    def _clear(self, request: Request) -> Response:
        self._store(self._wanted(request), ())
        return Response(204)

    def _tagged(self, request: Request) -> Server:
        server, tag = self._wanted(request), request.params["tag"]
        if tag not in server.tags:
            raise not_found(f"Server {server.id} has no tag '{tag}'")
        return server

    def _wanted(self, request: Request) -> Server:
        if not request.at_least(2, 26):
            raise not_found("The resource could not be found.")
        return self._servers.wanted(request)

    def _store(self, server: Server, tags: tuple[str, ...]) -> None:
        for tag in tags:
            if "/" in tag or "," in tag or not 0 < len(tag) <= 60:
                raise bad_input("tags", tag, f"'{tag}' does not match '^[^,/]*$'")
        if len(tags) > MAX_TAGS:
            raise Fault(400, f"The number of tags exceeded the per-server limit {MAX_TAGS}")
        self._servers.change(server.id, tags=tags)
