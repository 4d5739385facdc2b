"""Tokens that outlive a connection: over HTTP, from several processes, and shared with Libcloud."""

import json
import subprocess
import sys

import pytest
from libcloud.common.openstack_identity import (
    OpenStackAuthenticationCache,
    get_class_for_auth_version,
)

from leasehold.emulator import Emulator
from leasehold.openstack import connect
from leasehold.openstack.token_cache import TokenCacheWarning

from .conftest import connected

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:libcloud.*"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]


def sign_ins(emulator: Emulator) -> int:
    return emulator.requests.of("identity", "POST")


def test_a_second_connection_needs_no_sign_in(emulator: Emulator, tmp_path) -> None:
    for _ in range(2):
        with connected(emulator, token_cache=str(tmp_path / "tokens")) as cloud:
            assert list(cloud.compute.servers()) == []
            assert cloud.identity().user_name == "demo"
    assert sign_ins(emulator) == 1


def test_a_cached_token_that_the_cloud_refuses_is_replaced(emulator: Emulator, tmp_path) -> None:
    path = str(tmp_path / "tokens")
    connected(emulator, token_cache=path).identity()
    emulator.run(emulator.world.tokens.clear)
    assert list(connected(emulator, token_cache=path).compute.servers()) == []
    assert list(connected(emulator, token_cache=path).compute.servers()) == []
    assert sign_ins(emulator) == 2


def test_a_token_that_another_connection_renewed_is_taken_up(emulator: Emulator, tmp_path) -> None:
    path = str(tmp_path / "tokens")
    one, two = (connected(emulator, token_cache=path) for _ in range(2))
    assert one.identity() == two.identity()
    emulator.run(emulator.world.tokens.clear)
    assert list(one.compute.servers()) == list(two.compute.servers()) == []
    assert sign_ins(emulator) == 2


def test_a_wrong_password_does_not_get_the_cached_token(emulator: Emulator, tmp_path) -> None:
    path = str(tmp_path / "tokens")
    connected(emulator, token_cache=path).identity()
    with pytest.raises(Exception, match="does not accept the credentials"):
        connected(emulator, token_cache=path, password="wrong").identity()


def test_a_damaged_cache_costs_a_sign_in_and_a_warning(emulator: Emulator, tmp_path) -> None:
    path = tmp_path / "tokens"
    path.write_text("{")
    path.chmod(0o600)
    with pytest.warns(TokenCacheWarning, match="damaged"):
        assert list(connected(emulator, token_cache=str(path)).compute.servers()) == []


PROGRAM = """
import sys
from leasehold.openstack import connect
url, path = sys.argv[1:]
cloud = connect(auth_url=url, username="demo", password="demo", project_name="demo", token_cache=path)
print(cloud.identity().user_name)
"""


def test_processes_at_the_same_time_share_one_file(emulator: Emulator, tmp_path) -> None:
    command = [sys.executable, "-c", PROGRAM, emulator.auth_url, str(tmp_path / "tokens")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    assert [each.communicate()[0] for each in running] == [b"demo\n"] * 4
    before = sign_ins(emulator)
    subprocess.run(command, check=True, capture_output=True)
    assert sign_ins(emulator) == before


def test_a_token_of_v1_0_which_never_expires_is_kept_until_it_is_refused(
    emulator: Emulator, tmp_path
) -> None:
    given = {"auth_url": f"{emulator.url}/v1.0", "username": "demo", "password": "demo-key"}
    path = str(tmp_path / "tokens")
    for _ in range(2):
        cloud = connect(**given, token_cache=path)
        assert next(cloud.compute.flavors()).name == "tiny"
    assert emulator.requests.of("identity") == 1


class Shelf(OpenStackAuthenticationCache):
    def __init__(self) -> None:
        self.kept: dict[object, object] = {}

    def get(self, key):
        return self.kept.get(key)

    def put(self, key, context):
        self.kept[key] = context

    def clear(self, key):
        self.kept.pop(key, None)


VERSIONS = {
    "1.1": "demo-key",
    "2.0_apikey": "demo-key",
    "2.0_password": "demo",
    "3.x_password": "demo",
}


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def by_libcloud(emulator: Emulator, version: str, shelf: Shelf):
    identity = get_class_for_auth_version(version)(
        auth_url=emulator.url,
        user_id="demo",
        key=VERSIONS[version],
        tenant_name="demo",
        auth_cache=shelf,
    )
    given = {"auth_type": "password"} if version == "2.0_password" else {}
    return identity.authenticate(**given)


def by_us(emulator: Emulator, version: str, shelf: Shelf):
    return connect(
        ex_force_auth_url=emulator.url,
        ex_force_auth_version=version,
        username="demo",
        password=VERSIONS[version],
        ex_tenant_name="demo",
        ex_auth_cache=shelf,
    )


def test_a_token_that_libcloud_kept_is_used_here(emulator: Emulator, version: str) -> None:
    shelf = Shelf()
    token = by_libcloud(emulator, version, shelf).auth_token
    cloud = by_us(emulator, version, shelf)
    assert next(cloud.compute.flavors()).name == "tiny"
    assert cloud.transport.token().reveal() == token
    assert sign_ins(emulator) == 1


def test_a_token_that_was_kept_here_is_used_by_libcloud(emulator: Emulator, version: str) -> None:
    shelf = Shelf()
    token = by_us(emulator, version, shelf).transport.token().reveal()
    identity = by_libcloud(emulator, version, shelf)
    assert identity.auth_token == token
    assert identity.urls
    assert sign_ins(emulator) == 1


def test_a_refused_token_is_cleared_from_libcloud_s_cache(emulator: Emulator, version: str) -> None:
    shelf = Shelf()
    by_us(emulator, version, shelf).identity()
    emulator.run(emulator.world.tokens.clear)
    cloud = by_us(emulator, version, shelf)
    assert next(cloud.compute.flavors()).name == "tiny"
    assert [each.token for each in shelf.kept.values()] == [cloud.transport.token().reveal()]


def test_clouds_of_one_file_do_not_share_a_token(emulator: Emulator, tmp_path, monkeypatch) -> None:
    path = tmp_path / "clouds.yaml"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    shelf = Shelf()
    with Emulator(guests="none") as other:
        user = {"username": "demo", "password": "demo", "project_name": "demo"}
        clouds = {
            name: {"auth": {**user, "auth_url": each.auth_url}}
            for name, each in (("one", emulator), ("two", other))
        }
        path.write_text(json.dumps({"clouds": clouds}))
        for name in clouds:
            given = {"ex_force_auth_version": "2.0_password", "ex_auth_cache": shelf}
            with connect(name, **given) as cloud:
                assert next(cloud.compute.flavors()).name == "tiny"
        assert sign_ins(emulator) == sign_ins(other) == 1


def test_projects_that_are_named_by_id_do_not_share_a_token(emulator: Emulator) -> None:
    shelf = Shelf()
    for name in ("demo", "admin", "demo"):
        project_id = emulator.run(lambda name=name: emulator.cloud.project(name).id)
        user = {"auth_url": emulator.auth_url, "username": "admin", "password": "admin"}
        with connect(**user, project_id=project_id, ex_auth_cache=shelf) as cloud:
            assert cloud.identity().project_id == project_id
    assert sign_ins(emulator) == 2
