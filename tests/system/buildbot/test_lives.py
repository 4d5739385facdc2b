"""What becomes of servers when masters are killed, stopped and configured anew."""

import signal
from pathlib import Path

import pytest

from leasehold.emulator import Delays, Effect, Emulator, Rule, fixed
from leasehold.openstack import Connection, connect
from tests.system.buildbot.conftest import alive, workers
from tests.system.buildbot.masters import CANCELLED, SUCCESS, a_master

ONE = "worker.LeaseholdWorker('one', None, **usual)"
TWO = "worker.LeaseholdWorker('two', None, **usual)"
SLOW_EVENTS = """
from buildbot.data.builds import Build
from twisted.internet import reactor, task

tell = Build.generateEvent

def slowly(self, build, event):
    pause = 1.0 if event == "update" else 0.0
    return task.deferLater(reactor, pause, tell, self, build, event)

Build.generateEvent = slowly
"""
"""A build says "preparing worker", and comes to its worker only a second later: a busy database."""

pytestmark = pytest.mark.timeout(300)


def neighbour(emulator: Emulator) -> Connection:
    """Somebody else who uses the same project."""
    return connect(
        auth_url=emulator.auth_url, username="demo", password="demo", project_name="demo"
    )


def servers(emulator: Emulator, name: str = "one") -> list[str]:
    return [server.id for server in alive(emulator) if server.name == name]


def test_what_a_killed_master_was_starting_is_gone_after_its_next_start(
    emulator: Emulator, kit: str, tmp_path: Path
) -> None:
    emulator.faults.add(Rule(effect=Effect.STUCK_BUILD, kind="server", method="POST", count=1))
    with a_master(tmp_path, workers(emulator, kit, ONE)) as master, neighbour(emulator) as cloud:
        request = master.force("one")
        (orphan,) = master.wait(lambda: servers(emulator))
        master.stop(signal.SIGKILL)
        image = next(cloud.image.images(name="debian-12"))
        theirs = cloud.compute.create_server(name="one", flavor_id="1", image_id=image.id).id
        master.start()
        master.wait(lambda: orphan not in servers(emulator))
        assert master.done(request)["results"] == SUCCESS
        master.stop()
    assert servers(emulator) == [theirs], "the neighbour's server of the same name is left alone"
    with neighbour(emulator) as cloud:
        cloud.compute.delete_server(theirs)


def test_a_worker_that_is_no_more_configured_leaves_nothing_behind(
    emulator: Emulator, kit: str, tmp_path: Path
) -> None:
    warm = "worker.LeaseholdWorker('one', None, **dict(usual, build_wait_timeout=600))"
    with a_master(tmp_path, workers(emulator, kit, warm, TWO)) as master:
        master.done(master.force("one"))
        assert servers(emulator)
        master.reconfigure(workers(emulator, kit, TWO))
        master.wait(lambda: not servers(emulator))
        assert master.done(master.force("two"))["results"] == SUCCESS
        orphan = master.force("two")
        master.wait(lambda: servers(emulator, "two"))
        master.stop(signal.SIGKILL)
        master.configure(workers(emulator, kit, ONE))  # the same cloud, but another worker
        master.start()
        master.wait(lambda: not servers(emulator, "two"))
        assert orphan


def test_a_new_configuration_lets_a_start_end_and_holds_for_the_next_one(
    emulator: Emulator, kit: str, tmp_path: Path
) -> None:
    emulator.change_settings(delays=Delays(boot=fixed(3.0), delete=fixed(0.3)))
    with a_master(tmp_path, workers(emulator, kit, ONE)) as master:
        request = master.force("one")
        master.wait(lambda: servers(emulator))
        larger = ONE.replace("usual", "dict(usual, flavor='small')")
        master.reconfigure(workers(emulator, kit, larger, TWO))
        first = master.done(request)
        second = master.done(master.force("one"))
        assert [build["results"] for build in (first, second)] == [SUCCESS, SUCCESS]
        flavors = [master.properties(build)["flavor"] for build in (first, second)]
        assert flavors == ["tiny", "small"]


def test_a_master_stops_while_the_cloud_hangs_and_goes_on_when_it_is_back(
    emulator: Emulator, kit: str, tmp_path: Path
) -> None:
    with a_master(tmp_path, workers(emulator, kit, ONE, TWO)) as master:
        master.done(master.force("two"))  # the cloud's offers are known by now
        emulator.faults.add(Rule(effect=Effect.LATENCY, seconds=3600))
        request = master.force("one")
        build = master.build(request)
        master.wait(lambda: master.state(build).startswith("preparing worker"))
        master.stop()
        assert master.process.returncode == 0
        emulator.faults.clear()
        master.start()
        assert master.done(request)["results"] == SUCCESS
        master.wait(lambda: not servers(emulator))


def test_a_build_is_stopped_and_a_master_just_before_a_server_would_be_ordered(
    emulator: Emulator, kit: str, tmp_path: Path
) -> None:
    config = SLOW_EVENTS + workers(emulator, kit, ONE)
    with a_master(tmp_path, config) as master:
        emulator.faults.add(Rule(effect=Effect.LATENCY, seconds=3600))
        request = master.force("one")
        master.wait(lambda: master.state(master.build(request)) == "preparing worker")
        master.cancel(master.build(request))
        assert master.ended(request, 20)["results"] == CANCELLED
        request = master.force("one")
        master.wait(lambda: master.state(master.build(request)) == "preparing worker")
        master.stop()
        assert master.process.returncode == 0
        emulator.faults.clear()
        master.configure(workers(emulator, kit, ONE))
        master.start()
        assert master.done(request)["results"] == SUCCESS
        master.wait(lambda: not servers(emulator))


def test_workers_of_one_master_keep_to_a_limit_together(
    emulator: Emulator, kit: str, tmp_path: Path
) -> None:
    limited = workers(emulator, kit, ONE, TWO, cloud_limits={"servers": 1})
    with a_master(tmp_path, limited) as master:
        requests = [master.force("one"), master.force("two")]
        most = 0

        def all_done() -> bool:
            nonlocal most
            most = max(most, len(servers(emulator)) + len(servers(emulator, "two")))
            return all(master.is_complete(request) for request in requests)

        master.wait(all_done)
        assert most == 1
        assert [master.builds(request)[-1]["results"] for request in requests] == [SUCCESS, SUCCESS]
