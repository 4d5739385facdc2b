"""Docker's volume plugin protocol on the agent's socket, call by call."""

import http.client
import json
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leasehold.datasets.agent.agent import CLAIM_SECONDS
from leasehold.datasets.agent.keeper import SETTLED_LOOK
from tests.system.datasets.agent.mover import Mover
from tests.system.datasets.agent.site import Site
from tests.system.datasets.agent.stand_in import a_dataset, until


class Docker:
    """Speaks as dockerd does; one connection, kept."""

    def __init__(self, path: Path) -> None:
        self._connection = http.client.HTTPConnection("localhost", timeout=120)
        self._connection.sock = socket.socket(socket.AF_UNIX)
        self._connection.sock.connect(str(path))

    def call(self, name: str, **body: Any) -> tuple[int, dict[str, Any]]:
        self._connection.request("POST", f"/{name}", json.dumps(body))
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def fine(self, name: str, **body: Any) -> dict[str, Any]:
        status, answer = self.call(name, **body)
        assert (status, answer.get("Err", "")) == (200, ""), answer
        return answer

    def refused(self, name: str, **body: Any) -> str:
        status, answer = self.call(name, **body)
        assert status == 500, answer
        return answer["Err"]

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def mover(site: Site) -> Iterator[Mover]:
    made = Mover(site)
    yield made
    made.join()


@pytest.fixture
def docker(site: Site, mover: Mover) -> Iterator[Docker]:
    site.one.start()
    made = Docker(site.one.socket)
    yield made
    made.close()


def test_it_says_what_it_is_and_that_names_mean_the_same_everywhere(site: Site, docker: Docker):
    assert docker.fine("Plugin.Activate") == {"Implements": ["VolumeDriver"]}
    found = docker.fine("VolumeDriver.Capabilities")
    assert found == {"Capabilities": {"Scope": "global"}}
    assert stat.S_IMODE(site.one.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(site.one.socket.parent.stat().st_mode) == 0o700


def test_a_volume_from_its_creation_to_its_end(site: Site, docker: Docker):
    assert docker.refused("VolumeDriver.Get", Name="data") == "there is no dataset 'data'"
    docker.fine("VolumeDriver.Create", Name="data", Opts={"size": "2G"})
    docker.fine("VolumeDriver.Create", Name="data", Opts=None)
    assert site.control.datasets["data"].size_gib == 2
    path = docker.fine("VolumeDriver.Mount", Name="data", ID="x")["Mountpoint"]
    assert path == str(site.one.place(site.control.datasets["data"].id))
    assert Path(path).is_mount()
    assert docker.fine("VolumeDriver.Path", Name="data")["Mountpoint"] == path
    volume = docker.fine("VolumeDriver.Get", Name="data")["Volume"]
    assert (volume["Name"], volume["Mountpoint"]) == ("data", path)
    assert volume["Status"]["state"] == "mounted"
    assert volume["Status"]["size"] == "2G"
    (listed,) = docker.fine("VolumeDriver.List")["Volumes"]
    assert listed == volume
    docker.fine("VolumeDriver.Unmount", Name="data", ID="x")
    docker.fine("VolumeDriver.Remove", Name="data")
    assert docker.fine("VolumeDriver.List")["Volumes"] == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"size": "big"}, "size=big"),
        ({"size": "10"}, "write 10G"),
        ({"colour": "red"}, "allowed: size, profile, type, filesystem"),
    ],
)
def test_a_bad_option_is_an_error_and_nothing_is_made(site: Site, docker: Docker, options, told):
    assert told in docker.refused("VolumeDriver.Create", Name="data", Opts=options)
    assert site.control.datasets == {}


def test_what_the_control_side_refuses_is_shown_in_its_words(site: Site, docker: Docker):
    site.control.refusal = (409, "quota", "the project may have 10 GiB, and 9 are used")
    told = docker.refused("VolumeDriver.Create", Name="data")
    assert told == "the project may have 10 GiB, and 9 are used"


def test_a_call_that_is_none_and_a_body_that_is_none(docker: Docker):
    assert docker.call("VolumeDriver.Dance")[0] == 404
    status, answer = docker.call("VolumeDriver.Get", Name=5)
    assert (status, answer["Err"][:8]) == (400, "the body")


