import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.service.fingerprints import fingerprint, new_token
from leasehold.service.listener import listen_on

from .processes import PATIENCE, ServiceProcess, a_process, a_ready_lease, an_answer, call


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    with a_process(tmp_path) as service:
        yield service


def events_of(answer: http.client.HTTPResponse) -> Iterator[dict]:
    for line in answer:
        if line.startswith(b"data:"):
            yield json.loads(line[5:])


def test_events_are_streamed_as_they_happen(service: ServiceProcess) -> None:
    with an_answer(service, "GET", "/api/v1/events", accept="text/event-stream") as stream:
        assert stream.getheader("content-type", "").startswith("text/event-stream")
        assert stream.readline() == b":\n"
        lease = call(service, "POST", "/leases", {"machine_type": "demo"})
        for event in events_of(stream):
            if (event["lease"], event["state"]) == (lease["id"], "ready") and not event["node"]:
                break


def test_a_stream_goes_on_after_the_last_event_that_was_seen(service: ServiceProcess) -> None:
    lease = a_ready_lease(service)
    past = [event["id"] for event in call(service, "GET", "/events")]
    asked = {"accept": "text/event-stream", "last_event_id": str(past[2])}
    with an_answer(service, "GET", "/api/v1/events", **asked) as stream:
        resumed = events_of(stream)
        assert [next(resumed)["id"] for _ in past[3:]] == past[3:]
    path = f"/api/v1/events?after=0&lease={lease['id']}"
    with an_answer(service, "GET", path, accept="text/event-stream") as stream:
        assert next(events_of(stream))["lease"] == lease["id"]


def test_the_pages_stream_says_that_there_is_more_to_see_and_the_page_shows_it(
    service: ServiceProcess,
) -> None:
    with an_answer(service, "GET", "/live?at=0") as stream:
        assert stream.getheader("content-type", "").startswith("text/event-stream")
        a_ready_lease(service, purpose="<b>bold</b>")
        assert any(line == b"event: moved\n" for line in iter(stream.readline, b""))
    with an_answer(service, "GET", "/") as page:
        assert b"&lt;b&gt;bold" in page.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_open_streams_and_the_service_in_order(
    service: ServiceProcess, number: int
) -> None:
    with an_answer(service, "GET", "/api/v1/events", accept="text/event-stream") as stream:
        assert stream.readline() == b":\n"
        assert service.stop(number) == 0
        assert stream.read() is not None
    assert '"stopped"' in service.log()
    assert "Traceback" not in service.log()


def test_a_second_service_on_the_same_port_says_what_to_do(service: ServiceProcess) -> None:
    program = [sys.executable, "-c", f"""
from leasehold.service.listener import listen_on
listen_on("127.0.0.1:{service.port}")
"""]  # fmt: skip
    done = subprocess.run(program, capture_output=True, text=True, timeout=PATIENCE)
    assert "is in use" in done.stderr
    assert "set another `listen`" in done.stderr


def test_after_kill_9_and_a_restart_the_lease_is_still_held(service: ServiceProcess) -> None:
    lease = a_ready_lease(service, purpose="stay")
    service.stop(signal.SIGKILL)
    service.start()
    assert call(service, "GET", f"/leases/{lease['id']}")["purpose"] == "stay"
    assert call(service, "GET", "/nodes/demo001")["lease"]["id"] == lease["id"]


def test_tokens_are_demanded_on_any_listener(tmp_path: Path) -> None:
    token = new_token()
    with a_process(tmp_path, "--token", f"ann={fingerprint(token)}") as service:
        with an_answer(service, "GET", "/api/v1/nodes") as answer:
            assert answer.status == 401
        with an_answer(service, "GET", "/api/v1/nodes", authorization=f"Bearer {token}") as answer:
            assert answer.status == 200
        service.stop()
        assert token not in service.log()


def test_many_who_wait_are_all_answered(service: ServiceProcess) -> None:
    with socket.create_connection(("127.0.0.1", service.port)):  # one who never says anything
        leases = [a_ready_lease(service) for _ in range(4)]
        waiting = call(service, "POST", "/leases", {"machine_type": "demo"})
        assert waiting["state"] == "waiting"
        path = f"/api/v1/leases/{waiting['id']}?wait=60&state=waiting"
        connections = [
            http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE)
            for _ in range(50)
        ]
        for connection in connections:
            connection.request("GET", path)
        call(service, "DELETE", f"/leases/{leases[0]['id']}")
        states = {json.loads(each.getresponse().read())["state"] for each in connections}
        for connection in connections:
            connection.close()
        assert states <= {"preparing", "ready"}


def test_connections_send_without_delay() -> None:
    with (
        listen_on("127.0.0.1:0") as listening,
        socket.create_connection(listening.getsockname()),
    ):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_revoked_token_ends_the_streams_that_it_opened(tmp_path: Path) -> None:
    token = new_token()
    with a_process(tmp_path, "--token", f"root:admin={fingerprint(token)}") as service:
        root = {"authorization": f"Bearer {token}", "content_type": "application/json"}
        with an_answer(service, "POST", "/api/v1/tokens", {"name": "ann"}, **root) as answer:
            theirs = {"authorization": f"Bearer {json.loads(answer.read())['token']}"}
        stream = {**theirs, "accept": "text/event-stream"}
        with an_answer(service, "GET", "/api/v1/events", **stream) as events:
            assert events.readline() == b":\n"
            with an_answer(service, "DELETE", "/api/v1/tokens/ann", **root) as answer:
                assert answer.status == 200
            with an_answer(service, "POST", "/api/v1/leases", {"machine_type": "demo"}, **root):
                assert b"demo" not in events.read()
        service.stop()
        assert "Traceback" not in service.log()
