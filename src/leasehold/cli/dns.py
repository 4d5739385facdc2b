"""``leasehold dns``: the gateway for users without the zone's key, and passwords for it."""

import getpass
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from leasehold.cli.exits import UsageError

app = App(
    name="dns", help="Let users set names in DNS without the zone's key.", help_format="plaintext"
)


def _short(letter: str, name: str) -> Parameter:
    return Parameter(name=[f"--{name}", f"-{letter}"])


@app.command
def gateway(
    *,
    domain: Annotated[str, _short("d", "domain")],
    listen_addr: Annotated[str, _short("l", "listen-addr")] = "127.0.0.1",
    port: Annotated[int, _short("p", "port")] = 8080,
    server: Annotated[str, _short("s", "server")] = "127.0.0.1",
    socket_mode: Annotated[str, _short("m", "socket-mode")] = "660",
    host_list: Annotated[Path | None, _short("k", "host-list")] = None,
    allow_hosts: Annotated[str | None, _short("a", "allow-hosts")] = None,
    key_file: Annotated[Path, _short("K", "key-file")] = Path("/run/named/session.key"),
    ttl: int = 300,
    max_ip: int = 32,
    timeout: float = 3.0,
    nsupdate: Path | None = None,
    owners: Path | None = None,
    reverse: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    proxy: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    no_get: Annotated[bool, Parameter(negative=())] = False,
    open: Annotated[bool, Parameter(negative=())] = False,  # noqa: A002 - the option's name
    tls_certificate: Path | None = None,
    tls_key: Path | None = None,
) -> None:
    """Let users set names that a rule allows, without the zone's key. Takes nsupdate-web's place.

    GET /?name=HOST&ip=ADDRESS as there; POST and DELETE with JSON besides. Logs a line for each
    change. Runs until Ctrl-C or SIGTERM.

    Parameters
    ----------
    domain
        The zone in which names are set.
    listen_addr
        An IP address, or the path of a Unix socket.
    port
        0 takes a free one.
    server
        The primary name server, HOST or HOST:PORT.
    socket_mode
        Of the Unix socket, octal.
    host_list
        JSON file {"HOST": "PASSWORD"}: each host signs in for its own name.
    allow_hosts
        Regex that the whole name must match.
    key_file
        The TSIG key, as tsig-keygen prints it.
    ttl
        Seconds that others may remember a name.
    max_ip
        How many addresses a name may have.
    timeout
        Seconds that the name server may take.
    nsupdate
        Not used; nsupdate-web's option is accepted so that its command line goes on working.
    owners
        TOML file of owners with tokens, and the names that are theirs.
    reverse
        Reverse zones that the key may change as well; once for each.
    proxy
        Address or network of a proxy whose X-Real-IP is believed; once for each.
    no_get
        Do not answer nsupdate-web's GET; POST and DELETE only.
    open
        Listen beyond loopback although neither hosts nor owners are given.
    tls_certificate
        PEM file of the certificate and its chain; with it the gateway speaks TLS.
    tls_key
        PEM file of its private key.
    """
    from leasehold.dns.gateway.accounts import Accounts, read_hosts, read_owners
    from leasehold.dns.gateway.serve import serve
    from leasehold.dns.gateway.settings import Listen, Settings, networks, pattern
    from leasehold.dns.key import Key
    from leasehold.dns.names import host_name
    from leasehold.dns.server import Server
    from leasehold.service.log import configure_logs

    if (tls_certificate is None) != (tls_key is None):
        raise UsageError("--tls-certificate and --tls-key go together")
    _in_range("--port", port, 0, 65535)
    _in_range("--ttl", ttl, 0, 2**31 - 1)
    _in_range("--max-ip", max_ip, 1, 10_000)
    _in_range("--timeout", timeout, 0.1, 60)
    configure_logs(sys.stderr)
    settings = Settings(
        server=Server(_place(server), Key.read(key_file), timeout=timeout),
        domain=host_name(domain),
        reverse_zones=tuple(map(host_name, reverse)),
        allow=None if allow_hosts is None else pattern(allow_hosts, "--allow-hosts"),
        ttl=ttl,
        most_addresses=max_ip,
        proxies=networks(proxy),
        get=not no_get,
    )
    accounts = Accounts(
        read_hosts(host_list) if host_list else None, read_owners(owners) if owners else None
    )
    listen = Listen(
        address=listen_addr,
        port=port,
        mode=_mode(socket_mode),
        certificate=tls_certificate,
        private_key=tls_key,
    )
    serve(settings, accounts, listen, lambda url: print(url, flush=True), open_to_anybody=open)


@app.command
def password() -> None:
    """Hash a password for the gateway's file of hosts. Reads it from the terminal or from stdin."""
    from leasehold.dns.gateway.accounts import hash_password

    given = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not given:
        raise UsageError("no password; type one, or give it on stdin")
    print(hash_password(given))


def _in_range(option: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise UsageError(f"{option}: found {value}; allowed: {least} to {most}")


def _place(server: str) -> str:
    from leasehold.dns.server import split_place

    try:
        split_place(server)
    except ValueError as error:
        raise UsageError(f"--server: {error}") from None
    return server


def _mode(text: str) -> int:
    try:
        mode = int(text, 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= 0o777:
        raise UsageError(f"--socket-mode: found {text!r}; allowed: octal digits such as 660")
    return mode
