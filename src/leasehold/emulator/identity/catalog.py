"""The service catalog: which services there are, and where."""

from typing import Any

import msgspec

from leasehold.emulator.ids import Ids

REGION = "RegionOne"
INTERFACES = ("public", "internal", "admin")
_PROJECT = "$(project_id)s"
_SERVICES = (
    ("identity", "keystone", "/identity/v3"),
    ("compute", "nova", "/compute/v2.1"),
    ("image", "glance", "/image"),
    ("network", "neutron", "/network"),
    ("block-storage", "cinder", "/volume/v3"),
    ("volumev3", "cinderv3", f"/volume/v3/{_PROJECT}"),
)

_V1_0_HEADERS = {
    "compute": "X-Server-Management-Url",
    "object-store": "X-Storage-Url",
    "rax:object-cdn": "X-CDN-Management-Url",
}


class CatalogService(msgspec.Struct, frozen=True, kw_only=True):
    """One service, with the id of its endpoint per interface."""

    id: str
    type: str
    name: str
    path: str
    """Below the emulator's address; may hold ``$(project_id)s``."""
    endpoint_ids: dict[str, str]

    def url(self, host_url: str, project_id: str = _PROJECT) -> str:
        return host_url + self.path.replace(_PROJECT, project_id)


class Catalog:
    """All services, in one region, at the address the caller used."""

    def __init__(self, ids: Ids) -> None:
        self.services = tuple(
            CatalogService(
                id=ids.hex(),
                type=service_type,
                name=name,
                path=path,
                endpoint_ids={interface: ids.hex() for interface in INTERFACES},
            )
            for service_type, name, path in _SERVICES
        )

    def v3(self, host_url: str, project_id: str | None) -> list[dict[str, Any]]:
        """As in a v3 token. Endpoints that need a project are left out without one."""
        return [
            {
                "endpoints": [
                    {
                        "id": service.endpoint_ids[interface],
                        "interface": interface,
                        "region_id": REGION,
                        "url": service.url(host_url, project_id or ""),
                        "region": REGION,
                    }
                    for interface in INTERFACES
                    if project_id or _PROJECT not in service.path
                ],
                "id": service.id,
                "type": service.type,
                "name": service.name,
            }
            for service in self.services
        ]

    def v1_0(self, host_url: str, project_id: str) -> dict[str, str]:
        """As in the headers of v1.0, which knows three services, each by a header of its own."""
        found = {service.type: service.url(host_url, project_id) for service in self.services}
        return {header: found.get(kind, "") for kind, header in _V1_0_HEADERS.items()}

    def v1_1(self, host_url: str, project_id: str) -> dict[str, Any]:
        """As in a v1.1 token: the endpoints by the names of their services."""
        return {
            service.name: [
                {
                    "region": REGION,
                    "publicURL": service.url(host_url, project_id),
                    "internalURL": service.url(host_url, project_id),
                    "v1Default": True,
                }
            ]
            for service in self.services
        }

    def v2(self, host_url: str, project_id: str) -> list[dict[str, Any]]:
        """As in a v2.0 token: one entry with three addresses per service."""
        return [
            {
                "endpoints": [
                    {
                        "id": service.endpoint_ids["public"],
                        "region": REGION,
                        "publicURL": service.url(host_url, project_id),
                        "internalURL": service.url(host_url, project_id),
                        "adminURL": service.url(host_url, project_id),
                    }
                ],
                "endpoints_links": [],
                "type": service.type,
                "name": service.name,
            }
            for service in self.services
        ]
