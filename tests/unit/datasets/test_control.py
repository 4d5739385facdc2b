"""A dataset's life, over a cloud in memory and agents that keep the protocol's promises."""

import shutil
import threading
from pathlib import Path

import msgspec
import pytest

from leasehold.datasets import records
from leasehold.datasets.book import End, Fate, HoldRow
from leasehold.datasets.errors import (
    BadDatasetWish,
    DatasetExists,
    DatasetHeld,
    DatasetRefused,
    UnknownDataset,
    UnknownDatasetNode,
    UnknownProfile,
    UnknownSnapshot,
    WrongAgent,
)
from leasehold.datasets.model import DatasetNode, DatasetState, DatasetWish, Profile
from leasehold.datasets.protocol import Report, Want
from leasehold.engine.cloud import (
    CloudId,
    CloudRefused,
    Installation,
    Kind,
    Refusal,
    Tag,
)
from leasehold.engine.memory_cloud import Fault
from leasehold.engine.reason import Cause
from leasehold.engine.row import State
from leasehold.store.sqlite import SqliteFile
from tests.simulation.datasets import DatasetWorld


@pytest.fixture
def world(tmp_path: Path) -> DatasetWorld:
    return DatasetWorld(tmp_path)


@pytest.fixture
def mounted(world: DatasetWorld) -> DatasetWorld:
    """A dataset `pg` that is mounted on n1."""
    world.create()
    world.run(60)
    assert world.show().state is DatasetState.MOUNTED
    return world


def test_a_new_dataset_is_made_attached_formatted_once_and_mounted(mounted: DatasetWorld) -> None:
    shown = mounted.show()
    assert (shown.path, shown.attached_node, shown.actual_gib) == ("/leasehold/pg", "n1", 10)
    assert shown.reason is None
    assert list(mounted.disks.filesystems.values()) == [1]
    (volume,) = mounted.cloud.alive(Kind.VOLUME)
    assert volume.tag is not None
    assert volume.tag.keep
    assert mounted.agents.orders("n1").datasets[0].format is None


def test_a_dataset_moves_when_its_agent_has_let_go(mounted: DatasetWorld) -> None:
    epoch = mounted.show().epoch
    moving = mounted.commands.move("pg", "n2")
    assert moving.state is DatasetState.UNMOUNTING
    mounted.run(60)
    shown = mounted.show()
    assert (shown.state, shown.attached_node) == (DatasetState.MOUNTED, "n2")
    assert shown.epoch > epoch
    assert len(mounted.volumes()) == 1


def test_a_dataset_in_use_is_not_taken_away_and_tells_who_uses_it(mounted: DatasetWorld) -> None:
    mounted.agent_of["n1"].busy = True
    mounted.commands.move("pg", "n2")
    mounted.run(600)
    shown = mounted.show()
    assert (shown.state, shown.attached_node) == (DatasetState.TROUBLED, "n1")
    assert shown.reason is not None
    assert "postgres" in shown.reason.text
    assert "--force" in shown.next_step
    mounted.agent_of["n1"].busy = False
    mounted.run(60)
    assert (mounted.show().state, mounted.show().attached_node) == (DatasetState.MOUNTED, "n2")


@pytest.mark.parametrize(
    "status", ["ACTIVE", "REBOOT", "PAUSED", "SUSPENDED", "MIGRATING", "ERROR", "UNKNOWN"]
)
def test_a_silent_agent_on_a_server_that_may_write_keeps_its_dataset(
    mounted: DatasetWorld, status: str
) -> None:
    agent = mounted.agent_of["n1"]
    agent.alive = False
    mounted.cloud.mark(CloudId(agent.server), status)
    mounted.commands.move("pg", "n2")
    mounted.run(900)
    shown = mounted.show()
    assert (shown.state, shown.attached_node) == (DatasetState.TROUBLED, "n1")
    assert shown.reason is not None
    assert f"is {status}" in shown.reason.text


def test_a_server_that_listings_alone_lack_is_not_dead(mounted: DatasetWorld) -> None:
    agent = mounted.agent_of["n1"]
    agent.alive = False
    mounted.cloud.hide = lambda each: each.cloud_id == agent.server
    mounted.commands.move("pg", "n2")
    mounted.run(900)
    assert mounted.show().attached_node == "n1"


def test_a_stopped_server_gives_its_dataset_up(mounted: DatasetWorld) -> None:
    agent = mounted.agent_of["n1"]
    agent.alive = False
    agent.let_go()
    mounted.cloud.mark(CloudId(agent.server), "SHUTOFF")
    mounted.commands.move("pg", "n2")
    mounted.run(300)
    assert (mounted.show().state, mounted.show().attached_node) == (DatasetState.MOUNTED, "n2")


def test_a_server_that_vanished_gives_its_dataset_up(mounted: DatasetWorld) -> None:
    mounted.kill("n1")
    mounted.commands.move("pg", "n2")
    mounted.run(600)
    assert (mounted.show().state, mounted.show().attached_node) == (DatasetState.MOUNTED, "n2")


def test_force_takes_it_without_a_word_from_the_agent(mounted: DatasetWorld) -> None:
    agent = mounted.agent_of["n1"]
    agent.alive = False
    agent.let_go()
    mounted.commands.move("pg", "n2", force=True)
    mounted.run(60)
    assert (mounted.show().state, mounted.show().attached_node) == (DatasetState.MOUNTED, "n2")


