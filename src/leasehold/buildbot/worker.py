"""The latent worker: Buildbot's words on one side, machines that come and go on the other."""

import inspect
import secrets
from collections.abc import Mapping
from typing import Any

from buildbot import config
from buildbot.interfaces import (
    LatentWorkerCannotSubstantiate,
    LatentWorkerFailedToSubstantiate,
    LatentWorkerSubstantiatiationCancelled,
)
from buildbot.util.latent import CompatibleLatentWorkerMixin
from buildbot.worker import AbstractLatentWorker, AbstractWorker
from buildbot.worker.latent import States
from twisted.internet import defer
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred, succeed
from twisted.internet.task import deferLater
from twisted.python import log

from leasehold.buildbot import user_data
from leasehold.buildbot.arguments import RENDERED, Arguments, by_name, named, wrong
from leasehold.buildbot.machine import Machine, Order, Source
from leasehold.buildbot.sources import source_of
from leasehold.buildbot.standing import LASTING, Stage, Standing
from leasehold.buildbot.story import Story
from leasehold.buildbot.threads import failed, logged
from leasehold.buildbot.wish import Wish, read_wish
from leasehold.engine.errors import Impossible, NotOffered

MISSING_TIMEOUT = 20 * 60
"""Seconds within which a worker has to connect, as Buildbot's manual promises."""

FIRST_RETRY, SLOWEST_RETRY = 2.0, 30.0
"""Seconds until a cloud that cannot even tell what it offers is asked again, doubling."""

WAITING_FOR_START = (States.SUBSTANTIATING, States.SUBSTANTIATING_STARTING)


