"""An SSH key pair, of which Nova keeps the public half."""

import msgspec

from leasehold.openstack.paging import Collection
from leasehold.openstack.secret import Secret
from leasehold.openstack.service import Shape


class KeyPair(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair. `private_key` is there only in the answer that made it."""

    name: str
    type: str = "ssh"
    fingerprint: str | None = None
    public_key: str | None = None
    private_key: Secret | None = None


KEY_PAIRS: Collection[KeyPair] = Collection(
    "/os-keypairs", KeyPair, key="keypairs", wrapped="keypair", page_size=None
)
"""Nova pages it from microversion 2.35 on, and refuses the question for pages before."""
KEY_PAIR = Shape(KeyPair, key="keypair")
