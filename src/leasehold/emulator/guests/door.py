"""The SSH server of one guest."""

import socket

import asyncssh

from leasehold.emulator.guests import GuestFailed
from leasehold.emulator.guests.programs import Programs
from leasehold.emulator.guests.session import Session


class Door:
    """Listens on a guest's address; sessions are programs in the guest."""

    def __init__(self, programs: Programs, host_key: asyncssh.SSHKey) -> None:
        self._programs = programs
        self._host_key = host_key
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._visitors: set[asyncssh.SSHServerConnection] = set()

    async def open(self, bound: socket.socket) -> None:
        """Begin to listen on a bound socket, which is taken over. Raises OSError."""
        try:
            self._acceptor = await asyncssh.listen(
                sock=bound,
                server_factory=lambda: _Visit(self._programs, self._visitors),
                server_host_keys=[self._host_key],
                # Clients know by this name in which order a server takes a link's two paths.
                server_version="OpenSSH_9.2_Leasehold",
                config=None,
                encoding=None,
                line_editor=False,
                password_auth=False,
                kbdint_auth=False,
                host_based_auth=False,
                gss_host=None,
                agent_forwarding=False,
                allow_scp=False,
                compression_algs=None,
            )
        except BaseException:
            bound.close()
            raise

    def stop_listening(self) -> None:
        """Take no more connections."""
        if self._acceptor is not None:
            self._acceptor.close()

    async def close(self) -> None:
        """Stop listening and cut every connection."""
        if self._acceptor is None:
            return
        acceptor, self._acceptor = self._acceptor, None
        acceptor.close()
        visitors = list(self._visitors)
        for visitor in visitors:
            visitor.abort()
        for visitor in visitors:
            await visitor.wait_closed()
        await acceptor.wait_closed()


class _Visit(asyncssh.SSHServer):
    """One connection."""

    def __init__(self, programs: Programs, visitors: set[asyncssh.SSHServerConnection]) -> None:
        self._programs = programs
        self._visitors = visitors
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._visitors.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._visitors.discard(self._connection)

    async def begin_auth(self, username: str) -> bool:
        """Read the keys the account has at this moment; without any, every key is refused."""
        try:
            lines = await self._programs.keys(username) or ()
            known = asyncssh.import_authorized_keys("\n".join(lines))
        except (GuestFailed, ValueError):  # ValueError: not one usable line
            known = asyncssh.import_authorized_keys("")
        if self._connection is not None:
            self._connection.set_authorized_keys(known)
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def session_requested(self) -> Session | bool:
        if self._connection is None:
            return False
        peer = self._connection.get_extra_info("peername")
        here = self._connection.get_extra_info("sockname")
        user = self._connection.get_extra_info("username")
        environment = {
            "SSH_CLIENT": f"{peer[0]} {peer[1]} {here[1]}",
            "SSH_CONNECTION": f"{peer[0]} {peer[1]} {here[0]} {here[1]}",
        }
        return Session(self._programs, user, environment)
