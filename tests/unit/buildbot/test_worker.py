"""The worker between Buildbot's fakes and machines that do as a test says."""

from typing import Any
from unittest.mock import patch

import pytest
from buildbot.interfaces import (
    LatentWorkerCannotSubstantiate,
    LatentWorkerFailedToSubstantiate,
    LatentWorkerSubstantiatiationCancelled,
)
from buildbot.process.properties import Interpolate, Properties
from buildbot.test.fake import fakemaster
from buildbot.test.fake.fakebuild import FakeBuild
from buildbot.test.reactor import TestReactorMixin
from twisted.internet import defer
from twisted.internet.defer import Deferred, fail, inlineCallbacks, succeed
from twisted.trial.unittest import TestCase

from leasehold.buildbot import LeaseholdWorker
from leasehold.buildbot.machine import Heard, Order
from leasehold.buildbot.standing import Stage, Standing
from leasehold.engine.errors import Impossible
from leasehold.engine.reason import Cause, Reason
from leasehold.store import StoreError

# What Buildbot does of old forms, of alembic and of Twisted.
pytestmark = [
    pytest.mark.filterwarnings("ignore:No path_separator:DeprecationWarning"),
    pytest.mark.filterwarnings(r"ignore:twisted\.internet\.ssl:DeprecationWarning"),
]

UP = Standing(stage=Stage.UP, server_id="s1")
USER_DATA = "join @MASTER@ as @WORKER_NAME@ with @WORKER_PASSWORD@"


def failed(cause: Cause) -> Standing:
    return Standing(stage=Stage.FAILED, reason=Reason(cause=cause, text="the cloud says no"))


class AMachine:
    """Stands where a test puts it."""

    def __init__(self, standing: Standing, heard: Heard) -> None:
        self.standing = standing
        self.about = {"cloud": "c"}
        self.heard = heard
        self.peeks = 0
        self.is_given_back = False

    def becomes(self, standing: Standing) -> None:
        self.standing = standing
        self.heard(standing)

    def peek(self) -> None:
        self.peeks += 1

    def give_back(self) -> Deferred[None]:
        self.is_given_back = True
        return succeed(None)

    def console(self) -> Deferred[str]:
        return succeed("cloud-init: the password is secret")


class ASource:
    """Gives machines that begin where the script says; an exception refuses one."""

    def __init__(self, *script: Standing | Exception) -> None:
        self.script = list(script)
        self.orders: list[Order] = []
        self.machines: list[AMachine] = []
        self.room = True

    def obtain(self, order: Order, heard: Heard) -> Deferred[Any]:
        self.orders.append(order)
        step = self.script.pop(0)
        if isinstance(step, Exception):
            return fail(step)
        self.machines.append(AMachine(step, heard))
        return succeed(self.machines[-1])

    def has_room(self, _worker: str, _tell: Any) -> bool:
        return self.room

    def forget(self, worker: str) -> None:
        pass


