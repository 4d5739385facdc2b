"""The emulator behind TLS and on IPv6, with the clients that others wrote."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import libcloud.security
import pytest
import requests
import yaml
from keystoneauth1 import loading
from keystoneauth1.session import Session
from libcloud.common.openstack_identity import get_class_for_auth_version
from libcloud.common.types import InvalidCredsError

from leasehold.emulator import Emulator, Tls
from tests.certificates import Authority

# Libcloud leaves sockets open.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def behind_tls(authority: Authority, host: str = "127.0.0.1", **more: Any) -> Emulator:
    tls = Tls(certificate=authority.server(host), authority=authority.path, **more)
    return Emulator(host=host, tls=tls, seed=1)


@pytest.fixture
def asking(authority: Authority) -> Iterator[Emulator]:
    """It asks for a client certificate, and lives with none."""
    with behind_tls(authority, client_authority=authority.path) as running:
        yield running


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_keystoneauth_signs_in_over_tls(authority: Authority, host: str) -> None:
    with behind_tls(authority, host) as emulator:
        cloud = yaml.safe_load(emulator.clouds_yaml())["clouds"]["demo"]
        assert cloud["auth"]["auth_url"] == emulator.auth_url
        auth = loading.get_plugin_loader("password").load_from_options(**cloud["auth"])
        session = Session(auth=auth, verify=cloud["cacert"])
        endpoint = session.get_endpoint(service_type="compute")
        assert endpoint == f"{emulator.url}/compute/v2.1"
        assert session.get(endpoint + "/servers").json() == {"servers": []}
        session.session.close()


def test_it_is_on_ipv6_without_tls_as_well() -> None:
    with Emulator(host="::1") as emulator:
        assert emulator.url == f"http://[::1]:{emulator.port}"
        shown = requests.get(emulator.auth_url, timeout=10).json()["version"]
        assert shown["links"][0]["href"] == f"{emulator.auth_url}/"


def test_a_client_that_does_not_know_the_authority_does_not_go_on(asking: Emulator) -> None:
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        requests.get(asking.url, timeout=10)


def test_a_client_without_a_certificate_may_come_unless_it_is_demanded(
    authority: Authority, asking: Emulator
) -> None:
    assert requests.get(asking.url, verify=str(authority.path), timeout=10).status_code == 300
    with behind_tls(authority, client_authority=authority.path, demand=True) as demanding:
        verify = str(authority.path)
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.get(demanding.url, verify=verify, timeout=10)
        client = str(authority.client("demo"))
        answer = requests.get(demanding.url, verify=verify, cert=client, timeout=10)
        assert answer.status_code == 300


def test_a_certificate_of_another_authority_is_refused(
    authority: Authority, asking: Emulator, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    client = str(Authority(tmp_path / "other", "other").client("demo"))
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(asking.url, verify=str(authority.path), cert=client, timeout=10)


@pytest.mark.parametrize("tenant", [None, "demo"])
def test_libcloud_signs_in_with_a_certificate_alone(
    authority: Authority,
    asking: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    tenant: str | None,
) -> None:
    monkeypatch.setattr(libcloud.security, "CA_CERTS_PATH", str(authority.path))

    def signed_in(name: str) -> Any:
        voms = get_class_for_auth_version("2.0_voms")
        key = str(authority.client(name))
        connection = voms(auth_url=asking.url, user_id=None, key=key, tenant_name=tenant)
        return connection.authenticate()

    connection = signed_in("demo")
    assert connection.auth_user_info["name"] == "demo"
    assert connection.urls
    with pytest.raises(InvalidCredsError):
        signed_in("stranger")


def test_after_a_refusal_it_is_behind_tls_again(authority: Authority, asking: Emulator) -> None:
    asking.refuse(0)
    end = time.monotonic() + 60
    while True:
        try:
            answer = requests.get(asking.url, verify=str(authority.path), timeout=10)
        except requests.exceptions.ConnectionError:
            assert time.monotonic() < end, "it never listened again"
            time.sleep(0.02)
        else:
            assert answer.status_code == 300
            break


def test_files_that_are_no_certificate_are_told_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "empty.pem"
    path.touch()
    with pytest.raises(OSError, match="PEM"):
        Emulator(tls=Tls(certificate=path)).start()
