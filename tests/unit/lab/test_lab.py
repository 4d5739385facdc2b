"""The lab over a cloud in memory, turned by hand: no sockets, no threads but the writer's."""

from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import msgspec
import pytest

from leasehold.engine.cloud import CloudRefused, Image, Kind, Limit, Limits, Offers, Refusal
from leasehold.engine.errors import Impossible, NotOffered
from leasehold.engine.memory_cloud import Fault
from leasehold.engine.quota import Use
from leasehold.engine.reason import Cause
from leasehold.engine.watch import LIMITS_AGE
from leasehold.lab.config import LimitsConfig, MachineTypeConfig, SystemConfig
from leasehold.lab.errors import (
    BadWish,
    NotEnough,
    NotYours,
    OverLimit,
    TooMany,
    UnknownLease,
    UnknownMachineType,
    UnknownNode,
    UnknownSystem,
)
from leasehold.lab.model import LeaseState, NodeName, NodeState
from leasehold.lab.node_row import NodeRow
from leasehold.lab.taking import take
from leasehold.store import Place, StoreFailed
from tests.simulation.bench import KEY, OFFERS, Bench


@pytest.fixture
def bench(tmp_path: Path, place: Place):
    bench = Bench(tmp_path, place=place)
    yield bench
    bench.database.close()


def test_a_locked_node_comes_up_and_an_unlocked_one_is_gone(bench: Bench) -> None:
    lease = bench.lock(2)
    assert lease.state is LeaseState.PREPARING
    bench.run(30)
    lease = bench.lab.lease(lease.id)
    assert lease.state is LeaseState.READY
    assert [node.name for node in lease.nodes] == ["demo001", "demo002"]
    assert all(node.address for node in lease.nodes)
    assert bench.servers() == ["demo001", "demo002"]
    bench.lab.unlock(["demo001", "demo002"], owner="ann")
    assert bench.lab.lease(lease.id).state is LeaseState.RELEASED
    assert bench.lab.node("demo001").state is NodeState.RELEASING
    bench.run(60)
    assert bench.lab.node("demo001").state is NodeState.FREE
    assert sum(len(bench.cloud.alive(kind)) for kind in Kind) == 0


def test_a_retried_lock_does_not_lock_twice(bench: Bench) -> None:
    first = bench.lock(key="k1")
    again = bench.lock(key="k1")
    assert again.id == first.id
    bench.lab.release(first.id)
    assert bench.lock(key="k1").id == first.id
    bench.run(60)
    assert bench.servers() == []


@pytest.mark.parametrize(
    "other",
    [
        {"purpose": "other"},
        {"count": 3},
        {"os_type": "debian"},
        {"os_version": "12"},
        {"arch": "x86_64"},
        {"public_keys": (KEY,)},
        {"nodes": ("metal1",)},
    ],
)
def test_a_key_used_for_another_wish_is_refused(tmp_path: Path, other: dict[str, object]) -> None:
    bench = Bench(tmp_path)
    like = {"machine_type": "metal", "os_type": "debian", "os_version": "12", "arch": "x86_64"}
    rows = [NodeRow(name=NodeName(f"metal{number}"), **like) for number in range(1, 4)]
    bench.lab.register_nodes(rows, by="ann", new_types=True)
    wish = {"machine_type": "metal", "key": "k1"}
    lease = bench.lock(**wish)
    with pytest.raises(BadWish, match="a fresh key for each wish"):
        bench.lock(**wish | other)
    bench.lab.extend(lease.id, 60)
    assert bench.lock(**wish).id == lease.id
    bench.database.close()


def test_an_architecture_is_held_against_what_the_machine_type_says(tmp_path: Path) -> None:
    unsaid = MachineTypeConfig(cloud="c", image="debian-12", nodes=1)
    bench = Bench(tmp_path, arch="x86_64", types={"unsaid": unsaid})
    assert bench.lock(arch="x86_64").machine_type == "demo"
    with pytest.raises(BadWish, match="arch: found 'aarch64'; allowed: x86_64"):
        bench.lock(arch="aarch64")
    with pytest.raises(BadWish, match="unless `arch` of machine type unsaid says what it is"):
        bench.lock(machine_type="unsaid", arch="x86_64")
    assert bench.lock(machine_type="unsaid|demo", arch="x86_64").machine_type == "demo"
    bench.database.close()


