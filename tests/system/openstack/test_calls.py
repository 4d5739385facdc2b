"""How many calls things cost, by the emulator's count."""

from concurrent.futures import ThreadPoolExecutor

from leasehold.emulator import Emulator
from leasehold.openstack import Connection
from leasehold.openstack.compute import ServerNetwork

from .conftest import connected


def test_one_token_serves_all_services_and_no_versions_are_asked_for(
    emulator: Emulator, connection: Connection
) -> None:
    list(connection.compute.servers())
    list(connection.image.images())
    list(connection.network.ports())
    list(connection.volume.volumes())
    assert emulator.requests.of("identity") == 1
    assert emulator.requests.total == 5


def test_ten_thousand_servers_are_listed_in_full_pages_and_each_is_there_once(
    emulator: Emulator, connection: Connection
) -> None:
    made = {server.id for server in emulator.seed_servers(10_000)}
    seen = [server.id for server in connection.compute.servers()]
    assert len(seen) == 10_000
    assert set(seen) == made
    # Nova links from every full page to a next one, so the eleventh is empty.
    assert emulator.requests.of("compute", "GET") == 11


def test_an_expired_token_costs_threads_one_sign_in_together(
    emulator: Emulator, connection: Connection
) -> None:
    connection.compute.limits()
    emulator.expire_tokens()
    emulator.requests.reset()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: connection.compute.limits(), range(64)))
    assert emulator.requests.of("identity") == 1


def test_a_hundred_servers_are_made_at_once_through_one_connection(emulator: Emulator) -> None:
    cloud = connected(emulator)
    flavor = next(iter(cloud.compute.flavors()))
    image = next(iter(cloud.image.images()))
    network = next(network for network in cloud.network.networks() if not network.is_external)

    def make(number: int) -> str:
        made = cloud.compute.create_server(
            name=f"n{number}",
            flavor_id=flavor.id,
            image_id=image.id,
            networks=[ServerNetwork(uuid=network.id)],
        )
        return made.id

    with ThreadPoolExecutor(100) as pool:
        ids = list(pool.map(make, range(100)))
    assert len(set(ids)) == 100
    names = {server.name for server in cloud.compute.servers()}
    assert names == {f"n{number}" for number in range(100)}
    assert emulator.requests.of("identity") == 1
