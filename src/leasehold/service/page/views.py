"""What people look at: a page for each view, whose part that goes stale asks for itself again."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import MediaType, get
from litestar.params import FromPath, FromQuery, HeaderParameter, QueryParameter
from litestar.response import Stream

from leasehold.datasets.views import listed
from leasehold.engine.condition import Condition
from leasehold.lab.boot import Boot, BootReport
from leasehold.lab.model import NodeName, Story
from leasehold.lab.rights import Right
from leasehold.service.datasets import datasets_of
from leasehold.service.given import Asked, GivenAuditLog, GivenBoard, GivenHtml, GivenLab
from leasehold.service.page import summary
from leasehold.service.page.board import Snapshot
from leasehold.service.page.html import Html
from leasehold.service.page.timeline import timeline, told
from leasehold.service.streams import stream

Text = FromQuery[str]
Number = FromQuery[int]

VIEW: dict[str, Any] = {"media_type": MediaType.HTML, "include_in_schema": False}
_AUDIT_PAGE = 100


@get("/", **VIEW, needs=Right.LOOK)
async def lab_view(request: Asked, board: GivenBoard, html: GivenHtml) -> str:
    """What there is, what is mine, who waits."""
    return await shown(request, html, "lab.html", await board.snapshot(), _of_lab)


def _of_lab(request: Asked, snapshot: Snapshot) -> dict[str, object]:
    return {
        "types": summary.types(snapshot),
        "mine": summary.mine(snapshot, request.user.owner),
        "queue": summary.sheet(summary.queue(snapshot), 1),
    }


@get("/nodes", **VIEW, needs=Right.LOOK)
async def nodes_view(
    request: Asked,
    board: GivenBoard,
    html: GivenHtml,
    text: Text = "",
    machine_type: Text = "",
    in_state: Annotated[str, QueryParameter(name="state")] = "",
    page: Number = 1,
) -> str:
    """Nodes, by text, machine type and state, page by page."""

    def look(_: Asked, snapshot: Snapshot) -> dict[str, object]:
        found = summary.nodes(snapshot, text=text, machine_type=machine_type, state=in_state)
        return {
            "sheet": summary.sheet(found, page),
            "asked": {"text": text, "machine_type": machine_type, "state": in_state},
            "types": [each.name for each in snapshot.machine_types],
        }

    return await shown(request, html, "nodes.html", await board.snapshot(), look)


@get("/nodes/{name:str}", **VIEW, needs=Right.LOOK)
async def node_view(
    request: Asked, board: GivenBoard, html: GivenHtml, lab: GivenLab, name: FromPath[str]
) -> str:
    """One node: its lease, its objects, its way as a picture, its history."""
    story: Story = await asyncio.to_thread(lab.story, NodeName(name))
    periods = timeline(story.history, datetime.now(UTC))

    def look(_: Asked, snapshot: Snapshot) -> dict[str, object]:
        return {"story": story, "periods": periods, "told": told(periods)}

    return await shown(request, html, "node.html", await board.snapshot(), look)


@get("/leases", **VIEW, needs=Right.LOOK)
async def leases_view(
    request: Asked,
    board: GivenBoard,
    html: GivenHtml,
    lab: GivenLab,
    text: Text = "",
    ended: FromQuery[bool] = False,
    page: Number = 1,
) -> str:
    """Leases, open or ended, page by page."""
    past = await asyncio.to_thread(lambda: lab.leases(ended=True)) if ended else []

    def look(_: Asked, snapshot: Snapshot) -> dict[str, object]:
        found = summary.leases(past if ended else snapshot.leases.values(), text)
        return {"sheet": summary.sheet(found, page), "asked": {"text": text, "ended": ended}}

    return await shown(request, html, "leases.html", await board.snapshot(), look)


@get("/clouds", **VIEW, needs=Right.LOOK)
async def clouds_view(request: Asked, board: GivenBoard, html: GivenHtml, lab: GivenLab) -> str:
    """Clouds: quota, budget of calls, recent errors."""
    found: list[Condition] = await asyncio.to_thread(lab.conditions)
    return await shown(
        request, html, "clouds.html", await board.snapshot(), lambda *_: {"clouds": found}
    )


@get("/failures", **VIEW, needs=Right.LOOK)
async def failures_view(
    request: Asked, board: GivenBoard, html: GivenHtml, lab: GivenLab, machine_type: Text = ""
) -> str:
    """How boots went in the last week, and why those failed that did."""
    report: BootReport = await asyncio.to_thread(
        lambda: lab.boots(machine_type=machine_type or None)
    )

    def look(_: Asked, snapshot: Snapshot) -> dict[str, object]:
        return {"report": report, "machine_type": machine_type}

    return await shown(request, html, "failures.html", await board.snapshot(), look)


@get("/failures/{number:int}", **VIEW, needs=Right.LOOK)
async def boot_view(
    request: Asked, board: GivenBoard, html: GivenHtml, lab: GivenLab, number: FromPath[int]
) -> str:
    """One boot: what went wrong, when, with what, and what the server printed."""
    boot: Boot = await asyncio.to_thread(lab.boot, number)
    return await shown(
        request, html, "boot.html", await board.snapshot(), lambda *_: {"boot": boot}
    )


@get("/search", **VIEW, needs=Right.LOOK)
async def search_view(
    request: Asked, board: GivenBoard, html: GivenHtml, lab: GivenLab, text: Text = ""
) -> str:
    """Nodes, leases, owners, datasets and their nodes that hold a text."""
    datasets = datasets_of(lab)

    def look(_: Asked, snapshot: Snapshot) -> dict[str, object]:
        found = summary.search(
            snapshot,
            text,
            datasets=listed(datasets.control, deleted=True) if datasets else (),
            dataset_nodes=datasets.agents.nodes() if datasets else (),
        )
        return {"text": text, "hits": found}

    return await shown(request, html, "search.html", await board.snapshot(), look)


@get("/audit-log", **VIEW, needs=Right.OPERATE)
async def audit_log_view(
    request: Asked,
    board: GivenBoard,
    html: GivenHtml,
    audit_log: GivenAuditLog,
    owner: Text = "",
    target: Text = "",
    before: FromQuery[int | None] = None,
) -> str:
    """Who changed what, the newest first."""
    found = await asyncio.to_thread(
        lambda: audit_log.read(
            owner=owner or None, target=target or None, before=before, limit=_AUDIT_PAGE
        )
    )
    more = found[-1].id if len(found) == _AUDIT_PAGE else None
    asked = {"owner": owner, "target": target}
    return await shown(
        request,
        html,
        "audit_log.html",
        await board.snapshot(),
        lambda *_: {"entries": found, "asked": asked, "more": more},
    )


@get("/live", include_in_schema=False, needs=Right.LOOK)
async def live(
    board: GivenBoard,
    at: FromQuery[int] = 0,
    last_event_id: Annotated[int | None, HeaderParameter(name="Last-Event-ID")] = None,
) -> Stream:
    """That something changed since `at`, and from then on."""
    return stream(board.watch(at if last_event_id is None else last_event_id))


async def shown(request: Asked, html: Html, template: str, snapshot: Snapshot, look: Any) -> str:
    """Render in a thread: a large lab takes its time, which others should not wait for."""

    def render() -> str:
        return html.page(
            template,
            me=request.user,
            here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            path=request.url.path,
            at=snapshot.at,
            **look(request, snapshot),
        )

    return await asyncio.to_thread(render)
