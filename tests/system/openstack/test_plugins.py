"""Our sign-in plugins in the hands of openstacksdk and of clouds.yaml."""

import json

import openstack
import pytest

from leasehold.emulator import Emulator
from leasehold.openstack import connect

PLUGINS = {
    "leasehold_v1_0": ("/v1.0", {"username": "demo", "api_key": "demo-key"}),
    "leasehold_v1_1": ("/v1.1", {"username": "demo", "api_key": "demo-key"}),
    "rackspace": ("/v2.0", {"username": "demo", "api_key": "demo-key"}),
    "leasehold_v3oidcaccesstoken": (
        "/v3",
        {
            "identity_provider": "lab",
            "protocol": "openid",
            "access_token": "demo-access-token",
            "project": "demo",
        },
    ),
}


@pytest.fixture(params=PLUGINS)
def cloud(request, emulator: Emulator, tmp_path, monkeypatch) -> str:
    path, auth = PLUGINS[request.param]
    entry = {
        "auth_type": request.param,
        "auth": {"auth_url": f"{emulator.url}/identity{path}", **auth},
    }
    file = tmp_path / "clouds.yaml"
    file.write_text(json.dumps({"clouds": {"old": entry}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    return "old"


def test_a_cloud_of_clouds_yaml_signs_in_by_a_plugin_of_ours(cloud: str) -> None:
    assert next(connect(cloud).compute.flavors()).name == "tiny"


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_openstacksdk_signs_in_by_a_plugin_of_ours(cloud: str) -> None:
    with openstack.connect(cloud) as connection:
        assert "tiny" in [flavor.name for flavor in connection.compute.flavors()]
