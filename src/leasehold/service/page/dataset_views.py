"""What people look at of datasets: all of them with the agents' nodes, and one with its story."""

import asyncio
from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter

from leasehold.datasets.views import listed, shown, snapshot_shown
from leasehold.lab.lab import Lab
from leasehold.lab.model import NodeName
from leasehold.lab.rights import Right
from leasehold.service.datasets import Datasets
from leasehold.service.given import Asked, GivenBoard, GivenDatasets, GivenHtml, GivenLab
from leasehold.service.page import summary, views

_HISTORY = 200
"""Lines of history that are shown."""


@get("/datasets", **views.VIEW, needs=Right.LOOK)
async def datasets_view(
    request: Asked,
    board: GivenBoard,
    html: GivenHtml,
    datasets: GivenDatasets,
    text: views.Text = "",
    in_state: Annotated[str, QueryParameter(name="state")] = "",
    page: views.Number = 1,
) -> str:
    """Datasets, by text and state, page by page; and the nodes that agents run on."""

    def look(*_: object) -> dict[str, object]:
        everything = listed(datasets.control, deleted=True)
        found = summary.datasets_like(everything, text=text, state=in_state)
        return {
            "sheet": summary.sheet(found, page),
            "asked": {"text": text, "state": in_state},
            "nodes": datasets.agents.nodes(),
        }

    return await views.shown(request, html, "datasets.html", await board.snapshot(), look)


@get("/datasets/{key:str}", **views.VIEW, needs=Right.LOOK)
async def dataset_view(
    request: Asked,
    board: GivenBoard,
    html: GivenHtml,
    lab: GivenLab,
    datasets: GivenDatasets,
    key: FromPath[str],
) -> str:
    """One dataset: where it is and goes, what its agent says, its cloud objects, its history."""
    story = await asyncio.to_thread(_story, datasets, lab, key)
    return await views.shown(
        request, html, "dataset.html", await board.snapshot(), lambda *_: story
    )


def _story(datasets: Datasets, lab: Lab, key: str) -> dict[str, object]:
    control = datasets.control
    with control.lock:
        row = control.shelf.dataset(key)
        story: dict[str, object] = {
            "dataset": shown(control, row),
            "view": control.view(row, control.clock.now()),
            "snapshots": [snapshot_shown(control, e) for e in control.shelf.snapshots_of(row.id)],
            "nodes": datasets.agents.nodes(),
            "grace": control.grace,
        }
    history = lab.events(node=NodeName(row.subject), limit=_HISTORY, newest=True)
    return {**story, "history": history}