def test_two_locks_never_share_a_node_and_the_second_waits_with_a_reason(bench: Bench) -> None:
    first = bench.lock(3)
    second = bench.lock(2)
    assert second.state is LeaseState.WAITING
    assert second.reason.cause is Cause.NODES_BUSY
    assert (second.reason.have, second.reason.want) == (1, 2)
    assert second.position == 1
    bench.run(30)
    bench.lab.release(first.id)
    bench.run(60)
    assert bench.lab.lease(second.id).state is LeaseState.READY


def test_a_node_is_not_given_out_again_before_its_old_server_is_gone(bench: Bench) -> None:
    bench.cloud.end = 50
    first = bench.lock(4)
    bench.run(30)
    bench.lab.release(first.id)
    second = bench.lock(1)
    bench.run(20)
    assert bench.lab.lease(second.id).state is LeaseState.WAITING
    assert "4 are being given back" in bench.lab.lease(second.id).reason.text
    bench.run(100)
    assert bench.lab.lease(second.id).state is LeaseState.READY


def test_more_nodes_than_exist_are_refused_at_once(bench: Bench) -> None:
    with pytest.raises(TooMany, match="there are only 4"):
        bench.lock(5)


def test_an_unknown_machine_type_names_the_near_ones(bench: Bench) -> None:
    with pytest.raises(UnknownMachineType, match="did you mean demo"):
        bench.lock(machine_type="dmeo")


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"image": "debian-13"}, "no active image 'debian-13'; did you mean debian-12"),
        ({"flavor": "smal"}, "no flavor 'smal'; did you mean small"),
        ({"networks": ("lob",)}, "no network 'lob'; did you mean lab"),
        ({"key": "mine"}, "no key pair 'mine'; there are none"),
    ],
)
def test_what_the_cloud_does_not_offer_fails_the_lock_at_once(tmp_path, recipe, message) -> None:
    bench = Bench(tmp_path, **recipe)
    with pytest.raises(NotOffered, match=message):
        bench.lock()
    assert bench.lab.leases() == []
    bench.database.close()


def test_an_image_that_appeared_since_is_found(bench: Bench) -> None:
    bench.cloud.stock = Offers(
        images=(Image(id="i9", name="debian-12-new"),),
        flavors=OFFERS.flavors,
        networks=OFFERS.networks,
    )
    demo = MachineTypeConfig(cloud="c", image="debian-12-new", ready="active")
    bench.config.machine_types["demo"] = bench.steward.machine_types["demo"] = demo
    lease = bench.lock()
    bench.run(30)
    assert bench.lab.lease(lease.id).state is LeaseState.READY


def test_only_the_holder_unlocks_unless_forced(bench: Bench) -> None:
    lease = bench.lock(2)
    with pytest.raises(NotYours, match="held by ann"):
        bench.lab.unlock(["demo001"], owner="bob")
    with pytest.raises(UnknownNode, match="did you mean demo001"):
        bench.lab.unlock(["demo002", "dem001"], owner="ann")
    assert len(bench.lab.lease(lease.id).nodes) == 2
    bench.lab.unlock(["demo001"], owner="bob", force=True)
    assert [node.name for node in bench.lab.lease(lease.id).nodes] == ["demo002"]


def test_a_node_named_twice_is_given_back_once(bench: Bench) -> None:
    lease = bench.lock(3)
    assert [node.name for node in bench.lab.unlock(["demo002", "demo002"])] == ["demo002"]
    left = bench.lab.lease(lease.id)
    assert (left.count, [node.name for node in left.nodes]) == (2, ["demo001", "demo003"])


def test_a_lease_that_lost_all_its_nodes_has_ended(bench: Bench) -> None:
    lease = bench.lock(2)
    bench.lab.unlock(["demo001"])
    bench.lab.unlock(["demo002"])
    assert bench.lab.lease(lease.id).state is LeaseState.RELEASED


def test_a_lease_ends_by_itself_and_its_servers_go(bench: Bench) -> None:
    lease = bench.lock(seconds=100)
    bench.run(30)
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    bench.run(120)
    ended = bench.lab.lease(lease.id)
    assert ended.state is LeaseState.EXPIRED
    assert ended.reason.cause is Cause.EXPIRED
    bench.run(60)
    assert bench.servers() == []


