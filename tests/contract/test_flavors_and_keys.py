"""Nova: what servers are made of: flavors, key pairs, zones."""

from typing import Any

import pytest
from tests.contract.api import refused
from tests.contract.server_forms import LINK
from tests.contract.shape import Form, has_form
from tests.contract.tenant import PUBLIC_KEY, Tenant

FLAVOR = {
    "id": str,
    "name": str,
    "ram": int,
    "disk": int,
    "vcpus": int,
    "swap": str | int,
    "rxtx_factor": float,
    "OS-FLV-EXT-DATA:ephemeral": int,
    "OS-FLV-DISABLED:disabled": bool,
    "os-flavor-access:is_public": bool,
    "links": [LINK],
}
FLAVOR_2_61 = FLAVOR | {"description": None | str, "extra_specs": dict}
FLAVOR_2_96 = FLAVOR_2_61 | {"swap": int}
KEY = {"name": str, "public_key": str, "fingerprint": str}
SHOWN_KEY = KEY | {
    "id": int,
    "user_id": str,
    "created_at": str,
    "updated_at": None | str,
    "deleted": bool,
    "deleted_at": None | str,
}
TYPE = {"type": str}
ZONE = {"zoneName": str, "zoneState": {"available": bool}, "hosts": None | dict}


@pytest.mark.parametrize(
    ("version", "form"),
    [("2.1", FLAVOR), ("2.61", FLAVOR_2_61), ("2.96", FLAVOR_2_96)],
    ids=["2.1", "2.61", "2.96"],
)
def test_a_flavor_shows_more_in_later_versions(
    cloud: Tenant, version: str, form: dict[str, Any]
) -> None:
    shown = cloud.compute.get(f"/flavors/{cloud.flavor_id}", version=version).one
    has_form(shown, form)
    assert (shown["name"], shown["vcpus"], shown["ram"], shown["disk"]) == ("tiny", 1, 64, 1)
    for listed in cloud.compute.get("/flavors/detail", version=version).one:
        has_form(listed, form)


def test_a_short_list_of_flavors_has_names_and_links_only(cloud: Tenant) -> None:
    listed = cloud.compute.get("/flavors").body
    has_form(listed, {"flavors": [{"id": str, "name": str, "links": [LINK]}]})


def test_flavors_come_in_pages(cloud: Tenant) -> None:
    first = cloud.compute.get("/flavors?limit=1").body
    assert len(first["flavors"]) == 1
    (link,) = first["flavors_links"]
    second = cloud.compute.get(link["href"]).body
    assert second["flavors"][0]["id"] != first["flavors"][0]["id"]
    answer = cloud.compute.get("/flavors?marker=nope")
    refused(answer, 400, "badRequest", r"marker \[nope\] not found")


def test_flavors_are_filtered_by_what_they_have_at_least(cloud: Tenant) -> None:
    names = {flavor["name"] for flavor in cloud.compute.get("/flavors/detail?minRam=300").one}
    assert "small" in names
    assert "tiny" not in names


def test_an_unknown_flavor_is_not_found(cloud: Tenant) -> None:
    answer = cloud.compute.get("/flavors/nope")
    refused(answer, 404, "itemNotFound", r"Flavor nope could not be found\.")


def test_only_an_admin_makes_flavors_and_each_name_once(cloud: Tenant) -> None:
    flavor = {"flavor": {"name": "contract-one", "ram": 64, "vcpus": 1, "disk": 1}}
    refused(
        cloud.compute.post("/flavors", flavor),
        403,
        "forbidden",
        r"Policy doesn't allow os_compute_api:os-flavor-manage:create to be performed\.",
    )
    made = cloud.admin.compute.post("/flavors", flavor)
    try:
        assert made.status == 200
        has_form(made.one, FLAVOR)
        refused(
            cloud.admin.compute.post("/flavors", flavor),
            409,
            "conflictingRequest",
            r"Flavor with name contract-one already exists\.",
        )
    finally:
        assert cloud.admin.compute.delete(f"/flavors/{made.one['id']}").status == 202


def test_a_public_key_is_kept_under_a_name(cloud: Tenant) -> None:
    keypair = {"keypair": {"name": "mine", "public_key": PUBLIC_KEY}}
    made = cloud.compute.post("/os-keypairs", keypair)
    assert made.status == 200
    has_form(made.one, KEY | {"user_id": str})
    has_form(cloud.compute.get("/os-keypairs/mine").one, SHOWN_KEY)
    has_form(cloud.compute.get("/os-keypairs").body, {"keypairs": [{"keypair": KEY}]})
    again = cloud.compute.post("/os-keypairs", keypair)
    refused(again, 409, "conflictingRequest", r"Key pair 'mine' already exists\.")
    assert cloud.compute.delete("/os-keypairs/mine").status == 202


def test_later_versions_name_the_type_of_a_key_and_say_created(cloud: Tenant) -> None:
    keypair = {"keypair": {"name": "mine", "public_key": PUBLIC_KEY, "type": "ssh"}}
    made = cloud.compute.post("/os-keypairs", keypair, version="2.96")
    assert made.status == 201
    has_form(made.one, KEY | TYPE | {"user_id": str})
    has_form(cloud.compute.get("/os-keypairs/mine", version="2.96").one, SHOWN_KEY | TYPE)
    (listed,) = cloud.compute.get("/os-keypairs", version="2.96").one
    has_form(listed, {"keypair": KEY | TYPE})
    assert cloud.compute.delete("/os-keypairs/mine", version="2.96").status == 204


def test_without_a_public_key_a_pair_is_made_up_in_early_versions_only(cloud: Tenant) -> None:
    made = cloud.compute.post("/os-keypairs", {"keypair": {"name": "new"}}).one
    has_form(made, KEY | {"user_id": str, "private_key": str})
    assert "PRIVATE KEY" in made["private_key"]
    keypair = {"keypair": {"name": "newer", "type": "ssh"}}
    answer = cloud.compute.post("/os-keypairs", keypair, version="2.96")
    refused(answer, 400, "badRequest", ".*'public_key' is a required property")


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "not a key": (
        {"name": "k", "public_key": "nonsense"},
        "Keypair data is invalid: failed to generate fingerprint",
    ),
    "no name": (
        {"name": "", "public_key": PUBLIC_KEY},
        r"Invalid input for field/attribute name\. Value: \. .*",
    ),
}


@pytest.mark.parametrize(("wrong", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_key_is_refused(cloud: Tenant, wrong: dict[str, str], message: str) -> None:
    answer = cloud.compute.post("/os-keypairs", {"keypair": wrong})
    refused(answer, 400, "badRequest", message)


def test_an_unknown_key_is_not_found(cloud: Tenant) -> None:
    unknown = f"Keypair nope not found for user {cloud.user_id}"
    refused(cloud.compute.get("/os-keypairs/nope"), 404, "itemNotFound", unknown)
    refused(cloud.compute.delete("/os-keypairs/nope"), 404, "itemNotFound", unknown)


@pytest.mark.parametrize(
    ("service", "form"),
    [("compute", ZONE), ("volume", {key: ZONE[key] for key in ("zoneName", "zoneState")})],
    ids=["compute", "volume"],
)
def test_each_service_has_the_zone_nova(cloud: Tenant, service: str, form: Form) -> None:
    listed = getattr(cloud, service).get("/os-availability-zone").body
    has_form(listed, {"availabilityZoneInfo": [form]})
    assert "nova" in {zone["zoneName"] for zone in listed["availabilityZoneInfo"]}
