import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from leasehold.cli.choice import Seen, choose
from leasehold.cli.draft import draft, table_name
from leasehold.engine.cloud import Limits
from leasehold.lab.config import Config, load

from .test_choice import SSH, a_flavor, a_group, a_network, an_image


def written(cloud: str | None, region: str | None, seen: Seen) -> Config:
    """The configuration as `serve` would read it."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "leasehold.toml"
        path.write_text(draft(cloud, region, seen, choose(seen)), encoding="utf-8")
        return load(path)


def a_view(name: str = "x", **values: object) -> Seen:
    fields = {
        "project_id": "us",
        "images": [an_image(f"debian-12 {name}"), an_image(f"other {name}")],
        "flavors": [a_flavor(f"small {name}", 2048), a_flavor(name, 512)],
        "networks": [a_network(name), a_network(f"public {name}", is_external=True)],
        "subnets": [],
        "security_groups": [a_group(f"ssh {name}", SSH)],
        "key_pairs": [name],
        "limits": Limits(),
    }
    return Seen(**{**fields, **values})


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_whatever_things_are_called_the_file_can_be_read_and_means_them(name: str) -> None:
    config = written(name, name, a_view(name))
    (cloud,) = config.clouds.values()
    (recipe,) = config.machine_types.values()
    assert (cloud.cloud, cloud.region) == (name, name)
    assert recipe.image in (f"debian-12 {name}", f"other {name}")
    assert recipe.flavor == f"small {name}"
    assert recipe.networks == (name,)
    assert recipe.floating_ip == f"public {name}"
    assert recipe.security_groups == (f"ssh {name}",)


def test_without_a_cloud_the_environment_signs_in() -> None:
    (cloud,) = written(None, None, a_view()).clouds.values()
    assert (cloud.cloud, cloud.auth) == (None, {})


def test_a_diskless_flavor_is_written_with_its_boot_volume() -> None:
    config = written("c", None, a_view(flavors=[a_flavor("d", 2048, disk=0)]))
    assert config.machine_types["c"].boot_volume_gib == 10


def test_a_clouds_name_becomes_one_that_host_names_can_begin_with() -> None:
    assert table_name("My Cloud_2/RegionOne") == "my-cloud-2-regionone"
    assert table_name("...") == "cloud"


def test_what_else_there_is_stands_in_the_comments() -> None:
    text = draft("c", None, a_view("zzz"), choose(a_view("zzz")))
    assert "Others: other zzz\n" in text


def test_a_missing_ssh_rule_is_written_as_a_command_to_copy() -> None:
    seen = a_view(security_groups=[a_group("default")])
    text = draft("c", None, seen, choose(seen))
    assert (
        "\n#     openstack security group rule create --proto tcp --dst-port 22 default\n" in text
    )
