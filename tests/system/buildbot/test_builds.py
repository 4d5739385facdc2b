"""Builds on servers that exist for them: a real master, real workers, an emulated cloud."""

from collections.abc import Iterator

import pytest

from leasehold.emulator import Effect, Emulator, Rule
from leasehold.openstack import connect
from tests.system.buildbot.conftest import alive, workers
from tests.system.buildbot.masters import CANCELLED, EXCEPTION, RETRY, SUCCESS, Master, a_master

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def master(
    emulator: Emulator, kit: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Master]:
    """One master for the module: each test has a worker to itself."""
    lines = [
        *(
            f"worker.LeaseholdWorker({name!r}, None, **usual)"
            for name in ("plain", "stuck", "lost", "kept", "late", "gone")
        ),
        "worker.LeaseholdWorker('cancelled', None, **dict(usual, boot_timeout=3600))",
        "worker.LeaseholdWorker('dead', 'secret', **dict(usual, user_data=None))",
        "worker.LeaseholdWorker('warm', None, **dict(usual, build_wait_timeout=60))",
        "worker.LeaseholdWorker('ports', 'secret', networks=['lab'], floating_ip='public', **usual)",
        "worker.LeaseholdWorker('nowhere', None, **dict(usual, image='no-such-image'))",
        (
            "worker.LeaseholdWorker('stranger', None, **dict(usual, os_password='wrong',"
            " os_tenant_name='admin'))"
        ),
    ]
    directory = tmp_path_factory.mktemp("master")
    config = workers(emulator, kit, *lines, boot_timeout=3, check_instance_interval=1)
    with a_master(directory, config, step="steps.ShellCommand(command='sleep 1')") as running:
        yield running


def no_server_of(emulator: Emulator, name: str) -> bool:
    return all(server.name != name for server in alive(emulator))


def test_a_build_gets_a_server_that_is_gone_afterwards(master: Master, emulator: Emulator) -> None:
    build = master.done(master.force("plain"))
    assert build["results"] == SUCCESS
    master.wait(lambda: master.properties(build)["state"] == "connected")  # told beside the build
    told = master.properties(build)
    assert told["flavor"] == "tiny"
    assert 0 < told["seconds"]["up"] <= told["seconds"]["connected"]
    master.wait(lambda: master.worker_info("plain")["leasehold_state"] == "connected")
    page = master.worker_info("plain")
    assert page["leasehold_server"] == told["server"]
    assert page["version"], "what the worker tells of itself is still there"
    master.wait(lambda: no_server_of(emulator, "plain"))


def test_the_next_build_uses_the_server_that_is_still_there(master: Master) -> None:
    first, second = (master.done(master.force("warm")) for _ in range(2))
    assert (first["results"], second["results"]) == (SUCCESS, SUCCESS)
    assert master.properties(first)["server"] == master.properties(second)["server"]


def test_ports_and_addresses_go_with_their_server(master: Master, emulator: Emulator) -> None:
    build = master.done(master.force("ports"))
    assert build["results"] == SUCCESS
    assert len(master.properties(build)["addresses"]) == 2
    master.wait(lambda: not emulator.leftovers().floating_ips)
    master.wait(lambda: no_server_of(emulator, "ports"))


def test_a_server_that_is_never_built_is_deleted_and_the_build_tried_again(
    master: Master, emulator: Emulator
) -> None:
    emulator.faults.add(Rule(effect=Effect.STUCK_BUILD, kind="server", count=1))
    request = master.force("stuck")
    build = master.ended(request)
    assert build["results"] == RETRY
    assert "still BUILD after 3 s" in master.properties(build)["fault"]
    master.wait(lambda: no_server_of(emulator, "stuck"))
    assert master.done(request)["results"] == SUCCESS


def test_a_server_whose_order_was_not_answered_is_found_and_used(
    master: Master, emulator: Emulator
) -> None:
    before = emulator.requests.of("compute", "POST")
    emulator.faults.add(Rule(effect=Effect.LOST_AFTER, kind="server", method="POST", count=1))
    assert master.done(master.force("lost"))["results"] == SUCCESS
    after = emulator.requests.of("compute", "POST")
    assert after == before, "the lost one, which does not count, was the only order"


def test_a_delete_that_fails_is_sent_until_the_server_is_gone(
    master: Master, emulator: Emulator
) -> None:
    emulator.faults.add(
        Rule(effect=Effect.ERROR_BEFORE, kind="server", method="DELETE", status=500, count=2)
    )
    assert master.done(master.force("kept"))["results"] == SUCCESS
    master.wait(lambda: no_server_of(emulator, "kept"))


def test_an_outage_is_waited_out(master: Master, emulator: Emulator) -> None:
    emulator.faults.begin_outage(None, status=503, seconds=8)
    request = master.force("late")
    build = master.build(request)
    master.wait(lambda: master.state(build).startswith("preparing worker: "))
    assert master.done(request)["results"] == SUCCESS


def test_a_build_cancelled_while_its_server_is_built_is_free_at_once(
    master: Master, emulator: Emulator
) -> None:
    emulator.faults.add(Rule(effect=Effect.STUCK_BUILD, kind="server", count=1))
    emulator.faults.add(Rule(effect=Effect.LATENCY, kind="server", method="GET", seconds=3600))
    request = master.force("cancelled")
    build = master.build(request)
    master.wait(lambda: not no_server_of(emulator, "cancelled"))
    master.cancel(build)
    assert master.ended(request)["results"] == CANCELLED
    emulator.faults.clear()
    master.wait(lambda: no_server_of(emulator, "cancelled"))


@pytest.mark.parametrize(
    ("worker", "words"),
    [
        ("nowhere", "no active image 'no-such-image'"),
        ("stranger", "The request you have made requires authentication."),
    ],
)
def test_what_cannot_work_ends_the_build_at_once_with_the_reason(
    master: Master, worker: str, words: str
) -> None:
    build = master.done(master.force(worker))
    assert build["results"] == EXCEPTION
    assert words in master.properties(build)["fault"]


def test_a_server_that_the_cloud_fails_to_build_is_told_and_the_build_tried_again(
    master: Master, emulator: Emulator
) -> None:
    emulator.faults.add(Rule(effect=Effect.NO_VALID_HOST, kind="server", count=1))
    request = master.force("gone")
    build = master.ended(request)
    assert build["results"] == RETRY
    assert "No valid host" in master.properties(build)["fault"]
    master.wait(lambda: no_server_of(emulator, "gone"))
    master.wait(lambda: master.worker_info("gone")["leasehold_state"] == "failed")
    assert master.done(request)["results"] == SUCCESS


def test_a_server_that_somebody_deletes_before_its_worker_connects_is_noticed(
    master: Master, emulator: Emulator
) -> None:
    build = master.build(master.force("dead"))
    (server,) = master.wait(
        lambda: [s for s in alive(emulator) if (s.name, s.status) == ("dead", "ACTIVE")]
    )
    master.wait(lambda: master.state(build) == "preparing worker")
    with connect(
        auth_url=emulator.auth_url, username="demo", password="demo", project_name="demo"
    ) as cloud:
        cloud.compute.delete_server(server.id)
    master.wait(lambda: master.state(build) == "worker not available")
    assert "vanished" in master.properties(build)["fault"]
