import re
import subprocess
import sys

import pytest

from leasehold import __version__
from leasehold.cli import registering
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
        (["nodes", "--server", "http://[::1"], "http://HOST:PORT"),
        (["nodes", "--server", "http://a b"], "http://HOST:PORT"),
        (["nodes", "foo"], "found foo, which it does not take"),
        (["nodes", "add"], "`leasehold nodes add --help`"),
        (["lock", "a", "--type", "b"], "not both"),
        (["lock", "--type", "b", "--hold", "--for", "1h"], "not both"),
        (["dataset", "create", "x", "--size", "1", "--cloud", "c", "--timeout", "5"], "1h30m"),
        (["dataset", "hold", "pg", "--for", "nightly dump"], "said with --purpose"),
        (["dataset", "hold", "pg", "--for", "nightly", "--duration", "2h"], "--duration"),
        (["token", "ann", "--owner", "a b"], "--owner: found 'a b'"),
        (["amend", "lease-1"], "--purpose"),
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


@pytest.mark.parametrize(
    "arguments",
    [
        ["ca", "init", "lab", "-d", "/etc/hostname/ca"],
        ["init", "--cloud", "none", "-o", "/proc/nowhere/leasehold.toml"],
    ],
)
def test_a_file_that_cannot_be_written_is_told_in_a_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == Exit.FAILED
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert shown.err.count("\n") <= 2


@pytest.mark.parametrize("name", ["add", "set", "down", "up", "remove"])
def test_each_way_to_change_nodes_is_listed_with_the_beginning_of_its_help(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["nodes", "--help"]) == 0
    assert re.search(rf" {name} +[A-Z]", capsys.readouterr().out)
    told = getattr(registering, f"{name}_nodes").__doc__ or ""
    assert told.startswith(make_app("nodes")["nodes"][name].help)


@pytest.mark.parametrize("token", ["abc\ndef", "\u0142", "a b"])
def test_a_token_that_no_header_may_have_is_told_without_it(
    token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEASEHOLD_TOKEN", token)
    assert run(["nodes", "--server", "http://127.0.0.1:9"]) == Exit.USAGE
    shown = capsys.readouterr().err
    assert "LEASEHOLD_TOKEN" in shown
    assert token not in shown
