"""Servers, ports, floating IPs and volumes as sightings, with the tag that proves them ours."""

from collections.abc import Mapping
from datetime import UTC, datetime

from leasehold.engine.cloud import CloudId, Kind, Sighting, Tag
from leasehold.openstack.compute import Fault, Server
from leasehold.openstack.network import FloatingIp, Port
from leasehold.openstack.volume import Snapshot, Volume

METADATA_KEY = "leasehold"
KEEP_KEY = "leasehold-keep"
"""Where what holds data carries its tag: under a key that no sweep ever looked for."""
DESCRIPTION_PREFIX = "leasehold:"


def described(tag: Tag) -> str:
    """Write a tag as the description of a port or a floating IP, which have no metadata."""
    return f"{DESCRIPTION_PREFIX}{tag}"


def server_sighting(server: Server) -> Sighting:
    """See a server. One of a cell that is down has no metadata, and so no tag: its id must do."""
    return Sighting(
        kind=Kind.SERVER,
        cloud_id=CloudId(server.id),
        tag=Tag.parse(server.metadata.get(METADATA_KEY)),
        name=server.name,
        status=server.status.upper(),
        addresses=server.addresses_of("fixed") + server.addresses_of("floating"),
        fault=_fault(server.fault),
        created_at=_aware(server.created),
    )


def port_sighting(port: Port) -> Sighting:
    """See a port."""
    return Sighting(
        kind=Kind.PORT,
        cloud_id=CloudId(port.id),
        tag=_described_tag(port.description),
        name=port.name,
        status=port.status.upper(),
        addresses=tuple(ip.ip_address for ip in port.fixed_ips if ip.ip_address),
        attached_to=(CloudId(port.device_id),) if port.device_id else (),
        created_at=_aware(port.created_at),
    )


def floating_ip_sighting(floating_ip: FloatingIp) -> Sighting:
    """See a floating IP; its address is its name."""
    return Sighting(
        kind=Kind.FLOATING_IP,
        cloud_id=CloudId(floating_ip.id),
        tag=_described_tag(floating_ip.description),
        name=floating_ip.floating_ip_address,
        status=floating_ip.status.upper(),
        addresses=(floating_ip.floating_ip_address,),
        attached_to=(CloudId(floating_ip.port_id),) if floating_ip.port_id else (),
        created_at=_aware(floating_ip.created_at),
    )


def volume_sighting(volume: Volume) -> Sighting:
    """See a volume, and which servers, or hosts outside Nova, hold it."""
    return Sighting(
        kind=Kind.VOLUME,
        cloud_id=CloudId(volume.id),
        tag=_tag(volume.metadata),
        name=volume.name or "",
        status=volume.status.upper(),
        attached_to=tuple(CloudId(each.holder) for each in volume.attachments),
        size_gib=volume.size,
        created_at=_aware(volume.created_at),
    )


def snapshot_sighting(snapshot: Snapshot) -> Sighting:
    """See a snapshot."""
    return Sighting(
        kind=Kind.SNAPSHOT,
        cloud_id=CloudId(snapshot.id),
        tag=Tag.parse(snapshot.metadata.get(KEEP_KEY), keep=True),
        name=snapshot.name or "",
        status=snapshot.status.upper(),
        size_gib=snapshot.size,
        created_at=_aware(snapshot.created_at),
    )


def marked(tag: Tag, metadata: Mapping[str, str]) -> dict[str, str]:
    """Metadata with a tag in them."""
    return {**metadata, KEEP_KEY if tag.keep else METADATA_KEY: str(tag)}


def _tag(metadata: Mapping[str, str]) -> Tag | None:
    kept = Tag.parse(metadata.get(KEEP_KEY), keep=True)
    return kept or Tag.parse(metadata.get(METADATA_KEY))


def _described_tag(description: str | None) -> Tag | None:
    """Read a tag, never out of a description that only looks like one."""
    ours = (description or "").startswith(DESCRIPTION_PREFIX)
    return Tag.parse(description) if ours else None


def _fault(fault: Fault | None) -> str | None:
    if fault is None:
        return None
    return f"{fault.message} (code {fault.code})" if fault.code else fault.message


def _aware(moment: datetime | None) -> datetime | None:
    """OpenStack's times are UTC, also where it does not say so."""
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