def test_an_old_report_is_no_proof_that_it_was_unmounted(mounted: DatasetWorld) -> None:
    agent = mounted.agent_of["n1"]
    old = agent.report()
    agent.alive = False
    mounted.commands.move("pg", "n2")
    before = Report(
        server_id=agent.server,
        era=agent.era,
        version="1",
        sent_at=0.0,
        datasets=tuple(
            msgspec.structs.replace(agent._said(each), mounted=None) for each in old.datasets
        ),
    )
    mounted.agents.report("n1", before)
    mounted.run(10)
    assert mounted.show().attached_node == "n1"
    assert mounted.show().state is DatasetState.UNMOUNTING


def test_after_a_reboot_it_is_mounted_again(mounted: DatasetWorld) -> None:
    mounted.agent_of["n1"].reboot()
    mounted.run(30)
    assert mounted.show().state is DatasetState.MOUNTED
    assert list(mounted.disks.filesystems.values()) == [1]


def test_a_node_with_a_new_server_gets_its_dataset_once_the_old_one_is_gone(
    mounted: DatasetWorld,
) -> None:
    mounted.kill("n1")
    mounted.add_node("n1")
    mounted.run(600)
    shown = mounted.show()
    assert (shown.state, shown.attached_node) == (DatasetState.MOUNTED, "n1")
    (volume,) = mounted.cloud.alive(Kind.VOLUME)
    assert volume.attached_to == (mounted.agent_of["n1"].server,)


# -- life --------------------------------------------------------------------------------------------


def test_a_deleted_dataset_can_be_brought_back_with_what_it_held(mounted: DatasetWorld) -> None:
    volume = mounted.volumes()
    deleted = mounted.commands.delete("pg")
    assert deleted.destroy_at is not None
    mounted.run(600)
    assert mounted.show().state is DatasetState.DELETED
    assert mounted.volumes() == volume
    mounted.commands.undelete("pg")
    mounted.run(60)
    assert mounted.show().state is DatasetState.MOUNTED
    assert mounted.volumes() == volume


def test_a_deleted_dataset_is_destroyed_after_its_grace_time(mounted: DatasetWorld) -> None:
    mounted.commands.delete("pg")
    mounted.run(4000)
    assert mounted.show().state is DatasetState.GONE
    assert mounted.volumes() == []
    with pytest.raises(DatasetRefused, match="grace time"):
        mounted.commands.undelete("pg")


def test_the_name_of_a_deleted_dataset_is_free(mounted: DatasetWorld) -> None:
    old = mounted.commands.delete("pg")
    new = mounted.create()
    assert new.id != old.id
    assert mounted.show("pg").id == new.id
    assert mounted.show(old.id).state is not DatasetState.GONE
    with pytest.raises(DatasetExists):
        mounted.commands.undelete(old.id)


def test_a_service_that_starts_late_destroys_nothing_at_once(mounted: DatasetWorld) -> None:
    mounted.commands.delete("pg")
    mounted.run(60)
    mounted.clock.time += 10_000
    mounted.crash()
    mounted.run(600)
    assert mounted.show().state is DatasetState.DELETED
    assert mounted.commands.undelete("pg").deleted_at is None


def test_a_volume_grows_and_the_agent_hears_its_size(mounted: DatasetWorld) -> None:
    heard: list[int] = []
    mounted.control.subscribe(
        lambda: heard.extend(each.size_bytes for each in mounted.agents.orders("n1").datasets)
    )
    mounted.commands.grow("pg", 20)
    mounted.run(60)
    assert heard[-1] == 20 * 2**30  # whoever keeps a call for orders open was woken for it
    assert mounted.show().actual_gib == 20
    assert mounted.agents.orders("n1").datasets[0].size_bytes == 20 * 2**30
    with pytest.raises(BadDatasetWish, match="never shrink"):
        mounted.commands.grow("pg", 5)


@pytest.fixture
def cramped(mounted: DatasetWorld) -> DatasetWorld:
    """The dataset is to grow to 6000 GiB, which the cloud's quota does not allow."""
    no = CloudRefused("VolumeSizeExceedsAvailableQuota", why=Refusal.QUOTA, request_id="req-9")
    mounted.cloud.faults.extend([Fault(verb="grow", error=no, kind=Kind.VOLUME)] * 10_000)
    mounted.commands.grow("pg", 6000)
    mounted.run(60)
    assert (mounted.show().size_gib, mounted.show().actual_gib) == (6000, 10)
    assert mounted.show().reason is not None
    return mounted


@pytest.mark.parametrize("size", [10, 20])
def test_a_growth_that_the_cloud_refuses_is_taken_back(cramped: DatasetWorld, size: int) -> None:
    with pytest.raises(BadDatasetWish, match="10 to"):
        cramped.commands.grow("pg", 9)
    cramped.commands.grow("pg", size)
    cramped.cloud.faults.clear()
    cramped.run(4000)
    shown = cramped.show()
    assert (shown.size_gib, shown.actual_gib, shown.reason) == (size, size, None)


