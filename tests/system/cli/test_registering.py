"""`leasehold nodes add`, `set`, `down`, `up` and `remove`, as people type them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.service.processes import ServiceProcess, a_process

from .commands import Command


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with a_process(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture
def leasehold(service: ServiceProcess, tmp_path: Path) -> Command:
    return Command(tmp_path, service.url)


def test_nodes_come_go_down_come_up_and_go(leasehold: Command) -> None:
    added = leasehold(
        "nodes", "add", "m1..m3", "--type", "metal", "--new-type", "--os-type", "ubuntu",
        "--description", "rack 3",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    assert [line.split()[:3] for line in added.stdout.splitlines()[1:]] == [
        [f"m{number}", "metal", "free"] for number in (1, 2, 3)
    ]
    assert leasehold("nodes", "down", "m1", "--note", "fan broken").returncode == 0
    (down,) = json.loads(leasehold("nodes", "--no-up", "--json").stdout)
    assert (down["name"], down["note"]) == ("m1", "fan broken")
    assert "fan broken" in leasehold("show", "m1").stdout
    (up,) = json.loads(leasehold("--json", "nodes", "up", "m1").stdout)
    assert (up["state"], up["note"]) == ("free", None)
    changed = leasehold("nodes", "set", "m1..m2", "--description", "", "--os-version", "22.04")
    assert changed.returncode == 0, changed.stderr
    like = ("--os-type", "ubuntu", "--os-version", "22.04", "--json")
    found = json.loads(leasehold("nodes", *like).stdout)
    assert [(node["name"], node["description"]) for node in found] == [("m1", None), ("m2", None)]
    assert leasehold("nodes", "remove", "m1..m3").returncode == 0
    assert json.loads(leasehold("nodes", "--type", "metal", "--json").stdout) == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "m1", "--type", "metal"), 1, "no machine type 'metal'; there are: demo"),
        (("add", "--type", "demo"), 2, "name the nodes"),
        (("add", "demo001", "--type", "demo"), 4, "demo001 exists already"),
        (("add", "m9..m1", "--type", "demo"), 2, "the lower number first"),
        (("set", "demo001"), 2, "say what to set"),
        (("set", "demo009", "--note", "x"), 1, "did you mean demo00"),
        (("remove", "demo001"), 4, "made by [machine_types.demo]"),
        (("down",), 2, "name the nodes"),
    ],
)
def test_what_cannot_be_done_is_said_with_an_exit_code(
    leasehold: Command, words: tuple[str, ...], code: int, said: str
) -> None:
    done = leasehold("nodes", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
