"""Servers over HTTP: listing, showing, changing, and their history."""

from typing import Any

import msgspec

from leasehold.emulator.compute.faults import not_found
from leasehold.emulator.compute.pages import page_link
from leasehold.emulator.compute.server_query import ServerQuery
from leasehold.emulator.compute.server_register import Action, Servers
from leasehold.emulator.compute.server_view import ServerViews, addresses
from leasehold.emulator.compute.server_wish import (
    body_of,
    check_address,
    check_disk_config,
    check_name,
    part,
)
from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.world import World

_encode = msgspec.json.Encoder().encode


class ServerRoutes:
    """What can be asked of servers without doing anything to them, and their plain fields."""

    def __init__(self, world: World, servers: Servers, views: ServerViews) -> None:
        self._world = world
        self._servers = servers
        self._views = views

    def route(self, router: Router) -> None:
        router.add("GET", "/v2.1/servers", self._index)
        router.add("GET", "/v2.1/servers/detail", self._detail)
        router.add("GET", "/v2.1/servers/{server_id}", self._show)
        router.add("PUT", "/v2.1/servers/{server_id}", self._update)
        router.add("GET", "/v2.1/servers/{server_id}/ips", self._ips)
        router.add("GET", "/v2.1/servers/{server_id}/ips/{network}", self._ips_of_network)
        router.add("GET", "/v2.1/servers/{server_id}/os-instance-actions", self._actions)
        router.add(
            "GET", "/v2.1/servers/{server_id}/os-instance-actions/{request_id}", self._action
        )

    def _index(self, request: Request) -> Response:
        query = ServerQuery(self._world, self._servers, request)
        page = query.page()
        body: dict[str, Any] = {
            "servers": [self._views.summary(request, server) for server in page]
        }
        if page and len(page) == query.limit:
            body["servers_links"] = page_link(request, page[-1].id)
        return Response(200, body)

    def _detail(self, request: Request) -> Response:
        query = ServerQuery(self._world, self._servers, request)
        page = query.page()
        entries = b",".join(self._views.detail(request, server) for server in page)
        end = b""
        if page and len(page) == query.limit:
            end = b',"servers_links":' + _encode(page_link(request, page[-1].id))
        body = b'{"servers":[' + entries + b"]" + end + b"}"
        return Response(200, body, {"Content-Type": "application/json"})

    def _show(self, request: Request) -> Response:
        server = self._servers.wanted(request)
        return Response(200, {"server": self._views.show(request, server)})

    def _update(self, request: Request) -> Response:
        given = part(body_of(request), "server")
        server = self._servers.wanted(request)
        fields: dict[str, Any] = {}
        if "name" in given:
            fields["name"] = check_name(given["name"])
        if "description" in given and request.at_least(2, 19):
            fields["description"] = given["description"]
        if "hostname" in given and request.at_least(2, 90):
            fields["hostname"] = given["hostname"]
        if "accessIPv4" in given:
            fields["access_ip_v4"] = check_address(given, "accessIPv4", 4)
        if "accessIPv6" in given:
            fields["access_ip_v6"] = check_address(given, "accessIPv6", 6)
        config = check_disk_config(given)
        if config is not None:
            fields["auto_disk_config"] = config == "AUTO"
        self._servers.change(server.id, **fields)
        changed = self._servers.wanted(request)
        return Response(200, {"server": self._views.changed(request, changed)})

    def _ips(self, request: Request) -> Response:
        server = self._servers.wanted(request)
        ports = self._world.network.ports_of(server.id)
        return Response(200, {"addresses": addresses(ports, extended=False)})

    def _ips_of_network(self, request: Request) -> Response:
        server, name = self._servers.wanted(request), request.params["network"]
        found = addresses(self._world.network.ports_of(server.id), extended=False)
        if name not in found:
            raise not_found("Instance is not a member of specified network")
        return Response(200, {name: found[name]})

    def _actions(self, request: Request) -> Response:
        server_id = self._known(request)
        found = [_action_document(server_id, a) for a in self._servers.actions(server_id)]
        return Response(200, {"instanceActions": found})

    def _action(self, request: Request) -> Response:
        server_id, wanted = self._known(request), request.params["request_id"]
        for action in self._servers.actions(server_id):
            if action.request_id == wanted:
                document = _action_document(server_id, action) | {"events": []}
                return Response(200, {"instanceAction": document})
        raise not_found(f"Action for request_id {wanted} on instance {server_id} not found")

    def _known(self, request: Request) -> str:
        """The server's id; from 2.21 on a deleted server has its history still."""
        gone = self._servers.deleted.get(request.params["server_id"])
        if gone is None or not request.at_least(2, 21):
            return self._servers.wanted(request).id
        if not (request.is_admin or gone.project_id == request.project.id):
            raise not_found(f"Instance {gone.id} could not be found.")
        return gone.id


def _action_document(server_id: str, action: Action) -> dict[str, Any]:
    return {
        "action": action.name,
        "instance_uuid": server_id,
        "request_id": action.request_id,
        "user_id": action.user_id,
        "project_id": action.project_id,
        "start_time": action.started_at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "message": action.message,
        "updated_at": action.updated_at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
    }
