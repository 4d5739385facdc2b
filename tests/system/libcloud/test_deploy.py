"""Libcloud's own deploy_node on our driver: a server, then a script on it over SSH."""

from pathlib import Path
from typing import Any

import asyncssh
import pytest
from libcloud.compute.deployment import MultiStepDeployment, ScriptDeployment, SSHKeyDeployment
from libcloud.compute.types import DeploymentError

from leasehold.emulator import Delays, Emulator, fixed
from leasehold.libcloud import OpenStack_2_NodeDriver

QUICK = Delays(boot=fixed(0.1), delete=fixed(0.1), action=fixed(0.1))


def driver_of(emulator: Emulator) -> OpenStack_2_NodeDriver:
    return OpenStack_2_NodeDriver(
        "demo",
        "demo",
        ex_force_auth_url=emulator.auth_url,
        ex_force_auth_version="3.x_password",
        ex_tenant_name="demo",
    )


def the_lab(driver: OpenStack_2_NodeDriver) -> list[Any]:
    return [network for network in driver.ex_list_networks() if network.name == "lab"]


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    made = asyncssh.generate_private_key("ssh-rsa")
    made.write_private_key(path, "pkcs1-pem")
    made.write_public_key(path.with_suffix(".pub"))
    return path


def test_a_server_is_made_and_the_steps_are_run_on_it_over_ssh(key: Path) -> None:
    with Emulator(guests="auto", delays=QUICK) as emulator:
        driver = driver_of(emulator)
        driver.import_key_pair_from_file("mine", str(key.with_suffix(".pub")))
        second = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        script = ScriptDeployment("hostname; id -un")
        node = driver.deploy_node(
            name="web",
            image=driver.list_images()[0],
            size=driver.list_sizes()[0],
            networks=the_lab(driver),
            ex_keyname="mine",
            deploy=MultiStepDeployment([SSHKeyDeployment(second), script]),
            ssh_username="debian",
            ssh_key=str(key),
            ssh_port=emulator.guests.ssh_port if emulator.guests else 22,
            wait_period=1,
        )
        assert (script.exit_status, script.stdout.split()) == (0, ["web", "debian"])
        assert node.destroy()


def test_a_server_that_cannot_be_signed_in_to_is_handed_over_with_the_error(key: Path) -> None:
    with Emulator(guests="auto", delays=QUICK) as emulator:
        driver = driver_of(emulator)
        with pytest.raises(DeploymentError) as caught:
            driver.deploy_node(
                name="web",
                image=driver.list_images()[0],
                size=driver.list_sizes()[0],
                networks=the_lab(driver),
                deploy=ScriptDeployment("true"),
                ssh_username="debian",
                ssh_key=str(key),
                ssh_port=emulator.guests.ssh_port if emulator.guests else 22,
                ssh_timeout=1,
                max_tries=1,
                timeout=3,
                wait_period=1,
            )
        assert caught.value.node.name == "web"
        assert driver.destroy_node(caught.value.node)
