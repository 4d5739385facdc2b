"""The engine's seam on OpenStack: what it makes is seen again, with our tag, until it is gone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from tests.contract.quota import SetQuota
from tests.contract.tenant import Tenant, until

from leasehold.engine.cloud import (
    AttachmentSpec,
    CloudId,
    CloudRefused,
    FloatingIpSpec,
    Installation,
    Kind,
    ObjectId,
    PortSpec,
    Refusal,
    ServerSpec,
    Sighting,
    SnapshotSpec,
    Spec,
    Tag,
    VolumeSpec,
)
from leasehold.engine.openstack_cloud import OpenStackCloud
from leasehold.openstack import Connection

NOBODY = str(UUID(int=0xDEAD))


@pytest.fixture
def seam(cloud: Tenant, connection: Connection) -> OpenStackCloud:
    """The seam; what is made through it is ended with the tenant's other things."""
    cloud.compute.made.add("servers")
    cloud.network.made |= {"ports", "floatingips"}
    cloud.volume.made |= {"volumes", "snapshots"}
    return OpenStackCloud(connection)


def a_tag(name: str) -> Tag:
    return Tag(installation=Installation("contract"), object=ObjectId(name))


def seen(seam: OpenStackCloud, kind: Kind, cloud_id: str) -> Sighting | None:
    """The object in a full listing; None when it is not in it."""
    listing = seam.list(kind)
    assert listing.complete
    return next((s for s in listing.sightings if s.cloud_id == cloud_id), None)


def becomes(seam: OpenStackCloud, sighting: Sighting, status: str | None) -> Sighting | None:
    """Wait until listings show the object with that status, or no more for None."""

    def is_so() -> bool:
        found = seen(seam, sighting.kind, sighting.cloud_id)
        return (found.status if found else None) == status

    until(is_so)
    return seen(seam, sighting.kind, sighting.cloud_id)


def test_a_servers_life_with_port_address_and_volume(cloud: Tenant, seam: OpenStackCloud) -> None:
    port = seam.make(
        PortSpec(name="p", network_id=cloud.network_id, security_group_ids=()), a_tag("port-1")
    )
    address = seam.make(
        FloatingIpSpec(network_id=cloud.external_network_id, port=port.cloud_id),
        a_tag("floating_ip-1"),
    )
    volume = seam.make(VolumeSpec(name="v", size_gib=1), a_tag("volume-1"))
    server = seam.make(
        ServerSpec(
            name="node-1",
            flavor_id=cloud.flavor_id,
            image_id=cloud.image_id,
            ports=(port.cloud_id,),
            user_data="#cloud-config\n",
            metadata={"purpose": "contract"},
        ),
        a_tag("server-1"),
    )
    assert (server.status, volume.status) == ("BUILD", "CREATING")

    active = becomes(seam, server, "ACTIVE")
    assert active is not None
    assert active.addresses[0] == port.addresses[0]
    assert active.created_at is not None
    for made, name in (
        (port, "port-1"),
        (address, "floating_ip-1"),
        (volume, "volume-1"),
        (server, "server-1"),
    ):
        again = seen(seam, made.kind, made.cloud_id)
        assert again is not None
        assert again.tag == made.tag == a_tag(name)
    bound = seen(seam, Kind.PORT, port.cloud_id)
    assert bound is not None
    assert bound.attached_to == (server.cloud_id,)

    becomes(seam, volume, "AVAILABLE")
    attachment = seam.make(
        AttachmentSpec(server=server.cloud_id, volume=volume.cloud_id), a_tag("attachment-1")
    )
    assert attachment.cloud_id == f"{server.cloud_id}/{volume.cloud_id}"
    held = becomes(seam, volume, "IN-USE")
    assert held is not None
    assert held.attached_to == (server.cloud_id,)
    with pytest.raises(CloudRefused) as caught:
        seam.delete(Kind.VOLUME, volume.cloud_id)
    assert caught.value.why is Refusal.CONFLICT

    assert seam.delete(Kind.ATTACHMENT, attachment.cloud_id)
    becomes(seam, volume, "AVAILABLE")
    for made in (server, volume, address):
        assert seam.delete(made.kind, made.cloud_id)
        becomes(seam, made, None)
    assert seam.delete(Kind.PORT, port.cloud_id)
    becomes(seam, port, None)


