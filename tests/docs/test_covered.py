"""Pages written by hand name everything that the code can say, and nothing that it cannot."""

import ast
import re
from pathlib import Path

import pytest
from bench.__main__ import NAMES
from tests.docs.page import ROOT, page

from leasehold.datasets import errors as dataset_errors
from leasehold.datasets.agent.agent import CLAIM_SECONDS
from leasehold.datasets.agent.config import DOCKER_PATIENCE, AgentConfig
from leasehold.datasets.agent.volume_options import OPTIONS
from leasehold.engine.cloud import Kind
from leasehold.engine.engine import STORE_RETRY
from leasehold.engine.errors import UnknownName
from leasehold.engine.ledger import REMEMBERED
from leasehold.engine.outcome import UNSURE_TRIES
from leasehold.engine.reason import Cause
from leasehold.engine.schedule import AUDIT_INTERVAL, INTERVAL
from leasehold.engine.table import GRACE
from leasehold.engine.watch import Pace
from leasehold.lab import errors
from leasehold.lab.user_data import SENTINEL
from leasehold.openstack import ServiceType
from leasehold.openstack.microversion import WISHED
from leasehold.openstack.retry import LONGEST_DELAY
from leasehold.openstack.settings import RETRIES, RETRY_DELAY
from leasehold.service import tokens

SOURCE = ROOT / "src/leasehold"


def test_the_page_of_waits_says_what_to_do_about_each_cause():
    rows = _first_cells("docs/waits-and-failures.md")
    assert not [cause.value for cause in Cause if f"`{cause.value}`" not in rows]


def test_every_error_code_of_the_api_is_explained_and_no_other():
    codes = set(re.findall(r"`(\w+)`", " ".join(_second_cells("docs/api.md"))))
    said = {
        *_codes_in(SOURCE / "service/errors.py"),
        *_codes_in(SOURCE / "service/door.py"),
        *(f"unknown_{kind.thing.replace(' ', '_')}" for kind in _unknown_names()),
    }
    assert codes == said


def test_every_admin_route_of_the_emulator_is_explained_and_no_other():
    rows = " ".join(_first_cells("docs/emulator.md"))
    explained = set(re.findall(r"`((?:GET|POST|PUT|DELETE) /_emulator/[^`]*)`", rows))
    assert explained == {f"{method} /_emulator{path}" for method, path in _admin_routes()}


@pytest.mark.parametrize("name", ["docs/troubleshooting.md", "docs/driver-troubleshooting.md"])
def test_the_messages_that_troubleshooting_explains_can_be_met(name):
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    joined = re.sub(r'"\s*\n\s*f?"', "", source)  # a text that stands on several lines
    tables = re.split(r"^\| (?:message|finding)[^|]*\|", _text(name), flags=re.MULTILINE)
    rows = [line for table in tables[1:] for line in table.partition("\n\n")[0].splitlines()]
    told = [text for row in rows for text in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert len(told) > 10
    parts = [(text, part) for text in told for part in re.split(r"\.\.\.|[A-Z]{3,}", text)]
    assert not [text for text, part in parts if part.strip(" :;,?") not in joined]


def test_the_log_events_that_operations_explains_are_written_somewhere():
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    rows = [row for row in _first_cells("docs/operations.md") if "_" in row or "." in row]
    events = [event for row in rows for event in re.findall(r"`([a-z]+\.[a-z_]+)`", row)]
    assert len(events) > 6
    assert not [event for event in events if not _is_written(event, source)]


def _is_written(event: str, source: str) -> bool:
    """Two of them are made from the verb of the call."""
    return f'"{event}"' in source or f'"{re.sub("make|delete", "{verb}", event)}"' in source


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("docs/architecture.md", f"every {INTERVAL[Kind.SERVER]:g} seconds at most"),
        ("docs/architecture.md", f"every {AUDIT_INTERVAL:g} seconds for a complete audit"),
        ("docs/architecture.md", f"below {Pace().lists_per_second:g} calls a second"),
        ("docs/architecture.md", f"begun {GRACE:g} s after the restart"),
        ("docs/architecture.md", f"After {UNSURE_TRIES} orders without a clear answer"),
        ("docs/architecture.md", f"at most {Pace().calls_at_once} at once per cloud"),
        ("docs/architecture.md", f"tried again every {STORE_RETRY:g} seconds"),
        ("docs/operations.md", f"tries again every {STORE_RETRY:g} seconds"),
        ("docs/operations.md", f"({Pace().calls_per_second:g}, with a `burst` of {Pace().burst})"),
        ("docs/operations.md", f"{Pace().calls_at_once} calls at once"),
        ("docs/operations.md", f"{Pace().lists_per_second:g} a second on average"),
        ("docs/operations.md", f"gone go after {REMEMBERED / 86400:g} days"),
        ("docs/docker.md", f"counts for another {CLAIM_SECONDS:g} seconds"),
        ("docs/docker.md", f"waits for {DOCKER_PATIENCE:g} seconds at most"),
        ("docs/driver.md", "Nova {}.{}".format(*WISHED[ServiceType.COMPUTE])),
        ("docs/driver.md", "Cinder {}.{}".format(*WISHED[ServiceType.VOLUME])),
        ("docs/driver.md", f"At most {RETRIES} times"),
        ("docs/driver.md", f"after {RETRY_DELAY:g} s doubling to {LONGEST_DELAY:g} s"),
        ("docs/own-cloud.md", f"`{SENTINEL}`"),
    ],
)
def test_a_number_that_a_page_tells_is_that_of_the_code(name: str, phrase: str):
    assert phrase in " ".join(_text(name).split())


