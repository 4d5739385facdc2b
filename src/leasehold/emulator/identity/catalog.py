"""The service catalog: which services there are, and where, as each version of Keystone says it."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from leasehold.emulator.identity.catalog_entries import PROJECT, CatalogEntry
from leasehold.emulator.ids import Ids

INTERFACES = ("public", "internal", "admin")
_V1_0_HEADERS = {
    "compute": "X-Server-Management-Url",
    "object-store": "X-Storage-Url",
    "rax:object-cdn": "X-CDN-Management-Url",
}
_V1_0_PATH = "/v1.0"
"""Where more than one compute is on offer, those who sign in to v1.0 want the one of their age."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where one interface of a service is in one region."""

    id: str
    interface: str
    region: str | None
    place: str
    """A path below the emulator's address or a whole URL; may hold ``$(project_id)s``."""

    def url(self, host_url: str, project_id: str = PROJECT) -> str:
        place = self.place.replace(PROJECT, project_id)
        return host_url + place if place.startswith("/") else place

    def fits(self, project_id: str | None) -> bool:
        """Whether it can be told: its place may need a project."""
        return bool(project_id) or PROJECT not in self.place


class CatalogService(msgspec.Struct, frozen=True, kw_only=True):
    """One service with its endpoints, region by region."""

    id: str
    type: str
    name: str
    regions: tuple[tuple[Endpoint, ...], ...]

    @property
    def endpoints(self) -> Iterator[Endpoint]:
        return (endpoint for region in self.regions for endpoint in region)


class Catalog:
    """All services, at the address the caller used."""

    def __init__(self, ids: Ids, entries: Iterable[CatalogEntry]) -> None:
        grouped: dict[tuple[str, str], list[CatalogEntry]] = {}
        for entry in entries:
            grouped.setdefault((entry.type, entry.name), []).append(entry)
        self.services = tuple(
            CatalogService(
                id=ids.hex(),
                type=service_type,
                name=name,
                regions=tuple(_endpoints(ids, entry) for entry in found),
            )
            for (service_type, name), found in grouped.items()
        )

    @property
    def regions(self) -> list[str]:
        """Those that are named, in alphabetical order."""
        named = {endpoint.region for service in self.services for endpoint in service.endpoints}
        return sorted(region for region in named if region is not None)

    def v3(self, host_url: str, project_id: str | None) -> list[dict[str, Any]]:
        """As in a v3 token. Endpoints that need a project are left out without one."""
        return [
            {
                "endpoints": [
                    {
                        "id": endpoint.id,
                        "interface": endpoint.interface,
                        "region_id": endpoint.region,
                        "url": endpoint.url(host_url, project_id or ""),
                        "region": endpoint.region,
                    }
                    for endpoint in service.endpoints
                    if endpoint.fits(project_id)
                ],
                "id": service.id,
                "type": service.type,
                "name": service.name,
            }
            for service in self.services
        ]

    def v2(self, host_url: str, project_id: str) -> list[dict[str, Any]]:
        """As in a v2.0 token: one entry per region with the addresses of all its interfaces."""
        return [
            {
                "endpoints": [
                    {"id": endpoints[0].id, **_by_interface(endpoints, host_url, project_id)}
                    for endpoints in service.regions
                ],
                "endpoints_links": [],
                "type": service.type,
                "name": service.name,
            }
            for service in self.services
        ]

    def v1_1(self, host_url: str, project_id: str) -> dict[str, Any]:
        """As in a v1.1 token: the endpoints by the names of their services."""
        return {
            service.name: [
                {**_by_interface(endpoints, host_url, project_id), "v1Default": place == 0}
                for place, endpoints in enumerate(service.regions)
            ]
            for service in self.services
        }

    def v1_0(self, host_url: str, project_id: str) -> dict[str, str]:
        """As in the headers of v1.0, which knows three services, each by a header of its own."""
        urls = dict.fromkeys(_V1_0_HEADERS.values(), "")
        for service in self.services:
            header = _V1_0_HEADERS.get(service.type)
            for endpoint in service.endpoints:
                if header and (not urls[header] or _V1_0_PATH in endpoint.place):
                    urls[header] = endpoint.url(host_url, project_id)
        return urls


def _endpoints(ids: Ids, entry: CatalogEntry) -> tuple[Endpoint, ...]:
    places = {interface: entry.urls.get(interface, entry.path) for interface in INTERFACES}
    return tuple(
        Endpoint(id=ids.hex(), interface=interface, region=entry.region, place=place)
        for interface, place in places.items()
        if place
    )


def _by_interface(
    endpoints: tuple[Endpoint, ...], host_url: str, project_id: str
) -> dict[str, str]:
    shown = {
        f"{endpoint.interface}URL": endpoint.url(host_url, project_id) for endpoint in endpoints
    }
    region = endpoints[0].region
    return shown if region is None else {"region": region, **shown}