def test_a_delta_shows_the_deleted_by_their_id(cloud: Tenant, seam: OpenStackCloud) -> None:
    now = datetime.now(UTC)
    as_of = seam.list(Kind.SERVER).as_of or now  # not every web server says what time it has
    assert abs(as_of - now) < timedelta(minutes=1)
    spec = ServerSpec(
        name="n",
        flavor_id=cloud.flavor_id,
        image_id=cloud.image_id,
        ports=(cloud.a_port()["id"],),
    )
    server = seam.make(spec, a_tag("server-2"))
    becomes(seam, server, "ACTIVE")
    seam.delete(Kind.SERVER, server.cloud_id)
    becomes(seam, server, None)

    delta = seam.list(Kind.SERVER, since=as_of - timedelta(seconds=1))
    assert not delta.complete
    (gone,) = (s for s in delta.sightings if s.cloud_id == server.cloud_id)
    # Nova forgets the metadata of what it deletes, and with it our tag.
    assert (gone.status, gone.tag) == ("DELETED", None)


def test_what_others_made_has_no_tag_of_ours(cloud: Tenant, seam: OpenStackCloud) -> None:
    made = {
        Kind.SERVER: cloud.a_server(metadata={"owner": "somebody"}),
        Kind.VOLUME: cloud.a_volume(),
        Kind.PORT: cloud.a_port(description="a/b")["id"],
        Kind.FLOATING_IP: cloud.a_floating_ip(description="installation/x")["id"],
    }
    for kind, cloud_id in made.items():
        found = seen(seam, kind, cloud_id)
        assert found is not None
        assert found.tag is None


def test_a_server_that_fits_no_host_tells_why(cloud: Tenant, seam: OpenStackCloud) -> None:
    flavor = {"name": "contract-seam", "ram": 64, "vcpus": 1, "disk": 1_000_000}
    flavor_id = cloud.admin.compute.post("/flavors", {"flavor": flavor}).one["id"]
    try:
        spec = ServerSpec(
            name="n",
            flavor_id=flavor_id,
            image_id=cloud.image_id,
            ports=(cloud.a_port()["id"],),
        )
        made = seam.make(spec, a_tag("server-3"))
        failed = becomes(seam, made, "ERROR")
        with pytest.raises(CloudRefused) as silent:
            seam.console(made.cloud_id, 1)
        assert silent.value.why is Refusal.CONFLICT
    finally:
        cloud.admin.compute.delete(f"/flavors/{flavor_id}")
    assert failed is not None
    assert failed.fault == "No valid host was found.  (code 500)"


def test_a_console_shows_its_last_lines_and_a_server_without_a_host_has_none(
    cloud: Tenant, seam: OpenStackCloud
) -> None:
    server_id = CloudId(cloud.a_server())
    whole = seam.console(server_id, 100).splitlines()
    assert seam.console(server_id, 1).splitlines() == whole[-1:]
    assert whole
    with pytest.raises(CloudRefused) as unknown:
        seam.console(CloudId(NOBODY), 1)
    assert unknown.value.why is Refusal.NOT_FOUND


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.RECORD])
def test_what_is_not_there_cannot_be_deleted(seam: OpenStackCloud, kind: Kind) -> None:
    unknown = f"{NOBODY}/{NOBODY}" if kind is Kind.ATTACHMENT else NOBODY
    assert seam.delete(kind, CloudId(unknown)) is False


def test_an_object_is_asked_to_end_twice_without_harm(cloud: Tenant, seam: OpenStackCloud) -> None:
    server_id = CloudId(cloud.a_server())
    assert seam.delete(Kind.SERVER, server_id)
    seam.delete(Kind.SERVER, server_id)
    until(lambda: seen(seam, Kind.SERVER, server_id) is None)
    assert seam.delete(Kind.SERVER, server_id) is False


