"""The arguments of the constructor: what they do, and what is said of wrong ones."""

from pathlib import Path
from typing import Any

import libcloud.security
import pytest
import requests
from libcloud.common.exceptions import BaseHTTPError
from libcloud.common.openstack_identity import OpenStackAuthenticationCache
from libcloud.common.types import LibcloudError
from libcloud.compute.drivers import openstack as theirs

from leasehold import libcloud as ours
from leasehold.emulator import Emulator, Tls
from leasehold.openstack import connect
from tests.certificates import Authority
from tests.system.libcloud.pair import Pair

BOTH = pytest.mark.parametrize("module", [theirs, ours], ids=["libcloud's", "ours"])


@BOTH
def test_the_factory_makes_the_class_of_the_api_version(
    module: Any, account: dict[str, Any]
) -> None:
    for version in ("2.0", "2.1", "2.2"):
        driver = module.OpenStackNodeDriver(**account, api_version=version)
        assert type(driver) is module.OpenStack_2_NodeDriver


@BOTH
def test_an_api_version_that_is_none_is_not_implemented(
    module: Any, account: dict[str, Any]
) -> None:
    with pytest.raises(NotImplementedError, match=r"API version 7\.0"):
        module.OpenStackNodeDriver(**account, api_version="7.0")


@BOTH
def test_without_an_address_of_keystone_there_is_no_driver(module: Any) -> None:
    with pytest.raises(LibcloudError, match="must have auth_url set"):
        module.OpenStack_2_NodeDriver("me", "secret")


@BOTH
def test_a_token_needs_the_address_it_is_good_for(module: Any, account: dict[str, Any]) -> None:
    with pytest.raises(LibcloudError, match="Must also provide ex_force_base_url"):
        module.OpenStack_2_NodeDriver(**account, ex_force_auth_token="token")


@BOTH
def test_a_way_to_sign_in_that_is_none_is_refused(module: Any, account: dict[str, Any]) -> None:
    with pytest.raises(LibcloudError, match=r"9\.9"):
        module.OpenStack_2_NodeDriver(**{**account, "ex_force_auth_version": "9.9"}).list_sizes()


@BOTH
def test_a_region_that_is_none_has_no_endpoint(module: Any, account: dict[str, Any]) -> None:
    with pytest.raises(LibcloudError, match="Could not find specified endpoint"):
        module.OpenStack_2_NodeDriver(
            **{**account, "ex_force_service_region": "Nowhere"}
        ).list_sizes()


@BOTH
def test_of_several_regions_regionone_is_the_usual_one(
    module: Any, account: dict[str, Any]
) -> None:
    with Emulator(guests="none", catalog="regions") as wide:
        here = {**account, "ex_force_auth_url": wide.url + "/identity"}
        del here["ex_force_service_region"]
        assert module.OpenStack_2_NodeDriver(**here).list_sizes()
        here["ex_force_service_region"] = "RegionTwo"
        assert module.OpenStack_2_NodeDriver(**here).list_sizes()


def test_region_is_another_name_of_the_service_region(account: dict[str, Any]) -> None:
    """Libcloud takes it, and looks in RegionOne."""
    del (here := dict(account))["ex_force_service_region"]
    assert theirs.OpenStack_2_NodeDriver(**here, region="Nowhere").list_sizes()
    with pytest.raises(LibcloudError, match="region Nowhere"):
        ours.OpenStack_2_NodeDriver(**here, region="Nowhere").list_sizes()


def test_a_mistyped_argument_is_refused_with_the_nearest_name(account: dict[str, Any]) -> None:
    """Libcloud takes any argument, and says nothing."""
    typo = {**account, "ex_tenant_nam": "other"}
    theirs.OpenStack_2_NodeDriver(**typo)
    with pytest.raises(TypeError, match="did you mean 'ex_tenant_name'"):
        ours.OpenStack_2_NodeDriver(**typo)


@BOTH
def test_a_microversion_changes_what_nova_tells(module: Any, account: dict[str, Any]) -> None:
    driver = module.OpenStack_2_NodeDriver(**account, ex_force_microversion="2.61")
    assert "description" in driver.connection.request("/flavors/detail").object["flavors"][0]


