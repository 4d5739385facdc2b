"""What requests, urllib3 and keystoneauth really raise, and what the driver makes of it."""

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from leasehold.emulator import Emulator
from leasehold.openstack import (
    ConnectFailed,
    Connection,
    ConnectionLost,
    MalformedAnswer,
    OpenStackError,
    ServerError,
    ServiceUnavailable,
    SettingsError,
    TimedOut,
    connect,
)
from tests.certificates import Authority

from .conftest import connected

Behaviour = Callable[[socket.socket], None]


@contextmanager
def a_server_that(behave: Behaviour) -> Iterator[str]:
    """Listen, let `behave` have each connection, and close it afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer:
                    behave(peer)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=10)


def read_request(peer: socket.socket) -> None:
    """Read to the end of the body: what is left unread would make the close a reset."""
    data = b""
    while b"\r\n\r\n" not in data and (chunk := peer.recv(65536)):
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length[1]) and (chunk := peer.recv(65536)):
        body += chunk


def answering(head: str, body: bytes = b"") -> Behaviour:
    def behave(peer: socket.socket) -> None:
        read_request(peer)
        peer.sendall(f"HTTP/1.1 {head}\r\n\r\n".encode() + body)

    return behave


def silent(peer: socket.socket) -> None:
    """Take all that comes, until the other side has had enough."""
    while peer.recv(65536):
        pass


def at(emulator: Emulator, place: str, scheme: str = "http", **arguments: object) -> Connection:
    """Connect to a cloud whose compute service is elsewhere."""
    endpoints = {"compute": f"{scheme}://{place}/v2.1"}
    return connected(emulator, endpoints=endpoints, **arguments)


def starting_fails(connection: Connection) -> OpenStackError:
    with pytest.raises(OpenStackError) as caught:
        connection.compute.start_server("s1")
    return caught.value


def test_a_closed_port_means_that_nothing_left(emulator: Emulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
    error = starting_fails(at(emulator, place))
    assert type(error) is ConnectFailed
    assert error.unsure is False
    assert place in str(error)
    assert "refused" in str(error)


@pytest.mark.parametrize(
    "behave",
    [
        read_request,
        answering("200 OK\r\nContent-Length: 1000", b'{"servers": ['),
        answering("200 OK\r\nTransfer-Encoding: chunked", b"ff\r\nshort"),
        answering("200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3", b"abc"),
        answering("this is not HTTP"),
    ],
    ids=["no answer", "cut body", "cut chunk", "bad gzip", "no HTTP"],
)
def test_a_connection_that_breaks_leaves_doubt(emulator: Emulator, behave: Behaviour) -> None:
    with a_server_that(behave) as place:
        error = starting_fails(at(emulator, place))
    assert type(error) is ConnectionLost
    assert error.unsure


def test_silence_is_a_time_out_and_leaves_doubt(emulator: Emulator) -> None:
    with a_server_that(silent) as place:
        error = starting_fails(at(emulator, place, timeout=1.0))
    assert type(error) is TimedOut
    assert error.unsure


def test_a_body_that_stops_half_way_is_a_time_out(emulator: Emulator) -> None:
    def behave(peer: socket.socket) -> None:
        answering("200 OK\r\nContent-Length: 1000", b'{"servers": [')(peer)
        silent(peer)

    with a_server_that(behave) as place:
        error = starting_fails(at(emulator, place, timeout=1.0))
    assert type(error) is TimedOut


def test_an_answer_that_is_no_json_is_malformed(emulator: Emulator) -> None:
    page = b"<html>welcome to the hotel</html>"
    welcome = answering(f"200 OK\r\nContent-Length: {len(page)}", page)
    with a_server_that(welcome) as place, pytest.raises(MalformedAnswer):
        at(emulator, place).compute.server("s1")


def test_a_redirect_is_not_followed_for_the_token_would_go_with_it(emulator: Emulator) -> None:
    elsewhere = answering("302 Found\r\nLocation: http://elsewhere.example/?q\r\nContent-Length: 0")
    with a_server_that(elsewhere) as place:
        error = starting_fails(at(emulator, place))
    assert error.status == 302
    assert "http://elsewhere.example/" in str(error)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """One that nobody else knows."""
    return Authority(tmp_path)


def over_tls(certificate: Path, behave: Behaviour) -> Behaviour:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def wrapped(peer: socket.socket) -> None:
        try:
            with context.wrap_socket(peer, server_side=True) as secure:
                behave(secure)
        except (ssl.SSLError, ConnectionError):
            return  # the client did not trust us, as the test wants

    return wrapped


def test_a_certificate_that_is_not_trusted_is_told_with_what_to_do(
    emulator: Emulator, authority: Authority
) -> None:
    with a_server_that(over_tls(authority.server("127.0.0.1"), read_request)) as place:
        error = starting_fails(at(emulator, place, "https"))
    assert type(error) is ConnectFailed
    assert "not trusted" in str(error)
    assert "cacert" in str(error)


def test_a_private_ca_is_trusted_when_it_is_named(emulator: Emulator, authority: Authority) -> None:
    accepted = answering("202 Accepted\r\nContent-Length: 0")
    with a_server_that(over_tls(authority.server("127.0.0.1"), accepted)) as place:
        at(emulator, place, "https", cacert=str(authority.path)).compute.start_server("s1")


def cut_short(peer: socket.socket) -> None:
    read_request(peer)
    peer.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    )


def stalled(peer: socket.socket) -> None:
    cut_short(peer)
    silent(peer)


def not_gzip(peer: socket.socket) -> None:
    head = "200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 5"
    answering(head, b"hello")(peer)


@pytest.mark.parametrize(
    ("behave", "leaf"),
    [
        (cut_short, ConnectionLost),
        (stalled, TimedOut),
        (not_gzip, ConnectionLost),
        (answering("500 Oops\r\nContent-Length: 0"), ServerError),
        (answering("503 No\r\nContent-Length: nonsense"), ServiceUnavailable),
        (answering("204 No Content"), MalformedAnswer),
        (answering("200 OK\r\nContent-Type: text/html", b"<h1>welcome</h1>"), MalformedAnswer),
    ],
)
@pytest.mark.parametrize("watched", [False, True], ids=["unseen", "written down"])
def test_a_keystone_that_answers_badly_is_told_the_same_whether_it_is_written_down_or_not(
    tmp_path: Path, behave: Behaviour, leaf: type[OpenStackError], watched: bool
) -> None:
    debug = tmp_path / "debug.log" if watched else None
    who = {"username": "demo", "password": "demo", "project_name": "demo", "retries": 0}
    with a_server_that(behave) as place:
        cloud = connect(auth_url=f"http://{place}/v3", timeout=0.3, debug=debug, **who)
        with pytest.raises(leaf) as caught:
            cloud.identity()
    assert type(caught.value) is leaf
    assert not caught.value.unsure


@pytest.mark.parametrize("where", ["Keystone", "compute"])
def test_https_where_there_is_none_is_told(emulator: Emulator, where: str) -> None:
    plain = emulator.url.removeprefix("http://")
    if where == "Keystone":
        cloud = connected(emulator, auth_url=f"https://{plain}/identity/v3")
    else:
        cloud = at(emulator, f"{plain}/compute", scheme="https")
    with pytest.raises(ConnectionLost, match="does not speak TLS: is its address an http:// one"):
        next(cloud.compute.flavors())


@pytest.mark.parametrize("name", ["cacert", "cert", "key"])
def test_a_file_that_is_not_there_is_missed_before_anything_is_sent(
    emulator: Emulator, tmp_path: Path, name: str
) -> None:
    there = tmp_path / "cert.pem"
    there.touch()
    files = {"cert": str(there), name: str(tmp_path / "missing.pem")}
    with pytest.raises(SettingsError, match=rf"{name} names no file that is there: .*missing.pem"):
        connected(emulator, **files)


@pytest.mark.parametrize("name", ["cacert", "cert"])
def test_a_file_without_a_certificate_in_it_is_told_before_anything_is_sent(
    emulator: Emulator, tmp_path: Path, name: str
) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("milk, bread\n")
    with pytest.raises(SettingsError, match=rf"{name} is .*notes.txt: .*; allowed: .* PEM"):
        connected(emulator, **{name: str(wrong)})
