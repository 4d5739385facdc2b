"""A Buildbot worker on the real Nova, whose hypervisor is fake: its server comes and goes."""

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest
from tests.system.buildbot.masters import SUCCESS, a_baked_in_worker, a_master
from tests.testbed import CLOUDS_YAML

from leasehold.openstack import connect

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


def test_a_server_with_port_and_address_comes_and_goes_with_its_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(CLOUDS_YAML))
    name = f"buildbot-{os.getpid()}"
    with connect("lab") as cloud:
        names = [image.name or "" for image in cloud.image.images()]
    image = next(each for each in names if each.startswith("tiny"))
    text = f"""
    c['workers'] = [
        worker.LeaseholdWorker({name!r}, 'sekrit', cloud='lab', image={image!r},
                               networks=['lab'], floating_ip='public', build_wait_timeout=0)
    ]
    """
    with a_master(tmp_path / "master", text) as master, connect("lab") as cloud:

        def servers() -> list[str]:
            return [server.id for server in cloud.compute.servers(name=name)]

        def nothing_is_left() -> bool:
            objects = [*cloud.network.ports(), *cloud.network.floating_ips()]
            return not servers() and not [o for o in objects if ours in (o.description or "")]

        request = master.force(name)
        with a_baked_in_worker(tmp_path / "worker", master, name, servers):
            build = master.done(request, seconds=200)
        assert build["results"] == SUCCESS
        assert master.properties(build)["server"]
        (ledger,) = (tmp_path / "master" / "leasehold").glob("*.db")
        with contextlib.closing(sqlite3.connect(ledger)) as facts:
            ((ours,),) = facts.execute("select value from facts").fetchall()
        master.wait(nothing_is_left, seconds=100)
