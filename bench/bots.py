"""Workers of Buildbot without machines: each connects when its server is ACTIVE, as one in it would.

All run in one thread of this process: a hundred of them as processes would measure this machine.
"""

import tempfile
import threading
from pathlib import Path

from buildbot_worker.bot import Worker
from buildbot_worker.pb import BotFactory
from twisted.internet import reactor, task

from leasehold.emulator import Emulator

PASSWORD = "secret"
LOOK = 0.05
"""Seconds between two looks at the cloud's servers."""


class Bots:
    """Plays the worker of every ACTIVE server, by the server's name."""

    def __init__(self) -> None:
        # Where a lone worker ends itself when its master sends it away, these only hang up.
        BotFactory.failedToGetPerspective = lambda _self, _why, broker: (
            broker.transport.loseConnection()
        )
        self._directory = tempfile.TemporaryDirectory(prefix="leasehold-bots-")
        self._running: dict[str, Worker] = {}
        self._emulator: Emulator | None = None
        self._port = 0
        threading.Thread(target=self._run, name="bots", daemon=True).start()

    def serve(self, emulator: Emulator | None, port: int = 0) -> None:
        """Look at this cloud's servers from now on, and connect to the master at `port`."""
        changed = threading.Event()

        def change() -> None:
            self._emulator, self._port = emulator, port
            self._look()
            changed.set()

        reactor.callFromThread(change)
        changed.wait()

    def _run(self) -> None:
        task.LoopingCall(self._look).start(LOOK)
        reactor.run(installSignalHandlers=False)

    def _look(self) -> None:
        active = self._active()
        for server in self._running.keys() - active.keys():
            self._running.pop(server).stopService()
        for server, name in active.items():
            if server not in self._running:
                bot = Worker("127.0.0.1", self._port, name, PASSWORD, self._base(), keepalive=None)
                self._running[server] = bot
                bot.startService()

    def _active(self) -> dict[str, str]:
        emulator = self._emulator
        if emulator is None:
            return {}
        servers = emulator.run(lambda: list(emulator.cloud.compute.servers.alive))
        return {server.id: server.name for server in servers if server.status == "ACTIVE"}

    def _base(self) -> str:
        base = tempfile.mkdtemp(dir=self._directory.name)
        (Path(base) / "info").mkdir()
        return base