def test_every_setting_of_an_agent_and_every_option_of_a_volume_is_explained_and_no_other():
    rows = {re.sub("`", "", cell).strip() for cell in _first_cells("docs/docker.md")}
    told = {cell for cell in rows if re.fullmatch("[a-z_]+", cell)} - {"option", "key"}
    assert told == {*AgentConfig.__struct_fields__, *OPTIONS}


def test_each_benchmark_is_in_the_readme_and_explained():
    assert set(re.findall(r"`make bench BENCH=(\w+)`", _text("README.md"))) == set(NAMES)
    assert set(re.findall(r"^## (\w+)$", _text("docs/performance.md"), re.MULTILINE)) == set(NAMES)


def _unknown_names() -> list[type[UnknownName]]:
    names = [*vars(errors).values(), *vars(tokens).values(), *vars(dataset_errors).values()]
    kinds = [each for each in names if isinstance(each, type)]
    return [each for each in kinds if issubclass(each, UnknownName) and each is not UnknownName]


def _admin_routes() -> set[tuple[str, str]]:
    """Method and path of each route, as they stand in the emulator's table of them."""
    tree = ast.parse((SOURCE / "emulator/admin.py").read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Tuple(
                elts=[ast.Constant(value=str(method)), ast.Constant(value=str(path)), _]
            ):
                found.add((method, path))
    return found


def _codes_in(path: Path) -> set[str]:
    """Error codes as literals: ``code="..."``, the values of ``_CODES``, ``_Refused(401, "...")``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
                found.add(code)
            case ast.Call(
                func=ast.Name(id="_Refused"), args=[_, ast.Constant(value=str(code)), *_]
            ):
                found.add(code)
            case ast.Assign(targets=[ast.Name(id="_CODES")], value=ast.Dict(values=values)):
                found |= {value.value for value in values if isinstance(value, ast.Constant)}
            case ast.Assign(targets=[ast.Name(id="code")], value=value):
                found |= {each.value for each in ast.walk(value) if isinstance(each, ast.Constant)
                          and isinstance(each.value, str)}  # fmt: skip
    return {code for code in found if code}


def _text(name: str) -> str:
    return page(name).path.read_text(encoding="utf-8")


def _cells(name: str) -> list[list[str]]:
    return [line.split("|")[1:-1] for line in _text(name).splitlines() if line.startswith("| ")]


def _first_cells(name: str) -> list[str]:
    return [cells[0].strip() for cells in _cells(name)]


def _second_cells(name: str) -> list[str]:
    return [cells[1].strip() for cells in _cells(name)]
