"""Taking over the nodes and locks of another lock server."""

import msgspec
from litestar import post
from litestar.params import JSONBody

from leasehold.lab.rights import Right
from leasehold.lab.takeover import NodeThere, TakeoverReport
from leasehold.service.api.responses import errors
from leasehold.service.audit_log import note_of
from leasehold.service.given import Asked, GivenLab

LARGEST_TAKEOVER = 64 << 20
"""Bytes: some 100,000 nodes."""


class TakeoverRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nodes as the other server has them, with who holds them."""

    nodes: tuple[NodeThere, ...]
    follow: bool = False
    """Give back here what is free there or held by another, instead of calling it a conflict."""
    dry_run: bool = False
    """Only say what would change."""


@post(
    "/takeover",
    status_code=200,
    tags=["Nodes"],
    operation_id="takeOver",
    needs=Right.ADMINISTER,
    summary="Take over nodes and locks",
    responses=errors(404, 409),
    request_max_body_size=LARGEST_TAKEOVER,
    sync_to_thread=True,
)
def take_over(request: Asked, lab: GivenLab, data: JSONBody[TakeoverRequest]) -> TakeoverReport:
    """Have the nodes of another lock server here, locked for those who hold them there: all or, if
    one conflicts with what is here, none."""
    note_of(request.scope).target = f"{len(data.nodes)} nodes"
    return lab.take_over(
        data.nodes, by=request.user.owner, follow=data.follow, dry_run=data.dry_run
    )
