"""What is said about the arguments of a worker, before there is a build."""

import inspect
from pathlib import Path

import pytest
from buildbot.plugins import util
from buildbot.worker import openstack

from leasehold.buildbot import OpenStackLatentWorker
from leasehold.buildbot.arguments import BY_PLACE, Arguments, by_name, named, wrong

CLOUD = {
    "os_auth_url": "http://127.0.0.1:5000/v3",
    "os_username": "user",
    "os_password": "password",
    "os_tenant_name": "tenant",
}
GOOD = {**CLOUD, "image": "ci", "flavor": 1}


GOOD_IN_ORDER = (1, "user", "password", "tenant", "http://127.0.0.1:5000/v3")


def problems(password: object = "secret", **arguments: object) -> list[str]:
    return list(wrong(Arguments(**{**GOOD, **arguments}), password))


def test_the_arguments_of_buildbots_own_class_are_good() -> None:
    assert problems() == []
    assert problems(os_password=util.Secret("cloud"), flavor=util.Property("flavor")) == []
    assert problems(image=None, block_devices=[{"uuid": "u", "volume_size": 10}]) == []


def test_arguments_may_stand_in_the_order_of_buildbots_own_class() -> None:
    theirs = list(inspect.signature(openstack.OpenStackLatentWorker.checkConfig).parameters)
    assert list(BY_PLACE) == theirs[3:-1]
    worker = OpenStackLatentWorker("one", "secret", *GOOD_IN_ORDER, image="ci", max_builds=1)
    assert worker.name == "one"
    assert by_name(GOOD_IN_ORDER, {"image": "ci"}) == GOOD


@pytest.mark.parametrize(
    ("values", "named", "words"),
    [
        ([1] * (len(BY_PLACE) + 1), {}, "17 arguments without a name; allowed: 16"),
        ([1], {"flavor": 1}, "flavor is given twice"),
    ],
)
def test_arguments_that_are_too_many_or_doubled_are_refused(
    values: list, named: dict, words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        by_name(values, named)


def test_disks_may_be_known_only_when_there_is_a_build() -> None:
    for disks in (util.Property("disks"), [util.Property("disk")], [{"uuid": util.Property("u")}]):
        assert problems(image=None, block_devices=disks) == []


def test_a_misspelled_argument_is_told_with_the_right_one() -> None:
    (problem,) = named({"flavour": 1, "max_builds": 1}, ["max_builds"])
    assert problem.startswith("there is no argument 'flavour'; did you mean flavor")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"image": None}, "one of image or block_devices"),
        ({"os_auth_url": None}, "os_auth_url is missing"),
        ({"os_password": None}, "os_username and os_password are missing"),
        ({"os_auth_url": "127.0.0.1:5000"}, "must begin with http://"),
        ({"os_auth_args": {"username": "u"}}, "os_auth_args has no 'auth_url'"),
        ({"cloud": "mine"}, "go without it"),
        ({"flavor": {"ram": 2}}, "flavor has 'ram'; allowed: cores, ram_mib, disk_gib"),
        ({"block_devices": [{"volume_size": 1}]}, "has no 'uuid'"),
        ({"block_devices": [{"uuid": "u", "size": 1}]}, "a block device has 'size'"),
        ({"block_devices": [{"uuid": "u", "source_type": "blank"}]}, "source_type 'blank'"),
        ({"nova_args": {"key": "k"}}, "nova_args has 'key'; did you mean key_name?"),
        ({"nova_args": {"max_count": 2}}, "nova_args has 'max_count'"),
        ({"nova_args": {"nics": [{"net": "x"}]}}, "neither net-id nor port-id"),
        ({"user_data": b"#!"}, "user_data is a bytes"),
        ({"user_data": "join @MASTER@"}, "master_address must say HOST:PORT"),
        ({"cloud_limits": {"vms": 2}}, "cloud_limits has 'vms'"),
        ({"boot_timeout": 0}, "boot_timeout is 0"),
        ({"boot_timeout": None}, "boot_timeout is a NoneType"),
        ({"boot_timeout": "600"}, "boot_timeout is a str; allowed: seconds"),
        ({"cloud_limits": 10}, "cloud_limits is a int; allowed: a dictionary"),
        ({"cloud_limits": {"servers": "10"}}, "cloud_limits has servers '10'"),
        ({"cloud_limits": {"servers": None}}, "cloud_limits has servers None"),
        ({"cloud_limits": {"servers": -1}}, "cloud_limits has servers -1"),
        ({"os_auth_args": "x"}, "os_auth_args is a str"),
        ({"block_devices": ["u"]}, "a block device is a str"),
        ({"block_devices": {"uuid": "u"}}, "block_devices is a dict"),
        ({"flavor": {"cores": "two"}}, "flavor has cores 'two'"),
        ({"zones": 5}, "zones is a int; allowed: a list of names or a renderable"),
        ({"nova_args": ["x"]}, "nova_args is a list"),
        ({"nova_args": {"userdata": b"join @MASTER@"}}, "master_address must say HOST:PORT"),
        ({"leasehold_url": "http://[::1", "machine_type": "ci"}, "leasehold_url is 'http://[::1'"),
        ({"leasehold_url": "http://a", "leasehold_token": "lh_\n1"}, "leasehold_token has"),
        ({"leasehold_url": 5}, "leasehold_url is a int"),
    ],
)
def test_what_cannot_work_is_told_with_what_is_allowed(arguments: dict, words: str) -> None:
    assert any(words in problem for problem in problems(**arguments)), problems(**arguments)


def test_a_worker_without_a_password_must_be_told_the_one_it_gets() -> None:
    (problem,) = problems(password=None)
    assert "@WORKER_PASSWORD@" in problem
    assert problems(password=None, user_data="login @WORKER_PASSWORD@") == []
    assert problems(password=None, nova_args={"userdata": "login @WORKER_PASSWORD@"}) == []
    assert problems(password=None, nova_args=util.Property("nova")) == []


def test_a_cloud_of_clouds_yaml_has_to_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "clouds.yaml"
    file.write_text(
        "clouds: {mine: {auth: {auth_url: http://127.0.0.1, username: u, password: p}}}"
    )
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    only = {"image": "ci"}
    assert list(wrong(Arguments(cloud="mine", **only), "secret")) == []
    (problem,) = wrong(Arguments(cloud="main", **only), "secret")
    assert "mine" in problem
