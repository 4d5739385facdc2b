"""A cloud of one's own: check it, write a configuration for it, serve and lock with that."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.cli.service_process import running_service
from leasehold.emulator import Delays, Emulator, Quota, fixed
from leasehold.lab.config import load

from .commands import Command

QUICK = Delays(boot=fixed(0.1), delete=fixed(0.1))


@pytest.fixture
def cloud() -> Iterator[Emulator]:
    with Emulator(delays=QUICK, seed=1) as cloud:
        yield cloud


@pytest.fixture
def leasehold(cloud: Emulator, tmp_path: Path) -> Command:
    command = Command(tmp_path, "")
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text(cloud.clouds_yaml())
    command.environment["OS_CLIENT_CONFIG_FILE"] = str(clouds)
    return command


def test_a_check_tells_services_versions_limits_and_no_trouble(leasehold: Command) -> None:
    done = leasehold("clouds", "check", "--cloud", "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    for word in ("project demo", "compute", "2.1", "floating IPs", "images", "nothing would fail"):
        assert word in done.stdout


def test_a_check_says_what_would_fail_and_fails(leasehold: Command, cloud: Emulator) -> None:
    cloud.change_settings(quota=Quota(instances=0))
    done = leasehold("clouds", "check", "--cloud", "demo", "--json")
    assert done.returncode == 1
    (seen,) = json.loads(done.stdout)
    assert ("fail", "quota") in [(f["severity"], f["about"]) for f in seen["findings"]]


def test_a_check_of_a_cloud_that_is_down_says_so(leasehold: Command, cloud: Emulator) -> None:
    cloud.stop()
    done = leasehold("clouds", "check", "--cloud", "demo")
    assert done.returncode == 1
    assert "FAIL  sign-in" in done.stdout


def test_a_catalog_is_shown_with_what_would_be_used(leasehold: Command, cloud: Emulator) -> None:
    done = leasehold("clouds", "catalog", "--cloud", "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    offered, _, used = done.stdout.partition("and the driver uses")
    assert f"{cloud.url}/volume/v3" in offered
    assert "blazar" in offered
    assert f"{cloud.url}/network/v2.0" in used
    assert "compute-v1" not in used


def test_a_catalog_that_lacks_a_service_says_why_none_fits(tmp_path: Path) -> None:
    with Emulator(catalog="oldest", seed=1) as old:
        clouds = tmp_path / "clouds.yaml"
        clouds.write_text(old.clouds_yaml())
        command = Command(tmp_path, "")
        command.environment["OS_CLIENT_CONFIG_FILE"] = str(clouds)
        shown = command("clouds", "catalog", "--cloud", "demo")
        (seen,) = json.loads(command("clouds", "catalog", "--cloud", "demo", "--json").stdout)
    assert "network: Could not find specified endpoint" in shown.stdout
    chosen = {choice["service"]: choice for choice in seen["choices"]}
    assert chosen["compute"]["version"] == [1, 1]
    assert chosen["block-storage"]["trouble"].startswith("Could not find")
    assert {entry["type"] for entry in seen["catalog"]} == {"identity", "compute", "image"}


def test_a_catalog_of_a_cloud_that_refuses_us_says_why(leasehold: Command, cloud: Emulator) -> None:
    cloud.stop()
    done = leasehold("clouds", "catalog", "--cloud", "demo")
    assert done.returncode == 1
    assert "does not take connections" in done.stderr


def test_an_unknown_cloud_lists_the_near_ones(leasehold: Command) -> None:
    done = leasehold("init", "--cloud", "dmeo")
    assert done.returncode == 1
    assert "demo" in done.stderr


def test_init_writes_a_configuration_that_locks(leasehold: Command) -> None:
    done = leasehold("init", "--cloud", "demo")
    assert done.returncode == 0, done.stderr
    path = leasehold.home / "leasehold.toml"
    recipe = load(path).machine_types["demo"]
    assert str(recipe.image).startswith(recipe.ssh_user)
    assert (recipe.networks, recipe.floating_ip) == (("lab",), "public")
    # These servers exist on paper only: what the cloud says has to do for a proof.
    text = path.read_text().replace('cloud = "demo"\n\n', 'cloud = "demo"\nready = "active"\n\n')
    path.write_text(text.replace("127.0.0.1:8484", "127.0.0.1:0"))
    log = leasehold.home / "service.log"
    with running_service(path, log, leasehold.environment) as url:
        leasehold.environment["LEASEHOLD_SERVER"] = url
        locked = leasehold("lock", "--type", "demo", "--count", "2")
        assert locked.returncode == 0, locked.stderr
        assert leasehold("unlock", "demo001", "demo002").returncode == 0


def test_init_does_not_overwrite_unless_told_to(leasehold: Command) -> None:
    path = leasehold.home / "leasehold.toml"
    path.write_text("mine")
    refused = leasehold("init", "--cloud", "demo")
    assert (refused.returncode, path.read_text()) == (2, "mine")
    assert "--force" in refused.stderr
    assert leasehold("init", "--cloud", "demo", "--output", "-").stdout.startswith("#")
    assert leasehold("init", "--cloud", "demo", "--force").returncode == 0
    assert load(path).clouds["demo"].cloud == "demo"


def test_a_check_reads_the_clouds_of_the_configuration(leasehold: Command) -> None:
    assert leasehold("init", "--cloud", "demo").returncode == 0
    assert leasehold("clouds", "check").returncode == 0
    unknown = leasehold("clouds", "check", "other")
    assert (unknown.returncode, "there are: demo" in unknown.stderr) == (2, True)
