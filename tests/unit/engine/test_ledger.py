"""The ledger: what goes into the database comes out again, and the indexes agree with the rows."""

from datetime import UTC
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from leasehold.engine import ledger
from leasehold.engine.cloud import (
    AttachmentSpec,
    CloudId,
    FloatingIpSpec,
    Kind,
    ObjectId,
    PortSpec,
    ServerSpec,
    VolumeSpec,
)
from leasehold.engine.ledger import REMEMBERED, Ledger, installation, new_id
from leasehold.engine.quota import NOTHING, Use, use_of
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.engine.table import GRACE, PROOFS
from leasehold.store import Database, Place
from leasehold.store.tables import events
from tests.unit.engine.builders import NOW, OURS, a_row

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
times = st.floats(0, 4e9)
maybe = st.none() | texts
metadata = st.dictionaries(texts, texts, max_size=3)
specs = st.one_of(
    st.builds(
        ServerSpec,
        name=texts,
        flavor_id=texts,
        image_id=maybe,
        boot_volume=maybe,
        ports=st.lists(texts, max_size=3).map(tuple),
        key_name=maybe,
        user_data=maybe,
        metadata=metadata,
        availability_zone=maybe,
        config_drive=st.booleans(),
        cores=st.integers(0, 99),
        ram_mib=st.integers(0, 10**6),
    ),
    st.builds(
        PortSpec,
        name=texts,
        network_id=texts,
        security_group_ids=st.none() | st.lists(texts, max_size=2).map(tuple),
    ),
    st.builds(FloatingIpSpec, network_id=texts, port=texts),
    st.builds(
        VolumeSpec,
        name=texts,
        size_gib=st.integers(1, 9999),
        volume_type=maybe,
        availability_zone=maybe,
        image_id=maybe,
        metadata=metadata,
    ),
    st.builds(AttachmentSpec, server=texts, volume=texts),
)
reasons = st.none() | st.builds(
    Reason,
    cause=st.sampled_from(Cause),
    text=texts,
    have=st.none() | times,
    want=st.none() | times,
    until=st.none() | st.datetimes(timezones=st.just(UTC)),
    request_id=maybe,
)
rows = st.builds(
    Row,
    id=st.just(ObjectId("server-1")),
    cloud=texts,
    spec=specs,
    subject=texts,
    lease=maybe,
    state=st.sampled_from(State),
    wanted=st.booleans(),
    cloud_id=maybe,
    created_at=times,
    since=times,
    patience=times,
    wake_at=st.none() | times,
    called_at=st.none() | times,
    calls=st.integers(0, 99),
    absent=st.integers(0, 9),
    status=texts,
    addresses=st.lists(texts, max_size=2).map(tuple),
    reason=reasons,
    failure=reasons,
)


@pytest.fixture(scope="module")
def database(lasting_place: Place):
    with Database(lasting_place) as database:
        yield database


def write(database: Database, work: Any) -> None:
    database.write(work).result()


def replace(database: Database, row: Row) -> None:
    write(database, lambda connection: ledger.remove(connection, [row.id]))
    write(database, lambda connection: ledger.add(connection, [row]))


def read(database: Database) -> dict[str, Row]:
    with database.read() as connection:
        return {row.id: row for row in ledger.load(connection)}


# -- the database ------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(rows)
def test_a_row_comes_back_as_it_was(database: Database, row: Row) -> None:
    replace(database, row)
    assert read(database)[row.id] == row


@settings(max_examples=40)
@given(rows, rows)
def test_a_saved_row_comes_back_changed_but_as_wanted_as_before(
    database: Database, row: Row, other: Row
) -> None:
    replace(database, row)
    fixed = ("id", "cloud", "spec", "subject", "lease", "wanted", "created_at")
    news = {n: getattr(other, n) for n in Row.__struct_fields__ if n not in fixed}
    changed = msgspec.structs.replace(row, **news)
    unwanted = msgspec.structs.replace(changed, wanted=not row.wanted)
    write(database, lambda connection: ledger.save(connection, [unwanted]))
    assert read(database)[row.id] == changed


