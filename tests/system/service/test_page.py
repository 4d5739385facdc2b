"""The page in a real browser: live, by keyboard, on a telephone, in the dark, and with rights."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.service.fingerprints import fingerprint, new_token

from .browser import Browser, Page, a_browser
from .processes import ServiceProcess, a_process, a_ready_lease, an_answer, call

TYPE = "document.getElementById('type:demo').textContent"
SAID = "document.getElementById('said').textContent"
LIVE = "document.getElementById('live').textContent === 'live'"

MORE = """
[machine_types.debian-12]
cloud = "memory"
image = "debian-12"
flavor = "small"
nodes = 40
ready = "active"
"""
"""Machine types beside `demo`, for pictures that look like a lab."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    (tmp_path / "service").mkdir()
    with a_process(tmp_path / "service", "--nodes", "12") as service:
        yield service


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with a_browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture
def page(service: ServiceProcess, browser: Browser) -> Iterator[Page]:
    with browser.a_page(f"{service.url}/") as page:
        yield page


def row(lease: str) -> str:
    return f"document.getElementById('lease:{lease}')"


def node(name: str) -> str:
    return f"document.getElementById('node:{name}')"


def me(service: ServiceProcess) -> str:
    """Whom the service takes the page for: the user that runs it."""
    lease = call(service, "POST", "/leases", {"machine_type": "demo"})
    call(service, "DELETE", f"/leases/{lease['id']}")
    return str(lease["owner"])


def test_the_page_follows_a_lock_and_its_end(service: ServiceProcess, page: Page) -> None:
    assert "12 of 12 free" in page.value(TYPE)
    lease = a_ready_lease(service, count=2, purpose="try it")
    page.until(f"{TYPE}.includes('2 ready') && {row(lease['id'])}?.textContent.includes('2 of 2')")
    assert "try it" in page.value(f"{row(lease['id'])}.textContent")
    page.until(f"{row(lease['id'])}.querySelector('time').textContent.startsWith('in ')")
    call(service, "DELETE", f"/leases/{lease['id']}")
    page.until(f"{TYPE}.includes('12 of 12 free') && {row(lease['id'])} === null")
    assert page.complaints == []


def test_what_somebody_wrote_is_text_and_never_runs(service: ServiceProcess, page: Page) -> None:
    nasty = "<img src=x onerror='document.title=\"owned\"'><script>document.title=1</script>"
    lease = a_ready_lease(service, purpose=nasty, owner=nasty)
    for path in ("/leases", "/nodes", "/nodes/demo001", "/search?text=img", "/audit-log"):
        page.go(f"{service.url}{path}")
        assert page.value("document.images.length") == 0
        assert "Leasehold" in page.value("document.title")
    page.go(f"{service.url}/leases")
    assert nasty in page.value(f"{row(lease['id'])}.textContent")
    assert page.complaints == []


def test_the_page_comes_back_to_life_with_the_service(service: ServiceProcess, page: Page) -> None:
    page.until(LIVE)
    service.stop()
    page.until("document.getElementById('live').classList.contains('lost')")
    service.start()
    page.until(LIVE)
    a_ready_lease(service)
    page.until(f"{TYPE}.includes('1 ready')")


def test_a_lease_is_locked_kept_held_and_given_back_by_keyboard(
    service: ServiceProcess, page: Page
) -> None:
    page.press("Tab")
    assert page.value("document.activeElement.className") == "skip"
    page.tab_to("lock-purpose")
    page.type("by hand")
    page.press("Enter")
    page.until(f"{SAID}.includes('lease-')")
    (lease,) = call(service, "GET", "/leases")
    assert (lease["purpose"], lease["count"]) == ("by hand", 1)
    name = lease["id"]
    page.until(f"{row(name)}?.textContent.includes('1 of 1')")
    seconds = lease["seconds"]
    page.tab_to(f"hour:{name}")
    page.press("Enter")
    page.until(f"{SAID}.includes('lasts')")
    assert call(service, "GET", f"/leases/{name}")["seconds"] == seconds + 3600
    page.tab_to(f"hold:{name}")
    page.press("Enter")
    page.until(f"{row(name)}.textContent.includes('held, without end')")
    page.tab_to(f"release:{name}")
    page.press("Enter")
    page.until(f"{SAID}.includes('released') && {row(name)} === null")
    assert "Its servers are deleted" in page.asked[0]
    assert page.complaints == []


