"""The service as a process: lab and HTTP server, started and stopped in order."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import structlog
import uvicorn

from leasehold.lab.config import Config
from leasehold.lab.duration import parse_duration
from leasehold.lab.lab import Lab
from leasehold.lab.notices.targets import couriers
from leasehold.lab.open import open_lab
from leasehold.paddles.app import Paddles
from leasehold.paddles.desk import Desk
from leasehold.service.app import make_app
from leasehold.service.audit_log import AuditLog
from leasehold.service.caller import is_loopback, local_owner
from leasehold.service.datasets import control_for, datasets_of
from leasehold.service.doors import Doors, open_doors
from leasehold.service.feed import Feed
from leasehold.service.gate import Gate
from leasehold.service.listener import demand_tokens, parse_listen, url_of
from leasehold.service.ports import Ports
from leasehold.service.tokens import Tokens
from leasehold.store import Database, Place, StoreInUse, StoreLost

_log = structlog.get_logger()

_PATIENCE = 5
"""Seconds that running requests get after a signal to stop."""


def serve(config: Config, announce: Callable[[str], None] = lambda url: None) -> None:
    """Run the service of a configuration in the main thread until SIGTERM or Ctrl-C.

    While another service has the ledger, and it is in PostgreSQL, this one stands by until it may
    take over; it does not listen before. `announce` gets the address once requests are answered
    there. Raises `CannotListen`, `StoreError`, and what a wrong configuration raises.
    """
    with contextlib.ExitStack() as early:
        open_doors(config, early)  # what is wrong with it is told now, and not at the takeover
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(open_when_free(config.ledger))
        tokens = Tokens(config.service.tokens, database)
        demand_tokens(config.service.listen, tokens)
        doors = open_doors(config, stack)
        if not is_loopback(parse_listen(config.service.listen)[0]):
            _log.warning(
                "tokens travel in clear on this listener; put a proxy with TLS before it",
                listen=config.service.listen,
            )
        directory = config.state_directory

        def started(url: str) -> None:
            _log.info("serving", url=url, ledger=database.name,
                      known_hosts=str(directory / "known_hosts"))  # fmt: skip
            if doors.paddles is not None:
                _log.info("serving paddles' API", url=url_of(doors.paddles.listening))
            if doors.flocker is not None:
                _log.info("serving Flocker's API", url=url_of(doors.flocker.listening, "https"))
            announce(url)

        lab = open_lab(config, database=database, neighbour=control_for(config))
        run(lab, doors, tokens, started)


def open_when_free(place: Place) -> Database:
    """Open a ledger; one in PostgreSQL that another service has, when that one ends or is overdue."""
    while True:
        try:
            return Database(place)
        except StoreInUse as error:
            _log.info("standing by", ledger=error.name, holder=error.holder)
            if not place.await_free():
                raise


def run(
    lab: Lab,
    doors: Doors,
    tokens: Tokens,
    announce: Callable[[str], None],
) -> None:
    """Start a lab, answer for it, and stop it after SIGTERM or Ctrl-C.

    It also ends when another service has taken the ledger over, and raises `StoreLost` then.

    Order of the end: no new connections, the streams, running requests (5 s at most; a second
    Ctrl-C does not wait for them), the engine's threads.
    """
    feed = Feed(lab)
    datasets = datasets_of(lab)
    app: Any = make_app(lab, feed, tokens=tokens, local_owner=local_owner(), datasets=datasets)
    sockets = [doors.listening]
    desk = None
    if doors.paddles is not None:
        desk = Desk(lab, doors.paddles.config)
        log = AuditLog(lab.database, parse_duration(lab.config.service.audit_log))
        gate = Gate(Paddles(desk, log.add_of_paddles), doors.paddles.config)
        app = Ports(app, {doors.paddles.listening.getsockname()[1]: gate})
        sockets.append(doors.paddles.listening)
    settings = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_PATIENCE,
    )
    server = _Server(settings, feed, lambda: announce(url_of(doors.listening)))
    if desk is not None:
        server.before_end.append(desk.close)
    if datasets is not None:
        server.before_end.append(datasets.close)
        if doors.flocker is not None:
            server.beside[doors.flocker.listening] = doors.flocker.listener(datasets)
    lab.on_lost = server.lose
    notices = couriers(lab.config, lab.database)
    lab.start()
    for courier in notices:
        lab.subscribe(courier.wake)
        courier.start()
    try:
        server.run(sockets=sockets)
    finally:
        for courier in notices:
            courier.stop()
        lab.stop()
        _log.info("stopped")
    if server.lost is not None:
        raise server.lost


class _Server(uvicorn.Server):
    """uvicorn, which ends the streams before it waits for requests, and survives its signals."""

    def __init__(self, config: uvicorn.Config, feed: Feed, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._feed = feed
        self._started = started
        self.lost: StoreLost | None = None
        self.before_end: list[Callable[[], None]] = []
        """What ends other waits than the feed's."""
        self.beside: dict[socket.socket, uvicorn.Server] = {}
        """Servers with a TLS of their own, which run in the same loop and end with this one."""
        self._tasks: list[asyncio.Task[None]] = []

    def lose(self, error: StoreLost) -> None:
        """Stop: the ledger is somebody else's. Any thread may call this."""
        self.lost = error
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening, server in self.beside.items():
            self._tasks.append(asyncio.create_task(server.serve(sockets=[listening])))
        if self.started:
            self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for end in self.before_end:
            end()
        await self._feed.close()
        for server in self.beside.values():
            server.should_exit = True
        await super().shutdown(sockets)
        await asyncio.gather(*self._tasks)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Like uvicorn's, without raising the signal again at the end: the lab stops after it."""
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
