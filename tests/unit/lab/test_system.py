"""Which operating system a wish means, and what that changes about a machine type."""

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from leasehold.lab.config import FlavorRule, ImageRule, SystemConfig
from leasehold.lab.config.rules import chosen, every
from leasehold.lab.config.systems import filled
from leasehold.lab.errors import UnknownSystem
from leasehold.lab.system import for_system
from tests.unit.lab.builders import a_type

SYSTEMS = {
    "ubuntu-22.04": SystemConfig(image="jammy", ssh_user="ubuntu"),
    "ubuntu-9.10": SystemConfig(image="karmic"),
    "centos-9-stream": SystemConfig(flavor=FlavorRule(ram_mib=4096), user_data="#!/bin/sh\n"),
}
ANY = ImageRule(match=("(?i).*{os_type}[ -]{os_version}.*",), exclude=".*beta.*")


def settled(os_type: str | None = None, os_version: str | None = None, **fields: object):
    return for_system("demo", a_type(**({"systems": SYSTEMS} | fields)), os_type, os_version)


def test_a_system_changes_what_it_names_and_leaves_the_rest() -> None:
    found = settled("ubuntu", "22.04", ssh_user="admin")
    assert (found.image, found.ssh_user, found.flavor) == ("jammy", "ubuntu", FlavorRule())
    other = settled("centos", "9-stream", ssh_user="admin")
    assert (other.image, other.ssh_user, other.flavor.ram_mib) == ("debian-12", "admin", 4096)
    assert other.user_data == "#!/bin/sh\n"


def test_without_a_version_it_is_the_newest() -> None:
    assert settled("ubuntu").image == "jammy"


def test_without_a_version_the_default_of_its_type_goes_first() -> None:
    assert settled("ubuntu", default_system="ubuntu-9.10").image == "karmic"
    found = settled("ubuntu", systems={}, image=ANY, default_system="ubuntu-22.04")
    assert found.default_system == "ubuntu-22.04"


def test_without_a_type_it_is_the_version_of_the_usual_one() -> None:
    assert settled(None, "22.04", default_system="ubuntu-9.10").image == "jammy"
    found = settled(None, "20.04", systems={}, image=ANY, default_system="ubuntu-22.04")
    assert found.default_system == "ubuntu-20.04"


def test_a_rule_without_a_version_takes_any() -> None:
    image = settled("debian", systems={}, image=ANY, default_system="ubuntu-22.04").image
    assert isinstance(image, ImageRule)
    assert chosen("debian-12", image.match, image.exclude)
    assert not chosen("ubuntu-22.04", image.match, image.exclude)


@pytest.mark.parametrize(
    ("fields", "image"),
    [
        ({}, "debian-12"),
        ({"default_system": "ubuntu-9.10"}, "karmic"),
        ({"image": "", "systems": {"ubuntu-22.04": SYSTEMS["ubuntu-22.04"]}}, "jammy"),
        ({"systems": {}}, "debian-12"),
    ],
)
def test_a_wish_without_a_system_gets_the_usual_one(fields, image: str) -> None:
    assert settled(**fields).image == image


def test_a_rule_takes_the_name_of_any_system_letter_by_letter() -> None:
    image = settled("ubuntu", "20.04", systems={}, image=ANY).image
    assert isinstance(image, ImageRule)
    assert chosen("Ubuntu 20.04 LTS", image.match, image.exclude)
    assert not chosen("Ubuntu 20x04 LTS", image.match, image.exclude)
    assert not chosen("Ubuntu 20.04 beta", image.match, image.exclude)


def test_a_rule_for_any_system_serves_the_default_one_and_those_with_a_table() -> None:
    found = settled(image=ANY, default_system="debian-12", systems={})
    assert chosen("debian-12", found.image.match, ())
    listed = settled("centos", "9-stream", image=ANY)
    assert chosen("CentOS 9-stream x86", listed.image.match, ())
    assert listed.flavor.ram_mib == 4096


@pytest.mark.parametrize(
    ("wish", "fields", "message"),
    [
        (("ubuntu", "22.10"), {}, "demo: no system 'ubuntu-22.10'; did you mean ubuntu-22.04"),
        (("rhel", "9"), {}, "no system 'rhel-9'; there are: centos-9-stream, ubuntu-22.04"),
        (("rhel", "9"), {"systems": {}}, "no system 'rhel-9'; there are none"),
        ((None, None), {"systems": {}, "image": ANY}, r"name a system \(os_type and os_version\)"),
    ],
)
def test_a_system_that_is_not_there_is_told_with_those_that_are(wish, fields, message) -> None:
    with pytest.raises(UnknownSystem, match=message):
        settled(*wish, **fields)


def test_user_data_of_the_type_and_the_system_are_merged() -> None:
    system = SystemConfig(user_data="#cloud-config\npackages: [ntp]\n")
    text = settled(
        "debian", "12", systems={"debian-12": system}, user_data="#cloud-config\npackages: [git]\n"
    ).user_data
    assert yaml.safe_load(text) == {"packages": ["git", "ntp"]}


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_filled_rule_matches_exactly_what_the_wish_said(os_type: str, os_version: str) -> None:
    rule = filled(ImageRule(match="{os_type} {os_version}"), os_type, os_version)
    (pattern,) = every(rule.match)
    if "{os_version}" not in os_type:
        assert re.fullmatch(pattern, f"{os_type} {os_version}")
