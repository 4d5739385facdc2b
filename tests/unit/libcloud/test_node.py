"""Which addresses of a server Libcloud calls public."""

import pytest
from libcloud.utils.networking import is_public_subnet

from leasehold.libcloud.node import NovaServer, node_of


def ips(address: str, network: str = "lab", **more: str) -> tuple[list[str], list[str]]:
    server = NovaServer(id="s", addresses={network: [{"addr": address, **more}]})
    node = node_of(server, driver=None, service_name="nova")
    return node.public_ips, node.private_ips


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "100.64.0.1", "11.0.0.1", "127.0.0.1", "172.15.0.1", "172.16.0.1"),
        *("172.31.255.254", "172.32.0.1", "192.167.0.1", "192.168.0.1", "192.169.0.1", "8.8.8.8"),
    ],
)
def test_an_ipv4_address_is_public_where_libcloud_says_so(address: str) -> None:
    public, private = ips(address)
    assert (public or private) == [address]
    assert bool(public) is is_public_subnet(address)


@pytest.mark.parametrize(
    ("network", "kind", "public"),
    [
        ("public", "fixed", True),
        ("internet", "fixed", True),
        ("lab", "floating", True),
        ("lab", "fixed", False),
    ],
)
def test_an_ipv6_address_is_public_by_its_network_or_its_kind(
    network: str, kind: str, public: bool
) -> None:
    found = ips("2001:db8::1", network, **{"OS-EXT-IPS:type": kind})
    assert found == ((["2001:db8::1"], []) if public else ([], ["2001:db8::1"]))


def test_a_server_of_a_cell_that_is_down_is_a_node_of_unknown_state() -> None:
    """Libcloud raises KeyError: Nova tells no name, no addresses and no links of it."""
    node = node_of(NovaServer(id="s"), driver=None, service_name="nova")
    assert (node.id, str(node.state), node.created_at) == ("s", "unknown", None)
