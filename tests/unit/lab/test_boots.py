"""Failed boots leave a dossier, and too many of them a pause. A lab over a cloud in memory."""

from pathlib import Path

import msgspec
import pytest

from leasehold.engine.cloud import CloudUnsure, Kind, Named, ObjectId
from leasehold.engine.memory_cloud import Fault, MemoryCloud
from leasehold.engine.reason import Cause
from leasehold.lab import boot_records
from leasehold.lab.boot_records import BootRow
from leasehold.lab.boots import MOST_CONSOLE
from leasehold.lab.config import ImageRule, SystemConfig
from leasehold.lab.errors import UnknownBoot, UnknownMachineType
from leasehold.lab.model import LeaseState
from leasehold.lab.streak import FIRST_PAUSE
from leasehold.store import Place
from tests.simulation.bench import OFFERS, Bench
from tests.simulation.clock import HandClock

NO_HOST = "No valid host was found."


@pytest.fixture
def bench(tmp_path: Path, place: Place):
    bench = Bench(tmp_path, place=place)
    yield bench
    bench.database.close()


def break_servers(bench: Bench, fault: str = NO_HOST) -> None:
    """Let the next servers end in ERROR as soon as they are seen."""
    for server in bench.cloud.alive(Kind.SERVER):
        bench.cloud.mark(server.cloud_id, "ERROR", fault)


def fail_lease(bench: Bench, **fields: object) -> str:
    """A lease whose every boot ends in ERROR."""
    lease = bench.lock(**fields)
    for _ in range(4):
        bench.run(2)
        break_servers(bench)
    bench.run(30)
    assert bench.lab.lease(lease.id).state is LeaseState.FAILED
    return lease.id


def test_a_failed_boot_is_kept_with_fault_console_time_line_and_what_it_was_made_of(bench) -> None:
    bench.cloud.printed = lambda _: "\x1b[31mbooting\x1b[0m\r\nkernel panic\x07\n"
    lease = fail_lease(bench)
    bench.run(60)
    assert bench.servers() == []
    second, first = bench.lab.boots().failed
    assert (first.attempt, second.attempt) == (1, 2)
    dossier = bench.lab.boot(first.id)
    assert (dossier.lease, dossier.node, dossier.ok) == (lease, "demo001", False)
    assert (dossier.image, dossier.flavor, dossier.cloud) == ("debian-12", "small", "c")
    assert dossier.reason is not None
    assert (dossier.reason.cause, dossier.reason.text) == (Cause.NO_HOST, NO_HOST)
    assert dossier.server_id is not None
    assert dossier.planned_at <= dossier.taken_at <= dossier.ended_at
    assert dossier.console == "booting\nkernel panic\n"
    assert first.console is None, "a list does not carry consoles"


def test_a_boot_that_never_answers_leaves_its_console_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path, ready="sentinel", boot_patience="30s", ready_patience="30s", attempts=1)
    bench.cloud.printed = lambda _: "x" * 2 * MOST_CONSOLE + "cloud-init: error"
    bench.lock()
    bench.run(30)
    bench.answer_ssh("demo001")
    bench.run(120)
    (failed,) = bench.lab.boots().failed
    assert failed.reason.cause is Cause.DEADLINE
    assert failed.reached_at is not None
    console = bench.lab.boot(failed.id).console
    assert len(console) == MOST_CONSOLE
    assert console.endswith("cloud-init: error")
    bench.database.close()


def test_a_console_that_the_cloud_does_not_tell_leaves_a_dossier_without(bench: Bench) -> None:
    bench.cloud.faults.append(Fault(verb="console", error=CloudUnsure("?")))
    fail_lease(bench)
    assert bench.lab.boot(bench.lab.boots().failed[-1].id).console is None


def test_rates_are_told_by_machine_type_and_failures_by_cause(bench: Bench) -> None:
    bench.lock(2)
    bench.run(30)
    fail_lease(bench)
    (rate,) = bench.lab.boots(machine_type="demo").rates
    assert (rate.machine_type, rate.boots, rate.failed) == ("demo", 4, 2)
    assert rate.seconds == pytest.approx(10, abs=5)
    (trouble,) = rate.troubles
    assert (trouble.cause, trouble.count, trouble.last.attempt) == ("no_host", 2, 2)
    assert bench.lab.boots(since=bench.clock.time + 1).rates == ()


def test_only_the_last_boots_that_went_well_tell_how_long_one_takes(bench: Bench) -> None:
    took = [(50, True), (40, True), (600, False), (30, True), (20, True)]
    rows = [
        BootRow(
            machine_type="demo",
            server=ObjectId(f"server-{number}"),
            ok=ok,
            cause=None,
            planned_at=number,
            ended_at=number + seconds,
            facts={},
        )
        for number, (seconds, ok) in enumerate(took)
    ]
    bench.database.write(lambda connection: boot_records.add(connection, rows)).result()
    with bench.database.read() as connection:
        assert boot_records.times_of(connection, "demo", 3) == [40, 30, 20]
        assert boot_records.times_of(connection, "other", 3) == []


