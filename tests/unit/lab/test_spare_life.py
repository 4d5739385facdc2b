"""Warm spares from their order to who gets them. A lab over a cloud in memory, turned by hand."""

from pathlib import Path

import msgspec
import pytest
import yaml

from leasehold.engine.cloud import CloudBusy, Image, Kind, Limit, Limits
from leasehold.engine.memory_cloud import Fault, MemoryCloud
from leasehold.engine.reason import Cause
from leasehold.lab.config import LimitsConfig, SystemConfig
from leasehold.lab.errors import NotYours
from leasehold.lab.model import LeaseState, NodeState
from leasehold.lab.prober import Finding
from leasehold.lab.streak import FIRST_PAUSE
from leasehold.store import Place
from tests.simulation.bench import KEY, OFFERS, Bench
from tests.simulation.clock import HandClock

SYSTEMS = {"ubuntu-22.04": SystemConfig(image="ubuntu-22.04")}


@pytest.fixture
def bench(tmp_path: Path, place: Place):
    bench = Bench(tmp_path, place=place, min_ready=2)
    yield bench
    bench.database.close()


def spares(bench: Bench) -> list[str]:
    return [node.name for node in bench.lab.nodes(state=NodeState.SPARE)]


def test_spares_come_up_by_themselves_and_are_nobodys(bench: Bench) -> None:
    bench.run(30)
    assert spares(bench) == ["demo001", "demo002"]
    assert bench.servers() == ["demo001", "demo002"]
    node = bench.lab.node("demo001")
    assert (node.owner, node.lease) == (None, None)
    assert bench.lab.leases() == []
    assert bench.lab.machine_types()[0].free == 4