def test_an_extended_lease_lasts_longer_within_its_limit(bench: Bench) -> None:
    lease = bench.lock(seconds=100)
    bench.run(30)
    before = bench.lab.lease(lease.id).until
    after = bench.lab.extend(lease.id, 60).until
    assert (after - before).total_seconds() == 60
    with pytest.raises(BadWish, match="seconds"):
        bench.lab.extend(lease.id, 10**7)
    with pytest.raises(UnknownLease):
        bench.lab.extend("lease-none", 10)


def test_a_held_lease_has_no_end_until_it_is_unheld(bench: Bench) -> None:
    lease = bench.lock(seconds=100)
    bench.run(30)
    held = bench.lab.hold(lease.id, owner="ann")
    assert (held.seconds, held.until) == (None, None)
    bench.restart()
    bench.run(1000)
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    with pytest.raises(BadWish, match="unhold gives it one"):
        bench.lab.extend(lease.id, 60)
    ends = bench.lab.unhold(lease.id, 200)
    assert ends.until.timestamp() == bench.clock.time + 200
    assert bench.lab.unhold(lease.id, 900).until == ends.until
    bench.run(201)
    assert bench.lab.lease(lease.id).state is LeaseState.EXPIRED


def test_a_lease_can_be_held_from_the_start_and_before_it_is_ready(bench: Bench) -> None:
    asked, later = bench.lock(hold=True), bench.lock(seconds=50)
    bench.lab.hold(later.id)
    bench.run(1000)
    for lease in (asked, later):
        held = bench.lab.lease(lease.id)
        assert (held.state, held.seconds, held.until) == (LeaseState.READY, None, None)
    assert bench.lab.unhold(asked.id).seconds == 4 * 3600
    with pytest.raises(BadWish, match="seconds"):
        bench.lab.unhold(later.id, 10**7)


def test_a_warning_comes_once_before_the_end_and_again_after_an_extension(bench: Bench) -> None:
    lease = bench.lock(seconds=7200)

    def warnings() -> int:
        return [event.state for event in bench.lab.events(lease=lease.id)].count("warning")

    bench.run(5300)
    assert warnings() == 0
    bench.run(200)
    bench.restart()
    bench.run(200)
    assert warnings() == 1
    bench.lab.extend(lease.id, 3600)
    bench.run(3000)
    assert warnings() == 1
    bench.run(600)
    assert warnings() == 2


def test_who_shall_not_wait_is_refused_at_once_and_nothing_is_kept_of_it(bench: Bench) -> None:
    bench.lock(3)
    with pytest.raises(NotEnough, match="1 of 4 nodes of demo are free, 2 wanted"):
        bench.lock(2, wait=False, key="k1")
    assert len(bench.lab.leases()) == 1
    assert bench.lock(1, wait=False, key="k1").state is LeaseState.PREPARING


def test_nodes_are_locked_by_name(bench: Bench) -> None:
    lease = bench.lock(machine_type="", nodes=("demo003", "demo001"))
    assert [node.name for node in lease.nodes] == ["demo001", "demo003"]
    assert (lease.machine_type, lease.count, lease.wanted) == ("demo", 2, ("demo003", "demo001"))
    waiting = bench.lock(machine_type="", nodes=("demo001",))
    assert waiting.blocks[0].text == "demo001 is held by ann"
    bench.run(60)
    bench.lab.release(lease.id)
    bench.run(60)
    assert [node.name for node in bench.lab.lease(waiting.id).nodes] == ["demo001"]
    with pytest.raises(UnknownNode, match="did you mean demo001"):
        bench.lock(machine_type="", nodes=("demo01",))
    with pytest.raises(BadWish, match="each node once"):
        bench.lock(machine_type="", nodes=("demo001", "demo001"))
    with pytest.raises(BadWish, match="nothing, or 1, with these nodes"):
        bench.lock(2, machine_type="", nodes=("demo001",))


def test_a_time_to_expect_is_told_once_boots_were_measured(bench: Bench) -> None:
    first = bench.lock(4, seconds=600)
    assert first.expected_at is None
    bench.run(30)
    until = bench.lab.lease(first.id).until.timestamp()
    waiting = bench.lock(1)
    assert until < waiting.expected_at.timestamp() < until + 120
    assert waiting.blocks[0].cause is Cause.NODES_BUSY


