"""Flavors: the sizes a server can have. Listing, showing, and (for administrators) making them."""

from typing import Any

import msgspec

from leasehold.emulator.collection import Collection
from leasehold.emulator.compute.faults import bad_input, check_policy, not_found
from leasehold.emulator.compute.pages import links, page_limits, page_link
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.world import World

DEFAULTS = (
    ("1", "tiny", 1, 64, 1),
    ("2", "small", 1, 512, 5),
    ("3", "medium", 2, 2048, 20),
    ("4", "large", 4, 8192, 40),
)


class Flavor(msgspec.Struct, frozen=True, kw_only=True):
    """A size."""

    id: str
    name: str
    cores: int
    ram_mib: int
    disk_gib: int
    ephemeral_gib: int = 0
    swap_mib: int = 0
    public: bool = True
    description: str | None = None
    extra_specs: dict[str, str] = {}
    projects: tuple[str, ...] = ()
    """Which may use it though it is not public."""


class Flavors:
    """The flavors there are, by id."""

    def __init__(self, world: World) -> None:
        self.all: Collection[Flavor] = world.collection()
        self._ids = world.ids

    def add_defaults(self) -> None:
        for flavor_id, name, cores, ram_mib, disk_gib in DEFAULTS:
            self.all.put(
                Flavor(id=flavor_id, name=name, cores=cores, ram_mib=ram_mib, disk_gib=disk_gib)
            )

    def find(self, flavor_id: str) -> Flavor | None:
        return self.all.get(flavor_id)

    def route(self, router: Router) -> None:
        router.add("GET", "/v2.1/flavors", self._index)
        router.add("POST", "/v2.1/flavors", self._create)
        router.add("GET", "/v2.1/flavors/detail", self._detail)
        router.add("GET", "/v2.1/flavors/{id}", self._show)
        router.add("DELETE", "/v2.1/flavors/{id}", self._delete)
        router.add("GET", "/v2.1/flavors/{id}/os-extra_specs", self._extra_specs)
        router.add("POST", "/v2.1/flavors/{id}/os-extra_specs", self._add_extra_specs)
        router.add("GET", "/v2.1/flavors/{id}/os-extra_specs/{key}", self._extra_spec)
        router.add("DELETE", "/v2.1/flavors/{id}/os-extra_specs/{key}", self._delete_extra_spec)
        router.add("PUT", "/v2.1/flavors/{id}", self._describe)

    def _index(self, request: Request) -> Response:
        return self._page(request, detailed=False)

    def _detail(self, request: Request) -> Response:
        return self._page(request, detailed=True)

    def _page(self, request: Request, *, detailed: bool) -> Response:
        found = sorted(self._filtered(request), key=lambda flavor: flavor.id)
        limit, marker = page_limits(request)
        if marker is not None:
            ids = [flavor.id for flavor in found]
            if marker not in ids:
                raise Fault(400, f"marker [{marker}] not found")
            found = found[ids.index(marker) + 1 :]
        page = found[:limit]
        body: dict[str, Any] = {
            "flavors": [
                _document(request, flavor) if detailed else _summary(request, flavor)
                for flavor in page
            ]
        }
        if page and len(page) == limit:
            body["flavors_links"] = page_link(request, page[-1].id)
        return Response(200, body)

    def _filtered(self, request: Request) -> list[Flavor]:
        min_ram, min_disk = _number(request, "minRam"), _number(request, "minDisk")
        public = request.one("is_public")
        return [
            flavor
            for flavor in self.all
            if flavor.ram_mib >= min_ram
            and flavor.disk_gib >= min_disk
            and (
                flavor.public
                or request.project.id in flavor.projects
                or (request.is_admin and public is not None)
            )
        ]

    def _show(self, request: Request) -> Response:
        return Response(200, {"flavor": _document(request, self.wanted(request))})

    def _create(self, request: Request) -> Response:
        check_policy(request, "os-flavor-manage:create")
        given = request.object("flavor")
        for name in ("name", "ram", "vcpus", "disk"):
            if name not in given:
                raise bad_input("flavor", given, f"'{name}' is a required property")
        flavor_id = str(given.get("flavorid") or given.get("id") or self._ids.uuid())
        if flavor_id in self.all or any(f.name == given["name"] for f in self.all):
            raise Fault(409, f"Flavor with name {given['name']} already exists.")
        flavor = self.all.put(
            Flavor(
                id=flavor_id,
                name=given["name"],
                cores=int(given["vcpus"]),
                ram_mib=int(given["ram"]),
                disk_gib=int(given["disk"]),
                ephemeral_gib=int(given.get("OS-FLV-EXT-DATA:ephemeral") or 0),
                swap_mib=int(given.get("swap") or 0),
                public=bool(given.get("os-flavor-access:is_public", True)),
                description=given.get("description"),
            )
        )
        return Response(200, {"flavor": _document(request, flavor)})

    def _describe(self, request: Request) -> Response:
        if not request.at_least(2, 55):
            raise not_found("The resource could not be found.")
        check_policy(request, "os-flavor-manage:update")
        description = request.object("flavor").get("description")
        flavor = msgspec.structs.replace(self.wanted(request), description=description)
        return Response(200, {"flavor": _document(request, self.all.put(flavor))})

    def _delete(self, request: Request) -> Response:
        check_policy(request, "os-flavor-manage:delete")
        self.all.remove(self.wanted(request).id)
        return Response(202)

    def _extra_specs(self, request: Request) -> Response:
        return Response(200, {"extra_specs": self.wanted(request).extra_specs})

    def _extra_spec(self, request: Request) -> Response:
        flavor, key = self.wanted(request), request.params["key"]
        if key not in flavor.extra_specs:
            message = f"Flavor {flavor.id} has no extra specs with key {key}."
            raise not_found(message)
        return Response(200, {key: flavor.extra_specs[key]})

    def _delete_extra_spec(self, request: Request) -> Response:
        check_policy(request, "os-flavor-extra-specs:delete")
        flavor, key = self.wanted(request), request.params["key"]
        if key not in flavor.extra_specs:
            raise not_found(f"Flavor {flavor.id} has no extra specs with key {key}.")
        specs = {name: value for name, value in flavor.extra_specs.items() if name != key}
        self.all.put(msgspec.structs.replace(flavor, extra_specs=specs))
        return Response(200)

    def _add_extra_specs(self, request: Request) -> Response:
        check_policy(request, "os-flavor-extra-specs:create")
        given = request.object("extra_specs")
        flavor = self.wanted(request)
        specs = flavor.extra_specs | {key: str(value) for key, value in given.items()}
        self.all.put(msgspec.structs.replace(flavor, extra_specs=specs))
        return Response(200, {"extra_specs": given})

    def wanted(self, request: Request) -> Flavor:
        """The flavor in the path; 404 when there is none."""
        flavor = self.all.get(request.params["id"])
        if flavor is None:
            raise not_found(f"Flavor {request.params['id']} could not be found.")
        return flavor


