"""The real service and its agents: datasets in the hands of people and of Docker's containers."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.datasets.flocker.rest import node_uuid
from leasehold.emulator import Emulator
from tests.disks import loops_below, need_loop_devices, need_program
from tests.system.datasets.agent.conftest import DELAYS
from tests.system.datasets.agent.container_kit import IMAGE, Dockerd
from tests.system.datasets.agent.stand_in import until
from tests.system.datasets.agent.test_containers import PLUGINS
from tests.system.datasets.agent.whole import Whole
from tests.system.datasets.test_flocker_rest import Client

pytestmark = pytest.mark.timeout(300)  # a whole life in each, on a machine that may be busy


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """Both agents run; the drivers that they give to Docker are named after their nodes."""
    need_loop_devices()
    need_program("mkfs.ext4", "e2fsprogs")
    directory = tmp_path_factory.mktemp("whole")
    disks = directory / "disks"
    with Emulator(delays=DELAYS, disk_directory=disks) as emulator:
        made = Whole(emulator, directory, disks)
        try:
            for node in (made.one, made.two):
                name = f"lh-{node.name}-{uuid.uuid4().hex[:8]}"
                node.socket = PLUGINS / name / f"{name}.sock"
                node.configure(made.url, docker_socket=str(node.socket))
                node.start()
            yield made
        finally:
            made.close()
            for node in (made.one, made.two):
                shutil.rmtree(node.socket.parent, ignore_errors=True)
    until(lambda: loops_below(disks) == [])


def test_a_dataset_is_made_moved_grown_copied_and_brought_back_with_its_data(whole: Whole):
    whole.command("dataset", "create", "life", "--node", "one")
    place = whole.await_mounted("life", whole.one)
    assert list(place.iterdir()) == []
    (place / "file").write_text("kept")
    whole.command("dataset", "grow", "life", "2")
    until(lambda: _size(place) > 1900 << 20)
    whole.command("dataset", "clone", "life", "copy", "--node", "two")
    copy = whole.await_mounted("copy", whole.two)
    assert (copy / "file").read_text() == "kept"
    whole.command("dataset", "move", "life", "two")
    moved = whole.await_mounted("life", whole.two)
    assert (moved / "file").read_text() == "kept"
    assert not place.exists()
    shown = whole.shown("life")
    whole.command("dataset", "delete", "life")
    until(lambda: not moved.exists())
    whole.command("dataset", "restore", shown["id"])
    whole.command("dataset", "move", "life", "one")
    assert (whole.await_mounted("life", whole.one) / "file").read_text() == "kept"


def _size(place: Path) -> int:
    return shutil.disk_usage(place).total


def test_a_service_that_is_killed_while_a_dataset_moves_goes_on_where_it_was(whole: Whole):
    whole.command("dataset", "create", "moving", "--node", "one")
    place = whole.await_mounted("moving", whole.one)
    (place / "file").write_text("kept")
    whole.command("dataset", "move", "moving", "two", "--no-wait")
    whole.kill()
    assert whole.one.is_alive
    whole.start()
    moved = whole.await_mounted("moving", whole.two)
    assert (moved / "file").read_text() == "kept"


def test_data_follow_a_dataset_that_flockers_api_makes_moves_and_deletes(whole: Whole):
    whole.ca("user", "ann", "--output", str(whole.directory))
    pair = whole.directory / "ann.crt", whole.directory / "ann.key"
    caller = Client(whole.flocker_port, whole.certificates / "cluster.crt", pair)
    wish = {"primary": node_uuid("one"), "maximum_size": 1 << 30, "metadata": {"name": "old"}}
    status, made = caller.call("POST", "/v1/configuration/datasets", wish)
    assert status == 201
    path = f"/v1/configuration/datasets/{made['dataset_id']}"
    (whole.await_mounted("old", whole.one) / "file").write_text("kept")
    caller.close()  # the service closes what is idle for 5 s; the next call opens another
    assert caller.call("POST", path, {"primary": node_uuid("two")})[0] == 200
    moved = whole.await_mounted("old", whole.two)
    assert (moved / "file").read_text() == "kept"
    caller.close()
    seen = {each["dataset_id"]: each for each in caller.call("GET", "/v1/state/datasets")[1]}
    assert seen[made["dataset_id"]]["path"] == str(moved)
    assert caller.call("DELETE", path)[1]["deleted"] is True
    until(lambda: not moved.exists())
    caller.close()


@pytest.fixture
def dockerd(whole: Whole) -> Iterator[Dockerd]:
    directory = Path(tempfile.mkdtemp(prefix="lh-", dir="/tmp"))
    running = Dockerd(directory)
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(directory, ignore_errors=True)


def test_containers_find_their_data_on_whichever_node_they_run(whole: Whole, dockerd: Dockerd):
    docker, one, two = dockerd, whole.one.socket.stem, whole.two.socket.stem
    run = ("run", "--rm", "--network", "none", "-v", "volume:/data", IMAGE, "sh", "-c")
    docker.run("volume", "create", "--driver", one, "--opt", "size=1G", "volume")
    docker.run(*run, "echo kept > /data/file")
    docker.run("run", "--detach", "--name", "user", "--network", "none", "-v", "volume:/data", IMAGE,
               "sleep", "1000")  # fmt: skip
    whole.command("dataset", "move", "volume", "two", "--no-wait")
    until(lambda: "is in use by" in str(whole.shown("volume")["reason"]))
    docker.run("exec", "user", "sh", "-c", "echo more >> /data/file")
    docker.run("rm", "--force", "user")
    whole.await_mounted("volume", whole.two)
    # A dockerd knows a name at one driver; the second server has one of its own, that is told now.
    dataset = whole.shown("volume")["id"]
    docker.run("volume", "rm", "volume")
    assert "volume" not in whole.command("dataset", "list").stdout
    whole.command("dataset", "restore", dataset)
    docker.run("volume", "create", "--driver", two, "volume")
    assert docker.run(*run, "cat /data/file").stdout == "kept\nmore\n"
    assert whole.shown("volume")["node"] == "two"
