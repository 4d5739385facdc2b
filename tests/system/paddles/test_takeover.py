"""A running paddles is taken over whole: its nodes, its locks, all or none, as often as one likes."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from leasehold.cli.app import run as leasehold
from leasehold.lab.errors import BadWish
from leasehold.lab.lab import Lab
from leasehold.lab.model import LeaseState, Wish
from leasehold.lab.takeover import NodeThere
from leasehold.paddles.reading import read_nodes
from leasehold.store import Place
from tests.system.paddles.serving import Client, a_lab, running, serving, until_spare
from tests.system.service.processes import ServiceProcess, a_process


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Client]:
    """The paddles that is to be taken over; ours plays it, whose answers have paddles' form."""
    directory = tmp_path / "old"
    directory.mkdir()
    with (
        running(a_lab(directory, nodes=0)) as lab,
        serving(lab) as url,
        Client(url) as client,
    ):
        client.kind = "mira"
        client.add("host", is_vm=False)
        client.add("guest", is_vm=True, vm_host=client.name("host"), os_type="ubuntu")
        client.add("a", "b", locked=True, locked_by="ann@lab", description="/run/7")
        client.add("c", locked=True, locked_by="bob@lab", description="mine", up=False)
        client.add("nobodys", locked=True)
        yield client


@pytest.fixture
def new(place: Place, tmp_path: Path) -> Iterator[Lab]:
    directory = tmp_path / "new"
    directory.mkdir()
    with running(a_lab(directory, place)) as lab:
        yield lab


def taken_over(lab: Lab, old: Client, **options: bool):
    found = read_nodes(old.http.get("/nodes/").content, now=0.0)
    return lab.take_over(found, by="ann@lab", **options)


def test_afterwards_the_same_answers_come_from_here(old: Client, new: Lab):
    report = taken_over(new, old)
    assert (report.done, len(report.registered), len(report.locked)) == (True, 6, 4)
    with serving(new) as url, Client(url) as paddles:
        assert paddles.get("/nodes/", machine_type="mira") == old.get("/nodes/")
        # One owner's nodes for one purpose are one lease, and are given back one by one.
        assert sorted(len(lease.nodes) for lease in new.leases()) == [1, 1, 2]
        name = old.name("a")
        paddles.ok(paddles.lock(name, locked=False, locked_by="ann@lab", description="/run/7"))
        assert paddles.node(old.name("b"))["locked"] is True


def test_a_second_time_nothing_changes(old: Client, new: Lab):
    taken_over(new, old)
    before = new.events(newest=True, limit=1)
    again = taken_over(new, old)
    assert (again.registered, again.changed, again.locked) == ((), (), ())
    assert (again.same, again.conflicts) == (6, ())
    assert new.events(newest=True, limit=1) == before


def test_what_changed_there_since_changes_here(old: Client, new: Lab):
    taken_over(new, old)
    old.ok(old.put(old.name("guest"), os_version="22.04"))
    old.ok(old.lock(old.name("host"), locked=True, locked_by="eve@lab"))
    report = taken_over(new, old)
    assert (report.changed, report.locked) == ((old.name("guest"),), (old.name("host"),))
    assert new.node(old.name("guest")).os_version == "22.04"


def test_a_look_changes_nothing(old: Client, new: Lab):
    report = taken_over(new, old, dry_run=True)
    assert (report.done, len(report.registered), len(report.locked)) == (False, 6, 4)
    assert new.nodes(machine_type="mira") == []
    assert new.leases() == []


def test_with_one_conflict_nothing_is_done(old: Client, new: Lab):
    taken_over(new, old)
    new.unlock([old.name("c")], owner="bob@lab")
    with new.promptly() as prompt:
        (row,) = [row for row in prompt.rows() if row.name == old.name("c")]
        prompt.take([row], owner="eve@lab", purpose="")
    old.ok(old.put(old.name("guest"), os_version="24.04"))
    report = taken_over(new, old)
    (conflict,) = report.conflicts
    assert (conflict.node, report.done) == (old.name("c"), False)
    assert "eve@lab" in conflict.here
    assert "bob@lab" in conflict.there
    assert new.node(old.name("guest")).os_version is None


def test_the_second_time_locks_can_follow_those_there(old: Client, new: Lab):
    taken_over(new, old)
    ann, bob = {"locked_by": "ann@lab", "description": "/run/7"}, {"locked_by": "bob@lab"}
    old.ok(old.lock(old.name("a"), locked=False, **ann))
    old.ok(old.lock(old.name("c"), locked=False, **bob))
    old.ok(old.lock(old.name("c"), locked=True, locked_by="eve@lab"))
    old.ok(old.lock(old.name("host"), locked=True, locked_by="eve@lab"))
    assert {each.node for each in taken_over(new, old).conflicts} == {old.name("a"), old.name("c")}
    report = taken_over(new, old, follow=True)
    assert set(report.released) == {old.name("a"), old.name("c")}
    assert set(report.locked) == {old.name("c"), old.name("host")}
    with serving(new) as url, Client(url) as paddles:
        held = {node["name"]: node["locked_by"] for node in paddles.get("/nodes/", locked=1)}
        assert held == {node["name"]: node["locked_by"] for node in old.get("/nodes/", locked=1)}
        assert paddles.node(old.name("a"))["locked"] is False
    assert taken_over(new, old, follow=True).same == 6


