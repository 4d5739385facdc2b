"""Loopback addresses for guests: which port, and nobody else on the address."""

import errno
import os
import socket

from leasehold.emulator.guests import GuestFailed

_PORTS = (22, 2222, 22022)


def choose_port() -> int:
    """Find the port that guests listen on: 22 where we may, and no server listens everywhere.

    Tried on an address at the far end of the range, which guests reach last. Raises GuestFailed.
    """
    own = os.getpid() & 0xFFFF  # two emulators that start together do not meet here
    address = f"127.127.{own >> 8}.{own & 0xFF}"
    for port in _PORTS:
        try:
            _bound(address, port, listen=True).close()
        except OSError:
            continue
        return port
    ports = ", ".join(str(port) for port in _PORTS)
    raise GuestFailed(
        f"None of the ports {ports} is free on {address} for the guests' SSH servers. "
        "Stop what listens there on all addresses, or run the emulator without guests."
    )


class Claim:
    """An address and port that no other emulator on this machine gets meanwhile."""

    def __init__(self, address: str, port: int) -> None:
        """Take it. Raises GuestFailed if it is taken or not ours to take."""
        self._where = (address, port)
        # In the abstract namespace, whose reach is that of addresses, and which a crash frees.
        self._lock = socket.socket(socket.AF_UNIX)
        try:
            self._lock.bind(f"\0leasehold-guest/{address}:{port}")
            _bound(address, port, listen=True).close()
        except OSError as error:
            self._lock.close()
            raise GuestFailed(_explanation(address, port, error)) from error

    def bound(self) -> socket.socket:
        """Make a socket on it that does not listen yet. Raises OSError."""
        return _bound(*self._where, listen=False)

    def close(self) -> None:
        """Give it back."""
        self._lock.close()


def _bound(address: str, port: int, *, listen: bool) -> socket.socket:
    bound = socket.socket(socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((address, port))
        if listen:
            bound.listen(1)
    except BaseException:
        bound.close()
        raise
    return bound


def _explanation(address: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Address {address} port {port} is in use, most likely by another emulator's guest "
            "on this machine. Stop that emulator, or give this one other addresses."
        )
    return (
        f"Address {address} port {port} cannot be used: {error.strerror}. Guests need addresses "
        "in 127.64.0.0/10, which Linux has on its loopback device."
    )
