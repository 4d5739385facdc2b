"""What a server shows, microversion by microversion."""

import pytest

from tests.unit.emulator.conftest import InProcess

SERVERS = "/compute/v2.1/servers"
ALWAYS = {
    "id", "name", "status", "tenant_id", "user_id", "metadata", "hostId", "image", "flavor",
    "created", "updated", "addresses", "accessIPv4", "accessIPv6", "links", "progress",
    "OS-DCF:diskConfig", "OS-EXT-AZ:availability_zone", "config_drive", "key_name",
    "OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at", "security_groups",
    "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state",
    "os-extended-volumes:volumes_attached",
}  # fmt: skip
SINCE = {
    "2.9": {"locked"},
    "2.19": {"description"},
    "2.26": {"tags"},
    "2.63": {"trusted_image_certificates"},
    "2.71": {"server_groups"},
    "2.73": {"locked_reason"},
    "2.90": {"OS-EXT-SRV-ATTR:hostname"},
    "2.96": {"pinned_availability_zone"},
    "2.100": {"scheduler_hints"},
}


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


@pytest.mark.parametrize(
    "version", ["2.1", "2.3", "2.8", *SINCE, "2.18", "2.25", "2.62", "2.70", "2.72", "2.89"]
)
def test_each_version_shows_what_it_may_and_no_more(cloud: InProcess, version: str) -> None:
    server_id = cloud.a_server()["id"]
    expected = ALWAYS.union(
        *(names for at, names in SINCE.items() if number(at) <= number(version))
    )
    assert cloud.server(server_id, version=version).keys() == expected
    (listed,) = cloud.call("GET", f"{SERVERS}/detail", version=version).json["servers"]
    assert listed.keys() == expected - {"server_groups"}


def test_the_flavor_is_a_link_until_2_46_and_its_numbers_from_there(cloud: InProcess) -> None:
    server_id = cloud.a_server()["id"]
    old = cloud.server(server_id, version="2.46")["flavor"]
    assert old["id"] == "1"
    assert old["links"][0]["href"] == "http://cloud.test:8774/compute/flavors/1"
    assert cloud.server(server_id, version="2.47")["flavor"] == {
        "vcpus": 1, "ram": 64, "disk": 1, "ephemeral": 0, "swap": 0,
        "original_name": "tiny", "extra_specs": {},
    }  # fmt: skip


def test_the_image_shows_its_properties_from_2_98(cloud: InProcess) -> None:
    server_id = cloud.a_server(imageRef=cloud.image_id("debian-12"))["id"]
    assert "properties" not in cloud.server(server_id, version="2.97")["image"]
    properties = cloud.server(server_id, version="2.98")["image"]["properties"]
    assert properties["os_distro"] == "debian"


def test_administrators_see_where_it_is(cloud: InProcess) -> None:
    server_id = cloud.a_server(user_data="aGVsbG8=")["id"]
    path = f"{SERVERS}/{server_id}"
    assert cloud.call("GET", path, user="admin", version="2.3").status == 200
    shown = cloud.server(server_id, version="2.3", user="admin")
    assert shown["OS-EXT-SRV-ATTR:host"] == "emulator-1"
    assert shown["OS-EXT-SRV-ATTR:instance_name"] == "instance-00000001"
    assert shown["OS-EXT-SRV-ATTR:user_data"] == "aGVsbG8="
    old = cloud.server(server_id, version="2.2", user="admin")
    assert "OS-EXT-SRV-ATTR:user_data" not in old
    assert cloud.server(server_id, version="2.16", user="admin")["host_status"] == "UP"


def test_the_host_id_hides_the_host_and_differs_by_project(cloud: InProcess) -> None:
    ours = cloud.a_server()["hostId"]
    cloud.cloud.seed_servers(1, project="admin")
    (theirs,) = cloud.call("GET", f"{SERVERS}/detail", user="admin").json["servers"]
    assert len(ours) == 56
    assert ours != theirs["hostId"]


def test_floating_addresses_stand_beside_the_fixed_one(cloud: InProcess) -> None:
    server = cloud.a_server()
    (port,) = cloud.call("GET", f"/network/v2.0/ports?device_id={server['id']}").json["ports"]
    wish = {"floating_network_id": cloud.network_id("public"), "port_id": port["id"]}
    made = cloud.call("POST", "/network/v2.0/floatingips", {"floatingip": wish})
    address = made.json["floatingip"]["floating_ip_address"]
    (shown,) = cloud.call("GET", f"{SERVERS}/detail").json["servers"]
    kinds = [(entry["OS-EXT-IPS:type"], entry["addr"]) for entry in shown["addresses"]["lab"]]
    assert kinds == [("fixed", "10.20.0.2"), ("floating", address)]


def test_ten_thousand_servers_list_fully_and_a_page_costs_no_more_than_a_page(
    cloud: InProcess,
) -> None:
    """Counted, not timed: how many servers had to be encoded for each listing."""
    cloud.cloud.seed_servers(10_000)
    views = cloud.cloud.compute.views
    target, seen, pages = f"{SERVERS}/detail?limit=1000", set[str](), 0
    while target:
        before = views.encoded
        body = cloud.call("GET", target, version="2.90").json
        assert views.encoded - before == len(body["servers"])
        seen |= {server["id"] for server in body["servers"]}
        links = body.get("servers_links", [])
        target = links[0]["href"] if links else ""
        pages += 1
    assert len(seen) == 10_000
    assert pages == 11, "the last full page points to an empty one, as Nova's does"


def test_a_listing_repeated_encodes_only_what_has_changed(cloud: InProcess) -> None:
    servers = cloud.cloud.seed_servers(100)
    views = cloud.cloud.compute.views
    cloud.call("GET", f"{SERVERS}/detail", version="2.90")
    before = views.encoded
    cloud.call("PUT", f"{SERVERS}/{servers[3].id}", {"server": {"name": "renamed"}})
    cloud.call("GET", f"{SERVERS}/detail", version="2.95")
    assert views.encoded - before == 1


def test_a_question_for_changes_looks_at_the_changed_only(cloud: InProcess) -> None:
    servers = cloud.cloud.seed_servers(100)
    cloud.advance(60)
    cloud.act(servers[5].id, "lock")
    views = cloud.cloud.compute.views
    before = views.encoded
    body = cloud.call("GET", f"{SERVERS}/detail?changes-since=2026-03-01T12:00:30Z").json
    assert [server["id"] for server in body["servers"]] == [servers[5].id]
    assert views.encoded - before == 1


def test_clients_under_different_names_get_their_own_links(cloud: InProcess) -> None:
    cloud.a_server()
    for host in ("one.test", "two.test"):
        reply = cloud.call("GET", f"{SERVERS}/detail", headers={"host": host})
        link = reply.json["servers"][0]["links"][0]["href"]
        assert link.startswith(f"http://{host}/compute/v2.1/servers/")
