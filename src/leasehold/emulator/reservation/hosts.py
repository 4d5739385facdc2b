"""The hosts that can be reserved; they are the business of administrators."""

import re
from itertools import count
from typing import Any

from leasehold.emulator.compute.server_birth import HOST
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.reservation.faults import demand_admin, missing, not_found
from leasehold.emulator.reservation.records import Host
from leasehold.emulator.world import World

_KNOWN = re.compile(r"emulator-[1-9][0-9]*")
"""Nova's hosts: as many as anybody asks for."""


class Hosts:
    """``/v1/os-hosts``. There is one from the start."""

    def __init__(self, world: World, router: Router) -> None:
        self._world = world
        self._numbers = count(1)
        self.records = world.collection(owner=_nobody)
        self._add(HOST, {})
        router.add("GET", "/v1/os-hosts", self._list)
        router.add("POST", "/v1/os-hosts", self._create)
        router.add("GET", "/v1/os-hosts/{id}", self._show)
        router.add("DELETE", "/v1/os-hosts/{id}", self._delete)

    def _list(self, request: Request) -> Response:
        demand_admin(request, "oshosts:get")
        return Response(200, {"hosts": [self._document(host) for host in self.records]})

    def _show(self, request: Request) -> Response:
        return Response(200, {"host": self._document(self._find(request, "get"))})

    def _create(self, request: Request) -> Response:
        demand_admin(request, "oshosts:post")
        given = request.json()
        if not isinstance(given, dict) or not given.get("name"):
            raise missing("name")
        extra = dict(given)
        name = str(extra.pop("name"))
        if not _KNOWN.fullmatch(name):
            raise Fault(404, f"Host '{name}' not found!", kind="HostNotFound")
        if any(host.name == name for host in self.records):
            raise Fault(409, f"Aggregate freepool already has host(s) {name} ")
        return Response(201, {"host": self._document(self._add(name, extra))})

    def _delete(self, request: Request) -> Response:
        self.records.remove(self._find(request, "delete").id)
        return Response(204)

    def _find(self, request: Request, action: str) -> Host:
        demand_admin(request, f"oshosts:{action}")
        host = self.records.get(request.params["id"])
        if host is None:
            raise not_found("host", request.params["id"])
        return host

    def _add(self, name: str, extra: dict[str, Any]) -> Host:
        return self.records.put(
            Host(
                id=str(next(self._numbers)),
                name=name,
                created_at=self._world.timeline.now(),
                extra_capabilities=extra,
            )
        )

    def _document(self, host: Host) -> dict[str, Any]:
        """As large as Nova says that it is."""
        room = self._world.settings.quota
        return {
            "id": host.id,
            "hypervisor_hostname": host.name,
            "hypervisor_type": "leasehold",
            "hypervisor_version": 1,
            "vcpus": room.cores,
            "cpu_info": "{}",
            "memory_mb": room.ram,
            "local_gb": room.gigabytes,
            "service_name": host.name,
            "reservable": True,
            "status": None,
            "trust_id": None,
            "created_at": host.created_at.strftime("%Y-%m-%d %H:%M:%S"),
            "updated_at": None,
            **host.extra_capabilities,
        }


def _nobody(host: Host) -> None:
    return None
