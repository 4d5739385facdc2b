"""`leasehold import teuthology`: what is written, what is said, and what is never shown."""

import stat
from pathlib import Path

import pytest

from leasehold.cli.app import run
from leasehold.lab.config import FlavorRule, load
from tests.unit.lab.teuthology.files import SEED, a_file

SECRET = "my_ovh_password"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of who imports, with a key pair in it."""
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh/id_rsa.pub").write_text("ssh-rsa AAAA ann\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("TEUTHOLOGY_CONFIG", raising=False)
    monkeypatch.chdir(home)
    return home


def names_in(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir())


def test_the_configuration_that_is_written_is_the_one_that_the_file_means(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = "openstack: {volumes: {count: 2, size: 10}}\n"
    given = a_file(home, provider="exclude_sizes: [win-.*, gpu]\n", more=more)
    assert run(["import", "teuthology", str(given), "--nodes", "40"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "wrote leasehold.toml\n"
    config = load(home / "leasehold.toml")
    assert config.clouds["ovh"].auth["password"] == SECRET
    ovh = config.machine_types["ovh"]
    assert ovh.flavor == FlavorRule(
        cores=1, ram_mib=8000, disk_gib=20, allow=".*", exclude=("win-.*", "gpu.*")
    )
    assert (ovh.nodes, ovh.volumes[0].count, ovh.ssh_user) == (40, 2, "ubuntu")
    assert "ssh-rsa AAAA ann" in (ovh.user_data or "")
    direct = home / "direct.toml"
    direct.write_text(f'[lab]\nteuthology_yaml = "{given.name}"\n[machine_types.ovh]\nnodes = 40\n')
    assert load(direct).machine_types == config.machine_types
    assert load(direct).clouds == config.clouds


def test_passwords_go_into_a_file_that_nobody_else_can_read_and_are_never_shown(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", "teuthology", str(a_file(home))]) == 0
    shown = capsys.readouterr()
    assert SECRET not in shown.out + shown.err
    assert "leasehold.ovh.auth.toml, with passwords" in shown.err
    assert SECRET not in (home / "leasehold.toml").read_text()
    assert (home / "leasehold.ovh.auth.toml").read_text() == f'password = "{SECRET}"\n'
    assert stat.S_IMODE((home / "leasehold.ovh.auth.toml").stat().st_mode) == 0o600


def test_on_stdout_there_is_no_password_and_nothing_is_written(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", "teuthology", str(a_file(home)), "--output", "-"]) == 0
    shown = capsys.readouterr()
    assert "[machine_types.ovh]" in shown.out
    assert SECRET not in shown.out + shown.err
    assert "not written: leasehold.ovh.auth.toml" in shown.err
    assert names_in(home) == [".ssh", "teuthology.yaml"]


def test_names_are_set_where_the_file_and_the_option_say(home: Path) -> None:
    more = "lab_domain: lab.test\nnsupdate_url: http://dns.lab/update\n"
    given = a_file(home, more=more)
    assert run(["import", "teuthology", str(given), "--name-server", "ns.lab:53"]) == 0
    config = load(home / "leasehold.toml")
    assert config.machine_types["ovh"].dns == "lab"
    assert config.paddles is not None
    assert config.paddles.domain == "lab.test"
    lab = config.dns["lab"]
    assert (lab.domain, lab.server, lab.nsupdate_url) == (
        "lab.test", "ns.lab:53", "http://dns.lab/update",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "options", "told"),
    [
        ("", ["--nodes", "4"], "without lab_domain and nsupdate_url in the file"),
        ("lab_domain: a\nnsupdate_url: http://b\n", [], "without --name-server HOST"),
        ("", [], "has 10 here, --nodes N says otherwise"),
        ("lock_server: http://paddles/\n", [], "leasehold import paddles http://paddles/"),
        ("lock_server: http://me:x@paddles/\n", [], "leasehold import paddles http://paddles/"),
        ("ssh_key: /nowhere/key\n", [], "/nowhere/key.pub is not there"),
    ],
)
def test_what_the_file_does_not_settle_is_said(
    home: Path, more: str, options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", "teuthology", str(a_file(home, more=more)), *options]) == 0
    assert told in capsys.readouterr().err


def test_two_exclusions_are_told_to_mean_something_else_than_in_teuthology(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", "teuthology", str(a_file(home, provider="exclude_sizes: [a, b]"))]) == 0
    assert "fits any of its exclude_sizes" in capsys.readouterr().err


def test_without_a_name_the_file_that_teuthology_reads_is_taken(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", "teuthology"]) == 2
    assert "no teuthology.yaml at" in capsys.readouterr().err
    (home / ".teuthology.yaml").write_text(SEED)
    assert run(["import", "teuthology"]) == 0
    (home / "other.yaml").write_text(SEED.replace("ovh:", "other:"))
    monkeypatch.setenv("TEUTHOLOGY_CONFIG", str(home / "other.yaml"))
    assert run(["import", "teuthology", "--output", "-"]) == 0
    assert "[machine_types.other]" in capsys.readouterr().out


@pytest.mark.parametrize("there", ["leasehold.toml", "leasehold.ovh.auth.toml"])
def test_nothing_that_exists_is_overwritten_unasked(
    home: Path, there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = str(a_file(home))
    (home / there).write_text("mine")
    assert run(["import", "teuthology", given]) == 2
    assert f"{there} exists; --force overwrites it" in capsys.readouterr().err
    assert names_in(home) == sorted([".ssh", "teuthology.yaml", there])
    assert run(["import", "teuthology", given, "--force"]) == 0
    assert (home / there).read_text() != "mine"


def test_where_nothing_can_be_written_the_command_says_so(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = str(a_file(home))
    assert run(["import", "teuthology", given, "--output", "nowhere/leasehold.toml"]) == 1
    assert "nowhere" in (told := capsys.readouterr().err)
    assert "cannot be written: No such file or directory" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.yaml"], "no such file"),
        (["teuthology.yaml", "--nodes", "0"], "--nodes: found 0; allowed: 1 or more"),
    ],
)
def test_wrong_use_is_told(
    home: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    a_file(home)
    assert run(["import", "teuthology", *arguments]) == 2
    assert told in capsys.readouterr().err
