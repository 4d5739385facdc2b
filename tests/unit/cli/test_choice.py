from datetime import UTC, datetime

import pytest

from leasehold.cli.choice import Choice, NothingToChoose, Seen, choose, user_of
from leasehold.engine.cloud import Limit, Limits
from leasehold.openstack.compute.flavor import Flavor
from leasehold.openstack.image.image import Image
from leasehold.openstack.network import Network, Subnet
from leasehold.openstack.network.security_group import SecurityGroup, SecurityGroupRule


def an_image(name: str, year: int = 2024, **values: object) -> Image:
    fields = {
        "id": f"id-{name}", "name": name, "status": "active", "visibility": "public",
        "created_at": datetime(year, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    return Image(**{**fields, **values})


def a_flavor(name: str, ram: int, disk: int = 20, cores: int = 1, **values: object) -> Flavor:
    return Flavor(id=name, name=name, ram=ram, disk=disk, vcpus=cores, **values)


def a_network(name: str = "private", **values: object) -> Network:
    fields = {"id": f"net-{name}", "name": name, "subnet_ids": [f"sub-{name}"], "project_id": "us"}
    return Network(**{**fields, **values})


def a_group(name: str, *rules: SecurityGroupRule) -> SecurityGroup:
    return SecurityGroup(id=f"group-{name}", name=name, rules=list(rules))


def a_rule(**values: object) -> SecurityGroupRule:
    fields = {"id": "r", "security_group_id": "g", "direction": "ingress", "ethertype": "IPv4"}
    return SecurityGroupRule(**{**fields, **values})


SSH = a_rule(protocol="tcp", port_range_min=22, port_range_max=22)
PUBLIC = a_network("public", project_id="operator", is_external=True)


def chosen(**values: object) -> Choice:
    fields = {
        "project_id": "us",
        "images": [an_image("debian-12")],
        "flavors": [a_flavor("small", 2048)],
        "networks": [a_network(), PUBLIC],
        "subnets": [Subnet(id="sub-private", network_id="net-private", cidr="10.0.0.0/24")],
        "security_groups": [a_group("default", SSH)],
        "key_pairs": [],
        "limits": Limits(),
    }
    return choose(Seen(**{**fields, **values}))


@pytest.mark.parametrize(
    ("name", "distro", "user"),
    [
        ("Debian 12 (bookworm)", None, "debian"),
        ("ubuntu-24.04-server", None, "ubuntu"),
        ("Rocky-9-GenericCloud", None, "rocky"),
        ("CentOS Stream 9", None, "cloud-user"),
        ("CentOS 7", None, "centos"),
        ("RHEL 9", "rhel", "cloud-user"),
        ("golden-image-17", "ubuntu", "ubuntu"),
        ("cirros-0.6.2", None, "cirros"),
        ("golden-image-17", None, None),
        ("Windows Server 2022", "windows", None),
    ],
)
def test_the_account_is_known_by_distribution_or_name(
    name: str, distro: str | None, user: str | None
) -> None:
    assert user_of(an_image(name, os_distro=distro)) == user


def test_the_newest_public_image_of_a_known_distribution_is_taken() -> None:
    images = [
        an_image("debian-11", 2021), an_image("debian-12", 2024),
        an_image("windows-2025", 2025), an_image("cirros", 2025),
        an_image("my-debian-snapshot", 2025, visibility="private"),
        an_image("debian-13", 2025, status="queued"), an_image("debian-14", 2025, os_hidden=True),
    ]  # fmt: skip
    found = chosen(images=images)
    assert (found.image.name, found.ssh_user, found.ready) == ("debian-12", "debian", "sentinel")


def test_an_unknown_image_is_better_than_none_and_is_called_a_guess() -> None:
    found = chosen(images=[an_image("golden")])
    assert found.ssh_user == "root"
    assert "guess" in found.image_why


def test_an_image_without_cloud_init_is_ready_by_ssh_and_gets_a_key_pair() -> None:
    found = chosen(images=[an_image("cirros-0.6")], key_pairs=["ann"])
    assert (found.ready, found.key) == ("ssh", "ann")


def test_the_smallest_flavor_with_a_gibibyte_is_taken() -> None:
    flavors = [a_flavor("nano", 64), a_flavor("big", 8192), a_flavor("fits", 1024, disk=10)]
    assert chosen(flavors=flavors).flavor.name == "fits"


def test_the_flavor_has_what_the_image_demands() -> None:
    flavors = [a_flavor("a", 1024, disk=5), a_flavor("b", 2048, disk=5), a_flavor("c", 4096)]
    images = [an_image("debian-12", min_disk=10, min_ram=2048)]
    assert chosen(flavors=flavors, images=images).flavor.name == "c"


def test_a_flavor_without_a_disk_boots_from_a_volume() -> None:
    found = chosen(flavors=[a_flavor("diskless", 2048, disk=0)])
    assert found.boot_volume_gib == 10


def test_a_cloud_of_tiny_flavors_gives_its_largest() -> None:
    found = chosen(flavors=[a_flavor("nano", 64), a_flavor("micro", 256)])
    assert found.flavor.name == "micro"


def test_the_projects_own_network_is_reached_by_a_floating_ip() -> None:
    found = chosen()
    assert (found.network.name, found.floating_ip) == ("private", "public")


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"networks": [a_network()]}, "no external network"),
        ({"limits": Limits(floating_ips=Limit(total=0))}, "quota of them is 0"),
        ({"here": ["10.0.0.7"]}, "on the network itself"),
        (
            {"subnets": [Subnet(id="s", network_id="net-private", cidr="127.64.0.0/10")]},
            "on this machine",
        ),
        (
            {"networks": [a_network("provider", project_id="operator", is_shared=True), PUBLIC]},
            "provider",
        ),
        ({"networks": [a_network("ext", is_external=True, is_shared=True)]}, "itself is external"),
    ],
)
def test_without_need_there_is_no_floating_ip(values: dict, why: str) -> None:
    found = chosen(**values)
    assert found.floating_ip is None
    assert why in found.floating_why