def test_a_growth_that_the_cloud_refuses_is_in_the_way_of_no_clone_and_no_restore(
    cramped: DatasetWorld,
) -> None:
    cramped.create("copy", "n2", size_gib=None, dataset=cramped.show().id)
    before = cramped.show().volume_id
    cramped.commands.snapshot("pg", "monday")
    cramped.run(100)
    cramped.commands.restore("pg", "monday")
    cramped.run(100)
    shown = cramped.show()
    assert (shown.state, shown.size_gib, shown.actual_gib) == (DatasetState.MOUNTED, 6000, 10)
    assert shown.volume_id != before
    assert (cramped.show("copy").size_gib, cramped.show("copy").actual_gib) == (10, 10)


def test_where_only_detached_volumes_grow_it_says_so_and_grows_when_detached(
    mounted: DatasetWorld,
) -> None:
    mounted.cloud.grows_in_use = False
    mounted.commands.grow("pg", 20)
    mounted.run(60)
    shown = mounted.show()
    assert (shown.state, shown.actual_gib) == (DatasetState.MOUNTED, 10)
    assert shown.reason is not None
    assert shown.reason.request_id == "req-grow"
    mounted.commands.move("pg", None)
    mounted.run(700)
    assert (mounted.show().state, mounted.show().actual_gib) == (DatasetState.DETACHED, 20)


def test_a_snapshot_is_restored_and_what_was_there_is_kept_for_the_grace_time(
    mounted: DatasetWorld,
) -> None:
    (before,) = mounted.volumes()
    snapshot = mounted.commands.snapshot("pg", "monday")
    mounted.run(30)
    mounted.commands.restore("pg", "monday")
    mounted.run(100)
    shown = mounted.show()
    assert shown.state is DatasetState.MOUNTED
    assert shown.volume_id != before
    assert shown.source is not None
    assert shown.source.snapshot == snapshot.id
    assert before in mounted.volumes()
    mounted.run(4000)
    assert before in mounted.volumes()  # the snapshot stands on it
    mounted.commands.delete_snapshot("pg", "monday")
    mounted.run(600)
    assert mounted.volumes() == [shown.volume_id]
    assert mounted.cloud.alive(Kind.SNAPSHOT) == ()


def _restoring(world: DatasetWorld) -> str:
    """Begin to restore a snapshot; returns the volume that is to be replaced."""
    (before,) = world.volumes()
    world.commands.snapshot("pg", "monday")
    world.run(30)
    world.commands.restore("pg", "monday")
    return before


def _refuse_volumes(world: DatasetWorld, why: Refusal = Refusal.QUOTA) -> None:
    no = CloudRefused(f"no volume: {why}", why=why, request_id="req-9")
    world.cloud.faults.extend([Fault(verb="make", error=no, kind=Kind.VOLUME)] * 10_000)


def test_the_grace_time_of_what_a_snapshot_replaces_begins_when_it_is_replaced(
    mounted: DatasetWorld,
) -> None:
    mounted.agent_of["n1"].busy = True
    before = _restoring(mounted)
    mounted.run(5000)
    mounted.agent_of["n1"].busy = False
    mounted.run(100)
    assert mounted.show().state is DatasetState.MOUNTED
    assert mounted.show().volume_id != before
    row = mounted.control.shelf.dataset("pg")
    assert [mounted.control.shelf.rows[each.volume].cloud_id for each in row.former] == [before]
    mounted.run(3000)
    assert mounted.control.shelf.dataset("pg").former == row.former
    mounted.run(700)
    assert mounted.control.shelf.dataset("pg").former == ()


def test_a_volume_is_kept_until_the_one_that_replaces_it_is_there(mounted: DatasetWorld) -> None:
    _refuse_volumes(mounted)
    _restoring(mounted)
    mounted.run(10_000)
    assert len(mounted.control.shelf.dataset("pg").former) == 1
    mounted.cloud.faults.clear()
    mounted.run(400)
    assert mounted.show().state is DatasetState.MOUNTED
    assert len(mounted.control.shelf.dataset("pg").former) == 1
    mounted.run(4000)
    assert mounted.control.shelf.dataset("pg").former == ()


def test_one_deleted_while_its_volume_is_replaced_is_kept_for_the_grace_time(
    mounted: DatasetWorld,
) -> None:
    _refuse_volumes(mounted, Refusal.NOT_FOUND)
    before = _restoring(mounted)
    mounted.run(60)
    mounted.commands.delete("pg", with_snapshots=True)
    mounted.run(3000)
    assert mounted.show().state is DatasetState.DELETED
    assert before in mounted.volumes()
    mounted.run(5000)
    assert mounted.show().state is DatasetState.GONE
    assert mounted.volumes() == []


def test_a_service_that_starts_late_drops_no_former_volume_at_once(mounted: DatasetWorld) -> None:
    _restoring(mounted)
    mounted.run(100)
    mounted.clock.time += 10_000
    mounted.crash()
    mounted.run(600)
    assert len(mounted.control.shelf.dataset("pg").former) == 1
    mounted.run(4000)
    assert mounted.control.shelf.dataset("pg").former == ()


