"""A project of its own on a cloud, made for this run: who works in it, and what it is given."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from keystoneauth1.identity import V3Password
from keystoneauth1.session import Session
from tests.contract.api import Answer, Api

PATIENCE = 90.0
"""Seconds for one transition on a real cloud under load; none takes more than a few."""

PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f contract"
)


class User:
    """Somebody signed in to a project, with an `Api` for each service."""

    def __init__(self, auth: dict[str, str]) -> None:
        self.auth = auth
        self.session = Session(auth=V3Password(**auth), user_agent="leasehold-contract-tests")
        self.identity = Api(self.session, "identity")
        self.compute = Api(self.session, "compute")
        self.image = Api(self.session, "image")
        self.network = Api(self.session, "network")
        self.volume = Api(self.session, "block-storage")

    @property
    def project_id(self) -> str:
        return str(self.session.get_project_id())

    @property
    def user_id(self) -> str:
        return str(self.session.get_user_id())

    @property
    def token(self) -> str:
        return str(self.session.get_token())


class Tenant(User):
    """A member of a throw-away project with one network behind a router, and builders for the rest.

    `tidy` ends what the builders and calls made in the project, but not the network.
    """

    def __init__(self, auth: dict[str, str], admin: User) -> None:
        super().__init__(auth)
        self.admin = admin
        self.image_id = named(self.image, "/images", "tiny")["id"]
        self.flavor_id = named(self.compute, "/flavors", "tiny")["id"]
        self.bigger_flavor_id = named(self.compute, "/flavors", "small")["id"]
        self.external_network_id = named(self.network, "/networks", "public")["id"]
        self.network_name = "contract"
        self.network_id = self.made(self.network, "/networks", network={"name": self.network_name})[
            "id"
        ]
        self.subnet_id = self.made(
            self.network,
            "/subnets",
            subnet={"network_id": self.network_id, "ip_version": 4, "cidr": "10.77.0.0/24"},
        )["id"]
        self.router_id = self.made(
            self.network,
            "/routers",
            router={"external_gateway_info": {"network_id": self.external_network_id}},
        )["id"]
        interface = f"/routers/{self.router_id}/add_router_interface"
        assert self.network.put(interface, {"subnet_id": self.subnet_id}).status == 200

    # Builders: the least that makes a good one, changed by keywords.

    def made(self, api: Api, path: str, **body: Any) -> dict[str, Any]:
        """POST `body` and return the object made."""
        return dict(api.post(path, body).one)

    def server_body(self, **changes: Any) -> dict[str, Any]:
        server = {
            "name": "a-server",
            "imageRef": self.image_id,
            "flavorRef": self.flavor_id,
            "networks": [{"uuid": self.network_id}],
        }
        return {"server": {k: v for k, v in (server | changes).items() if v is not None}}

    def a_server(self, **changes: Any) -> str:
        """An ACTIVE server; its id."""
        server_id = self.made(self.compute, "/servers", **self.server_body(**changes))["id"]
        self.server_is(server_id, "ACTIVE")
        return str(server_id)

    def a_port(self, **changes: Any) -> dict[str, Any]:
        port = {"network_id": self.network_id, "name": "a-port"} | changes
        return self.made(self.network, "/ports", port=port)

    def a_floating_ip(self, **changes: Any) -> dict[str, Any]:
        address = {"floating_network_id": self.external_network_id} | changes
        return self.made(self.network, "/floatingips", floatingip=address)

    def a_security_group(self, **changes: Any) -> dict[str, Any]:
        return self.made(self.network, "/security-groups", security_group={"name": "g"} | changes)

    def a_volume(self, **changes: Any) -> str:
        """An available volume; its id."""
        body = {"size": 1, "name": "a-volume"} | changes
        volume_id = self.made(self.volume, "/volumes", volume=body)["id"]
        self.volume_is(volume_id, "available")
        return str(volume_id)

    # Waiting for what the cloud does in its own time.

    def server_is(self, server_id: str, status: str) -> list[dict[str, Any]]:
        """Wait until it has the status; every different sight of it on the way."""
        return sights(lambda: self.compute.get(f"/servers/{server_id}"), status)

    def volume_is(self, volume_id: str, status: str) -> list[dict[str, Any]]:
        return sights(lambda: self.volume.get(f"/volumes/{volume_id}"), status)

    def gone(self, api: Api, path: str) -> list[dict[str, Any]]:
        """Wait until GET answers 404; every different sight before."""
        return sights(lambda: api.get(path), None)

    # The end.

    def tidy(self) -> None:
        """End all that was made in the project since the last time, except its network."""
        self._end_all(self.compute, "servers", refused=())
        self._end_all(self.network, "floatingips")
        if "servers" in self.compute.made:
            self.network.made.add("ports")
        self._end_all(self.network, "ports", "?device_owner=")
        self._end_all(self.volume, "snapshots")
        self._end_all(self.volume, "volumes")
        self._end_all(self.network, "security-groups", "?name=g")
        self._end_all(self.image, "images", f"?owner={self.project_id}")
        if "os-keypairs" in self.compute.made:
            for item in self.compute.get("/os-keypairs").one:
                self.compute.delete(f"/os-keypairs/{item['keypair']['name']}")
        for api in (self.compute, self.network, self.volume, self.image):
            api.made.clear()

    def dissolve(self) -> None:
        """End the network too, so that the project can be deleted."""
        self.tidy()
        interface = f"/routers/{self.router_id}/remove_router_interface"
        self.network.put(interface, {"subnet_id": self.subnet_id})
        for path in (f"/routers/{self.router_id}", f"/networks/{self.network_id}"):
            answer = self.network.delete(path)
            assert answer.status == 204, answer.text

    def _end_all(
        self, api: Api, kind: str, query: str = "", refused: tuple[int, ...] = (400,)
    ) -> None:
        """Delete everything listed; asks again while a state forbids it, until all is gone."""
        if kind not in api.made:
            return
        deadline = time.monotonic() + PATIENCE
        while listed := api.get(f"/{kind}{query}").body[kind.replace("-", "_")]:
            for item in listed:
                answer = api.delete(f"/{kind}/{item['id']}")
                assert answer.status in (202, 204, 404, *refused), answer.text
            assert time.monotonic() < deadline, f"{kind} are still there: {listed}"
            time.sleep(0.05)


@contextmanager
def throw_away_project(admin: User) -> Iterator[User]:
    """A new project with a member of its own; both are deleted at the end."""
    name = f"contract-{uuid4().hex[:8]}"
    identity = admin.identity
    project = identity.post("/projects", {"project": {"name": name, "domain_id": "default"}}).one
    user = identity.post(
        "/users", {"user": {"name": name, "password": name, "domain_id": "default"}}
    ).one
    try:
        (role,) = (r for r in identity.get("/roles").body["roles"] if r["name"] == "member")
        granted = f"/projects/{project['id']}/users/{user['id']}/roles/{role['id']}"
        assert identity.put(granted).status == 204
        yield User(admin.auth | {"username": name, "password": name, "project_name": name})
    finally:
        # Neutron's default group belongs to whoever has had a port, and outlives the project.
        for group in admin.network.get(f"/security-groups?project_id={project['id']}").one:
            admin.network.delete(f"/security-groups/{group['id']}")
        admin.network.delete(f"/quotas/{project['id']}")
        for path in (f"/users/{user['id']}", f"/projects/{project['id']}"):
            answer = identity.delete(path)
            assert answer.status == 204, answer.text


@contextmanager
def throw_away_tenant(admin: User) -> Iterator[Tenant]:
    """A throw-away project with a network."""
    with throw_away_project(admin) as member:
        tenant = Tenant(member.auth, admin)
        yield tenant
        tenant.dissolve()


def named(api: Api, path: str, name: str) -> dict[str, Any]:
    """The listed object of that name; fails when there is none."""
    body = api.get(path).body
    listed = body[path.strip("/")]
    (found,) = (item for item in listed if item["name"] == name)
    return dict(found)


def sights(look: Callable[[], Answer], status: str | None) -> list[dict[str, Any]]:
    """Look until the object has the status (None: until it is gone); each different sight."""
    seen: list[dict[str, Any]] = []
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = look()
        if answer.status == 404 and status is None:
            return seen
        sight = dict(answer.one)
        if not seen or seen[-1] != sight:
            seen.append(sight)
        if sight["status"] == status:
            return seen
        dead_end = sight["status"].lower() == "error" and status is not None
        assert not dead_end, f"wanted {status}, is {sight}"
        assert time.monotonic() < deadline, f"waited for {status}, saw {seen}"
        time.sleep(0.02)


def until(holds: Callable[[], bool]) -> None:
    """Ask again until it holds; fails when it does not within `PATIENCE`."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.05)
