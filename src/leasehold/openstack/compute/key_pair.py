"""An SSH key pair, of which Nova keeps the public half."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from leasehold.openstack.call import FilterValue, segment
from leasehold.openstack.errors import BadRequest
from leasehold.openstack.microversion import Version
from leasehold.openstack.paging import Collection
from leasehold.openstack.secret import Secret
from leasehold.openstack.service import Shape, Verbs

_NOVA_MAKES_PAIRS: Version = (2, 91)
"""The last in which it does."""


class KeyPair(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair. `private_key` is there only in the answer that made it."""

    name: str
    type: str = "ssh"
    fingerprint: str | None = None
    public_key: str | None = None
    private_key: Secret | None = None
    user_id: str | None = None


KEY_PAIRS: Collection[KeyPair] = Collection(
    "/os-keypairs", KeyPair, key="keypairs", wrapped="keypair", page_size=None
)
"""Nova pages it from microversion 2.35 on, and refuses the question for pages before."""
KEY_PAIR = Shape(KeyPair, key="keypair")


class KeyPairs(Verbs):
    """Key pairs. They belong to users, not to projects; administrators may name a `user_id`."""

    def key_pairs(self, **filters: FilterValue) -> Iterator[KeyPair]:
        """List the key pairs of the user that is signed in."""
        return self.service.items(KEY_PAIRS, filters)

    def key_pair(self, name: str, *, user_id: str | None = None) -> KeyPair:
        """Get one key pair. Raises `NotFound`."""
        return self.service.get(f"/os-keypairs/{segment(name)}", KEY_PAIR, user_id=user_id)

    def create_key_pair(self, name: str, *, public_key: str | None = None) -> KeyPair:
        """Register a public key; without one Nova makes a pair and tells its private half once.

        Nova makes pairs until microversion 2.91, in which it is then asked. Raises `Conflict` if
        the name is taken.
        """
        if public_key is not None:
            body = {"name": name, "public_key": public_key}
            return self.service.post("/os-keypairs", {"keypair": body}, KEY_PAIR)
        service = self.service.until(_NOVA_MAKES_PAIRS, instead="a public_key of your own")
        return service.post("/os-keypairs", {"keypair": {"name": name}}, KEY_PAIR)

    def import_key_pair(self, name: str, path: Path | str) -> KeyPair:
        """Register the public key in a file, as ``ssh-keygen`` writes it.

        Raises `BadRequest` if the file holds a private key, which is not sent; and `OSError`.
        """
        text = Path(path).read_text(encoding="utf-8").strip()
        if "PRIVATE KEY" in text:
            raise BadRequest(f"{path} holds a private key; name the public one, {path}.pub")
        return self.create_key_pair(name, public_key=text)

    def delete_key_pair(self, name: str, *, user_id: str | None = None) -> None:
        """Forget a key pair; servers keep what they were given. Raises `NotFound`."""
        self.service.delete(f"/os-keypairs/{segment(name)}", user_id=user_id)
