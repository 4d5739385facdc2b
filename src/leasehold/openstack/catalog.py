"""Chooses a service's endpoint from what Keystone's catalog offers, without asking the service."""

from collections.abc import Sequence
from operator import itemgetter

import msgspec
from keystoneauth1.access import AccessInfo

from leasehold.openstack.call import ServiceType
from leasehold.openstack.errors import EndpointMissing
from leasehold.openstack.settings import Wish
from leasehold.openstack.versions import SPOKEN, named_version, written

# Best first. Names of before the service types authority still stand in most catalogs.
ALIASES: dict[ServiceType, tuple[str, ...]] = {
    ServiceType.IDENTITY: ("identity",),
    ServiceType.COMPUTE: ("compute",),
    ServiceType.COMPUTE_V1: ("compute",),
    ServiceType.IMAGE: ("image",),
    ServiceType.NETWORK: ("network",),
    ServiceType.VOLUME: ("block-storage", "volumev3", "block-store", "volume", "volumev2"),
    ServiceType.RESERVATION: ("reservation",),
}

ANY = Wish()
"""No wish: whichever entry is of the service's type."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the catalog."""

    type: str
    name: str | None
    region: str | None
    interface: str
    url: str


def endpoints_of(access: AccessInfo) -> tuple[Endpoint, ...]:
    """Read the catalog that came with a token, whichever Keystone made it; it may have none."""
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
    endpoints: Sequence[Endpoint],
    service: ServiceType,
    *,
    region: str | None,
    interface: str,
    wish: Wish = ANY,
    usual_region: str | None = None,
) -> Endpoint:
    """Pick the endpoint of a service: of the best version that is offered.

    An endpoint that names no region, as in old catalogs, is in all of them. Of several regions the
    usual one is taken if there is such a one. Raises `EndpointMissing`, which lists what there is,
    if none fits, or if it would have to guess between regions.
    """
    region = wish.region or region
    interface = (wish.interface or interface).removesuffix("URL")
    ranked = [
        (rank, endpoint)
        for kind in ([wish.type] if wish.type else ALIASES[service])
        for endpoint in endpoints
        if endpoint.type == kind
        and endpoint.interface == interface
        and (region is None or endpoint.region in (None, region))
        and (wish.name is None or endpoint.name in (None, wish.name))
        and (rank := _rank(endpoint, service)) is not None
    ]
    if not ranked:
        raise _missing(endpoints, service, region, interface, wish)
    regions = sorted({endpoint.region for _, endpoint in ranked if endpoint.region is not None})
    if usual_region in regions:
        ranked = [found for found in ranked if found[1].region in (None, usual_region)]
    elif len(regions) > 1:
        raise EndpointMissing(
            f"{service} is offered in several regions; say which by region=: {', '.join(regions)}",
            service=service,
        )
    return min(ranked, key=itemgetter(0))[1]


def _rank(endpoint: Endpoint, service: ServiceType) -> float | None:
    """Place a URL among the versions that we speak, 0 for the best; None for one that we do not.

    A URL that names none comes after the best: it may be that one, but somebody would have to ask.
    """
    version = named_version(endpoint.url)
    spoken = list(SPOKEN[service])
    if version is None:
        return 0.5
    return spoken.index(version) if version in spoken else None


def _missing(
    endpoints: Sequence[Endpoint],
    service: ServiceType,
    region: str | None,
    interface: str,
    wish: Wish,
) -> EndpointMissing:
    wanted = [f"service {service}"]
    wanted += [f"type {wish.type}"] if wish.type else []
    wanted += [f"name {wish.name}"] if wish.name else []
    wanted += [f"region {region}" if region else "any region", f"interface {interface}"]
    wanted += [f"API version {written(SPOKEN[service])}"]
    kin = [e for e in endpoints if e.type in ALIASES[service] or e.type == wish.type]
    near = [endpoint for endpoint in kin if endpoint.interface == interface]
    offered = "; ".join(sorted({_line(endpoint) for endpoint in near or kin or endpoints}))
    rest = f"The catalog offers: {offered}" if offered else "The catalog is empty"
    return EndpointMissing(
        f"Could not find specified endpoint: {', '.join(wanted)}. {rest}. Change region=, "
        f"interface=, service_types= or service_names=, or give the address by "
        f"endpoints={{{str(service)!r}: URL}}",
        service=service,
    )


def _line(endpoint: Endpoint) -> str:
    name = f" ({endpoint.name})" if endpoint.name else ""
    return f"{endpoint.type}{name} in {endpoint.region}, {endpoint.interface}, {endpoint.url}"
