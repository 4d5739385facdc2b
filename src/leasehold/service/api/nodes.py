"""Nodes: what there is, who holds it, how far it is and why it waits."""

from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import JSONBody, PathParameter, QueryParameter

from leasehold.lab.model import MachineType, Node, NodeName, NodeState, Step, Story
from leasehold.lab.rights import Right
from leasehold.service.api.responses import errors
from leasehold.service.audit_log import note_of
from leasehold.service.given import Asked, GivenLab


class Unlock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nodes to give back: all of them or, if one cannot be, none."""

    names: Annotated[tuple[NodeName, ...], msgspec.Meta(min_length=1)]
    force: bool = False
    """Even those that somebody else holds."""


class NodeController(Controller):
    """Routes below /nodes."""

    path = "/nodes"
    tags = ["Nodes"]  # noqa: RUF012 - litestar's way to set it

    @get(
        operation_id="listNodes",
        needs=Right.LOOK,
        summary="List nodes",
        responses=errors(),
        sync_to_thread=True,
    )
    def index(
        self,
        lab: GivenLab,
        machine_type: Annotated[
            str | None, QueryParameter(description="Only of this type.")
        ] = None,
        in_state: Annotated[
            NodeState | None, QueryParameter(name="state", description="Only in this state.")
        ] = None,
        owner: Annotated[
            str | None, QueryParameter(description="Only what this owner holds.")
        ] = None,
    ) -> list[Node]:
        """List nodes with state, owner, address and the reason why one waits."""
        return lab.nodes(machine_type=machine_type, state=in_state, owner=owner)

    @get(
        "/{name:str}",
        operation_id="showNode",
        needs=Right.LOOK,
        summary="Show a node",
        responses=errors(404),
        sync_to_thread=True,
    )
    def show(
        self,
        lab: GivenLab,
        name: Annotated[str, PathParameter(description="The node's name.")],
    ) -> Story:
        """Show a node with its lease, its objects in the cloud and its history."""
        return lab.story(NodeName(name))

    @post(
        "/unlock",
        status_code=200,
        operation_id="unlockNodes",
        needs=Right.LEASE,
        summary="Unlock nodes",
        responses=errors(403, 404),
        sync_to_thread=True,
    )
    def unlock(self, request: Asked, lab: GivenLab, data: JSONBody[Unlock]) -> list[Node]:
        """Give nodes back. A lease that has none left ends."""
        note_of(request.scope).target = " ".join(data.names)
        force = request.user.force(data.force)
        return lab.unlock(data.names, owner=request.user.owner, force=force)


@get(
    "/plan",
    tags=["Nodes"],
    operation_id="showPlan",
    needs=Right.LOOK,
    summary="Show the plan",
    responses=errors(),
    sync_to_thread=True,
)
def plan(lab: GivenLab) -> list[Step]:
    """What the engine would do now, with each object, and why."""
    return lab.plan()


@get(
    "/machine-types",
    tags=["Nodes"],
    operation_id="listMachineTypes",
    needs=Right.LOOK,
    summary="List machine types",
    responses=errors(),
    sync_to_thread=True,
)
def machine_types(lab: GivenLab) -> list[MachineType]:
    """What can be locked, and how many of it are free."""
    return lab.machine_types()
