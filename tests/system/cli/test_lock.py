import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.service.processes import PATIENCE, ServiceProcess, a_process, call

from .commands import Command
from .holding_proxy import HoldingProxy

FOREVER = "3600"


@pytest.fixture
def a_lab(tmp_path: Path) -> Iterator[Callable[..., tuple[ServiceProcess, Command]]]:
    """A service whose servers take `boot` seconds, and a command to talk to it."""
    (tmp_path / "service").mkdir()
    (tmp_path / "home").mkdir()
    with _stack() as started:

        def build(boot: str = "0") -> tuple[ServiceProcess, Command]:
            service = started(a_process(tmp_path / "service", "--boot", boot))
            return service, Command(tmp_path / "home", service.url)

        yield build


@contextmanager
def _stack():
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield stack.enter_context


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


def test_lock_waits_shows_the_way_and_prints_what_is_ready(a_lab) -> None:
    service, leasehold = a_lab()
    done = leasehold("lock", "--type", "demo", "--count", "2", "--for", "2h", "--reason", "try it")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["NODE", "demo001", "demo002"]
    assert "demo001  ready" in done.stderr
    (lease,) = open_leases(service)
    assert (lease["owner"], lease["purpose"], lease["seconds"]) == ("ann@test", "try it", 7200)


def test_lock_lets_the_users_keys_in(a_lab) -> None:
    _, leasehold = a_lab()
    assert leasehold("lock", "--type", "demo").returncode == 0
    assert (leasehold.home / "config/leasehold/id_ed25519").exists()


def test_json_is_the_lease_and_nothing_else_on_stdout(a_lab) -> None:
    _, leasehold = a_lab()
    lease = json.loads(leasehold("lock", "--type", "demo", "--json").stdout)
    assert (lease["state"], lease["nodes"][0]["name"]) == ("ready", "demo001")


def test_no_wait_returns_with_the_lease_on_its_way(a_lab) -> None:
    service, leasehold = a_lab(boot=FOREVER)
    done = leasehold("lock", "--type", "demo", "--no-wait")
    (lease,) = open_leases(service)
    assert done.returncode == 0
    assert done.stdout.split() == [lease["id"], "preparing"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_breaking_off_gives_back_what_was_locked(a_lab, number: int) -> None:
    service, leasehold = a_lab(boot=FOREVER)
    process = leasehold.start("lock", "--type", "demo", "--count", "2")
    wait_for_line(process, "building")
    process.send_signal(number)
    code, err = ended(process)
    assert code == 130
    assert "was given back, nothing is locked" in err
    assert open_leases(service) == []


def test_breaking_off_in_the_queue_leaves_the_queue(a_lab) -> None:
    service, leasehold = a_lab()
    assert leasehold("lock", "--type", "demo", "--count", "4").returncode == 0
    process = leasehold.start("lock", "--type", "demo")
    wait_for_line(process, "place 1 in the queue")
    process.send_signal(signal.SIGINT)
    assert ended(process)[0] == 130
    assert len(open_leases(service)) == 1


def test_breaking_off_between_the_request_and_its_answer_leaves_nothing(a_lab) -> None:
    service, leasehold = a_lab(boot=FOREVER)
    proxy = HoldingProxy(service.port)
    try:
        leasehold.environment["LEASEHOLD_SERVER"] = proxy.url
        proxy.holding = True
        process = leasehold.start("lock", "--type", "demo")
        assert proxy.held.wait(PATIENCE)
        assert len(open_leases(service)) == 1
        proxy.holding = False
        process.send_signal(signal.SIGINT)
        code, err = ended(process)
    finally:
        proxy.close()
    assert code == 130
    assert "was given back" in err
    assert open_leases(service) == []


def test_breaking_off_with_the_service_gone_tells_how_to_free_the_lease(a_lab) -> None:
    service, leasehold = a_lab(boot=FOREVER)
    process = leasehold.start("lock", "--type", "demo")
    wait_for_line(process, "building")
    (lease,) = open_leases(service)
    service.stop(signal.SIGKILL)
    wait_for_line(process, "Trying again")
    process.send_signal(signal.SIGINT)
    code, err = ended(process)
    assert code == 130
    assert f"leasehold unlock --lease {lease['id']}" in err
    service.start()
    assert leasehold("unlock", "--lease", lease["id"]).returncode == 0
    assert open_leases(service) == []


def test_a_second_ctrl_c_stops_at_once_with_the_same_hint(a_lab) -> None:
    service, leasehold = a_lab(boot=FOREVER)
    proxy = HoldingProxy(service.port)
    try:
        leasehold.environment["LEASEHOLD_SERVER"] = proxy.url
        process = leasehold.start("lock", "--type", "demo")
        wait_for_line(process, "building")
        (lease,) = open_leases(service)
        proxy.holding = True
        process.send_signal(signal.SIGINT)
        assert proxy.held.wait(PATIENCE)
        process.send_signal(signal.SIGINT)
        code, err = ended(process)
    finally:
        proxy.close()
    assert code == 130
    assert "stopped at once" in err
    assert f"leasehold unlock --lease {lease['id']}" in err


def test_a_lock_outlives_a_restart_of_the_service(a_lab) -> None:
    service, leasehold = a_lab()
    assert leasehold("lock", "--type", "demo", "--count", "4", "--no-wait").returncode == 0
    process = leasehold.start("lock", "--type", "demo")
    wait_for_line(process, "place 1 in the queue")
    service.stop(signal.SIGKILL)
    wait_for_line(process, "Trying again")
    service.start()
    (holder, _) = open_leases(service)
    call(service, "DELETE", f"/leases/{holder['id']}?force=true")
    code, err = ended(process)
    assert code == 0, err


def test_a_lease_that_somebody_else_ends_is_a_failed_lock(a_lab) -> None:
    service, leasehold = a_lab(boot=FOREVER)
    process = leasehold.start("lock", "--type", "demo")
    wait_for_line(process, "building")
    (lease,) = open_leases(service)
    call(service, "DELETE", f"/leases/{lease['id']}?force=true")
    code, err = ended(process)
    assert code == 5
    assert f"{lease['id']} released" in err
    assert "nothing is held" in err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--type", "dmeo"], 1, "did you mean demo"),
        (["--type", "demo", "--count", "5"], 4, "only 4"),
        (["--type", "demo", "--count", "0"], 2, "1 or more"),
        (["--type", "demo", "--for", "2y"], 2, "1h30m"),
        (["--type", "demo", "--for", "60d"], 2, "7d"),
    ],
)
def test_a_wrong_lock_fails_at_once_and_says_why(
    a_lab, arguments: list[str], code: int, told: str
) -> None:
    service, leasehold = a_lab()
    done = leasehold("lock", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert open_leases(service) == []
