"""The calls about who may use a volume type that is not public."""

from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.volume import bodies as read
from leasehold.emulator.volume.faults import bad_field, bad_request, demand_admin, not_found
from leasehold.emulator.volume.records import VolumeType
from leasehold.emulator.volume.types import VolumeTypes

_RULE = "volume_extension:volume_type_access"


class TypeAccessCalls:
    """``/v3/types/{id}/os-volume-type-access`` and the actions that change it."""

    def __init__(self, types: VolumeTypes, router: Router) -> None:
        self._types = types
        self._actions = {"addProjectAccess": self._add, "removeProjectAccess": self._remove}
        router.add("GET", "/v3/types/{id}/os-volume-type-access", self._list)
        router.add("POST", "/v3/types/{id}/action", self._act)

    def _list(self, request: Request) -> Response:
        demand_admin(request, f"{_RULE}:get_all_for_type")
        volume_type = self._find(request)
        if volume_type.is_public:
            raise not_found("Access list not available for public volume types.")
        shown = [
            {"volume_type_id": volume_type.id, "project_id": project_id}
            for project_id in volume_type.projects
        ]
        return Response(200, {"volume_type_access": shown})

    def _act(self, request: Request) -> Response:
        body = read.whole_body(request)
        if not body:
            raise bad_request("Malformed request body")
        name = next(iter(body))
        action = self._actions.get(name)
        if action is None:
            raise bad_request(
                f"There is no such action: {name}. Verify the request body and Content-Type "
                "header and try again."
            )
        project_id = _project_of(name, body[name])
        demand_admin(request, f"{_RULE}:{name}")
        volume_type = self._find(request)
        if volume_type.is_public:
            raise bad_request(
                "Invalid volume type: Type access modification is not applicable to public "
                "volume type."
            )
        action(volume_type, project_id)
        return Response(202)

    def _add(self, volume_type: VolumeType, project_id: str) -> None:
        if project_id in volume_type.projects:
            raise Fault(
                409,
                f"Volume type access for {volume_type.id} / {project_id} combination already "
                "exists.",
            )
        self._types.change(volume_type, projects=(*volume_type.projects, project_id))

    def _remove(self, volume_type: VolumeType, project_id: str) -> None:
        if project_id not in volume_type.projects:
            raise not_found(
                f"Volume type access not found for {volume_type.id} / {project_id} combination."
            )
        kept = tuple(other for other in volume_type.projects if other != project_id)
        self._types.change(volume_type, projects=kept)

    def _find(self, request: Request) -> VolumeType:
        return self._types.find(request.params["id"], Caller.of(request))


def _project_of(name: str, given: Any) -> str:
    if not isinstance(given, dict):
        raise bad_field(name, given, f"{given!r} is not of type 'object'")
    project_id = read.required(name, given, "project")
    if not isinstance(project_id, str):
        raise bad_field("project", project_id, f"{project_id!r} is not of type 'string'")
    if not project_id:
        raise bad_field("project", project_id, "'' should be non-empty")
    return project_id
