"""What LEASEHOLD_DEBUG writes of real requests, and what it does not."""

import json
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from leasehold.emulator import Emulator
from leasehold.openstack import DebugLogWarning, NotFound, Secret, connect
from leasehold.openstack.transport import Transport

from .conftest import connected

PASSWORD = "correct-horse-battery"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "debug.log"


def records(log: Path) -> list[str]:
    return re.split(r"^(?=# \d+ at )", log.read_text(), flags=re.MULTILINE)[1:]


def test_each_request_is_a_line_for_curl_and_its_answer(emulator: Emulator, log: Path) -> None:
    cloud = connected(emulator, debug=str(log))
    flavors = list(cloud.compute.flavors())
    sign_in, listing = records(log)
    assert "curl -i -X POST" in sign_in
    assert (
        f"'{emulator.auth_url}/auth/tokens'" in sign_in
        or f"{emulator.auth_url}/auth/tokens" in sign_in
    )
    assert "HTTP 201" in sign_in
    assert '-H "X-Auth-Token: $OS_TOKEN"' in listing
    body = json.loads(listing.split("\n\n")[1])
    assert [flavor["name"] for flavor in body["flavors"]] == [flavor.name for flavor in flavors]


def test_the_line_works_when_it_is_pasted(emulator: Emulator, log: Path) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed here")
    cloud = connected(emulator, debug=str(log))
    list(cloud.compute.flavors())
    line = next(line for line in records(log)[1].splitlines() if line.startswith("curl"))
    token = cloud.transport.token().reveal()
    done = subprocess.run(
        line, shell=True, capture_output=True, check=True, env={**os.environ, "OS_TOKEN": token}
    )
    assert b"200 OK" in done.stdout
    assert b'"tiny"' in done.stdout


def test_no_secret_of_a_whole_session_gets_out(log: Path) -> None:
    with Emulator(password=PASSWORD, seed=1) as emulator:
        cloud = connected(emulator, password=PASSWORD, debug=str(log), debug_pretty=True)
        key = cloud.compute.create_key_pair("mine")
        image = next(cloud.image.images())
        flavor = next(cloud.compute.flavors())
        cloud.compute.create_server(
            name="one",
            flavor_id=flavor.id,
            image_id=image.id,
            networks="none",
            user_data=b"#!/bin/sh\necho hidden-in-user-data\n",
        )
        token = cloud.transport.token().reveal()
        text = log.read_text()
    secrets = [PASSWORD, token, "hidden-in-user-data", "IyEvYmluL3No"]
    if isinstance(key.private_key, Secret):
        secrets += key.private_key.reveal().splitlines()[1:3]
    assert [secret for secret in secrets if secret in text] == []
    assert "one" in text


def test_pretty_json_is_spread_over_lines(emulator: Emulator, log: Path) -> None:
    list(connected(emulator, debug=str(log), debug_pretty=True).compute.flavors())
    assert '\n  "flavors": [\n' in records(log)[1]


def test_the_variable_switches_it_on(emulator: Emulator, log: Path, monkeypatch) -> None:
    monkeypatch.setenv("LEASEHOLD_DEBUG", str(log))
    monkeypatch.setenv("LEASEHOLD_DEBUG_PRETTY", "1")
    list(connected(emulator).compute.flavors())
    assert '\n  "flavors": [\n' in records(log)[1]
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_request_without_an_answer_says_why(emulator: Emulator, log: Path) -> None:
    url = emulator.auth_url
    emulator.stop()
    with pytest.raises(Exception, match="connections"):
        connect(
            auth_url=url, username="a", password="b", project_name="c", retries=0, debug=str(log)
        ).identity()
    assert "no answer: " in records(log)[0]


def test_records_of_many_threads_are_whole(emulator: Emulator, log: Path) -> None:
    cloud = connected(emulator, debug=str(log))

    def look(number: int) -> None:
        with pytest.raises(NotFound):
            cloud.compute.server(f"server-{number}")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(look, range(100)))
    told = records(log)[1:]
    assert len(told) == 100
    for record in told:
        assert len(set(re.findall(r"server-\d+", record))) == 1, record


def test_it_costs_nothing_when_it_is_off(emulator: Emulator) -> None:
    transport: Transport = connected(emulator).transport
    adapter = transport._session.session.get_adapter("https://")
    assert type(adapter).__name__ == "Adapter"


@pytest.mark.parametrize("place", ["/dev/full", "{}", "{}/nowhere/debug.log"])
def test_a_file_that_cannot_be_written_is_told_once_and_fails_nothing(
    emulator: Emulator, tmp_path: Path, place: str
) -> None:
    cloud = connected(emulator, debug=place.format(tmp_path))
    with pytest.warns(DebugLogWarning, match="cannot be written") as caught:
        assert [len(list(cloud.compute.flavors())) for _ in range(3)] == [4, 4, 4]
    assert len(caught) == 1


def test_records_go_on_with_a_gap_when_the_file_can_be_written_again(
    emulator: Emulator, tmp_path: Path
) -> None:
    log = tmp_path / "later" / "debug.log"
    cloud = connected(emulator, debug=log)
    with pytest.warns(DebugLogWarning):
        list(cloud.compute.flavors())
    log.parent.mkdir()
    list(cloud.compute.flavors())
    assert records(log)[0].startswith("# 3 at ")
