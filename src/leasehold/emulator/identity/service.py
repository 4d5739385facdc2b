"""Keystone: its versions, its dialect, and the routes of all versions put together."""

from http import HTTPStatus
from typing import Any

from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.identity import administration as identity_administration
from leasehold.emulator.identity import api_keys as identity_api_keys
from leasehold.emulator.identity import credentials as identity_credentials
from leasehold.emulator.identity import directory as identity_directory
from leasehold.emulator.identity import federation as identity_federation
from leasehold.emulator.identity import tokens as identity_tokens
from leasehold.emulator.identity import v1 as identity_v1
from leasehold.emulator.identity import v2 as identity_v2
from leasehold.emulator.identity.catalog import Catalog
from leasehold.emulator.world import World

_NOT_FOUND_PAGE = (
    b"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    b"<p>The requested URL was not found on the server.</p>\n"
)
_MEDIA_TYPE = "application/vnd.openstack.identity-{}+json"


class Identity:
    """Identity v3 and, as clouds of ten years ago had them, v2.0, v1.1 and v1.0 beside it."""

    name = "identity"
    prefix = "/identity"

    def __init__(self, world: World, catalog: Catalog) -> None:
        self.router = Router()
        self.router.add("GET", "/", self._versions, public=True)
        self.router.add("GET", "/v3", self._v3, public=True)
        self.router.add("GET", "/v2.0", self._v2, public=True)
        for part in (
            identity_tokens,
            identity_directory,
            identity_administration,
            identity_credentials,
            identity_v2,
            identity_api_keys,
            identity_v1,
            identity_federation,
        ):
            part.route(self.router, world, catalog)

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
        error = {
            "code": fault.status,
            "message": fault.message,
            "title": HTTPStatus(fault.status).phrase,
        }
        return Response(fault.status, {"error": error}, fault.headers)

    def stamp(self, request: Request) -> dict[str, str]:
        return {"vary": "X-Auth-Token", "x-openstack-request-id": request.request_id}

    def _versions(self, request: Request) -> Response:
        root = request.root
        body = {"versions": {"values": [_v3_document(root), _v2_document(root)]}}
        return Response(300, body, {"Location": f"{root}/v3/"})

    def _v3(self, request: Request) -> Response:
        return Response(200, {"version": _v3_document(request.root)})

    def _v2(self, request: Request) -> Response:
        return Response(200, {"version": _v2_document(request.root)})


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
