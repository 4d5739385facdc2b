"""A teuthology.yaml says the same as the leasehold.toml that is made of it."""

from pathlib import Path
from typing import Any

import yaml

from leasehold.lab.teuthology import Tables, read, tables_of

from .files import SEED, a_file


def made(directory: Path, **more: str) -> Tables:
    return tables_of(read(a_file(directory, **more)))


def ovh(directory: Path, **more: str) -> dict[str, Any]:
    return made(directory, **more).machine_types["ovh"]


def test_the_arguments_of_the_driver_are_those_of_the_cloud(tmp_path: Path) -> None:
    text = SEED + "        api_version: '2.2'\n        secure: true\n        timeout: 30\n"
    assert made(tmp_path, text=text).clouds == {
        "ovh": {
            "timeout": 30,
            "auth": {
                "username": "my_ovh_username",
                "password": "my_ovh_password",
                "ex_force_auth_url": "https://auth.cloud.ovh.net/v2.0/tokens",
                "ex_force_auth_version": "2.0_password",
                "ex_tenant_name": "my_tenant_name",
                "ex_force_service_region": "my_region",
            },
        }
    }


def test_providers_that_sign_in_alike_share_a_cloud(tmp_path: Path) -> None:
    big = SEED.partition("providers:\n")[2].replace("ovh:", "big:")
    big += "        timeout: 30\n      allow_sizes: b2-.*\n"
    other = SEED.partition("providers:\n")[2].replace("ovh:", "other:").replace("my_region", "GRA")
    tables = made(tmp_path, text=SEED + big + other)
    assert list(tables.clouds) == ["ovh", "other"]
    assert {name: each["cloud"] for name, each in tables.machine_types.items()} == {
        "ovh": "ovh", "big": "ovh", "other": "other",
    }  # fmt: skip


def test_without_keys_of_its_own_a_provider_means_teuthologys_defaults(tmp_path: Path) -> None:
    table = ovh(tmp_path)
    user_data = yaml.safe_load(table.pop("user_data"))
    assert table == {
        "cloud": "ovh",
        "image": {"match": "(?i).*{os_type}[ -]{os_version}.*"},
        "default_system": "ubuntu-22.04",
        "flavor": {
            "cores": 1, "ram_mib": 8000, "disk_gib": 20, "allow": ".*", "exclude": "win-.*",
        },
        "networks": [{"match": ".*"}],
        "address": "public",
        "ssh_user": "ubuntu",
    }  # fmt: skip
    assert user_data == {
        "packages": ["git", "wget", "python3"],
        "user": "ubuntu",
        "manage_etc_hosts": True,
        "runcmd": [["passwd", "-d", "ubuntu"], ["touch", "/.teuth_provisioned"]],
    }


def test_each_of_several_exclusions_counts(tmp_path: Path) -> None:
    table = ovh(tmp_path, provider="exclude_sizes: [win-, gpu]\nexclude_image: .*beta\n")
    assert table["flavor"]["exclude"] == ["win-.*", "gpu.*"]
    assert table["image"]["exclude"] == ".*beta.*"


def test_an_external_network_is_taken_only_if_it_is_asked_for(tmp_path: Path) -> None:
    assert ovh(tmp_path, provider="allow_networks: Ext-Net\n")["networks"] == [
        {"match": "Ext-Net.*", "external": True}
    ]
    assert ovh(tmp_path, provider="allow_networks: .*\n")["networks"] == [{"match": ".*"}]


def test_one_security_group_may_stand_without_a_list(tmp_path: Path) -> None:
    assert ovh(tmp_path, provider="security_groups: ssh\n")["security_groups"] == ["ssh"]
    assert ovh(tmp_path, provider="security_groups: []\n")["security_groups"] == []
    assert "security_groups" not in ovh(tmp_path, provider="security_groups:\n")


def test_volumes_and_size_are_those_of_the_file(tmp_path: Path) -> None:
    more = "openstack: {machine: {ram: 16000}, volumes: {count: 3, size: 10}}\n"
    table = ovh(tmp_path, more=more)
    assert table["volumes"] == [{"size_gib": 10, "count": 3}]
    assert table["flavor"]["ram_mib"] == 16000
    assert ovh(tmp_path, more="openstack: {volumes: {count: 1}}\n")["volumes"] == [
        {"size_gib": 1, "count": 1}
    ]


def test_user_data_of_a_system_comes_on_top_of_what_every_machine_gets(tmp_path: Path) -> None:
    table = ovh(tmp_path, provider="userdata: {centos-9.stream: {packages: [tmux]}}\n")
    assert {name: yaml.safe_load(each["user_data"]) for name, each in table["systems"].items()} == {
        "centos-9.stream": {"packages": ["tmux"]}
    }


def test_the_keys_of_who_runs_teuthology_are_let_in(tmp_path: Path) -> None:
    given = read(a_file(tmp_path))
    table = tables_of(given, public_keys=["ssh-rsa AAAA ann"], dns="lab").machine_types["ovh"]
    assert yaml.safe_load(table["user_data"])["ssh_authorized_keys"] == ["ssh-rsa AAAA ann"]
    assert table["dns"] == "lab"
