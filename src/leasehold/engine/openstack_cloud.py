"""The engine's seam to a cloud, on the OpenStack driver."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import msgspec

from leasehold.engine.cloud import (
    AttachmentSpec,
    Cloud,
    CloudId,
    CloudRefused,
    FloatingIpSpec,
    Kind,
    Limits,
    Listing,
    Offers,
    PortSpec,
    RecordSpec,
    Refusal,
    ServerSpec,
    Sighting,
    SnapshotSpec,
    Spec,
    Tag,
    VolumeSpec,
)
from leasehold.engine.openstack_offers import limits_of, offers_of
from leasehold.engine.openstack_refusals import told
from leasehold.engine.openstack_sightings import (
    METADATA_KEY,
    described,
    floating_ip_sighting,
    marked,
    port_sighting,
    server_sighting,
    snapshot_sighting,
    volume_sighting,
)
from leasehold.openstack import Connection, NotFound
from leasehold.openstack.compute import BlockDevice, BootVolume, ServerNetwork
from leasehold.openstack.network import FixedIp


class OpenStackCloud(Cloud):
    """One OpenStack project in one region.

    Give it a connection with ``retries=0``: the engine repeats calls itself, within its budget,
    and a thread of its pool should not sit out somebody's Retry-After.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, kind: Kind, since: datetime | None = None) -> Listing:
        """See `Cloud.list`. Only Nova has deltas."""
        with told():
            if kind is Kind.SERVER:
                return self._servers(since)
            return Listing(kind=kind, sightings=tuple(self._sightings(kind)), complete=True)

    def _servers(self, since: datetime | None) -> Listing:
        sightings: list[Sighting] = []
        as_of = None
        for number, page in enumerate(self._connection.compute.server_pages(changes_since=since)):
            if number == 0 and page.date:
                as_of = page.date - timedelta(seconds=page.elapsed)
            sightings += map(server_sighting, page.items)
        return Listing(
            kind=Kind.SERVER,
            sightings=tuple(sightings),
            complete=since is None,
            since=since,
            as_of=as_of,
        )

    def _sightings(self, kind: Kind) -> Iterator[Sighting]:
        cloud = self._connection
        match kind:
            # An administrator is shown everybody's ports and addresses, but only the own volumes.
            case Kind.PORT:
                return map(
                    port_sighting, cloud.network.ports(project_id=cloud.identity().project_id)
                )
            case Kind.FLOATING_IP:
                listed = cloud.network.floating_ips(project_id=cloud.identity().project_id)
                return map(floating_ip_sighting, listed)
            case Kind.VOLUME:
                return map(volume_sighting, cloud.volume.volumes())
            case Kind.SNAPSHOT:
                return map(snapshot_sighting, cloud.volume.snapshots())
            case _:
                raise ValueError(f"{kind} has no listing of its own")

    def make(self, spec: Spec, tag: Tag) -> Sighting:
        """See `Cloud.make`."""
        with told():
            match spec:
                case ServerSpec():
                    return self._make_server(spec, tag)
                case PortSpec():
                    return self._make_port(spec, tag)
                case FloatingIpSpec():
                    return self._make_floating_ip(spec, tag)
                case VolumeSpec():
                    return self._make_volume(spec, tag)
                case SnapshotSpec():
                    return self._make_snapshot(spec, tag)
                case AttachmentSpec():
                    return self._make_attachment(spec)
                case RecordSpec():
                    raise ValueError("records are a name server's")

    def _make_server(self, spec: ServerSpec, tag: Tag) -> Sighting:
        made = self._connection.compute.create_server(
            name=spec.name,
            flavor_id=spec.flavor_id,
            image_id=spec.image_id,
            boot_volume=BootVolume(volume_id=spec.boot_volume) if spec.boot_volume else None,
            block_devices=[
                BlockDevice(**msgspec.structs.asdict(each)) for each in spec.block_devices
            ],
            networks=None
            if spec.network_by_cloud
            else [ServerNetwork(port=port) for port in (*spec.ports, *spec.foreign_ports)],
            security_groups=spec.security_groups,
            key_name=spec.key_name,
            user_data=spec.user_data,
            metadata={**spec.metadata, METADATA_KEY: str(tag)},
            availability_zone=spec.availability_zone,
            config_drive=spec.config_drive,
            scheduler_hints=spec.scheduler_hints,
            extra=spec.extra,
        )
        cloud_id = CloudId(made.id)
        # Nova's answer to a create is but the id; this is what the next listing will say.
        return Sighting(
            kind=Kind.SERVER, cloud_id=cloud_id, tag=tag, name=spec.name, status="BUILD"
        )

    def _make_port(self, spec: PortSpec, tag: Tag) -> Sighting:
        made = self._connection.network.create_port(
            network_id=spec.network_id,
            name=spec.name,
            description=described(tag),
            security_group_ids=spec.security_group_ids,
            fixed_ips=[FixedIp(ip_address=spec.fixed_ip)] if spec.fixed_ip else None,
        )
        return port_sighting(made)

    def _make_floating_ip(self, spec: FloatingIpSpec, tag: Tag) -> Sighting:
        made = self._connection.network.create_floating_ip(
            network_id=spec.network_id, port_id=spec.port, description=described(tag)
        )
        return floating_ip_sighting(made)

    def _make_volume(self, spec: VolumeSpec, tag: Tag) -> Sighting:
        if spec.adopt_id is not None:
            return self._adopt(spec.adopt_id, tag)
        made = self._connection.volume.create_volume(
            size=spec.size_gib,
            name=spec.name,
            volume_type=spec.volume_type,
            availability_zone=spec.availability_zone,
            image_id=spec.image_id,
            snapshot_id=spec.snapshot_id,
            source_volume_id=spec.source_id,
            metadata=marked(tag, spec.metadata),
        )
        return volume_sighting(made)

    def _adopt(self, volume_id: str, tag: Tag) -> Sighting:
        """Write our tag on a volume that somebody else made. Refused if it is of another Leasehold."""
        volume = self._connection.volume.volume(volume_id)
        found = volume_sighting(volume)
        if found.tag not in (None, tag):
            text = f"volume {volume_id} belongs to {found.tag} already"
            raise CloudRefused(text, why=Refusal.BAD_REQUEST)
        self._connection.volume.update_volume_metadata(volume_id, marked(tag, {}))
        return msgspec.structs.replace(found, tag=tag)

    def _make_snapshot(self, spec: SnapshotSpec, tag: Tag) -> Sighting:
        made = self._connection.volume.create_snapshot(
            volume_id=spec.volume, name=spec.name, force=True, metadata=marked(tag, spec.metadata)
        )
        return snapshot_sighting(made)

    def _make_attachment(self, spec: AttachmentSpec) -> Sighting:
        self._connection.compute.create_volume_attachment(spec.server, spec.volume)
        cloud_id = CloudId(f"{spec.server}/{spec.volume}")
        return Sighting(kind=Kind.ATTACHMENT, cloud_id=cloud_id, status="ATTACHED")

    def delete(self, kind: Kind, cloud_id: CloudId) -> bool:
        """See `Cloud.delete`."""
        with told():
            try:
                self._deleter(kind)(cloud_id)
            except NotFound:
                return False
            return True

    def _deleter(self, kind: Kind) -> Callable[[str], None]:
        cloud = self._connection
        match kind:
            case Kind.SERVER:
                return cloud.compute.delete_server
            case Kind.PORT:
                return cloud.network.delete_port
            case Kind.FLOATING_IP:
                return cloud.network.delete_floating_ip
            case Kind.VOLUME:
                return cloud.volume.delete_volume
            case Kind.SNAPSHOT:
                return cloud.volume.delete_snapshot
            case Kind.ATTACHMENT:
                return self._detach
            case Kind.RECORD:
                raise ValueError("records are a name server's")

    def _detach(self, cloud_id: str) -> None:
        server, _, volume = cloud_id.partition("/")
        self._connection.compute.delete_volume_attachment(server, volume)

    def grow(self, volume: CloudId, size_gib: int) -> None:
        """See `Cloud.grow`."""
        with told():
            self._connection.volume.extend_volume(volume, size=size_gib)

    def find(self, kind: Kind, cloud_id: CloudId) -> Sighting | None:
        """See `Cloud.find`."""
        with told():
            try:
                if kind is Kind.SERVER:
                    return server_sighting(self._connection.compute.server(cloud_id))
                if kind is Kind.VOLUME:
                    return volume_sighting(self._connection.volume.volume(cloud_id))
            except NotFound:
                return None
        raise ValueError(f"{kind} is not looked for by itself")

    def limits(self) -> Limits:
        """See `Cloud.limits`."""
        with told():
            return limits_of(self._connection)

    def console(self, server: CloudId, lines: int) -> str:
        """See `Cloud.console`."""
        with told():
            return self._connection.compute.console_output(server, lines=lines)

    def offers(self) -> Offers:
        """See `Cloud.offers`."""
        with told():
            return offers_of(self._connection)