def test_a_restore_that_fails_is_left_for_another_snapshot(mounted: DatasetWorld) -> None:
    mounted.commands.snapshot("pg", "sunday")
    _refuse_volumes(mounted, Refusal.NOT_FOUND)
    _restoring(mounted)
    mounted.run(60)
    assert mounted.show().state is DatasetState.TROUBLED
    with pytest.raises(DatasetRefused, match="made from snapshot monday"):
        mounted.commands.delete_snapshot("pg", "monday")
    mounted.cloud.faults.clear()
    mounted.commands.restore("pg", "sunday")
    mounted.commands.delete_snapshot("pg", "monday")
    mounted.run(100)
    shown = mounted.show()
    assert shown.state is DatasetState.MOUNTED
    assert shown.source is not None
    assert mounted.control.shelf.snapshots[shown.source.snapshot].name == "sunday"
    assert len(shown.former) == 1


@pytest.mark.parametrize("why", [Refusal.NOT_FOUND, Refusal.QUOTA])
def test_a_restore_that_fails_is_left_for_the_former_volume(
    mounted: DatasetWorld, why: Refusal
) -> None:
    _refuse_volumes(mounted, why)
    before = _restoring(mounted)
    mounted.run(60)
    assert [each.volume_id for each in mounted.show().former] == [before]
    mounted.commands.restore_former("pg", before)
    mounted.run(100)
    shown = mounted.show()
    assert (shown.state, shown.volume_id) == (DatasetState.MOUNTED, before)
    assert (shown.former, shown.source) == ((), None)
    assert mounted.volumes() == [before]
    assert mounted.disks.filesystems == {before: 1}


def test_volumes_from_before_and_after_a_restore_change_places(mounted: DatasetWorld) -> None:
    before = _restoring(mounted)
    mounted.run(100)
    after = mounted.show().volume_id
    mounted.agent_of["n1"].busy = True
    mounted.commands.restore_former("pg", before)
    mounted.run(5000)  # it waits for longer than that volume would have been kept
    mounted.agent_of["n1"].busy = False
    mounted.run(100)
    shown = mounted.show()
    assert (shown.state, shown.volume_id) == (DatasetState.MOUNTED, before)
    assert [each.volume_id for each in shown.former] == [after]
    assert shown.former[0].until is not None
    with pytest.raises(DatasetRefused, match=f"found {after}"):
        mounted.commands.restore_former("pg", "nope")
    mounted.run(5000)
    assert mounted.volumes() == [before]


def test_a_restore_that_waits_is_called_off(mounted: DatasetWorld) -> None:
    mounted.agent_of["n1"].busy = True
    before = _restoring(mounted)
    mounted.run(60)
    assert mounted.show().restoring is not None
    mounted.commands.restore_former("pg", before)
    mounted.agent_of["n1"].busy = False
    mounted.run(60)
    shown = mounted.show()
    assert (shown.state, shown.volume_id) == (DatasetState.MOUNTED, before)
    assert shown.restoring is None


def test_a_volume_that_vanished_is_replaced_by_a_restore(mounted: DatasetWorld) -> None:
    mounted.commands.snapshot("pg", "monday")
    mounted.run(30)
    mounted.cloud.vanish(CloudId(mounted.volumes()[0]))
    mounted.agent_of["n1"].let_go()
    mounted.run(600)
    assert mounted.show().state is DatasetState.TROUBLED
    mounted.commands.restore("pg", "monday")
    mounted.run(600)
    assert mounted.show().state is DatasetState.MOUNTED


def test_a_clone_is_never_formatted(mounted: DatasetWorld) -> None:
    mounted.create("copy", "n2", size_gib=None, dataset=mounted.show().id)
    mounted.run(300)
    assert mounted.show("copy").state is DatasetState.MOUNTED
    assert all(each.format is None for each in mounted.agents.orders("n2").datasets)
    assert mounted.show("copy").size_gib == 10


def test_a_copy_is_of_the_kind_of_its_source_unless_it_is_said(world: DatasetWorld) -> None:
    profiles = {"default": Profile(name="default", volume_type="hdd", availability_zone="az1")}
    world.control.profiles |= profiles
    world.create(profile="gold", size_gib=None)
    world.run(60)
    snapshot = world.commands.snapshot("pg")
    world.run(60)
    copy = world.create("copy", size_gib=None, dataset=world.show().id)
    assert (copy.profile, copy.volume_type, copy.size_gib) == ("gold", "ssd", 5)
    second = world.create("second", size_gib=None, snapshot=snapshot.id)
    assert (second.profile, second.volume_type) == ("gold", "ssd")
    assert world.control.shelf.dataset("second").availability_zone is None
    said = world.create("said", size_gib=None, snapshot=snapshot.id, profile="default")
    assert (said.profile, said.volume_type) == ("default", "hdd")
    assert world.create("blank", size_gib=1).volume_type == "hdd"


def test_a_snapshot_without_a_name_gets_one_that_is_free(mounted: DatasetWorld) -> None:
    names = [mounted.commands.snapshot("pg").name for _ in range(2)]
    mounted.run(60)
    mounted.commands.delete_snapshot("pg", "pg-1")
    mounted.run(600)
    assert [*names, mounted.commands.snapshot("pg").name] == ["pg-1", "pg-2", "pg-3"]
    mounted.create("x" * 100)
    mounted.run(60)
    assert mounted.commands.snapshot("x" * 100).name == "x" * 98 + "-1"