def test_spares_come_up_soon_after_the_cloud_told_what_it_offers(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    kind = msgspec.structs.replace(bench.config.machine_types["demo"], min_ready=2)
    bench.config = msgspec.structs.replace(bench.config, machine_types={"demo": kind})
    bench.cloud.faults.append(Fault(verb="offers", error=CloudBusy("starting")))
    bench.restart(stocked=False)
    bench.run(1)
    bench.stock.use("c", lambda offers: offers)
    bench.run(30)
    assert len(spares(bench)) == 2
    bench.database.close()


def test_a_lock_has_a_spare_at_once_and_another_takes_its_place(bench: Bench) -> None:
    bench.run(30)
    lease = bench.lock()
    assert lease.state is LeaseState.READY
    assert [(node.name, node.state) for node in lease.nodes] == [("demo001", NodeState.READY)]
    assert (bench.lab.node("demo001").owner, bench.lab.node("demo001").lease) == ("ann", lease.id)
    bench.run(30)
    assert spares(bench) == ["demo002", "demo003"]
    bench.lab.release(lease.id)
    bench.run(60)
    assert bench.lab.node("demo001").state is NodeState.FREE
    assert bench.servers() == ["demo002", "demo003"]


def test_there_are_never_more_servers_than_nodes_and_a_lock_of_all_gets_all(bench: Bench) -> None:
    bench.run(30)
    lease = bench.lock(4)
    assert lease.state is LeaseState.PREPARING
    bench.run(30)
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    assert bench.servers() == ["demo001", "demo002", "demo003", "demo004"]
    made = [call for call in bench.cloud.calls if call == ("make", Kind.SERVER)]
    assert len(made) == 4, "both spares were used"


def test_a_spare_on_its_way_is_given_out_as_well(bench: Bench) -> None:
    bench.run(5)
    lease = bench.lock()
    assert lease.state is LeaseState.PREPARING
    bench.run(7)
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    assert len([call for call in bench.cloud.calls if call == ("make", Kind.SERVER)]) == 3


def test_a_node_by_name_that_is_a_spare_is_given_out(bench: Bench) -> None:
    bench.run(30)
    lease = bench.lock(nodes=("demo002",))
    assert lease.state is LeaseState.READY
    assert [node.name for node in lease.nodes] == ["demo002"]


def test_a_lock_of_another_system_builds_on_any_node_and_leaves_no_server_behind(tmp_path) -> None:
    bench = Bench(tmp_path, min_ready=4, systems=SYSTEMS)
    bench.run(30)
    lease = bench.lock(os_type="ubuntu", os_version="22.04")
    bench.run(60)
    lease = bench.lab.lease(lease.id)
    assert lease.state is LeaseState.READY
    images = {row.subject: row.spec.image_id for row in bench.rows(Kind.SERVER)}
    assert images[lease.nodes[0].name] == "i2"
    assert sorted(images.values()) == ["i1", "i1", "i1", "i2"]
    assert len(bench.servers()) == 4
    bench.database.close()


def test_spares_of_a_system_wait_for_who_asks_for_it(tmp_path: Path) -> None:
    systems = {"ubuntu-22.04": SystemConfig(image="ubuntu-22.04", min_ready=1)}
    bench = Bench(tmp_path, min_ready=1, systems=systems)
    bench.run(30)
    lease = bench.lock(os_type="ubuntu", os_version="22.04")
    assert lease.state is LeaseState.READY
    images = {row.subject: row.spec.image_id for row in bench.rows(Kind.SERVER)}
    assert images[lease.nodes[0].name] == "i2"
    bench.database.close()


def test_a_new_image_rotates_the_spares(bench: Bench) -> None:
    bench.run(30)
    images = (Image(id="i3", name="debian-12"), *OFFERS.images[1:])
    bench.cloud.stock = msgspec.structs.replace(OFFERS, images=images)
    bench.stock._ask("c")  # as it does by itself every ten minutes
    bench.run(120)
    assert {row.spec.image_id for row in bench.rows(Kind.SERVER)} == {"i3"}
    assert len(spares(bench)) == 2


def test_a_spare_that_is_too_old_is_replaced_before_it_goes(tmp_path: Path) -> None:
    bench = Bench(tmp_path, min_ready=1, max_spare_age="1h")
    bench.run(30)
    (before,) = bench.rows(Kind.SERVER)
    bench.run(3600)
    bench.run(60)
    (after,) = bench.rows(Kind.SERVER)
    assert after.id != before.id
    assert spares(bench) == [after.subject]
    bench.database.close()


def test_a_lease_that_waits_for_quota_gets_that_of_spares(tmp_path: Path) -> None:
    clock = HandClock()
    quota = Limits(servers=Limit(total=2))
    cloud = MemoryCloud(clock, boot=10, end=5, offers=OFFERS, limits=quota)
    bench = Bench(tmp_path, cloud, min_ready=2, systems=SYSTEMS, nodes=6)
    bench.run(60)
    assert len(spares(bench)) == 2
    lease = bench.lock(2, os_type="ubuntu", os_version="22.04")
    bench.run(300)
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    assert {row.spec.image_id for row in bench.rows(Kind.SERVER)} == {"i2"}
    bench.lab.release(lease.id)
    bench.run(900)
    assert len(spares(bench)) == 2, "and they come back when there is room"
    bench.database.close()


def test_a_key_that_was_not_in_the_user_data_is_let_in_before_the_node_counts_as_ready(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, min_ready=1, ready="sentinel")
    bench.run(30)
    bench.answer_ssh("demo001")
    bench.answer_ssh("demo001", ready=True)
    assert spares(bench) == ["demo001"]
    assert "demo001" not in bench.prober.targets
    lease = bench.lock(public_keys=(KEY,))
    assert (lease.state, lease.nodes[0].state) == (LeaseState.PREPARING, NodeState.REACHABLE)
    assert "keys are being let in" in lease.nodes[0].reason.text
    target = bench.prober.targets["demo001"]
    assert target.keys == (KEY,)
    found = Finding(
        node=target.node, server=target.server, host_key=target.host_key, ready=True, keys=(KEY,)
    )
    bench.steward.heard_finding(msgspec.structs.replace(found, keys=()))
    assert bench.lab.lease(lease.id).state is LeaseState.PREPARING, "an older look came late"
    bench.steward.heard_finding(found)
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    bench.database.close()


def test_a_spare_that_lets_no_keys_in_is_replaced_by_a_server_with_them(tmp_path: Path) -> None:
    bench = Bench(tmp_path, min_ready=1, ready="sentinel", boot_patience="1m", ready_patience="1m")
    bench.run(30)
    bench.answer_ssh("demo001", ready=True)
    bench.run(86000)
    lease = bench.lock(public_keys=(KEY,))
    bench.run(90)
    assert bench.lab.lease(lease.id).state is LeaseState.PREPARING, "its age does not count"
    bench.run(60)
    rows = [row for row in bench.rows(Kind.SERVER) if row.subject == "demo001" and not row.doomed]
    (row,) = rows
    assert yaml.safe_load(row.spec.user_data)["ssh_authorized_keys"][-1] == KEY
    assert bench.lab.node("demo001").state is not NodeState.REACHABLE
    bench.database.close()


def test_where_keys_cannot_be_let_in_a_lock_with_keys_gets_a_server_of_its_own(bench) -> None:
    bench.run(30)
    lease = bench.lock(public_keys=(KEY,))
    assert lease.state is LeaseState.PREPARING
    bench.run(60)
    assert bench.lab.lease(lease.id).state is LeaseState.READY


def test_a_spare_is_not_unlocked_but_by_force(bench: Bench) -> None:
    bench.run(30)
    assert [node.state for node in bench.lab.unlock(["demo001"], owner="ann")] == [NodeState.SPARE]
    bench.lab.unlock(["demo001"], owner="ann", force=True)
    assert bench.lab.node("demo001").state is NodeState.RELEASING
    bench.run(60)
    assert len(spares(bench)) == 2


def test_a_spare_whose_server_vanished_is_replaced(bench: Bench) -> None:
    bench.run(30)
    for server in bench.cloud.alive(Kind.SERVER):
        bench.cloud.vanish(server.cloud_id)
    bench.run(1200)
    assert len(spares(bench)) == len(bench.servers()) == 2


def test_a_spare_that_shows_an_error_is_replaced_and_given_to_nobody(bench: Bench) -> None:
    bench.run(30)
    bad = {server.cloud_id for server in bench.cloud.alive(Kind.SERVER)}
    for cloud_id in bad:
        bench.cloud.mark(cloud_id, "ERROR", "Live migration failed")
    bench.run(120)
    there = {server.cloud_id for server in bench.cloud.alive(Kind.SERVER)}
    assert (len(spares(bench)), len(there), there & bad) == (2, 2, set())


def test_who_waits_for_something_else_than_free_nodes_keeps_no_spares_from_coming(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, nodes=10, min_ready=2, limits=LimitsConfig(nodes=2))
    bench.run(30)
    bench.lock(2, owner="bob")
    bench.run(60)
    limited = bench.lock(1, owner="bob")
    by_name = bench.lock(machine_type="", nodes=("demo001",), owner="cid")
    bench.lock(2, owner="dan")
    bench.run(60)
    assert {bench.lab.lease(each.id).state for each in (limited, by_name)} == {LeaseState.WAITING}
    assert len(spares(bench)) == 2
    bench.database.close()


def test_a_machine_type_that_fails_is_tried_with_one_boot_whoever_waits(tmp_path: Path) -> None:
    bench = Bench(tmp_path, attempts=1)
    for _ in range(3):
        bench.lock()
    for _ in range(3):
        bench.run(1)
        for server in bench.cloud.alive(Kind.SERVER):
            bench.cloud.mark(server.cloud_id, "ERROR", "No valid host was found.")
    bench.run(20)
    waiting = bench.lock(2)
    assert waiting.reason.cause is Cause.BOOTS_FAIL
    bench.cloud.calls.clear()
    bench.run(FIRST_PAUSE - 15)
    assert bench.cloud.calls.count(("make", Kind.SERVER)) == 1
    assert bench.lab.lease(waiting.id).state is LeaseState.WAITING
    bench.run(60)
    assert bench.lab.lease(waiting.id).state is LeaseState.READY
    assert bench.cloud.calls.count(("make", Kind.SERVER)) == 2
    bench.database.close()


@pytest.mark.parametrize("seconds", range(0, 20, 2))
def test_a_crash_at_any_time_loses_no_spare_and_leaks_none(tmp_path: Path, seconds: int) -> None:
    calls_arrive = seconds % 4 == 0
    bench = Bench(tmp_path, min_ready=2)
    bench.run(seconds)
    bench.restart(calls_arrive=calls_arrive)
    lease = bench.lock(2)
    bench.restart(calls_arrive=calls_arrive)
    bench.run(120)
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    assert len(spares(bench)) == 2
    assert len(bench.servers()) == 4
    bench.lab.release(lease.id)
    bench.run(600)
    assert len(bench.servers()) == len(spares(bench)) == 2
    assert {row.subject for row in bench.rows(Kind.PORT)} == set(spares(bench))
    bench.database.close()


def test_the_owner_of_another_lease_cannot_take_back_what_was_a_spare(bench: Bench) -> None:
    bench.run(30)
    bench.lock()
    with pytest.raises(NotYours):
        bench.lab.unlock(["demo001"], owner="bob")
