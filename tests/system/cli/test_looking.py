import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from leasehold.service.fingerprints import fingerprint
from tests.system.service.processes import PATIENCE, ServiceProcess, a_process, a_ready_lease, call

from .commands import Command


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with a_process(tmp_path_factory.mktemp("service"), "--nodes", "8") as service:
        a_ready_lease(service, owner="ann@test", purpose="try it", count=2)
        yield service


@pytest.fixture
def leasehold(service: ServiceProcess, tmp_path: Path) -> Command:
    return Command(tmp_path, service.url)


def test_nodes_are_a_table_and_json_for_programs(leasehold: Command) -> None:
    lines = leasehold("nodes").stdout.splitlines()
    assert lines[0].split()[:3] == ["NODE", "TYPE", "STATE"]
    assert lines[1].split()[:3] == ["demo001", "demo", "ready"]
    nodes = json.loads(leasehold("nodes", "--json", "--mine").stdout)
    assert [node["name"] for node in nodes] == ["demo001", "demo002"]
    assert json.loads(leasehold("--json", "nodes", "--state", "broken").stdout) == []


def test_show_tells_who_why_where_and_what_happened(leasehold: Command) -> None:
    shown = leasehold("show", "demo001").stdout
    for word in (
        "ann@test",
        "try it",
        "root@10.0.0.",
        "In the cloud:",
        "server",
        "History:",
        "building",
    ):
        assert word in shown


def test_leases_plan_and_machine_types_are_told(leasehold: Command) -> None:
    assert "2/2" in leasehold("leases", "--mine").stdout
    assert "demo001 demo002" in leasehold("leases").stdout
    assert leasehold("plan").stdout == "Nothing is to be done.\n"
    assert leasehold("machine-types").stdout.splitlines()[1].split()[:3] == ["demo", "6", "8"]


def test_boots_are_counted_by_type_and_one_is_shown_whole(leasehold: Command) -> None:
    lines = leasehold("boots", "--type", "demo").stdout.splitlines()
    assert lines[1].split()[:5] == ["demo", "2", "0", "100", "%"]
    shown = leasehold("boots", "1").stdout
    assert "image debian-12, flavor small" in shown
    assert json.loads(leasehold("boots", "--json").stdout)["failed"] == []
    assert leasehold("boots", "99").returncode != 0


def test_a_machine_type_is_resumed_and_an_unknown_one_refused(leasehold: Command) -> None:
    assert "no longer paused" in leasehold("machine-types", "resume", "demo").stdout
    assert "did you mean demo" in leasehold("machine-types", "resume", "dmeo").stderr


def test_an_audit_says_that_nothing_is_astray(leasehold: Command) -> None:
    done = leasehold("clouds", "audit")
    assert done.returncode == 0
    assert "in use   2 ports, 2 servers" in done.stdout
    assert "stray    nothing" in done.stdout


def test_extend_takes_a_node_for_its_lease(service: ServiceProcess, leasehold: Command) -> None:
    before = call(service, "GET", "/nodes/demo001")["lease"]["seconds"]
    assert leasehold("extend", "demo001", "1h30m").returncode == 0
    assert call(service, "GET", "/nodes/demo001")["lease"]["seconds"] == before + 5400
    assert "nobody holds demo008" in leasehold("extend", "demo008", "1h").stderr


def test_a_lease_is_held_amended_and_given_an_end_again(
    service: ServiceProcess, leasehold: Command
) -> None:
    name = "demo001"
    assert "is held, without end" in leasehold("hold", name).stdout
    assert "held" in leasehold("leases").stdout
    assert "nightly" in leasehold("amend", name, "--purpose", "nightly").stdout
    assert "PURPOSE" in leasehold("leases").stdout
    assert "lasts until" in leasehold("unhold", name, "--for", "30m").stdout
    assert leasehold("amend", name).returncode == 2


def test_who_waits_is_told_why_and_who_shall_not_wait_is_exit_6(leasehold: Command) -> None:
    done = leasehold("lock", "--type", "demo", "--count", "8", "--no-wait")
    assert (done.returncode, done.stdout) == (6, "")
    assert "8 wanted" in done.stderr
    lease = leasehold("lock", "demo001", "--detach", "--priority", "5").stdout.split()[0]
    told = leasehold("explain", lease).stdout
    assert "waiting: demo001, for ann" in told
    assert "priority 5" in told
    assert "place     1 in the queue" in told
    assert "blocked   demo001 is held by ann" in told
    assert leasehold("unlock", "--lease", lease).returncode == 0
    assert leasehold("lock").returncode == 2


def test_events_are_printed_and_followed(service: ServiceProcess, leasehold: Command) -> None:
    past = leasehold("events", "--json").stdout.splitlines()
    assert json.loads(past[0])["id"] == 1
    process = leasehold.start("events", "--follow", "--after", str(json.loads(past[-1])["id"]))
    lease = call(service, "POST", "/leases", {"machine_type": "demo", "owner": "bob"})
    assert process.stdout is not None
    assert any(lease["id"] in line for line in process.stdout)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130


