"""What Nova asks of Neutron."""

import pytest

from leasehold.emulator import Quota
from leasehold.emulator.http import Fault
from leasehold.emulator.network.networking import Networking
from tests.unit.emulator.conftest import InProcess

SERVER = "4f2b5a9e-0000-4000-8000-000000000001"


def state_of(cloud: InProcess) -> tuple[Networking, str]:
    return cloud.cloud.network.state, cloud.cloud.project("demo").id


def test_a_server_may_be_put_on_ones_own_networks_only(cloud: InProcess) -> None:
    state, project_id = state_of(cloud)
    assert [network.name for network in state.networks_for(project_id)] == ["lab"]
    assert state.networks_for("nobody") == []


def test_a_port_made_for_a_server_is_bound_later(cloud: InProcess) -> None:
    state, project_id = state_of(cloud)
    port = state.create_port(project_id, cloud.network_id(), server_id=SERVER)
    assert (port.status, port.made_by_nova, port.security_groups) == ("DOWN", True, ("default",))
    state.bind_port(port.id, SERVER, "host-1")
    (bound,) = state.ports_of(SERVER)
    assert (bound.id, bound.status) == (port.id, "ACTIVE")


def test_a_port_of_ones_own_stays_when_its_server_goes(cloud: InProcess) -> None:
    state, project_id = state_of(cloud)
    wish = {"port": {"network_id": cloud.network_id()}}
    port_id = cloud.call("POST", "/network/v2.0/ports", wish).json["port"]["id"]
    state.bind_port(port_id, SERVER, "host-1")
    state.unbind_port(port_id)
    port = state.port(project_id, port_id)
    assert port is not None
    assert (port.device_id, port.status, port.made_by_nova) == ("", "DOWN", False)
    assert state.ports_of(SERVER) == []


def test_ports_are_listed_in_the_order_they_were_plugged(cloud: InProcess) -> None:
    state, project_id = state_of(cloud)
    made = [
        state.create_port(project_id, cloud.network_id(), server_id=SERVER).id for _ in range(5)
    ]
    assert [port.id for port in state.ports_of(SERVER)] == made


def test_deleting_a_port_that_is_gone_is_no_error(cloud: InProcess) -> None:
    state_of(cloud)[0].delete_port("nope")
    state_of(cloud)[0].unbind_port("nope")


def test_groups_are_set_on_every_port_of_a_server(cloud: InProcess) -> None:
    state, project_id = state_of(cloud)
    state.create_port(project_id, cloud.network_id(), server_id=SERVER)
    wish = {"security_group": {"name": "web"}}
    cloud.call("POST", "/network/v2.0/security-groups", wish)
    group_id = state.security_group(project_id, "web")
    assert group_id is not None
    state.set_security_group(SERVER, group_id, present=True)
    assert state.ports_of(SERVER)[0].security_groups == ("default", "web")
    state.set_security_group(SERVER, group_id, present=False)
    assert state.ports_of(SERVER)[0].security_groups == ("default",)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("10.20.0.1", "Fixed IP address 10.20.0.1 is already in use."),
        ("1.2.3.4", "Fixed IP 1.2.3.4 is not a valid ip address for network {network}."),
    ],
)
def test_an_address_that_cannot_be_had_is_told_in_novas_words(
    cloud: InProcess, address: str, message: str
) -> None:
    state, project_id = state_of(cloud)
    network_id = cloud.network_id()
    with pytest.raises(Fault) as caught:
        state.create_port(project_id, network_id, server_id=SERVER, fixed_ip=address)
    assert caught.value.status == 400
    assert caught.value.message == message.format(network=network_id)


def test_ports_beyond_the_quota_are_told_in_novas_words(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(port=1))
    state, project_id = state_of(cloud)
    with pytest.raises(Fault) as caught:
        state.create_port(project_id, cloud.network_id(), server_id=SERVER)
    assert (caught.value.status, caught.value.message) == (403, "Maximum number of ports exceeded")
