"""Bad days of the lab: a cloud that is out, writes that are lost, nodes that are no more."""

import threading
from pathlib import Path

import msgspec
import pytest

from leasehold.engine.cloud import CloudBusy, Kind, Offers
from leasehold.engine.errors import Impossible
from leasehold.engine.memory_cloud import Fault
from leasehold.engine.reason import Cause
from leasehold.engine.stock import Stock
from leasehold.lab.errors import UnknownNode
from leasehold.lab.lab import Lab
from leasehold.lab.model import LeaseState, NodeState
from leasehold.store import Place, StoreFailed
from tests.simulation.bench import OFFERS, Bench


@pytest.fixture
def bench(tmp_path: Path, place: Place):
    bench = Bench(tmp_path, place=place)
    yield bench
    bench.database.close()


def cloud_out(bench: Bench, times: int = 1000) -> None:
    bench.cloud.faults.extend([Fault(verb="offers", error=CloudBusy("timed out"))] * times)


def settle(bench: Bench) -> None:
    """Wait until nobody asks the cloud beside."""
    for thread in threading.enumerate():
        if thread.name == "leasehold-offers":
            thread.join(10)


def fail_servers(bench: Bench) -> None:
    for each in bench.cloud.alive(Kind.SERVER):
        bench.cloud.mark(each.cloud_id, "ERROR", "No valid host was found.")


# -- a cloud that does not tell what it offers -------------------------------------------------------


def test_a_restart_while_the_cloud_is_out_keeps_a_lease_whose_server_failed(bench: Bench) -> None:
    lease = bench.lock()
    bench.run(3)
    cloud_out(bench)
    bench.restart(stocked=False)
    fail_servers(bench)
    bench.run(20)
    assert bench.lab.lease(lease.id).state is LeaseState.PREPARING
    bench.cloud.faults.clear()
    settle(bench)
    bench.stock._ask("c")
    bench.run(60)
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    assert bench.servers() == ["demo001"]


def test_who_waits_while_the_cloud_is_out_is_told_so(bench: Bench) -> None:
    first = bench.lock(4)
    bench.run(30)
    second = bench.lock(1)
    cloud_out(bench)
    bench.restart(stocked=False)
    settle(bench)
    bench.lab.release(first.id)
    bench.run(60)
    waiting = bench.lab.lease(second.id)
    assert (waiting.state, waiting.position) == (LeaseState.WAITING, 1)
    assert waiting.reason.text == "cloud c: timed out"
    bench.cloud.faults.clear()
    settle(bench)
    bench.stock._ask("c")
    bench.run(60)
    assert bench.lab.lease(second.id).state is LeaseState.READY


def test_a_lock_in_a_cloud_that_never_told_is_refused_with_its_words(bench: Bench) -> None:
    cloud_out(bench)
    bench.restart(stocked=False)
    settle(bench)
    with pytest.raises(Impossible, match="cloud c: timed out"):
        bench.lock()
    assert bench.lab.leases() == []


def test_two_servers_that_fail_when_their_image_is_gone_fail_the_lease_once(bench: Bench) -> None:
    lease = bench.lock(3)
    bench.run(3)
    assert len(bench.servers()) == 3
    bench.stock._shelves["c"].offers = Offers(flavors=OFFERS.flavors, networks=OFFERS.networks)
    fail_servers(bench)
    bench.run(10)
    failed = bench.lab.lease(lease.id)
    assert (failed.state, failed.reason.cause) == (LeaseState.FAILED, Cause.NOT_FOUND)
    bench.run(60)
    assert bench.servers() == []
    assert {node.state for node in bench.lab.nodes()} == {NodeState.FREE}


# -- what was lost -----------------------------------------------------------------------------------


def test_a_lock_that_was_lost_is_no_lock_for_the_one_who_tries_again(bench: Bench) -> None:
    bench.database.full = True
    with pytest.raises(StoreFailed):
        bench.lock(key="k")
    with pytest.raises(StoreFailed):
        bench.lock(key="k")
    bench.database.full = False
    with pytest.raises(StoreFailed, match="an earlier change was lost"):
        bench.lock(key="k")  # nothing has been read back yet
    bench.run(1)
    assert bench.lab.leases() == []
    lease = bench.lock(key="k")
    bench.run(30)
    assert bench.lab.lease(lease.id).state is LeaseState.READY