@BOTH
@pytest.mark.parametrize("version", ["2.0_password", "3.x_password"])
def test_it_signs_in_by_name_and_password(
    module: Any, account: dict[str, Any], version: str
) -> None:
    driver = module.OpenStack_2_NodeDriver(**{**account, "ex_force_auth_version": version})
    assert driver.list_sizes()


@BOTH
def test_addresses_that_are_given_are_used_instead_of_the_catalogs(
    module: Any, account: dict[str, Any]
) -> None:
    with Emulator(guests="none", catalog="empty") as bare:
        project = bare.run(lambda: bare.cloud.project("demo").id)
        driver = module.OpenStack_2_NodeDriver(
            **{**account, "ex_force_auth_url": bare.url + "/identity"},
            ex_force_base_url=f"{bare.url}/compute/v2.1",
            ex_force_image_url=f"{bare.url}/image",
            ex_force_network_url=f"{bare.url}/network",
            ex_force_volume_url=f"{bare.url}/volume/v3/{project}",
        )
        assert driver.list_sizes()
        assert driver.list_images()
        assert driver.ex_list_networks()
        assert driver.list_volumes() == []


@BOTH
def test_a_token_of_ones_own_is_used_as_it_is(
    module: Any, account: dict[str, Any], emulator: Emulator
) -> None:
    other = ours.OpenStack_2_NodeDriver(**account).connection
    token, endpoint = other.auth_token, other.get_endpoint()
    before = emulator.requests.of("identity", "POST")
    driver = module.OpenStack_2_NodeDriver(
        **account, ex_force_auth_token=token, ex_force_base_url=endpoint
    )
    assert driver.list_sizes()
    assert driver.connection.auth_token == token
    assert emulator.requests.of("identity", "POST") == before


@BOTH
@pytest.mark.parametrize(
    ("keystone", "way"),
    [
        (("v2.0",), {"password": "demo", "project_name": "demo"}),
        (("v1",), {"api_key": "demo-key"}),
    ],
    ids=["v2.0", "v1"],
)
def test_a_token_of_ones_own_is_used_where_keystone_is_old(
    module: Any, keystone: tuple[str, ...], way: dict[str, str]
) -> None:
    with Emulator(guests="none", keystone=keystone) as old:
        root = f"{old.url}/identity"
        with connect(auth_url=root, username="demo", **way) as signed_in:
            token = signed_in.transport.token().reveal()
        before = old.requests.of("identity")
        driver = module.OpenStack_2_NodeDriver(
            "demo",
            "demo",
            ex_force_auth_url=root,
            ex_tenant_name="demo",
            ex_force_auth_token=token,
            ex_force_base_url=f"{old.url}/compute/v2.1",
        )
        assert driver.list_sizes()
        assert old.requests.of("identity") == before


@BOTH
def test_a_token_of_ones_own_needs_no_keystone(
    module: Any, account: dict[str, Any], emulator: Emulator
) -> None:
    other = ours.OpenStack_2_NodeDriver(**account).connection
    driver = module.OpenStack_2_NodeDriver(
        **{**account, "ex_force_auth_url": "http://127.0.0.1:9"},
        ex_force_auth_token=other.auth_token,
        ex_force_base_url=f"{emulator.url}/compute/v2.1",
    )
    assert driver.list_sizes()


def test_where_a_token_of_ones_own_cannot_be_looked_up_addresses_are_asked_for(
    account: dict[str, Any],
) -> None:
    with Emulator(guests="none", keystone=("v2.0",)) as old:
        driver = ours.OpenStack_2_NodeDriver(
            **{**account, "ex_force_auth_url": old.url + "/identity"},
            ex_force_auth_token="token",
            ex_force_base_url=f"{old.url}/compute/v2.1",
        )
        with pytest.raises(BaseHTTPError, match="give each service's address"):
            driver.ex_list_networks()


class Cache(OpenStackAuthenticationCache):
    """The simplest cache that Libcloud's documentation asks for."""

    def __init__(self) -> None:
        self.kept: dict[Any, Any] = {}

    def get(self, key: Any) -> Any:
        return self.kept.get(key)

    def put(self, key: Any, context: Any) -> None:
        self.kept[key] = context

    def clear(self, key: Any) -> None:
        self.kept.pop(key, None)


