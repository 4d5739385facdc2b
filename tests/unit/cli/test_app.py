import subprocess
import sys

import pytest

from leasehold import __version__
from leasehold.cli.app import COMMANDS, make_app, run
from leasehold.cli.exits import MEANINGS, Exit

NAMES = [name for _, name, _, _ in COMMANDS]


def test_help_lists_every_command_and_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in NAMES:
        assert f" {name} " in shown
    for code, meaning in MEANINGS.items():
        assert f"{code.value}  {meaning}" in shown


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_a_help_of_its_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert f"leasehold {name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_a_commands_summary_is_the_beginning_of_its_help(name: str) -> None:
    command = make_app(name)[name]
    listed = next(summary for _, each, _, summary in COMMANDS if each == name)
    assert command.help.splitlines()[0] == listed


def test_version_is_told_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == run(["version"]) == 0
    assert capsys.readouterr().out.split() == [__version__, "leasehold", __version__]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nope"], "nope"),
        (["lock"], "--type"),
        (["lock", "--typ", "demo"], "--type"),
        (["lock", "--type", "demo", "--count", "two"], "two"),
        (["nodes", "--state", "fre"], "free"),
        (["extend", "lease-1", "3x"], "1h30m"),
        (["unlock"], "--lease"),
        (["token", "a b"], "ann@lab"),
        (["nodes", "--server", "ftp://h"], "http://HOST:PORT"),
        (["serve", "--config", "/nowhere/leasehold.toml"], "leasehold init"),
    ],
)
def test_wrong_use_is_told_on_stderr_and_exits_with_2(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == Exit.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("leasehold: ")
    assert told in shown.err


HEAVY = ("openstack", "keystoneauth1", "litestar", "uvicorn", "sqlalchemy", "asyncssh", "requests",
         "jinja2", "asyncio")  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    ["['--help']", "['nodes', '--server', 'ftp://']", "['unlock']", "['lock', '--help']"],
)
def test_the_client_starts_without_the_services_libraries(arguments: str) -> None:
    program = f"""
import sys
from leasehold.cli.app import run
run({arguments})
heavy = [name for name in {HEAVY!r} if name in sys.modules]
sys.exit(f"imported: {{heavy}}" if heavy else 0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
