"""Ports plugged into a server that lives already."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import InProcess, Reply

NOWHERE = "11111111-2222-3333-4444-555555555555"


def interfaces(server: Any) -> str:
    return f"/compute/v2.1/servers/{server['id']}/os-interface"


def attach(cloud: InProcess, server: Any, **given: Any) -> Reply:
    return cloud.call("POST", interfaces(server), {"interfaceAttachment": given}, version="2.70")


def a_port(cloud: InProcess) -> str:
    reply = cloud.call("POST", "/network/v2.0/ports", {"port": {"network_id": cloud.network_id()}})
    return str(reply.json["port"]["id"])


def test_a_port_is_plugged_and_unplugged_and_lives_on(cloud: InProcess) -> None:
    server, port_id = cloud.a_server(), a_port(cloud)
    plugged = attach(cloud, server, port_id=port_id, tag="back").json["interfaceAttachment"]
    assert (plugged["port_id"], plugged["port_state"], plugged["tag"]) == (
        port_id,
        "ACTIVE",
        "back",
    )
    assert len(cloud.server(server["id"])["addresses"]["lab"]) == 2
    assert cloud.call("DELETE", f"{interfaces(server)}/{port_id}").status == 202
    cloud.advance(2)
    assert len(cloud.server(server["id"])["addresses"]["lab"]) == 1
    port = cloud.call("GET", f"/network/v2.0/ports/{port_id}").json["port"]
    assert port["device_id"] == ""


def test_a_port_made_for_it_goes_when_it_is_unplugged(cloud: InProcess) -> None:
    server = cloud.a_server()
    for given in ({"net_id": cloud.network_id()}, {}):
        plugged = attach(cloud, server, **given).json["interfaceAttachment"]
        cloud.call("DELETE", f"{interfaces(server)}/{plugged['port_id']}")
        cloud.advance(2)
        assert cloud.call("GET", f"/network/v2.0/ports/{plugged['port_id']}").status == 404


def test_an_address_can_be_chosen(cloud: InProcess) -> None:
    wish = {"net_id": cloud.network_id(), "fixed_ips": [{"ip_address": "10.20.9.9"}]}
    plugged = attach(cloud, cloud.a_server(), **wish).json["interfaceAttachment"]
    assert plugged["fixed_ips"][0]["ip_address"] == "10.20.9.9"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"net_id": NOWHERE}, 404),
        ({"port_id": NOWHERE}, 404),
        ({"net_id": NOWHERE, "port_id": NOWHERE}, 400),
        ({"fixed_ips": [{"ip_address": "10.20.9.9"}]}, 400),
    ],
)
def test_what_cannot_be_plugged_is_refused(
    cloud: InProcess, given: dict[str, Any], status: int
) -> None:
    assert attach(cloud, cloud.a_server(), **given).status == status


def test_a_port_in_use_is_a_conflict(cloud: InProcess) -> None:
    port_id = a_port(cloud)
    cloud.a_server(networks=[{"port": port_id}])
    assert attach(cloud, cloud.a_server(), port_id=port_id).status == 409


def test_a_server_shows_its_own_ports_only(cloud: InProcess) -> None:
    server = cloud.a_server()
    (own,) = cloud.call("GET", interfaces(server)).json["interfaceAttachments"]
    assert cloud.call("GET", f"{interfaces(server)}/{own['port_id']}").status == 200
    assert cloud.call("GET", f"{interfaces(server)}/{a_port(cloud)}").status == 404
    assert cloud.call("DELETE", f"{interfaces(server)}/{NOWHERE}").status == 404


def test_a_server_that_is_built_takes_no_port(cloud: InProcess) -> None:
    assert attach(cloud, cloud.a_server(built=False)).status == 409
