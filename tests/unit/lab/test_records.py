"""The lab's records: what is written is read back; drafts merge; lost writes spoil what follows."""

import threading

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from leasehold.engine.reason import Cause, Reason
from leasehold.lab import history, records
from leasehold.lab.book import SPARES_OWNER, Hold, LeaseRow
from leasehold.lab.draft import Draft
from leasehold.lab.journal import Journal
from leasehold.lab.model import LeaseId, LeaseState, NodeName, NodeState
from leasehold.lab.records import Line
from leasehold.store import Database, Place, StoreFailed
from tests.simulation.disk import Disk
from tests.unit.engine.builders import a_row
from tests.unit.lab.builders import NOW, a_hold, a_lease

WHY = Reason(cause=Cause.NODES_BUSY, text="busy", have=1, want=2)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10)
times = st.none() | st.floats(0, 4e9)
reasons = st.none() | st.builds(Reason, cause=st.sampled_from(Cause), text=texts)
open_states = [LeaseState.WAITING, LeaseState.PREPARING, LeaseState.READY]
leases = st.builds(
    LeaseRow,
    id=st.just(LeaseId("lease-1")),
    epoch=st.integers(1, 2**53),
    machine_type=texts,
    count=st.integers(1, 99),
    owner=texts,
    purpose=texts,
    key=st.none() | texts,
    public_keys=st.lists(texts, max_size=2).map(tuple),
    seconds=st.integers(1, 10**7),
    state=st.sampled_from(open_states),
    created_at=st.floats(0, 4e9),
    until=times,
    ready_at=times,
    reason=reasons,
)
holds = st.builds(
    Hold,
    node=st.just(NodeName("demo001")),
    lease=st.just(LeaseId("lease-1")),
    attempt=st.integers(1, 9),
    planned_at=st.floats(0, 4e9),
    server=texts,
    objects=st.lists(texts, max_size=3).map(tuple),
    built_at=times,
    host_key=st.none() | texts,
    reached_at=times,
    ready_at=times,
    reason=reasons,
    broken=reasons,
)


