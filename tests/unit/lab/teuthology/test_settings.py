"""teuthology.yaml is read as it is; what is wrong in it is named, and no password is shown."""

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from leasehold.lab.table import ConfigError
from leasehold.lab.teuthology import read, tables_of
from leasehold.lab.teuthology.settings import Machine, Volumes

from .files import SEED, a_file


def refused(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        tables_of(read(path))
    assert str(caught.value).startswith(str(path))
    assert "my_ovh_password" not in str(caught.value)
    return caught.value


def test_the_example_of_teuthologys_documentation_is_read(tmp_path: Path) -> None:
    found = read(a_file(tmp_path))
    ovh = found.providers["ovh"]
    assert ovh.driver_args["ex_tenant_name"] == "my_tenant_name"
    assert ovh.ssh_interface == "public_ips"
    assert ovh.patterns("exclude_sizes") == ("win-.*",)
    assert ovh.patterns("exclude_image") == ()
    assert (found.machine, found.volumes) == (Machine(), Volumes())
    assert "my_ovh_password" not in repr(found)


def test_every_key_of_a_provider_is_read_alone_and_as_a_list(tmp_path: Path) -> None:
    text = """\
ssh_interface: private_ips
exclude_image: [.*beta, .*-uefi]
allow_sizes: b2-.*
exclude_sizes: [win-.*, gpu]
allow_networks:
- Ext-Net
security_groups: [ssh]
userdata:
  ubuntu-22.04:
    packages: [git]
"""
    ovh = read(a_file(tmp_path, provider=text)).providers["ovh"]
    assert ovh.ssh_interface == "private_ips"
    assert ovh.patterns("exclude_image") == (".*beta", ".*-uefi")
    assert ovh.patterns("allow_sizes") == ("b2-.*",)
    assert ovh.patterns("exclude_sizes") == ("win-.*", "gpu")
    assert ovh.patterns("allow_networks") == ("Ext-Net",)
    assert ovh.security_groups == ("ssh",)
    assert ovh.userdata == {"ubuntu-22.04": {"packages": ["git"]}}


def test_teuthologys_other_keys_are_its_own_business(tmp_path: Path) -> None:
    more = "lock_server: http://paddles.lab/\nreserve_machines: 5\nlab_domain: lab.test\nfog: {}\n"
    found = read(a_file(tmp_path, more=more))
    assert (found.lock_server, found.lab_domain) == ("http://paddles.lab/", "lab.test")


@pytest.mark.parametrize(
    ("openstack", "machine", "volumes"),
    [
        ("{machine: {ram: 4000}}", Machine(), Volumes()),
        ("{machine: {ram: 16000, cpus: 4}}", Machine(ram=16000, cpus=4), Volumes()),
        ("[{machine: {disk: 40}}, {machine: {disk: 30}}]", Machine(disk=40), Volumes()),
        ("{volumes: {count: 3, size: 10}, clone: git}", Machine(), Volumes(count=3, size=10)),
    ],
)
def test_of_each_size_the_highest_counts_and_teuthologys_own_are_the_least(
    tmp_path: Path, openstack: str, machine: Machine, volumes: Volumes
) -> None:
    found = read(a_file(tmp_path, more=f"openstack: {openstack}\n"))
    assert (found.machine, found.volumes) == (machine, volumes)


@pytest.mark.parametrize(
    ("line", "key", "told"),
    [
        ("exclude_size: win-.*", "libcloud.providers.ovh.exclude_size", "mean exclude_sizes"),
        ("allow_sizes: '('", "libcloud.providers.ovh.allow_sizes", "a regular expression"),
        ("allow_sizes: 3", "libcloud.providers.ovh.allow_sizes", "found 3"),
        ("ssh_interface: public", "libcloud.providers.ovh.ssh_interface", '"public"'),
        ("userdata: [a]", "libcloud.providers.ovh.userdata", "Expected `object`"),
        ("userdata: {ubuntu: {}}", "libcloud.providers.ovh.userdata.ubuntu", "OS_TYPE-OS_VERSION"),
        (
            "userdata: {ubuntu-22.04: {runcmd: reboot}}",
            "libcloud.providers.ovh.userdata.ubuntu-22.04",
            "it has to be a list",
        ),
    ],
)
def test_a_wrong_line_of_a_provider_is_named(
    tmp_path: Path, line: str, key: str, told: str
) -> None:
    error = refused(a_file(tmp_path, provider=line))
    assert error.key == key
    assert told in str(error)


@pytest.mark.parametrize(
    ("before", "after", "key", "told"),
    [
        ("driver: openstack", "driver: ec2", ".driver", '"ec2"'),
        ("      driver: openstack\n", "", ".driver", "found nothing"),
        ("ex_tenant_name", "ex_tenant_nam", ".driver_args.ex_tenant_nam", "mean ex_tenant_name?"),
        ("'my_tenant_name'", "2024", ".driver_args.ex_tenant_name", "put it in quotes"),
        ("'my_ovh_password'", "12345678", ".driver_args.password", "put it in quotes"),
        ("        password: 'my_ovh_password'\n", "", ".driver_args", "password is needed"),
        ("'2.0_password'", "'2.0_passwort'", ".driver_args", "ex_force_auth_version is one of"),
        ("https://auth.cloud.ovh.net/v2.0/tokens", "auth.cloud", ".driver_args", "http"),
        ("ovh:  #", "Ovh:  #", "", "lower-case"),
    ],
)
def test_a_wrong_argument_of_the_driver_is_named(
    tmp_path: Path, before: str, after: str, key: str, told: str
) -> None:
    error = refused(a_file(tmp_path, SEED.replace(before, after)))
    assert error.key.lower() == f"libcloud.providers.ovh{key}"
    assert told in str(error)


def test_arguments_that_are_no_mapping_are_not_shown(tmp_path: Path) -> None:
    text = "libcloud: {providers: {ovh: {driver: openstack, driver_args: my_ovh_password}}}"
    assert "found a str" in str(refused(a_file(tmp_path, text)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "found a NoneType"),
        ("- a", "found a list"),
        ("a: [my_ovh_password", "no YAML: expected ',' or ']'"),
        ("libclouds: {providers: {}}", "did you mean it by libclouds?"),
        ("libcloud: {}", "one without providers"),
        ("libcloud: {provider: {}}", "one without providers"),
        ("libcloud: {providers: {}, retries: 3}", "libcloud.retries"),
        ("libcloud: {providers: {ovh: openstack}}", "a table of Provider keys"),
        (SEED + "openstack: {machine: {cpu: 4}}\n", "did you mean cpus?"),
        (SEED + "openstack: {volumes: {count: many}}\n", "openstack.volumes.count"),
        (SEED + "openstack: [3]\n", "openstack[0]: found 3"),
        (SEED + "lab_domain: [a]\n", "lab_domain"),
    ],
)
def test_a_file_that_says_nothing_of_clouds_is_told_so(
    tmp_path: Path, text: str, told: str
) -> None:
    assert told in str(refused(a_file(tmp_path, text)))


def test_a_file_that_cannot_be_read_is_told_with_what_would_do(tmp_path: Path) -> None:
    assert "no such file" in str(refused(tmp_path / "no.yaml"))
    assert "Is a directory" in str(refused(tmp_path))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    "driver", "driver_args", "ssh_interface", "exclude_image", "allow_sizes", "exclude_sizes",
    "allow_networks", "security_groups", "userdata",
]  # fmt: skip


@given(st.sampled_from(KEYS), anything, st.sampled_from(["machine", "volumes"]), anything)
def test_whatever_a_file_holds_it_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: object, part: str, size: object
) -> None:
    content = yaml.safe_load(SEED)
    content["libcloud"]["providers"]["ovh"][key] = value
    content["openstack"] = {part: size}
    path = tmp_path_factory.getbasetemp() / f"anything-{os.getpid()}.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    told = ""
    try:
        tables_of(read(path))
    except ConfigError as error:
        told = str(error)
    assert "my_ovh_password" not in told