def test_a_time_to_expect_outlives_a_restart(bench: Bench) -> None:
    first = bench.lock(4, seconds=600)
    bench.run(30)
    until = bench.lab.lease(first.id).until.timestamp()
    waiting = bench.lock(1)
    assert bench.steward.pace_of("demo").boot == pytest.approx(10, abs=3)
    bench.restart()
    bench.run(5)
    assert bench.steward.pace_of("demo").boot == pytest.approx(10, abs=3)
    expected = bench.lab.lease(waiting.id).expected_at
    assert until < expected.timestamp() < until + 120


def test_nodes_that_need_no_proof_have_a_time_to_expect_at_once(tmp_path: Path) -> None:
    metal = MachineTypeConfig(kind="fixed", ready="none", nodes=2, names="metal{n}")
    bench = Bench(tmp_path, types={"metal": metal})
    first = bench.lock(2, machine_type="metal", seconds=600)
    waiting = bench.lock(1, machine_type="metal")
    assert (
        first.until.timestamp() <= waiting.expected_at.timestamp() <= first.until.timestamp() + 60
    )
    bench.database.close()


def test_how_long_fixed_nodes_took_is_known_after_a_restart_from_those_in_use(
    tmp_path: Path,
) -> None:
    types = {
        "metal": MachineTypeConfig(kind="fixed", nodes=2, names="metal{n}"),
        "bare": MachineTypeConfig(kind="fixed", nodes=1, names="bare{n}"),
    }
    bench = Bench(tmp_path, types=types)
    bench.lock(1, machine_type="metal", seconds=600)
    bench.run(7)
    bench.answer_ssh("metal1", ready=True)
    with bench.steward.lock:  # one that is taken over proves nothing
        row = bench.steward.inventory.row(NodeName("bare1"))
        take(bench.steward, [row], owner="ann", purpose="try")
        bench.steward.turn()
    bench.restart()
    assert bench.steward.pace_of("metal").boot == pytest.approx(7, abs=1)
    assert bench.steward.pace_of("bare").boot is None
    bench.database.close()


def test_an_owner_never_gets_more_than_the_limit(tmp_path: Path) -> None:
    bench = Bench(tmp_path, limits=LimitsConfig(nodes=2))
    first, second = bench.lock(2), bench.lock(1)
    with pytest.raises(OverLimit, match="3 nodes asked for, but ann may hold 2 at a time"):
        bench.lock(3)
    other = bench.lock(1, owner="bob")
    assert (second.state, other.state) == (LeaseState.WAITING, LeaseState.PREPARING)
    assert second.reason.cause is Cause.LIMIT
    bench.run(30)
    bench.lab.unlock([first.nodes[0].name])
    bench.run(30)
    assert bench.lab.lease(second.id).state is LeaseState.READY
    bench.database.close()


def test_who_waited_behind_one_for_two_types_is_served_when_that_one_gives_up(
    tmp_path: Path,
) -> None:
    """Many pairs, because the order in which queues are looked at may change the outcome."""
    pairs = [(f"a{number}", f"c{number}") for number in range(12)]
    types = {
        name: MachineTypeConfig(kind="fixed", ready="none", nodes=1, names=name + "-{n}")
        for pair in pairs
        for name in pair
    }
    bench = Bench(tmp_path, types=types, limits=LimitsConfig(nodes=50))
    for a, c in pairs:
        bench.lock(1, machine_type=a, owner="zoe")
        both = bench.lock(2, machine_type=f"{a}|{c}", owner="ann")
        bench.lock(1, machine_type=a, owner="ann")
        behind = bench.lock(1, machine_type=c, owner="bob", seconds=86400)
        assert behind.state is LeaseState.WAITING
        bench.lab.release(both.id)
        bench.run(1)
        assert bench.lab.lease(behind.id).state is LeaseState.READY
    bench.database.close()


def test_only_its_owner_holds_a_lease_or_says_what_it_is_for(bench: Bench) -> None:
    lease = bench.lock()
    for change in (bench.lab.hold, bench.lab.unhold, bench.lab.amend):
        with pytest.raises(NotYours):
            change(lease.id, owner="bob")
    amended = bench.lab.amend(lease.id, purpose="nightly run", owner="bob", force=True)
    assert amended.purpose == "nightly run"
    bench.restart()
    assert bench.lab.lease(lease.id).purpose == "nightly run"


