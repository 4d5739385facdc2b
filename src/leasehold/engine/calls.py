"""The calls that leave for a cloud, and what is made of their answers.

A call runs in a thread of its own; its answer is taken in by the engine's thread. No call is retried
here: a failed one changes its row, and `decide` says when to try again.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol, TypeVar, cast

import msgspec
import structlog

from leasehold.engine import outcome
from leasehold.engine.clock import Clock
from leasehold.engine.cloud import (
    Cloud,
    CloudBusy,
    CloudError,
    CloudId,
    CloudRefused,
    CloudUnsure,
    Installation,
    Kind,
    Limits,
    Listing,
    ObjectId,
    Refusal,
    Sighting,
    Tag,
    VolumeSpec,
)
from leasehold.engine.decide import Action, Verb, moment
from leasehold.engine.last_words import LINES, Reader
from leasehold.engine.ledger import Ledger
from leasehold.engine.observe import attachments, observe
from leasehold.engine.quota import Snapshot
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State, resolve
from leasehold.engine.schedule import Due, Track
from leasehold.engine.watch import CALL_PATIENCE, Fault, Watch

log = structlog.get_logger()

OVERLAP = timedelta(seconds=3)
"""A delta starts so much before the last listing: stamps are whole seconds, and a change can become
visible a moment after its stamp."""

SKEW = timedelta(seconds=60)
"""How far a cloud's clock may be behind ours, where its answers carry no Date."""

PAGE = 1000
"""Objects on a page of a listing: what one call of the background budget buys."""

LIMITS_CALLS = 3
"""Quotas are kept by three services, each of which is asked."""

T = TypeVar("T")
Spawn = Callable[[Callable[[], None]], None]


class Desk(Protocol):
    """What calls need of the engine: its rows, its clock, and a way to report back."""

    clock: Clock
    ledger: Ledger
    installation: Installation
    reader: Reader

    def tell(self, news: Callable[[], None]) -> None: ...
    def change(self, row: Row) -> None: ...


