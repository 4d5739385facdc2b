"""Flocker's REST API as its clients call it: over TLS, with a user's certificate."""

import asyncio
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from leasehold.datasets.flocker.authority import Authority
from leasehold.datasets.flocker.certificate import Role
from leasehold.datasets.flocker.gate import Gate
from leasehold.datasets.flocker.listener import Listener
from leasehold.datasets.flocker.rest import Rest, node_uuid
from tests.simulation.datasets import DatasetWorld

N1, N2 = node_uuid("n1"), node_uuid("n2")


class Client:
    """One caller, with its certificate and a connection that it keeps."""

    def __init__(self, port: int, ca: Path, pair: tuple[Path, Path]) -> None:
        context = ssl.create_default_context(cafile=str(ca))
        context.load_cert_chain(*pair)
        self._connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
        self.headers: dict[str, str] = {}

    def call(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        sent = None if body is None else json.dumps(body)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, sent, names)
        answer = self._connection.getresponse()
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, json.loads(answer.read())

    def close(self) -> None:
        self._connection.close()


class Site:
    def __init__(self, directory: Path, world: DatasetWorld) -> None:
        self.world = world
        self.directory = directory
        now = datetime.now(UTC)
        self.authority = Authority.create(directory, "lab", now=now)
        self.authority.issue(Role.CONTROL, "127.0.0.1", directory, now=now)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self._listener = Listener(Rest(world.commands, world.agents), Gate(directory))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._clients: list[Client] = []

    def _run(self) -> None:
        asyncio.run(self._listener.serve(sockets=[self.listening]))

    def client(self, role: Role = Role.USER, name: str = "ann") -> Client:
        pair = self.authority.issue(role, name, self.directory / "out", now=datetime.now(UTC))
        port = self.listening.getsockname()[1]
        made = Client(port, self.directory / "cluster.crt", pair)
        self._clients.append(made)
        return made

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self._listener.should_exit = True
        self._thread.join()
        self.listening.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "ca", DatasetWorld(tmp_path))
    yield made
    made.close()


def test_a_dataset_lives_from_its_creation_to_its_end_over_the_api(site: Site) -> None:
    ann = site.client()
    assert ann.call("GET", "/v1/version")[1]["flocker"] == "1.15.0"
    assert ann.call("GET", "/v1/configuration/datasets") == (200, [])
    site.world.run(10)
    assert [each["uuid"] for each in ann.call("GET", "/v1/state/nodes")[1]] == [N1, N2]
    wish = {"primary": N1, "maximum_size": 1 << 30, "metadata": {"name": "pg"}}
    status, made = ann.call("POST", "/v1/configuration/datasets", wish)
    path = f"/v1/configuration/datasets/{made['dataset_id']}"
    assert (status, made["primary"], made["metadata"]) == (201, N1, {"name": "pg"})
    site.world.run(60)
    assert ann.call("GET", "/v1/state/datasets")[1][0]["path"] == "/leasehold/pg"
    lease = {"dataset_id": made["dataset_id"], "node_uuid": N1, "expires": None}
    assert ann.call("POST", "/v1/configuration/leases", lease) == (201, lease)
    assert ann.call("POST", "/v1/configuration/leases", lease) == (200, lease)
    assert ann.call("GET", "/v1/configuration/leases") == (200, [lease])
    status, told = ann.call("POST", path, {"primary": N2})
    assert (status, "held on n1 by flocker:ann" in told["description"]) == (409, True)
    released = ann.call("DELETE", f"/v1/configuration/leases/{made['dataset_id']}")
    assert released == (200, lease)
    assert ann.call("POST", path, {"primary": N2})[1]["primary"] == N2
    site.world.run(120)
    assert ann.call("GET", "/v1/state/datasets")[1][0]["primary"] == N2
    assert ann.call("DELETE", path)[1]["deleted"] is True
    site.world.check()


def test_a_conditional_change_needs_the_tag_that_the_list_came_with(site: Site) -> None:
    ann = site.client()
    ann.call("GET", "/v1/configuration/datasets")
    tag = ann.headers["x-configuration-tag"]
    wish = {"primary": N1}
    condition = {"X_If_Configuration_Matches": tag}
    assert ann.call("POST", "/v1/configuration/datasets", wish, **condition)[0] == 201
    assert ann.call("POST", "/v1/configuration/datasets", wish, **condition)[0] == 412


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/configuration/datasets", {"primary": N1, "color": "red"}, 400),
        ("POST", "/v1/configuration/datasets", {"primary": str(uuid4())}, 409),
        ("POST", f"/v1/configuration/datasets/{uuid4()}", {"primary": N1}, 404),
        ("DELETE", f"/v1/configuration/datasets/{uuid4()}", None, 404),
        ("DELETE", f"/v1/configuration/leases/{uuid4()}", None, 404),
        ("GET", f"/v1/state/nodes/by_era/{uuid4()}", None, 404),
        ("GET", "/v1/configuration/containers", None, 404),
        ("PUT", "/v1/configuration/datasets", {}, 405),
    ],
)
def test_what_cannot_be_done_is_told_in_flockers_form(
    site: Site, method: str, path: str, body: object, status: int
) -> None:
    found, told = site.client().call(method, path, body)
    assert (found, isinstance(told["description"], str)) == (status, True)


def test_a_nodes_certificate_does_not_open_the_users_api(site: Site) -> None:
    node = site.client(Role.NODE, "n1")
    assert node.call("GET", "/v1/configuration/datasets")[0] == 403
    assert node.call("POST", "/v1/configuration/datasets", {"primary": N1})[0] == 403


def test_a_revoked_user_is_refused_at_the_next_request(site: Site) -> None:
    ann = site.client()
    assert ann.call("GET", "/v1/version")[0] == 200
    site.authority.revoke(Role.USER, "ann", now=datetime.now(UTC))
    assert ann.call("GET", "/v1/version")[0] == 403