def test_what_is_changed_of_a_lease_is_in_its_history_with_who_did_it(bench: Bench) -> None:
    lease = bench.lock(seconds=100)
    bench.run(30)
    bench.lab.extend(lease.id, 60)
    bench.lab.hold(lease.id, owner="ann")
    bench.lab.unhold(lease.id, 90, owner="ann")
    bench.lab.amend(lease.id, purpose="nightly", owner="ada", force=True)
    bench.lab.amend(lease.id, purpose="nightly", owner="ada", force=True)
    told = [each.reason.text for each in bench.lab.events(lease=lease.id, limit=500)
            if each.state == "changed"]  # fmt: skip
    assert told == [
        "1m longer, by ann",
        "held without end, by ann",
        "held no longer, but for 1m30s, by ann",
        "purpose: nightly, by ada",
    ]


def test_a_priority_is_changed_only_while_the_lease_waits(bench: Bench) -> None:
    first, second = bench.lock(4), bench.lock(1)
    assert bench.lab.amend(second.id, priority=7).priority == 7
    with pytest.raises(BadWish, match="does not wait any more"):
        bench.lab.amend(first.id, priority=7)
    with pytest.raises(BadWish, match="-100 to 100"):
        bench.lab.amend(second.id, priority=101)
    bench.lab.release(second.id)
    with pytest.raises(BadWish, match="a lease that has not ended"):
        bench.lab.amend(second.id, priority=1)


def test_no_valid_host_is_tried_again_and_then_told_with_the_clouds_words(bench: Bench) -> None:
    lease = bench.lock()
    for _ in range(2):
        bench.run(2)
        (server,) = [each for each in bench.cloud.alive(Kind.SERVER) if each.status == "BUILD"]
        bench.cloud.mark(server.cloud_id, "ERROR", "No valid host was found.")
        bench.run(8)
    failed = bench.lab.lease(lease.id)
    assert failed.state is LeaseState.FAILED
    assert failed.reason.cause is Cause.NO_HOST
    assert failed.nodes == ()
    bench.run(120)
    assert bench.servers() == []


def test_a_refused_order_fails_the_lock_at_once_and_gives_all_nodes_back(bench: Bench) -> None:
    error = CloudRefused("image is gone", why=Refusal.NOT_FOUND, status=400, request_id="req-7")
    bench.cloud.faults.append(Fault(verb="make", kind=Kind.SERVER, error=error))
    lease = bench.lock(3)
    bench.run(5)
    failed = bench.lab.lease(lease.id)
    assert failed.state is LeaseState.FAILED
    assert failed.reason.request_id == "req-7"
    bench.run(60)
    assert [node.state for node in bench.lab.nodes()] == [NodeState.FREE] * 4
    assert bench.servers() == []


def test_a_quota_of_zero_fails_the_lock_within_seconds(bench: Bench) -> None:
    bench.cloud.quota = Limits(servers=Limit(total=0))
    lease = bench.lock()
    bench.run(5)
    failed = bench.lab.lease(lease.id)
    assert failed.state is LeaseState.FAILED
    assert failed.reason.cause is Cause.QUOTA


def test_who_shall_not_wait_is_refused_when_the_quota_has_no_room_with_what_is_planned(
    bench: Bench,
) -> None:
    bench.cloud.quota = Limits(servers=Limit(total=3))
    bench.lock(1)
    bench.run(30)
    bench.lock(1)
    with pytest.raises(NotEnough, match="others use 0") as refused:
        bench.lock(2, wait=False, key="k1")
    (block,) = refused.value.blocks
    assert (block.cause, block.have, block.want) == (Cause.QUOTA_FULL, 1, 2)
    assert bench.lock(1, wait=False, key="k1").state is LeaseState.PREPARING
    with pytest.raises(NotEnough, match="0 of 3 servers are free"):
        bench.lock(1, wait=False)
    assert bench.lock(1).state is LeaseState.PREPARING  # it waits there for quota


def test_a_spare_serves_who_shall_not_wait_though_the_quota_is_full(tmp_path: Path) -> None:
    bench = Bench(tmp_path, min_ready=1)
    bench.cloud.quota = Limits(servers=Limit(total=1))
    bench.run(60)
    assert len(bench.servers()) == 1
    assert bench.lock(1, wait=False).state is not LeaseState.WAITING
    with pytest.raises(NotEnough, match="0 of 1 servers are free"):
        bench.lock(1, wait=False)
    bench.database.close()