def test_a_row_dropped_while_it_changed_stays_dropped(database: Database) -> None:
    """The engine saves what it knew before it heard of the drop."""
    row = a_row(id=new_id(Kind.SERVER))
    write(database, lambda connection: ledger.add(connection, [row]))
    write(database, lambda connection: ledger.drop(connection, [row.id]))
    write(database, lambda connection: ledger.save(connection, [row]))
    assert not read(database)[row.id].wanted


def test_a_stray_is_saved_without_having_been_planned(database: Database) -> None:
    row = a_row(id=new_id(Kind.SERVER), state=State.LEAVING, wanted=False)
    write(database, lambda connection: ledger.save(connection, [row]))
    assert read(database)[row.id] == row


def test_a_removed_row_is_gone(database: Database) -> None:
    row = a_row(id=new_id(Kind.SERVER))
    write(database, lambda connection: ledger.add(connection, [row]))
    write(database, lambda connection: ledger.remove(connection, [row.id]))
    assert row.id not in read(database)


def test_history_is_told_of_states_and_reasons_and_of_nothing_else(database: Database) -> None:
    row = a_row(id=new_id(Kind.SERVER), state=State.BUILDING, lease="lease-1", subject="n1")
    why = msgspec.structs.replace(row, reason=Reason(cause=Cause.UNSURE, text="why"))
    up = msgspec.structs.replace(why, state=State.UP)
    quiet = msgspec.structs.replace(up, status="ACTIVE", absent=1)
    changes = [(None, row), (row, why), (why, up), (up, quiet)]
    write(database, lambda connection: ledger.record(connection, changes, NOW))
    with database.read() as connection:
        of_row = select(events.c["state", "subject", "lease", "at"]).where(
            events.c.object == row.id
        )
        found = connection.execute(of_row.order_by(events.c.id)).all()
    assert found == [(state, "n1", "lease-1", NOW) for state in ("building", "building", "up")]


def test_an_installation_keeps_its_id(place: Place) -> None:
    found = set()
    for _ in range(2):
        with Database(place) as database:
            found |= {database.write(installation).result() for _ in range(2)}
    assert len(found) == 1


def test_fresh_ids_differ_and_tell_their_kind() -> None:
    ids = {new_id(Kind.FLOATING_IP) for _ in range(1000)}
    assert len(ids) == 1000
    assert all(each.startswith("floating-ip-") for each in ids)


# -- the indexes -------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(State), st.booleans()), max_size=30))
def test_the_indexes_agree_with_the_rows_whatever_happened(changes) -> None:
    book = Ledger()
    for number, state, wanted in changes:
        book.put(a_row(state=state, wanted=wanted, number=number))
    rows = list(book.rows.values())
    assert {row.id for row in book.due("c")} == {
        row.id
        for row in rows
        if row.state not in (State.UP, State.AILING, State.GONE)
        or (row.state in (State.UP, State.AILING) and not row.wanted)
    }
    counted = [row for row in rows if row.state not in (State.PLANNED, State.GONE)]
    assert book.ours("c") == sum((use_of(row.spec) for row in counted), NOTHING)
    assert book.waiting("c", None)[Kind.SERVER].objects is bool(counted)
    known = book.known("c", Kind.SERVER, OURS)
    assert dict(known.rows) == book.rows
    assert dict(known.expected) == {row.id: row for row in rows if row.state in PROOFS}


def test_rows_of_other_clouds_and_kinds_are_not_mixed_in() -> None:
    book = Ledger()
    book.put(a_row(state=State.UP))
    book.put(a_row(Kind.PORT, State.UP))
    book.put(a_row(state=State.UP, number=2, cloud="d"))
    assert list(book.known("c", Kind.SERVER, OURS).rows) == ["server-1"]
    assert list(book.known("d", Kind.SERVER, OURS).ids) == ["cloud-server-2"]
    assert {"server-1", "server-2"} <= book.known("c", Kind.SERVER, OURS).everywhere.keys()
    assert book.ours("d") == Use(servers=1, cores=2, ram_mib=1024)


