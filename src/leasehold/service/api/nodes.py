"""Nodes: what there is, who holds it, how far it is and why it waits."""

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import JSONBody, PathParameter, QueryParameter

from leasehold.lab.errors import BadWish
from leasehold.lab.model import MachineType, Node, NodeName, NodeState, Step, Story
from leasehold.lab.node_names import expand
from leasehold.lab.node_row import NodeChange, NodeRow, Want
from leasehold.lab.rights import Right
from leasehold.service.api.responses import errors
from leasehold.service.audit_log import note_of
from leasehold.service.given import Asked, GivenLab

Names = Annotated[
    tuple[str, ...],
    msgspec.Meta(min_length=1, description="Names, or patterns such as ovh001..ovh100."),
]


class Unlock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nodes to give back: all of them or, if one cannot be, none."""

    names: Annotated[tuple[NodeName, ...], msgspec.Meta(min_length=1)]
    force: bool = False
    """Even those that somebody else holds."""


class NewNodes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nodes to register, all alike: all of them or, if one cannot be, none."""

    names: Names
    machine_type: str
    new_type: bool = False
    """Let a machine type begin that is nowhere yet: its nodes are fixed, and ready at once."""
    up: bool = True
    note: str | None = None
    description: str | None = None
    address: str | None = None
    """Where a fixed node answers; left out, under its name. For one node only."""
    os_type: str | None = None
    os_version: str | None = None
    arch: str | None = None
    is_vm: bool = False
    vm_host: str | None = None
    mac_address: str | None = None
    ssh_pub_key: str | None = None

    def rows(self) -> list[NodeRow]:
        """One for each name. Raises `BadWish`."""
        names = expand(self.names)
        values = {each: getattr(self, each) for each in self.__struct_fields__ if each not in _OURS}
        alone = [each for each in _OF_ONE if values[each] is not None]
        if alone and len(names) > 1:
            raise BadWish(alone[0], values[alone[0]], "nothing, where several nodes are named")
        return [NodeRow(name=name, **values) for name in names]


_OURS = ("names", "new_type")
_OF_ONE = ("address", "mac_address", "ssh_pub_key")


class ChangedNodes(NodeChange, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change about some nodes: about all of them or, if it cannot be, about none."""

    names: Names
    new_type: bool = False
    """Let the machine type begin, if it is nowhere yet."""


class RemovedNodes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nodes to remove: all of them or, if one cannot be, none."""

    names: Names


OneName = Annotated[str, PathParameter(description="The node's name.")]
OnlyLike = Annotated[str | None, QueryParameter(description="Only fixed nodes that are so.")]


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
            str | None, QueryParameter(description="Only of this type, or of these: `a|b`.")
        ] = None,
        in_state: Annotated[
            NodeState | None, QueryParameter(name="state", description="Only in this state.")
        ] = None,
        owner: Annotated[
            str | None, QueryParameter(description="Only what this owner holds.")
        ] = None,
        up: Annotated[
            bool | None, QueryParameter(description="Only those that may be given out, or not.")
        ] = None,
        os_type: OnlyLike = None,
        os_version: OnlyLike = None,
        arch: OnlyLike = None,
        description: Annotated[
            str | None, QueryParameter(description="Only with this in their description.")
        ] = None,
    ) -> list[Node]:
        """List nodes with state, owner, address and the reason why one waits."""
        return lab.nodes(
            machine_type=machine_type,
            state=in_state,
            owner=owner,
            up=up,
            want=Want(os_type=os_type, os_version=os_version, arch=arch),
            description=description,
        )

    @post(
        operation_id="registerNodes",
        needs=Right.ADMINISTER,
        summary="Register nodes",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def register(self, request: Asked, lab: GivenLab, data: JSONBody[NewNodes]) -> list[Node]:
        """Take nodes into the inventory, all or none. They can be locked at once."""
        note_of(request.scope).target = " ".join(data.names)
        return lab.register_nodes(data.rows(), by=request.user.owner, new_types=data.new_type)

    @post(
        "/change",
        status_code=200,
        operation_id="changeNodes",
        needs=Right.OPERATE,
        summary="Change some nodes",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def change_some(
        self, request: Asked, lab: GivenLab, data: JSONBody[ChangedNodes]
    ) -> list[Node]:
        """Say how nodes are, or mark them down or up: all or none. What is left out stays."""
        note_of(request.scope).target = " ".join(data.names)
        return lab.change_nodes(
            expand(data.names), data, by=request.user.owner, new_types=data.new_type
        )

    @post(
        "/remove",
        status_code=204,
        operation_id="removeNodes",
        needs=Right.ADMINISTER,
        summary="Remove some nodes",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def remove_some(self, request: Asked, lab: GivenLab, data: JSONBody[RemovedNodes]) -> None:
        """Have registered nodes no more, all or none; their history stays."""
        note_of(request.scope).target = " ".join(data.names)
        lab.remove_nodes(expand(data.names), by=request.user.owner)

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
        name: OneName,
    ) -> Story:
        """Show a node with its lease, its objects in the cloud and its history."""
        return lab.story(NodeName(name))

    @patch(
        "/{name:str}",
        operation_id="changeNode",
        needs=Right.OPERATE,
        summary="Change a node",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def change(
        self, request: Asked, lab: GivenLab, name: OneName, data: JSONBody[NodeChange]
    ) -> Node:
        """Say how a node is, or mark it down or up. What is left out stays; null clears."""
        (changed,) = lab.change_nodes((NodeName(name),), data, by=request.user.owner)
        return changed

    @delete(
        "/{name:str}",
        operation_id="removeNode",
        needs=Right.ADMINISTER,
        summary="Remove a node",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def remove(self, request: Asked, lab: GivenLab, name: OneName) -> None:
        """Have a registered node no more; its history stays. One that is held is refused."""
        lab.remove_nodes((NodeName(name),), by=request.user.owner)

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
