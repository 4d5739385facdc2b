"""The view of datasets in a real browser, over a service whose agents this test speaks for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .browser import Page, a_browser
from .processes import ServiceProcess, a_process, a_ready_lease, an_answer, call

SAID = "document.getElementById('said').textContent"
LIVE = "document.getElementById('live').textContent === 'live'"
PART = "document.getElementById('part').textContent"


class Agent:
    """Speaks as the agent of a node of the lab does, and mounts nothing."""

    def __init__(self, service: ServiceProcess, name: str, server: str) -> None:
        self.service = service
        self.server = server
        made = call(service, "POST", "/agents", {"name": name})
        self.headers = {
            "authorization": f"Bearer {made['token']}",
            "content_type": "application/json",
        }
        self.report()

    def report(self, *datasets: dict[str, object]) -> Any:
        body = {
            "server_id": self.server, "era": "boot-1", "version": "1", "sent_at": 0.0,
            "datasets": datasets,
        }  # fmt: skip
        return self._call("POST", "report", body)

    def obey(self, want: str) -> None:
        """Wait for this order, and report that it was carried out."""
        orders = self._call("GET", "orders")
        while not (orders["datasets"] and orders["datasets"][0]["want"] == want):
            orders = self._call("GET", f"orders?after={orders['number']}&wait=30")
        (order,) = orders["datasets"]
        mounted = f"/leasehold/{order['name']}" if want == "mounted" else None
        done = {key: order[key] for key in ("dataset", "epoch", "volume")}
        self.report(done | {"filesystem": "ext4", "mounted": mounted})

    def _call(self, method: str, path: str, body: object = None) -> Any:
        path = f"/api/v1/agent/{path}"
        with an_answer(self.service, method, path, body, **self.headers) as answer:
            assert answer.status == 200, answer.read()
            return json.loads(answer.read())


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    (tmp_path / "service").mkdir()
    more = tmp_path / "more.toml"
    more.write_text("[datasets]\n")
    with a_process(tmp_path / "service", "--more", str(more)) as service:
        yield service


@pytest.fixture
def page(service: ServiceProcess, tmp_path: Path) -> Iterator[Page]:
    with (
        a_browser(tmp_path / "browser") as browser,
        browser.a_page(f"{service.url}/datasets") as page,
    ):
        yield page


def test_a_dataset_is_followed_held_moved_deleted_and_brought_back_by_keyboard(
    service: ServiceProcess, page: Page
) -> None:
    page.until(LIVE)
    nodes = a_ready_lease(service, count=2)["nodes"]
    one, two = (Agent(service, each["name"], each["server_id"]) for each in nodes)
    first, second = (each["name"] for each in nodes)
    made = call(service, "POST", "/datasets", {"name": "pg", "size_gib": 1, "node": first})
    row = f"document.getElementById('dataset:{made['id']}')"
    page.until(f"{row} !== null")
    one.obey("mounted")
    page.until(f"{row}.textContent.includes('{first} at /leasehold/pg')")

    page.tab_to(f"hold:{made['id']}")
    page.press("Enter")
    page.until(f"{SAID}.includes('pg is held on {first}')")
    page.until(f"document.getElementById('release:{made['id']}') !== null")
    # What somebody else does is seen too, also where history has no line for it.
    call(service, "POST", "/datasets/pg/release?force=true")
    page.until(f"document.getElementById('hold:{made['id']}') !== null")

    page.go(f"{service.url}/datasets/pg")
    page.until(LIVE)
    page.tab_to("move-node")
    page.value(f"document.getElementById('move-node').value = '{second}'")
    page.tab_to("move")
    page.press("Enter")
    page.until(f"{SAID}.includes('pg goes to {second}')")
    one.obey("unmounted")
    two.obey("mounted")
    page.until(f"{PART}.includes('{second} at /leasehold/pg')")

    page.tab_to("delete")
    page.press("Enter")
    page.until(f"{SAID}.includes('pg is deleted')")
    assert "it can be brought back" in page.asked[0]
    two.obey("unmounted")
    page.until(f"document.getElementById('undelete:{made['id']}') !== null")
    page.tab_to(f"undelete:{made['id']}")
    page.press("Enter")
    page.until(f"{SAID}.includes('pg is back')")
    two.obey("mounted")
    page.until(f"{PART}.includes('{second} at /leasehold/pg')")

    page.resize(360, 740, telephone=True)
    for path in ("/datasets", "/datasets/pg", "/search?text=pg"):
        page.go(f"{service.url}{path}")
        assert page.value("document.documentElement.scrollWidth") <= 360, path
    page.go(f"{service.url}/datasets")
    box = f"document.getElementById('hold:{made['id']}').getBoundingClientRect()"
    assert page.value(f"{box}.height") >= 40
    assert page.value(f"{box}.right") <= 360
    assert page.complaints == []
