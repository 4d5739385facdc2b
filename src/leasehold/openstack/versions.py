"""The API versions that the driver speaks, and which of them stands behind an address.

Catalogs name the version in the URL, or leave it to the caller. Where there is one to choose, the
service's own list of versions decides.
"""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from leasehold.openstack.call import ServiceType
from leasehold.openstack.errors import EndpointMissing
from leasehold.openstack.microversion import Version

# Best first, with the path that is put on a URL that names no version. Cinder before Yoga, and
# Nova before 2.1, also want the project's id.
SPOKEN: dict[ServiceType, dict[Version, str]] = {
    ServiceType.IDENTITY: {(3, 0): "/v3"},
    ServiceType.COMPUTE: {
        (2, 1): "/v2.1",
        (2, 0): "/v2/{project_id}",
        (1, 1): "/v1.1/{project_id}",
    },
    ServiceType.COMPUTE_V1: {(1, 0): "/v1.0"},
    ServiceType.IMAGE: {(2, 0): "/v2"},
    ServiceType.NETWORK: {(2, 0): "/v2.0"},
    ServiceType.VOLUME: {
        (3, 0): "/v3/{project_id}",
        (2, 0): "/v2/{project_id}",
        (1, 0): "/v1/{project_id}",
    },
    ServiceType.RESERVATION: {(1, 0): "/v1"},
}
_NAMED = re.compile(r"/v(\d+)(?:\.(\d+))?(?=/|$)")
_ID = re.compile(r"v(\d+)(?:\.(\d+))?")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a service is called: a URL that paths are put on, and the API version behind it."""

    url: str
    version: Version


def named_version(url: str) -> Version | None:
    """Read the version off a URL: (2, 0) of ``/v2/project``; None if it names none."""
    found = _NAMED.findall(urlsplit(url).path)
    return (int(found[-1][0]), int(found[-1][1] or 0)) if found else None


def place_of(
    url: str,
    service: ServiceType,
    *,
    project_id: Callable[[], str | None],
    offered: Callable[[str], Collection[Version]],
) -> Place:
    """Make an endpoint's URL one that verbs can be put on: with its version, without a last slash.

    Fills in ``%(project_id)s`` and its like, which clouds.yaml and hand-written addresses may hold;
    `project_id` is called only where it is filled in. `offered` asks the address for its versions, and
    gives none if it does not say; it is called only if the URL names none and there is a choice.
    Raises `EndpointMissing` if none is one of ours.
    """
    for hole in ("%(project_id)s", "%(tenant_id)s", "$(project_id)s", "$(tenant_id)s"):
        if hole in url:
            url = url.replace(hole, project_id() or "")
    parts = urlsplit(url)
    bare = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
    if version := named_version(bare):
        return Place(url=bare, version=version)
    spoken = SPOKEN[service]
    version = _best(service, offered(bare), bare) if len(spoken) > 1 else next(iter(spoken))
    path = spoken[version]
    if "{project_id}" in path:
        path = path.format(project_id=project_id() or "").rstrip("/")
    return Place(url=bare + path, version=version)


def _best(service: ServiceType, offered: Collection[Version], url: str) -> Version:
    spoken = SPOKEN[service]
    if not offered:
        return next(iter(spoken))
    for version in spoken:
        if version in offered:
            return version
    raise EndpointMissing(
        f"{service} at {url} speaks {written(offered)}; the driver speaks {written(spoken)}",
        service=service,
    )


def written(versions: Collection[Version]) -> str:
    """Write versions for people."""
    return ", ".join(f"{major}.{minor}" for major, minor in versions)


def versions_in(document: bytes) -> tuple[Version, ...]:
    """Read a service's list of its versions; none if it is no such list.

    Nova answers it with 200, Cinder and Glance with 300; older ones wrap it in ``values``.
    """
    try:
        return tuple(_versions(msgspec.json.decode(document)))
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        return ()


def _versions(document: Any) -> Iterator[Version]:  # Any: what a stranger's service says
    listed = document["versions"]
    for entry in listed["values"] if isinstance(listed, dict) else listed:
        if found := _ID.fullmatch(entry["id"]):
            yield int(found[1]), int(found[2] or 0)
