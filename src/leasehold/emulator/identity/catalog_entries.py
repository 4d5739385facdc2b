"""What the catalog is to show: entries of one's own, or one of the ready-made lists."""

from collections.abc import Iterable

import msgspec

REGION = "RegionOne"
PROJECT = "$(project_id)s"


class CatalogEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One service in one region. Entries of the same type and name are one service."""

    type: str
    name: str
    path: str
    """Below the emulator's address, or a whole URL; may hold ``$(project_id)s``."""
    region: str | None = REGION
    """None: the endpoint is of no region, as the first clouds had it."""
    urls: dict[str, str] = {}
    """Other places for ``public``, ``internal`` or ``admin``; empty for no such endpoint."""


def entries(catalog: str | Iterable[CatalogEntry]) -> tuple[CatalogEntry, ...]:
    """The ready-made list of that name, or the given one; raises ValueError for no such name."""
    if not isinstance(catalog, str):
        return tuple(catalog)
    if catalog not in READY_MADE:
        names = ", ".join(READY_MADE)
        raise ValueError(f"there is no catalog {catalog!r}: the emulator has {names}")
    return READY_MADE[catalog]


def region_of(catalog: Iterable[CatalogEntry]) -> str:
    """The first region that is named; the usual one where none is."""
    return next((entry.region for entry in catalog if entry.region is not None), REGION)


def _entries(
    *services: tuple[str, str, str], regions: tuple[str | None, ...] = (REGION,)
) -> tuple[CatalogEntry, ...]:
    return tuple(
        CatalogEntry(type=service_type, name=name, path=path, region=region)
        for service_type, name, path in services
        for region in regions
    )


_MODERN = (
    ("identity", "keystone", "/identity/v3"),
    ("compute", "nova", "/compute/v2.1"),
    ("image", "glance", "/image"),
    ("network", "neutron", "/network"),
    ("block-storage", "cinder", "/volume/v3"),
    ("volumev3", "cinderv3", f"/volume/v3/{PROJECT}"),
    ("reservation", "blazar", "/reservation/v1"),
)
_RACKSPACE = ("DFW", "ORD")

READY_MADE: dict[str, tuple[CatalogEntry, ...]] = {
    "modern": _entries(*_MODERN),
    "old": _entries(
        ("identity", "keystone", "/identity/v2.0"),
        ("compute", "nova", f"/compute/v2/{PROJECT}"),
        ("image", "glance", "/image"),
        ("volume", "cinder", f"/volume/v1/{PROJECT}"),
        ("volumev2", "cinderv2", f"/volume/v2/{PROJECT}"),
    ),
    "oldest": _entries(
        ("identity", "keystone", "/identity/v2.0"),
        ("compute", "nova", f"/compute/v1.1/{PROJECT}"),
        ("image", "glance", "/image"),
    ),
    "rackspace": (
        *_entries(("compute", "cloudServers", f"/compute/v1.0/{PROJECT}"), regions=(None,)),
        *_entries(
            ("compute", "cloudServersOpenStack", f"/compute/v2/{PROJECT}"),
            ("image", "cloudImages", "/image/v2"),
            ("network", "cloudNetworks", "/network/v2.0"),
            ("volume", "cloudBlockStorage", f"/volume/v1/{PROJECT}"),
            ("object-store", "cloudFiles", f"/storage/v1/MossoCloudFS_{PROJECT}"),
            ("rax:object-cdn", "cloudFilesCDN", f"/cdn/v1/MossoCloudFS_{PROJECT}"),
            regions=_RACKSPACE,
        ),
    ),
    "regions": _entries(*_MODERN, regions=(REGION, "RegionTwo")),
    "renamed": _entries(
        ("identity", "Identity", "/identity/v3"),
        ("compute", "Compute", "/compute/v2.1"),
        ("image", "Images", "/image"),
        ("network", "Networking", "/network"),
        ("block-storage", "Block Storage", "/volume/v3"),
    ),
    "unversioned": _entries(
        ("identity", "keystone", "/identity"),
        ("compute", "nova", "/compute"),
        ("image", "glance", "/image"),
        ("network", "neutron", "/network"),
        ("block-storage", "cinder", "/volume"),
    ),
    "versioned": _entries(
        ("identity", "keystone", "/identity/v3"),
        ("compute", "nova", f"/compute/v2.1/{PROJECT}"),
        ("image", "glance", "/image/v2"),
        ("network", "neutron", "/network/v2.0"),
        ("volumev3", "cinderv3", f"/volume/v3/{PROJECT}"),
    ),
    "empty": (),
}
"""What clouds of different ages and makers show; the last endpoints of Rackspace's lead nowhere."""
