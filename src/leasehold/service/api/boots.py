"""Boots: how often servers come up, and what became of those that did not."""

from datetime import datetime
from typing import Annotated

from litestar import Controller, get, post
from litestar.params import PathParameter, QueryParameter

from leasehold.lab.boot import Boot, BootReport
from leasehold.lab.rights import Right
from leasehold.service.api.responses import errors
from leasehold.service.audit_log import note_of
from leasehold.service.given import Asked, GivenLab


class BootController(Controller):
    """Routes below /boots."""

    path = "/boots"
    tags = ["Nodes"]  # noqa: RUF012 - litestar's way to set it

    @get(
        operation_id="listBoots",
        needs=Right.LOOK,
        summary="List boots",
        responses=errors(404),
        sync_to_thread=True,
    )
    def index(
        self,
        lab: GivenLab,
        machine_type: Annotated[
            str | None, QueryParameter(description="Only of this type.")
        ] = None,
        since: Annotated[
            datetime | None, QueryParameter(description="Only later ones; by default of a week.")
        ] = None,
        limit: Annotated[
            int, QueryParameter(ge=1, le=1000, description="Failed boots at most.")
        ] = 100,
    ) -> BootReport:
        """Rates of success by machine type, failures by cause, and the newest failed boots."""
        at = since.timestamp() if since else None
        return lab.boots(machine_type=machine_type, since=at, limit=limit)

    @get(
        "/{number:int}",
        operation_id="showBoot",
        needs=Right.LOOK,
        summary="Show a boot",
        responses=errors(404),
        sync_to_thread=True,
    )
    def show(
        self,
        lab: GivenLab,
        number: Annotated[int, PathParameter(description="The boot's id.")],
    ) -> Boot:
        """A boot's dossier: fault, time line, image, flavor, zone, and what the server printed."""
        return lab.boot(number)


@post(
    "/machine-types/{name:str}/resume",
    tags=["Nodes"],
    status_code=200,
    operation_id="resumeMachineType",
    needs=Right.OPERATE,
    summary="Resume a machine type",
    responses=errors(403, 404),
    sync_to_thread=True,
)
def resume(
    request: Asked,
    lab: GivenLab,
    name: Annotated[str, PathParameter(description="As in leasehold.toml.")],
) -> BootReport:
    """Boot its servers again at once, though they failed again and again."""
    note_of(request.scope).target = name
    lab.resume(name)
    return lab.boots(machine_type=name)
