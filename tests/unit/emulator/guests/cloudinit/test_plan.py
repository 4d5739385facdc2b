import pytest

from leasehold.emulator.guests import GuestSpec
from leasehold.emulator.guests.cloudinit.plan import hostname_of, make
from leasehold.emulator.guests.inside.messages import Account


def a_spec(user_data: str | None = None, name: str = "web", **more: object) -> GuestSpec:
    fields: dict[str, object] = {
        "id": "b2f1",
        "address": "127.64.0.2",
        "public_keys": ("pair",),
        "metadata": {},
        **more,
    }
    return GuestSpec(name=name, user_data=user_data and user_data.encode(), **fields)  # type: ignore[arg-type]  # a builder's loose fields


def accounts(user_data: str | None = None, **more: object) -> dict[str, Account]:
    plan = make(a_spec(user_data, **more), "host-key")
    return {account.name: account for account in plan.early.accounts}


@pytest.mark.parametrize(
    ("name", "hostname"),
    [
        ("web-1", "web-1"),
        ("My Server_2.example", "my-server-2-example"),
        ("-.-", "server-b2f1"),
        ("日本", "server-b2f1"),
        ("a!b@c", "abc"),
        ("x" * 80, "x" * 63),
    ],
)
def test_a_host_name_follows_novas_rules(name: str, hostname: str) -> None:
    assert hostname_of(name, "server-b2f1") == hostname


@pytest.mark.parametrize(
    ("user_data", "names"),
    [
        (None, ("web", "web.novalocal")),
        ("hostname: api", ("api", "api")),
        ("hostname: api.example.org", ("api", "api.example.org")),
        ("fqdn: api.example.org", ("api", "api.example.org")),
        ("hostname: x\nfqdn: api.example.org", ("x", "api.example.org")),
        ("hostname: x\npreserve_hostname: true", ("web", "web.novalocal")),
    ],
)
def test_user_data_may_give_another_name(user_data: str | None, names: tuple[str, str]) -> None:
    plan = make(a_spec(user_data and f"#cloud-config\n{user_data}\n"), "host-key")
    assert (plan.early.hostname, plan.early.fqdn) == names


def test_root_and_the_images_account_get_the_key_pair() -> None:
    found = accounts()
    assert found["root"].keys == ("pair",)
    assert found["debian"].keys == ("pair",)
    assert found["debian"].sudo == ("ALL=(ALL) NOPASSWD:ALL",)


def test_the_images_account_has_the_images_name_unless_user_data_has_another() -> None:
    assert "ubuntu" in accounts(default_user="ubuntu")
    assert "ada" in accounts("#cloud-config\nuser: ada\n", default_user="ubuntu")


def test_keys_of_the_user_data_come_beside_the_key_pairs() -> None:
    found = accounts("#cloud-config\nssh_authorized_keys: [mine]\n")
    assert found["debian"].keys == ("pair", "mine")


def test_users_without_default_leave_the_images_account_out() -> None:
    found = accounts("#cloud-config\nusers: [{name: ada, ssh_authorized_keys: [hers]}]\n")
    assert set(found) == {"root", "ada"}
    assert found["ada"].keys == ("hers",)


def test_root_can_be_disabled() -> None:
    assert accounts("#cloud-config\ndisable_root: true\n")["root"].keys == ()


def test_commands_become_a_script_of_the_last_stage() -> None:
    plan = make(a_spec("#cloud-config\nruncmd: [a]\n"), "host-key")
    (script,) = plan.late.scripts
    assert (script.name, script.content) == ("runcmd", b"#!/bin/sh\na\n")


def test_a_later_boot_does_only_what_each_boot_does() -> None:
    plan = make(a_spec("#cloud-config\nbootcmd: [a]\npackages: [b]\n"), "host-key").again()
    assert not plan.early.first_boot
    assert not plan.late.first_boot
    assert plan.early.bootcmd is not None
    assert plan.early.notes == ()
