"""One cloud as a whole: its seed, its beginning, its clouds.yaml."""

import pytest
import yaml

from leasehold.emulator import Cloud, Settings, clouds_yaml
from tests.unit.emulator.conftest import InProcess, StepClock


def a_cloud(seed: int) -> Cloud:
    return Cloud(StepClock(), seed=seed, settings=Settings())


def test_the_same_seed_gives_the_same_ids_and_another_gives_others() -> None:
    first, second, third = (a_cloud(seed).project("demo").id for seed in (1, 1, 2))
    assert first == second
    assert first != third


def test_an_unknown_project_is_told_the_names_there_are() -> None:
    with pytest.raises(KeyError, match="the emulator has admin, demo"):
        a_cloud(1).project("lab")


def test_a_new_cloud_has_a_network_images_and_nothing_left_over(cloud: InProcess) -> None:
    networks = cloud.call("GET", "/network/v2.0/networks").json["networks"]
    assert {network["name"] for network in networks} == {"lab", "public"}
    images = cloud.call("GET", "/image/v2/images").json["images"]
    assert {image["name"] for image in images} == {"debian-12", "ubuntu-22.04", "tiny"}
    assert cloud.cloud.leftovers().nothing


def test_seeded_servers_count_against_the_quota_and_can_be_deleted(cloud: InProcess) -> None:
    servers = cloud.cloud.seed_servers(3)
    limits = cloud.call("GET", "/compute/v2.1/limits").json["limits"]["absolute"]
    assert limits["totalInstancesUsed"] == 3
    for server in servers:
        cloud.call("DELETE", f"/compute/v2.1/servers/{server.id}")
    cloud.advance(4)
    assert cloud.cloud.leftovers().nothing


def test_a_clouds_yaml_has_both_users() -> None:
    clouds = yaml.safe_load(clouds_yaml("http://127.0.0.1:1", "s3cret"))["clouds"]
    assert clouds.keys() == {"demo", "admin"}
    assert clouds["demo"]["auth"]["password"] == "s3cret"
    assert clouds["demo"]["auth"]["auth_url"] == "http://127.0.0.1:1/identity/v3"
