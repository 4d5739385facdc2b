"""Which versions of its API a Nova has, and what each says of itself."""

from collections.abc import Iterable
from typing import Any

from leasehold.emulator.compute.paths import NEWEST, PREFIX, version_of
from leasehold.emulator.http import Request, Response, Router

HIGHEST = (2, 104)
"""As of Nova 34 (2026.2)."""
_MEDIA_TYPE = "application/vnd.openstack.compute+json;version="
_UPDATED = {
    "v1.0": "2010-06-01T00:00:00Z",
    "v1.1": "2011-01-21T11:33:21Z",
    "v2": "2025-07-04T12:00:00Z",
    "v2.1": "2013-07-23T11:33:21Z",
}
_BESIDE = {"v2.1": "v2", "v2": "v1.1", "v1.1": "v1.0"}
"""A new version came with the one before it still there."""


def offered(paths: Iterable[str]) -> tuple[str, ...]:
    """The versions of the Nova that a catalog leads to, by the paths it has for it."""
    named = {one for path in paths for one in _UPDATED if f"/{one}/" in f"{path}/"} or {NEWEST}
    named |= {_BESIDE[version] for version in named if version in _BESIDE}
    return tuple(version for version in _UPDATED if version in named)


class ComputeVersions:
    """The documents that clients discover by. Versions that are not told of answer as well."""

    def __init__(self, told: tuple[str, ...]) -> None:
        self._told = told

    def route(self, router: Router) -> None:
        router.add("GET", "/", self._index, public=True)
        router.add("GET", "/v2.1", self._show, public=True)
        router.add("GET", "/v1.0", self._show, public=True)

    def _index(self, request: Request) -> Response:
        return Response(200, {"versions": [self._document(request, one) for one in self._told]})

    def _show(self, request: Request) -> Response:
        version = version_of(request)
        document = self._document(request, version)
        document["links"].append(
            {"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"}
        )
        number = version.removeprefix("v") if version == NEWEST else version[1]
        document["media-types"] = [{"base": "application/json", "type": _MEDIA_TYPE + number}]
        return Response(200, {"version": document})

    def _document(self, request: Request, version: str) -> dict[str, Any]:
        current = version == self._told[-1]
        microversions = version == NEWEST
        return {
            "id": version if "." in version else f"{version}.0",
            "status": "CURRENT" if current else "DEPRECATED",
            "version": f"{HIGHEST[0]}.{HIGHEST[1]}" if microversions else "",
            "min_version": "2.1" if microversions else "",
            "updated": _UPDATED[version],
            "links": [{"rel": "self", "href": f"{request.host_url}{PREFIX}/{version}/"}],
        }