class LeaseholdWorker(CompatibleLatentWorkerMixin, AbstractLatentWorker):
    """A worker whose server exists while there are builds for it.

    Takes what `leasehold.buildbot.arguments.Arguments` says, and what every latent worker takes.
    With `password` None each server gets a password of its own, in its user-data; then a worker of
    an earlier server that still runs cannot be taken for the new one.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._source: Source | None = None
        self._machine: Machine | None = None
        self._story: Story | None = None
        self._starting: Deferred[bool] | None = None
        self._news: Deferred[None] | None = None
        self._is_unwanted = False
        super().__init__(*args, **kwargs)

    # -- configuration ---------------------------------------------------------------------------

    def checkConfig(  # noqa: N802 - Buildbot's names, here and below
        self,
        name: str,
        password: Any = None,
        *values: Any,
        **arguments: Any,
    ) -> None:
        """Say all that is wrong with the arguments, as errors of the configuration."""
        ours, theirs = _divided(by_name(values, arguments))
        problems = list(named(theirs, _INHERITED))
        problems += wrong(ours, password)
        for problem in problems:
            config.error(f"worker {name}: {problem}")
        super().checkConfig(
            name, password, **{key: theirs[key] for key in theirs if key in _INHERITED}
        )

    async def _reconfig(
        self, name: str, password: Any, ours: Arguments, theirs: Mapping[str, Any]
    ) -> None:
        self._generates_password = password is None
        password = self.getRandomPass() if password is None else password
        await super().reconfigService(
            name, password, **{"missing_timeout": MISSING_TIMEOUT, **theirs}
        )
        self._arguments = ours
        before, self._source = self._source, await source_of(self, ours)
        if before is not None and before is not self._source:
            before.forget(name)

    def reconfigService(  # noqa: N802
        self, name: str, password: Any = None, *values: Any, **arguments: Any
    ) -> "Deferred[None]":
        """Take new arguments; a server that runs stays, the next one is made by them."""
        ours, theirs = _divided(by_name(values, arguments))
        return ensureDeferred(self._reconfig(name, password, ours, theirs))

    def renderWorkerProps(self, build: Any) -> "Deferred[dict[str, Any]]":  # noqa: N802
        """The arguments as this build has them; the cloud is not asked, here in the reactor."""
        given = {name: getattr(self._arguments, name) for name in RENDERED}
        rendered: Deferred[dict[str, Any]] = build.render(given)
        return rendered

    # -- start and stop --------------------------------------------------------------------------

    def canStartBuild(self) -> bool:  # noqa: N802
        """Leave a build to somebody else while the limits leave no room for one more server."""
        if not super().canStartBuild():
            return False
        if self._machine is not None or self._source is None:
            return True
        return self._source.has_room(
            self.name, lambda: self.botmaster.maybeStartBuildsForWorker(self.name)
        )

    def substantiate(self, wfb: Any, build: Any) -> "Deferred[bool]":
        """Has no use for a build that was stopped on its way here, which Buildbot does not look at."""
        if build.stopped:
            return succeed(False)
        if self.state is States.NOT_SUBSTANTIATED:
            self._is_unwanted = False
        started: Deferred[bool] = super().substantiate(wfb, build)
        return started

    def start_instance(self, build: Any) -> "Deferred[bool]":
        """Ends when the server runs. Fails at once with `LatentWorkerCannotSubstantiate` for what
        the next try would meet again, else with `LatentWorkerFailedToSubstantiate`."""
        started = ensureDeferred(self._start(build))
        if not started.called:
            self._starting = started
        return started

    async def _start(self, build: Any) -> bool:
        if self._generates_password:
            self.password = self._generate_random_password()
        self._story = story = Story(self.master, self.workerid, build, self.password)
        try:
            await self.registration.update(self, self.master.config)
            wish = read_wish(self.name, self._arguments, await self.renderWorkerPropsOnStart(build))
            await self._obtain(wish, story)
        except CancelledError:
            raise LatentWorkerSubstantiatiationCancelled from None
        except (Impossible, NotOffered) as error:
            story.failed(error)
            raise LatentWorkerCannotSubstantiate(str(error)) from error
        except Exception as error:
            story.failed(error)
            raise
        finally:
            self._starting = self._news = None
            self._is_unwanted = False
            self._tell(story)
        return True

    async def _obtain(self, wish: Wish, story: Story) -> None:
        """Get a machine that runs, in the first zone that can."""
        for zone in wish.zones:
            if self._is_unwanted:  # what was cancelled may have been an await that cannot fail
                raise CancelledError
            machine = await self._order(wish, zone, story)
            standing = await self._until_settled(machine, story)
            if standing.stage is not Stage.FAILED:
                return
            story.console(await machine.console())
            await self._let_go()
            if standing.is_lasting:
                break
            log.msg(f"worker {self.name}: no server in zone {zone}: {standing.reason}")
        kind = LatentWorkerFailedToSubstantiate
        if standing.is_lasting:
            kind = LatentWorkerCannotSubstantiate
        raise kind(f"worker {self.name}: {standing.reason}")

    async def _order(self, wish: Wish, zone: str | None, story: Story) -> Machine:
        """Ask for a machine; a cloud that is out of order is asked again, until Buildbot's time for
        the worker is up."""
        text = wish.user_data
        if text is not None:
            master = self._arguments.master_address
            text = user_data.filled(text, name=self.name, password=self.password, master=master)
        order = Order(
            wish=wish,
            zone=zone,
            user_data=text,
            machine_type=self._arguments.machine_type or "",
            key=secrets.token_hex(8),
        )
        pause = FIRST_RETRY
        assert self._source is not None, "set when configured, which comes before any start"
        while True:
            try:
                machine = await self._source.obtain(order, self._heard)
            except Impossible as error:
                if error.reason.cause in LASTING:
                    raise
                story.heard(Standing(stage=Stage.WAITING, reason=error.reason))
            else:
                self._machine = machine
                story.about(machine.about)
                return machine
            await deferLater(self.master.reactor, pause)
            pause = min(SLOWEST_RETRY, pause * 2)

    async def _until_settled(self, machine: Machine, story: Story) -> Standing:
        """The standing of the machine once it runs, or never will.

        A worker that connects is proof enough. Its build may be short, and Buildbot loses the next one
        if the worker is to be stopped while its start has not ended.

        A machine that our own limits hold back is not late, however long the builds before it take.
        """
        is_held_back = False
        while True:
            standing = machine.standing
            story.heard(standing)
            if standing.is_held_back:
                self.stopMissingTimer()
            elif is_held_back and self.conn is None:
                self.startMissingTimer()
            is_held_back = standing.is_held_back
            if standing.stage in (Stage.UP, Stage.FAILED) or self.conn is not None:
                return standing
            self._news = Deferred()
            await self._news

    def _heard(self, standing: Standing) -> None:
        if self._starting is not None:
            self._wake()
        elif standing.stage is Stage.FAILED:
            self._died(standing)

    def _wake(self) -> None:
        """Have a start that waits for news look again."""
        news, self._news = self._news, None
        if news is not None:
            news.callback(None)

    def _died(self, standing: Standing) -> None:
        """The server is no more though nobody gave it back: do not wait until somebody notices."""
        log.msg(f"worker {self.name}: its server died: {standing.reason}")
        if self._story is not None:
            self._story.heard(standing)
            self._tell(self._story)
        if self.state is States.SUBSTANTIATING_STARTING:
            self._stop_check_instance_timer()
            self._check_instance_timer_fired()
        elif self.state is States.SUBSTANTIATED:
            self._deferwaiter.add(self._soft_disconnect())

    def check_instance(self) -> tuple[bool, str]:
        """Whether the server that was started is still there, and else why not.

        Buildbot asks every `check_instance_interval` until the worker connects.
        """
        if self._machine is None:
            return True, ""
        self._machine.peek()
        standing = self._machine.standing
        return standing.stage is not Stage.FAILED, str(standing.reason or "")

    def stop_instance(self, fast: bool = False) -> "Deferred[bool]":
        """Ends when it is durable that the server has to go, which it then does, however long the
        cloud takes."""
        self.resetWorkerPropsOnStop()
        stopped = ensureDeferred(self._let_go())
        return stopped.addCallback(lambda _: True)

    async def _let_go(self) -> None:
        machine, self._machine = self._machine, None
        if machine is not None:
            await machine.give_back()

    # -- cancelling ------------------------------------------------------------------------------

    def insubstantiate(self, fast: bool = False, force_substantiation_build: Any = None) -> Any:
        """Break off a start that is under way: Buildbot itself would wait for its end."""
        self._break_off()
        return super().insubstantiate(fast, force_substantiation_build)

    def stopService(self) -> "Deferred[None]":  # noqa: N802
        """The same at the end of the master, or of this worker."""
        self._break_off()
        if self._source is not None:
            self._source.forget(self.name)
        stopped: Deferred[None] = super().stopService()
        return stopped

    def _break_off(self) -> None:
        if self._starting is not None:
            self._is_unwanted = True
            self._starting.cancel()
        elif self.state is States.SUBSTANTIATING:
            self._is_unwanted = True  # it waits for its turn, and would begin later

    def _missing_timer_fired(self) -> None:
        self.missing_timer = None
        missed = ensureDeferred(self._missed())
        self._deferwaiter.add(logged(missed, f"worker {self.name}"))

    async def _missed(self) -> None:
        """The worker did not connect in time: keep the console, which may say why."""
        text = f"the worker did not connect within {self.missing_timeout} s"
        story = self._story
        if story is not None and (self._machine is not None or self._starting is not None):
            console = "" if self._machine is None else await self._machine.console()
            if self.conn is not None or self.state not in WAITING_FOR_START:
                return
            story.console(console)
            story.failed(TimeoutError(f"{text}: {story.reason}" if story.reason else text))
            self._tell(story)
        error = failed(defer.TimeoutError(text))
        await defer.maybeDeferred(self._substantiation_failed, error)

    # -- what is told ----------------------------------------------------------------------------

    def attached(self, conn: Any) -> "Deferred[None]":
        """The worker connects."""
        attached: Deferred[None] = super().attached(conn)
        return attached.addCallback(lambda _: self._connected(conn))

    def _connected(self, conn: Any) -> None:
        if self._story is not None and self.conn is conn:
            self._story.connected()
            self._tell(self._story)
        self._wake()

    def setupProperties(self, props: Any) -> None:  # noqa: N802
        """Every build on the server says which one it was, also the second."""
        super().setupProperties(props)
        if self._story is not None:
            self._story.set_on(props)

    def _tell(self, story: Story) -> None:
        told = ensureDeferred(story.tell())
        self._deferwaiter.add(logged(told, f"worker {self.name}"))


class OpenStackLatentWorker(LeaseholdWorker):
    """The same under the name of Buildbot's own class, whose arguments it takes."""


_INHERITED = tuple(
    dict.fromkeys(
        name
        for kind in (AbstractLatentWorker, AbstractWorker)
        for name, each in inspect.signature(kind.checkConfig).parameters.items()
        if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        and name not in ("self", "name", "password")
    )
)
"""What every latent worker takes."""


def _divided(arguments: Mapping[str, Any]) -> tuple[Arguments, dict[str, Any]]:
    """Our arguments, and those that are for Buildbot or for nobody."""
    fields = Arguments.__struct_fields__
    ours = {name: value for name, value in arguments.items() if name in fields}
    return Arguments(**ours), {k: v for k, v in arguments.items() if k not in fields}
