"""Addresses of 1.0's servers, and the groups within which servers share public ones."""

from itertools import count
from typing import Any

import msgspec

from leasehold.emulator.compute.faults import not_found
from leasehold.emulator.compute.v1.inside import Inside
from leasehold.emulator.compute.v1.numbers import Numbers
from leasehold.emulator.compute.v1.wire import read_part, written
from leasehold.emulator.http import Fault, Request, Response, Router

MOST_GROUPS = 25
MOST_MEMBERS = 25
_GROUPS = "/v1.0/shared_ip_groups"
_IPS = "/v1.0/servers/{id}/ips"


class _Group(msgspec.Struct, kw_only=True):
    number: int
    name: str
    project_id: str
    server_ids: list[str] = []


class SharedIps:
    """Shared IP groups. An address of one member may be given to another beside its own."""

    def __init__(self, inside: Inside, numbers: Numbers) -> None:
        self._inside = inside
        self._numbers = numbers
        self._groups: dict[int, _Group] = {}
        self._next = count(1)
        self._given: dict[str, list[str]] = {}
        """By server: the addresses it has from others."""

    def route(self, router: Router) -> None:
        router.add("GET", _GROUPS, lambda r: self._index(r, detailed=False))
        router.add("GET", f"{_GROUPS}/detail", lambda r: self._index(r, detailed=True))
        router.add("POST", _GROUPS, self._create)
        router.add("GET", f"{_GROUPS}/{{group}}", self._show)
        router.add("DELETE", f"{_GROUPS}/{{group}}", self._delete)
        router.add("GET", _IPS, self._all_ips)
        router.add("GET", f"{_IPS}/{{kind}}", self._ips)
        router.add("PUT", f"{_IPS}/public/{{address}}", self._share)
        router.add("DELETE", f"{_IPS}/public/{{address}}", self._unshare)

    def addresses(self, server: dict[str, Any]) -> dict[str, list[str]]:
        """A server's addresses: floating and shared ones are public."""
        found: dict[str, list[str]] = {"public": [], "private": []}
        for entries in server["addresses"].values():
            for entry in entries:
                floats = entry["OS-EXT-IPS:type"] == "floating"
                found["public" if floats else "private"].append(entry["addr"])
        found["public"] += self._given.get(server["id"], [])
        return found

    def group_of(self, server_id: str) -> int | None:
        found = (group.number for group in self._groups.values() if server_id in group.server_ids)
        return next(found, None)

    def check_room(self, request: Request, number: object) -> None:
        """Raises Fault 404 for no such group, 413 for one that is full."""
        if len(self._group(request, number).server_ids) >= MOST_MEMBERS:
            raise Fault(413, f"A shared IP group has at most {MOST_MEMBERS} servers")

    def join(self, request: Request, number: object, server_id: str) -> None:
        self._group(request, number).server_ids.append(server_id)

    def leave(self, server_id: str) -> None:
        """The server is going, and what it had from others with it."""
        self._given.pop(server_id, None)
        for group in self._groups.values():
            if server_id in group.server_ids:
                group.server_ids.remove(server_id)

    def _index(self, request: Request, *, detailed: bool) -> Response:
        groups = [g for g in self._groups.values() if g.project_id == request.project.id]
        shown = [self._document(group, detailed=detailed) for group in groups]
        return written(request, 200, "sharedIpGroups", shown)

    def _show(self, request: Request) -> Response:
        group = self._group(request, request.params["group"])
        return written(request, 200, "sharedIpGroup", self._document(group, detailed=True))

    def _create(self, request: Request) -> Response:
        given = read_part(request, "sharedIpGroup")
        if not given.get("name"):
            raise Fault(400, "A shared IP group needs a name")
        if len(self._groups) >= MOST_GROUPS:
            raise Fault(413, f"There are {MOST_GROUPS} shared IP groups already")
        group = _Group(number=next(self._next), name=given["name"], project_id=request.project.id)
        if given.get("server"):
            server_id = self._numbers.id(given["server"])
            group.server_ids.append(self._inside.server(request, server_id)["id"])
        self._groups[group.number] = group
        return written(request, 201, "sharedIpGroup", self._document(group, detailed=True))

    def _delete(self, request: Request) -> Response:
        del self._groups[self._group(request, request.params["group"]).number]
        return Response(204)

    def _all_ips(self, request: Request) -> Response:
        return written(request, 200, "addresses", self.addresses(self._wanted(request)))

    def _ips(self, request: Request) -> Response:
        kind, found = request.params["kind"], self.addresses(self._wanted(request))
        if kind not in found:
            raise not_found("Not Found")
        return written(request, 200, kind, found[kind])

    def _share(self, request: Request) -> Response:
        given, address = read_part(request, "shareIp"), request.params["address"]
        server, group = self._wanted(request), self._group(request, given.get("sharedIpGroupId"))
        if server["id"] not in group.server_ids:
            raise Fault(400, f"The server is not in the shared IP group {group.number}")
        members = (self._inside.server(request, server_id) for server_id in group.server_ids)
        if not any(address in self.addresses(member)["public"] for member in members):
            raise Fault(400, f"No server of the shared IP group has the address {address}")
        own = self._given.setdefault(server["id"], [])
        if address not in self.addresses(server)["public"]:
            own.append(address)
        return Response(202)

    def _unshare(self, request: Request) -> Response:
        server, address = self._wanted(request), request.params["address"]
        own = self._given.get(server["id"], [])
        if address not in own:
            raise Fault(400, f"{address} is not shared with the server")
        own.remove(address)
        return Response(202)

    def _wanted(self, request: Request) -> dict[str, Any]:
        return self._inside.server(request, self._numbers.id(request.params["id"]))

    def _group(self, request: Request, number: object) -> _Group:
        text = str(number)
        group = self._groups.get(int(text)) if text.isdecimal() else None
        if group is None or group.project_id != request.project.id:
            raise not_found("Not Found")
        return group

    def _document(self, group: _Group, *, detailed: bool) -> dict[str, Any]:
        document: dict[str, Any] = {"id": group.number, "name": group.name}
        if detailed:
            document["servers"] = [self._numbers.of(one) for one in group.server_ids]
        return document
