"""Datasets: making, moving, growing, keeping, deleting them, and waiting for what comes of it."""

import asyncio
from typing import Annotated

import msgspec
from litestar import Controller, Response, delete, get, post, put
from litestar.params import JSONBody, PathParameter, QueryParameter

from leasehold.datasets.book import HoldRow
from leasehold.datasets.errors import BadDatasetWish, DatasetRefused
from leasehold.datasets.model import (
    Dataset,
    DatasetNode,
    DatasetSnapshot,
    DatasetState,
    DatasetWish,
    Profile,
)
from leasehold.datasets.views import listed, snapshot_shown
from leasehold.lab.rights import Right
from leasehold.service.api.responses import errors
from leasehold.service.audit_log import note_of
from leasehold.service.datasets import Datasets
from leasehold.service.given import Asked, GivenDatasets

_LONGEST_WAIT = 60.0

Key = Annotated[str, PathParameter(description="The dataset's name or id.")]
SnapshotKey = Annotated[str, PathParameter(description="The snapshot's name or id.")]


class DatasetRequest(DatasetWish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request for a dataset. Made from at most one of snapshot, dataset and volume."""


class Move(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a dataset shall be."""

    node: DatasetNode | None
    """None: on no node."""
    force: bool = False
    """Take it from where it is without a word from the agent there. For who knows that nothing
    there can write to it any more: a writer loses data."""


class Growth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How large a dataset shall be."""

    size_gib: Annotated[int, msgspec.Meta(ge=1)]


class SnapshotRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request to keep what a dataset holds now."""

    name: str | None = None
    """None: one is chosen."""


class Restoration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a dataset shall become: a snapshot, or a volume that it had before."""

    snapshot: str | None = None
    """Its name or id."""
    volume: str | None = None
    """The cloud's id of one of its former volumes. The one that it has calls a restore off which has
    not begun."""


class HoldRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request to keep a dataset where it is."""

    node: DatasetNode | None = None
    """None: where it is."""
    purpose: str = ""
    seconds: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """None: until it is released. Ten years at most."""
    force: bool = False
    """Even if somebody else holds it."""


class DatasetController(Controller):
    """Routes below /datasets."""

    path = "/datasets"
    tags = ["Datasets"]  # noqa: RUF012 - litestar's way to set it

    @post(
        status_code=202,
        operation_id="createDataset",
        needs=Right.LEASE,
        summary="Make a dataset",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def create(
        self, request: Asked, datasets: GivenDatasets, data: JSONBody[DatasetRequest]
    ) -> Response[Dataset]:
        """Make a dataset: blank, from a snapshot, as a copy of another one, or from a volume that is
        adopted. Answers at once; its state says how far it is."""
        note_of(request.scope).target = data.name
        owner = data.owner if data.owner and not request.user.proven else request.user.owner
        made = datasets.commands.create(msgspec.structs.replace(data, owner=owner))
        return Response(made, headers={"location": f"/api/v1/datasets/{made.id}"})

    @get(
        operation_id="listDatasets",
        needs=Right.LOOK,
        summary="List datasets",
        responses=errors(),
        sync_to_thread=True,
    )
    def index(
        self,
        datasets: GivenDatasets,
        node: Annotated[str | None, QueryParameter(description="Only on this node.")] = None,
        deleted: Annotated[
            bool, QueryParameter(description="Those as well that are deleted or gone.")
        ] = False,
    ) -> list[Dataset]:
        """List datasets with state, place, reason and next step, by name."""
        return listed(datasets.control, deleted=deleted, node=node)

    @get(
        "/{dataset:str}",
        operation_id="showDataset",
        needs=Right.LOOK,
        summary="Show a dataset, or wait for its next state",
        responses=errors(404),
    )
    async def show(
        self,
        datasets: GivenDatasets,
        dataset: Key,
        wait: Annotated[
            float, QueryParameter(ge=0, description="Answer after so many seconds (60 at most).")
        ] = 0,
        known: Annotated[
            DatasetState | None,
            QueryParameter(name="state", description="Answer as soon as its state is another one."),
        ] = None,
    ) -> Dataset:
        """Show a dataset. With `wait`, the answer comes when its state is not `state` any more."""
        found = await asyncio.to_thread(datasets.commands.show, dataset)
        known = known or found.state
        async for _ in datasets.news(min(wait, _LONGEST_WAIT)):
            found = await asyncio.to_thread(datasets.commands.show, found.id)
            if found.state is not known:
                break
        return found

    @post(
        "/{dataset:str}/move",
        status_code=202,
        operation_id="moveDataset",
        needs=Right.LEASE,
        summary="Move a dataset",
        responses=errors(403, 404, 409),
        sync_to_thread=True,
    )
    def move(
        self, request: Asked, datasets: GivenDatasets, dataset: Key, data: JSONBody[Move]
    ) -> Dataset:
        """Have a dataset on another node, or on none."""
        note_of(request.scope).target = f"{dataset} to {data.node}"
        force = request.user.force(data.force)
        return datasets.commands.move(dataset, data.node, force=force)

    @post(
        "/{dataset:str}/grow",
        status_code=202,
        operation_id="growDataset",
        needs=Right.LEASE,
        summary="Make a dataset larger",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def grow(self, datasets: GivenDatasets, dataset: Key, data: JSONBody[Growth]) -> Dataset:
        """Make a dataset larger, with its filesystem. It never becomes smaller."""
        return datasets.commands.grow(dataset, data.size_gib)

    @put(
        "/{dataset:str}/metadata",
        operation_id="setDatasetMetadata",
        needs=Right.LEASE,
        summary="Write on a dataset",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def set_metadata(
        self, datasets: GivenDatasets, dataset: Key, data: JSONBody[dict[str, str]]
    ) -> Dataset:
        """Replace what people wrote on a dataset."""
        return datasets.commands.set_metadata(dataset, data)

    @delete(
        "/{dataset:str}",
        status_code=202,
        operation_id="deleteDataset",
        needs=Right.LEASE,
        summary="Delete a dataset",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def remove(
        self,
        datasets: GivenDatasets,
        dataset: Key,
        with_snapshots: Annotated[
            bool, QueryParameter(description="Its snapshots as well; else it must have none.")
        ] = False,
    ) -> Dataset:
        """Delete a dataset. Until `destroy_at` it can be brought back. Twice does nothing more."""
        return datasets.commands.delete(dataset, with_snapshots=with_snapshots)

    @post(
        "/{dataset:str}/undelete",
        status_code=202,
        operation_id="undeleteDataset",
        needs=Right.LEASE,
        summary="Bring a deleted dataset back",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def undelete(self, datasets: GivenDatasets, dataset: Key) -> Dataset:
        """Bring a deleted dataset back, to the node where it was."""
        return datasets.commands.undelete(dataset)

    @post(
        "/{dataset:str}/hold",
        status_code=200,
        operation_id="holdDataset",
        needs=Right.LEASE,
        summary="Keep a dataset in place",
        responses=errors(403, 404, 409),
        sync_to_thread=True,
    )
    def hold(
        self, request: Asked, datasets: GivenDatasets, dataset: Key, data: JSONBody[HoldRequest]
    ) -> Dataset:
        """Keep a dataset where it is: it is neither moved nor deleted while the hold lasts."""
        force = request.user.force(data.force)
        now = datasets.control.clock.now()
        node = data.node or datasets.commands.show(dataset).node
        if node is None:
            raise DatasetRefused(
                f"dataset {dataset} is on no node, and a hold keeps it on one; move it there first"
            )
        hold = HoldRow(
            node=node,
            owner=request.user.owner,
            purpose=data.purpose,
            until=None if data.seconds is None else now + data.seconds,
        )
        return datasets.commands.hold(dataset, hold, force=force)

    @post(
        "/{dataset:str}/release",
        status_code=200,
        operation_id="releaseDataset",
        needs=Right.LEASE,
        summary="End a hold",
        responses=errors(403, 404, 409),
        sync_to_thread=True,
    )
    def release(
        self,
        request: Asked,
        datasets: GivenDatasets,
        dataset: Key,
        force: Annotated[bool, QueryParameter(description="Even somebody else's.")] = False,
    ) -> Dataset:
        """End the hold on a dataset."""
        owner = request.user.owner
        return datasets.commands.release(dataset, owner, force=request.user.force(force))

    @get(
        "/{dataset:str}/snapshots",
        operation_id="listSnapshots",
        needs=Right.LOOK,
        summary="List snapshots",
        responses=errors(404),
    )
    async def snapshots(
        self,
        datasets: GivenDatasets,
        dataset: Key,
        wait: Annotated[
            float, QueryParameter(ge=0, description="Answer after so many seconds (60 at most).")
        ] = 0,
    ) -> list[DatasetSnapshot]:
        """List the snapshots of a dataset, the oldest first. With `wait`, the answer comes when none
        of them is being made."""
        found = await asyncio.to_thread(_snapshots, datasets, dataset)
        async for _ in datasets.news(min(wait, _LONGEST_WAIT)):
            found = await asyncio.to_thread(_snapshots, datasets, dataset)
            if all(each.state != "creating" for each in found):
                break
        return found

    @post(
        "/{dataset:str}/snapshots",
        status_code=202,
        operation_id="makeSnapshot",
        needs=Right.LEASE,
        summary="Make a snapshot",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def snapshot(
        self, datasets: GivenDatasets, dataset: Key, data: JSONBody[SnapshotRequest]
    ) -> DatasetSnapshot:
        """Keep what a dataset holds now."""
        return datasets.commands.snapshot(dataset, data.name)

    @delete(
        "/{dataset:str}/snapshots/{snapshot:str}",
        status_code=202,
        operation_id="deleteSnapshot",
        needs=Right.LEASE,
        summary="Delete a snapshot",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def delete_snapshot(
        self, datasets: GivenDatasets, dataset: Key, snapshot: SnapshotKey
    ) -> DatasetSnapshot:
        """Delete a snapshot at once; there is no way back."""
        return datasets.commands.delete_snapshot(dataset, snapshot)

    @post(
        "/{dataset:str}/restore",
        status_code=202,
        operation_id="restoreDataset",
        needs=Right.LEASE,
        summary="Restore a snapshot or a former volume",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def restore(
        self, datasets: GivenDatasets, dataset: Key, data: JSONBody[Restoration]
    ) -> Dataset:
        """Give a dataset back what a snapshot holds, or a volume that it had before a restore. The
        volume that it has is kept for the grace time."""
        if data.snapshot is not None and data.volume is None:
            return datasets.commands.restore(dataset, data.snapshot)
        if data.volume is not None and data.snapshot is None:
            return datasets.commands.restore_former(dataset, data.volume)
        raise BadDatasetWish("snapshot", data.snapshot, "a snapshot or a volume, one of them")


def _snapshots(datasets: Datasets, key: str) -> list[DatasetSnapshot]:
    control = datasets.control
    with control.lock:
        row = control.shelf.dataset(key)
        return [snapshot_shown(control, each) for each in control.shelf.snapshots_of(row.id)]


@get(
    "/dataset-profiles",
    operation_id="listDatasetProfiles",
    needs=Right.LOOK,
    summary="List profiles",
    tags=["Datasets"],
    responses=errors(),
    sync_to_thread=False,
)
def profiles(datasets: GivenDatasets) -> list[Profile]:
    """List the named kinds of datasets."""
    return list(datasets.control.profiles.values())
