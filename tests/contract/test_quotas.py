"""How much a project may have, how much it has, and what it is told at the border."""

from typing import Any

import pytest
from tests.contract.api import Answer, refused
from tests.contract.quota import SetQuota
from tests.contract.shape import has_form
from tests.contract.tenant import PUBLIC_KEY, Tenant

ABSOLUTE_2_57 = {
    "maxTotalCores": int,
    "maxTotalInstances": int,
    "maxTotalKeypairs": int,
    "maxTotalRAMSize": int,
    "maxServerMeta": int,
    "maxServerGroups": int,
    "maxServerGroupMembers": int,
    "totalCoresUsed": int,
    "totalInstancesUsed": int,
    "totalRAMUsed": int,
    "totalServerGroupsUsed": int,
}
ABSOLUTE = ABSOLUTE_2_57 | {
    "maxPersonality": int,
    "maxPersonalitySize": int,
    "maxImageMeta": int,
    "maxTotalFloatingIps": int,
    "maxSecurityGroups": int,
    "maxSecurityGroupRules": int,
    "totalFloatingIpsUsed": int,
    "totalSecurityGroupsUsed": int,
}
VOLUME_ABSOLUTE = {
    "maxTotalVolumes": int,
    "maxTotalVolumeGigabytes": int,
    "maxTotalSnapshots": int,
    "maxTotalBackups": int,
    "maxTotalBackupGigabytes": int,
    "totalVolumesUsed": int,
    "totalGigabytesUsed": int,
    "totalSnapshotsUsed": int,
    "totalBackupsUsed": int,
    "totalBackupGigabytesUsed": int,
}
NETWORK_KINDS = (
    "network",
    "subnet",
    "subnetpool",
    "port",
    "router",
    "floatingip",
    "rbac_policy",
    "security_group",
    "security_group_rule",
)
USE = {"limit": int, "used": int, "reserved": int}


def ask_for_a_server(cloud: Tenant, **changes: Any) -> Answer:
    return cloud.compute.post("/servers", cloud.server_body(**changes))


def used(cloud: Tenant, kind: str) -> int:
    """How many the project has; Neutron takes no lower limit than that."""
    details = cloud.network.get(f"/quotas/{cloud.project_id}/details.json").one
    return int(details[kind]["used"])


def test_compute_tells_limits_and_use(cloud: Tenant) -> None:
    has_form(cloud.compute.get("/limits").one, {"rate": [dict], "absolute": ABSOLUTE})
    cloud.a_server()
    limits = cloud.compute.get("/limits", version="2.96").one
    has_form(limits, {"rate": [dict], "absolute": ABSOLUTE_2_57})
    assert limits["absolute"]["totalInstancesUsed"] == 1
    assert limits["absolute"]["totalCoresUsed"] == 1
    assert limits["absolute"]["totalRAMUsed"] == 64


def test_volume_tells_limits_and_use(cloud: Tenant) -> None:
    before = cloud.volume.get("/limits").one
    has_form(before, {"rate": [dict], "absolute": VOLUME_ABSOLUTE})
    cloud.a_volume(size=2)
    after = cloud.volume.get("/limits").one["absolute"]
    assert after["totalVolumesUsed"] == before["absolute"]["totalVolumesUsed"] + 1
    assert after["totalGigabytesUsed"] == before["absolute"]["totalGigabytesUsed"] + 2


def test_network_tells_limits_and_use(cloud: Tenant) -> None:
    plain = cloud.network.get(f"/quotas/{cloud.project_id}").one
    assert set(NETWORK_KINDS) <= plain.keys()
    assert all(isinstance(limit, int) for limit in plain.values())

    details = cloud.network.get(f"/quotas/{cloud.project_id}/details.json").one
    for kind in NETWORK_KINDS:
        has_form(details[kind], USE)
    before = used(cloud, "port")
    cloud.a_port()
    assert used(cloud, "port") == before + 1


