import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.service.processes import PATIENCE, ServiceProcess, a_process, call

from .commands import Command
from .holding_proxy import HoldingProxy

FOREVER = "3600"


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service whose servers are there at once."""
    with a_process(tmp_path_factory.mktemp("quick"), "--nodes", "64") as service:
        yield service


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service whose servers build for ever."""
    with a_process(tmp_path_factory.mktemp("slow"), "--nodes", "64", "--boot", FOREVER) as service:
        yield service


@pytest.fixture
def leasehold(tmp_path: Path) -> Command:
    """The command; the service to talk to is set by `to`."""
    return Command(tmp_path, "")


@pytest.fixture(autouse=True)
def _given_back(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test leaves locked in a shared service goes before the next one begins."""
    yield
    for name in {"quick", "slow"} & set(request.fixturenames):
        service = request.getfixturevalue(name)
        for lease in open_leases(service):
            call(service, "DELETE", f"/leases/{lease['id']}?force=true")


@pytest.fixture
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service of this test alone, with one node: who comes second has to wait."""
    with a_process(tmp_path_factory.mktemp("single"), "--nodes", "1") as service:
        yield service


def to(service: ServiceProcess | HoldingProxy, leasehold: Command) -> None:
    """Have the command talk to this service."""
    leasehold.environment["LEASEHOLD_SERVER"] = service.url


def wait_for_line(process: "subprocess.Popen[str]", word: str) -> None:
    """Read stderr up to a line with this word in it."""
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if word in line:
            return
    raise AssertionError(f"{word!r} never came: {''.join(seen)}")


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Exit code and the rest of stderr."""
    _, err = process.communicate(timeout=PATIENCE)
    return process.returncode, err


def open_leases(service: ServiceProcess) -> list[dict]:
    return call(service, "GET", "/leases")


def test_lock_waits_shows_the_way_and_prints_what_is_ready(
    quick: ServiceProcess, leasehold: Command
) -> None:
    to(quick, leasehold)
    done = leasehold("lock", "--type", "demo", "--count", "2", "--for", "2h", "--purpose", "try it")
    assert done.returncode == 0, done.stderr
    (lease,) = open_leases(quick)
    names = [node["name"] for node in lease["nodes"]]
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["NODE", *names]
    assert all(f"{name}  ready" in done.stderr for name in names)
    assert (lease["owner"], lease["purpose"], lease["seconds"]) == ("ann@test", "try it", 7200)


def test_lock_lets_the_users_keys_in(quick: ServiceProcess, leasehold: Command) -> None:
    to(quick, leasehold)
    assert leasehold("lock", "--type", "demo").returncode == 0
    assert (leasehold.home / "config/leasehold/id_ed25519").exists()


def test_json_is_the_lease_and_nothing_else_on_stdout(
    quick: ServiceProcess, leasehold: Command
) -> None:
    to(quick, leasehold)
    lease = json.loads(leasehold("lock", "--type", "demo", "--json").stdout)
    assert (lease["state"], lease["nodes"][0]["state"]) == ("ready", "ready")


def test_no_wait_returns_with_the_lease_on_its_way(
    slow: ServiceProcess, leasehold: Command
) -> None:
    to(slow, leasehold)
    done = leasehold("lock", "--type", "demo", "--no-wait")
    (lease,) = open_leases(slow)
    assert done.returncode == 0
    assert done.stdout.split() == [lease["id"], "preparing"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_breaking_off_gives_back_what_was_locked(
    slow: ServiceProcess, leasehold: Command, number: int
) -> None:
    to(slow, leasehold)
    process = leasehold.start("lock", "--type", "demo", "--count", "2")
    wait_for_line(process, "building")
    process.send_signal(number)
    code, err = ended(process)
    assert code == 130
    assert "was given back, nothing is locked" in err
    assert open_leases(slow) == []


def test_breaking_off_in_the_queue_leaves_the_queue(
    single: ServiceProcess, leasehold: Command
) -> None:
    to(single, leasehold)
    assert leasehold("lock", "--type", "demo").returncode == 0
    process = leasehold.start("lock", "--type", "demo")
    wait_for_line(process, "place 1 in the queue")
    process.send_signal(signal.SIGINT)
    assert ended(process)[0] == 130
    assert len(open_leases(single)) == 1


def test_breaking_off_between_the_request_and_its_answer_leaves_nothing(
    slow: ServiceProcess, leasehold: Command
) -> None:
    to(slow, leasehold)
    proxy = HoldingProxy(slow.port)
    try:
        to(proxy, leasehold)
        proxy.holding = True
        process = leasehold.start("lock", "--type", "demo")
        assert proxy.held.wait(PATIENCE)
        assert len(open_leases(slow)) == 1
        proxy.holding = False
        process.send_signal(signal.SIGINT)
        code, err = ended(process)
    finally:
        proxy.close()
    assert code == 130
    assert "was given back" in err
    assert open_leases(slow) == []


def test_breaking_off_with_the_service_gone_tells_how_to_free_the_lease(
    slow: ServiceProcess, leasehold: Command
) -> None:
    to(slow, leasehold)
    process = leasehold.start("lock", "--type", "demo")
    wait_for_line(process, "building")
    (lease,) = open_leases(slow)
    slow.stop(signal.SIGKILL)
    wait_for_line(process, "Trying again")
    process.send_signal(signal.SIGINT)
    code, err = ended(process)
    assert code == 130
    assert f"leasehold unlock --lease {lease['id']}" in err
    slow.start()
    assert leasehold("unlock", "--lease", lease["id"]).returncode == 0
    assert open_leases(slow) == []


def test_a_second_ctrl_c_stops_at_once_with_the_same_hint(
    slow: ServiceProcess, leasehold: Command
) -> None:
    to(slow, leasehold)
    proxy = HoldingProxy(slow.port)
    try:
        to(proxy, leasehold)
        process = leasehold.start("lock", "--type", "demo")
        wait_for_line(process, "building")
        (lease,) = open_leases(slow)
        proxy.holding = True
        process.send_signal(signal.SIGINT)
        # Once the service has ended the lease, the command waits for an answer that is held back.
        gone = call(slow, "GET", f"/leases/{lease['id']}?wait=60&state=preparing")
        assert gone["state"] == "released"
        process.send_signal(signal.SIGINT)
        code, err = ended(process)
    finally:
        proxy.close()
    assert code == 130
    assert "stopped at once" in err
    assert f"leasehold unlock --lease {lease['id']}" in err


def test_a_lock_outlives_a_restart_of_the_service(
    single: ServiceProcess, leasehold: Command
) -> None:
    to(single, leasehold)
    assert leasehold("lock", "--type", "demo", "--no-wait").returncode == 0
    process = leasehold.start("lock", "--type", "demo")
    wait_for_line(process, "place 1 in the queue")
    single.stop(signal.SIGKILL)
    wait_for_line(process, "Trying again")
    single.start()
    (holder, _) = open_leases(single)
    call(single, "DELETE", f"/leases/{holder['id']}?force=true")
    code, err = ended(process)
    assert code == 0, err


def test_a_lease_that_somebody_else_ends_is_a_failed_lock(
    slow: ServiceProcess, leasehold: Command
) -> None:
    to(slow, leasehold)
    process = leasehold.start("lock", "--type", "demo")
    wait_for_line(process, "building")
    (lease,) = open_leases(slow)
    call(slow, "DELETE", f"/leases/{lease['id']}?force=true")
    code, err = ended(process)
    assert code == 5
    assert f"{lease['id']} released" in err
    assert "nothing is held" in err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--type", "dmeo"], 1, "did you mean demo"),
        (["--type", "demo", "--count", "65"], 4, "only 64"),
        (["--type", "demo", "--count", "0"], 2, "1 or more"),
        (["--type", "demo", "--for", "2y"], 2, "1h30m"),
        (["--type", "demo", "--for", "60d"], 2, "7d"),
    ],
)
def test_a_wrong_lock_fails_at_once_and_says_why(
    quick: ServiceProcess, leasehold: Command, arguments: list[str], code: int, told: str
) -> None:
    to(quick, leasehold)
    done = leasehold("lock", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert open_leases(quick) == []
