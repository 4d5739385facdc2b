"""What Nova says of the cloud itself: zones, services, hypervisors, extensions."""

from datetime import datetime
from typing import Any

from leasehold.emulator.compute.faults import check_policy, not_found
from leasehold.emulator.compute.server_birth import HOST, ZONE
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.world import World

_CONTROLLER = "controller"
_SERVICES = (
    (1, "nova-scheduler", _CONTROLLER, "internal"),
    (2, "nova-conductor", _CONTROLLER, "internal"),
    (3, "nova-compute", HOST, ZONE),
)
_EXTENSIONS = {
    "OS-DCF": "DiskConfig",
    "OS-EXT-AZ": "ExtendedAvailabilityZone",
    "OS-EXT-IPS": "ExtendedIps",
    "OS-EXT-IPS-MAC": "ExtendedIpsMac",
    "OS-EXT-SRV-ATTR": "ExtendedServerAttributes",
    "OS-EXT-STS": "ExtendedStatus",
    "OS-FLV-DISABLED": "FlavorDisabled",
    "OS-FLV-EXT-DATA": "FlavorExtraData",
    "OS-SCH-HNT": "SchedulerHints",
    "OS-SRV-USG": "ServerUsage",
    "os-admin-actions": "AdminActions",
    "os-attach-interfaces": "AttachInterfaces",
    "os-availability-zone": "AvailabilityZone",
    "os-block-device-mapping-v2-boot": "BlockDeviceMappingV2Boot",
    "os-config-drive": "ConfigDrive",
    "os-console-output": "Console_output",
    "os-extended-volumes": "ExtendedVolumes",
    "os-flavor-extra-specs": "FlavorExtraSpecs",
    "os-instance-actions": "InstanceActions",
    "os-keypairs": "Keypairs",
    "os-quota-sets": "Quotas",
    "os-server-groups": "ServerGroups",
    "os-user-data": "UserData",
    "os-volumes": "Volumes",
}


class ComputeCloud:
    """One zone, one host, and the names of what this Nova can do."""

    def __init__(self, world: World, servers: Servers) -> None:
        self._world = world
        self._servers = servers
        self._ids = {name: world.ids.uuid() for name in ("hypervisor", *map(str, range(1, 4)))}

    def route(self, router: Router) -> None:
        router.add("GET", "/v2.1/os-availability-zone", self._zones)
        router.add("GET", "/v2.1/os-availability-zone/detail", self._zones_in_detail)
        router.add("GET", "/v2.1/os-services", self._services)
        router.add("GET", "/v2.1/os-hypervisors", self._hypervisors)
        router.add("GET", "/v2.1/os-hypervisors/detail", self._hypervisors_in_detail)
        router.add("GET", "/v2.1/extensions", self._extensions)
        router.add("GET", "/v2.1/extensions/{alias}", self._extension)

    def _zones(self, request: Request) -> Response:
        zone = {"zoneName": ZONE, "zoneState": {"available": True}, "hosts": None}
        return Response(200, {"availabilityZoneInfo": [zone]})

    def _zones_in_detail(self, request: Request) -> Response:
        check_policy(request, "os-availability-zone:detail")
        now = _micro(self._world.timeline.now())
        zones = []
        for name in ("internal", ZONE):
            hosts: dict[str, dict[str, Any]] = {}
            for _, binary, host, zone in _SERVICES:
                if zone == name:
                    state = {"available": True, "active": True, "updated_at": now}
                    hosts.setdefault(host, {})[binary] = state
            zones.append({"zoneName": name, "zoneState": {"available": True}, "hosts": hosts})
        return Response(200, {"availabilityZoneInfo": zones})

    def _services(self, request: Request) -> Response:
        check_policy(request, "os-services:list")
        now = _micro(self._world.timeline.now())
        services = []
        for number, binary, host, zone in _SERVICES:
            if request.one("binary", binary) != binary or request.one("host", host) != host:
                continue
            service: dict[str, Any] = {
                "binary": binary,
                "host": host,
                "id": self._ids[str(number)] if request.at_least(2, 53) else number,
                "zone": zone,
                "status": "enabled",
                "state": "up",
                "updated_at": now,
                "disabled_reason": None,
            }
            if request.at_least(2, 11):
                service["forced_down"] = False
            services.append(service)
        return Response(200, {"services": services})

    def _hypervisors(self, request: Request) -> Response:
        check_policy(request, "os-hypervisors:list")
        return Response(200, {"hypervisors": [self._hypervisor(request)]})

    def _hypervisors_in_detail(self, request: Request) -> Response:
        check_policy(request, "os-hypervisors:list-detail")
        modern = request.at_least(2, 53)
        service_id = self._ids["3"] if modern else 3
        document = self._hypervisor(request) | {
            "hypervisor_type": "leasehold",
            "hypervisor_version": 1,
            "host_ip": "127.0.0.1",
            "service": {"id": service_id, "host": HOST, "disabled_reason": None},
        }
        if not request.at_least(2, 88):
            used = [server.flavor for server in self._servers.alive]
            quota = self._world.settings.quota
            document |= {
                "vcpus": quota.cores,
                "vcpus_used": sum(flavor.cores for flavor in used),
                "memory_mb": quota.ram,
                "memory_mb_used": sum(flavor.ram_mib for flavor in used),
                "free_ram_mb": quota.ram - sum(flavor.ram_mib for flavor in used),
                "local_gb": quota.gigabytes,
                "local_gb_used": sum(flavor.disk_gib for flavor in used),
                "free_disk_gb": quota.gigabytes - sum(flavor.disk_gib for flavor in used),
                "disk_available_least": None,
                "current_workload": 0,
                "running_vms": len(used),
                "cpu_info": {} if request.at_least(2, 28) else "{}",
            }
        else:
            document["uptime"] = None
        return Response(200, {"hypervisors": [document]})

    def _hypervisor(self, request: Request) -> dict[str, Any]:
        return {
            "id": self._ids["hypervisor"] if request.at_least(2, 53) else 1,
            "hypervisor_hostname": HOST,
            "state": "up",
            "status": "enabled",
        }

    def _extensions(self, request: Request) -> Response:
        documents = [_extension_document(alias) for alias in _EXTENSIONS]
        return Response(200, {"extensions": documents})

    def _extension(self, request: Request) -> Response:
        alias = request.params["alias"]
        if alias not in _EXTENSIONS:
            raise not_found("The resource could not be found.")
        return Response(200, {"extension": _extension_document(alias)})


def _extension_document(alias: str) -> dict[str, Any]:
    return {
        "alias": alias,
        "description": f"{_EXTENSIONS[alias]} support.",
        "links": [],
        "name": _EXTENSIONS[alias],
        "namespace": "http://docs.openstack.org/compute/ext/fake_xml",
        "updated": "2014-12-03T00:00:00Z",
    }


def _micro(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000000")