def test_what_is_forgotten_leaves_nothing_behind() -> None:
    book = Ledger()
    server = a_row(spec=ServerSpec(name="n", flavor_id="f", ports=("port-1",)), state=State.GONE)
    book.put(a_row(Kind.PORT, State.GONE))
    book.put(server)
    book.forget(ObjectId("port-1"))
    book.forget(server.id)
    assert book.rows == {}
    assert dict(book.dependents) == {}
    assert dict(book.known("c", Kind.SERVER, OURS).ids) == {}


def test_what_is_gone_weighs_little() -> None:
    book, spec = Ledger(), ServerSpec(name="n", flavor_id="f", user_data="x" * 60_000)
    book.put(a_row(spec=spec, state=State.DELETING))
    assert book.rows["server-1"].spec == spec
    book.put(a_row(spec=spec, state=State.GONE))
    assert book.rows["server-1"].spec.user_data is None


def test_rows_are_forgotten_when_they_were_gone_for_long_and_nothing_needs_them() -> None:
    book, old = Ledger(), NOW - REMEMBERED - 1
    needs = ServerSpec(name="n", flavor_id="f", ports=("port-1",))
    book.put(a_row(Kind.PORT, State.GONE, since=old))
    book.put(a_row(Kind.PORT, State.GONE, since=old, number=2))
    book.put(a_row(Kind.PORT, State.GONE, since=NOW, number=3))
    book.put(a_row(Kind.PORT, State.UP, since=old, number=4))
    book.put(a_row(state=State.DELETING, spec=needs))
    assert book.outdated(NOW) == ["port-2"]


def test_what_vanished_while_somebody_holds_it_is_remembered_until_it_is_given_back() -> None:
    lost = Reason(cause=Cause.LOST, text="vanished")
    row = a_row(state=State.GONE, since=0.0, cloud_id=CloudId("c"), failure=lost)
    book = Ledger()
    book.put(row)
    assert book.outdated(NOW) == []
    book.put(msgspec.structs.replace(row, wanted=False))
    assert book.outdated(NOW) == [row.id]


# -- what listings have to tell ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "state", "after"),
    [
        (Kind.SERVER, State.UNSURE, GRACE),
        (Kind.PORT, State.UNSURE, GRACE),
        (Kind.SERVER, State.DELETING, GRACE / 3),
        (Kind.VOLUME, State.DELETING, 0.0),
        (Kind.SERVER, State.BUILDING, None),
        (Kind.SERVER, State.LEAVING, None),
    ],
)
def test_what_only_a_complete_listing_can_settle(kind, state, after) -> None:
    book = Ledger()
    book.put(a_row(kind, state, called_at=NOW))
    waiting = book.waiting("c", None)[kind]
    assert waiting.any
    assert waiting.complete_after == (None if after is None else NOW + after)


@pytest.mark.parametrize("state", [State.PLANNED, State.MAKING, State.UP, State.GONE])
def test_what_no_listing_is_waited_for(state: State) -> None:
    book = Ledger()
    book.put(a_row(state=state))
    assert not book.waiting("c", None)[Kind.SERVER].any


def test_attachments_are_waited_for_in_the_listing_of_volumes() -> None:
    book = Ledger()
    book.put(a_row(Kind.ATTACHMENT, State.BUILDING, cloud_id=CloudId("s/v")))
    assert book.waiting("c", None)[Kind.VOLUME].any


def test_what_was_missed_once_is_to_be_looked_for_again() -> None:
    book = Ledger()
    book.put(a_row(state=State.UNSURE, absent=1))
    assert book.waiting("c", None)[Kind.SERVER].again
    book.put(a_row(state=State.UNSURE))
    assert not book.waiting("c", None)[Kind.SERVER].again