def test_a_volume_of_somebody_is_adopted_and_never_formatted(world: DatasetWorld) -> None:
    theirs = world.cloud.add_foreign(Kind.VOLUME, "old-data")
    world.disks.filesystems[theirs] = 1
    world.create("old", "n1", size_gib=None, volume=theirs)
    world.run(60)
    shown = world.show("old")
    assert (shown.state, shown.volume_id, shown.size_gib) == (DatasetState.MOUNTED, theirs, 1)
    with pytest.raises(DatasetExists):
        world.create("again", "n1", volume=theirs)


def test_an_unknown_volume_cannot_be_adopted_and_says_so(world: DatasetWorld) -> None:
    world.create("old", "n1", size_gib=None, volume="nope")
    world.run(60)
    shown = world.show("old")
    assert shown.state is DatasetState.TROUBLED
    assert shown.reason is not None
    assert shown.reason.cause is Cause.NOT_FOUND


def test_deleting_one_with_snapshots_has_to_be_meant(mounted: DatasetWorld) -> None:
    mounted.commands.snapshot("pg")
    mounted.run(30)
    with pytest.raises(DatasetRefused, match="snapshots"):
        mounted.commands.delete("pg")
    mounted.commands.delete("pg", with_snapshots=True)
    mounted.run(5000)
    assert mounted.show().state is DatasetState.GONE
    assert mounted.cloud.alive(Kind.SNAPSHOT) == ()
    assert mounted.volumes() == []


def test_the_snapshots_of_a_destroyed_dataset_are_forgotten(mounted: DatasetWorld) -> None:
    snapshot = mounted.commands.snapshot("pg")
    mounted.run(30)
    mounted.commands.delete("pg", with_snapshots=True)
    mounted.run(5000)
    with pytest.raises(UnknownSnapshot):
        mounted.create("copy", size_gib=None, snapshot=snapshot.id)
    with mounted.database.read() as connection:
        assert records.load(connection).snapshots == ()


def test_a_hold_keeps_it_in_place(mounted: DatasetWorld) -> None:
    hold = HoldRow(node=DatasetNode("n1"), owner="ana", purpose="backup")
    mounted.commands.hold("pg", hold)
    for deed in (
        lambda: mounted.commands.move("pg", "n2"),
        lambda: mounted.commands.move("pg", "n2", force=True),
        lambda: mounted.commands.delete("pg"),
        lambda: mounted.commands.release("pg", "bob"),
        lambda: mounted.agents.fetch("n2", "pg"),
    ):
        with pytest.raises(DatasetHeld, match="ana"):
            deed()
    mounted.commands.release("pg", "ana")
    mounted.commands.move("pg", "n2")


def test_a_hold_ends_when_its_time_is_over(mounted: DatasetWorld) -> None:
    until = mounted.clock.time + 100
    mounted.commands.hold("pg", HoldRow(node=DatasetNode("n1"), owner="ana", until=until))
    mounted.run(101)
    assert mounted.show().hold is None
    mounted.commands.move("pg", "n2")


# -- when the cloud fails ----------------------------------------------------------------------------


def test_a_hold_of_more_than_ten_years_is_refused_and_not_stored(mounted: DatasetWorld) -> None:
    until = mounted.clock.now() + 1e10
    hold = HoldRow(node=DatasetNode("n1"), owner="ann", purpose="", until=until)
    with pytest.raises(BadDatasetWish, match="until it is released"):
        mounted.commands.hold("pg", hold)
    assert mounted.show().hold is None


def test_a_waking_time_further_off_than_a_wait_can_last_does_not_end_the_thread(
    tmp_path: Path,
) -> None:
    world = DatasetWorld(tmp_path, grace=1e10)
    world.create()
    world.run(60)
    world.commands.delete("pg")
    world.run(900)
    assert world.control.turn() - world.clock.now() > threading.TIMEOUT_MAX
    world.control.start()
    thread = world.control._thread
    assert thread is not None
    thread.join(0.2)
    assert thread.is_alive()
    world.control.stop()


def test_a_volume_that_fails_at_birth_is_replaced(tmp_path: Path) -> None:
    world = DatasetWorld(tmp_path, boot=20)
    world.create()
    world.run(1)
    (first,) = world.volumes()
    world.cloud.mark(CloudId(first), "ERROR", "no space")
    world.run(300)
    assert world.show().state is DatasetState.MOUNTED
    assert first not in world.volumes()
    assert world.show().last_error is not None


def test_a_refusal_is_told_at_once_with_its_request_id(world: DatasetWorld) -> None:
    no = CloudRefused("volume type ssd not found", why=Refusal.NOT_FOUND, request_id="req-9")
    world.cloud.faults.append(Fault(verb="make", error=no, kind=Kind.VOLUME))
    world.create()
    world.run(5)
    shown = world.show()
    assert shown.state is DatasetState.TROUBLED
    assert shown.reason is not None
    assert shown.reason.request_id == "req-9"
    world.run(400)
    assert world.show().state is DatasetState.MOUNTED
    assert world.show().last_error is not None


def test_a_volume_with_data_in_an_error_is_never_replaced(mounted: DatasetWorld) -> None:
    (volume,) = mounted.volumes()
    mounted.cloud.mark(CloudId(volume), "ERROR_EXTENDING", "backend broke")
    mounted.run(900)
    assert mounted.volumes() == [volume]
    shown = mounted.show()
    assert (shown.state, shown.path) == (DatasetState.TROUBLED, "/leasehold/pg")
    mounted.cloud.mark(CloudId(volume), "")
    mounted.run(100)
    assert mounted.show().state is DatasetState.MOUNTED