class Ear:
    """What an engine would hear."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def plan(self, _connection, rows):
        return lambda: self.heard.append(("plan", [row.id for row in rows]))

    def drop(self, _connection, ids):
        return lambda: self.heard.append(("drop", list(ids)))


@pytest.fixture
def database(place: Place):
    with Disk(place) as database:
        yield database


@pytest.fixture(scope="module")
def shared(lasting_place: Place):
    with Database(lasting_place) as database:
        yield database


@pytest.fixture
def journal(database: Disk) -> Journal:
    journal = Journal(database)
    journal.engine = Ear()
    return journal


def write(database: Database, draft: Draft) -> None:
    database.write(lambda connection: draft.write(connection, Ear())).result()


def read(database: Database):
    with database.read() as connection:
        return records.load(connection)


def empty(database: Database) -> None:
    for table in ("leases", "holds", "events"):
        database.write(lambda c, t=table: c.exec_driver_sql(f"delete from {t}")).result()


# -- there and back ----------------------------------------------------------------------------------


@settings(max_examples=40)
@given(leases, holds, leases, holds)
def test_leases_and_holds_come_back_as_they_were(shared, lease, hold, later, moved) -> None:
    empty(shared)
    draft = Draft()
    draft.add_lease(lease)
    draft.add_hold(hold)
    write(shared, draft)
    book = read(shared)
    assert (book.leases, book.holds) == ({lease.id: lease}, {hold.node: hold})
    fixed = {name: getattr(lease, name) for name in _FIXED}
    changed, draft = msgspec.structs.replace(later, **fixed), Draft()
    draft.save_lease(changed)
    draft.save_hold(moved)
    write(shared, draft)
    book = read(shared)
    assert (book.leases, book.holds) == ({lease.id: changed}, {hold.node: moved})


_FIXED = ("id", "epoch", "machine_type", "owner", "purpose", "key", "public_keys", "created_at")


def test_open_leases_are_read_back_in_the_order_of_their_epochs(database: Disk) -> None:
    draft = Draft()
    for number in (3, 1, 2):
        draft.add_lease(a_lease(number))
    write(database, draft)
    assert [lease.epoch for lease in read(database).line("demo")] == [1, 2, 3]


def test_ended_leases_are_found_by_id_key_and_owner_the_newest_first(database: Disk) -> None:
    draft = Draft()
    for number, owner in ((1, "ann"), (2, "bob"), (3, "ann")):
        ended = {"state": LeaseState.RELEASED, "ended_at": NOW, "reason": WHY}
        draft.add_lease(a_lease(number, owner=owner, key=f"k{number}", **ended))
    draft.add_lease(a_lease(4))
    write(database, draft)
    with database.read() as connection:
        found = records.ended_leases(connection, None, limit=2)
        assert [lease.epoch for lease in found] == [3, 2]
        assert [each.epoch for each in records.ended_leases(connection, "ann", limit=9)] == [3, 1]
        assert records.find_lease(connection, LeaseId("lease-2")).reason == WHY
        assert records.find_lease_by_key(connection, "bob", "k2").id == "lease-2"
        assert records.find_lease_by_key(connection, "ann", "k2") is None
        assert records.find_lease(connection, LeaseId("lease-9")) is None
        assert records.last_epoch(connection) == 4
    assert list(read(database).leases) == ["lease-4"]


# -- drafts ------------------------------------------------------------------------------------------


def test_an_empty_draft_is_false() -> None:
    assert not Draft()


def test_a_lease_that_is_granted_at_once_is_written_once_in_its_last_form(database: Disk) -> None:
    draft = Draft()
    draft.add_lease(a_lease())
    draft.save_lease(a_lease(state=LeaseState.PREPARING))
    draft.add_hold(a_hold())
    draft.save_hold(a_hold(built_at=NOW))
    write(database, draft)
    book = read(database)
    assert book.leases["lease-1"].state is LeaseState.PREPARING
    assert book.holds["demo001"].built_at == NOW


def test_a_node_passes_from_one_lease_to_the_next_in_one_transaction(database: Disk) -> None:
    draft = Draft()
    draft.add_lease(a_lease(2, state=LeaseState.PREPARING))
    draft.add_hold(a_hold(lease=1))
    write(database, draft)
    draft = Draft()
    draft.remove_hold(a_hold(lease=1))
    draft.add_hold(a_hold(lease=2))
    write(database, draft)
    assert read(database).holds["demo001"].lease == "lease-2"


def test_a_hold_that_came_and_went_within_a_draft_leaves_no_trace(database: Disk) -> None:
    draft = Draft()
    draft.add_lease(a_lease(2, state=LeaseState.PREPARING))
    draft.add_hold(a_hold(lease=1))
    write(database, draft)
    draft = Draft()
    draft.remove_hold(a_hold(lease=1))
    draft.add_hold(a_hold(lease=2))
    draft.remove_hold(a_hold(lease=2))
    write(database, draft)
    assert read(database).holds == {}


def test_a_changed_hold_that_was_removed_stays_removed(database: Disk) -> None:
    draft = Draft()
    draft.add_hold(a_hold())
    write(database, draft)
    draft = Draft()
    draft.save_hold(a_hold(built_at=NOW))
    draft.remove_hold(a_hold(built_at=NOW))
    write(database, draft)
    assert read(database).holds == {}


def test_a_second_holder_cannot_be_written_at_all(database: Disk) -> None:
    for lease in (1, 2):
        draft = Draft()
        draft.add_lease(a_lease(lease))
        draft.add_hold(a_hold(lease=lease))
        if lease == 1:
            write(database, draft)
        else:
            with pytest.raises(IntegrityError):
                write(database, draft)
    assert list(read(database).leases) == ["lease-1"]


# -- the journal -------------------------------------------------------------------------------------


def test_the_engine_is_told_after_the_commit_and_before_the_caller(journal: Journal) -> None:
    journal.draft.plan([a_row()])
    journal.draft.drop(["port-9"])
    journal.flush().result()
    assert journal.engine.heard == [("plan", ["server-1"]), ("drop", ["port-9"])]


def test_flushing_nothing_is_done_at_once(journal: Journal, database: Disk) -> None:
    database.full = True
    assert journal.flush().result(0) is None


def test_whoever_listens_hears_of_each_commit_once(journal: Journal) -> None:
    heard = []
    journal.on_commit = lambda: heard.append(1)
    journal.draft.note(Line(at=NOW, state="free", node=NodeName("n1")))
    journal.flush().result()
    journal.sync().result()
    assert heard == [1]


def test_an_ended_lease_is_told_when_its_end_is_durable(journal: Journal) -> None:
    ended = []
    journal.on_ended = ended.append
    journal.draft.add_lease(a_lease())
    journal.flush().result()
    journal.draft.save_lease(a_lease(state=LeaseState.RELEASED))
    journal.flush().result()
    assert [lease.id for lease in ended] == ["lease-1"]


def test_what_follows_a_lost_write_is_lost_too_until_everything_was_read_back(
    journal: Journal, database: Disk
) -> None:
    lost = []
    journal.on_lost = lambda: lost.append(1)
    journal.draft.add_lease(a_lease(1))
    database.full = True
    first = journal.flush()
    database.full = False
    journal.draft.save_lease(a_lease(1, state=LeaseState.PREPARING))
    journal.draft.add_hold(a_hold())
    second, third = journal.flush(), journal.sync()
    for future in (first, second, third):
        with pytest.raises(StoreFailed):
            future.result()
    assert lost == [1]
    assert read(database).holds == {}
    journal.renew()
    journal.draft.add_lease(a_lease(2))
    journal.flush().result()
    assert list(read(database).leases) == ["lease-2"]


def test_of_two_writes_in_one_commit_the_second_goes_with_the_first(
    journal: Journal, database: Disk
) -> None:
    busy, free = threading.Event(), threading.Event()
    database.write(lambda _: (busy.set(), free.wait(10)))
    assert busy.wait(10)
    journal.draft.add_hold(a_hold(lease=1))
    first = journal.flush()
    journal.draft.add_hold(a_hold(lease=2))  # cannot be written
    second = journal.flush()
    journal.draft.note(Line(at=NOW, state="free", node=NodeName("n1")))
    third = journal.flush()
    free.set()
    first.result()
    with pytest.raises(StoreFailed, match="the change was not kept"):
        second.result()
    with pytest.raises(StoreFailed, match="an earlier change was lost"):
        third.result()
    with database.read() as connection:
        assert history.read(connection) == []


def test_a_write_of_before_the_reading_back_cannot_come_after_it(
    journal: Journal, database: Disk
) -> None:
    journal.draft.add_lease(a_lease(1))
    database.full = True
    journal.flush().exception()
    database.full = False
    busy, free = threading.Event(), threading.Event()
    database.write(lambda _: (busy.set(), free.wait(10)))
    assert busy.wait(10)
    journal.draft.add_lease(a_lease(2))
    late = journal.flush()
    journal.renew()
    free.set()
    with pytest.raises(StoreFailed):
        late.result()
    assert read(database).leases == {}


# -- history -----------------------------------------------------------------------------------------


@pytest.fixture
def told(database: Disk) -> Disk:
    lines = [
        Line(at=NOW + number, state=state, node=NodeName(node), lease=LeaseId("lease-1"))
        for number, (node, state) in enumerate(
            [("n1", "intent"), ("n2", "intent"), ("n1", "building"), ("n1", "building")]
        )
    ]
    lines.append(Line(at=NOW + 9, state="retrying", node=NodeName("n1"), reason=WHY))
    database.write(lambda connection: records.record(connection, lines)).result()
    return database


def test_history_is_read_in_order_by_node_lease_and_number(told: Disk) -> None:
    with told.read() as connection:
        every = history.read(connection)
        assert [event.id for event in every] == sorted(event.id for event in every)
        assert [event.state for event in history.read(connection, node=NodeName("n2"))] == [
            "intent"
        ]
        assert len(history.read(connection, lease=LeaseId("lease-1"))) == 4
        assert history.read(connection, after=every[3].id) == every[4:]
        assert history.read(connection, limit=2) == every[:2]
        assert history.read(connection, newest=True, limit=2) == every[-2:]
        assert every[-1].reason == WHY


def test_a_restart_knows_since_when_a_node_is_what_it_is(told: Disk) -> None:
    nodes = [NodeName(name) for name in ("n1", "n2", "n3")]
    with told.read() as connection:
        found = records.last_told(connection, nodes)
    assert (found["n1"].state, found["n1"].since) == (NodeState.BUILDING, NOW + 2)
    assert (found["n2"].state, found["n2"].since) == (NodeState.INTENT, NOW + 1)
    assert "n3" not in found


def test_a_restart_knows_who_had_a_node_last_and_takes_no_spare_for_somebody(
    database: Disk,
) -> None:
    had = [
        ("n1", a_lease(1, owner="ann", purpose="first")),
        ("n1", a_lease(2, owner="bob", purpose="second")),
        ("n1", a_lease(3, owner=SPARES_OWNER)),
        ("n2", a_lease(4, owner="eve", purpose="third")),
        ("n3", a_lease(5, owner=SPARES_OWNER)),
    ]
    lines = [Line(at=NOW, state="ready", node=NodeName(n), lease=lease.id) for n, lease in had]
    database.write(
        lambda connection: records.add_leases(connection, [each for _, each in had])
    ).result()
    database.write(lambda connection: records.record(connection, lines)).result()
    with database.read() as connection:
        found = records.last_holders(connection, [NodeName(f"n{n}") for n in range(1, 5)])
    assert found == {
        "n1": records.Holder(owner="bob", purpose="second"),
        "n2": records.Holder(owner="eve", purpose="third"),
    }
