"""python-novaclient and python-cinderclient, unchanged, against the emulator."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import cinderclient.client
import novaclient.client
import pytest
from keystoneauth1 import loading
from keystoneauth1.session import Session
from novaclient import exceptions

from leasehold.emulator import Emulator


@pytest.fixture
def session(shared: Emulator) -> Iterator[Session]:
    auth = loading.get_plugin_loader("password").load_from_options(
        auth_url=shared.auth_url,
        username="demo",
        password="demo",
        project_name="demo",
        user_domain_name="Default",
        project_domain_name="Default",
    )
    session = Session(auth=auth)
    yield session
    session.session.close()
    wait_for(lambda: shared.leftovers().nothing)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def a_server(nova: Any, name: str = "web", **fields: Any) -> Any:
    image = nova.glance.find_image("tiny")
    network = nova.neutron.find_network("lab")
    flavor = nova.flavors.find(name="tiny")
    server = nova.servers.create(name, image, flavor, nics=[{"net-id": network.id}], **fields)
    wait_for(lambda: nova.servers.get(server.id).status == "ACTIVE")
    return nova.servers.get(server.id)


@pytest.mark.parametrize("version", ["2.1", "2.60", "2.96"])
def test_novaclient_runs_a_servers_life(session: Session, version: str) -> None:
    nova = novaclient.client.Client(version, session=session, region_name="RegionOne")
    server = a_server(nova, meta={"a": "b"})
    assert server.metadata == {"a": "b"}
    assert [found.name for found in nova.servers.list()] == ["web"]
    assert nova.servers.list(search_opts={"status": "SHUTOFF"}) == []
    server.stop()
    wait_for(lambda: nova.servers.get(server.id).status == "SHUTOFF")
    server.delete()
    with pytest.raises(exceptions.NotFound):  # noqa: PT012 - the server goes a moment later
        while True:
            nova.servers.get(server.id)
    changed = nova.servers.list(search_opts={"changes-since": server.created})
    assert {found.id: found.status for found in changed}[server.id] == "DELETED"


def test_novaclient_knows_the_quota_and_the_key_pairs(session: Session) -> None:
    nova = novaclient.client.Client("2.90", session=session, region_name="RegionOne")
    limits = {limit.name: limit.value for limit in nova.limits.get().absolute}
    assert limits["maxTotalInstances"] == 1000
    pair = nova.keypairs.create("mine", key_type="ssh")
    assert "PRIVATE KEY" in pair.private_key
    pair.delete()
    assert [zone.zoneName for zone in nova.availability_zones.list(detailed=False)] == ["nova"]


def test_novaclient_discovers_the_highest_version(session: Session) -> None:
    nova = novaclient.client.Client("2", session=session, region_name="RegionOne")
    current = nova.versions.get_current()
    assert current.version == "2.104"


def test_cinderclient_runs_a_volumes_life(session: Session) -> None:
    cinder = cinderclient.client.Client("3.70", session=session, region_name="RegionOne")
    volume = cinder.volumes.create(1, name="data", metadata={"a": "b"})
    wait_for(lambda: cinder.volumes.get(volume.id).status == "available")
    assert [found.name for found in cinder.volumes.list()] == ["data"]
    snapshot = cinder.volume_snapshots.create(volume.id, name="before")
    wait_for(lambda: cinder.volume_snapshots.get(snapshot.id).status == "available")
    snapshot.delete()
    wait_for(lambda: cinder.volume_snapshots.list() == [])
    cinder.volumes.extend(volume.id, 2)
    wait_for(lambda: cinder.volumes.get(volume.id).size == 2)
    wait_for(lambda: cinder.volumes.get(volume.id).status == "available")
    cinder.volumes.delete(volume.id)


def test_a_volume_is_attached_by_nova_and_seen_by_cinder(session: Session) -> None:
    nova = novaclient.client.Client("2.79", session=session, region_name="RegionOne")
    cinder = cinderclient.client.Client("3.70", session=session, region_name="RegionOne")
    server, volume = a_server(nova), cinder.volumes.create(1)
    wait_for(lambda: cinder.volumes.get(volume.id).status == "available")
    nova.volumes.create_server_volume(server.id, volume.id)
    wait_for(lambda: cinder.volumes.get(volume.id).status == "in-use")
    (attachment,) = cinder.volumes.get(volume.id).attachments
    assert attachment["server_id"] == server.id
    nova.volumes.delete_server_volume(server.id, volume.id)
    wait_for(lambda: cinder.volumes.get(volume.id).status == "available")
    cinder.volumes.delete(volume.id)
    server.delete()
