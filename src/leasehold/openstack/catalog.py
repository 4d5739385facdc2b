"""Chooses a service's endpoint from what Keystone's catalog offers, without asking the service."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit, urlunsplit

import msgspec
from keystoneauth1.access import AccessInfo

from leasehold.openstack.call import ServiceType
from leasehold.openstack.errors import EndpointMissing

# Best first. Names of before the service types authority still stand in most catalogs.
ALIASES: dict[ServiceType, tuple[str, ...]] = {
    ServiceType.IDENTITY: ("identity",),
    ServiceType.COMPUTE: ("compute",),
    ServiceType.IMAGE: ("image",),
    ServiceType.NETWORK: ("network",),
    ServiceType.VOLUME: ("block-storage", "volumev3", "block-store", "volume", "volumev2"),
}

# The version that the driver speaks, put on a URL that names none. Every release of the last ten
# years serves it there, so nobody is asked. Cinder before Yoga also wants the project's id.
_OWN_VERSION: dict[ServiceType, str] = {
    ServiceType.IDENTITY: "/v3",
    ServiceType.COMPUTE: "/v2.1",
    ServiceType.IMAGE: "/v2",
    ServiceType.NETWORK: "/v2.0",
    ServiceType.VOLUME: "/v3/{project_id}",
}
_MAJOR = {
    ServiceType.IDENTITY: "3",
    ServiceType.COMPUTE: "2",
    ServiceType.IMAGE: "2",
    ServiceType.NETWORK: "2",
    ServiceType.VOLUME: "3",
}
_VERSION = re.compile(r"/v(\d+)(?:\.\d+)?(?=/|$)")


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the catalog."""

    type: str
    name: str | None
    region: str | None
    interface: str
    url: str


def endpoints_of(access: AccessInfo) -> tuple[Endpoint, ...]:
    """Read the catalog of a v2.0 or v3 token; a token without one has no endpoints."""
    if not access.has_service_catalog():
        return ()
    return tuple(
        Endpoint(
            type=service["type"],
            name=service["name"],
            region=endpoint["region_name"],
            interface=endpoint["interface"].removesuffix("URL"),
            url=endpoint["url"],
        )
        for service in access.service_catalog.normalize_catalog()
        for endpoint in service["endpoints"]
        if endpoint.get("url") and endpoint.get("interface")
    )


def choose(
    endpoints: Sequence[Endpoint], service: ServiceType, *, region: str | None, interface: str
) -> Endpoint:
    """Pick the endpoint of a service.

    Raises `EndpointMissing`, which lists what there is, if none fits, or if it would have to guess
    between regions.
    """
    fitting = [
        endpoint
        for alias in ALIASES[service]
        for endpoint in endpoints
        if endpoint.type == alias
        and endpoint.interface == interface.removesuffix("URL")
        and region in (None, endpoint.region)
        and _version_fits(endpoint.url, service)
    ]
    if not fitting:
        raise _missing(endpoints, service, region, interface)
    if len(regions := sorted({str(endpoint.region) for endpoint in fitting})) > 1:
        raise EndpointMissing(
            f"{service} is offered in several regions; say which by region=: {', '.join(regions)}",
            service=service,
        )
    return fitting[0]


def _version_fits(url: str, service: ServiceType) -> bool:
    versions = _VERSION.findall(urlsplit(url).path)
    return not versions or versions[-1] == _MAJOR[service]


def _missing(
    endpoints: Sequence[Endpoint], service: ServiceType, region: str | None, interface: str
) -> EndpointMissing:
    wanted = [f"service {service}", f"region {region}" if region else "any region"]
    wanted += [f"interface {interface}", f"API version {_MAJOR[service]}"]
    kin = [endpoint for endpoint in endpoints if endpoint.type in ALIASES[service]]
    offered = "; ".join(sorted({_line(endpoint) for endpoint in kin or endpoints}))
    rest = f"The catalog offers: {offered}" if offered else "The catalog is empty"
    return EndpointMissing(
        f"Could not find specified endpoint: {', '.join(wanted)}. {rest}. Change region= or "
        f"interface=, or give the address by endpoints={{{str(service)!r}: URL}}",
        service=service,
    )


def _line(endpoint: Endpoint) -> str:
    name = f" ({endpoint.name})" if endpoint.name else ""
    return f"{endpoint.type}{name} in {endpoint.region}, {endpoint.interface}, {endpoint.url}"


def regions_of(endpoints: Iterable[Endpoint]) -> tuple[str, ...]:
    """Name the regions of a catalog."""
    return tuple(sorted({endpoint.region for endpoint in endpoints if endpoint.region}))


def versioned(url: str, service: ServiceType, project_id: str | None) -> str:
    """Make an endpoint's URL one that verbs can be put on: with its version, without a last slash.

    Fills in ``%(project_id)s`` and its like, which clouds.yaml and hand-written addresses may hold.
    """
    project = project_id or ""
    for hole in ("%(project_id)s", "%(tenant_id)s", "$(project_id)s", "$(tenant_id)s"):
        url = url.replace(hole, project)
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if not _VERSION.search(path):
        path += _OWN_VERSION[service].format(project_id=project).rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
