"""paddles' routes, as an ASGI application. Each is one line here and one method of the desk."""

from collections.abc import Callable
from typing import TypeAlias

import structlog

from leasehold.errors import LeaseholdError
from leasehold.lab.errors import LabError
from leasehold.lab.model import NodeName
from leasehold.paddles import bodies, web
from leasehold.paddles.cards import LockCard
from leasehold.paddles.desk import Desk
from leasehold.paddles.filters import read_filter, read_since_days
from leasehold.paddles.web import Answer, Note, Refused, Request

_log = structlog.get_logger()

Tell: TypeAlias = Callable[[web.Scope, Note, int], None]
"""Hears of each request that was to change something, with its status, before the answer is sent."""

_STATUSES = ("pass", "fail", "queued", "running", "dead", "unknown", "waiting")
_NO_JOBS = (
    "Leasehold keeps nodes and locks, and no jobs: results_server in teuthology.yaml has to name"
    " a paddles that does"
)


class Paddles:
    """paddles' node API for one lab."""

    def __init__(self, desk: Desk, tell: Tell = lambda *_: None) -> None:
        self._desk = desk
        self._tell = tell

    async def __call__(self, scope: web.Scope, receive: web.Receive, send: web.Send) -> None:
        """Answer one request; whatever happens, with JSON."""
        method, note = scope["method"], Note()
        try:
            request = await web.read(scope, receive, note)
            answer = await self._answer(request)
        except Refused as no:
            answer = web.told(no.status, no.message)
        except LabError as no:
            answer = web.told(400, str(no))
        except LeaseholdError as error:
            _log.error("paddles.failed", path=scope["path"], error=str(error))
            answer = web.told(500, str(error))
        except Exception:  # noqa: BLE001 - whatever it was, the answer is JSON
            _log.exception("paddles.broke", path=scope["path"])
            answer = web.told(500, "Leasehold is at fault here, not you; its log says more")
        if method not in ("GET", "HEAD", "OPTIONS"):
            _log.info(
                "paddles.request",
                method=method,
                path=scope["path"],
                status=answer.status,
                owner=note.owner,
            )
            self._tell(scope, note, answer.status)
        await web.send_answer(send, answer, head_only=method == "HEAD")

    async def _answer(self, request: Request) -> Answer:
        if request.method == "OPTIONS":
            return Answer()
        match request.parts:
            case ("nodes",) | ("nodes", ""):
                return await self._nodes(request)
            case ("nodes", "lock_many" | "unlock_many" as verb):
                return await self._many(request, verb)
            case ("nodes", "machine_types"):
                _only(request, "GET")
                return web.as_json(self._desk.machine_types())
            case ("nodes", "job_stats"):
                _only(request, "GET")
                read_since_days(request.parameters())
                return web.as_json({})
            case ("nodes", name):
                return await self._node(request, NodeName(name))
            case ("nodes", name, deed):
                return await self._of_node(request, NodeName(name), deed)
            case ("runs", *_):
                raise Refused(501, _NO_JOBS)
            case ():
                _only(request, "GET")
                return web.as_json({"message": "the nodes are at /nodes/"})
            case _:
                raise Refused(404, "there is nothing at this path")

    async def _nodes(self, request: Request) -> Answer:
        if request.method == "POST":
            note, fields = request.note, request.fields()
            note.action = "create"
            name, body = bodies.new_name(fields), bodies.node_body(fields)
            note.target, note.owner = name, body.lock.locked_by or None
            await self._desk.create(name, body)
            return Answer()
        _only(request, "GET", "POST")
        if not request.slash:
            return _canonical(request)
        return Answer(body=self._desk.nodes(read_filter(request.parameters())))

    async def _many(self, request: Request, verb: str) -> Answer:
        if request.method != "POST":
            raise Refused(400, "this URI only supports POST requests")
        note, fields = request.note, request.fields()
        note.action = verb
        if verb == "lock_many":
            wish = bodies.lock_many(fields)
            note.target, note.owner = f"{wish.count} {'|'.join(wish.machine_types)}", wish.locked_by
            locked = await self._desk.lock_many(wish, request.gone)
            note.target = f"{locked.lease}: {note.target}"
            return Answer(body=locked.nodes)
        given = bodies.unlock_many(fields)
        note.target, note.owner = " ".join(given.names), given.locked_by or None
        return web.as_json(await self._desk.unlock_many(given))

    async def _node(self, request: Request, name: NodeName) -> Answer:
        request.note.target = name
        match request.method:
            case "PUT":
                self._desk.demand(name, "attempted to update a non-existent node")
                await self._update(request, name)
                return Answer()
            case "DELETE":
                request.note.action = "delete"
                self._desk.demand(name)
                await self._desk.delete(name)
                return Answer()
            case "GET" | "HEAD" if not request.slash:
                return _canonical(request)
        _only(request, "GET", "PUT", "DELETE")
        return Answer(body=self._desk.node(name))

    async def _of_node(self, request: Request, name: NodeName, deed: str) -> Answer:
        request.note.target = name
        self._desk.demand(name)
        match deed:
            case "lock" if request.method in ("PUT", "POST"):
                return web.as_json(await self._update(request, name))
            case "lock":
                text = "this URI only supports PUT and POST requests but"
                raise Refused(400, f"{text} {request.method} was attempted")
            case "jobs":
                _only(request, "GET")
                return web.as_json([])
            case "job_stats":
                _only(request, "GET")
                return web.as_json(dict.fromkeys(_STATUSES, 0))
            case _:
                raise Refused(404, "there is nothing at this path")

    async def _update(self, request: Request, name: NodeName) -> LockCard:
        request.note.action = "update"
        body = bodies.node_body(request.fields())
        request.note.owner = body.lock.locked_by or None
        if body.lock.locked is not None:
            request.note.action = "lock" if body.lock.locked else "unlock"
        return await self._desk.update(name, body, request.gone)


def _only(request: Request, *methods: str) -> None:
    if request.method not in (*methods, "HEAD"):
        raise Refused(405, f"this URI only supports {', '.join(methods)} requests")


def _canonical(request: Request) -> Answer:
    """Where a path without its last slash belongs, as paddles has it."""
    query = f"?{request.query}" if request.query else ""
    return Answer(status=302, location=f"{request.path}/{query}")
