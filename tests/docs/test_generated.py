"""What is made from the code is up to date, and leaves nothing out."""

import re

import msgspec
import pytest
from tests.docs.page import ROOT
from tools.docs import api, commands, driver
from tools.docs.pages import PAGES, text_of

from leasehold.lab import config
from leasehold.openstack import connect
from leasehold.openstack.arguments import Arguments
from leasehold.openstack.service import Service


@pytest.mark.parametrize("path", PAGES)
def test_a_generated_page_says_what_the_code_says(path: str):
    kept = (ROOT / path).read_text(encoding="utf-8")
    assert kept == text_of(path), f"{path} is stale: run `make docs`"


def test_every_table_cell_of_a_generated_page_that_explains_something_is_filled():
    empty = []
    for path in PAGES:
        columns: list[str] = []
        for line in (ROOT / path).read_text(encoding="utf-8").splitlines():
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if not cells:
                columns = []
            elif not columns:
                columns = cells
            elif columns[-1] == "meaning" and not cells[-1] and columns[0] not in _SELF_EVIDENT:
                empty.append(f"{path}: {cells[0]}")
    assert not empty, "\n".join(empty)


_SELF_EVIDENT = ("field", "status", "delay")
"""Tables whose first column may speak for itself: ``created_at``, 200."""


def test_every_command_has_its_section():
    text = _page("docs/reference/commands.md")
    lacking = [path for path, _ in commands.commands() if f"## leasehold {path}\n" not in text]
    assert not lacking


def test_every_key_of_the_configuration_has_its_row():
    text = _page("docs/reference/configuration.md")
    kinds = [
        kind
        for kind in vars(config).values()
        if isinstance(kind, type)
        and issubclass(kind, msgspec.Struct)
        and kind.__module__.startswith(config.__name__)
        and kind is not config.Config
    ]
    assert len(kinds) > 5
    keys = {field.name for kind in kinds for field in msgspec.structs.fields(kind)}
    assert not [key for key in keys if f"\n| `{key}` |" not in text]
    assert not [name for name in Arguments.__annotations__ if f"`{name}`" not in text]


def test_every_route_of_the_api_has_its_section():
    text = _page("docs/reference/api.md")
    routes = [f"{method} {path}" for method, path, _ in api.routes(api.openapi())]
    assert len(routes) > 10
    assert not [route for route in routes if f"\n### {route}\n" not in text]


def _page(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_every_verb_of_the_driver_has_its_row():
    text = _page("docs/reference/driver.md")
    verbs = [verb for client in driver.CLIENTS.values() for verb in driver.verbs_of(client)]
    assert len(verbs) > 200
    assert not [verb for verb in verbs if f"\n| `{verb}(" not in text]


def test_every_client_of_a_connection_is_on_the_page_of_verbs():
    with connect(auth_url="http://127.0.0.1:9/v3", username="u", password="p") as cloud:
        found = {name: type(value) for name, value in vars(cloud).items() if _has_verbs(value)}
    assert found == driver.CLIENTS


def _has_verbs(value: object) -> bool:
    return isinstance(getattr(value, "service", None), Service)
