"""What people do on the page: forms, which answer with a sentence and make the page look anew."""

from typing import Any
from urllib.parse import quote

import msgspec
from litestar import MediaType, Response, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from leasehold.lab.duration import format_duration, parse_duration
from leasehold.lab.model import Lease, LeaseId, NodeName, Wish
from leasehold.lab.node_row import NodeChange
from leasehold.lab.rights import Right
from leasehold.service.audit_log import note_of
from leasehold.service.given import Asked, GivenBoard, GivenHtml, GivenLab
from leasehold.service.page.board import Board
from leasehold.service.page.html import Html

DEED: dict[str, Any] = {
    "media_type": MediaType.HTML,
    "include_in_schema": False,
    "status_code": 200,
    "sync_to_thread": True,
}


class LockForm(msgspec.Struct, frozen=True, kw_only=True):
    """A lock, as the form asks for it."""

    machine_type: str
    count: int = 1
    duration: str = ""
    purpose: str = ""


class PriorityForm(msgspec.Struct, frozen=True, kw_only=True):
    """How early a lease that waits is served."""

    priority: int


class NodeForm(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a node may be given out, and what people should know of it."""

    up: bool
    note: str = ""


class LeaseForm(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a lease."""

    duration: str = ""
    force: bool = False


@post("/leases", operation_id="lockNodes", **DEED, needs=Right.LEASE)
def lock(
    request: Asked,
    lab: GivenLab,
    html: GivenHtml,
    board: GivenBoard,
    data: URLEncodedBody[LockForm],
) -> Response[Any]:
    """Lock nodes, or take a place in the queue."""
    note = note_of(request.scope)
    note.target = f"{data.count} {data.machine_type}"
    seconds = parse_duration(data.duration) if data.duration.strip() else None
    lease = lab.lock(
        Wish(
            machine_type=data.machine_type,
            count=data.count,
            owner=request.user.owner,
            purpose=data.purpose,
            seconds=seconds,
        )
    )
    note.target = f"{lease.id}: {note.target}"
    return done(request, html, board, f"{lease.id} is {lease.state.value}")


@post("/leases/{lease:str}/extend", operation_id="extendLease", **DEED, needs=Right.LEASE)
def extend(
    request: Asked,
    lab: GivenLab,
    html: GivenHtml,
    board: GivenBoard,
    lease: FromPath[str],
    data: URLEncodedBody[LeaseForm],
) -> Response[Any]:
    """Keep a lease longer."""
    seconds = parse_duration(data.duration)
    force = request.user.force(data.force)
    longer = lab.extend(LeaseId(lease), seconds, owner=request.user.owner, force=force)
    return done(request, html, board, f"{longer.id} lasts {_end(longer)}")


@post("/leases/{lease:str}/release", operation_id="releaseLease", **DEED, needs=Right.LEASE)
def release(
    request: Asked,
    lab: GivenLab,
    html: GivenHtml,
    board: GivenBoard,
    lease: FromPath[str],
    data: URLEncodedBody[LeaseForm],
) -> Response[Any]:
    """Give a lease back."""
    force = request.user.force(data.force)
    ended = lab.release(LeaseId(lease), owner=request.user.owner, force=force)
    return done(request, html, board, f"{ended.id} is {ended.state.value}")


@post("/leases/{lease:str}/hold", operation_id="holdLease", **DEED, needs=Right.LEASE)
def hold(
    request: Asked,
    lab: GivenLab,
    html: GivenHtml,
    board: GivenBoard,
    lease: FromPath[str],
    data: URLEncodedBody[LeaseForm],
) -> Response[Any]:
    """Keep a lease without end."""
    force = request.user.force(data.force)
    held = lab.hold(LeaseId(lease), owner=request.user.owner, force=force)
    return done(request, html, board, f"{held.id} lasts {_end(held)}")


@post("/leases/{lease:str}/unhold", operation_id="unholdLease", **DEED, needs=Right.LEASE)
def unhold(
    request: Asked,
    lab: GivenLab,
    html: GivenHtml,
    board: GivenBoard,
    lease: FromPath[str],
    data: URLEncodedBody[LeaseForm],
) -> Response[Any]:
    """Give a held lease an end again."""
    force = request.user.force(data.force)
    ending = lab.unhold(LeaseId(lease), None, owner=request.user.owner, force=force)
    return done(request, html, board, f"{ending.id} lasts {_end(ending)}")


@post("/leases/{lease:str}/priority", operation_id="amendLease", **DEED, needs=Right.OPERATE)
def prioritise(
    request: Asked,
    lab: GivenLab,
    html: GivenHtml,
    board: GivenBoard,
    lease: FromPath[str],
    data: URLEncodedBody[PriorityForm],
) -> Response[Any]:
    """Have a lease that waits served earlier, or later."""
    amended = lab.amend(
        LeaseId(lease),
        priority=data.priority,
        owner=request.user.owner,
        force=request.user.force(True),
    )
    return done(request, html, board, f"{amended.id} waits with priority {amended.priority}")


@post("/nodes/{name:str}/change", operation_id="changeNode", **DEED, needs=Right.OPERATE)
def change_node(
    request: Asked,
    lab: GivenLab,
    html: GivenHtml,
    board: GivenBoard,
    name: FromPath[str],
    data: URLEncodedBody[NodeForm],
) -> Response[Any]:
    """Mark a node down or up, with a note."""
    change = NodeChange(up=data.up, note=data.note.strip() or None)
    (node,) = lab.change_nodes((NodeName(name),), change, by=request.user.owner)
    sentence = f"{node.name} is {'up' if node.up else 'down'}"
    return done(request, html, board, sentence, then=f"/nodes/{quote(node.name)}")


@post(
    "/machine-types/{name:str}/resume",
    operation_id="resumeMachineType",
    **DEED,
    needs=Right.OPERATE,
)
def resume(
    request: Asked, lab: GivenLab, html: GivenHtml, board: GivenBoard, name: FromPath[str]
) -> Response[Any]:
    """Boot a machine type's servers again at once, though they failed again and again."""
    lab.resume(name)
    return done(request, html, board, f"{name} boots again", then="/failures")


def _end(lease: Lease) -> str:
    if lease.seconds is None:
        return "until it is given back"
    if lease.until is not None:
        return f"until {lease.until:%Y-%m-%d %H:%M} UTC"
    return f"{format_duration(lease.seconds)} from when it is ready"


def done(
    request: Asked, html: Html, board: Board, sentence: str, then: str = "/leases"
) -> Response[Any]:
    """A sentence for the page; a browser without scripts goes on to where it can be seen."""
    board.forget()
    if "hx-request" not in request.headers:
        return Redirect(then, status_code=303)
    return Response(
        html.page("said.html", sentence=sentence, wrong=False),
        media_type=MediaType.HTML,
        headers={"hx-trigger": "done"},
    )
