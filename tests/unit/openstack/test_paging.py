import msgspec

from leasehold.openstack.compute.server import SERVERS


def a_page(*servers: dict[str, object]) -> bytes:
    return msgspec.json.encode({"servers": list(servers)})


def test_equal_flavors_and_hosts_of_a_page_are_kept_once() -> None:
    flavor = {"original_name": "small", "vcpus": 1, "ram": 512, "disk": 5}
    page = a_page(
        {"id": "1", "flavor": flavor, "hostId": "a" * 56},
        {"id": "2", "flavor": flavor, "hostId": "a" * 56},
        {"id": "3", "flavor": flavor | {"ram": 1024}, "hostId": "b" * 56},
    )
    (one, two, three), following = SERVERS.decode(page)
    assert one.flavor is two.flavor
    assert one.host_id is two.host_id
    assert (three.flavor.ram, three.host_id) == (1024, "b" * 56)
    assert following is None


def test_only_the_query_of_the_next_page_is_followed() -> None:
    link = {"rel": "next", "href": "http://inner-host/servers/detail?limit=2&marker=9"}
    page = msgspec.json.encode({"servers": [], "servers_links": [link]})
    assert SERVERS.decode(page)[1] == (("limit", "2"), ("marker", "9"))
