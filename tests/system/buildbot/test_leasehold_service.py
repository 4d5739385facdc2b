"""Workers on nodes that a running Leasehold service leases."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from leasehold.buildbot.lease_client import LeaseClient
from leasehold.emulator import Emulator
from tests.system.buildbot.conftest import workers
from tests.system.buildbot.masters import BIN, EXCEPTION, SUCCESS, a_master, free_port

CONFIG = """
[service]
listen = "127.0.0.1:{port}"

[clouds.demo]
auth = {{ auth_url = "{auth_url}", username = "demo", password = "demo", project_name = "demo" }}

[machine_types.ci]
cloud = "demo"
image = "debian-12"
flavor = "tiny"
networks = ["lab"]
nodes = 1
ssh_port = {ssh_port}
"""

pytestmark = pytest.mark.timeout(300)


@contextmanager
def a_service(directory: Path, emulator: Emulator) -> Iterator[str]:
    """A service with one node of the machine type `ci`; its address."""
    assert emulator.guests is not None
    port = free_port()
    (directory / "leasehold.toml").write_text(
        CONFIG.format(port=port, auth_url=emulator.auth_url, ssh_port=emulator.guests.ssh_port)
    )
    process = subprocess.Popen(
        [BIN / "leasehold", "serve"],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_workers_share_the_nodes_of_a_service_and_give_them_back(
    emulator: Emulator, kit: str, tmp_path: Path
) -> None:
    lease = "leasehold_url={url!r}, machine_type='{kind}', user_data=USER_DATA"
    lease += ", master_address=MASTER, build_wait_timeout=0"
    (tmp_path / "service").mkdir()
    with a_service(tmp_path / "service", emulator) as url:
        lines = [
            f"worker.LeaseholdWorker('{name}', None, {lease.format(url=url, kind=kind)})"
            for name, kind in (("one", "ci"), ("two", "ci"), ("three", "no-such-type"))
        ]
        client = LeaseClient(url, None, "somebody")
        with a_master(tmp_path / "master", workers(emulator, kit, *lines)) as master:
            requests = [master.force("one"), master.force("two")]
            refused = master.done(master.force("three"))
            assert refused["results"] == EXCEPTION
            assert "no machine type 'no-such-type'" in master.properties(refused)["fault"]
            builds = [master.done(request) for request in requests]
            assert [build["results"] for build in builds] == [SUCCESS, SUCCESS]
            one, two = (master.properties(build)["lease"] for build in builds)
            assert one != two
            master.wait(lambda: not client.open_leases())


def test_a_master_that_starts_gives_back_what_an_earlier_one_held(
    emulator: Emulator, kit: str, tmp_path: Path
) -> None:
    (tmp_path / "service").mkdir()
    with a_service(tmp_path / "service", emulator) as url:
        client = LeaseClient(url, None, "somebody")
        line = (
            f"worker.LeaseholdWorker('one', None, leasehold_url={url!r}, machine_type='ci',"
            " user_data=USER_DATA, master_address=MASTER)"
        )
        with a_master(tmp_path / "master", workers(emulator, kit, line)) as master:
            master.force("one")
            master.wait(client.open_leases)
            master.stop(9)
            (left,) = client.open_leases()
            master.start()
            master.wait(lambda: left.id not in [each.id for each in client.open_leases()])
