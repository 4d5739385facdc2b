"""The emulator on a real port: its thread, its connections, its end."""

import http.client
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from leasehold.emulator import Delays, Effect, Emulator, Quota, Rule, fixed
from leasehold.emulator.counters import Call


class Caller:
    """One kept-alive connection, signed in."""

    def __init__(self, emulator: Emulator) -> None:
        self.connection = http.client.HTTPConnection(emulator.host, emulator.port, timeout=60)
        user = {"name": "demo", "password": "demo", "domain": {"id": "default"}}
        identity = {"methods": ["password"], "password": {"user": user}}
        response = self.send("POST", "/identity/v3/auth/tokens", {"auth": {"identity": identity}})
        self.token = response.headers["x-subject-token"]
        response.read()

    def send(self, method: str, path: str, json: Any = None) -> http.client.HTTPResponse:
        headers = {"x-auth-token": getattr(self, "token", "")}
        body = None if json is None else msgspec.json.encode(json)
        self.connection.request(method, path, body, headers)
        return self.connection.getresponse()

    def call(self, method: str, path: str, json: Any = None) -> tuple[int, Any]:
        response = self.send(method, path, json)
        body = response.read()
        return response.status, msgspec.json.decode(body) if body else None

    def close(self) -> None:
        self.connection.close()


@pytest.fixture
def caller(emulator: Emulator) -> Any:
    found = Caller(emulator)
    yield found
    found.close()


SERVERS = "/compute/v2.1/servers"


def a_wish(caller: Caller) -> dict[str, Any]:
    _, images = caller.call("GET", "/image/v2/images?name=tiny")
    wish = {"name": "web", "flavorRef": "1", "imageRef": images["images"][0]["id"]}
    return {"server": wish}


def test_it_answers_until_it_is_stopped() -> None:
    emulator = Emulator(delays=Delays(boot=fixed(0)))
    emulator.start()
    caller = Caller(emulator)
    assert caller.call("GET", SERVERS) == (200, {"servers": []})
    caller.close()
    emulator.stop()
    emulator.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((emulator.host, emulator.port), timeout=10)


def test_a_taken_port_is_told_at_the_start(emulator: Emulator) -> None:
    with pytest.raises(OSError, match="in use"):
        Emulator(port=emulator.port).start()


def test_an_address_that_others_reach_is_refused() -> None:
    with pytest.raises(ValueError, match="anybody who reached it"):
        Emulator(host="0.0.0.0")


def test_many_calls_come_over_one_connection(emulator: Emulator, caller: Caller) -> None:
    local = caller.connection.sock.getsockname()
    for _ in range(50):
        assert caller.call("GET", SERVERS)[0] == 200
    assert caller.connection.sock.getsockname() == local
    call = Call(service="compute", method="GET", template="/v2.1/servers")
    assert emulator.requests.by_call()[call] == 50


def test_a_lost_reply_cuts_the_connection_after_the_effect(
    emulator: Emulator, caller: Caller
) -> None:
    wish = a_wish(caller)
    emulator.faults.add(Rule(effect=Effect.LOST_AFTER, kind="server", method="POST", count=1))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        caller.call("POST", SERVERS, wish)
    caller.close()
    _, listed = caller.call("GET", SERVERS)
    assert [server["name"] for server in listed["servers"]] == ["web"]


def test_a_lost_call_cuts_the_connection_before_the_effect(
    emulator: Emulator, caller: Caller
) -> None:
    wish = a_wish(caller)
    emulator.faults.add(Rule(effect=Effect.LOST_BEFORE, kind="server", method="POST", count=1))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        caller.call("POST", SERVERS, wish)
    caller.close()
    assert caller.call("GET", SERVERS) == (200, {"servers": []})


def test_connections_are_refused_for_a_while(emulator: Emulator, caller: Caller) -> None:
    emulator.refuse(0.5)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((emulator.host, emulator.port), timeout=10)
    caller.close()
    end = time.monotonic() + 60
    while True:
        try:
            assert caller.call("GET", SERVERS)[0] == 200
        except ConnectionRefusedError:
            assert time.monotonic() < end, "it never listened again"
            caller.close()
            time.sleep(0.02)
        else:
            break


def test_a_slow_answer_does_not_hold_up_the_others(emulator: Emulator, caller: Caller) -> None:
    emulator.faults.add(Rule(effect=Effect.LATENCY, path="/flavors", seconds=3600))
    slow = Caller(emulator)
    slow.connection.request("GET", "/compute/v2.1/flavors", headers={"x-auth-token": slow.token})
    assert caller.call("GET", SERVERS)[0] == 200
    slow.close()


def test_many_callers_at_once_get_many_servers(emulator: Emulator, caller: Caller) -> None:
    wish = a_wish(caller)

    def create(_: int) -> int:
        own = Caller(emulator)
        status, _ = own.call("POST", SERVERS, wish)
        own.close()
        return status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(create, range(40))) == {202}
    assert len(emulator.leftovers().servers) == 40


def test_ten_thousand_servers_arrive_over_the_wire(emulator: Emulator, caller: Caller) -> None:
    emulator.seed_servers(10_000)
    seen: set[str] = set()
    path = f"{SERVERS}/detail?limit=1000"
    while path:
        _, body = caller.call("GET", path)
        seen |= {server["id"] for server in body["servers"]}
        links = body.get("servers_links", [])
        path = links[0]["href"].removeprefix(emulator.url) if links else ""
    assert len(seen) == 10_000


def test_settings_tokens_and_resets_reach_the_running_cloud(
    emulator: Emulator, caller: Caller
) -> None:
    emulator.change_settings(quota=Quota(instances=0))
    status, body = caller.call("POST", SERVERS, a_wish(caller))
    assert status == 403
    assert "but already used 0 of 0 instances" in body["forbidden"]["message"]
    assert emulator.expire_tokens() == 1
    assert caller.call("GET", SERVERS)[0] == 401
    emulator.seed_servers(3)
    emulator.reset()
    assert emulator.leftovers().nothing


def test_work_is_done_in_its_own_thread_and_errors_come_back(emulator: Emulator) -> None:
    projects = emulator.run(lambda: [project.name for project in emulator.world.projects])
    assert projects == ["admin", "demo"]
    with pytest.raises(KeyError, match="there is no project"):
        emulator.seed_servers(1, project="none")
    with pytest.raises(RuntimeError, match="call start"):
        Emulator().leftovers()
