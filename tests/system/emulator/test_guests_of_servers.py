"""From POST /servers to a command over SSH, and back to nothing."""

import asyncio
import socket
import time
from typing import Any

import asyncssh
import openstack
import pytest

from leasehold.emulator import Delays, Emulator, fixed

pytestmark = [
    pytest.mark.filterwarnings("ignore::openstack.warnings.OpenStackDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::openstack.warnings._RemovedInSDKWarning"),
]

QUICK = Delays(boot=fixed(0.1), delete=fixed(0.1), action=fixed(0.1))


def connect(emulator: Emulator) -> Any:
    return openstack.connect(
        auth_url=emulator.auth_url,
        username="demo",
        password="demo",
        project_name="demo",
        user_domain_name="Default",
        project_domain_name="Default",
        region_name="RegionOne",
        load_yaml_config=False,
        load_envvars=False,
    )


async def output_of(address: str, port: int, key: Any, command: str) -> str:
    """The output of a command on a guest, which may need a moment to answer."""
    end = time.monotonic() + 60
    while True:
        try:
            async with asyncssh.connect(
                address, port, username="debian", client_keys=[key], known_hosts=None
            ) as connection:
                return str((await connection.run(command, check=True)).stdout)
        except (OSError, asyncssh.Error):
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("mode", ["shell", "auto"])
def test_an_active_server_answers_ssh_and_a_deleted_one_does_not(mode: Any) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    with Emulator(guests=mode, delays=QUICK) as emulator:
        assert emulator.guests is not None
        cloud = connect(emulator)
        public = key.export_public_key().decode().strip()
        cloud.compute.create_keypair(name="mine", public_key=public)
        server = cloud.compute.create_server(
            name="web",
            image_id=cloud.image.find_image("debian-12").id,
            flavor_id="1",
            key_name="mine",
            networks=[{"uuid": cloud.network.find_network("lab").id}],
        )
        server = cloud.compute.wait_for_server(server, interval=0.1, wait=60)
        address = server.addresses["lab"][0]["addr"]
        port = emulator.guests.ssh_port
        assert asyncio.run(output_of(address, port, key, "echo here")) == "here\n"
        assert "login" in cloud.compute.get_server_console_output(server)["output"]
        cloud.compute.delete_server(server)
        cloud.compute.wait_for_delete(server, interval=0.1, wait=60)
        assert emulator.leftovers().nothing
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, port), timeout=10)
        cloud.close()
