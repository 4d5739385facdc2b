"""``leasehold dataset`` against a real service on an emulated cloud, which is killed in between."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.emulator import Emulator
from leasehold.emulator.settings import Delays
from leasehold.emulator.timeline import Delay
from leasehold.openstack import connect
from tests.system.service.processes import PATIENCE

from .commands import Command

UUID = "5e0b2f3c-8a43-4a76-9d1c-0a1b2c3d4e5f"


class Site:
    """An emulated cloud, a service process, and the command."""

    def __init__(self, home: Path, emulator: Emulator) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
        self.emulator = emulator
        (home / "clouds.yaml").write_text(emulator.clouds_yaml())
        (home / "leasehold.toml").write_text(
            f'[service]\nlisten = "{address}"\n[clouds.demo]\ncloud = "demo"\n[datasets]\n'
        )
        self.leasehold = Command(home, f"http://{address}")
        self.leasehold.environment["OS_CLIENT_CONFIG_FILE"] = str(home / "clouds.yaml")
        self.start()

    def start(self) -> None:
        self.service = self.leasehold.start("serve")
        assert self.service.stdout is not None
        assert self.service.stdout.readline()

    def stop(self, number: int = signal.SIGTERM) -> None:
        self.service.send_signal(number)
        self.service.communicate(timeout=PATIENCE)

    def volumes(self) -> int:
        """How many the cloud was asked to make."""
        made = self.emulator.requests.by_call().items()
        return sum(
            count
            for call, count in made
            if call.method == "POST" and call.template.endswith("/volumes")
        )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    slow = Delay(low=1.0, mode=1.5, high=2.0)
    with Emulator(guests="none", delays=Delays(volume=slow)) as emulator:
        running = Site(tmp_path, emulator)
        yield running
        running.stop()


def test_a_service_that_is_killed_makes_one_volume_and_loses_nothing(site: Site) -> None:
    create = ("dataset", "create", "pg", "--size", "1", "--id", UUID)
    asked = site.leasehold(*create, "--no-wait")
    assert asked.returncode == 0, asked.stderr
    site.stop(signal.SIGKILL)
    away = site.leasehold("dataset", "list")
    assert away.returncode == 3
    site.start()
    made = site.leasehold(*create, "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["state"] == "detached"
    assert "Traceback" not in made.stderr
    listed = json.loads(site.leasehold("dataset", "list", "--json").stdout)
    assert [each["id"] for each in listed] == [UUID]
    assert site.volumes() == 1

    grown = site.leasehold("dataset", "grow", "pg", "2")
    assert (grown.returncode, grown.stdout) == (0, "pg detached, 2 GiB\n"), grown.stderr
    shown = site.leasehold("dataset", "show", "pg").stdout
    assert f"id           {UUID}" in shown
    assert "detached" in shown


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("show", "nope"), 1, "no dataset 'nope'"),
        (("create", "a/b"), 2, "letters, digits"),
        (("create", "x", "--meta", "y"), 2, "KEY=VALUE"),
        (("create", "x", "--node", "nope"), 1, "no dataset node"),
        (("snapshot", "x", "--delete"), 2, "NAME"),
        (("create", "x", "--timeout", "soon"), 2, "no duration"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_an_exit_code(
    site: Site, words: tuple[str, ...], code: int, told: str
) -> None:
    done = site.leasehold("dataset", *words)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_while_it_waits_leaves_the_dataset_on_its_way(site: Site) -> None:
    site.leasehold("agent", "token", "web1")
    waiting = site.leasehold.start("dataset", "create", "pg", "--size", "1", "--node", "web1")
    assert waiting.stderr is not None
    assert "creating" in waiting.stderr.readline()
    waiting.send_signal(signal.SIGINT)
    _, err = waiting.communicate(timeout=PATIENCE)
    assert waiting.returncode == 130
    assert "goes on" in err
    shown = json.loads(site.leasehold("dataset", "show", "pg", "--json").stdout)
    assert shown["node"] == "web1"
    late = site.leasehold("dataset", "move", "pg", "web1", "--timeout", "1s")
    assert late.returncode == 1
    assert "is still" in late.stderr


def test_an_adopted_volume_keeps_the_id_and_the_metadata_that_it_had_in_flocker(site: Site) -> None:
    with connect(
        auth_url=site.emulator.auth_url, username="demo", password="demo", project_name="demo"
    ) as cloud:
        volume = cloud.volume.create_volume(size=1).id
        while cloud.volume.volume(volume).status != "available":
            time.sleep(0.1)
    adopt = ("dataset", "adopt", volume, "pg", "--id", UUID, "--meta", "name=pg", "--json")
    adopted = site.leasehold(*adopt)
    assert adopted.returncode == 0, adopted.stderr
    shown = json.loads(adopted.stdout)
    assert (shown["id"], shown["metadata"], shown["state"]) == (UUID, {"name": "pg"}, "detached")
    assert site.volumes() == 1


@pytest.mark.parametrize("unhold", ["unhold", "release"])
def test_a_hold_says_what_it_is_for_and_for_how_long(site: Site, unhold: str) -> None:
    site.leasehold("agent", "token", "web1")
    site.leasehold("dataset", "create", "pg", "--size", "1", "--node", "web1", "--no-wait")
    held = site.leasehold("dataset", "hold", "pg", "--purpose", "nightly dump", "--for", "2h")
    assert "pg is held on web1 until" in held.stdout, held.stderr
    hold = json.loads(site.leasehold("dataset", "show", "pg", "--json").stdout)["hold"]
    assert (hold["purpose"], hold["until"] is None) == ("nightly dump", False)
    refused = site.leasehold("dataset", "move", "pg", "none")
    assert "`leasehold dataset unhold --force`" in refused.stderr
    assert site.leasehold("dataset", unhold, "pg").stdout == "pg is not held\n"


def test_the_help_tells_every_subcommand(tmp_path: Path) -> None:
    done: subprocess.CompletedProcess[str] = Command(tmp_path, "")("dataset", "--help")
    for name in ("create", "list", "show", "move", "grow", "snapshot", "clone", "delete"):
        assert name in done.stdout