def test_what_others_use_of_a_quota_counts_for_who_shall_not_wait(bench: Bench) -> None:
    bench.lock(1)
    bench.run(30)
    snapshot = bench.engine.watches["c"].snapshot
    bench.engine.watches["c"].snapshot = msgspec.structs.replace(
        snapshot, limits=Limits(cores=Limit(total=20, used=19)), ours=Use(cores=0)
    )
    with pytest.raises(NotEnough, match=r"of 20 cores are free .* \(others use 19\)"):
        bench.lock(1, wait=False)


def test_more_than_the_whole_quota_is_refused_at_once_until_the_limits_are_old(
    bench: Bench,
) -> None:
    bench.cloud.quota = Limits(servers=Limit(total=3))
    first = bench.lock(1)
    bench.run(30)
    for wait in (True, False):
        with pytest.raises(Impossible, match="quota of servers is 3; this needs 4"):
            bench.lock(4, wait=wait)
    assert [each.id for each in bench.lab.leases()] == [first.id]
    bench.lab.release(first.id)
    bench.cloud.quota = Limits(servers=Limit(total=4))
    bench.run(LIMITS_AGE)
    lease = bench.lock(4)
    bench.run(60)
    assert bench.lab.lease(lease.id).state is LeaseState.READY


def test_a_lease_that_waits_for_quota_says_in_its_blocks_what_is_short(bench: Bench) -> None:
    bench.cloud.quota = Limits(servers=Limit(total=2))
    bench.lock(2)
    bench.run(30)
    second = bench.lock(2)
    bench.run(100)
    lease = bench.lab.lease(second.id)
    assert lease.state is LeaseState.PREPARING
    (block,) = lease.blocks
    assert (block.cause, block.have, block.want) == (Cause.QUOTA_FULL, 0, 1)
    assert "0 of 2 servers are free" in block.text


def test_a_full_quota_makes_the_lock_wait_and_say_so(bench: Bench) -> None:
    bench.cloud.quota = Limits(servers=Limit(total=2))
    first = bench.lock(2)
    bench.run(30)
    second = bench.lock(1)
    bench.run(100)
    (node,) = bench.lab.lease(second.id).nodes
    assert node.state is NodeState.INTENT
    assert node.reason.cause is Cause.QUOTA_FULL
    bench.lab.release(first.id)
    bench.run(60)
    assert bench.lab.lease(second.id).state is LeaseState.READY


def test_a_node_is_ready_only_after_ssh_and_the_sentinel(tmp_path: Path) -> None:
    bench = Bench(tmp_path, ready="sentinel")
    lease = bench.lock()
    bench.run(30)
    assert bench.lab.node("demo001").state is NodeState.ADDRESSED
    bench.answer_ssh("demo001")
    assert bench.lab.node("demo001").state is NodeState.REACHABLE
    assert bench.lab.node("demo001").host_key == "ssh-ed25519 AAAA"
    bench.answer_ssh("demo001", ready=True)
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    assert bench.prober.targets == {}
    bench.database.close()


def test_a_node_that_never_answers_is_built_anew_and_then_given_up(tmp_path: Path) -> None:
    bench = Bench(tmp_path, ready="ssh", boot_patience="1m", ready_patience="1m")
    lease = bench.lock()
    bench.run(125)
    assert bench.lab.lease(lease.id).state is LeaseState.PREPARING
    bench.run(125)
    failed = bench.lab.lease(lease.id)
    assert failed.state is LeaseState.FAILED
    assert failed.reason.cause is Cause.DEADLINE
    bench.run(60)
    assert bench.servers() == []
    bench.database.close()


def test_a_server_that_vanishes_breaks_its_node_and_says_so(bench: Bench) -> None:
    lease = bench.lock(2)
    bench.run(30)
    bench.cloud.vanish(bench.lab.node("demo001").server_id)
    bench.run(300)
    node = bench.lab.node("demo001")
    assert node.state is NodeState.BROKEN
    assert node.reason.cause is Cause.LOST
    assert bench.lab.lease(lease.id).state is LeaseState.READY


