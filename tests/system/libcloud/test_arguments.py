"""The arguments of the constructor: what they do, and what is said of wrong ones."""

from typing import Any

import pytest
from libcloud.common.types import LibcloudError
from libcloud.compute.drivers import openstack as theirs

from leasehold import libcloud as ours
from leasehold.emulator import Emulator

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
