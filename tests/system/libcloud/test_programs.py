"""What programs do with a driver: many threads, long lists, the TLS settings of Libcloud."""

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import libcloud.security
import pytest

from leasehold.emulator import Emulator
from leasehold.libcloud import OpenStack_2_NodeDriver
from leasehold.openstack.errors import UnverifiedTls
from tests.certificates import Authority

THREADS = 20


def test_threads_share_a_new_driver_and_its_one_token(account: dict[str, Any]) -> None:
    """Libcloud's driver signs in once for each thread that is there before the first token."""
    with Emulator(guests="none") as emulator:
        driver = OpenStack_2_NodeDriver(
            **{**account, "ex_force_auth_url": emulator.url + "/identity"}
        )
        begin, seen = threading.Barrier(THREADS), Counter[str]()

        def make(number: int) -> None:
            begin.wait()
            pair = driver.create_key_pair(f"pair-{number}")
            seen[pair.name] += 1

        threads = [threading.Thread(target=make, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == Counter(f"pair-{number}" for number in range(THREADS))
        assert emulator.requests.of("identity", "POST") == 1


@pytest.mark.parametrize("size", [3, 30])
def test_lists_are_read_through_all_pages(account: dict[str, Any], size: int) -> None:
    with Emulator(guests="none") as emulator:
        here = {**account, "ex_force_auth_url": emulator.url + "/identity"}
        emulator.seed_servers(2 * size)
        listed = OpenStack_2_NodeDriver(**here).list_nodes()
        assert len({node.id for node in listed}) == 2 * size


def test_libclouds_authorities_are_the_drivers(
    account: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = str(Authority(tmp_path).path)
    monkeypatch.setattr(libcloud.security, "CA_CERTS_PATH", authority)
    assert OpenStack_2_NodeDriver(**account).cloud.settings.verify == authority


def test_verification_that_libcloud_is_told_to_leave_off_is_left_off_with_a_warning(
    account: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libcloud.security, "VERIFY_SSL_CERT", False)
    with pytest.warns(UnverifiedTls):
        driver = OpenStack_2_NodeDriver(**account)
    assert driver.cloud.settings.verify is False
