"""How a server is shown, in each of Nova's microversions."""

import hashlib
from bisect import bisect_right
from datetime import datetime
from typing import Any

import msgspec

from leasehold.emulator.compute.flavors import embedded
from leasehold.emulator.compute.pages import bookmark, links
from leasehold.emulator.compute.paths import base_of
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.servers import Server, ServerFault, VmState
from leasehold.emulator.http import Request
from leasehold.emulator.microversions import Microversion
from leasehold.emulator.seams import PortView
from leasehold.emulator.world import World

THRESHOLDS: tuple[Microversion, ...] = tuple(
    (2, minor) for minor in (3, 9, 16, 19, 26, 47, 63, 71, 73, 90, 96, 98, 100)
)
"""The microversions that change what a server shows; others share the shape of the one below."""

_WITH_PROGRESS = frozenset({"ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"})
_encode = msgspec.json.Encoder().encode

_Shape = tuple[int, bool, str]


class ServerViews:
    """Servers as JSON, encoded once per shape and kept until they change."""

    def __init__(self, world: World, servers: Servers) -> None:
        self._world = world
        self._kept: dict[str, dict[_Shape, tuple[Server, bytes]]] = {}
        self.encoded = 0
        """How many servers had to be encoded so far, because nothing was kept of them."""
        servers.watch(self._forget)

    def detail(self, request: Request, server: Server) -> bytes:
        """One entry of a detailed listing."""
        shape = (_level(request), request.is_admin, base_of(request))
        if self._world.rewinding:
            return _encode(self.document(request, server))
        kept = self._kept.setdefault(server.id, {})
        found = kept.get(shape)
        if found is None or found[0] is not server:
            self.encoded += 1
            found = kept[shape] = (server, _encode(self.document(request, server)))
        return found[1]

    def summary(self, request: Request, server: Server) -> dict[str, Any]:
        """One entry of a short listing."""
        return {
            "id": server.id,
            "name": server.name,
            "links": links(request, "servers", server.id),
        }

    def show(self, request: Request, server: Server) -> dict[str, Any]:
        """One server by itself, which shows its groups too from 2.71 on."""
        document = self.document(request, server)
        if request.at_least(2, 71):
            document["server_groups"] = [server.group_id] if server.group_id else []
        return document

    def changed(self, request: Request, server: Server) -> dict[str, Any]:
        """The answer to an update or rebuild: short until 2.75, like `show` from there on."""
        document = self.show(request, server)
        if request.at_least(2, 75):
            return document
        kept = {"OS-DCF:diskConfig"}
        document = {
            name: value for name, value in document.items() if name in kept or ":" not in name
        }
        for name in ("config_drive", "security_groups", "host_status", "key_name"):
            document.pop(name, None)
        ports = self._world.network.ports_of(server.id)
        document["addresses"] = addresses(ports, extended=False)
        return document

    def document(self, request: Request, server: Server) -> dict[str, Any]:
        ports = self._world.network.ports_of(server.id) if _has_network(server) else []
        document = _core(request, server, ports)
        document["OS-EXT-AZ:availability_zone"] = server.zone
        document["config_drive"] = server.config_drive
        document["key_name"] = server.key_name
        document["OS-SRV-USG:launched_at"] = _micro(server.launched_at)
        document["OS-SRV-USG:terminated_at"] = _micro(server.terminated_at)
        groups = dict.fromkeys(name for port in ports for name in port.security_groups)
        if groups:
            document["security_groups"] = [{"name": name} for name in groups]
        if request.is_admin:
            document |= _for_administrators(request, server)
        document["OS-EXT-STS:task_state"] = server.task_state
        document["OS-EXT-STS:vm_state"] = server.vm_state
        document["OS-EXT-STS:power_state"] = server.power_state
        document["os-extended-volumes:volumes_attached"] = _volumes(request, server)
        _add_newer(request, server, document)
        return document

    def _forget(self, server_id: str) -> None:
        self._kept.pop(server_id, None)


def addresses(ports: list[PortView], *, extended: bool = True) -> dict[str, list[dict[str, Any]]]:
    """By network name: fixed addresses, each followed by its floating ones."""
    found: dict[str, list[dict[str, Any]]] = {}
    for port in ports:
        entries = found.setdefault(port.network_name, [])
        shown = [(ip.version, ip.address, "fixed") for ip in port.fixed_ips]
        shown += [(4, address, "floating") for address in port.floating_ips]
        for version, address, kind in shown:
            entry: dict[str, Any] = {"version": version, "addr": address}
            if extended:
                entry["OS-EXT-IPS:type"] = kind
                entry["OS-EXT-IPS-MAC:mac_addr"] = port.mac_address
            entries.append(entry)
    return found


def timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def host_id(server: Server) -> str:
    """Tells hosts apart without naming them: differs by project."""
    if not server.host:
        return ""
    return hashlib.sha224(f"{server.project_id}{server.host}".encode()).hexdigest()


def _level(request: Request) -> int:
    return bisect_right(THRESHOLDS, request.microversion or (2, 1))


def _has_network(server: Server) -> bool:
    return server.vm_state not in (VmState.BUILDING, VmState.DELETED)


def _micro(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.%f")


def _core(request: Request, server: Server, ports: list[PortView]) -> dict[str, Any]:
    status = server.status
    document: dict[str, Any] = {
        "accessIPv4": server.access_ip_v4,
        "accessIPv6": server.access_ip_v6,
        "addresses": addresses(ports),
        "created": timestamp(server.created_at),
        "flavor": _flavor(request, server),
        "hostId": host_id(server),
        "id": server.id,
        "image": _image(request, server),
        "links": links(request, "servers", server.id),
        "metadata": server.metadata,
        "name": server.name,
        "status": status,
        "tenant_id": server.project_id,
        "user_id": server.user_id,
        "updated": timestamp(server.updated_at),
        "OS-DCF:diskConfig": "AUTO" if server.auto_disk_config else "MANUAL",
    }
    if status in ("ERROR", "DELETED") and server.fault is not None:
        document["fault"] = _fault(server.fault)
    if status in _WITH_PROGRESS:
        document["progress"] = 0
    return document


def _flavor(request: Request, server: Server) -> dict[str, Any]:
    if request.at_least(2, 47):
        return embedded(server.flavor)
    href = bookmark(request, "flavors", server.flavor.id)
    return {"id": server.flavor.id, "links": [{"rel": "bookmark", "href": href}]}


def _image(request: Request, server: Server) -> dict[str, Any] | str:
    if server.image_id is None:
        return ""
    href = bookmark(request, "images", server.image_id)
    image: dict[str, Any] = {"id": server.image_id, "links": [{"rel": "bookmark", "href": href}]}
    if request.at_least(2, 98):
        image["properties"] = server.image_properties
    return image


def _fault(fault: ServerFault) -> dict[str, Any]:
    return {
        "code": fault.code,
        "created": timestamp(fault.created_at),
        "message": fault.message,
    }


def _for_administrators(request: Request, server: Server) -> dict[str, Any]:
    document: dict[str, Any] = {
        "OS-EXT-SRV-ATTR:host": server.host,
        "OS-EXT-SRV-ATTR:instance_name": f"instance-{server.number:08x}",
        "OS-EXT-SRV-ATTR:hypervisor_hostname": server.host,
    }
    if request.at_least(2, 3):
        document |= {
            "OS-EXT-SRV-ATTR:hostname": server.hostname,
            "OS-EXT-SRV-ATTR:kernel_id": "",
            "OS-EXT-SRV-ATTR:launch_index": server.launch_index,
            "OS-EXT-SRV-ATTR:ramdisk_id": "",
            "OS-EXT-SRV-ATTR:reservation_id": server.reservation_id,
            "OS-EXT-SRV-ATTR:root_device_name": server.root_device,
            "OS-EXT-SRV-ATTR:user_data": server.user_data,
        }
    return document


def _volumes(request: Request, server: Server) -> list[dict[str, Any]]:
    if not request.at_least(2, 3):
        return [{"id": volume.volume_id} for volume in server.volumes]
    return [
        {"id": volume.volume_id, "delete_on_termination": volume.delete_on_termination}
        for volume in server.volumes
    ]


def _add_newer(request: Request, server: Server, document: dict[str, Any]) -> None:
    """What microversions from 2.9 on have added."""
    if request.at_least(2, 9):
        document["locked"] = server.locked_by is not None
    if request.at_least(2, 16) and request.is_admin:
        document["host_status"] = "UP" if server.host else ""
    if request.at_least(2, 19):
        document["description"] = server.description
    if request.at_least(2, 26):
        document["tags"] = list(server.tags)
    if request.at_least(2, 63):
        document["trusted_image_certificates"] = None
    if request.at_least(2, 73):
        document["locked_reason"] = server.locked_reason
    if request.at_least(2, 90):
        document["OS-EXT-SRV-ATTR:hostname"] = server.hostname
    if request.at_least(2, 96):
        document["pinned_availability_zone"] = server.pinned_zone
    if request.at_least(2, 100):
        document["scheduler_hints"] = server.scheduler_hints
