from collections.abc import Iterator
from pathlib import Path

import pytest

from .browser import Page, a_page
from .processes import ServiceProcess, a_process, a_ready_lease, call

STATE = "document.getElementById('node:demo001').dataset.state"
TYPED = """
(() => {{
  const form = document.getElementById('filter').elements;
  form.text.value = '{text}';
  form.busy.checked = {busy};
  form.text.dispatchEvent(new Event('input', {{bubbles: true}}));
}})()
"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    (tmp_path / "service").mkdir()
    with a_process(tmp_path / "service", "--nodes", "12") as service:
        yield service


@pytest.fixture
def page(service: ServiceProcess, tmp_path: Path) -> Iterator[Page]:
    with a_page(tmp_path / "browser", f"{service.url}/") as page:
        yield page


def test_the_page_follows_a_lock_and_its_end(service: ServiceProcess, page: Page) -> None:
    assert page.value(STATE) == "free"
    lease = a_ready_lease(service, count=2, purpose="try it")
    row = f"document.getElementById('lease:{lease['id']}')"
    page.until(f"{STATE} === 'ready' && {row}.textContent.includes('2 of 2')")
    assert "try it" in page.value(f"{row}.textContent")
    assert page.value("document.getElementById('events').children.length") > 2
    call(service, "DELETE", f"/leases/{lease['id']}")
    page.until(f"{STATE} === 'free' && {row} === null")
    assert page.complaints == []


def test_what_somebody_wrote_is_text_and_never_runs(service: ServiceProcess, page: Page) -> None:
    nasty = "<img src=x onerror='document.title=\"owned\"'><script>document.title=1</script>"
    a_ready_lease(service, purpose=nasty, owner=nasty)
    page.until("document.getElementById('leases').rows.length === 1")
    assert nasty in page.value("document.getElementById('leases').textContent")
    assert page.value("document.images.length") == 0
    assert page.value("document.title") == "Leasehold"
    assert page.complaints == []


def test_the_page_comes_back_to_life_with_the_service(service: ServiceProcess, page: Page) -> None:
    page.until("document.getElementById('live').textContent === 'live'")
    service.stop()
    page.until("document.getElementById('live').className === 'lost'")
    service.start()
    page.until("document.getElementById('live').textContent === 'live'")
    a_ready_lease(service)
    page.until(f"{STATE} === 'ready'")


def test_nodes_can_be_found_by_text_and_by_use(service: ServiceProcess, page: Page) -> None:
    a_ready_lease(service, owner="somebody")
    page.until(f"{STATE} === 'ready'")
    shown = "[...document.getElementById('nodes').rows].filter((row) => !row.hidden).length"
    for text, busy, count in (
        ("", "false", 12), ("demo01", "false", 3), ("", "true", 1), ("some", "false", 1),
    ):  # fmt: skip
        page.value(TYPED.format(text=text, busy=busy))
        assert page.value(shown) == count