class WorkerTest(TestReactorMixin, TestCase):
    """One worker `one` of a fake master, whose machines come from `source`."""

    @inlineCallbacks
    def setUp(self) -> Any:
        self.setup_test_reactor()
        self.master = yield fakemaster.make_master(self, wantData=True)
        yield self.master.startService()

    @inlineCallbacks
    def worker(self, source: ASource, password: Any = "secret", **arguments: object) -> Any:
        async def found(*_: object) -> ASource:
            return source

        given = {"os_auth_url": "http://127.0.0.1", "os_username": "u", "os_password": "p"}
        given |= {"image": "ci", "user_data": USER_DATA, "master_address": "ci:9989"}
        with patch("leasehold.buildbot.worker.source_of", found):
            worker = LeaseholdWorker("one", password, **{**given, **arguments})
            yield worker.setServiceParent(self.master.workers)
        return worker

    def build(self, **properties: str) -> FakeBuild:
        given = Properties(**properties)
        build = FakeBuild(props=given, master=self.master)
        given.master = self.master
        build.stopped = False
        return build

    @inlineCallbacks
    def test_the_start_ends_when_the_machine_is_up(self) -> Any:
        source = ASource(Standing(stage=Stage.WAITING))
        worker = yield self.worker(source)
        started = worker.start_instance(self.build())
        self.assertNoResult(started)
        source.machines[0].becomes(Standing(stage=Stage.BUILDING))
        self.assertNoResult(started)
        source.machines[0].becomes(UP)
        assert self.successResultOf(started)
        assert source.orders[0].user_data == "join ci:9989 as one with secret"

    @inlineCallbacks
    def test_the_start_ends_when_the_worker_connects_though_the_cloud_has_not_said_active(
        self,
    ) -> Any:
        worker = yield self.worker(ASource(Standing(stage=Stage.BUILDING)))
        started = worker.start_instance(self.build())
        self.assertNoResult(started)
        worker.conn = object()
        worker._connected(worker.conn)
        assert self.successResultOf(started)
        worker.conn = None

    @inlineCallbacks
    def test_the_next_zone_is_tried_when_one_fails(self) -> Any:
        source = ASource(failed(Cause.NO_HOST), UP)
        worker = yield self.worker(source, zones=["z1", "z2"])
        assert (yield worker.start_instance(self.build()))
        assert [order.zone for order in source.orders] == ["z1", "z2"]
        assert [each.is_given_back for each in source.machines] == [True, False]

    @inlineCallbacks
    def test_what_the_next_try_would_meet_again_is_told_as_such_and_not_tried_again(self) -> Any:
        source = ASource(failed(Cause.QUOTA))
        worker = yield self.worker(source, zones=["z1", "z2"])
        started = worker.start_instance(self.build())
        error = self.failureResultOf(started, LatentWorkerCannotSubstantiate)
        assert "the cloud says no" in str(error.value)
        assert source.machines[0].is_given_back

    @inlineCallbacks
    def test_a_ledger_that_cannot_be_written_is_no_reason_to_give_a_build_up(self) -> Any:
        worker = yield self.worker(ASource(StoreError("the disk is full")))
        started = worker.start_instance(self.build())
        self.failureResultOf(started, StoreError)  # which Buildbot tries again

    @inlineCallbacks
    def test_a_failure_that_may_pass_is_left_to_buildbot_to_try_again(self) -> Any:
        build = self.build()
        worker = yield self.worker(ASource(failed(Cause.BUILD_FAILED)))
        started = worker.start_instance(build)
        self.failureResultOf(started, LatentWorkerFailedToSubstantiate)
        assert "the cloud says no" in build.getProperty("leasehold_fault")
        assert build.getProperty("leasehold_console") == "cloud-init: the password is ***"

    @inlineCallbacks
    def test_a_cloud_that_is_out_of_order_is_asked_again_after_a_while(self) -> Any:
        busy = Impossible(Reason(cause=Cause.CLOUD_BUSY, text="out of order"))
        source = ASource(busy, busy, UP)
        worker = yield self.worker(source)
        started = worker.start_instance(self.build())
        for seconds, orders in ((1.9, 1), (0.2, 2), (3.8, 2), (0.3, 3)):
            self.reactor.advance(seconds)
            assert len(source.orders) == orders
        assert self.successResultOf(started)

    @inlineCallbacks
    def test_a_start_is_broken_off_when_nobody_wants_it_any_more(self) -> Any:
        source = ASource(Standing(stage=Stage.BUILDING))
        worker = yield self.worker(source)
        wanted = worker.substantiate(None, self.build())
        self.assertNoResult(wanted)
        yield worker.insubstantiate()
        self.failureResultOf(wanted, LatentWorkerSubstantiatiationCancelled)
        assert source.machines[0].is_given_back

    @inlineCallbacks
    def test_a_build_that_was_stopped_on_its_way_to_a_server_gets_none(self) -> Any:
        source = ASource(UP)
        worker = yield self.worker(source)
        build = self.build()
        build.stopped = True
        assert (yield worker.substantiate(None, build)) is False
        assert not source.orders

    @inlineCallbacks
    def test_no_zone_is_tried_for_a_build_cancelled_while_a_failed_one_is_cleaned_up(self) -> Any:
        """Giving back never fails, so that also a cancel ends there."""
        source = ASource(Standing(stage=Stage.BUILDING), Standing(stage=Stage.BUILDING))
        worker = yield self.worker(source, zones=["z1", "z2"])
        wanted = worker.substantiate(None, self.build())
        given_back: Deferred[None] = Deferred()
        source.machines[0].give_back = lambda: given_back.addErrback(lambda _: None)
        source.machines[0].becomes(failed(Cause.NO_HOST))
        self.assertNoResult(wanted)
        yield worker.insubstantiate()
        self.failureResultOf(wanted, LatentWorkerSubstantiatiationCancelled)
        assert [order.zone for order in source.orders] == ["z1"]

    @inlineCallbacks
    def test_a_start_that_waits_for_its_turn_does_not_begin_when_nobody_wants_it(self) -> Any:
        source = ASource(UP, UP)
        worker = yield self.worker(source)
        yield worker._start_stop_lock.acquire()  # as while an earlier server is given back
        wanted = worker.substantiate(None, self.build())
        ended = worker.insubstantiate()
        worker._start_stop_lock.release()
        yield ended
        self.failureResultOf(wanted, LatentWorkerSubstantiatiationCancelled)
        assert all(machine.is_given_back for machine in source.machines)
        again = worker.substantiate(None, self.build())
        self.assertNoResult(again)
        assert not source.machines[-1].is_given_back
        yield worker.insubstantiate()
        self.failureResultOf(again)

    @inlineCallbacks
    def test_a_worker_that_does_not_connect_in_time_is_given_up(self) -> Any:
        source = ASource(UP)
        build = self.build()
        worker = yield self.worker(source, notify_on_missing="ops@example.org")
        wanted = worker.substantiate(None, build)
        self.reactor.advance(20 * 60 - 1)
        self.assertNoResult(wanted)
        self.reactor.advance(2)
        self.failureResultOf(wanted, defer.TimeoutError)
        assert source.machines[0].is_given_back
        (missing,) = [event for key, event in self.master.mq.productions if key[-1] == "missing"]
        assert missing["notify"] == ["ops@example.org"]
        assert "did not connect within 1200 s" in build.getProperty("leasehold_fault")

    @inlineCallbacks
    def test_a_build_whose_time_is_up_before_there_was_a_machine_says_what_it_waited_for(
        self,
    ) -> Any:
        busy = Impossible(Reason(cause=Cause.CLOUD_BUSY, text="Keystone is out of order"))
        build = self.build()
        worker = yield self.worker(ASource(*[busy] * 50), missing_timeout=60)
        wanted = worker.substantiate(None, build)
        self.reactor.pump([1.0] * 61)
        self.failureResultOf(wanted, defer.TimeoutError)
        fault = build.getProperty("leasehold_fault")
        assert fault == "the worker did not connect within 60 s: Keystone is out of order"

    @inlineCallbacks
    def test_a_cloud_may_be_out_of_order_for_ten_minutes(self) -> Any:
        busy = Impossible(Reason(cause=Cause.CLOUD_BUSY, text="out of order"))
        outage, pause = 600.0, 30.0
        source = ASource(*[busy] * 1000)
        worker = yield self.worker(source)
        wanted = worker.substantiate(None, self.build())
        self.reactor.pump([1.0] * int(outage))
        source.script[:] = [UP]
        self.reactor.pump([1.0] * int(pause))
        self.assertNoResult(wanted)
        assert len(source.machines) == 1
        yield worker.insubstantiate()
        self.failureResultOf(wanted)

    @inlineCallbacks
    def test_a_worker_is_not_late_while_its_server_waits_for_a_limit_of_the_masters_own(
        self,
    ) -> Any:
        limit = Reason(cause=Cause.LIMIT, text="others are there")
        source = ASource(Standing(stage=Stage.WAITING, reason=limit))
        worker = yield self.worker(source)
        wanted = worker.substantiate(None, self.build())
        self.reactor.advance(24 * 3600)
        source.machines[0].becomes(Standing(stage=Stage.BUILDING))
        self.reactor.advance(20 * 60 - 1)
        self.assertNoResult(wanted)
        self.reactor.advance(2)
        self.failureResultOf(wanted, defer.TimeoutError)

    @inlineCallbacks
    def test_a_machine_that_dies_before_its_worker_connects_is_given_up(self) -> Any:
        source = ASource(UP)
        worker = yield self.worker(source)
        wanted = worker.substantiate(None, self.build())
        assert worker.check_instance() == (True, "")
        assert source.machines[0].peeks == 1
        source.machines[0].becomes(failed(Cause.LOST))
        self.successResultOf(wanted.addErrback(lambda _: None))
        assert source.machines[0].is_given_back

    @inlineCallbacks
    def test_each_server_gets_a_password_of_its_own(self) -> Any:
        source = ASource(UP, UP)
        worker = yield self.worker(source, None)
        for _ in range(2):
            yield worker.start_instance(self.build())
            assert f"with {worker.password}" in source.orders[-1].user_data
            worker._story.console(f"joining with {worker.password}")
            assert worker._story.facts["console"] == "joining with ***"
            yield worker.stop_instance()
        first, second = (order.user_data for order in source.orders)
        assert first != second

    @inlineCallbacks
    def test_a_server_is_used_for_builds_that_would_have_made_the_same_one(self) -> Any:
        source = ASource(UP)
        worker = yield self.worker(source, flavor=Interpolate("%(prop:size)s"))
        yield worker.start_instance(self.build(size="large"))
        assert source.orders[0].wish.flavor == "large"
        assert (yield worker.isCompatibleWithBuild(self.build(size="large")))
        assert not (yield worker.isCompatibleWithBuild(self.build(size="small")))

    @inlineCallbacks
    def test_without_room_for_a_server_a_build_is_left_to_others(self) -> Any:
        source = ASource(UP)
        worker = yield self.worker(source)
        assert worker.canStartBuild()
        source.room = False
        assert not worker.canStartBuild()
        source.room = True
        yield worker.start_instance(self.build())
        source.room = False
        assert worker.canStartBuild(), "it has its server already"
