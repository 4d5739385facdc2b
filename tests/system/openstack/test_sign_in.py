"""Every way to sign in, against a Keystone over HTTP."""

import pytest
import requests

from leasehold.emulator import Emulator
from leasehold.openstack import AuthenticationFailed, NotFound, connect

from .conftest import connected


def test_a_user_signs_in_by_password(emulator: Emulator) -> None:
    identity = connected(emulator).identity()
    assert (identity.user_name, identity.project_name) == ("demo", "demo")
    assert "member" in identity.roles


def test_a_user_signs_in_by_the_old_v2_0(emulator: Emulator) -> None:
    cloud = connected(emulator, auth_url=f"{emulator.url}/identity/v2.0")
    assert cloud.identity().project_id == connected(emulator).identity().project_id
    assert list(cloud.compute.servers()) == []


def test_a_url_without_a_version_means_v3_and_asks_nobody(emulator: Emulator) -> None:
    connected(emulator, auth_url=f"{emulator.url}/identity").identity()
    assert emulator.requests.total == 1


def test_a_token_signs_in(emulator: Emulator) -> None:
    user = {"name": "demo", "password": "demo", "domain": {"id": "default"}}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
    answer = requests.post(f"{emulator.auth_url}/auth/tokens", json=body, timeout=30)
    token = answer.headers["X-Subject-Token"]
    cloud = connect(auth_url=emulator.auth_url, token=token, project_name="demo", retries=0)
    assert cloud.identity().project_name == "demo"
    assert list(cloud.compute.servers()) == []


def test_a_cloud_of_clouds_yaml_is_reached(emulator: Emulator, tmp_path, monkeypatch) -> None:
    path = tmp_path / "clouds.yaml"
    path.write_text(emulator.clouds_yaml())
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    assert connect("demo").identity().project_name == "demo"


def test_a_cloud_of_the_environment_is_reached(emulator: Emulator, monkeypatch) -> None:
    monkeypatch.delenv("OS_CLOUD", raising=False)
    for name in ("USERNAME", "PASSWORD", "PROJECT_NAME"):
        monkeypatch.setenv(f"OS_{name}", "demo")
    monkeypatch.setenv("OS_AUTH_URL", emulator.auth_url)
    monkeypatch.setenv("OS_IDENTITY_API_VERSION", "3")
    assert connect().identity().project_name == "demo"


def test_a_wrong_password_is_told_within_one_call(emulator: Emulator) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        connected(emulator, password="wrong", retries=3).identity()
    assert emulator.requests.total == 1
    assert caught.value.request_id
    assert "wrong" not in str(caught.value)


def test_an_address_that_is_not_keystone_s_is_told(emulator: Emulator) -> None:
    with pytest.raises(NotFound, match="auth_url"):
        connected(emulator, auth_url=f"{emulator.url}/nowhere").identity()


@pytest.mark.parametrize("service", ["compute/v2.1", "image", "volume/v3"])
def test_a_service_taken_for_keystone_leads_to_keystone(emulator: Emulator, service: str) -> None:
    cloud = connected(emulator, auth_url=f"{emulator.url}/{service}")
    with pytest.raises(AuthenticationFailed) as caught:
        cloud.identity()
    told = f"It calls {emulator.auth_url} its Keystone: is that the auth_url?"
    assert told in str(caught.value)