def test_network_takes_no_limit_below_what_is_in_use(cloud: Tenant) -> None:
    cloud.a_port()
    answer = cloud.admin.network.put(f"/quotas/{cloud.project_id}", {"quota": {"port": 0}})
    refused(
        answer,
        400,
        "HTTPBadRequest",
        r"Quota limit 0 for port must be greater than or equal to already used \d+",
    )


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            {"instances": 0},
            "Quota exceeded for instances: Requested 1, but already used 0 of 0 instances",
        ),
        ({"cores": 0}, "Quota exceeded for cores: Requested 1, but already used 0 of 0 cores"),
        ({"ram": 10}, "Quota exceeded for ram: Requested 64, but already used 0 of 10 ram"),
        (
            {"instances": 0, "cores": 0, "ram": 10},
            (
                "Quota exceeded for cores, instances, ram: Requested 1, 1, 64, "
                "but already used 0, 0, 0 of 0, 0, 10 cores, instances, ram"
            ),
        ),
    ],
    ids=["instances", "cores", "ram", "all"],
)
def test_a_server_beyond_the_quota_is_refused(
    cloud: Tenant, quota: SetQuota, limits: dict[str, int], message: str
) -> None:
    quota("compute", **limits)
    refused(ask_for_a_server(cloud), 403, "forbidden", message)


def test_what_is_in_use_counts_against_the_quota(cloud: Tenant, quota: SetQuota) -> None:
    cloud.a_server()
    quota("compute", instances=1)
    message = "Quota exceeded for instances: Requested 1, but already used 1 of 1 instances"
    refused(ask_for_a_server(cloud), 403, "forbidden", message)


def test_a_key_pair_beyond_the_quota_is_refused(cloud: Tenant, quota: SetQuota) -> None:
    quota("compute", key_pairs=0)
    keypair = {"keypair": {"name": "k", "public_key": PUBLIC_KEY}}
    answer = cloud.compute.post("/os-keypairs", keypair)
    refused(answer, 403, "forbidden", r"Quota exceeded, too many key pairs\.")


def test_a_server_whose_port_is_beyond_the_quota_is_refused(cloud: Tenant, quota: SetQuota) -> None:
    quota("network", port=used(cloud, "port"))
    refused(ask_for_a_server(cloud), 403, "forbidden", "Maximum number of ports exceeded")


@pytest.mark.parametrize(
    ("kind", "path"),
    [("port", "/ports"), ("floatingip", "/floatingips"), ("security_group", "/security-groups")],
    ids=["port", "floating IP", "security group"],
)
def test_a_network_resource_beyond_the_quota_is_refused(
    cloud: Tenant, quota: SetQuota, kind: str, path: str
) -> None:
    bodies = {
        "port": {"network_id": cloud.network_id},
        "floatingip": {"floating_network_id": cloud.external_network_id},
        "security_group": {"name": "g"},
    }
    quota("network", **{kind: used(cloud, kind)})
    answer = cloud.network.post(path, {kind: bodies[kind]})
    refused(answer, 409, "OverQuota", rf"Quota exceeded for resources: \['{kind}'\]\.")


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            {"volumes": 0},
            (
                r"VolumeLimitExceeded: Maximum number of volumes allowed \(0\) exceeded "
                r"for quota 'volumes'\."
            ),
        ),
        (
            {"gigabytes": 1},
            (
                "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed "
                r"gigabytes quota\. Requested 2G, quota is 1G and 0G has been consumed\."
            ),
        ),
        (
            {"per_volume_gigabytes": 1},
            (
                "VolumeSizeExceedsLimit: Requested volume size 2G is larger than maximum allowed "
                r"limit 1G\."
            ),
        ),
    ],
    ids=["volumes", "gigabytes", "one volume"],
)
def test_a_volume_beyond_the_quota_is_too_much(
    cloud: Tenant, quota: SetQuota, limits: dict[str, int], message: str
) -> None:
    quota("volume", **limits)
    answer = cloud.volume.post("/volumes", {"volume": {"size": 2}})
    refused(answer, 413, "overLimit", message)
    assert answer.headers["Retry-After"] == "0"
    assert answer.body["overLimit"]["retryAfter"] == "0"


def test_only_an_admin_sets_quotas(cloud: Tenant) -> None:
    path = f"/os-quota-sets/{cloud.project_id}"
    refused(
        cloud.compute.put(path, {"quota_set": {"cores": 1}}),
        403,
        "forbidden",
        r"Policy doesn't allow os_compute_api:os-quota-sets:update to be performed\.",
    )