def test_nodes_are_found_while_one_types_and_keep_the_focus(
    service: ServiceProcess, page: Page
) -> None:
    a_ready_lease(service, owner="somebody")
    page.go(f"{service.url}/nodes")
    page.tab_to("find")
    page.type("demo01")
    page.until("document.getElementById('count').textContent === '3 nodes'")
    assert page.value("document.activeElement.id") == "find"
    page.until("location.search === '?text=demo01&machine_type=&state='")
    a_ready_lease(service, owner="somebody")
    page.go(f"{service.url}/nodes?state=ready")
    page.until("document.getElementById('count').textContent === '2 nodes'")


def test_a_live_change_leaves_the_focus_where_it_is(service: ServiceProcess, page: Page) -> None:
    lease = a_ready_lease(service)
    page.until(f"{row(lease['id'])}?.textContent.includes('1 of 1')")
    page.tab_to(f"four:{lease['id']}")
    a_ready_lease(service)
    page.until(f"{TYPE}.includes('2 ready')")
    assert page.value("document.activeElement.id") == f"four:{lease['id']}"


def test_a_node_is_marked_down_with_a_note(service: ServiceProcess, page: Page) -> None:
    page.go(f"{service.url}/nodes/demo003")
    page.tab_to("note")
    page.type("disk")
    page.tab_to("mark-down")
    page.press("Enter")
    page.until("document.getElementById('part').textContent.includes('It is not given out')")
    down = call(service, "GET", "/nodes/demo003")["node"]
    assert (down["up"], down["note"]) == (False, "disk")


def test_a_telephone_needs_no_sideways_scrolling(service: ServiceProcess, page: Page) -> None:
    lease = a_ready_lease(service, count=3, purpose="a purpose that takes a line or two by itself")
    page.resize(360, 740, telephone=True)
    for path in ("/", "/nodes", f"/nodes/{lease['nodes'][0]['name']}", "/leases", "/clouds",
                 "/failures", "/search?text=demo", "/audit-log"):  # fmt: skip
        page.go(f"{service.url}{path}")
        assert page.value("document.documentElement.scrollWidth") <= 360, path
    page.go(f"{service.url}/")
    for control in (f"hour:{lease['id']}", f"release:{lease['id']}", "lock-button"):
        box = f"document.getElementById('{control}').getBoundingClientRect()"
        assert page.value(f"{box}.height") >= 40
        assert page.value(f"{box}.right") <= 360


def test_dark_is_dark_and_can_be_read(service: ServiceProcess, page: Page) -> None:
    lightness = """
      ((name) => getComputedStyle(document.body)[name].match(/\\d+/g).map(Number)
        .reduce((sum, each) => sum + each) / 765)"""
    for scheme, dark in (("light", False), ("dark", True)):
        page.darken(scheme)
        ground = page.value(f"{lightness}('backgroundColor')")
        text = page.value(f"{lightness}('color')")
        assert (ground < 0.5) is dark
        assert abs(ground - text) > 0.6


