"""Programs that ask Libcloud for the OpenStack driver get ours, without a change of theirs."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from libcloud.compute.drivers.openstack import OpenStackNodeDriver as Theirs
from libcloud.compute.providers import get_driver
from libcloud.compute.types import Provider

from leasehold.libcloud import OpenStackNodeDriver as Ours
from leasehold.libcloud import register, unregister

PROGRAM = """
import sys
from libcloud.compute.providers import get_driver
from libcloud.compute.types import Provider

key, secret, url = sys.argv[1:]
driver = get_driver(Provider.OPENSTACK)(
    key, secret, api_version="2.2", ex_force_auth_url=url, ex_tenant_name=key
)
print(type(driver).__module__, sorted(size.name for size in driver.list_sizes()))
"""


@pytest.fixture
def registered() -> Iterator[None]:
    register()
    yield
    unregister()


@pytest.mark.parametrize("name", [Provider.OPENSTACK, "openstack", "OpenStack"])
def test_get_driver_gives_our_class_by_the_constant_and_by_the_name(
    registered: None, name: Any
) -> None:
    assert get_driver(name) is Ours


def test_registering_twice_is_registering_once(registered: None) -> None:
    register()
    assert get_driver(Provider.OPENSTACK) is Ours


def test_unregistering_puts_libclouds_driver_back() -> None:
    register()
    unregister()
    assert get_driver(Provider.OPENSTACK) is Theirs


def test_a_program_runs_unchanged_by_the_module(account: dict[str, Any], tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    words = [account["key"], account["secret"], account["ex_force_auth_url"]]
    done = subprocess.run(
        [sys.executable, "-m", "leasehold.libcloud", str(program), *words],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("leasehold.libcloud.")
    assert "tiny" in done.stdout


def test_the_module_without_a_program_says_how_it_is_used() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "leasehold.libcloud"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "PROGRAM" in done.stderr


def test_without_libcloud_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['libcloud'] = None; import leasehold.libcloud"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode != 0
    assert "pip install 'leasehold[libcloud]'" in done.stderr
