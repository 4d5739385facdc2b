"""Links lead somewhere: to a file of this repository, and to a heading in it."""

import pytest
from tests.docs.page import PAGES, ROOT, Page, read


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_the_repository_lead_somewhere(page: Page):
    broken = [link for link in page.links if "://" not in link and not _leads(page, link)]
    assert not broken, f"{page.name}: {', '.join(broken)}"


def _leads(page: Page, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.path.parent / name).resolve() if name else page.path
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or anchor in read(target).anchors


def test_every_page_is_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        if path.suffix == ".md":
            links = [each.partition("#")[0] for each in read(path).links if "://" not in each]
            waiting += [
                target for each in links if (target := (path.parent / each).resolve()).is_file()
            ]
    lost = [page.name for page in PAGES if page.path not in reached]
    assert not lost, f"no link leads to {', '.join(lost)}"
