"""What people do with datasets on the page: the same as over the API, as forms."""

from typing import Any

import msgspec
from litestar import Response, post
from litestar.params import FromPath, URLEncodedBody

from leasehold.datasets.book import HoldRow
from leasehold.datasets.model import Dataset, DatasetNode
from leasehold.lab.rights import Right
from leasehold.service.audit_log import note_of
from leasehold.service.given import Asked, GivenBoard, GivenDatasets, GivenHtml
from leasehold.service.page import deeds
from leasehold.service.page.board import Board
from leasehold.service.page.html import Html


class MoveForm(msgspec.Struct, frozen=True, kw_only=True):
    """Where a dataset shall be; empty: on no node."""

    node: str = ""


class HoldForm(msgspec.Struct, frozen=True, kw_only=True):
    """A hold, or its end."""

    force: bool = False


class DeleteForm(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset's end."""

    with_snapshots: bool = False


@post("/datasets/{dataset:str}/move", operation_id="moveDataset", **deeds.DEED, needs=Right.LEASE)
def move(
    request: Asked,
    datasets: GivenDatasets,
    html: GivenHtml,
    board: GivenBoard,
    dataset: FromPath[str],
    data: URLEncodedBody[MoveForm],
) -> Response[Any]:
    """Have a dataset on another node, or on none."""
    note_of(request.scope).target = f"{dataset} to {data.node or None}"
    moved = datasets.commands.move(dataset, data.node or None)
    return _done(request, html, board, moved, f"{moved.name} goes to {moved.node or 'no node'}")


@post("/datasets/{dataset:str}/hold", operation_id="holdDataset", **deeds.DEED, needs=Right.LEASE)
def hold(
    request: Asked,
    datasets: GivenDatasets,
    html: GivenHtml,
    board: GivenBoard,
    dataset: FromPath[str],
    data: URLEncodedBody[HoldForm],
) -> Response[Any]:
    """Keep a dataset where it is, until it is released."""
    force = request.user.force(data.force)
    node = datasets.commands.show(dataset).node or DatasetNode("")
    row = HoldRow(node=node, owner=request.user.owner)
    held = datasets.commands.hold(dataset, row, force=force)
    return _done(request, html, board, held, f"{held.name} is held on {node}")


@post(
    "/datasets/{dataset:str}/release",
    operation_id="releaseDataset",
    **deeds.DEED,
    needs=Right.LEASE,
)
def release(
    request: Asked,
    datasets: GivenDatasets,
    html: GivenHtml,
    board: GivenBoard,
    dataset: FromPath[str],
    data: URLEncodedBody[HoldForm],
) -> Response[Any]:
    """End the hold on a dataset."""
    force = request.user.force(data.force)
    free = datasets.commands.release(dataset, request.user.owner, force=force)
    return _done(request, html, board, free, f"{free.name} is not held any more")


@post(
    "/datasets/{dataset:str}/delete", operation_id="deleteDataset", **deeds.DEED, needs=Right.LEASE
)
def remove(
    request: Asked,
    datasets: GivenDatasets,
    html: GivenHtml,
    board: GivenBoard,
    dataset: FromPath[str],
    data: URLEncodedBody[DeleteForm],
) -> Response[Any]:
    """Delete a dataset; until its grace time is over it can be brought back."""
    gone = datasets.commands.delete(dataset, with_snapshots=data.with_snapshots)
    return _done(request, html, board, gone, f"{gone.name} is deleted")


@post(
    "/datasets/{dataset:str}/undelete",
    operation_id="undeleteDataset",
    **deeds.DEED,
    needs=Right.LEASE,
)
def undelete(
    request: Asked,
    datasets: GivenDatasets,
    html: GivenHtml,
    board: GivenBoard,
    dataset: FromPath[str],
) -> Response[Any]:
    """Bring a deleted dataset back, to the node where it was."""
    back = datasets.commands.undelete(dataset)
    return _done(request, html, board, back, f"{back.name} is back")


def _done(
    request: Asked, html: Html, board: Board, dataset: Dataset, sentence: str
) -> Response[Any]:
    return deeds.done(request, html, board, sentence, then=f"/datasets/{dataset.id}")