def test_a_volume_that_vanished_is_told_and_never_made_anew(mounted: DatasetWorld) -> None:
    mounted.cloud.vanish(CloudId(mounted.volumes()[0]))
    mounted.run(600)
    assert mounted.volumes() == []
    shown = mounted.show()
    assert shown.state is DatasetState.TROUBLED
    assert shown.reason is not None
    assert shown.reason.cause is Cause.LOST


def test_a_detach_that_hangs_is_told_with_its_deadline_and_ends_when_it_can(
    mounted: DatasetWorld,
) -> None:
    mounted.create("other", "n1")
    mounted.run(60)
    mounted.cloud.detaches = False
    mounted.commands.move("pg", "n2")
    mounted.run(500)
    shown = mounted.show()
    assert (shown.state, shown.attached_node) == (DatasetState.TROUBLED, "n1")
    assert shown.until is not None
    mounted.create("third", "n2")  # one bad volume delays only itself
    mounted.run(100)
    assert mounted.show("third").state is DatasetState.MOUNTED
    mounted.cloud.detaches = True
    mounted.run(700)
    assert (mounted.show().state, mounted.show().attached_node) == (DatasetState.MOUNTED, "n2")


def test_a_volume_that_somebody_attached_elsewhere_is_told(world: DatasetWorld) -> None:
    world.create(node=None)
    world.run(30)
    (volume,) = world.cloud.alive(Kind.VOLUME)
    server = world.cloud.add_foreign(Kind.SERVER, "rescue")
    world.cloud._objects[volume.cloud_id].sighting = msgspec.structs.replace(
        volume, attached_to=(server,), status="IN-USE"
    )
    world.run(120)
    world.commands.move("pg", "n1")
    world.run(60)
    shown = world.show()
    assert shown.state is DatasetState.TROUBLED
    assert shown.reason is not None
    assert server in shown.reason.text


def test_a_listing_that_lies_takes_nothing_away(mounted: DatasetWorld) -> None:
    (volume,) = mounted.volumes()
    mounted.cloud.hide = lambda each: each.kind is Kind.VOLUME
    mounted.run(300)
    assert mounted.show().state is DatasetState.TROUBLED
    mounted.cloud.hide = lambda _: False
    mounted.run(300)
    shown = mounted.show()
    assert (shown.state, shown.volume_id) == (DatasetState.MOUNTED, volume)
    assert mounted.disks.mounted == {volume: mounted.agent_of["n1"].server}


# -- a ledger that is not the newest -----------------------------------------------------------------


def test_an_old_copy_of_the_ledger_moves_nothing_and_says_so(mounted: DatasetWorld) -> None:
    epoch = mounted.show().epoch
    mounted.change_row("pg", epoch=epoch - 1)
    mounted.commands.move("pg", "n2")
    mounted.run(600)
    shown = mounted.show()
    assert (shown.state, shown.attached_node) == (DatasetState.TROUBLED, "n1")
    assert shown.reason is not None
    assert "old copy" in shown.reason.text
    mounted.commands.move("pg", "n1", force=True)
    mounted.run(60)
    assert mounted.show().state is DatasetState.MOUNTED


def test_of_two_live_services_the_one_with_the_older_ledger_takes_nothing_away(
    mounted: DatasetWorld, tmp_path: Path
) -> None:
    mounted.database.close()
    (tmp_path / "copy").mkdir()
    copied = shutil.copy(tmp_path / "ledger.db", tmp_path / "copy")
    mounted.open()
    stale = DatasetWorld(tmp_path, nodes=0, place=SqliteFile(path=Path(copied)))
    stale.database.close()
    stale.cloud, stale.clock, stale.disks = mounted.cloud, mounted.clock, mounted.disks
    stale.open()
    mounted.commands.move("pg", "n2")
    mounted.run(60)
    for _ in range(60):
        for agent in mounted.agent_of.values():  # each tells both, and hears from both
            agent.world = stale
            agent.poll()
            agent.world = mounted
        stale.run(5)
        mounted.run(5)
    assert (mounted.show().state, mounted.show().attached_node) == (DatasetState.MOUNTED, "n2")
    assert stale.show().state is DatasetState.TROUBLED
    assert stale.show().reason is not None
    assert "old copy" in stale.show().reason.text


def test_a_lost_ledger_costs_no_data(mounted: DatasetWorld, tmp_path: Path) -> None:
    (volume,) = mounted.volumes()
    mounted.database.close()
    empty = tmp_path / "empty"
    empty.mkdir()
    fresh = DatasetWorld(empty, nodes=0)
    fresh.cloud, fresh.clock = mounted.cloud, mounted.clock
    fresh.database.close()
    fresh.open()
    fresh.engine.installation = Installation(mounted.engine.installation)  # even with the same id
    fresh.run(900)
    assert mounted.volumes() == [volume]
    assert [each.cloud_id for each in fresh.engine.watches["c"].strays[Kind.VOLUME]] == [volume]


