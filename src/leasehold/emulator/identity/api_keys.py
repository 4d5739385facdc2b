"""API keys as Rackspace's Keystone lent them: seen and changed below the user, in v2.0."""

import msgspec

from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.identity.accounts import Secret, User
from leasehold.emulator.identity.catalog import Catalog
from leasehold.emulator.identity.faults import body_object, expecting, forbidden, not_found
from leasehold.emulator.world import World

API_KEY = "RAX-KSKEY:apiKeyCredentials"
_PATH = f"/v2.0/users/{{id}}/OS-KSADM/credentials/{API_KEY}"


def route(router: Router, world: World, catalog: Catalog) -> None:
    keys = _ApiKeys(world)
    router.add("GET", _PATH, keys.show)
    router.add("POST", _PATH, keys.change)
    router.add("DELETE", _PATH, keys.delete)


class _ApiKeys:
    """A user's own; those of others for administrators."""

    def __init__(self, world: World) -> None:
        self._world = world

    def show(self, request: Request) -> Response:
        user = self._user(request)
        if user.api_key is None:
            raise not_found("credential", API_KEY)
        return _response(200, user, user.api_key)

    def change(self, request: Request) -> Response:
        user = self._user(request)
        given = body_object(request).get(API_KEY)
        if not isinstance(given, dict) or not given.get("apiKey"):
            raise expecting("apiKey", API_KEY)
        key = Secret(value=str(given["apiKey"]))
        self._world.users.put(msgspec.structs.replace(user, api_key=key))
        return _response(201, user, key)

    def delete(self, request: Request) -> Response:
        self._world.users.put(msgspec.structs.replace(self._user(request), api_key=None))
        return Response(204)

    def _user(self, request: Request) -> User:
        wanted = request.params["id"]
        if wanted != request.token.user.id and not request.is_admin:
            raise forbidden("get_credential")
        user = self._world.users.get(wanted)
        if user is None:
            raise not_found("user", wanted)
        return user


def _response(status: int, user: User, key: Secret) -> Response:
    return Response(status, {API_KEY: {"username": user.name, "apiKey": key.value}})
