"""`[lab] teuthology_yaml`: the file is used as it is, and leasehold.toml has the last word."""

from pathlib import Path

import pytest

from leasehold.lab.config import Config, load
from leasehold.lab.table import ConfigError

from .files import a_file

LAB = '[lab]\nteuthology_yaml = "teuthology.yaml"\n'
NAMES = "lab_domain: lab.test\nnsupdate_url: http://dns.lab/update\n"


def loaded(directory: Path, toml: str = "", **more: str) -> Config:
    a_file(directory, **more)
    path = directory / "leasehold.toml"
    path.write_text(LAB + toml)
    return load(path)


def test_each_provider_is_a_cloud_and_a_machine_type(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    assert config.clouds["ovh"].auth["ex_tenant_name"] == "my_tenant_name"
    assert config.machine_types["ovh"].cloud == "ovh"


def test_tables_of_the_same_name_add_to_it_and_go_before_it(tmp_path: Path) -> None:
    toml = """
[clouds.ovh]
calls_per_second = 2
[machine_types.ovh]
nodes = 40
flavor = { ram_mib = 16000 }
[machine_types.mine]
cloud = "ovh"
image = "debian-12"
"""
    config = loaded(tmp_path, toml)
    ovh = config.machine_types["ovh"]
    assert config.clouds["ovh"].calls_per_second == 2
    assert ovh.nodes == 40
    assert (ovh.flavor.ram_mib, ovh.flavor.disk_gib) == (16000, 20)
    assert list(config.machine_types) == ["ovh", "mine"]


def test_names_are_set_in_the_table_of_its_domain(tmp_path: Path) -> None:
    toml = '[dns.sepia]\ndomain = "lab.test"\nkey_file = "k"\n'
    assert loaded(tmp_path, toml, more=NAMES).machine_types["ovh"].dns == "sepia"


@pytest.mark.parametrize(
    ("toml", "more", "told"),
    [
        ("", NAMES, "dns: found none of domain 'lab.test', lab_domain in"),
        ("", "openstack: 3\n", "teuthology.yaml: openstack: found 3"),
        ("[machine_types.ovh]\nnods = 3\n", "", "machine_types.ovh.nods"),
        ("[machine_types]\novh = 3\n", "", "machine_types.ovh: found 3"),
    ],
)
def test_what_is_wrong_is_told_with_the_file_that_it_is_in(
    tmp_path: Path, toml: str, more: str, told: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, toml, more=more)
    assert told in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "leasehold.toml"
    path.write_text(LAB)
    with pytest.raises(ConfigError, match=r"teuthology\.yaml: found no such file"):
        load(path)