def test_one_cache_serves_libclouds_driver_and_ours(
    account: dict[str, Any], emulator: Emulator
) -> None:
    cache = Cache()
    theirs.OpenStack_2_NodeDriver(**account, ex_auth_cache=cache).list_sizes()
    before = emulator.requests.of("identity", "POST")
    assert ours.OpenStack_2_NodeDriver(**account, ex_auth_cache=cache).list_sizes()
    assert emulator.requests.of("identity", "POST") == before


def test_a_node_with_the_flavor_of_newer_microversions_is_alike(account: dict[str, Any]) -> None:
    """From 2.47 on Nova describes a server's flavor, without its id."""
    with Emulator(guests="none") as emulator:
        emulator.seed_servers(2)
        newer = {
            **account,
            "ex_force_auth_url": emulator.url + "/identity",
            "ex_force_microversion": "2.47",
        }
        pair = Pair(*(each.OpenStack_2_NodeDriver(**newer) for each in (theirs, ours)))
        (node, _) = pair.read(lambda driver: driver.list_nodes())
        assert node.extra["flavor_details"]["original_name"]
        assert node.extra["flavorId"] is None


OLD_KEY = {"key": "demo", "secret": "demo-key"}
PASSWORD = {"key": "demo", "secret": "demo"}
ACCESS_TOKEN = {"key": "lab", "secret": "demo-access-token", "ex_tenant_name": "openid"}


@pytest.mark.parametrize(
    ("version", "given"),
    [
        ("1.0", OLD_KEY),
        ("1.1", OLD_KEY),
        ("2.0", OLD_KEY),
        ("2.0_apikey", OLD_KEY),
        ("2.0_password", PASSWORD),
        ("3.x_password", PASSWORD),
        ("3.x_oidc_access_token", ACCESS_TOKEN),
    ],
)
@BOTH
def test_every_way_to_sign_in_of_libclouds_lists_sizes(
    module: Any, account: dict[str, Any], version: str, given: dict[str, str]
) -> None:
    way = {**account, **given, "ex_force_auth_version": version}
    if module is theirs and version in ("1.0", "1.1"):  # its class for these finds no service
        module.OpenStack_2_NodeDriver(**way)
    else:
        assert module.OpenStack_2_NodeDriver(**way).list_sizes()


@BOTH
def test_an_application_credential_lists_sizes(
    module: Any, account: dict[str, Any], emulator: Emulator
) -> None:
    with connect(
        auth_url=emulator.auth_url, username="demo", password="demo", project_name="demo"
    ) as user:
        answer = requests.post(
            f"{emulator.auth_url}/users/{user.identity().user_id}/application_credentials",
            json={"application_credential": {"name": f"of {module.__name__}"}},
            headers={"X-Auth-Token": user.transport.token().reveal()},
            timeout=10,
        )
    made = answer.json()["application_credential"]
    way = {**account, "key": made["id"], "secret": made["secret"]}
    way["ex_force_auth_version"] = "3.x_appcred"
    assert module.OpenStack_2_NodeDriver(**way).list_sizes()


@BOTH
def test_the_file_of_a_voms_proxy_lists_sizes(
    module: Any, account: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setattr(libcloud.security, "CA_CERTS_PATH", str(authority.path))
    tls = Tls(certificate=authority.server("127.0.0.1"), client_authority=authority.path)
    with Emulator(guests="none", tls=tls) as emulator:
        way = {**account, "key": "", "secret": str(authority.client("demo"))}
        way |= {"ex_force_auth_url": emulator.url, "ex_force_auth_version": "2.0_voms"}
        assert module.OpenStack_2_NodeDriver(**way).list_sizes()


@BOTH
def test_a_microversion_that_is_none_is_refused(module: Any, account: dict[str, Any]) -> None:
    with pytest.raises(LibcloudError, match="Invalid microversion format"):
        module.OpenStack_2_NodeDriver(**account, ex_force_microversion="2.61 a b").list_sizes()


def test_a_microversion_for_a_service_that_has_none_is_refused(account: dict[str, Any]) -> None:
    """Libcloud sends it to nobody, and says nothing."""
    with pytest.raises(LibcloudError, match=r"not 'network 2\.0'"):
        ours.OpenStack_2_NodeDriver(**account, ex_force_microversion="network 2.0")