class Calls:
    """Sends the calls of one engine."""

    def __init__(self, desk: Desk, spawn: Spawn | None = None) -> None:
        self.desk = desk
        self._spawn = _in_a_thread if spawn is None else spawn

    def _call(self, work: Callable[[], T], then: Callable[[T | CloudError], None]) -> None:
        """Run `work` elsewhere and `then`, with its result or error, in the engine's thread."""

        def run() -> None:
            result: T | CloudError
            try:
                result = work()
            except CloudError as error:
                result = error
            except Exception as error:
                log.exception("engine.call_broke")
                result = CloudUnsure(f"{type(error).__name__}: {error}")
            self.desk.tell(lambda: then(result))

        try:
            self._spawn(run)
        except RuntimeError as error:  # no thread to be had: the call has not left
            busy = CloudBusy(f"no thread for the call: {error}")
            self.desk.tell(lambda: then(busy))

    # -- make and delete -------------------------------------------------------------------------

    def send(self, watch: Watch, action: Action) -> None:
        """Let a make or delete call leave; the committed row says already that it may have."""
        left_at = watch.in_flight.get(action.row.id)
        if left_at is None:
            return  # it waited so long for the database that it was given up
        send = {Verb.MAKE: self._make, Verb.DELETE: self._delete, Verb.GROW: self._grow}
        send[action.verb](watch, action.row, left_at)

    def _make(self, watch: Watch, row: Row, left_at: float) -> None:
        needed = {each: self.desk.ledger.rows[each].cloud_id for each in row.needs}
        spec = resolve(row.spec, {each: found for each, found in needed.items() if found})
        tag = Tag(installation=self.desk.installation, object=row.id, keep=row.kept)

        def then(result: Sighting | CloudError) -> None:
            now = self.desk.clock.now()
            current, in_time = self._landed(watch, row.id, left_at)
            if isinstance(result, CloudError):
                self._note(watch, "make", row, result, now)
                if in_time:
                    self.desk.change(outcome.not_made(current, result, now))
            else:
                self.desk.change(outcome.made(current, result, now))

        self._call(lambda: watch.cloud.make(spec, tag), then)

    def _delete(self, watch: Watch, row: Row, left_at: float) -> None:
        cloud_id = row.cloud_id
        assert cloud_id is not None, "only what the cloud has can be leaving"

        def then(result: bool | CloudError) -> None:
            now = self.desk.clock.now()
            current, in_time = self._landed(watch, row.id, left_at)
            if isinstance(result, CloudError):
                self._note(watch, "delete", row, result, now)
                if in_time:
                    self.desk.change(outcome.not_deleted(current, result, now))
            elif in_time:
                self.desk.change(outcome.deleted(current, now, known=result))

        asked = row.kind is Kind.SERVER and row.calls == 1 and self.desk.reader.wants(row)
        if asked:
            watch.budget.spend(1)

        def work() -> bool:
            if asked:
                self._read_console(watch, row.id, cloud_id)
            return watch.cloud.delete(row.kind, cloud_id)

        self._call(work, then)

    def _read_console(self, watch: Watch, server: ObjectId, cloud_id: CloudId) -> None:
        """Once, and whatever comes of it: a server is not kept for the sake of what it printed."""
        cloud = cast("Cloud", watch.cloud)  # where else would a server be
        try:
            text = cloud.console(cloud_id, LINES)
        except CloudError as error:
            log.info("engine.console_unread", cloud=watch.name, object=server, error=str(error))
        except Exception:
            log.exception("engine.console_broke", cloud=watch.name, object=server)
        else:
            self.desk.tell(lambda: self.desk.reader.heard(server, text))

    def _grow(self, watch: Watch, row: Row, left_at: float) -> None:
        cloud_id, spec = row.cloud_id, row.spec
        assert cloud_id is not None, "only what the cloud has can grow"
        assert isinstance(spec, VolumeSpec), "only volumes grow"
        cloud = cast("Cloud", watch.cloud)  # a name server has no volumes

        def then(result: CloudError | None) -> None:
            now = self.desk.clock.now()
            current, in_time = self._landed(watch, row.id, left_at)
            if result is not None:
                self._note(watch, "grow", row, result, now)
                if in_time:
                    self.desk.change(outcome.not_grown(current, result, now))
            else:
                self.desk.change(outcome.grown(current, now))

        self._call(lambda: cloud.grow(cloud_id, spec.size_gib), then)

    def _landed(self, watch: Watch, object_id: ObjectId, left_at: float) -> tuple[Row, bool]:
        """The row of a call that came back, and whether anybody still waited for it."""
        in_time = watch.in_flight.get(object_id) == left_at
        if in_time:
            del watch.in_flight[object_id]
        return self.desk.ledger.rows[object_id], in_time

    def give_up_late_ones(self, watch: Watch, now: float) -> None:
        """Treat calls that have been out too long as unanswered: some drivers hang for ever."""
        late_at = watch.late_at()
        if late_at is None or late_at > now:
            return
        log.error("engine.call_hangs", cloud=watch.name)
        error = CloudUnsure(f"no answer within {CALL_PATIENCE:.0f} s")
        too_early = now - CALL_PATIENCE
        for object_id in [each for each, left in watch.in_flight.items() if left <= too_early]:
            del watch.in_flight[object_id]
            row = self.desk.ledger.rows[object_id]
            ends = {State.MAKING: outcome.not_made, State.GROWING: outcome.not_grown}
            end = ends.get(row.state, outcome.not_deleted)
            self.desk.change(end(row, error, now))
        for kind in [each for each, left in watch.listing.items() if left <= too_early]:
            del watch.listing[kind]
            self._listing_failed(watch, kind, error, now)
        if watch.asking_limits is not None and watch.asking_limits <= too_early:
            watch.asking_limits, watch.limits_at = None, now

    def _note(self, watch: Watch, verb: str, row: Row, error: CloudError, now: float) -> None:
        """Remember what an error says about more than its own row."""
        log.warning(f"engine.{verb}_failed", cloud=watch.name, object=row.id, error=str(error))
        watch.faults.append(
            Fault(
                at=moment(now),
                call=verb,
                what=row.kind.value,
                subject=row.subject or None,
                reason=_trouble(error),
            )
        )
        pause = outcome.pause(error)
        if pause is not None:
            watch.budget.pause(now + pause)
        shut = outcome.shuts(row, error, now)
        if shut is not None:
            watch.shut[shut[0]] = shut[1]
            watch.refused = True

    # -- listings and limits ---------------------------------------------------------------------

    def observe(self, watch: Watch, now: float) -> float:
        """Let the listing or limits call that is due leave; returns when the next one is."""
        self._answer_audits(watch)
        wake_at = self._ask_limits(watch, now)
        waiting = self.desk.ledger.waiting(watch.name, watch.forced_at, watch.peeked_at)
        while (listing := watch.next_listing(waiting)) is not None:
            if listing.at > now:
                return min(wake_at, listing.at)
            if not watch.background.available(now):
                return min(wake_at, watch.background.next_at(now))
            self._list(watch, listing, now)
        return wake_at

    def _list(self, watch: Watch, due: Due, now: float) -> None:
        kind = due.kind
        since = watch.as_of.get(kind)
        delta = not due.complete and since is not None
        watch.listing[kind] = now
        watch.background.spend(1)
        start = since - OVERLAP if delta and since is not None else None
        track = watch.tracks[kind]
        watch.tracks[kind] = msgspec.structs.replace(track, began_at=now)

        def then(result: Listing | CloudError) -> None:
            if watch.listing.get(kind) != now:
                return  # given up long ago; what it saw is older than what was listed since
            del watch.listing[kind]
            ended = self.desk.clock.now()
            if isinstance(result, CloudError):
                self._listing_failed(watch, kind, result, ended)
            else:
                self._listed(watch, result, now, ended)

        self._call(lambda: watch.cloud.list(kind, start), then)

    def _listed(self, watch: Watch, listing: Listing, began_at: float, now: float) -> None:
        kind = listing.kind
        watch.troubles.pop(kind, None)
        watch.background.spend(len(listing.sightings) // PAGE)
        watch.as_of[kind] = listing.as_of or moment(began_at) - SKEW
        complete_at = began_at if listing.complete else watch.tracks[kind].complete_at
        watch.tracks[kind] = Track(began_at=began_at, complete_at=complete_at)
        self._fold(watch, listing, began_at, now)
        if kind is Kind.VOLUME:
            self._fold(watch, attachments(listing), began_at, now)

    def _fold(self, watch: Watch, listing: Listing, began_at: float, now: float) -> None:
        kind = listing.kind
        known = self.desk.ledger.known(watch.name, kind, self.desk.installation)
        seen = observe(known, listing, began_at, watch.memories[kind], now)
        watch.memories[kind] = seen.memory
        for row in seen.changed:
            self.desk.change(row)
        if listing.complete and kind is not Kind.ATTACHMENT:
            watch.strays[kind], watch.foreign[kind] = seen.strays, seen.foreign
        if seen.doubted:
            log.warning("engine.listing_doubted", cloud=watch.name, kind=kind.value)
        for stray in seen.strays:
            log.warning("engine.stray", cloud=watch.name, kind=kind.value, id=stray.cloud_id)

    def _listing_failed(self, watch: Watch, kind: Kind, error: CloudError, now: float) -> None:
        track = watch.tracks[kind]
        known = self.desk.ledger.known(watch.name, kind, self.desk.installation)
        if _is_absent_service(error) and not known.rows:
            watch.tracks[kind] = Track(began_at=track.began_at, complete_at=track.began_at)
            return
        log.warning("engine.list_failed", cloud=watch.name, kind=kind.value, error=str(error))
        watch.troubles[kind] = trouble = _trouble(error)
        watch.faults.append(Fault(at=moment(now), call="list", what=kind.value, reason=trouble))
        watch.tracks[kind] = msgspec.structs.replace(
            track, failures=track.failures + 1, failed_at=now
        )
        pause = outcome.pause(error)
        if pause is not None:
            watch.background.pause(now + pause)

    def _ask_limits(self, watch: Watch, now: float) -> float:
        planned = [row for row in self.desk.ledger.due(watch.name) if row.state is State.PLANNED]
        short = any(row.reason and row.reason.cause is Cause.QUOTA_FULL for row in planned)
        at = watch.limits_due(planned=bool(planned), short=short)
        if at is None:
            return now + 60.0
        if at > now:
            return at
        if not watch.background.available(now):
            return watch.background.next_at(now)
        watch.asking_limits = now
        watch.refused = False
        watch.background.spend(LIMITS_CALLS)
        ours = self.desk.ledger.ours(watch.name)

        def then(result: Limits | CloudError) -> None:
            if watch.asking_limits != now:
                return
            watch.asking_limits = None
            watch.limits_at = self.desk.clock.now()
            if isinstance(result, CloudError):
                log.warning("engine.limits_failed", cloud=watch.name, error=str(result))
            else:
                watch.snapshot = Snapshot(limits=result, ours=ours)

        self._call(watch.cloud.limits, then)
        return now + 60.0

    def _answer_audits(self, watch: Watch) -> None:
        survey = watch.survey()
        if survey is None:
            return
        for asked_at, future in [*watch.audits]:
            if survey.began_at >= asked_at:
                watch.audits.remove((asked_at, future))
                future.set_result(survey)


def _is_absent_service(error: CloudError) -> bool:
    """A cloud without, say, Cinder has no volumes of ours, if we never made one there."""
    return isinstance(error, CloudRefused) and error.why is Refusal.NOT_FOUND


def _trouble(error: CloudError) -> Reason:
    denied = (Refusal.CREDENTIALS, Refusal.FORBIDDEN)
    cause = Cause.CLOUD_BUSY
    if isinstance(error, CloudRefused) and error.why in denied:
        cause = Cause.CREDENTIALS
    return Reason(cause=cause, text=error.message, request_id=error.request_id)


def _in_a_thread(work: Callable[[], None]) -> None:
    """Daemons: a cloud that hangs must not keep the process from ending."""
    threading.Thread(target=work, name="leasehold-call", daemon=True).start()