def test_what_is_not_there_is_told(bench: Bench) -> None:
    with pytest.raises(UnknownBoot):
        bench.lab.boot(1)
    with pytest.raises(UnknownMachineType, match="did you mean demo"):
        bench.lab.boots(machine_type="dmeo")
    with pytest.raises(UnknownMachineType):
        bench.lab.resume("dmeo")


def test_who_waits_for_a_machine_type_that_fails_is_told_and_served_when_it_works(bench) -> None:
    fail_lease(bench)
    fail_lease(bench)
    waiting = bench.lock()
    assert (waiting.state, waiting.reason.cause) == (LeaseState.WAITING, Cause.BOOTS_FAIL)
    assert NO_HOST in waiting.reason.text
    (rate,) = bench.lab.boots().rates
    assert rate.paused is not None
    bench.run(FIRST_PAUSE - 45)
    assert bench.lab.lease(waiting.id).state is LeaseState.WAITING
    bench.run(FIRST_PAUSE)
    assert bench.lab.lease(waiting.id).state is LeaseState.READY
    assert bench.lab.boots().rates[0].paused is None
    assert bench.lock().state is LeaseState.PREPARING


def test_a_machine_type_without_a_usual_system_is_tried_with_one_that_is_waited_for(
    tmp_path: Path,
) -> None:
    rule, debian = (
        ImageRule(match="{os_type}-{os_version}"),
        {"os_type": "debian", "os_version": "12"},
    )
    bench = Bench(tmp_path, image=rule, pause_after=2, attempts=1)
    fail_lease(bench, **debian)
    fail_lease(bench, **debian)
    waiting = bench.lock(**debian)
    assert waiting.reason.cause is Cause.BOOTS_FAIL
    bench.run(2 * FIRST_PAUSE)
    assert bench.lab.lease(waiting.id).state is LeaseState.READY
    bench.database.close()


def test_a_system_that_never_boots_does_not_keep_the_others_from_being_tried(
    tmp_path: Path,
) -> None:
    systems = {"ubuntu-22.04": SystemConfig(image="ubuntu-22.04")}
    bench = Bench(tmp_path, systems=systems, pause_after=2, attempts=1)
    fail_lease(bench)
    fail_lease(bench)
    broken, fine = bench.lock(), bench.lock(os_type="ubuntu")
    for _ in range(600):
        bench.run(2)
        if bench.lab.lease(fine.id).state is LeaseState.READY:
            break
        for row in bench.rows(Kind.SERVER):
            if row.spec.image_id == "i1" and row.cloud_id:
                bench.cloud.mark(row.cloud_id, "ERROR", NO_HOST)
    assert bench.lab.lease(fine.id).state is LeaseState.READY
    assert bench.lab.lease(broken.id).state is not LeaseState.READY
    bench.database.close()


def test_a_pause_outlives_a_crash_and_ends_when_somebody_says_so(bench: Bench) -> None:
    fail_lease(bench)
    fail_lease(bench)
    bench.restart()
    waiting = bench.lock()
    assert waiting.reason.cause is Cause.BOOTS_FAIL
    bench.lab.resume("demo")
    assert bench.lab.lease(waiting.id).state is LeaseState.PREPARING
    bench.restart()
    assert bench.lock().state is LeaseState.PREPARING


def test_a_zone_that_the_cloud_does_not_offer_is_passed_over(tmp_path) -> None:
    zones = tuple(Named(id=each, name=each) for each in ("east", "north"))
    offers = msgspec.structs.replace(OFFERS, availability_zones=zones)
    cloud = MemoryCloud(HandClock(), boot=10, end=5, offers=offers)
    bench = Bench(tmp_path, cloud=cloud, availability_zones=("west", "east"), attempts=1)
    lease = bench.lock()
    bench.run(30)
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    assert [row.spec.availability_zone for row in bench.rows(Kind.SERVER)] == ["east"]
    bench.database.close()


def test_a_zone_without_room_is_left_for_the_next_and_the_history_says_so(tmp_path) -> None:
    bench = Bench(tmp_path, availability_zones=("west", "east"), attempts=1)
    lease = bench.lock()
    bench.run(2)
    break_servers(bench)
    bench.run(30)
    assert bench.lab.lease(lease.id).state is LeaseState.READY
    assert [row.spec.availability_zone for row in bench.rows(Kind.SERVER)] == ["east"]
    told = [event.reason.text for event in bench.lab.events() if event.state == "retrying"]
    assert told == [f"{NO_HOST}; it is tried in zone east now"]
    assert [boot.zone for boot in bench.lab.boots().failed] == ["west"]
    bench.lock()
    bench.run(30)
    assert [row.spec.availability_zone for row in bench.rows(Kind.SERVER)] == ["east", "east"]
    bench.database.close()
