"""What one start of a worker tells: in the build's properties, and on the worker's page."""

from collections.abc import Mapping
from typing import Any

from buildbot.interfaces import LatentWorkerCannotSubstantiate
from twisted.internet.defer import DeferredLock

from leasehold.buildbot import user_data
from leasehold.buildbot.standing import Stage, Standing
from leasehold.buildbot.threads import logged
from leasehold.engine.reason import Reason

SOURCE = "Leasehold"
"""What Buildbot shows as the origin of a property."""

PREFIX = "leasehold_"
SERVER_FACTS = frozenset({"cloud", "server", "addresses", "image", "flavor", "zone"})
"""What holds for all builds on one server."""

CONNECTED = "connected"

LONGEST_CONSOLE = 4000
"""Characters of the console that are kept, from its end."""


class Story:
    """One start, from the wish to the worker's connection or to the failure."""

    def __init__(self, master: Any, workerid: int, build: Any, secret: str) -> None:
        """`secret`, the worker's password, is blotted out wherever it appears."""
        self._master = master
        self._workerid = workerid
        self._build = build
        self._secret = secret
        self._began = master.reactor.seconds()
        self._seconds: dict[str, float] = {}
        self.facts: dict[str, Any] = {}
        self.reason: Reason | None = None
        """What it waits for, as far as that was heard last."""
        self._telling = DeferredLock()

    def about(self, facts: Mapping[str, Any]) -> None:
        """Take in what is known of the machine."""
        self.facts.update(facts)

    def heard(self, standing: Standing) -> None:
        """Take in how far it has come, and show it with the build that waits for it."""
        self.mark(standing.stage.value)
        self.reason = standing.reason
        if standing.server_id is not None:
            self.facts["server"] = standing.server_id
        if standing.addresses:
            self.facts["addresses"] = list(standing.addresses)
        if standing.stage is Stage.FAILED:
            self.facts["fault"] = str(standing.reason)
        if standing.stage is Stage.FAILED or self.facts.get("state") != CONNECTED:
            # The worker may be there before the next listing shows that its server runs.
            self.facts["state"] = standing.stage.value
        text = "preparing worker"
        if standing.reason is not None:
            text += f": {standing.reason.text}"
        update = self._master.data.updates.setBuildStateString(self._build.buildid, text)
        logged(update, "while telling what a build waits for")

    def failed(self, error: Exception) -> None:
        """Take in why it ended without a worker."""
        self.mark("failed")
        self.facts["state"] = "failed"
        self.facts.setdefault("fault", str(error))
        self.facts["lasting"] = isinstance(error, LatentWorkerCannotSubstantiate)

    def connected(self) -> None:
        """The worker is there."""
        self.mark(Stage.UP.value)
        self.mark(CONNECTED)
        self.facts["state"] = CONNECTED

    def console(self, text: str) -> None:
        """Take in the last lines of the console."""
        if text.strip():
            self.facts["console"] = user_data.without(self._secret, text)[-LONGEST_CONSOLE:]

    def set_on(self, properties: Any) -> None:
        """Say with a build which server it is on."""
        for name in SERVER_FACTS & self.facts.keys():
            properties.setProperty(PREFIX + name, self.facts[name], SOURCE)

    def mark(self, step: str) -> None:
        """Note when a step was first reached, in seconds from the start."""
        now = self._master.reactor.seconds()
        self._seconds.setdefault(step, round(now - self._began, 2))

    async def tell(self) -> None:
        """Write it down, with the build and on the worker's page; the last word is the newest."""
        await self._telling.acquire()
        try:
            await self._write()
        finally:
            self._telling.release()

    async def _write(self) -> None:
        told = {PREFIX + name: value for name, value in self._all().items()}
        updates = self._master.data.updates
        for name, value in told.items():
            self._build.setProperty(name, value, SOURCE)
            await updates.setBuildProperty(self._build.buildid, name, value, SOURCE)
        await self._tell_page(told)

    async def _tell_page(self, told: Mapping[str, Any]) -> None:
        """Put it beside what the worker tells of itself; Buildbot has no other call for that."""
        worker = await self._master.data.get(("workers", self._workerid))
        kept = {name: value for name, value in worker["workerinfo"].items() if PREFIX not in name}
        table = self._master.db.model.workers
        change = table.update().where(table.c.id == self._workerid).values(info={**kept, **told})

        def write(connection: Any) -> None:
            connection.execute(change)

        await self._master.db.pool.do_with_transaction(write)

    def _all(self) -> dict[str, Any]:
        return {**self.facts, "seconds": dict(self._seconds)}