def test_what_somebody_else_holds_is_not_unlocked_without_force(
    service: ServiceProcess, leasehold: Command
) -> None:
    lease = a_ready_lease(service, owner="bob")
    name = lease["nodes"][0]["name"]
    done = leasehold("unlock", name)
    assert done.returncode == 4
    assert "bob" in done.stderr
    done = leasehold("unlock", name, "--force")
    assert (done.returncode, done.stdout.split()[0]) == (0, name)


def test_a_reader_that_goes_away_is_no_error(leasehold: Command) -> None:
    process = leasehold.start("events", "--follow")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    call_again = leasehold("lock", "--type", "demo", "--no-wait")
    assert call_again.returncode == 0
    assert process.wait(PATIENCE) == 1
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()


def test_no_service_is_exit_3_and_says_how_to_start_one(leasehold: Command) -> None:
    done = leasehold("nodes", "--server", "http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (3, "")
    assert "leasehold serve" in done.stderr


def test_a_free_node_has_no_shell(leasehold: Command) -> None:
    done = leasehold("ssh", "demo008", "true")
    assert done.returncode == 1
    assert "leasehold lock --type demo" in done.stderr


def test_a_made_token_opens_a_guarded_service(tmp_path: Path) -> None:
    made = Command(tmp_path, "")("token", "ann")
    token = made.stdout.strip()
    assert f'"ann" = "{fingerprint(token)}"' in made.stderr
    with a_process(tmp_path, "--token", f"ann={fingerprint(token)}") as service:
        leasehold = Command(tmp_path, service.url)
        refused = leasehold("nodes")
        assert refused.returncode == 4
        assert "LEASEHOLD_TOKEN" in refused.stderr
        leasehold.environment["LEASEHOLD_TOKEN"] = token
        assert leasehold("lock", "--type", "demo").returncode == 0
        (lease,) = json.loads(leasehold("leases", "--json").stdout)
        assert lease["owner"] == "ann"


def test_help_is_there_in_no_time_and_without_a_home() -> None:
    environment = {"PATH": os.environ["PATH"]}
    program = [sys.executable, "-m", "leasehold", "--help"]
    done = subprocess.run(program, env=environment, capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0


def test_only_who_looks_after_the_queue_raises_a_priority(tmp_path: Path) -> None:
    tokens = {role: Command(tmp_path, "")("token", role) for role in ("user", "operator")}
    texts = {role: made.stdout.strip() for role, made in tokens.items()}
    given = [("--token", f"{role}:{role}={fingerprint(text)}") for role, text in texts.items()]
    with a_process(tmp_path, *chain.from_iterable(given)) as service:
        ann, olga = Command(tmp_path, service.url), Command(tmp_path, service.url)
        ann.environment["LEASEHOLD_TOKEN"] = texts["user"]
        olga.environment["LEASEHOLD_TOKEN"] = texts["operator"]
        held = olga("lock", "demo001", "--detach")
        assert held.returncode == 0, held.stderr
        assert ann("lock", "demo001", "--detach", "--priority", "5").returncode == 4
        lease = ann("lock", "demo001", "--detach", "--priority", "-1").stdout.split()[0]
        refused = ann("amend", lease, "--priority", "5")
        assert (refused.returncode, "operator or admin" in refused.stderr) == (4, True)
        assert "priority -1" in ann("explain", lease).stdout
        raised = olga("amend", lease, "--priority", "5", "--force")
        assert raised.returncode == 0, raised.stderr
        assert "priority 5" in ann("explain", lease).stdout


def test_an_administrator_gives_tokens_takes_them_back_and_sees_what_was_done(
    tmp_path: Path,
) -> None:
    made = Command(tmp_path, "")("token", "root", "--role", "admin", "--owner", "rita@lab")
    assert f'"root" = {{ hash = "{fingerprint(made.stdout.strip())}"' in made.stderr
    with a_process(
        tmp_path, "--token", f"root:admin={fingerprint(made.stdout.strip())}"
    ) as service:
        root, ann = Command(tmp_path, service.url), Command(tmp_path, service.url)
        root.environment["LEASEHOLD_TOKEN"] = made.stdout.strip()
        created = root("token", "create", "ann-laptop", "--owner", "ann@lab")
        assert created.returncode == 0, created.stderr
        ann.environment["LEASEHOLD_TOKEN"] = created.stdout.strip()
        lock = root("lock", "--type", "demo", "--json")
        (node,) = json.loads(lock.stdout)["nodes"]
        refused = ann("unlock", node["name"], "--force")
        assert refused.returncode == 4
        assert "operator or admin" in refused.stderr
        assert "ann@lab" in root("token", "list").stdout
        assert root("token", "revoke", "ann-laptop").stdout == "ann-laptop revoked\n"
        assert ann("nodes").returncode == 4
        told = root("audit-log", "--by", "ann@lab").stdout
        assert "unlockNodes" in told
        assert "not_allowed" in told
        assert created.stdout.strip() not in root("audit-log", "--json").stdout
        service.stop()
        assert created.stdout.strip() not in service.log()
