"""The listening sockets of a service, all opened before anything is started."""

import contextlib
import socket

import msgspec

from leasehold.datasets.flocker.authority import AuthorityError
from leasehold.datasets.flocker.gate import Gate, GateError
from leasehold.datasets.flocker.listener import Listener
from leasehold.datasets.flocker.rest import Rest
from leasehold.lab.config import Config, PaddlesConfig
from leasehold.service.datasets import Datasets
from leasehold.service.listener import (
    CannotListen,
    listen_for_flocker,
    listen_for_paddles,
    listen_on,
)


class PaddlesDoor(msgspec.Struct, frozen=True, kw_only=True):
    """Where, and for whom, paddles' API is answered."""

    config: PaddlesConfig
    listening: socket.socket


class FlockerDoor(msgspec.Struct, frozen=True, kw_only=True):
    """Where Flocker's REST API is answered, and with which certificates."""

    gate: Gate
    listening: socket.socket

    def listener(self, datasets: Datasets) -> Listener:
        return Listener(Rest(datasets.commands, datasets.agents), self.gate)


class Doors(msgspec.Struct, frozen=True, kw_only=True):
    """All of them; those that the configuration does not ask for are None."""

    listening: socket.socket
    paddles: PaddlesDoor | None = None
    flocker: FlockerDoor | None = None


def open_doors(config: Config, stack: contextlib.ExitStack) -> Doors:
    """Open the sockets of a configuration; they are closed with the stack. Raises `CannotListen`."""

    def closed_later(listening: socket.socket) -> socket.socket:
        return stack.enter_context(contextlib.closing(listening))

    main = closed_later(listen_on(config.service.listen))
    paddles, flocker = None, None
    if config.paddles is not None:
        listening = closed_later(listen_for_paddles(config.paddles))
        paddles = PaddlesDoor(config=config.paddles, listening=listening)
    if config.flocker is not None:
        directory = config.path.parent / config.flocker.certificates
        try:
            gate = Gate(directory, config.flocker.host)
        except (GateError, AuthorityError) as error:
            raise CannotListen(f"[flocker] certificates: {error}") from None
        listening = closed_later(listen_for_flocker(config.flocker))
        flocker = FlockerDoor(gate=gate, listening=listening)
    return Doors(listening=main, paddles=paddles, flocker=flocker)
