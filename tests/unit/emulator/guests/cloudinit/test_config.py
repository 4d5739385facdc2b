import base64
import gzip

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from leasehold.emulator.guests.cloudinit.config import CloudConfig, Invalid, read, script
from leasehold.emulator.guests.cloudinit.parts import Kind, Part
from leasehold.emulator.guests.inside.messages import Account, FileToWrite, encode


def a_part(content: str | bytes) -> Part:
    raw = content.encode() if isinstance(content, str) else content
    return Part(kind=Kind.CONFIG, name="part-001", content=raw)


def config(*contents: str) -> CloudConfig:
    return read([a_part(content) for content in contents])


def users(content: str) -> list[Account]:
    return [user for user in config(content).users if isinstance(user, Account)]


def test_nothing_given_means_the_images_own_account() -> None:
    assert config() == CloudConfig()
    assert config("#cloud-config\n").users == ("default",)


def test_commands_are_run_as_they_are_and_lists_quoted() -> None:
    assert script(["echo $HOME", ["echo", "it's $HOME", 3], None]) == (
        "#!/bin/sh\necho $HOME\n'echo' 'it'\\''s $HOME' '3'\n"
    )


@pytest.mark.parametrize("wrong", ["a string", {"a": 1}, [{"a": 1}], [3]])
def test_commands_of_other_types_are_refused(wrong: object) -> None:
    with pytest.raises(Invalid, match="found"):
        script(wrong)


def test_a_wrong_key_costs_only_its_own_module() -> None:
    found = config("runcmd: yes please\nhostname: a\n")
    assert found.runcmd is None
    assert found.hostname == "a"
    assert "runcmd" in found.notes[0]
    assert "runcmd" in found.failures[0]


def test_broken_yaml_names_line_and_column_and_spares_other_parts() -> None:
    found = config("a: [\n", "hostname: a\n")
    assert "at line 2 column 1" in found.notes[0]
    assert found.failures != ()
    assert found.hostname == "a"


def test_a_list_instead_of_a_mapping_is_told() -> None:
    assert "expected a mapping, found a list" in config("- a\n").notes[0]


def test_of_a_key_in_two_parts_the_later_counts() -> None:
    found = config("hostname: a\nfqdn: a.b\n", "hostname: c\n")
    assert (found.hostname, found.fqdn) == ("c", "a.b")


def test_keys_that_are_not_applied_are_named_in_order() -> None:
    notes = config("packages: [x]\nhostname: a\napt: {}\n").notes
    assert [note.split("'")[1] for note in notes] == ["apt", "packages"]


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("text/plain", "hidden"),
        ("b64", base64.b64encode(b"hidden").decode()),
        ("base64", base64.b64encode(b"hidden").decode()),
        ("gz+b64", base64.b64encode(gzip.compress(b"hidden")).decode()),
        ("gzip+base64", base64.b64encode(gzip.compress(b"hidden")).decode()),
        ("gzip", gzip.compress(b"hidden")),
    ],
)
def test_every_encoding_of_a_file_is_undone(encoding: str, content: str | bytes) -> None:
    entry = {"path": "/a", "content": content, "encoding": encoding}
    (file,) = config(yaml.safe_dump({"write_files": [entry]})).files
    assert file.content == b"hidden"


@pytest.mark.parametrize(
    ("written", "mode"), [("'0600'", 0o600), ("0600", 0o600), ("'755'", 0o755), ("null", 0o644)]
)
def test_permissions_are_octal_with_and_without_quotes(written: str, mode: int) -> None:
    (file,) = config(f"write_files: [{{path: /a, permissions: {written}}}]").files
    assert file.permissions == mode


def test_deferred_files_are_kept_apart() -> None:
    found = config(
        "write_files: [{path: /a, content: 1, append: true}, {path: /b, owner: c:d, defer: true}]"
    )
    assert found.files == (FileToWrite(path="/a", content=b"1", append=True),)
    assert found.deferred_files == (FileToWrite(path="/b", content=b"", owner="c:d"),)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{content: x}", "path"),
        ("{path: a, content: x}", "absolute"),
        ("{path: /a, content: x, encoding: rot13}", "known are"),
        ("{path: /a, content: abc, encoding: b64}", "base64"),
        ("{path: /a, content: x, encoding: gz}", "gzip"),
        ("{path: /a, content: x, permissions: rw}", "octal"),
        ("{path: /a, source: {uri: 'http://x'}}", "source"),
    ],
)
def test_a_wrong_file_says_what_is_allowed(entry: str, said: str) -> None:
    found = config(f"write_files: [{entry}]")
    assert found.files == ()
    assert said in found.notes[0]


def test_a_user_is_read_with_all_that_is_applied() -> None:
    (user,) = users(
        """users:
- name: ada
  gecos: Ada L
  homedir: /srv/ada
  shell: /bin/bash
  uid: 2000
  groups: wheel, staff
  sudo: ['ALL=(ALL) NOPASSWD:ALL']
  ssh_authorized_keys: [one, two]
  no_create_home: true
"""
    )
    assert user == Account(
        name="ada",
        gecos="Ada L",
        home="/srv/ada",
        login_shell="/bin/bash",
        uid=2000,
        groups=("wheel", "staff"),
        sudo=("ALL=(ALL) NOPASSWD:ALL",),
        keys=("one", "two"),
        create_home=False,
    )


def test_users_may_be_names_alone_or_a_mapping() -> None:
    assert config("users: 'default, ada'").users == ("default", "ada")
    assert [user.name for user in users("users: {ada: {gecos: A}, bob: }")] == ["ada", "bob"]


@pytest.mark.parametrize(("written", "rules"), [("false", ()), ("null", ()), ("X", ("X",))])
def test_no_sudo_is_no_rule(written: str, rules: tuple[str, ...]) -> None:
    assert users(f"users: [{{name: a, sudo: {written}}}]")[0].sudo == rules


@pytest.mark.parametrize("name", ["'a:b'", "../x", "''", "'a b'", '"a\\nb"'])
def test_a_name_that_would_break_passwd_is_refused(name: str) -> None:
    found = config(f"users: [{{name: {name}}}]")
    assert found.users == ("default",)
    assert found.failures != ()


def test_what_is_no_text_is_refused() -> None:
    found = config('runcmd: ["\\ud800"]\n')
    assert found.runcmd is None
    assert "surrogate" in found.notes[0]


def test_what_a_user_has_that_is_not_applied_is_named() -> None:
    assert "'passwd' of user 'a'" in config("users: [{name: a, passwd: x}]").notes[0]


@pytest.mark.parametrize("wrong", ["gecos: 'a:b'", "homedir: [a]", "shell: '/x:y'", "uid: x"])
def test_a_user_that_would_break_passwd_is_refused(wrong: str) -> None:
    assert config(f"users: [{{name: a, {wrong}}}]").failures != ()


def test_groups_are_read_with_their_members() -> None:
    assert config("groups: [a, {b: [c, d]}]").groups == {"a": (), "b": ("c", "d")}


@given(
    st.dictionaries(
        st.sampled_from(
            ["users", "groups", "write_files", "runcmd", "bootcmd", "hostname", "user", "x"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["name", "path", "content", "uid", "homedir", "sudo"]),
                    inner,
                )
            ),
            max_leaves=8,
        ),
    )
)
def test_no_mapping_whatever_raises_and_its_result_can_be_sent(content: object) -> None:
    found = read([a_part(yaml.safe_dump(content))])
    assert msgspec.json.decode(encode(found), type=CloudConfig) == found


@given(st.binary(max_size=60))
def test_no_bytes_whatever_raise(content: bytes) -> None:
    read([a_part(content)])
