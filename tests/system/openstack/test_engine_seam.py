"""The engine's seam over HTTP, on a bad day."""

from datetime import UTC, datetime, timedelta

import pytest

from leasehold.emulator import Effect, Emulator, Rule
from leasehold.engine.cloud import (
    CloudBusy,
    CloudId,
    CloudUnsure,
    Installation,
    Kind,
    ObjectId,
    PortSpec,
    Tag,
)
from leasehold.engine.openstack_cloud import OpenStackCloud
from leasehold.openstack import Connection

TAG = Tag(installation=Installation("inst"), object=ObjectId("port-1"))


@pytest.fixture
def cloud(connection: Connection) -> OpenStackCloud:
    return OpenStackCloud(connection)


def a_spec(cloud: OpenStackCloud) -> PortSpec:
    network = next(network for network in cloud.offers().networks if not network.external)
    return PortSpec(name="mine", network_id=network.id)


def test_an_object_whose_answer_was_lost_is_found_by_its_tag(
    emulator: Emulator, cloud: OpenStackCloud
) -> None:
    spec = a_spec(cloud)
    emulator.faults.add(Rule(effect=Effect.LOST_AFTER, kind="port", method="POST", count=1))
    with pytest.raises(CloudUnsure):
        cloud.make(spec, TAG)
    found = [seen for seen in cloud.list(Kind.PORT).sightings if seen.tag == TAG]
    assert [seen.name for seen in found] == ["mine"]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_after_the_effect_is_never_taken_for_a_refusal(
    emulator: Emulator, cloud: OpenStackCloud, status: int
) -> None:
    spec = a_spec(cloud)
    emulator.faults.add(
        Rule(effect=Effect.ERROR_AFTER, kind="port", method="POST", status=status, count=1)
    )
    with pytest.raises(CloudUnsure):
        cloud.make(spec, TAG)


def test_a_throttled_call_is_busy_for_as_long_as_it_says(
    emulator: Emulator, cloud: OpenStackCloud
) -> None:
    spec = a_spec(cloud)
    emulator.faults.add(Rule(effect=Effect.RATE_LIMIT, kind="port", method="POST", seconds=9))
    with pytest.raises(CloudBusy) as caught:
        cloud.make(spec, TAG)
    assert caught.value.retry_after == 9.0


def test_a_cloud_that_is_gone_is_busy(emulator: Emulator, cloud: OpenStackCloud) -> None:
    cloud.list(Kind.SERVER)
    emulator.faults.begin_outage(status=None)
    with pytest.raises(CloudBusy):
        cloud.list(Kind.SERVER)
    with pytest.raises(CloudUnsure):
        cloud.delete(Kind.SERVER, CloudId("s1"))


def test_a_delta_shows_what_was_made_since(emulator: Emulator, cloud: OpenStackCloud) -> None:
    since = datetime.now(UTC) - timedelta(seconds=1)
    made = {server.id for server in emulator.seed_servers(5)}
    delta = cloud.list(Kind.SERVER, since=since)
    assert {seen.cloud_id for seen in delta.sightings} == made
    assert not delta.complete