def test_free_nodes_of_a_cloud_are_left_out_and_locked_ones_are_a_conflict(new: Lab):
    def over(**lock: object):
        nodes = [{"name": "ovh001", "machine_type": "vm", **lock}, {"name": "a"}]
        return new.take_over(read_nodes(json.dumps(nodes).encode(), now=0.0), by="ann@lab")

    report = over(locked=True, locked_by="ann@lab")
    assert ([each.node for each in report.conflicts], report.done) == (["ovh001"], False)
    report = over()
    assert (report.skipped, report.registered, report.done) == (("ovh001",), ("a",), True)
    assert len([each for each in new.nodes() if each.machine_type == "vm"]) == 4


@pytest.mark.parametrize(
    ("node", "lock", "words"),
    [
        ({}, {"owner": "", "since": 0.0}, "owner"),
        ({}, {"owner": "a\0", "since": 0.0}, "owner"),
        ({}, {"owner": "ann", "since": 1e18}, "since"),
        ({}, {"owner": "ann", "since": -1.0}, "since"),
        ({"name": "../x"}, {"owner": "ann", "since": 0.0}, "names"),
        ({"machine_type": "a b"}, {"owner": "ann", "since": 0.0}, "machine_type"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_done(
    new: Lab, node: dict[str, str], lock: dict[str, object], words: str
):
    row = {"name": "a", "machine_type": "mira", "kind": "fixed", **node}
    there = msgspec.convert([{"node": {"name": "b", "machine_type": "mira", "kind": "fixed"}},
                             {"node": row, "lock": lock}], tuple[NodeThere, ...])  # fmt: skip
    with pytest.raises(BadWish) as refused:
        new.take_over(there, by="ann@lab")
    assert refused.value.field == words
    assert new.nodes(machine_type="mira") == []


def test_a_warm_spare_gives_way_to_the_machine_that_has_its_name_there(tmp_path: Path):
    with running(a_lab(tmp_path, min_ready=5)) as lab, serving(lab) as url, Client(url) as paddles:
        vm = {"name": "vm009", "machine_type": "vm", "up": True}
        paddles.ok(paddles.http.post("/nodes/", json=vm))
        until_spare(lab, 5)
        there = vm | {"machine_type": "mira", "locked": True, "locked_by": "ann@lab"}
        report = lab.take_over(read_nodes(json.dumps([there]).encode(), now=0.0), by="ann@lab")
        assert (report.changed, report.locked) == (("vm009",), ("vm009",))
        (lease,) = lab.leases()
        assert (lease.owner, lease.machine_type) == ("ann@lab", "mira")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    directory = tmp_path / "service"
    directory.mkdir()
    with a_process(directory) as process:
        yield process


def test_the_command_says_what_it_does(
    old: Client, service: ServiceProcess, capsys: pytest.CaptureFixture[str]
):
    there = ["--server", service.url]
    assert leasehold(["import", "paddles", old.url, "--dry-run", *there]) == 0
    assert "     6  would be registered" in capsys.readouterr().out
    assert leasehold(["import", "paddles", old.url, "--json", *there]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["done"], len(report["locked"]), report["conflicts"]) == (True, 4, [])
    assert leasehold(["leases", "--json", *there]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {lease["owner"] for lease in shown} == {"ann@lab", "bob@lab", "(nobody)"}
    old.ok(old.lock(old.name("c"), locked=False, locked_by="bob@lab"))
    assert leasehold(["import", "paddles", old.url, *there]) == 4
    assert "     1  in conflict, so nothing was changed" in capsys.readouterr().out
    assert leasehold(["import", "paddles", "http://127.0.0.1:1", *there]) == 1
    assert "no paddles answers at http://127.0.0.1:1" in capsys.readouterr().err
    assert leasehold(["import", "paddles", service.url, *there]) == 1
    assert "found no JSON" in capsys.readouterr().err
    assert leasehold(["import", "paddles", "http://any:sesame@host:port/", *there]) == 2
    assert "sesame" not in capsys.readouterr().err


def test_what_was_taken_over_outlives_a_restart(old: Client, tmp_path: Path):
    directory = tmp_path / "kept"
    directory.mkdir()
    with running(a_lab(directory)) as lab:
        taken_over(lab, old)
    with running(a_lab(directory)) as lab:
        assert len(lab.nodes(machine_type="mira")) == 6
        assert {lease.state for lease in lab.leases()} == {LeaseState.READY}
        again = taken_over(lab, old)
        assert again.same == 6


def test_a_node_that_was_taken_over_is_locked_like_any_other(old: Client, new: Lab):
    taken_over(new, old)
    lease = new.lock(Wish(machine_type="mira", count=2, owner="ann@lab"))
    assert lease.state is not LeaseState.WAITING
