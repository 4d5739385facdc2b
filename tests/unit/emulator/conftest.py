"""A whole cloud in this process, without a socket, its clock moved by hand."""

import asyncio
import heapq
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest

from leasehold.emulator import CatalogEntry, Cloud, Delays, Quota, Settings, fixed
from leasehold.emulator.identity.catalog_entries import READY_MADE
from leasehold.emulator.identity.service import KEYSTONE_VERSIONS, KeystoneVersion

BASE = "http://cloud.test:8774"
START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
DELAYS = Delays(boot=fixed(10), delete=fixed(4), action=fixed(2), volume=fixed(2), image=fixed(2))


class StepTimer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class StepClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self._now = START
        self._timers: list[tuple[datetime, int, StepTimer]] = []
        self._order = count()

    def now(self) -> datetime:
        return self._now

    def call_later(self, seconds: float, callback: Callable[[], None]) -> StepTimer:
        timer = StepTimer(callback)
        due = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._timers, (due, next(self._order), timer))
        return timer

    def advance(self, seconds: float) -> None:
        """Let time pass, and whatever falls due happen at its time."""
        end = self._now + timedelta(seconds=seconds)
        while self._timers and self._timers[0][0] <= end:
            due, _, timer = heapq.heappop(self._timers)
            self._now = due
            if timer.callback is not None:
                timer.callback()
        self._now = end


class Reply:
    """What came back; `status` None when the connection was cut."""

    def __init__(self, status: int | None, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def message(self) -> str:
        """The message of a Nova, Cinder or Keystone error."""
        (error,) = self.json.values()
        return str(error["message"])


class InProcess:
    """Calls a cloud's application as a client would, and moves its clock."""

    def __init__(
        self,
        *,
        catalog: Iterable[CatalogEntry] = READY_MADE["modern"],
        keystone: Iterable[KeystoneVersion] = KEYSTONE_VERSIONS,
        **settings: Any,
    ) -> None:
        self.clock = StepClock()
        given = {"delays": DELAYS, "quota": Quota(), **settings}
        self.cloud = Cloud(
            self.clock,
            seed=7,
            settings=Settings(**given),
            catalog=catalog,
            keystone=keystone,
        )
        self._tokens: dict[str, str] = {}

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def token(self, user: str = "demo") -> str:
        """A token for the user's own project, signed in for once."""
        if user not in self._tokens:
            password = {"user": {"name": user, "password": user, "domain": {"id": "default"}}}
            identity = {"methods": ["password"], "password": password}
            scope = {"project": {"name": user, "domain": {"id": "default"}}}
            reply = self.call(
                "POST",
                "/identity/v3/auth/tokens",
                {"auth": {"identity": identity, "scope": scope}},
                user=None,
            )
            assert reply.status == 201, reply.body
            self._tokens[user] = reply.headers["x-subject-token"]
        return self._tokens[user]

    def call(
        self,
        method: str,
        target: str,
        json: Any = None,
        *,
        user: str | None = "demo",
        version: str | None = None,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """One call; `version` is a compute or volume microversion, `user` None sends no token."""
        if user is not None:
            self.token(user)
        return asyncio.run(
            self.acall(method, target, json, user=user, version=version, headers=headers, body=body)
        )

    async def acall(
        self,
        method: str,
        target: str,
        json: Any = None,
        *,
        user: str | None = "demo",
        version: str | None = None,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        target = target.removeprefix(BASE)
        sent = {"host": BASE.removeprefix("http://"), **(headers or {})}
        if user is not None:
            sent.setdefault("x-auth-token", self._tokens[user])
        if version is not None:
            service = "compute" if target.startswith("/compute") else "volume"
            sent["openstack-api-version"] = f"{service} {version}"
        if json is not None:
            body = msgspec.json.encode(json)
        return await self._asgi(method, target, sent, body or b"")

    async def _asgi(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "scheme": "http",
            "server": ("cloud.test", 8774),
            "client": ("127.0.0.1", 1),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.cloud.app(scope, receive, send)
        if not sent:
            return Reply(None, {}, b"")
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], found, sent[1]["body"])

    # What nearly every test needs.

    def image_id(self, name: str = "tiny") -> str:
        reply = self.call("GET", f"/image/v2/images?name={name}")
        return str(reply.json["images"][0]["id"])

    def network_id(self, name: str = "lab") -> str:
        reply = self.call("GET", f"/network/v2.0/networks?name={name}")
        return str(reply.json["networks"][0]["id"])

    def a_server(self, *, version: str = "2.90", built: bool = True, **fields: Any) -> Any:
        """A server of the smallest flavor on network ``lab``; ACTIVE unless told not to wait."""
        wish = {
            "name": "web",
            "flavorRef": "1",
            "imageRef": self.image_id(),
            "networks": [{"uuid": self.network_id()}],
            **fields,
        }
        wish = {name: value for name, value in wish.items() if value is not ...}
        reply = self.call("POST", "/compute/v2.1/servers", {"server": wish}, version=version)
        assert reply.status == 202, reply.body
        server_id = reply.json["server"]["id"]
        if built:
            self.advance(DELAYS.boot.high)
        return self.server(server_id)

    def server(self, server_id: str, *, version: str = "2.104", user: str = "demo") -> Any:
        reply = self.call("GET", f"/compute/v2.1/servers/{server_id}", version=version, user=user)
        assert reply.status == 200, reply.body
        return reply.json["server"]

    def act(
        self,
        server_id: str,
        action: str,
        given: Any = None,
        *,
        version: str = "2.90",
        user: str = "demo",
    ) -> Reply:
        return self.call(
            "POST",
            f"/compute/v2.1/servers/{server_id}/action",
            {action: given},
            version=version,
            user=user,
        )


@pytest.fixture
def cloud() -> InProcess:
    """A new cloud with the default world and fixed delays (boot 10 s, delete 4 s, others 2 s)."""
    return InProcess()


@pytest.fixture
def make_cloud() -> type[InProcess]:
    """For clouds with other settings: ``make_cloud(quota=Quota(instances=2))``."""
    return InProcess
