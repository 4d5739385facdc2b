"""Consoles to look at, of which the testbed has none."""

import pytest

from leasehold.emulator import Emulator

from .conftest import connected


@pytest.mark.parametrize("version", ["2.1", "2.79"])
def test_a_consoles_url_is_secret_for_it_holds_a_token(emulator: Emulator, version: str) -> None:
    (server,) = emulator.seed_servers(1)
    with connected(emulator, compute_microversion=version) as cloud:
        console = cloud.compute.remote_console(server.id)
    assert console.type == "novnc"
    assert "token" in console.url.reveal()
    assert console.url.reveal() not in repr(console)