REFUSED: dict[str, tuple[Callable[[Tenant], Spec], Refusal, str]] = {
    "image": (
        lambda cloud: ServerSpec(name="n", flavor_id=cloud.flavor_id, image_id=NOBODY),
        Refusal.NOT_FOUND,
        "Can not find requested image",
    ),
    "flavor": (
        lambda cloud: ServerSpec(name="n", flavor_id=NOBODY, image_id=cloud.image_id),
        Refusal.NOT_FOUND,
        f"Flavor {NOBODY} could not be found",
    ),
    "key pair": (
        lambda cloud: ServerSpec(
            name="n", flavor_id=cloud.flavor_id, image_id=cloud.image_id, key_name="nope"
        ),
        Refusal.NOT_FOUND,
        "Invalid key_name provided",
    ),
    "port of a server": (
        lambda cloud: ServerSpec(
            name="n", flavor_id=cloud.flavor_id, image_id=cloud.image_id, ports=(NOBODY,)
        ),
        Refusal.NOT_FOUND,
        f"Port id {NOBODY} could not be found",
    ),
    "network": (
        lambda cloud: PortSpec(name="p", network_id=NOBODY),
        Refusal.NOT_FOUND,
        f"Network {NOBODY} could not be found",
    ),
    "port of an address": (
        lambda cloud: FloatingIpSpec(network_id=cloud.external_network_id, port=NOBODY),
        Refusal.NOT_FOUND,
        f"Port {NOBODY} could not be found",
    ),
    "volume type": (
        lambda cloud: VolumeSpec(name="v", size_gib=1, volume_type="nope"),
        Refusal.NOT_FOUND,
        "Volume type with name nope could not be found",
    ),
    "volume": (
        lambda cloud: AttachmentSpec(server=cloud.a_server(), volume=NOBODY),
        Refusal.NOT_FOUND,
        f"Volume {NOBODY} could not be found",
    ),
    "metadata": (
        lambda cloud: VolumeSpec(name="v", size_gib=1, metadata={"k": "v" * 300}),
        Refusal.BAD_REQUEST,
        "",
    ),
}


