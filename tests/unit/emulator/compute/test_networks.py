"""Networks through Nova: its own on a cloud without Neutron."""

from leasehold.emulator.identity.catalog_entries import READY_MADE
from tests.unit.emulator.conftest import InProcess

OWN = "/compute/v2/os-networks"
TENANT = "/compute/v2/os-tenant-networks"


def old_cloud() -> InProcess:
    return InProcess(catalog=READY_MADE["old"])


def test_a_cloud_without_neutron_makes_networks_with_their_addresses() -> None:
    cloud = old_cloud()
    body = {"network": {"label": "more", "cidr": "10.9.0.0/24"}}
    made = cloud.call("POST", OWN, body, user="admin").json["network"]
    assert {name: made[name] for name in ("label", "cidr", "netmask", "gateway", "broadcast")} == {
        "label": "more",
        "cidr": "10.9.0.0/24",
        "netmask": "255.255.255.0",
        "gateway": "10.9.0.1",
        "broadcast": "10.9.0.255",
    }
    assert "vlan" in made
    assert cloud.call("GET", f"{OWN}/{made['id']}", user="admin").json == {"network": made}
    assert cloud.call("DELETE", f"{OWN}/{made['id']}", user="admin").status == 202
    assert cloud.call("GET", f"{OWN}/{made['id']}", user="admin").status == 404


def test_only_an_administrator_makes_networks_for_everybody() -> None:
    cloud = old_cloud()
    reply = cloud.call("POST", OWN, {"network": {"label": "more", "cidr": "10.9.0.0/24"}})
    assert reply.status == 403
    (_, lab) = cloud.call("GET", OWN).json["networks"]
    assert (lab["label"], lab["cidr"], lab["dns1"]) == ("lab", "10.20.0.0/16", "127.0.0.1")
    assert "vlan" not in lab
    assert cloud.call("DELETE", f"{OWN}/{lab['id']}").status == 403


def test_a_project_makes_networks_of_its_own_and_deletes_only_those() -> None:
    cloud = old_cloud()
    body = {"network": {"label": "mine", "cidr_v6": "fd00:9::/64"}}
    made = cloud.call("POST", TENANT, body).json["network"]
    assert made == {"id": made["id"], "label": "mine", "cidr": "fd00:9::/64"}
    assert cloud.call("GET", f"{TENANT}/{made['id']}").json == {"network": made}
    labels = [network["label"] for network in cloud.call("GET", TENANT).json["networks"]]
    assert labels == ["public", "lab", "mine"]
    by_label = {n["label"]: n["id"] for n in cloud.call("GET", TENANT).json["networks"]}
    assert cloud.call("DELETE", f"{TENANT}/{by_label['public']}").status == 404
    assert cloud.call("DELETE", f"{TENANT}/{by_label['lab']}").status == 409
    assert cloud.call("DELETE", f"{TENANT}/{made['id']}").status == 202


def test_a_network_without_a_label_or_a_proper_range_is_refused() -> None:
    cloud = old_cloud()
    for network, message in (
        ({"cidr": "10.9.0.0/24"}, "Network label is required"),
        ({"label": "x" * 256}, "Maximum allowed length for 'label' is 255."),
        ({"label": "more"}, "Network cidr or cidr_v6 is required"),
        (
            {"label": "more", "cidr": "10.9.0.0/99"},
            (
                "Invalid input for field/attribute cidr. Value: 10.9.0.0/99. "
                "'10.9.0.0/99' is not a 'cidr'"
            ),
        ),
    ):
        reply = cloud.call("POST", TENANT, {"network": network})
        assert (reply.status, reply.message) == (400, message)


def test_from_2_36_it_is_the_other_services_business(cloud: InProcess) -> None:
    for path in ("os-networks", "os-tenant-networks", "os-volumes", "os-snapshots"):
        assert cloud.call("GET", f"/compute/v2.1/{path}", version="2.35").status == 200
        assert cloud.call("GET", f"/compute/v2.1/{path}", version="2.36").status == 404
