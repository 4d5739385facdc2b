"""API keys: used in v2.0, seen and changed by their owner."""

from tests.unit.emulator.conftest import InProcess, Reply

KIND = "RAX-KSKEY:apiKeyCredentials"


def sign_in(cloud: InProcess, key: str, user: str = "demo") -> Reply:
    auth = {KIND: {"username": user, "apiKey": key}, "tenantName": user}
    return cloud.call("POST", "/identity/v2.0/tokens", {"auth": auth}, user=None)


def path(cloud: InProcess, user: str = "demo") -> str:
    found = next(each for each in cloud.cloud.world.users if each.name == user)
    return f"/identity/v2.0/users/{found.id}/OS-KSADM/credentials/{KIND}"


def test_the_key_gives_a_token_and_the_password_does_not(cloud: InProcess) -> None:
    assert sign_in(cloud, "demo-key").json["access"]["token"]["tenant"]["name"] == "demo"
    assert sign_in(cloud, "demo").status == 401


def test_its_owner_sees_and_changes_it(cloud: InProcess) -> None:
    shown = cloud.call("GET", path(cloud)).json
    assert shown == {KIND: {"username": "demo", "apiKey": "demo-key"}}
    changed = cloud.call("POST", path(cloud), {KIND: {"username": "demo", "apiKey": "new"}})
    assert changed.status == 201
    assert sign_in(cloud, "new").status == 200
    assert sign_in(cloud, "demo-key").status == 401


def test_without_a_key_none_is_right(cloud: InProcess) -> None:
    assert cloud.call("DELETE", path(cloud)).status == 204
    assert cloud.call("GET", path(cloud)).status == 404
    assert sign_in(cloud, "demo-key").status == 401


def test_those_of_others_are_for_administrators(cloud: InProcess) -> None:
    assert cloud.call("GET", path(cloud, "admin")).status == 403
    assert cloud.call("GET", path(cloud), user="admin").status == 200


def test_a_key_that_is_missing_is_told(cloud: InProcess) -> None:
    reply = cloud.call("POST", path(cloud), {KIND: {"username": "demo"}})
    assert reply.status == 400
    assert "apiKey" in reply.message