def test_mounts_are_counted_by_name_and_id_and_survive_the_agent(site: Site, docker: Docker):
    """Podman's ID is the same for all that it mounts, so neither alone would do."""
    for name in ("a", "b"):
        docker.fine("VolumeDriver.Create", Name=name)
        docker.fine("VolumeDriver.Mount", Name=name, ID="same")
    docker.fine("VolumeDriver.Mount", Name="a", ID="same")
    docker.fine("VolumeDriver.Mount", Name="a", ID="other")
    dataset = site.control.datasets["a"].id
    report = site.control.await_report("one", dataset, lambda each: len(each.users) == 2)
    assert report.users == ("docker mount other", "docker mount same")
    docker.fine("VolumeDriver.Unmount", Name="b", ID="same")
    site.control.await_report("one", site.control.datasets["b"].id, lambda each: not each.users)
    site.one.kill()
    site.control.reports.clear()
    site.one.start()
    # Nothing has it mounted in fact, so the count is dropped as stale some time; but not at once.
    until(lambda: "one" in site.control.reports)
    users = {each.dataset: each.users for each in site.control.reports["one"].datasets}
    assert users == {dataset: report.users, site.control.datasets["b"].id: ()}


def test_a_dataset_comes_to_the_node_where_a_container_wants_it(
    site: Site, docker: Docker, mover: Mover
):
    docker.fine("VolumeDriver.Create", Name="data")
    path = Path(docker.fine("VolumeDriver.Mount", Name="data", ID="x")["Mountpoint"])
    (path / "file").write_text("kept")
    site.two.start()
    other = Docker(site.two.socket)
    other.fine("VolumeDriver.Create", Name="data")
    dataset = site.control.datasets["data"].id
    site.control.await_report("one", dataset, lambda each: bool(each.users))
    assert "used on one by docker mount x" in other.refused(
        "VolumeDriver.Mount", Name="data", ID="y"
    )
    assert "is not mounted on this node" in other.refused("VolumeDriver.Path", Name="data")
    docker.fine("VolumeDriver.Unmount", Name="data", ID="x")
    site.control.await_report("one", dataset, lambda each: not each.users)
    found = Path(other.fine("VolumeDriver.Mount", Name="data", ID="y")["Mountpoint"])
    assert (found / "file").read_text() == "kept"
    assert mover.node_of("data") == "two"
    other.close()


def test_what_is_mounted_here_serves_containers_while_the_control_side_is_away(
    site: Site, docker: Docker
):
    docker.fine("VolumeDriver.Create", Name="data")
    path = docker.fine("VolumeDriver.Mount", Name="data", ID="x")["Mountpoint"]
    site.control.close()
    assert docker.fine("VolumeDriver.Mount", Name="data", ID="y")["Mountpoint"] == path
    found = docker.fine("VolumeDriver.Get", Name="data")["Volume"]
    assert found["Mountpoint"] == path
    assert "no answer from" in found["Status"]["error"]
    assert "no answer from" in docker.refused("VolumeDriver.Mount", Name="other", ID="x")
    assert "no answer from" in docker.refused("VolumeDriver.List")
    site.one.kill()
    site.one.start()  # it knows of the order by heart, and sees that it is mounted
    again = Docker(site.one.socket)
    until(lambda: again.call("VolumeDriver.Path", Name="data")[0] == 200)
    assert again.fine("VolumeDriver.Mount", Name="data", ID="z")["Mountpoint"] == path
    again.close()


def test_a_mount_that_takes_too_long_says_why(site: Site, mover: Mover):
    site.one.configure(site.control.url, docker_patience=1.0)
    site.one.start()
    docker = Docker(site.one.socket)
    site.control.datasets["data"] = a_dataset("data", next_step="it is attached", volume_id="v")
    site.control.on_fetch = None
    told = docker.refused("VolumeDriver.Mount", Name="data", ID="x")
    assert "is not mounted here after 1 s" in told
    assert "next: it is attached" in told
    docker.close()


def test_a_use_that_docker_never_ended_is_dropped_only_after_a_look_could_see_its_container():
    assert CLAIM_SECONDS > SETTLED_LOOK
