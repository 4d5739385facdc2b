"""Keystone: its versions, its dialect, and the routes of all versions put together."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Literal

from leasehold.emulator.http import Fault, Handler, Request, Response, Router
from leasehold.emulator.identity import administration as identity_administration
from leasehold.emulator.identity import api_keys as identity_api_keys
from leasehold.emulator.identity import credentials as identity_credentials
from leasehold.emulator.identity import directory as identity_directory
from leasehold.emulator.identity import federation as identity_federation
from leasehold.emulator.identity import tokens as identity_tokens
from leasehold.emulator.identity import v1 as identity_v1
from leasehold.emulator.identity import v2 as identity_v2
from leasehold.emulator.identity.catalog import Catalog
from leasehold.emulator.identity.faults import UnknownMethod
from leasehold.emulator.world import World

_NOT_FOUND_PAGE = (
    b"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    b"<p>The requested URL was not found on the server.</p>\n"
)
KeystoneVersion = Literal["v3", "v2.0", "v1"]
KEYSTONE_VERSIONS: tuple[KeystoneVersion, ...] = ("v3", "v2.0", "v1")
"""Of the API, the best first; ``v1`` is v1.0 and v1.1."""
_ROUTES: dict[KeystoneVersion, tuple[Callable[[Router, World, Catalog], None], ...]] = {
    "v3": (
        identity_tokens.route,
        identity_directory.route,
        identity_administration.route,
        identity_credentials.route,
        identity_federation.route,
    ),
    "v2.0": (identity_v2.route, identity_api_keys.route),
    "v1": (identity_v1.route,),
}
_MEDIA_TYPE = "application/vnd.openstack.identity-{}+json"


class Identity:
    """Identity v3 and, as clouds of ten years ago had them, v2.0, v1.1 and v1.0 beside it."""

    name = "identity"
    prefix = "/identity"

    def __init__(
        self,
        world: World,
        catalog: Catalog,
        versions: Iterable[KeystoneVersion] = KEYSTONE_VERSIONS,
    ) -> None:
        self._versions = tuple(version for version in KEYSTONE_VERSIONS if version in versions)
        self.router = Router()
        self.router.add("GET", "/", self._index, public=True)
        for version in self._versions:
            if version in _DOCUMENTS:
                self.router.add("GET", f"/{version}", _shows(_DOCUMENTS[version]), public=True)
            for route in _ROUTES[version]:
                route(self.router, world, catalog)

    def locate(self, path: str) -> str:
        return path

    def negotiate(self, request: Request) -> None:
        return None

    def render(self, fault: Fault, request: Request) -> Response:
        if fault.status == 404 and not fault.kind:
            return Response(404, _NOT_FOUND_PAGE, {"Content-Type": "text/html; charset=utf-8"})
        if fault.status == 405:
            message = "The method is not allowed for the requested URL."
            return Response(405, {"message": message}, fault.headers)
        error: dict[str, Any] = {
            "code": fault.status,
            "message": fault.message,
            "title": HTTPStatus(fault.status).phrase,
        }
        if isinstance(fault, UnknownMethod):
            error["identity"] = {"methods": fault.methods}
        return Response(fault.status, {"error": error}, fault.headers)

    def stamp(self, request: Request) -> dict[str, str]:
        return {"vary": "X-Auth-Token", "x-openstack-request-id": request.request_id}

    def _index(self, request: Request) -> Response:
        root = request.root
        shown = [_DOCUMENTS[version](root) for version in self._versions if version in _DOCUMENTS]
        return Response(
            300, {"versions": {"values": shown}}, {"Location": f"{root}/{self._versions[0]}/"}
        )


def _v3_document(root: str) -> dict[str, Any]:
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{root}/v3/"}],
        "media-types": [{"base": "application/json", "type": _MEDIA_TYPE.format("v3")}],
    }


def _v2_document(root: str) -> dict[str, Any]:
    return {
        "id": "v2.0",
        "status": "deprecated",
        "updated": "2016-08-04T00:00:00Z",
        "links": [{"rel": "self", "href": f"{root}/v2.0/"}],
        "media-types": [{"base": "application/json", "type": _MEDIA_TYPE.format("v2.0")}],
    }


_DOCUMENTS: dict[KeystoneVersion, Callable[[str], dict[str, Any]]] = {
    "v3": _v3_document,
    "v2.0": _v2_document,
}


def _shows(document: Callable[[str], dict[str, Any]]) -> Handler:
    return lambda request: Response(200, {"version": document(request.root)})
