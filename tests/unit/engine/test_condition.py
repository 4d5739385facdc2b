"""How a cloud is: quota with whose use, the budget of calls, and the errors of late."""

from pathlib import Path

from leasehold.engine.cloud import CloudBusy, Kind, Limit, Limits
from leasehold.engine.condition import Condition
from leasehold.engine.memory_cloud import Fault, MemoryCloud
from tests.simulation.bench import OFFERS, Bench
from tests.simulation.clock import HandClock


def a_bench(directory: Path, **limits: Limit) -> Bench:
    clock = HandClock()
    return Bench(
        directory, MemoryCloud(clock, boot=10, end=5, offers=OFFERS, limits=Limits(**limits))
    )


def test_quotas_tell_ours_from_others(tmp_path: Path) -> None:
    bench = a_bench(tmp_path, servers=Limit(total=10, used=3))
    bench.lock(2)
    bench.run(60)
    cloud = condition_of(bench)["c"]
    servers = next(each for each in cloud.quotas if each.name == "servers")
    assert (servers.ours, servers.total) == (2, 10)
    assert cloud.quotas_at is not None
    assert next(each for each in cloud.quotas if each.name == "cores").total is None


def test_what_failed_is_remembered_with_the_clouds_words(tmp_path: Path) -> None:
    bench = a_bench(tmp_path)
    error = CloudBusy("out of order", request_id="req-1")
    bench.cloud.faults.append(Fault(verb="make", kind=Kind.SERVER, error=error))
    bench.lock(1)
    bench.run(60)
    cloud = condition_of(bench)["c"]
    (fault,) = cloud.faults
    assert (fault.call, fault.what, fault.subject) == ("make", "server", "demo001")
    assert (fault.reason.text, fault.reason.request_id) == ("out of order", "req-1")
    assert cloud.trouble is None


def test_the_budget_says_what_may_leave_now(tmp_path: Path) -> None:
    bench = a_bench(tmp_path)
    bench.run(60)
    cloud, names = (condition_of(bench)[name] for name in ("c", "dns.lab"))
    assert (cloud.allowance, cloud.burst, cloud.in_flight) == (16, 100, 0)
    assert names.quotas == ()


def condition_of(bench: Bench) -> dict[str, Condition]:
    asked = bench.engine.conditions()
    bench.turn()
    return {each.name: each for each in asked.result(0)}