@pytest.mark.parametrize(("spec", "why", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_says_which_kind_it_is(
    cloud: Tenant,
    seam: OpenStackCloud,
    spec: Callable[[Tenant], Spec],
    why: Refusal,
    message: str,
) -> None:
    with pytest.raises(CloudRefused) as caught:
        seam.make(spec(cloud), a_tag("refused"))
    assert caught.value.why is why
    assert message in caught.value.message
    assert (caught.value.request_id or "").startswith("req-")


def test_a_quota_is_a_refusal_where_waiting_can_help(
    cloud: Tenant, seam: OpenStackCloud, quota: SetQuota
) -> None:
    port = cloud.a_port()["id"]
    quota("compute", instances=0)
    quota("volume", volumes=0)
    quota("network", floatingip=0)
    for spec in (
        ServerSpec(name="n", flavor_id=cloud.flavor_id, image_id=cloud.image_id, ports=(port,)),
        VolumeSpec(name="v", size_gib=1),
        FloatingIpSpec(network_id=cloud.external_network_id, port=port),
    ):
        with pytest.raises(CloudRefused) as caught:
            seam.make(spec, a_tag("refused"))
        assert caught.value.why is Refusal.QUOTA


def test_limits_and_offers_are_read(cloud: Tenant, seam: OpenStackCloud, quota: SetQuota) -> None:
    cloud.a_server()
    quota("compute", instances=7, cores=-1)
    limits = seam.limits()
    assert (limits.servers.total, limits.servers.used) == (7, 1)
    assert (limits.cores.total, limits.cores.used) == (None, 1)
    assert limits.ports.used >= 1

    offers = seam.offers()
    assert cloud.image_id in {image.id for image in offers.images}
    assert cloud.flavor_id in {flavor.id for flavor in offers.flavors}
    networks = {network.name: network for network in offers.networks}
    assert networks["public"].external
    assert networks[cloud.network_name].subnets == (cloud.subnet_id,)
    assert "default" in {group.name for group in offers.security_groups}
    assert offers.volume_types
    assert "nova" in {zone.name for zone in offers.availability_zones}


# -- what holds data ---------------------------------------------------------------------------------


def a_kept_tag(name: str) -> Tag:
    return Tag(installation=Installation("contract"), object=ObjectId(name), keep=True)


def a_kept_volume(seam: OpenStackCloud, **fields: object) -> Sighting:
    """One that is there, with the tag of what holds data."""
    spec = VolumeSpec(**({"name": "data", "size_gib": 1, "keep": True} | fields))
    made = seam.make(spec, a_kept_tag("volume-1"))
    found = becomes(seam, made, "AVAILABLE")
    assert found is not None
    return found


def test_a_volume_of_data_is_marked_so_that_no_sweep_finds_it(
    cloud: Tenant, seam: OpenStackCloud
) -> None:
    volume = a_kept_volume(seam, metadata={"team": "web"})
    assert (volume.tag, volume.size_gib) == (a_kept_tag("volume-1"), 1)
    metadata = cloud.volume.get(f"/volumes/{volume.cloud_id}").one["metadata"]
    assert metadata == {"team": "web", "leasehold-keep": "contract/volume-1"}


def test_a_volume_grows_alone_and_under_a_server_of_others(
    cloud: Tenant, seam: OpenStackCloud
) -> None:
    volume = a_kept_volume(seam)
    seam.grow(volume.cloud_id, 2)

    def has(size: int) -> bool:
        found = seam.find(Kind.VOLUME, volume.cloud_id)
        return found is not None and found.size_gib == size and found.status != "EXTENDING"

    until(lambda: has(2))
    with pytest.raises(CloudRefused) as caught:
        seam.grow(volume.cloud_id, 2)
    assert caught.value.why is Refusal.BAD_REQUEST

    server = cloud.a_server()
    pair = seam.make(
        AttachmentSpec(server=server, volume=volume.cloud_id, foreign=True), a_kept_tag("a-1")
    )
    held = becomes(seam, volume, "IN-USE")
    assert held is not None
    assert held.attached_to == (server,)
    with pytest.raises(CloudRefused) as caught:
        seam.make(
            AttachmentSpec(server=cloud.a_server(), volume=volume.cloud_id, foreign=True),
            a_kept_tag("a-2"),
        )
    assert caught.value.why is Refusal.CONFLICT
    seam.grow(volume.cloud_id, 3)
    until(lambda: has(3))
    assert seam.delete(Kind.ATTACHMENT, pair.cloud_id)
    becomes(seam, volume, "AVAILABLE")


def test_a_snapshot_and_what_is_made_of_it(seam: OpenStackCloud) -> None:
    volume = a_kept_volume(seam)
    snapshot = seam.make(SnapshotSpec(name="s", volume=volume.cloud_id), a_kept_tag("snapshot-1"))
    there = becomes(seam, snapshot, "AVAILABLE")
    assert there is not None
    assert (there.tag, there.size_gib) == (a_kept_tag("snapshot-1"), 1)
    with pytest.raises(CloudRefused) as caught:
        seam.delete(Kind.VOLUME, volume.cloud_id)  # it has a snapshot
    assert caught.value.why in (Refusal.BAD_REQUEST, Refusal.CONFLICT)

    of_snapshot = a_kept_volume(seam, snapshot_id=snapshot.cloud_id)
    of_volume = a_kept_volume(seam, source_id=volume.cloud_id)
    for made in (of_snapshot, of_volume):
        assert seam.delete(Kind.VOLUME, made.cloud_id)
        becomes(seam, made, None)
    assert seam.delete(Kind.SNAPSHOT, snapshot.cloud_id)
    becomes(seam, snapshot, None)
    assert seam.delete(Kind.VOLUME, volume.cloud_id)
    becomes(seam, volume, None)


def test_a_volume_of_somebody_is_adopted_and_none_of_another_leasehold(
    cloud: Tenant, seam: OpenStackCloud
) -> None:
    volume_id = cloud.a_volume(metadata={"theirs": "yes"})
    spec = VolumeSpec(name="", size_gib=0, keep=True, adopt_id=volume_id)
    for _ in range(2):
        adopted = seam.make(spec, a_kept_tag("volume-2"))
        assert (adopted.cloud_id, adopted.tag) == (volume_id, a_kept_tag("volume-2"))
    found = seen(seam, Kind.VOLUME, volume_id)
    assert found is not None
    assert found.tag == a_kept_tag("volume-2")
    assert cloud.volume.get(f"/volumes/{volume_id}").one["metadata"]["theirs"] == "yes"
    other = Tag(installation=Installation("another"), object=ObjectId("volume-9"), keep=True)
    with pytest.raises(CloudRefused, match="contract/volume-2"):
        seam.make(spec, other)


def test_a_server_of_others_is_found_until_the_cloud_says_that_there_is_none(
    cloud: Tenant, seam: OpenStackCloud
) -> None:
    server = CloudId(cloud.a_server())
    found = seam.find(Kind.SERVER, server)
    assert found is not None
    assert (found.status, found.tag) == ("ACTIVE", None)
    seam.delete(Kind.SERVER, server)
    until(lambda: seam.find(Kind.SERVER, server) is None)
    assert seam.find(Kind.VOLUME, CloudId(NOBODY)) is None
