"""The real service and its agents: datasets in the hands of people and of Docker's containers."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.emulator import Emulator
from tests.disks import loops_below, need_loop_devices, need_program
from tests.system.datasets.agent.conftest import DELAYS
from tests.system.datasets.agent.container_kit import IMAGE, Dockerd
from tests.system.datasets.agent.stand_in import until
from tests.system.datasets.agent.test_containers import PLUGINS
from tests.system.datasets.agent.whole import Whole

pytestmark = pytest.mark.timeout(300)  # a whole life in each, on a machine that may be busy


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    need_loop_devices()
    need_program("mkfs.ext4", "e2fsprogs")
    disks = tmp_path / "disks"
    with Emulator(delays=DELAYS, disk_directory=disks) as emulator:
        made = Whole(emulator, tmp_path, disks)
        try:
            yield made
        finally:
            made.close()
    until(lambda: loops_below(disks) == [])


def test_a_dataset_is_made_moved_grown_copied_and_brought_back_with_its_data(whole: Whole):
    whole.one.start()
    whole.two.start()
    whole.command("dataset", "create", "data", "--node", "one")
    place = whole.await_mounted("data", whole.one)
    assert list(place.iterdir()) == []
    (place / "file").write_text("kept")
    whole.command("dataset", "grow", "data", "2")
    until(lambda: _size(place) > 1900 << 20)
    whole.command("dataset", "clone", "data", "copy", "--node", "two")
    copy = whole.await_mounted("copy", whole.two)
    assert (copy / "file").read_text() == "kept"
    whole.command("dataset", "move", "data", "two")
    moved = whole.await_mounted("data", whole.two)
    assert (moved / "file").read_text() == "kept"
    assert not place.exists()
    shown = whole.shown("data")
    whole.command("dataset", "delete", "data")
    until(lambda: not moved.exists())
    whole.command("dataset", "restore", shown["id"])
    whole.command("dataset", "move", "data", "one")
    assert (whole.await_mounted("data", whole.one) / "file").read_text() == "kept"


def _size(place: Path) -> int:
    return shutil.disk_usage(place).total


def test_a_service_that_is_killed_while_a_dataset_moves_goes_on_where_it_was(whole: Whole):
    whole.one.start()
    whole.two.start()
    whole.command("dataset", "create", "data", "--node", "one")
    place = whole.await_mounted("data", whole.one)
    (place / "file").write_text("kept")
    whole.command("dataset", "move", "data", "two", "--no-wait")
    whole.kill()
    assert whole.one.is_alive
    whole.start()
    moved = whole.await_mounted("data", whole.two)
    assert (moved / "file").read_text() == "kept"


@pytest.fixture
def dockerd(whole: Whole) -> Iterator[tuple[Dockerd, str, str]]:
    """With the names of both nodes' drivers."""
    names = []
    for node in (whole.one, whole.two):
        name = f"lh-{node.name}-{uuid.uuid4().hex[:8]}"
        node.configure(whole.url, docker_socket=str(PLUGINS / name / f"{name}.sock"))
        node.start()
        names.append(name)
    directory = Path(tempfile.mkdtemp(prefix="lh-", dir="/tmp"))
    running = Dockerd(directory)
    try:
        yield running, *names
    finally:
        running.stop()
        for path in (directory, *(PLUGINS / name for name in names)):
            shutil.rmtree(path, ignore_errors=True)


def test_containers_find_their_data_on_whichever_node_they_run(
    whole: Whole, dockerd: tuple[Dockerd, str, str]
):
    docker, one, two = dockerd
    run = ("run", "--rm", "--network", "none", "-v", "data:/data", IMAGE, "sh", "-c")
    docker.run("volume", "create", "--driver", one, "--opt", "size=1G", "data")
    docker.run(*run, "echo kept > /data/file")
    docker.run("run", "--detach", "--name", "user", "--network", "none", "-v", "data:/data", IMAGE,
               "sleep", "1000")  # fmt: skip
    whole.command("dataset", "move", "data", "two", "--no-wait")
    until(lambda: "is in use by" in str(whole.shown("data")["reason"]))
    docker.run("exec", "user", "sh", "-c", "echo more >> /data/file")
    docker.run("rm", "--force", "user")
    whole.await_mounted("data", whole.two)
    # A dockerd knows a name at one driver; the second server has one of its own, that is told now.
    dataset = whole.shown("data")["id"]
    docker.run("volume", "rm", "data")
    assert "data" not in whole.command("dataset", "list").stdout
    whole.command("dataset", "restore", dataset)
    docker.run("volume", "create", "--driver", two, "data")
    assert docker.run(*run, "cat /data/file").stdout == "kept\nmore\n"
    assert whole.shown("data")["node"] == "two"
