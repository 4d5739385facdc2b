"""What is in the cloud at first: users, catalog, flavors, an image, networks.

Runs inside the virtualenv; each part makes only what is not there yet.
"""

import sys
import time
from collections.abc import Callable
from datetime import datetime

import openstack
from openstack.connection import Connection
from testbed.layout import LOG, REGION, RUN, SERVICES, URL, all_names, computes
from testbed.processes import alive
from testbed.steps import secret

# Cinder twice: `block-storage` is its official type, `volumev3` what older clients look for.
CATALOG = (
    ("nova", "compute", URL["nova"] + "/v2.1"),
    ("glance", "image", URL["glance"]),
    ("neutron", "network", URL["neutron"]),
    ("placement", "placement", URL["placement"]),
    ("cinder", "block-storage", URL["cinder"] + "/v3"),
    ("cinderv3", "volumev3", URL["cinder"] + "/v3/$(project_id)s"),
)
FLAVORS = (("tiny", 1, 64, 1), ("small", 2, 512, 5))


def fill(stage: str) -> None:
    """Bring one stage about: ``identity``, ``services-up`` or ``resources``."""
    stages: dict[str, Callable[[Connection], None]] = {
        "identity": _identity,
        "services-up": _wait_for_services,
        "resources": _resources,
    }
    stages[stage](openstack.connect(cloud="admin"))


def _identity(admin: Connection) -> None:
    ident = admin.identity
    domain = ident.find_domain("Default") or ident.get_domain("default")

    def project(name: str) -> str:
        found = ident.find_project(name) or ident.create_project(name=name, domain_id=domain.id)
        return str(found.id)

    def user(name: str, project_id: str, *roles: str) -> None:
        found = ident.find_user(name) or ident.create_user(
            name=name,
            domain_id=domain.id,
            password=secret(name),
            default_project_id=project_id,
        )
        for role in roles:
            ident.assign_project_role_to_user(project_id, found, ident.find_role(role))

    service = project("service")
    for name in SERVICES:
        user(name, service, "admin", "service")
    user("lab", project("lab"), "member")

    have = {service.type: service for service in ident.services()}
    done = {(endpoint.service_id, endpoint.interface) for endpoint in ident.endpoints()}
    for name, kind, url in CATALOG:
        found = have.get(kind) or ident.create_service(name=name, type=kind)
        for interface in ("public", "internal"):
            if (found.id, interface) not in done:
                ident.create_endpoint(
                    service_id=found.id, interface=interface, url=url, region_id=REGION
                )


def _wait_for_services(admin: Connection) -> None:
    """Wait until each worker has reported in after its own start.

    Nova and cinder go on calling a stopped service "up" for a minute.
    """
    wanted = {
        "nova-scheduler": "nova-scheduler",
        "nova-conductor": "nova-conductor",
        "cinder-scheduler": "cinder-scheduler",
        "cinder-volume": "cinder-volume",
        **{f"nova-compute@{name}": f"nova-{name}" for name in computes()},
    }
    end = time.monotonic() + 180
    while True:
        seen = _reports(admin)
        missing = [
            key
            for key, name in wanted.items()
            if seen.get(key, 0) < (RUN / f"{name}.pid").stat().st_mtime - 1
        ]
        # Cinder-volume can be scheduled to only once the scheduler knows its capabilities.
        if not missing and list(admin.block_storage.backend_pools()):
            return
        dead = [name for name in all_names() if not alive(name)]
        if dead or time.monotonic() > end:
            sys.exit(f"not up: {missing}; died: {dead}; logs are in {LOG}")
        time.sleep(0.5)


def _reports(admin: Connection) -> dict[str, float]:
    """When each service last said that it is up."""
    seen = {}
    for service in [*admin.compute.services(), *admin.block_storage.services()]:
        is_compute = service.binary == "nova-compute"
        key = f"{service.binary}@{service.host}" if is_compute else service.binary
        if service.state == "up" and service.updated_at:
            moment = datetime.fromisoformat(service.updated_at[:19] + "+00:00")
            seen[key] = moment.timestamp()
    return seen


def _resources(admin: Connection) -> None:
    for name, cpus, ram, disk in FLAVORS:
        if not admin.compute.find_flavor(name):
            admin.compute.create_flavor(name=name, vcpus=cpus, ram=ram, disk=disk)
    volume = admin.block_storage
    if not volume.find_type("testbed"):
        volume.create_type(name="testbed", extra_specs={"volume_backend_name": "testbed"})
    if not admin.image.find_image("tiny"):
        admin.image.create_image(
            name="tiny",
            disk_format="raw",
            container_format="bare",
            visibility="public",
            data=b"tiny test image\n".ljust(4096, b"\0"),
            validate_checksum=False,
        )
    _networks(admin, openstack.connect(cloud="lab"))


def _networks(admin: Connection, lab: Connection) -> None:
    public = admin.network.find_network("public") or admin.network.create_network(
        name="public",
        is_router_external=True,
        is_shared=False,
        provider_network_type="flat",
        provider_physical_network="public",
    )
    if not admin.network.find_subnet("public-v4"):
        admin.network.create_subnet(
            name="public-v4",
            network_id=public.id,
            ip_version=4,
            cidr="198.51.0.0/16",
            enable_dhcp=False,
            gateway_ip="198.51.0.1",
        )
    network = lab.network
    own = network.find_network("lab") or network.create_network(name="lab")
    subnet = network.find_subnet("lab-v4") or network.create_subnet(
        name="lab-v4",
        network_id=own.id,
        ip_version=4,
        cidr="10.20.0.0/16",
        dns_nameservers=["127.0.0.1"],
    )
    if not network.find_router("lab"):
        router = network.create_router(name="lab", external_gateway_info={"network_id": public.id})
        network.add_interface_to_router(router, subnet_id=subnet.id)