def test_a_user_sees_no_button_for_others_and_is_refused_without_it(
    tmp_path: Path, browser: Browser
) -> None:
    root, ann = new_token(), new_token()
    (tmp_path / "service").mkdir()
    tokens = ["--token", f"root:admin={fingerprint(root)}", "--token", f"ann={fingerprint(ann)}"]
    with a_process(tmp_path / "service", *tokens) as service:
        bearer = {"authorization": f"Bearer {root}", "content_type": "application/json"}
        with an_answer(
            service, "POST", "/api/v1/leases", {"machine_type": "demo"}, **bearer
        ) as answer:
            lease = json.loads(answer.read())["id"]
        with browser.a_page(f"{service.url}/") as page:
            assert page.value("location.pathname") == "/sign-in"
            page.value("document.querySelector('input[name=token]').focus()")
            page.value(f"document.querySelector('input[name=token]').value = '{ann}'")
            page.follow("document.querySelector('form').requestSubmit()")
            page.go(f"{service.url}/leases")
            page.until(f"{row(lease)} !== null")
            assert page.value(f"{row(lease)}.querySelector('button')") is None
            assert page.value("document.querySelector('a[href=\"/audit-log\"]')") is None
            assert "ann" in page.value("document.querySelector('header').textContent")
            page.value(
                f"htmx.ajax('POST', '/leases/{lease}/release', {{target: '#said',"
                " values: {force: 'true'}})"
            )
            page.until(f"{SAID}.includes('operator or admin')")
            page.go(f"{service.url}/")
            page.value("document.getElementById('lock-purpose').value = 'mine'")
            page.value("document.getElementById('lock-button').click()")
            page.until("document.getElementById('mine').parentNode.textContent.includes('mine')")
            page.until(f"{SAID}.includes('lease-')")
            page.follow("document.querySelector('form[action=\"/sign-out\"]').requestSubmit()")
            assert page.value("location.pathname") == "/sign-in"
        with an_answer(service, "GET", "/api/v1/leases", **bearer) as answer:
            owners = {each["owner"] for each in json.loads(answer.read())}
        assert owners == {"root", "ann"}


def test_the_views_look_like_a_lab(tmp_path: Path, browser: Browser) -> None:
    """Pictures for the README are kept where LEASEHOLD_PICTURES says."""
    kept = Path(os.environ.get("LEASEHOLD_PICTURES", tmp_path))
    (tmp_path / "service").mkdir()
    more = tmp_path / "more.toml"
    more.write_text(MORE)
    with a_process(tmp_path / "service", "--nodes", "24", "--more", str(more)) as service:
        metal = {"names": ["smithi001..smithi016"], "machine_type": "smithi", "new_type": True}
        call(service, "POST", "/nodes", metal)
        call(service, "PATCH", "/nodes/smithi007", {"up": False, "note": "waits for a disk"})
        own = me(service)
        lease = a_ready_lease(service, count=3, owner=own, purpose="rbd suite")
        a_ready_lease(service, count=18, owner="nightly@ci", purpose="nightly")
        a_ready_lease(service, machine_type="debian-12", count=11, owner="bob@lab", purpose="try 7")
        a_ready_lease(service, machine_type="smithi", count=9, owner="eve@lab", purpose="upgrade")
        wish = {"machine_type": "demo", "count": 8, "owner": "zoe@lab", "purpose": "fs suite"}
        call(service, "POST", "/leases", wish)
        with browser.a_page(f"{service.url}/") as page:
            page.resize(1200, 660)
            page.until(f"{LIVE} && {row(lease['id'])} !== null")
            assert page.value("document.querySelectorAll('.types svg').length") == 3
            (kept / "page-lab.png").write_bytes(page.picture())
            page.darken()
            name = lease["nodes"][0]["name"]
            page.go(f"{service.url}/nodes/{name}")
            page.until(f"{LIVE} && document.querySelector('svg.timeline') !== null")
            page.resize(1200, 700)
            (kept / "page-node.png").write_bytes(page.picture())
            page.resize(390, 780, telephone=True)
            page.go(f"{service.url}/")
            page.until(f"{LIVE} && {row(lease['id'])} !== null")
            (kept / "page-telephone.png").write_bytes(page.picture())
            assert page.complaints == []
    assert all((kept / f"page-{each}.png").stat().st_size > 5000
               for each in ("lab", "node", "telephone"))  # fmt: skip