def test_a_retry_that_was_lost_leaves_no_server_behind(bench: Bench) -> None:
    """The new server is planned and the old one dropped in the write that is lost."""
    lease = bench.lock()
    bench.run(3)
    fail_servers(bench)
    write = bench.steward.journal._database
    bench.steward.journal._database = Full()
    bench.run(2.5)
    bench.steward.journal._database = write
    bench.run(60)
    ready = bench.lab.lease(lease.id)
    assert ready.state is LeaseState.READY
    assert [each.cloud_id for each in bench.cloud.alive(Kind.SERVER)] == [ready.nodes[0].server_id]
    bench.lab.release(lease.id)
    bench.run(60)
    assert bench.servers() == []


class Full:
    """A database that keeps nothing."""

    def write(self, work):
        from concurrent.futures import Future

        future = Future()
        future.set_exception(StoreFailed("disk full"))
        return future


def test_a_full_disk_does_not_make_the_lab_spin(bench: Bench) -> None:
    bench.lock(seconds=100)
    bench.run(30)
    bench.database.full = True
    reloads = []
    reload = bench.steward.reload
    bench.steward.journal.on_lost = lambda: bench.engine.tell(lambda: reloads.append(reload()))
    bench.run(200)
    assert 1 <= len(reloads) <= 200 / 5 + 1
    bench.database.full = False
    bench.run(60)
    assert bench.lab.leases() == []
    assert bench.servers() == []


def test_known_hosts_that_cannot_be_written_do_no_harm_and_are_written_later(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, ready="ssh")
    written = []

    def full(hosts) -> None:
        if not written:
            written.append(None)
            raise OSError(28, "No space left on device")
        written.append(dict(hosts))

    lease = bench.lock()
    bench.run(30)
    bench.steward.aim.on_hosts = full
    bench.answer_ssh("demo001", ready=True)
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    bench.run(120)
    bench.lab.extend(lease.id, 1)
    assert list(written[-1]) == ["demo001"]
    bench.database.close()


def test_a_subscriber_that_breaks_does_not_silence_the_others(bench: Bench) -> None:
    heard = []
    bench.lab.subscribe(lambda: 1 / 0)
    end = bench.lab.subscribe(lambda: heard.append(1))
    bench.lab.subscribe(lambda: 1 / 0)
    bench.lock()
    bench.flush()
    assert heard
    end()
    heard.clear()
    bench.lock()
    bench.flush()
    assert not heard


def test_a_lease_whose_end_is_not_durable_yet_is_told_as_ended(bench: Bench) -> None:
    lease = bench.lock()
    busy, free = threading.Event(), threading.Event()
    bench.database.write(lambda _: (busy.set(), free.wait(10)))
    assert busy.wait(10)
    releasing = threading.Thread(target=bench.lab.release, args=(lease.id,))
    releasing.start()
    while bench.steward.book.leases:
        pass
    assert bench.lab.lease(lease.id).state is LeaseState.RELEASED
    free.set()
    releasing.join(10)
    assert bench.lab.lease(lease.id).state is LeaseState.RELEASED


# -- keys --------------------------------------------------------------------------------------------


def test_a_key_finds_its_lease_before_it_is_durable_and_long_after_it_ended(bench: Bench) -> None:
    first = bench.lock(key="k")
    assert bench.lock(key="k").id == first.id
    bench.lab.release(first.id)
    assert bench.lock(key="k").id == first.id
    bench.restart()
    assert bench.lock(key="k").id == first.id
    assert bench.lab.leases() == []


def test_the_same_key_of_another_owner_is_another_lease(bench: Bench) -> None:
    assert bench.lock(key="k").id != bench.lock(key="k", owner="bob").id


def test_many_who_try_the_same_lock_at_once_get_one_lease(bench: Bench) -> None:
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(bench.lock(key="k").id)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 8
    assert len({*found}) == 1
    assert len(bench.lab.leases()) == 1


# -- a configuration that changed --------------------------------------------------------------------


def with_nodes(bench: Bench, nodes: int) -> None:
    demo = bench.config.machine_types["demo"]
    types = {"demo": msgspec.structs.replace(demo, nodes=nodes)}
    bench.config = msgspec.structs.replace(bench.config, machine_types=types)
    bench.restart()