def test_a_server_in_use_that_the_cloud_shows_in_error_stays_until_it_is_given_back(
    bench: Bench,
) -> None:
    lease = bench.lock(hold=True)
    bench.run(30)
    bench.cloud.mark(bench.lab.node("demo001").server_id, "ERROR", "Live migration failed")
    bench.run(600)
    node = bench.lab.node("demo001")
    assert (node.state, node.reason.text) == (NodeState.READY, "Live migration failed")
    assert bench.servers() == ["demo001"]
    bench.lab.release(lease.id, owner="ann")
    bench.run(60)
    assert bench.servers() == []


def test_a_server_that_listings_lacked_for_a_while_is_its_holders_as_before(bench: Bench) -> None:
    lease = bench.lock(2, hold=True)
    bench.run(60)
    bench.cloud.hide = lambda sighting: sighting.name == "demo001"
    bench.run(150)
    assert bench.lab.node("demo001").state is NodeState.BROKEN
    bench.cloud.hide = lambda _: False
    bench.run(3600)
    found = bench.lab.lease(lease.id)
    assert [(node.state, node.reason) for node in found.nodes] == [(NodeState.READY, None)] * 2
    assert bench.servers() == ["demo001", "demo002"]


def test_a_restart_in_the_middle_goes_on_with_the_same_lease(bench: Bench) -> None:
    lease = bench.lock(2)
    bench.run(3)
    bench.restart()
    bench.run(60)
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    assert bench.servers() == ["demo001", "demo002"]


def test_the_history_tells_each_step_once(bench: Bench) -> None:
    bench.lock()
    bench.run(30)
    story = bench.lab.story("demo001")
    own = [event.state for event in story.history if event.object is None]
    own = [state for state, _ in groupby(own)]  # a line more for each new reason
    assert own == ["intent", "building", "addressed", "ready"]
    assert {each.kind for each in story.objects} == {"port", "server"}


def test_a_write_that_fails_leaves_nothing_locked(bench: Bench, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise StoreFailed("disk full")

    monkeypatch.setattr("leasehold.lab.records.add_leases", full)
    with pytest.raises(StoreFailed):
        bench.lock()
    monkeypatch.undo()
    bench.run(5)
    assert bench.lab.leases() == []
    assert bench.lab.node("demo001").state is NodeState.FREE
    assert bench.servers() == []


def test_the_plan_says_what_waits_for_what(bench: Bench) -> None:
    bench.lock(3)
    bench.lock(4)
    bench.engine.turn(bench.engine.drain())
    steps = {}

    future = bench.engine.look()
    bench.engine.turn(bench.engine.drain())
    for row, action in future.result(1):
        steps.setdefault(row.kind, []).append((row.state.value, action))
    assert len(steps[Kind.PORT]) == 3
    assert len(steps[Kind.SERVER]) == 3


def test_an_audit_under_way_ends_when_the_service_stops(bench: Bench) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(bench.lab.audit, "c", timeout=60)
        while not bench.engine.watches["c"].audits:
            bench.engine.turn(bench.engine.drain())
        bench.engine.stop()
        with pytest.raises(Impossible, match="being stopped"):
            asked.result(10)


SYSTEMS = {"ubuntu-22.04": SystemConfig(image="ubuntu-22.04", ssh_user="ubuntu")}


def test_a_lock_gets_the_system_that_it_asks_for_with_its_account(tmp_path) -> None:
    bench = Bench(tmp_path, systems=SYSTEMS, ssh_user="admin")
    mine = bench.lock(os_type="ubuntu", os_version="22.04")
    usual = bench.lock()
    bench.run(30)
    images = {row.subject: row.spec.image_id for row in bench.rows(Kind.SERVER)}
    assert images == {"demo001": "i2", "demo002": "i1"}
    assert [node.ssh_user for node in bench.lab.lease(mine.id).nodes] == ["ubuntu"]
    assert [node.ssh_user for node in bench.lab.lease(usual.id).nodes] == ["admin"]
    bench.lab.release(mine.id)
    bench.run(60)
    assert bench.lab.node("demo001").ssh_user == "admin"
    bench.database.close()


def test_a_system_that_the_machine_type_lacks_fails_the_lock_at_once(tmp_path) -> None:
    bench = Bench(tmp_path, systems=SYSTEMS)
    with pytest.raises(UnknownSystem, match=r"no system 'ubuntu-20.04'; did you mean ubuntu-22.04"):
        bench.lock(os_type="ubuntu", os_version="20.04")
    assert bench.lab.leases() == []
    bench.database.close()
