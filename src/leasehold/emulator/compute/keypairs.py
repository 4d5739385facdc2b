"""Key pairs: public keys a user keeps in Nova, by name."""

import base64
import binascii
import hashlib
import re
from datetime import datetime
from typing import Any

import msgspec

from leasehold.emulator.collection import Collection
from leasehold.emulator.compute.faults import bad_input, forbidden_by_policy, not_found
from leasehold.emulator.compute.pages import page_limits, page_link
from leasehold.emulator.compute.server_wish import body_of, part
from leasehold.emulator.effects import Effect
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.world import World

_NAME = re.compile(r"^[_\- a-zA-Z0-9]+$")
_NAME_LATER = re.compile(r"^[@.\w_\- ]+$")
"""From 2.92 on."""


class KeyPair(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    """User and name: the name alone is the user's only."""
    number: int
    name: str
    user_id: str
    public_key: str
    fingerprint: str
    type: str
    created_at: datetime


class KeyPairs:
    """The key pairs of every user."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._all: Collection[KeyPair] = world.collection(owner=lambda pair: pair.user_id)
        self._made = 0

    def find(self, user_id: str, name: str) -> KeyPair | None:
        return self._all.get(f"{user_id}/{name}")

    def count(self, user_id: str) -> int:
        return self._all.count(user_id)

    def route(self, router: Router) -> None:
        router.add("GET", "/v2.1/os-keypairs", self._index)
        router.add("POST", "/v2.1/os-keypairs", self._create)
        router.add("GET", "/v2.1/os-keypairs/{name}", self._show)
        router.add("DELETE", "/v2.1/os-keypairs/{name}", self._delete)

    def _index(self, request: Request) -> Response:
        pairs = sorted(self._all.oldest(_owner(request, "index")), key=lambda pair: pair.name)
        body: dict[str, Any] = {}
        if request.at_least(2, 35):
            limit, marker = page_limits(request)
            if marker is not None:
                if marker not in [pair.name for pair in pairs]:
                    raise Fault(400, f"marker [{marker}] not found")
                pairs = [pair for pair in pairs if pair.name > marker]
            pairs = pairs[:limit]
            if len(pairs) == limit:
                body["keypairs_links"] = page_link(request, pairs[-1].name)
        shown = [{"keypair": _summary(request, pair)} for pair in pairs]
        return Response(200, {"keypairs": shown, **body})

    def _show(self, request: Request) -> Response:
        pair = self._wanted(request, "show")
        document = _summary(request, pair) | {
            "user_id": pair.user_id,
            "created_at": pair.created_at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
            "deleted": False,
            "deleted_at": None,
            "id": pair.number,
            "updated_at": None,
        }
        return Response(200, {"keypair": document})

    def _create(self, request: Request) -> Response:
        given = part(body_of(request), "keypair")
        name, kind = _checked_name(request, given), given.get("type", "ssh")
        user_id = request.token.user.id
        if request.at_least(2, 10) and "user_id" in given:
            user_id = given["user_id"]
            if user_id != request.token.user.id and not request.is_admin:
                raise forbidden_by_policy("os-keypairs:create")
        self._check_quota(request, user_id)
        if self.find(user_id, name) is not None:
            raise Fault(409, f"Key pair '{name}' already exists.")
        private_key, public_key = None, given.get("public_key")
        if public_key is None:
            if request.at_least(2, 92):
                raise bad_input("keypair", given, "'public_key' is a required property")
            private_key, public_key = _generate()
        self._made += 1
        pair = self._all.put(
            KeyPair(
                id=f"{user_id}/{name}",
                number=self._made,
                name=name,
                user_id=user_id,
                public_key=public_key,
                fingerprint=fingerprint(public_key),
                type=kind,
                created_at=self._world.timeline.now().replace(microsecond=0),
            )
        )
        document = _summary(request, pair) | {"user_id": user_id}
        if private_key is not None:
            document["private_key"] = private_key
        return Response(201 if request.at_least(2, 2) else 200, {"keypair": document})

    def _delete(self, request: Request) -> Response:
        self._all.remove(self._wanted(request, "delete").id)
        return Response(204 if request.at_least(2, 2) else 202)

    def _wanted(self, request: Request, action: str) -> KeyPair:
        user_id, name = _owner(request, action), request.params["name"]
        pair = self.find(user_id, name)
        if pair is None:
            raise not_found(f"Keypair {name} not found for user {user_id}")
        return pair

    def _check_quota(self, request: Request, user_id: str) -> None:
        allowed = self._world.quota(request.project.id).key_pairs
        if Effect.QUOTA in request.effects or 0 <= allowed <= self.count(user_id):
            raise Fault(403, "Quota exceeded, too many key pairs.")


def fingerprint(public_key: str) -> str:
    """MD5 of the key's blob, as Nova shows it; 400 when it is no OpenSSH public key."""
    fields = public_key.split()
    try:
        blob = base64.b64decode(fields[1], validate=True)
    except (IndexError, binascii.Error, ValueError) as error:
        message = "Keypair data is invalid: failed to generate fingerprint"
        raise Fault(400, message) from error
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[index : index + 2] for index in range(0, 32, 2))


def _generate() -> tuple[str, str]:
    """A new RSA pair, private and public, as Nova made them until 2.91."""
    from asyncssh import generate_private_key  # late: nothing else here needs it

    key = generate_private_key("ssh-rsa", comment="Generated-by-Nova", key_size=2048)
    private = key.export_private_key("pkcs1-pem")
    return private.decode(), key.export_public_key().decode().strip()


def _checked_name(request: Request, given: dict[str, Any]) -> str:
    name = given.get("name")
    if not isinstance(name, str):
        raise bad_input("keypair", given, "'name' is a required property")
    pattern = _NAME_LATER if request.at_least(2, 92) else _NAME
    if not 0 < len(name) <= 255 or not pattern.match(name):
        raise bad_input("name", name, f"'{name}' does not match '{pattern.pattern}'")
    return name


def _owner(request: Request, action: str) -> str:
    own = request.token.user.id
    wanted = request.one("user_id", own) if request.at_least(2, 10) else own
    if wanted != own and not request.is_admin:
        raise forbidden_by_policy(f"os-keypairs:{action}")
    return wanted or own


def _summary(request: Request, pair: KeyPair) -> dict[str, Any]:
    summary = {
        "name": pair.name,
        "public_key": pair.public_key,
        "fingerprint": pair.fingerprint,
    }
    if request.at_least(2, 2):
        summary["type"] = pair.type
    return summary
