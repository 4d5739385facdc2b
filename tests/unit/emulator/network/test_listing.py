"""Filters, fields, order and pages of Neutron's listings."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.emulator.conftest import BASE, InProcess

PORTS = "/network/v2.0/ports"


def a_port(cloud: InProcess, **fields: Any) -> Any:
    given = {"network_id": cloud.network_id(), **fields}
    reply = cloud.call("POST", PORTS, {"port": given})
    assert reply.status == 201, reply.body
    return reply.json["port"]


def listed(cloud: InProcess, query: str, user: str = "demo") -> list[Any]:
    reply = cloud.call("GET", f"{PORTS}?{query}", user=user)
    assert reply.status == 200, reply.body
    ports: list[Any] = reply.json["ports"]
    return ports


def names(cloud: InProcess, query: str) -> list[str]:
    return [port["name"] for port in listed(cloud, query)]


def refusal(cloud: InProcess, query: str) -> tuple[int | None, str, str]:
    reply = cloud.call("GET", f"{PORTS}?{query}")
    error = reply.json["NeutronError"]
    return reply.status, error["type"], error["message"]


def test_a_listing_is_in_the_order_of_ids(cloud: InProcess) -> None:
    for _ in range(5):
        a_port(cloud)
    ids = [port["id"] for port in listed(cloud, "")]
    assert ids == sorted(ids)


def test_several_values_of_a_filter_mean_any_of_them(cloud: InProcess) -> None:
    for name in ("one", "two", "three"):
        a_port(cloud, name=name)
    assert sorted(names(cloud, "name=one&name=two")) == ["one", "two"]


def test_several_filters_mean_all_of_them(cloud: InProcess) -> None:
    a_port(cloud, name="one", device_id="x")
    a_port(cloud, name="one", device_id="y")
    assert len(listed(cloud, "name=one&device_id=y")) == 1


def test_an_empty_filter_finds_the_empty_field(cloud: InProcess) -> None:
    a_port(cloud, name="", description="nameless")
    a_port(cloud, name="named")
    found = listed(cloud, "name=&device_owner=")
    assert [port["description"] for port in found] == ["nameless"]


def test_tenant_id_is_the_old_word_for_project_id(cloud: InProcess) -> None:
    port = a_port(cloud, name="mine")
    assert names(cloud, f"tenant_id={port['project_id']}&name=mine") == ["mine"]
    assert names(cloud, "tenant_id=nobody") == []


def test_truth_is_spelt_in_several_ways(cloud: InProcess) -> None:
    a_port(cloud, name="down", admin_state_up=False)
    for word in ("False", "false", "0"):
        assert names(cloud, f"admin_state_up={word}") == ["down"]


def test_ports_are_found_by_address_part_of_it_and_subnet(cloud: InProcess) -> None:
    port = a_port(cloud, name="it", fixed_ips=[{"ip_address": "10.20.30.40"}])
    subnet_id = port["fixed_ips"][0]["subnet_id"]
    assert names(cloud, "fixed_ips=ip_address%3D10.20.30.40") == ["it"]
    assert names(cloud, "fixed_ips=ip_address_substr%3D.30.4") == ["it"]
    assert "it" in names(cloud, f"fixed_ips=subnet_id%3D{subnet_id}")
    assert names(cloud, "fixed_ips=ip_address%3D10.20.30.41") == []


def test_ports_are_found_by_mac_address_in_any_case(cloud: InProcess) -> None:
    port = a_port(cloud, name="it")
    assert names(cloud, f"mac_address={quote(port['mac_address'].upper())}") == ["it"]


def test_ports_are_found_by_security_group(cloud: InProcess) -> None:
    port = a_port(cloud, name="guarded")
    a_port(cloud, name="bare", security_groups=[])
    assert names(cloud, f"security_groups={port['security_groups'][0]}") == ["guarded"]


def test_tags_are_filters_too(cloud: InProcess) -> None:
    for name, tags in (("red", ["r"]), ("both", ["r", "g"]), ("none", [])):
        port = a_port(cloud, name=name, device_id="tagged")
        cloud.call("PUT", f"{PORTS}/{port['id']}/tags", {"tags": tags})
    assert sorted(names(cloud, "tags=r")) == ["both", "red"]
    assert names(cloud, "tags=r,g") == ["both"]
    assert sorted(names(cloud, "tags-any=g,x")) == ["both"]
    assert sorted(names(cloud, "device_id=tagged&not-tags=r,g")) == ["none", "red"]
    assert names(cloud, "device_id=tagged&not-tags-any=r,g") == ["none"]


def test_only_the_fields_asked_for_are_shown(cloud: InProcess) -> None:
    port = a_port(cloud, name="it")
    assert listed(cloud, "name=it&fields=id&fields=name") == [{"id": port["id"], "name": "it"}]
    shown = cloud.call("GET", f"{PORTS}/{port['id']}?fields=name").json["port"]
    assert shown == {"name": "it"}


@pytest.mark.parametrize("field", ["zzz", "binding:vnic_type", "created_at", "changed_since"])
def test_what_is_no_filter_is_refused(cloud: InProcess, field: str) -> None:
    assert refusal(cloud, f"{quote(field)}=1") == (
        400,
        "HTTPBadRequest",
        f"['{field}'] is invalid attribute for filtering",
    )


def test_a_page_links_to_the_next_and_the_previous(cloud: InProcess) -> None:
    for index in range(3):
        a_port(cloud, name=f"p{index}", device_id="paged")
    path = f"{PORTS}?device_id=paged&fields=id&limit=2"
    first = cloud.call("GET", path).json
    second = cloud.call("GET", first["ports_links"][0]["href"]).json
    ids = [port["id"] for port in first["ports"] + second["ports"]]
    assert len(ids) == 3
    assert [link["rel"] for link in first["ports_links"]] == ["next", "previous"]
    assert [link["rel"] for link in second["ports_links"]] == ["previous"]
    assert first["ports_links"][0]["href"] == f"{BASE}{path}&marker={ids[1]}"
    back = cloud.call("GET", second["ports_links"][0]["href"]).json
    assert [port["id"] for port in back["ports"]] == ids[:2]


def test_without_a_limit_there_are_no_links(cloud: InProcess) -> None:
    assert "ports_links" not in cloud.call("GET", PORTS).json
    assert "ports_links" not in cloud.call("GET", f"{PORTS}?limit=0").json


def test_a_marker_that_is_gone_is_not_found(cloud: InProcess) -> None:
    assert refusal(cloud, "limit=2&marker=nope") == (
        404,
        "PortNotFound",
        "Port nope could not be found.",
    )


def test_a_marker_that_a_filter_hides_still_marks_its_place(cloud: InProcess) -> None:
    ports = sorted((a_port(cloud, device_id="d") for _ in range(3)), key=lambda port: port["id"])
    cloud.call("PUT", f"{PORTS}/{ports[0]['id']}", {"port": {"device_id": "e"}})
    found = listed(cloud, f"device_id=d&limit=5&marker={ports[0]['id']}")
    assert [port["id"] for port in found] == [port["id"] for port in ports[1:]]


def test_order_is_by_any_field_that_can_be_sorted_by(cloud: InProcess) -> None:
    for name in ("b", "c", "a"):
        a_port(cloud, name=name, device_id="sorted")
    query = "device_id=sorted&sort_key=name&sort_dir="
    assert names(cloud, f"{query}asc") == ["a", "b", "c"]
    assert names(cloud, f"{query}desc") == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("sort_key=zzz&sort_dir=asc", "['zzz'] is invalid attribute for sort_keys"),
        ("sort_key=fixed_ips&sort_dir=asc", "['fixed_ips'] is invalid attribute for sort_keys"),
        ("sort_key=name", "The number of sort_keys and sort_dirs must be same"),
        (
            "sort_key=name&sort_dir=up",
            "['up'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'",
        ),
        (
            "limit=few",
            "Bad limit request: Limit must be an integer 0 or greater and not 'few'.",
        ),
        (
            "admin_state_up=perhaps",
            "Invalid input for operation: 'perhaps' cannot be converted to boolean.",
        ),
        ("fixed_ips=1.2.3.4", ("Invalid input for operation: '1.2.3.4' is not of the form "
         "<key>=[value].")),
    ],
)  # fmt: skip
def test_a_wrong_query_is_told_in_neutrons_words(
    cloud: InProcess, query: str, message: str
) -> None:
    status, _, told = refusal(cloud, query)
    assert (status, told) == (400, message)
