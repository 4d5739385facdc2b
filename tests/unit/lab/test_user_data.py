"""What a node is told at its birth."""

from email import charset, message_from_string

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from leasehold.lab.user_data import HEADER, LARGEST, SENTINEL, BadUserData, compose, merge

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


def test_a_node_with_a_name_in_dns_calls_itself_so_unless_its_user_data_says_otherwise() -> None:
    for name in ("n1.lab.example", "n2.lab.example"):
        assert (
            config_of(compose("#cloud-config\npackages: [git]\n", KEYS, "m", name))["fqdn"] == name
        )
    assert (
        config_of(compose("#cloud-config\nfqdn: own.test\n", KEYS, "m", "n1"))["fqdn"] == "own.test"
    )
    assert "fqdn" not in config_of(compose(None, KEYS, "m"))


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
        ("hello", "begins with 'hello'; allowed: #cloud-config, a script"),
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


# -- what a machine type and a system say both ---------------------------------------------------


def test_of_two_cloud_configs_lists_are_appended_mappings_merged_and_the_last_value_counts() -> (
    None
):
    base = """#cloud-config
packages: [git]
timezone: UTC
users:
  default: {shell: /bin/sh, lock: true}
bootcmd:
"""
    more = """#cloud-config
packages: [ntp, git]
timezone: Europe/Vienna
users:
  default: {shell: /bin/bash}
bootcmd: [date]
"""
    assert config_of(merge(base, None, more)) == {
        "packages": ["git", "ntp", "git"],
        "timezone": "Europe/Vienna",
        "users": {"default": {"shell": "/bin/bash", "lock": True}},
        "bootcmd": ["date"],
    }


def test_scripts_run_in_their_order_and_all_cloud_configs_are_one() -> None:
    base = merge("#!/bin/sh\necho one\n", "#cloud-config\npackages: [git]\n")
    text = compose(merge(base, "#!/bin/sh\necho two\n"), KEYS, "server-1")
    *scripts, config = message_from_string(text).get_payload()
    assert [each.get_payload() for each in scripts] == [
        "#!/bin/sh\necho one\n",
        "#!/bin/sh\necho two\n",
    ]
    content = config_of(config.get_payload())
    assert content["packages"] == ["git"]
    assert "echo server-1" in content["runcmd"][-1]


def test_a_list_and_a_mapping_are_not_merged() -> None:
    with pytest.raises(BadUserData, match="packages in user-data is a list; it has to be a dict"):
        merge("#cloud-config\npackages: [a]\n", "#cloud-config\npackages: {a: 1}\n")


_plain = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
_lists = st.lists(_plain, max_size=3)
_configs = st.fixed_dictionaries(
    {}, optional={"l": _lists, "m": st.dictionaries(st.sampled_from("abc"), _plain), "p": _plain}
)


def _text(config: dict[str, object]) -> str:
    return f"{HEADER}\n{yaml.safe_dump(config)}"


@given(st.lists(_configs, min_size=3, max_size=3))
def test_it_is_all_the_same_in_which_steps_configs_are_merged(configs) -> None:
    one, two, three = map(_text, configs)
    at_once = merge(one, two, three)
    assert config_of(merge(merge(one, two), three)) == config_of(at_once)
    assert config_of(merge(one, merge(two, three))) == config_of(at_once)
    merged = config_of(at_once) or {}
    assert merged.get("l", []) == [each for config in configs for each in config.get("l", [])]
