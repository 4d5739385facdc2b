"""Which ledger rows a node stands on."""

import itertools

from leasehold.engine.cloud import Flavor, Image, Kind, Network, ObjectId
from leasehold.lab.blueprint import Site, rows_for
from leasehold.lab.config import VolumeConfig
from leasehold.lab.model import LeaseId, NodeName
from leasehold.lab.recipe import Recipe
from tests.unit.lab.builders import NOW, a_type

NETWORKS = (Network(id="net-1", name="lab"), Network(id="net-2", name="storage"))
RECIPE = Recipe(
    image=Image(id="i", name="debian"),
    flavor=Flavor(id="f", name="small", cores=2, ram_mib=4096, disk_gib=20),
    networks=NETWORKS[:1],
    security_group_ids=None,
    floating_network=None,
)


def a_recipe(**fields: object) -> Recipe:
    return Recipe(**({name: getattr(RECIPE, name) for name in Recipe.__struct_fields__} | fields))


def planned(recipe: Recipe = RECIPE, zone: str | None = None, **fields: object):
    numbers = itertools.count(1)
    site = Site(
        node=NodeName("demo001"),
        lease=LeaseId("lease-1"),
        now=NOW,
        new_id=lambda kind: ObjectId(f"{kind.value}-{next(numbers)}"),
        zone=zone,
    )
    rows = rows_for(site, a_type(**fields), recipe, ("ssh-ed25519 AAAA",))
    assert all((row.subject, row.lease, row.cloud) == ("demo001", "lease-1", "c") for row in rows)
    assert len({row.id for row in rows}) == len(rows)
    before: set[ObjectId] = set()
    for row in rows:
        assert set(row.needs) <= before, "what is needed comes first"
        before.add(row.id)
    return rows


def test_a_plain_node_is_a_port_and_a_server() -> None:
    port, server = planned()
    assert (port.kind, server.kind) == (Kind.PORT, Kind.SERVER)
    assert server.spec.ports == (port.id,)
    assert (server.spec.name, server.spec.flavor_id, server.spec.image_id) == ("demo001", "f", "i")
    assert (server.spec.cores, server.spec.ram_mib) == (2, 4096)
    assert server.patience == 600


def test_the_mark_in_the_user_data_is_the_servers_id() -> None:
    _, server = planned()
    assert f"echo {server.id} >" in server.spec.user_data
    assert "ssh-ed25519 AAAA" in server.spec.user_data


def test_a_port_for_each_network_in_order_with_the_groups_asked_for() -> None:
    *ports, server = planned(a_recipe(networks=NETWORKS, security_group_ids=("g",)))
    assert [port.spec.network_id for port in ports] == ["net-1", "net-2"]
    assert {port.spec.security_group_ids for port in ports} == {("g",)}
    assert server.spec.ports == tuple(port.id for port in ports)


def test_a_boot_volume_takes_the_place_of_the_image() -> None:
    _, volume, server = planned(boot_volume_gib=30, boot_volume_type="fast")
    assert volume.spec.volume_type == "fast"
    assert (volume.spec.size_gib, volume.spec.image_id) == (30, "i")
    assert (server.spec.boot_volume, server.spec.image_id) == (volume.id, None)


def test_each_extra_volume_comes_with_its_attachment() -> None:
    sizes = (VolumeConfig(size_gib=5), VolumeConfig(size_gib=7, type="fast"))
    _, server, *rest = planned(volumes=sizes)
    assert [row.kind for row in rest] == [Kind.VOLUME, Kind.ATTACHMENT] * 2
    assert [row.spec.name for row in rest[::2]] == ["demo001-1", "demo001-2"]
    assert rest[2].spec.volume_type == "fast"
    assert {row.spec.server for row in rest[1::2]} == {server.id}


def test_volumes_of_one_kind_are_counted_on() -> None:
    kinds = (VolumeConfig(size_gib=5, count=2), VolumeConfig(size_gib=7))
    volumes = [row for row in planned(volumes=kinds) if row.kind is Kind.VOLUME]
    assert [(row.spec.name, row.spec.size_gib) for row in volumes] == [
        ("demo001-1", 5),
        ("demo001-2", 5),
        ("demo001-3", 7),
    ]


def test_a_floating_ip_is_bound_to_the_first_port() -> None:
    recipe = a_recipe(networks=NETWORKS, floating_network=Network(id="pub", name="public"))
    rows = planned(recipe)
    assert rows[-1].kind is Kind.FLOATING_IP
    assert (rows[-1].spec.network_id, rows[-1].spec.port) == ("pub", rows[0].id)


def test_what_the_machine_type_says_reaches_the_server() -> None:
    fields = {
        "key": "ann",
        "metadata": {"team": "qa"},
        "config_drive": True,
        "boot_patience": "90s",
    }
    _, server = planned(zone="west", **fields)
    assert (server.spec.key_name, server.spec.metadata) == ("ann", {"team": "qa"})
    assert (server.spec.availability_zone, server.spec.config_drive) == ("west", True)
    assert server.patience == 90
