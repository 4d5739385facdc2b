"""Neutron's API, v2.0: what is not the same for every resource, and the service as a whole."""

from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.network.attributes import bad_request
from leasehold.emulator.network.availability import availability
from leasehold.emulator.network.extensions import add_extensions
from leasehold.emulator.network.networking import Networking
from leasehold.emulator.network.resources import Resource, body_of
from leasehold.emulator.network.tags import Tags
from leasehold.emulator.world import World

_EMPTY = (
    "agents",
    "availability_zones",
    "address-groups",
    "address-scopes",
    "flavors",
    "rbac-policies",
    "service-providers",
    "subnetpools",
)
"""Collections that clients look into and the emulator has nothing in."""

_MALFORMED = (
    "The server could not comply with the request since it is either malformed or otherwise "
    "incorrect."
)
_PLAIN = {
    404: ("HTTPNotFound", "The resource could not be found."),
    405: ("HTTPMethodNotAllowed", _MALFORMED),
}
"""What Neutron says where no resource has words of its own."""


class NetworkService:
    """Neutron. Sets `World.network`."""

    name = "network"
    prefix = "/network"

    def __init__(self, world: World) -> None:
        self.state = Networking(world)
        world.network = self.state
        self.router = Router()
        state, quotas, router = self.state, self.state.quotas, self.router
        Resource(state.networks, world, quotas, router)
        Resource(state.subnets, world, quotas, router)
        Resource(state.ports, world, quotas, router, {"device_id": state.ports.of_device})
        self._routers = Resource(state.routers, world, quotas, router)
        Resource(state.floating_ips, world, quotas, router, {"port_id": state.floating_ips.of_port})
        Resource(state.security_groups, world, quotas, router)
        Resource(state.security_group_rules, world, quotas, router)
        Tags(state.networks, world, router)
        Tags(state.subnets, world, router)
        Tags(state.ports, world, router)
        Tags(state.routers, world, router)
        Tags(state.floating_ips, world, router)
        Tags(state.security_groups, world, router)
        add_extensions(router)
        self._add_roots()
        self._add_quotas()

    def locate(self, path: str) -> str:
        """Neutron takes ``/v2.0/ports.json`` for ``/v2.0/ports``."""
        return path.removesuffix(".json")

    def negotiate(self, request: Request) -> None:
        return None

    def render(self, fault: Fault, request: Request) -> Response:
        kind, message = fault.kind, fault.message
        if not kind:
            kind, message = _PLAIN.get(fault.status, (f"HTTP{fault.status}", message))
        error = {"type": kind, "message": message, "detail": ""}
        return Response(fault.status, {"NeutronError": error}, fault.headers)

    def stamp(self, request: Request) -> dict[str, str]:
        return {"x-openstack-request-id": request.request_id}

    def _add_roots(self) -> None:
        add = self.router.add
        add("GET", "/", self._versions, public=True)
        add("GET", "/v2.0", self._resources)
        add("GET", "/healthcheck", _healthy, public=True)
        for path in _EMPTY:
            add("GET", f"/v2.0/{path}", _empty)
        add("GET", "/v2.0/network-ip-availabilities", self._availabilities)
        add("GET", "/v2.0/network-ip-availabilities/{id}", self._availability)
        add("PUT", "/v2.0/routers/{id}/add_router_interface", self._add_interface)
        add("PUT", "/v2.0/routers/{id}/remove_router_interface", self._remove_interface)

    def _add_quotas(self) -> None:
        add = self.router.add
        add("GET", "/v2.0/quotas", self._changed_quotas)
        add("GET", "/v2.0/quotas/tenant", _own_tenant)
        add("GET", "/v2.0/quotas/project", _own_project)
        add("GET", "/v2.0/quotas/{id}", self._quota)
        add("PUT", "/v2.0/quotas/{id}", self._change_quota)
        add("DELETE", "/v2.0/quotas/{id}", self._reset_quota)
        add("GET", "/v2.0/quotas/{id}/default", self._default_quota)
        add("GET", "/v2.0/quotas/{id}/details", self._quota_details)

    def _versions(self, request: Request) -> Response:
        link = {"rel": "self", "href": f"{request.host_url}/network/v2.0/"}
        version = {"id": "v2.0", "status": "CURRENT", "links": [link]}
        return Response(200, {"versions": [version]})

    def _resources(self, request: Request) -> Response:
        """Neutron knows ``/v2.0/`` but not ``/v2.0``."""
        if not request.path.endswith("/"):
            raise Fault(404)
        state = self.state
        core = (state.networks.kind, state.subnets.kind, state.ports.kind)
        href = f"{request.host_url}/network/v2.0"
        found = [
            {
                "name": kind.singular,
                "collection": kind.plural,
                "links": [{"rel": "self", "href": f"{href}/{kind.path}"}],
            }
            for kind in core
        ]
        return Response(200, {"resources": found})

    def _availabilities(self, request: Request) -> Response:
        if not request.is_admin:
            return Response(200, {"network_ip_availabilities": []})
        found = [
            availability(network, self.state.subnets) for network in self.state.networks.records
        ]
        return Response(200, {"network_ip_availabilities": found})

    def _availability(self, request: Request) -> Response:
        network = self.state.networks.find(request.params["id"])
        if not request.is_admin:
            raise self.state.networks.kind.not_found(network.id)
        return Response(200, {"network_ip_availability": availability(network, self.state.subnets)})

    def _add_interface(self, request: Request) -> Response:
        caller = Caller.of(request)
        router = self._routers.find(request.params["id"], caller)
        body = body_of(request, "subnet_id")
        return Response(200, self.state.routers.add_interface(router, body, caller))

    def _remove_interface(self, request: Request) -> Response:
        router = self._routers.find(request.params["id"], Caller.of(request))
        body = body_of(request, "subnet_id")
        return Response(200, self.state.routers.remove_interface(router, body))

    def _changed_quotas(self, request: Request) -> Response:
        _demand_admin(request, "get_quota")
        quotas = self.state.quotas
        shown = [
            {**quotas.limits(project_id), "project_id": project_id, "tenant_id": project_id}
            for project_id in quotas.changed_projects()
        ]
        return Response(200, {"quotas": shown})

    def _quota(self, request: Request) -> Response:
        return Response(200, {"quota": self.state.quotas.limits(_quota_project(request))})

    def _default_quota(self, request: Request) -> Response:
        _quota_project(request)
        return Response(200, {"quota": self.state.quotas.defaults()})

    def _quota_details(self, request: Request) -> Response:
        return Response(200, {"quota": self.state.quotas.details(_quota_project(request))})

    def _change_quota(self, request: Request) -> Response:
        _demand_admin(request, "update_quota")
        given: Any = body_of(request, "quota").get("quota")
        if not isinstance(given, dict):
            raise bad_request("Unable to find 'quota' in request body")
        self.state.quotas.change(request.params["id"], given)
        return Response(200, {"quota": self.state.quotas.limits(request.params["id"])})

    def _reset_quota(self, request: Request) -> Response:
        _demand_admin(request, "delete_quota")
        self.state.quotas.reset(request.params["id"])
        return Response(204)


def _quota_project(request: Request) -> str:
    """The project whose quota is asked for: one's own, unless one is an administrator."""
    project_id = request.params["id"]
    if project_id != request.project.id:
        _demand_admin(request, "get_quota")
    return project_id


def _demand_admin(request: Request, rule: str) -> None:
    if not request.is_admin:
        raise Fault(403, f"rule:{rule} is disallowed by policy", kind="PolicyNotAuthorized")


def _own_tenant(request: Request) -> Response:
    return Response(200, {"tenant": {"tenant_id": request.project.id}})


def _own_project(request: Request) -> Response:
    return Response(200, {"project": {"project_id": request.project.id}})


def _empty(request: Request) -> Response:
    name = request.path.rpartition("/")[2].replace("-", "_")
    return Response(200, {name: []})


def _healthy(request: Request) -> Response:
    return Response(200, b"OK", {"Content-Type": "text/plain; charset=UTF-8"})
