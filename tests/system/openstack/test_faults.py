"""What the driver makes of a cloud that is not well, over HTTP."""

import pytest

from leasehold.emulator import Effect, Emulator, Rule
from leasehold.openstack import (
    Conflict,
    Connection,
    ConnectionLost,
    OpenStackError,
    QuotaExceeded,
    RateLimited,
    ServerError,
    ServiceUnavailable,
    TimedOut,
)

from .conftest import connected


def a_port(connection: Connection, **fields: str):
    network = next(n for n in connection.network.networks() if not n.is_external)
    return connection.network.create_port(network_id=network.id, name="mine", **fields)


def ports(connection: Connection) -> list[str]:
    return [port.name for port in connection.network.ports(name="mine")]


@pytest.mark.parametrize(
    ("effect", "leaf", "unsure", "made"),
    [
        (Effect.LOST_BEFORE, ConnectionLost, True, 0),
        (Effect.LOST_AFTER, ConnectionLost, True, 1),
        (Effect.ERROR_BEFORE, OpenStackError, True, 0),
        (Effect.ERROR_AFTER, OpenStackError, True, 1),
        (Effect.CONFLICT, Conflict, False, 0),
        (Effect.RATE_LIMIT, RateLimited, False, 0),
        (Effect.QUOTA, QuotaExceeded, False, 0),
    ],
)
def test_a_create_that_fails_is_unsure_only_if_it_may_have_happened(
    emulator: Emulator, connection: Connection, effect, leaf, unsure, made
) -> None:
    rule = Rule(effect=effect, kind="port", method="POST", count=1)
    emulator.faults.add(rule)
    with pytest.raises(leaf) as caught:
        a_port(connection)
    assert caught.value.unsure is unsure
    assert len(ports(connection)) == made


def test_with_retries_a_lost_create_is_still_made_once_at_most(emulator: Emulator) -> None:
    cloud = connected(emulator, retries=3)
    emulator.faults.add(Rule(effect=Effect.LOST_AFTER, kind="port", method="POST", count=1))
    with pytest.raises(ConnectionLost):
        a_port(cloud)
    assert ports(cloud) == ["mine"]


def test_with_retries_a_lost_delete_ends_well(emulator: Emulator) -> None:
    cloud = connected(emulator, retries=3)
    port = a_port(cloud)
    emulator.faults.add(Rule(effect=Effect.LOST_AFTER, kind="port", method="DELETE", count=1))
    cloud.network.delete_port(port.id)
    assert ports(cloud) == []


def test_with_retries_a_listing_outlives_a_page_that_fails(emulator: Emulator) -> None:
    made = len(emulator.seed_servers(30))
    cloud = connected(emulator, retries=3)
    rule = Rule(
        effect=Effect.ERROR_BEFORE, kind="server", method="GET", status=503, skip=1, count=1
    )
    emulator.faults.add(rule)
    assert len(list(cloud.compute.servers(limit=10))) == made


def test_without_retries_a_page_that_fails_fails_the_listing(
    emulator: Emulator, connection: Connection
) -> None:
    emulator.seed_servers(30)
    emulator.faults.add(Rule(effect=Effect.LOST_BEFORE, kind="server", method="GET", skip=1))
    with pytest.raises(ConnectionLost):
        list(connection.compute.servers(limit=10))


def test_retry_after_reaches_the_caller(emulator: Emulator, connection: Connection) -> None:
    emulator.faults.add(Rule(effect=Effect.RATE_LIMIT, service="compute", seconds=30))
    with pytest.raises(RateLimited) as caught:
        connection.compute.limits()
    assert caught.value.retry_after == 30.0


def test_an_answer_that_takes_too_long_is_given_up(emulator: Emulator) -> None:
    emulator.faults.add(Rule(effect=Effect.LATENCY, service="compute", seconds=5))
    with pytest.raises(TimedOut):
        connected(emulator, timeout=1.0).compute.limits()


def test_an_outage_is_told_as_one(emulator: Emulator, connection: Connection) -> None:
    connection.identity()
    emulator.faults.begin_outage("network")
    with pytest.raises(ServiceUnavailable):
        list(connection.network.ports())
    assert list(connection.compute.servers()) == []


def test_a_proxy_s_page_is_read(emulator: Emulator, connection: Connection) -> None:
    page = "<html><body><h1>500</h1>backend on fire</body></html>"
    emulator.faults.add(Rule(effect=Effect.ERROR_BEFORE, service="compute", status=500, body=page))
    with pytest.raises(ServerError, match="500 backend on fire"):
        connection.compute.limits()


def test_a_sign_in_that_fails_leaves_no_doubt_about_the_call(emulator: Emulator) -> None:
    cloud = connected(emulator)
    emulator.faults.begin_outage("identity")
    with pytest.raises(ServiceUnavailable) as caught:
        cloud.network.create_port(network_id="n")
    assert caught.value.unsure is False
