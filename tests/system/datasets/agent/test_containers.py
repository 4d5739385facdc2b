"""Volumes of real containers: Debian's dockerd and podman use the agent's plugin."""

import json
import shlex
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.page import page
from tests.docs.reader import commands_of
from tests.system.datasets.agent.container_kit import IMAGE, LIMITS, Dockerd, Podman
from tests.system.datasets.agent.mover import Mover
from tests.system.datasets.agent.site import Site
from tests.system.datasets.agent.stand_in import until

PLUGINS = Path("/run/docker/plugins")


@pytest.fixture
def short() -> Iterator[Path]:
    """A path that leaves room for a socket's name."""
    directory = Path(tempfile.mkdtemp(prefix="lh-", dir="/tmp"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def mover(site: Site) -> Iterator[Mover]:
    made = Mover(site)
    yield made
    made.join()


@pytest.fixture
def drivers(site: Site) -> Iterator[dict[str, str]]:
    """The name of each node's driver: both nodes are this machine, and so is Docker's one place."""
    names = {}
    for node in (site.one, site.two):
        name = f"lh-{node.name}-{uuid.uuid4().hex[:8]}"
        names[node.name] = name
        node.socket = PLUGINS / name / f"{name}.sock"
        node.configure(site.control.url, docker_socket=str(node.socket))
        node.start()
    yield names
    for name in names.values():
        shutil.rmtree(PLUGINS / name, ignore_errors=True)


@pytest.fixture
def dockerd(short: Path, drivers: dict[str, str]) -> Iterator[Dockerd]:
    running = Dockerd(short)
    try:
        yield running
    finally:
        running.stop()


def test_what_a_docker_container_wrote_on_one_node_another_reads_on_the_other(
    site: Site, mover: Mover, drivers: dict[str, str], dockerd: Dockerd
):
    one, two = drivers["one"], drivers["two"]
    dockerd.run("volume", "create", "--driver", one, "--opt", "size=1G", "data")
    dockerd.run("run", "--rm", "--network", "none", "-v", "data:/data", IMAGE,
                "sh", "-c", "id -u && echo kept > /data/file")  # fmt: skip
    assert mover.node_of("data") == "one"
    (shown,) = json.loads(dockerd.run("volume", "inspect", "data").stdout)
    assert (shown["Scope"], shown["Status"]["state"]) == ("global", "mounted")
    # To this dockerd the same name at another driver is another volume, so it has to forget it first;
    # two servers have a dockerd each.
    dataset = site.control.datasets["data"]
    dockerd.run("volume", "rm", "data")
    site.control.datasets["data"] = dataset
    dockerd.run("volume", "create", "--driver", two, "data")
    read = dockerd.run("run", "--rm", "--network", "none", "--user", "65534", "-v", "data:/data",
                       IMAGE, "sh", "-c", "cat /data/file; echo more > /data/of-nobody")  # fmt: skip
    assert read.stdout == "kept\n"
    assert mover.node_of("data") == "two"
    assert (site.two.place(dataset.id) / "of-nobody").read_text() == "more\n"


def test_the_commands_of_the_page_work_as_shown(
    site: Site, mover: Mover, drivers: dict[str, str], dockerd: Dockerd
):
    blocks = [
        block
        for block in page("docs/docker.md").blocks
        if "test_containers.py" in (block.reason_not_to_run or "")
    ]
    assert len(blocks) == 2
    for block, driver in zip(blocks, drivers.values(), strict=True):
        for command, shown in commands_of(block):
            here = command.replace("leasehold", driver).replace("alpine", IMAGE)
            words = shlex.split(here.replace("run --rm", "run --rm --network none"))
            assert words.pop(0) == "docker"
            assert dockerd.run(*words).stdout.split() == " ".join(shown).split()
        # The other server has a dockerd of its own, which never heard of the volume.
        dataset = site.control.datasets["data"]
        dockerd.run("volume", "rm", "data")
        site.control.datasets["data"] = dataset
    assert mover.node_of("data") == "two"


def test_a_dataset_stays_with_the_docker_container_that_uses_it(
    site: Site, mover: Mover, drivers: dict[str, str], dockerd: Dockerd
):
    dockerd.run("volume", "create", "--driver", drivers["one"], "data")
    dockerd.run("run", "--detach", "--name", "user", "--network", "none", "-v", "data:/data", IMAGE,
                "sleep", "1000")  # fmt: skip
    dataset = site.control.datasets["data"].id
    site.control.await_report("one", dataset, lambda each: bool(each.users))
    with pytest.raises(Exception, match="used on one"):
        mover._fetch("two", "data")
    site.one.kill()
    site.control.reports.clear()
    site.one.start()
    report = site.control.await_report("one", dataset, lambda each: bool(each.users))
    assert report.mounted == str(site.one.place(dataset))
    dockerd.run("exec", "user", "sh", "-c", "echo kept > /data/file")
    dockerd.run("rm", "--force", "user")
    site.control.await_report("one", dataset, lambda each: not each.users)
    assert (site.one.place(dataset) / "file").read_text() == "kept\n"


def test_docker_shows_why_a_volume_cannot_be_had(
    site: Site, mover: Mover, drivers: dict[str, str], dockerd: Dockerd
):
    refused = dockerd.run(
        "volume", "create", "--driver", drivers["one"], "--opt", "size=some", "data", check=False
    )
    assert refused.returncode != 0
    assert "size=some: allowed: a number with K, M, G or T" in refused.stderr
    site.control.refusal = (403, "quota", "the quota of gigabytes is used up")
    refused = dockerd.run("volume", "create", "--driver", drivers["one"], "data", check=False)
    assert "the quota of gigabytes is used up" in refused.stderr


def test_what_a_podman_container_wrote_on_one_node_another_reads_on_the_other(
    site: Site, mover: Mover, drivers: dict[str, str], short: Path
):
    sockets = {name: site.one.socket if node == "one" else site.two.socket
               for node, name in drivers.items()}  # fmt: skip
    podman = Podman(short, sockets)
    run = ("run", "--rm", "--network", "none", *LIMITS, "-v", "data:/data", IMAGE, "sh", "-c")
    podman.run("volume", "create", "--driver", drivers["one"], "--opt", "size=1G", "data")
    podman.run(*run, "echo kept > /data/file")
    dataset = site.control.datasets["data"]
    site.control.await_report("one", dataset.id, lambda each: not each.users)
    podman.run("volume", "rm", "data")
    site.control.datasets["data"] = dataset
    podman.run("volume", "create", "--driver", drivers["two"], "data")
    assert podman.run(*run, "cat /data/file").stdout == "kept\n"
    assert mover.node_of("data") == "two"
    refused = podman.run(
        "volume", "create", "--driver", drivers["one"], "--opt", "size=some", "other", check=False
    )
    assert refused.returncode != 0
    assert "size=some" in refused.stderr
    until(lambda: site.control.reports["two"].datasets[0].users == ())