def test_a_node_that_is_configured_no_more_is_held_until_it_is_given_back(bench: Bench) -> None:
    lease = bench.lock(4)
    bench.run(30)
    with_nodes(bench, 2)
    assert [node.name for node in bench.lab.lease(lease.id).nodes][-1] == "demo004"
    assert bench.lab.node("demo004").state is NodeState.READY
    bench.lab.unlock(["demo004", "demo003"])
    bench.run(60)
    with pytest.raises(UnknownNode):
        bench.lab.node("demo004")
    assert bench.servers() == ["demo001", "demo002"]


def test_a_lease_in_use_survives_the_end_of_its_machine_type(bench: Bench) -> None:
    lease = bench.lock()
    bench.run(30)
    bench.config = msgspec.structs.replace(bench.config, machine_types={})
    bench.restart()
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    assert [each.id for each in bench.lab.leases()] == [lease.id]
    bench.lab.release(lease.id)
    bench.run(60)
    assert bench.servers() == []


def test_more_nodes_than_before_serve_who_waits(bench: Bench) -> None:
    bench.lock(4)
    second = bench.lock(1)
    bench.run(30)
    with_nodes(bench, 5)
    bench.run(30)
    assert bench.lab.lease(second.id).state is LeaseState.READY


# -- the rest ----------------------------------------------------------------------------------------


def test_since_when_a_node_is_what_it_is_survives_a_restart(bench: Bench) -> None:
    bench.lock(2)
    bench.run(30)
    before = [node.since for node in bench.lab.nodes()]
    bench.run(1000)
    bench.restart()
    assert [node.since for node in bench.lab.nodes()] == before
    assert before[0] is not None


def test_what_is_being_given_back_is_not_settled_from_the_moment_of_the_release(
    bench: Bench,
) -> None:
    lease = bench.lock()
    bench.run(30)
    assert bench.lab.settle("c", 0)
    bench.lab.release(lease.id)
    assert not bench.lab.settle("c", 0)
    bench.run(60)
    assert bench.lab.settle("c", 0)


def test_a_lease_that_was_shortened_to_what_is_held_stays_whole(bench: Bench) -> None:
    lease = bench.lock(3)
    bench.lab.unlock(["demo002"])
    bench.run(30)
    after = bench.lab.lease(lease.id)
    assert (after.state, after.count) == (LeaseState.READY, 2)
    assert [node.name for node in after.nodes] == ["demo001", "demo003"]


def test_the_reason_in_the_queue_counts_as_of_now(bench: Bench) -> None:
    bench.cloud.end = 1e9
    first = bench.lock(4)
    waiting = bench.lock(4)
    bench.run(30)
    assert waiting.reason.have == 0
    bench.lab.release(first.id)
    assert "4 are being given back" in bench.lab.lease(waiting.id).reason.text
    third = bench.lock(1)
    assert "place 2 in the queue" in third.reason.text


def test_a_thousand_in_the_queue_cost_a_turn_no_writes(bench: Bench) -> None:
    first = bench.lock(4)
    bench.run(30)
    waiting = [bench.lock(4, owner=f"o{n}") for n in range(30)]
    before = bench.lab.events(lease=waiting[-1].id)
    bench.lab.release(first.id)
    bench.run(120)
    assert bench.lab.events(lease=waiting[-1].id) == before
    assert bench.lab.lease(waiting[-1].id).position == 29


def test_the_timekeeper_outlives_a_turn_that_breaks(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    broke, turned = threading.Event(), threading.Event()

    def turn():
        if not broke.is_set():
            broke.set()
            bench.steward.wake_at = 0.0
            raise RuntimeError("broke")
        bench.steward.wake_at = 1e12
        turned.set()

    lab: Lab = bench.lab
    bench.steward.turn = turn
    bench.steward.wake_at = 0.0
    lab._thread.start()
    assert broke.wait(10)
    while not turned.wait(0.05):
        bench.clock.time += 10
        lab._nudge.set()
    lab._stopping.set()
    lab._nudge.set()
    lab._thread.join(10)
    bench.database.close()


def test_stock_is_not_asked_while_it_is_fresh(bench: Bench) -> None:
    assert isinstance(bench.stock, Stock)
    before = bench.cloud.calls.count(("offers", None))
    for _ in range(3):
        bench.lab.release(bench.lock().id)
    assert bench.cloud.calls.count(("offers", None)) == before