@pytest.mark.parametrize(
    "rule",
    [
        a_rule(protocol="udp"),
        a_rule(protocol="tcp", port_range_min=80, port_range_max=443),
        a_rule(direction="egress"),
        a_rule(remote_group_id="group-default"),
        a_rule(ethertype="IPv6"),
    ],
)
def test_a_default_group_that_keeps_ssh_out_is_told_with_the_remedy(
    rule: SecurityGroupRule,
) -> None:
    found = chosen(security_groups=[a_group("default", rule)])
    assert found.security_group is None
    assert "--dst-port 22" in found.security_remedy


def test_a_group_that_lets_ssh_in_is_taken_when_the_default_does_not() -> None:
    found = chosen(security_groups=[a_group("default"), a_group("ssh", SSH)])
    assert (found.security_group, found.security_remedy) == ("ssh", None)


@pytest.mark.parametrize(
    ("limits", "nodes", "named"),
    [
        (Limits(), 10, "room"),
        (Limits(servers=Limit(total=5, used=2)), 3, "servers"),
        (Limits(cores=Limit(total=4)), 4, "cores"),
        (Limits(ram_mib=Limit(total=4096)), 2, "RAM"),
        (Limits(floating_ips=Limit(total=1)), 1, "floating IPs"),
        (Limits(servers=Limit(total=5, used=5)), 1, "servers"),
        (Limits(servers=Limit(total=500)), 10, "room"),
    ],
)
def test_the_quota_limits_the_nodes(limits: Limits, nodes: int, named: str) -> None:
    found = chosen(limits=limits)
    assert found.nodes == nodes
    assert named in found.nodes_why


@pytest.mark.parametrize("kind", ["images", "flavors", "networks"])
def test_a_cloud_without_the_needful_says_what_is_missing(kind: str) -> None:
    with pytest.raises(NothingToChoose, match=kind[:-1]):
        chosen(**{kind: []})