def embedded(flavor: Flavor) -> dict[str, Any]:
    """As a server shows it from 2.47 on."""
    return {
        "vcpus": flavor.cores,
        "ram": flavor.ram_mib,
        "disk": flavor.disk_gib,
        "ephemeral": flavor.ephemeral_gib,
        "swap": flavor.swap_mib,
        "original_name": flavor.name,
        "extra_specs": flavor.extra_specs,
    }


def _summary(request: Request, flavor: Flavor) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "id": flavor.id,
        "name": flavor.name,
        "links": links(request, "flavors", flavor.id),
    }
    if request.at_least(2, 55):
        summary["description"] = flavor.description
    return summary


def _document(request: Request, flavor: Flavor) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": flavor.id,
        "name": flavor.name,
        "ram": flavor.ram_mib,
        "disk": flavor.disk_gib,
        "swap": flavor.swap_mib or (0 if request.at_least(2, 75) else ""),
        "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral_gib,
        "vcpus": flavor.cores,
        "os-flavor-access:is_public": flavor.public,
        "links": links(request, "flavors", flavor.id),
    }
    if not request.at_least(2, 102):
        document |= {"OS-FLV-DISABLED:disabled": False, "rxtx_factor": 1.0}
    if request.at_least(2, 55):
        document["description"] = flavor.description
    if request.at_least(2, 61):
        document["extra_specs"] = flavor.extra_specs
    return document


def _number(request: Request, name: str) -> int:
    text = request.one(name)
    if text is None:
        return 0
    if not text.isdecimal():
        raise Fault(400, f"Invalid {name} filter [{text}]")
    return int(text)
