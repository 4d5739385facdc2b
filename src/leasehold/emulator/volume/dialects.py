"""Cinder's older versions, spoken at the edge: each call is written once, for v3.

What v1 and v2 lack and say otherwise is as of Kilo and Pike.
"""

from collections.abc import Callable

import msgspec

from leasehold.emulator.http import Fault, Handler, Request, Response, Router
from leasehold.emulator.volume import v1
from leasehold.emulator.volume.faults import bad_request
from leasehold.emulator.volume.paths import NEWEST, project_in, version_of

_SINCE_V3 = (
    "/v3/attachments",
    "/v3/groups",
    "/v3/group_snapshots",
    "/v3/group_types",
    "/v3/messages",
    "/v3/volume-transfers",
    "/v3/volumes/summary",
)


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the API, as far as it differs from v3."""

    lacks: tuple[str, ...] = ()
    """Beginnings of the paths that it does not have."""
    hear: Callable[[Request], None] = lambda request: None
    """Turns a call into v3's words."""
    say: Callable[[Response], Response] = lambda response: response
    """Turns v3's answer into its own words."""


_DIALECTS: dict[str, Dialect] = {
    "v3": Dialect(),
    "v2": Dialect(lacks=_SINCE_V3),
    "v1": Dialect(
        lacks=(*_SINCE_V3, "/v3/consistencygroups", "/v3/types/default"),
        hear=v1.hear,
        say=v1.say,
    ),
}


class DialectRouter(Router):
    """A router for the callers of every version, whose addresses name no project but their own."""

    def add(self, method: str, template: str, handler: Handler, *, public: bool = False) -> None:
        if not template.startswith(f"/{NEWEST}"):
            super().add(method, template, handler, public=public)
            return

        def answer(request: Request) -> Response:
            dialect = _DIALECTS[version_of(request)]
            if template.startswith(dialect.lacks):
                raise Fault(404)
            _check_project(request, template)
            dialect.hear(request)
            return dialect.say(handler(request))

        super().add(method, template, answer, public=public)


def _check_project(request: Request, template: str) -> None:
    """Since v3 an address need not name one, and the document about a version never does."""
    project_id = project_in(request)
    if project_id is None and (version_of(request) == NEWEST or template == f"/{NEWEST}"):
        return
    if project_id != request.project.id:
        raise bad_request("Malformed request url")
