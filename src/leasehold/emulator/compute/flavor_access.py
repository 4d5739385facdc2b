"""Which projects may use a flavor that is not public."""

from typing import Any

import msgspec

from leasehold.emulator.compute.faults import bad_input, check_policy, not_found
from leasehold.emulator.compute.flavors import Flavor, Flavors
from leasehold.emulator.compute.server_wish import body_of
from leasehold.emulator.http import Fault, Request, Response, Router

_RULE = "os-flavor-access"


class FlavorAccess:
    """Listing, giving and taking of access, for administrators."""

    def __init__(self, flavors: Flavors) -> None:
        self._flavors = flavors

    def route(self, router: Router) -> None:
        router.add("GET", "/v2.1/flavors/{id}/os-flavor-access", self._index)
        router.add("POST", "/v2.1/flavors/{id}/action", self._act)

    def _index(self, request: Request) -> Response:
        check_policy(request, _RULE)
        flavor = self._flavors.wanted(request)
        if flavor.public:
            raise not_found("Access list not available for public flavors.")
        return _shown(flavor)

    def _act(self, request: Request) -> Response:
        ((name, given),) = body_of(request).items()
        if not isinstance(given, dict) or "tenant" not in given:
            raise bad_input(name, given, "'tenant' is a required property")
        change = {"addTenantAccess": self._add, "removeTenantAccess": self._remove}.get(name)
        if change is None:
            raise Fault(400, f"There is no such action: {name}")
        return change(request, str(given["tenant"]))

    def _add(self, request: Request, project_id: str) -> Response:
        check_policy(request, f"{_RULE}:add_tenant_access")
        flavor = self._flavors.wanted(request)
        if flavor.public and request.at_least(2, 7):
            raise Fault(409, "Can not add access to a public flavor.")
        if project_id in flavor.projects:
            message = "Flavor access already exists for flavor"
            raise Fault(409, f"{message} {flavor.id} and project {project_id} combination.")
        return self._changed(flavor, (*flavor.projects, project_id))

    def _remove(self, request: Request, project_id: str) -> Response:
        check_policy(request, f"{_RULE}:remove_tenant_access")
        flavor = self._flavors.wanted(request)
        if project_id not in flavor.projects:
            message = f"Flavor access not found for {flavor.id} / {project_id} combination."
            raise not_found(message)
        left = tuple(each for each in flavor.projects if each != project_id)
        return self._changed(flavor, left)

    def _changed(self, flavor: Flavor, projects: tuple[str, ...]) -> Response:
        return _shown(self._flavors.all.put(msgspec.structs.replace(flavor, projects=projects)))


def _shown(flavor: Flavor) -> Response:
    access: list[dict[str, Any]] = [
        {"flavor_id": flavor.id, "tenant_id": project_id} for project_id in flavor.projects
    ]
    return Response(200, {"flavor_access": access})
