"""openstacksdk, unchanged, against the emulator."""

from collections.abc import Iterator
from typing import Any

import openstack
import pytest
from openstack import exceptions

from leasehold.emulator import Effect, Emulator, Rule

# openstacksdk's notes to itself on what it will drop.
pytestmark = [
    pytest.mark.filterwarnings("ignore::openstack.warnings.OpenStackDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::openstack.warnings._RemovedInSDKWarning"),
]


@pytest.fixture
def cloud(shared: Emulator) -> Iterator[Any]:
    connection = openstack.connect(
        auth_url=shared.auth_url,
        username="demo",
        password="demo",
        project_name="demo",
        user_domain_name="Default",
        project_domain_name="Default",
        region_name="RegionOne",
        load_yaml_config=False,
        load_envvars=False,
    )
    yield connection
    connection.close()
    assert shared.leftovers().nothing


def a_server(cloud: Any, name: str = "web", **fields: Any) -> Any:
    server = cloud.compute.create_server(
        name=name,
        image_id=cloud.image.find_image("tiny").id,
        flavor_id=cloud.compute.find_flavor("tiny").id,
        networks=[{"uuid": cloud.network.find_network("lab").id}],
        **fields,
    )
    return cloud.compute.wait_for_server(server, interval=0.1, wait=60)


def delete(cloud: Any, server: Any) -> None:
    cloud.compute.delete_server(server)
    cloud.compute.wait_for_delete(server, interval=0.1, wait=60)


def test_it_signs_in_and_finds_every_service(cloud: Any) -> None:
    assert cloud.current_project.name == "demo"
    assert cloud.compute.get_endpoint().endswith("/compute/v2.1")
    assert {image.name for image in cloud.image.images()} >= {"tiny", "debian-12"}
    assert {flavor.name for flavor in cloud.compute.flavors()} >= {"tiny", "small"}
    assert {network.name for network in cloud.network.networks()} == {"lab", "public"}


def test_a_server_lives_from_build_to_gone(cloud: Any) -> None:
    server = a_server(cloud, metadata={"purpose": "test"})
    assert server.status == "ACTIVE"
    assert server.addresses["lab"][0]["addr"].startswith("10.20.")
    assert [found.name for found in cloud.compute.servers(name="web")] == ["web"]
    cloud.compute.stop_server(server)
    assert cloud.compute.wait_for_server(server, status="SHUTOFF", interval=0.1).vm_state
    delete(cloud, server)
    assert cloud.compute.find_server(server.id) is None


def test_servers_are_listed_through_all_pages(shared: Emulator, cloud: Any) -> None:
    seeded = shared.seed_servers(25)
    found = list(cloud.compute.servers(limit=10))
    assert len(found) == 25
    for server in seeded:
        cloud.compute.delete_server(server.id)
    for server in found:
        cloud.compute.wait_for_delete(server, interval=0.1, wait=60)


def test_an_image_is_uploaded_and_booted(cloud: Any) -> None:
    image = cloud.image.create_image(
        name="mine", disk_format="raw", container_format="bare", data=b"0" * 1000
    )
    image = cloud.image.get_image(image.id)
    assert (image.status, image.size) == ("active", 1000)
    cloud.image.delete_image(image)


def test_a_port_and_a_floating_ip_lead_to_a_server(cloud: Any) -> None:
    network = cloud.network.find_network("lab")
    port = cloud.network.create_port(network_id=network.id, name="front")
    server = a_server(cloud)
    interface = cloud.compute.create_server_interface(server, port_id=port.id)
    assert interface.port_id == port.id
    public = cloud.network.find_network("public")
    floating = cloud.network.create_ip(floating_network_id=public.id, port_id=port.id)
    shown = cloud.compute.get_server(server.id)
    addresses = [entry["addr"] for entry in shown.addresses["lab"]]
    assert floating.floating_ip_address in addresses
    cloud.network.delete_ip(floating)
    delete(cloud, server)
    cloud.network.delete_port(port)


def test_a_volume_is_attached_and_detached(cloud: Any) -> None:
    server = a_server(cloud)
    volume = cloud.block_storage.create_volume(size=1, name="data")
    cloud.block_storage.wait_for_status(volume, "available", interval=0.1, wait=60)
    attachment = cloud.compute.create_volume_attachment(server, volume_id=volume.id)
    cloud.block_storage.wait_for_status(volume, "in-use", interval=0.1, wait=60)
    assert [a.volume_id for a in cloud.compute.volume_attachments(server)] == [volume.id]
    assert attachment.device == "/dev/vdb"
    cloud.compute.delete_volume_attachment(server, volume)
    cloud.block_storage.wait_for_status(volume, "available", interval=0.1, wait=60)
    cloud.block_storage.delete_volume(volume)
    cloud.block_storage.wait_for_delete(volume, interval=0.1, wait=60)
    delete(cloud, server)


def test_a_key_pair_is_made_used_and_deleted(cloud: Any) -> None:
    pair = cloud.compute.create_keypair(name="mine")
    assert pair.private_key.startswith("-----BEGIN")
    server = a_server(cloud, key_name="mine")
    assert server.key_name == "mine"
    delete(cloud, server)
    cloud.compute.delete_keypair(pair)
    assert list(cloud.compute.keypairs()) == []


def test_the_cloud_layer_does_it_all_in_one_call(cloud: Any) -> None:
    cloud.create_server(
        "whole", image="tiny", flavor="tiny", network="lab", auto_ip=True, wait=True, timeout=60
    )
    assert cloud.get_server("whole").public_v4.startswith("198.51.")
    assert cloud.delete_server("whole", wait=True, timeout=60, delete_ips=True)


def test_errors_arrive_as_its_own_exceptions(shared: Emulator, cloud: Any) -> None:
    with pytest.raises(exceptions.NotFoundException, match="could not be found"):
        cloud.compute.get_server("11111111-2222-3333-4444-555555555555")
    with pytest.raises(exceptions.BadRequestException, match="Can not find requested image"):
        cloud.compute.create_server(
            name="x",
            image_id="11111111-2222-3333-4444-555555555555",
            flavor_id="1",
            networks="none",
        )
    rule = shared.faults.add(Rule(effect=Effect.QUOTA, kind="server"))
    try:
        with pytest.raises(exceptions.ForbiddenException, match="Quota exceeded"):
            a_server(cloud)
    finally:
        shared.faults.remove(rule)
    rule = shared.faults.add(Rule(effect=Effect.NO_VALID_HOST, kind="server"))
    try:
        with pytest.raises(exceptions.ResourceFailure, match="ERROR"):
            a_server(cloud, name="unlucky")
    finally:
        shared.faults.remove(rule)
    delete(cloud, cloud.compute.find_server("unlucky"))


def test_an_expired_token_is_renewed_without_anybody_noticing(shared: Emulator, cloud: Any) -> None:
    assert list(cloud.compute.servers()) == []
    shared.expire_tokens()
    assert list(cloud.compute.servers()) == []


def test_an_application_credential_signs_in(shared: Emulator, cloud: Any) -> None:
    user = cloud.current_user_id
    made = cloud.identity.create_application_credential(user, name="ci")
    other = openstack.connect(
        auth_type="v3applicationcredential",
        auth_url=shared.auth_url,
        application_credential_id=made.id,
        application_credential_secret=made.secret,
        region_name="RegionOne",
        load_yaml_config=False,
        load_envvars=False,
    )
    assert list(other.compute.servers()) == []
    other.close()
    cloud.identity.delete_application_credential(user, made)
