"""Where the service listens: an address, checked before anything is started."""

import errno
import socket

from leasehold.errors import LeaseholdError
from leasehold.lab.config import FlockerConfig, PaddlesConfig
from leasehold.service.caller import is_loopback
from leasehold.service.tokens import Tokens


class CannotListen(LeaseholdError):
    """The service cannot or must not listen where it is told to."""


def parse_listen(listen: str, table: str = "service") -> tuple[str, int]:
    """Split ``HOST:PORT``; an IPv6 host stands in brackets. Raises `CannotListen`.

    `table` is that of the configuration in which it stands."""
    host, colon, port = listen.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not (colon and bare and port.isdecimal() and int(port) < 65536) or (
        ":" in bare and bare == host
    ):
        raise CannotListen(
            f"[{table}] listen: found {listen!r}; allowed: ADDRESS:PORT, such as 127.0.0.1:8484"
            " or [::1]:8484"
        )
    return bare, int(port)


def demand_tokens(listen: str, tokens: Tokens) -> None:
    """Raise `CannotListen` where whoever reaches the port could do everything."""
    if not tokens and not is_loopback(parse_listen(listen)[0]):
        raise CannotListen(
            f"[service] listen: {listen} can be reached from other machines, and there are no tokens."
            " Make an administrator's with `leasehold token NAME --role admin` and put its line into"
            " [service.tokens], or listen on 127.0.0.1."
        )


def listen_on(listen: str) -> socket.socket:
    """Open the listening socket; port 0 takes any free one. Raises `CannotListen`."""
    host, port = parse_listen(listen)
    return _open(host, port, "service")


def listen_for_paddles(config: PaddlesConfig) -> socket.socket:
    """The same for paddles' API. Raises `CannotListen` if anybody could come in, or it cannot be."""
    host, port = parse_listen(config.listen, "paddles")
    if not (config.secret or config.allow or is_loopback(host)):
        raise CannotListen(
            f"[paddles] listen: {config.listen} can be reached from other machines, and neither"
            " `secret` nor `allow` says who may lock. Make a secret with `leasehold token paddles`,"
            " or name the networks of your clients in `allow`, or listen on 127.0.0.1."
        )
    return _open(host, port, "paddles")


def listen_for_flocker(config: FlockerConfig) -> socket.socket:
    """The same for Flocker's API, where every caller shows a certificate. Raises `CannotListen`."""
    host, port = parse_listen(config.listen, "flocker")
    return _open(host, port, "flocker")


def _open(host: str, port: int, table: str) -> socket.socket:
    listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotListen(
                f"{listen} is in use: another program, maybe another Leasehold, listens there."
                f" Stop that one, or set another `listen` in [{table}]."
            ) from error
        raise CannotListen(
            f"Cannot listen on {listen}: {error.strerror or error}. Set `listen` in [{table}] to an"
            " address of this machine and a port you may use (1024 or higher without root)."
        ) from error
    # Connections inherit it. Without, an answer's body waits 40 ms for its head to be confirmed.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def url_of(listening: socket.socket, scheme: str = "http") -> str:
    """The address of a listening socket as people type it."""
    host, port = listening.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
