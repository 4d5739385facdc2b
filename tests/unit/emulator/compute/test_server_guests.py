"""The places behind servers: when they start, end and start again."""

import asyncio
from collections.abc import Callable, Coroutine
from ipaddress import IPv4Address
from typing import Any, Literal

import pytest

from leasehold.emulator import Cloud, Settings
from leasehold.emulator.compute.server_guests import GUEST_ADDRESSES, ServerGuests
from leasehold.emulator.compute.servers import Server
from leasehold.emulator.guests import GuestFailed, GuestSpec
from tests.unit.emulator.conftest import DELAYS, InProcess, StepClock


class RecordedGuests:
    """Guests that only write down what is asked of them."""

    mode: Literal["shell"] = "shell"
    reason = "for a test"
    ssh_port = 22

    def __init__(self, failure: str = "") -> None:
        self.failure = failure
        self.asked: list[tuple[str, str]] = []
        self.specs: list[GuestSpec] = []

    async def start(self, spec: GuestSpec) -> None:
        self.asked.append(("start", spec.id))
        self.specs.append(spec)
        if self.failure:
            raise GuestFailed(self.failure)

    async def stop(self, server_id: str) -> None:
        self.asked.append(("stop", server_id))

    async def restart(self, server_id: str) -> None:
        self.asked.append(("restart", server_id))

    def console(self, server_id: str) -> str:
        return f"login on {server_id}:"

    async def close(self) -> None:
        self.asked.append(("close", ""))


class Hosted(InProcess):
    """A cloud with guests; every step gives what was begun the time to end."""

    def __init__(self, guests: RecordedGuests) -> None:
        super().__init__()
        self.clock = StepClock()
        self.cloud = Cloud(self.clock, seed=7, settings=Settings(delays=DELAYS), guests=guests)


def in_a_loop(cloud: Hosted, scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run the scenario, and give the guests' addresses back whatever came of it."""

    async def run() -> None:
        try:
            await scenario()
        finally:
            await cloud.cloud.close()

    asyncio.run(run())


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def a_wish(cloud: InProcess, **fields: Any) -> dict[str, Any]:
    server = {
        "name": "web",
        "flavorRef": "1",
        "imageRef": cloud.image_id("debian-12"),
        "networks": [{"uuid": cloud.network_id()}],
        **fields,
    }
    return {"server": server}


async def born(cloud: Hosted, wish: dict[str, Any]) -> str:
    reply = await cloud.acall("POST", "/compute/v2.1/servers", wish, version="2.90")
    cloud.advance(10)
    await settle()
    return str(reply.json["server"]["id"])


async def shown(cloud: Hosted, server_id: str) -> Any:
    reply = await cloud.acall("GET", f"/compute/v2.1/servers/{server_id}", version="2.90")
    return reply.json["server"]


def test_a_server_is_active_once_its_guest_has_started_with_all_it_needs() -> None:
    guests = RecordedGuests()
    cloud = Hosted(guests)
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJbZ1d2bYt3b0Yh0XlA9WjJq8H7l6f5c3d2b1a0Z9Y8 me"
    pair = {"keypair": {"name": "mine", "public_key": key}}
    cloud.call("POST", "/compute/v2.1/os-keypairs", pair)
    wish = a_wish(cloud, key_name="mine", user_data="aGVsbG8=", metadata={"a": "b"})

    async def scenario() -> None:
        server_id = await born(cloud, wish)
        assert (await shown(cloud, server_id))["status"] == "ACTIVE"
        (spec,) = guests.specs
        assert IPv4Address(spec.address) in GUEST_ADDRESSES
        assert guests.specs == [
            GuestSpec(
                id=server_id,
                name="web",
                address=spec.address,
                user_data=b"hello",
                public_keys=(key,),
                metadata={"a": "b"},
                default_user="debian",
            )
        ]

    in_a_loop(cloud, scenario)


def test_a_guest_that_fails_is_the_servers_fault() -> None:
    guests = RecordedGuests("no room in the inn")
    cloud = Hosted(guests)
    wish = a_wish(cloud)

    async def scenario() -> None:
        server = await shown(cloud, await born(cloud, wish))
        assert server["status"] == "ERROR"
        assert server["fault"]["message"] == "no room in the inn"
        assert cloud.cloud.leftovers().ports == ()

    in_a_loop(cloud, scenario)


@pytest.mark.parametrize(
    ("action", "given", "asked"),
    [("reboot", {"type": "HARD"}, "restart"), ("os-stop", None, "stop"), ("shelve", None, "stop")],
)
def test_an_action_reaches_the_guest(action: str, given: Any, asked: str) -> None:
    guests = RecordedGuests()
    cloud = Hosted(guests)
    wish = a_wish(cloud)

    async def scenario() -> None:
        server_id = await born(cloud, wish)
        path = f"/compute/v2.1/servers/{server_id}/action"
        await cloud.acall("POST", path, {action: given})
        cloud.advance(2)
        await settle()
        assert guests.asked[-1] == (asked, server_id)

    in_a_loop(cloud, scenario)


def test_a_stopped_guest_starts_again() -> None:
    guests = RecordedGuests()
    cloud = Hosted(guests)
    wish = a_wish(cloud)

    async def scenario() -> None:
        server_id = await born(cloud, wish)
        path = f"/compute/v2.1/servers/{server_id}/action"
        for action in ("os-stop", "os-start"):
            await cloud.acall("POST", path, {action: None})
            cloud.advance(2)
            await settle()
        assert [what for what, _ in guests.asked] == ["start", "stop", "start"]
        assert (await shown(cloud, server_id))["status"] == "ACTIVE"
        output = await cloud.acall("POST", path, {"os-getConsoleOutput": {}})
        assert output.json == {"output": f"login on {server_id}:"}

    in_a_loop(cloud, scenario)


def test_a_server_is_gone_once_its_guest_has_ended() -> None:
    guests = RecordedGuests()
    cloud = Hosted(guests)
    wish = a_wish(cloud)

    async def scenario() -> None:
        server_id = await born(cloud, wish)
        await cloud.acall("DELETE", f"/compute/v2.1/servers/{server_id}")
        cloud.advance(4)
        assert not cloud.cloud.leftovers().nothing
        await settle()
        assert guests.asked[-1] == ("stop", server_id)
        assert cloud.cloud.leftovers().nothing

    in_a_loop(cloud, scenario)


def test_a_reset_ends_all_guests_and_a_close_too() -> None:
    guests = RecordedGuests()
    cloud = Hosted(guests)
    wish = a_wish(cloud)

    async def scenario() -> None:
        server_id = await born(cloud, wish)
        cloud.cloud.reset()
        await settle()
        assert ("stop", server_id) in guests.asked
        await cloud.cloud.close()
        assert guests.asked[-1] == ("close", "")

    in_a_loop(cloud, scenario)


def test_an_address_outside_the_guests_range_has_no_guest() -> None:
    guests, started = RecordedGuests(), list[str]()
    cloud = InProcess()
    server = cloud.a_server()
    record = cloud.cloud.compute.servers.alive.get(server["id"])
    assert isinstance(record, Server)
    hosting = ServerGuests(guests)
    for address in ("10.20.0.2", None):
        hosting.start(record, address, lambda: started.append("on"), started.append)
    assert started == ["on", "on"]
    assert guests.asked == []
