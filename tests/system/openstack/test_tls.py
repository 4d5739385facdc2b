"""Certificates on both sides of a connection, over real TLS."""

from pathlib import Path

import pytest

from leasehold.emulator import Emulator, Tls
from leasehold.openstack import ConnectFailed, ConnectionLost, UnverifiedTls, connect
from tests.certificates import Authority

from .conftest import connected


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def behind_tls(authority: Authority, **more) -> Emulator:
    return Emulator(tls=Tls(certificate=authority.server("127.0.0.1"), **more), seed=1)


def test_a_private_ca_is_believed_if_it_is_named(authority: Authority) -> None:
    with behind_tls(authority) as emulator:
        with connected(emulator, cacert=str(authority.path)) as cloud:
            assert list(cloud.compute.servers()) == []
        with pytest.raises(ConnectFailed, match=r"is not trusted .*; name its CA by `cacert`"):
            connected(emulator).identity()


def test_verification_is_off_only_with_a_warning(authority: Authority) -> None:
    with behind_tls(authority) as emulator:
        with pytest.warns(UnverifiedTls, match="cacert"):
            cloud = connected(emulator, verify=False)
        with pytest.warns(match="Unverified HTTPS request"):
            assert list(cloud.compute.servers()) == []
        cloud.close()


@pytest.mark.parametrize("files", ["one", "two"])
def test_a_client_certificate_opens_the_door(authority: Authority, tmp_path, files: str) -> None:
    with behind_tls(authority, client_authority=authority.path, demand=True) as emulator:
        with pytest.raises((ConnectFailed, ConnectionLost)):
            connected(emulator, cacert=str(authority.path)).identity()
        pair = authority.client("demo")
        given = {"cert": str(pair)}
        if files == "two":
            given["key"] = str(split_off_key(pair, tmp_path / "key.pem"))
        with connected(emulator, cacert=str(authority.path), **given) as cloud:
            assert list(cloud.compute.servers()) == []


def split_off_key(pair: Path, key: Path) -> Path:
    """Put the private key of a PEM file into a file of its own."""
    before, mark, rest = pair.read_text().partition("-----BEGIN CERTIFICATE")
    certificate, end = (mark + rest).split("-----END CERTIFICATE-----\n", 1)
    key.write_text(before or end)
    pair.write_text(f"{certificate}-----END CERTIFICATE-----\n")
    return key


@pytest.mark.parametrize("tenant", [{}, {"ex_tenant_name": "demo"}])
def test_a_voms_proxy_signs_in_and_finds_its_tenant(authority: Authority, tenant) -> None:
    with (
        behind_tls(authority, client_authority=authority.path) as emulator,
        connect(
            ex_force_auth_url=emulator.url,
            ex_force_auth_version="2.0_voms",
            password=str(authority.client("demo")),
            cacert=str(authority.path),
            retries=0,
            **tenant,
        ) as cloud,
    ):
        assert cloud.identity().project_name == "demo"
        assert next(cloud.compute.flavors()).name == "tiny"