# -- wishes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"name": ""}, BadDatasetWish),
        ({"name": "a/b"}, BadDatasetWish),
        ({"size_gib": 0}, BadDatasetWish),
        ({"size_gib": 10**9}, BadDatasetWish),
        ({"filesystem": "ntfs"}, BadDatasetWish),
        ({"id": "x"}, BadDatasetWish),
        ({"metadata": {"k": "v" * 300}}, BadDatasetWish),
        ({"volume": "v", "dataset": "d"}, BadDatasetWish),
        ({"node": "nope"}, UnknownDatasetNode),
        ({"profile": "golf"}, UnknownProfile),
        ({"dataset": "nope", "size_gib": None}, UnknownDataset),
        ({"cloud": "nope"}, Exception),
    ],
)
def test_a_wrong_wish_is_refused_and_changes_nothing(
    world: DatasetWorld, fields: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        world.create(**({"name": "pg"} | fields))
    assert world.control.shelf.datasets == {}


def test_the_same_wish_with_the_same_id_is_one_dataset(world: DatasetWorld) -> None:
    wish = DatasetWish(name="pg", id="5e0b2f3c-8a43-4a76-9d1c-0a1b2c3d4e5f")
    assert world.commands.create(wish) == world.commands.create(wish)
    with pytest.raises(DatasetExists):
        world.commands.create(msgspec.structs.replace(wish, name="other"))
    for other in ({"size_gib": 99}, {"volume_type": "ssd"}, {"volume": "v"}, {"filesystem": "xfs"}):
        with pytest.raises(DatasetExists):
            world.commands.create(msgspec.structs.replace(wish, **other))
    with pytest.raises(DatasetExists):
        world.commands.create(DatasetWish(name="pg"))


def test_an_id_never_means_a_dataset_that_is_named_like_it(world: DatasetWorld) -> None:
    precious = world.create("precious")
    with pytest.raises(BadDatasetWish, match="no UUID"):
        world.create(precious.id)
    other = world.create("other")
    row = world.control.shelf.dataset("other")
    named_so = msgspec.structs.replace(row, name=precious.id)  # before that was refused
    world.control.shelf.put(named_so)
    world.commands.delete(precious.id)
    assert world.show("precious").deleted_at is not None
    assert world.show(other.id).deleted_at is None


def test_a_name_may_be_the_datasets_own_id(world: DatasetWorld) -> None:
    own = "5e0b2f3c-8a43-4a76-9d1c-0a1b2c3d4e5f"
    assert world.create(own, id=own).name == own


def test_a_profile_gives_size_type_and_filesystem(world: DatasetWorld) -> None:
    shown = world.create(profile="gold", size_gib=None)
    assert (shown.size_gib, shown.volume_type, shown.filesystem) == (5, "ssd", "xfs")
    assert world.create("plain", size_gib=None).size_gib == 75


def test_a_token_is_good_for_its_server_alone(world: DatasetWorld) -> None:
    world.agents.register("n9", "sha256:9", server="server-right")
    report = Report(server_id="server-wrong", era="e", version="1", sent_at=0.0)
    with pytest.raises(WrongAgent, match=r"server-right.*--server-id server-wrong"):
        world.agents.report("n9", report)
    world.run(10)
    taken = msgspec.structs.replace(report, server_id=world.agent_of["n1"].server)
    world.agents.register("n8", "sha256:8")
    with pytest.raises(WrongAgent, match="n1"):
        world.agents.report("n8", taken)


def test_a_container_fetches_a_dataset_that_nobody_uses(mounted: DatasetWorld) -> None:
    mounted.agents.fetch("n2", "pg")
    mounted.run(60)
    assert mounted.show().attached_node == "n2"
    again = mounted.agents.create("n1", DatasetWish(name="pg"))
    assert again.id == mounted.show().id


def test_a_container_fetches_a_dataset_from_a_stopped_server_whatever_was_said_there_last(
    mounted: DatasetWorld,
) -> None:
    agent = mounted.agent_of["n1"]
    agent.users = ("docker mount abc",)
    mounted.run(10)
    with pytest.raises(DatasetRefused, match="stop them first"):
        mounted.agents.fetch("n2", "pg")
    agent.alive = False
    agent.let_go()
    mounted.cloud.mark(CloudId(agent.server), "SHUTOFF")
    mounted.run(100)
    mounted.agents.fetch("n2", "pg")
    mounted.run(300)
    assert mounted.show().attached_node == "n2"


def test_a_node_is_removed_once_its_deleted_datasets_are_off_it(mounted: DatasetWorld) -> None:
    mounted.agent_of["n1"].busy = True
    mounted.commands.delete("pg")
    with pytest.raises(DatasetRefused, match="wait until they are off"):
        mounted.agents.remove("n1")
    mounted.agent_of["n1"].busy = False
    mounted.run(60)
    mounted.agents.remove("n1")
    del mounted.agent_of["n1"]
    mounted.commands.undelete("pg")
    mounted.run(60)
    assert (mounted.show().state, mounted.show().node) == (DatasetState.DETACHED, None)


def test_what_is_brought_back_to_a_name_that_is_taken_tells_what_to_do(
    mounted: DatasetWorld,
) -> None:
    old = mounted.commands.delete("pg")
    mounted.create("pg", node=None)
    with pytest.raises(DatasetExists, match="delete that one first"):
        mounted.commands.undelete(old.id)


def test_a_node_does_not_change_its_cloud_under_its_datasets(mounted: DatasetWorld) -> None:
    mounted.control.clouds = {"c": mounted.cloud, "d": mounted.cloud}
    with pytest.raises(DatasetRefused, match="move or delete them first"):
        mounted.agents.register("n1", "sha256:new", cloud="d")
    assert mounted.agents.register("n2", "sha256:new", cloud="d").cloud == "d"


def test_a_dataset_whose_cloud_is_not_configured_says_so(mounted: DatasetWorld) -> None:
    mounted.control.clouds = {}
    mounted.commands.move("pg", "n2")
    mounted.agent_of["n1"].alive = False
    mounted.run(900)
    shown = mounted.show()
    assert (shown.state, shown.next_step) == (
        DatasetState.TROUBLED,
        "put [clouds.c] back into leasehold.toml",
    )
    mounted.agent_of["n1"].alive = True
    mounted.control.clouds = {"c": mounted.cloud}
    mounted.change_row("pg")
    mounted.run(60)
    assert (mounted.show().state, mounted.show().attached_node) == (DatasetState.MOUNTED, "n2")


def test_what_is_gone_is_not_kept_in_memory(mounted: DatasetWorld) -> None:
    shelf = mounted.control.shelf
    for node in ("n2", "n1", "n2"):
        mounted.commands.move("pg", node)
        mounted.run(60)
        mounted.commands.delete_snapshot("pg", mounted.commands.snapshot("pg").id)
        mounted.run(60)
    row = shelf.dataset("pg")
    assert set(shelf.rows) == {row.volume, row.attachment}
    for server in ("old", "older"):
        shelf.put_fate(("c", server), Fate(end=End.GONE, asked_at=0.0, text=""))
    assert set(shelf.fates) == {("c", "older")}


def test_orders_are_numbered_by_what_they_say(mounted: DatasetWorld) -> None:
    before = mounted.agents.orders("n1")
    mounted.crash()
    assert mounted.agents.orders("n1") == before
    mounted.commands.move("pg", None)
    after = mounted.agents.orders("n1")
    assert after.number != before.number
    assert after.datasets[0].want is Want.UNMOUNTED


def test_after_a_restart_a_mounted_dataset_is_shown_as_it_was(mounted: DatasetWorld) -> None:
    mounted.crash()
    mounted.turn()
    assert (mounted.show().state, mounted.show().path) == (DatasetState.MOUNTED, "/leasehold/pg")


def test_nothing_is_called_while_nothing_happens(mounted: DatasetWorld) -> None:
    mounted.run(300)
    before = len(mounted.cloud.calls)
    mounted.run(600)
    per_minute = (len(mounted.cloud.calls) - before) / 10
    assert per_minute <= 5  # the audit: one listing of each kind


def test_a_full_disk_loses_nothing_and_goes_on(mounted: DatasetWorld) -> None:
    mounted.database.full = True
    with pytest.raises(Exception, match="disk"):
        mounted.commands.move("pg", "n2")
    assert mounted.show().node == "n1"
    mounted.database.full = False
    mounted.commands.move("pg", "n2")
    mounted.run(60)
    assert mounted.show().attached_node == "n2"


def test_a_tag_of_data_in_the_cloud_names_its_row(mounted: DatasetWorld) -> None:
    (volume,) = mounted.cloud.alive(Kind.VOLUME)
    row = mounted.control.shelf.dataset("pg")
    assert volume.tag == Tag(installation=mounted.engine.installation, object=row.volume, keep=True)
    assert mounted.control.shelf.rows[row.volume].state is State.UP


def test_a_detach_that_a_listing_hid_is_not_forgotten(mounted: DatasetWorld) -> None:
    mounted.cloud.detaches = False
    mounted.cloud.hide = lambda _: True
    mounted.commands.move("pg", None)
    mounted.run(300)
    mounted.cloud.hide = lambda _: False
    mounted.cloud.detaches = True
    mounted.run(600)
    (volume,) = mounted.cloud.alive(Kind.VOLUME)
    assert (mounted.show().state, volume.attached_to) == (DatasetState.DETACHED, ())


def test_a_volume_that_somebody_mounted_by_hand_is_not_torn_away(world: DatasetWorld) -> None:
    world.create(node=None)
    world.run(60)
    (volume,) = world.cloud.alive(Kind.VOLUME)
    agent = world.agent_of["n2"]
    world.cloud._objects[volume.cloud_id].sighting = msgspec.structs.replace(
        volume, attached_to=(CloudId(agent.server),), status="IN-USE"
    )
    world.disks.mounted[volume.cloud_id] = agent.server
    agent.busy = True
    world.run(300)
    assert world.show().state is DatasetState.TROUBLED
    agent.busy = False
    world.run(300)
    assert world.show().state is DatasetState.DETACHED


def test_what_was_deleted_before_its_volume_was_seen_can_be_brought_back(tmp_path: Path) -> None:
    world = DatasetWorld(tmp_path, boot=10)
    world.create()
    world.run(2)
    world.commands.delete("pg")
    world.cloud.hide = lambda _: True
    world.run(60)
    assert world.show().state is DatasetState.DELETED
    world.cloud.hide = lambda _: False
    world.commands.undelete("pg")
    world.run(120)
    assert world.show().state is DatasetState.MOUNTED
    assert len(world.volumes()) == 1
