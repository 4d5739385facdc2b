"""What a node is told at its birth."""

from email import charset, message_from_string

import pytest
import yaml

from leasehold.lab.user_data import HEADER, LARGEST, SENTINEL, BadUserData, compose

KEYS = ("ssh-ed25519 AAAA ann", "ssh-ed25519 BBBB lab")


def config_of(text: str) -> dict[str, object]:
    assert text.startswith(HEADER + "\n")
    return yaml.safe_load(text)


@pytest.mark.parametrize("base", [None, "", "  \n", "#cloud-config\n", "#cloud-config"])
def test_without_more_a_node_lets_the_keys_in_and_writes_its_mark_last(base) -> None:
    config = config_of(compose(base, KEYS, "server-1"))
    assert config == {
        "ssh_authorized_keys": list(KEYS),
        "runcmd": [f"mkdir -p /run/leasehold && echo server-1 > {SENTINEL}"],
    }


def test_a_cloud_config_is_extended_and_its_own_commands_come_first() -> None:
    base = """#cloud-config
packages: [git]
ssh_authorized_keys: [ssh-rsa OWN]
runcmd:
  - [sh, -c, "true"]
"""
    config = config_of(compose(base, KEYS, "server-1"))
    assert config["packages"] == ["git"]
    assert config["ssh_authorized_keys"] == ["ssh-rsa OWN", *KEYS]
    assert config["runcmd"][0] == ["sh", "-c", "true"]
    assert "echo server-1" in config["runcmd"][-1]


def test_an_empty_list_in_a_cloud_config_is_one_to_extend() -> None:
    config = config_of(compose("#cloud-config\nruncmd:\n", KEYS, "m"))
    assert len(config["runcmd"]) == 1


def test_a_script_becomes_a_part_and_runs_before_the_mark_is_written() -> None:
    script = "#!/bin/bash\necho 'grüße' > /tmp/x\n"
    message = message_from_string(compose(script, KEYS, "server-1"))
    first, second = message.get_payload()
    assert first.get_content_type() == "text/x-shellscript"
    assert first.get_payload(decode=True).decode() == script
    assert second.get_content_type() == "text/cloud-config"
    config = config_of(second.get_payload(decode=True).decode())
    assert "echo server-1" in config["runcmd"][-1]


def test_a_script_is_whole_whatever_the_process_holds_for_usual_in_mail() -> None:
    """Importing Buildbot's mail reporter changes it, for one."""
    usual = charset.CHARSETS["utf-8"]
    charset.add_charset("utf-8", charset.SHORTEST, None, "utf-8")
    try:
        script = "#!/bin/bash\necho 'größer' > /tmp/x\n"
        message = message_from_string(compose(script, KEYS, "server-1"))
    finally:
        charset.CHARSETS["utf-8"] = usual
    assert message.get_payload()[0].get_payload(decode=True).decode() == script


def test_each_node_gets_its_own_mark() -> None:
    one, other = (compose("#cloud-config\n", KEYS, mark) for mark in ("server-1", "server-2"))
    assert one.replace("server-1", "server-2") == other


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("hello", "begins with 'hello'; allowed: #cloud-config, or a script"),
        ("#cloud-config\n- a\n", "holds a list; cloud-config is a mapping"),
        ("#cloud-config\nruncmd: reboot\n", "runcmd in user-data is a str; it has to be a list"),
        ("#cloud-config\nssh_authorized_keys: {a: b}\n", "is a dict; it has to be a list"),
        ("#cloud-config\na: [1\nb: {\n", "no YAML: .* in line"),
        ("#cloud-config\na: 2024-13-45\n", "no YAML"),
        ("#cloud-config\na: !!python/object:os.system x\n", "no YAML"),
    ],
)
def test_what_cannot_work_is_refused(base: str, message: str) -> None:
    with pytest.raises(BadUserData, match=message):
        compose(base, KEYS, "m")


def test_a_syntax_error_does_not_show_the_text() -> None:
    with pytest.raises(BadUserData) as caught:
        compose("#cloud-config\npassword: hunter2: x\n", KEYS, "m")
    assert "hunter2" not in str(caught.value)


def test_what_nova_would_not_take_is_refused_here() -> None:
    fits = "#!/bin/sh\n" + "#" * 40_000
    compose(fits, KEYS, "m")
    with pytest.raises(BadUserData, match=f"Nova takes {LARGEST}"):
        compose("#!/bin/sh\n" + "#" * 50_000, KEYS, "m")


def test_a_key_cannot_smuggle_in_a_line() -> None:
    config = config_of(compose(None, ["ssh-rsa A\nruncmd: [reboot]"], "m"))
    assert config["ssh_authorized_keys"] == ["ssh-rsa A\nruncmd: [reboot]"]
    assert len(config["runcmd"]) == 1
