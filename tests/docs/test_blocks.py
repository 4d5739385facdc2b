"""What the pages show runs: Python, commands, configurations."""

import configparser
import json
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.docs.page import PAGES, Page
from tests.docs.reader import reading

from leasehold.datasets.agent.config import load as load_agent
from leasehold.emulator import Emulator
from leasehold.emulator.settings import Delays
from leasehold.emulator.timeline import Delay
from leasehold.lab.config import load

SHELL = ("console", "sh")
LANGUAGES = {*SHELL, "python", "toml", "json", "yaml", "ini", "text", "mermaid"}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    quick = Delay(low=0.1, mode=0.2, high=0.3)
    delays = Delays(boot=quick, delete=quick, action=quick, volume=quick, image=quick)
    with Emulator(guests="auto", delays=delays) as running:
        yield running


def pages_with(*languages: str) -> list[object]:
    found = [page for page in PAGES if page.written_in(*languages)]
    return [pytest.param(page, id=page.name) for page in found]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_names_its_language_and_one_that_is_not_run_says_why(page: Page):
    for block in page.blocks:
        place = f"{page.name}:{block.line}"
        assert block.language in LANGUAGES, f"{place}: {block.language!r} is not one of {LANGUAGES}"
        why = block.reason_not_to_run
        assert why is None or len(why) > 8, f"{place}: {why!r} is no reason"


@pytest.mark.parametrize("page", pages_with("python"))
def test_the_python_of_a_page_runs(
    page: Page, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    emulator.reset()
    needs_service = any("8484" in block.text for block in page.written_in("python"))
    with reading(tmp_path, emulator, with_service=needs_service) as reader:
        monkeypatch.chdir(tmp_path)
        for name in ("OS_CLIENT_CONFIG_FILE", "LEASEHOLD_SERVER", "LEASEHOLD_OWNER", "HOME"):
            monkeypatch.setenv(name, reader.environment[name])
        names: dict[str, object] = {"__name__": "__main__"}
        for block in page.written_in("python"):
            source = "\n" * block.line + reader.here(block.text)
            exec(compile(source, page.name, "exec"), names)


@pytest.mark.parametrize("page", pages_with(*SHELL))
def test_the_commands_of_a_page_work_as_shown(page: Page, emulator: Emulator, tmp_path: Path):
    blocks = page.written_in(*SHELL)
    text = "\n".join(block.text for block in blocks)
    if "curl" in text and shutil.which("curl") is None:
        pytest.skip("the page uses curl, which is not installed here")
    emulator.reset()
    with reading(tmp_path, emulator, with_service="leasehold serve" not in text) as reader:
        for block in blocks:
            for trouble in reader.type(block):
                pytest.fail(f"{page.name}:{block.line}: {trouble}")


@pytest.mark.parametrize("page", pages_with("toml"))
def test_the_configurations_of_a_page_load(page: Page, tmp_path: Path):
    for block in page.written_in("toml"):
        file = tmp_path / "leasehold.toml"
        file.write_text(block.text + _clouds_it_leaves_out(block.text))
        load_agent(file) if "token_file" in block.text else load(file)


def _clouds_it_leaves_out(text: str) -> str:
    """Tables of the clouds that an excerpt mentions only."""
    content = tomllib.loads(text)
    mentioned = {each["cloud"] for each in content.get("machine_types", {}).values()}
    return "".join(f"\n[clouds.{name}]\n" for name in mentioned - set(content.get("clouds", {})))


@pytest.mark.parametrize("page", pages_with("json", "yaml", "ini"))
def test_the_data_of_a_page_can_be_read(page: Page):
    for block in page.written_in("json"):
        json.loads(block.text)
    for block in page.written_in("yaml"):
        yaml.safe_load(block.text)
    for block in page.written_in("ini"):
        configparser.ConfigParser(strict=False).read_string(block.text)
