"""Sizes: listed, shown, and made by administrators."""

import pytest

from tests.unit.emulator.conftest import InProcess

FLAVORS = "/compute/v2.1/flavors"


def names(cloud: InProcess, query: str = "", user: str = "demo") -> list[str]:
    reply = cloud.call("GET", f"{FLAVORS}{query}", user=user)
    return [flavor["name"] for flavor in reply.json["flavors"]]


def test_a_new_cloud_has_four_sizes(cloud: InProcess) -> None:
    detail = cloud.call("GET", f"{FLAVORS}/detail").json["flavors"]
    sizes = [(f["name"], f["vcpus"], f["ram"], f["disk"]) for f in detail]
    assert sizes == [
        ("tiny", 1, 64, 1),
        ("small", 1, 512, 5),
        ("medium", 2, 2048, 20),
        ("large", 4, 8192, 40),
    ]


@pytest.mark.parametrize(
    ("version", "has", "has_not"),
    [
        ("2.1", {"rxtx_factor", "OS-FLV-DISABLED:disabled"}, {"description", "extra_specs"}),
        ("2.55", {"description"}, {"extra_specs"}),
        ("2.61", {"description", "extra_specs"}, set()),
        ("2.102", {"extra_specs"}, {"rxtx_factor", "OS-FLV-DISABLED:disabled"}),
    ],
)
def test_each_version_shows_what_it_may(
    cloud: InProcess, version: str, has: set[str], has_not: set[str]
) -> None:
    flavor = cloud.call("GET", f"{FLAVORS}/1", version=version).json["flavor"]
    assert has <= flavor.keys()
    assert not has_not & flavor.keys()


def test_no_swap_is_an_empty_word_until_2_74(cloud: InProcess) -> None:
    assert cloud.call("GET", f"{FLAVORS}/1", version="2.74").json["flavor"]["swap"] == ""
    assert cloud.call("GET", f"{FLAVORS}/1", version="2.75").json["flavor"]["swap"] == 0


def test_sizes_can_be_asked_for_by_what_they_have_at_least(cloud: InProcess) -> None:
    assert names(cloud, "?minRam=512&minDisk=10") == ["medium", "large"]
    assert cloud.call("GET", f"{FLAVORS}?minRam=much").message == "Invalid minRam filter [much]"


def test_pages_follow_each_other(cloud: InProcess) -> None:
    body = cloud.call("GET", f"{FLAVORS}?limit=3").json
    assert len(body["flavors"]) == 3
    after = cloud.call("GET", body["flavors_links"][0]["href"]).json
    assert [flavor["name"] for flavor in after["flavors"]] == ["large"]
    assert cloud.call("GET", f"{FLAVORS}?marker=none").status == 400


def test_an_unknown_size_is_a_404(cloud: InProcess) -> None:
    reply = cloud.call("GET", f"{FLAVORS}/99")
    assert (reply.status, reply.message) == (404, "Flavor 99 could not be found.")


def test_administrators_make_and_delete_sizes(cloud: InProcess) -> None:
    wish = {"flavor": {"name": "huge", "vcpus": 64, "ram": 262_144, "disk": 100, "id": "5"}}
    assert cloud.call("POST", FLAVORS, wish).status == 403
    assert cloud.call("POST", FLAVORS, wish, user="admin").json["flavor"]["id"] == "5"
    assert cloud.call("POST", FLAVORS, wish, user="admin").status == 409
    assert "huge" in names(cloud)
    specs = {"extra_specs": {"hw:cpu_policy": "dedicated"}}
    path = f"{FLAVORS}/5/os-extra_specs"
    assert cloud.call("POST", path, specs, user="admin").status == 200
    assert cloud.call("GET", path).json == specs
    assert cloud.call("GET", f"{path}/hw:cpu_policy").json == specs["extra_specs"]
    assert cloud.call("GET", f"{path}/other").status == 404
    assert cloud.call("DELETE", f"{FLAVORS}/5").status == 403
    assert cloud.call("DELETE", f"{FLAVORS}/5", user="admin").status == 202
    assert "huge" not in names(cloud)


def test_a_private_size_is_for_administrators(cloud: InProcess) -> None:
    wish = {"name": "own", "vcpus": 1, "ram": 1, "disk": 1, "os-flavor-access:is_public": False}
    cloud.call("POST", FLAVORS, {"flavor": wish}, user="admin")
    assert "own" not in names(cloud)
    assert "own" in names(cloud, "?is_public=None", user="admin")
