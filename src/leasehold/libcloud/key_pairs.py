"""Key pairs, under the names they have and the ones they had in Libcloud."""

from typing import Any

from libcloud.compute.base import KeyPair
from libcloud.compute.types import KeyPairDoesNotExistError

from leasehold.libcloud.part import Part, deprecated
from leasehold.openstack import NotFound
from leasehold.openstack.compute import KeyPair as NovaKeyPair


class KeyPairs(Part):
    """The key pairs of the user. `import_key_pair_from_file` is Libcloud's own."""

    def list_key_pairs(self) -> list[KeyPair]:
        """List the key pairs."""
        return [key_pair_of(pair, driver=self) for pair in self.cloud.compute.key_pairs()]

    def get_key_pair(self, name: str) -> KeyPair:
        """Get a key pair. Raises `KeyPairDoesNotExistError`."""
        try:
            return key_pair_of(self.cloud.compute.key_pair(name), driver=self)
        except NotFound as error:
            raise KeyPairDoesNotExistError(name=name, driver=self) from error

    def create_key_pair(self, name: str) -> KeyPair:
        """Let Nova make a pair; its private half is in this answer and nowhere else."""
        return key_pair_of(self.cloud.compute.create_key_pair(name), driver=self)

    def import_key_pair_from_string(self, name: str, key_material: str) -> KeyPair:
        """Register a public key."""
        made = self.cloud.compute.create_key_pair(name, public_key=key_material)
        return key_pair_of(made, driver=self)

    def delete_key_pair(self, key_pair: KeyPair) -> bool:
        """Forget a key pair. True also from Novas that answer 204, which Libcloud calls False."""
        self.cloud.compute.delete_key_pair(key_pair.name)
        return True

    # The old names

    def ex_list_keypairs(self) -> list[KeyPair]:
        """The old name of `list_key_pairs`."""
        deprecated("list_key_pairs")
        return self.list_key_pairs()

    def ex_create_keypair(self, name: str) -> KeyPair:
        """The old name of `create_key_pair`."""
        deprecated("create_key_pair")
        return self.create_key_pair(name)

    def ex_import_keypair(self, name: str, keyfile: str) -> KeyPair:
        """The old name of `import_key_pair_from_file`."""
        deprecated("import_key_pair_from_file")
        return self.import_key_pair_from_file(name=name, key_file_path=keyfile)

    def ex_import_keypair_from_string(self, name: str, key_material: str) -> KeyPair:
        """The old name of `import_key_pair_from_string`."""
        deprecated("import_key_pair_from_string")
        return self.import_key_pair_from_string(name, key_material)

    def ex_delete_keypair(self, keypair: KeyPair) -> bool:
        """The old name of `delete_key_pair`."""
        deprecated("delete_key_pair")
        return self.delete_key_pair(keypair)


def key_pair_of(pair: NovaKeyPair, *, driver: Any) -> KeyPair:
    """Show a key pair as Libcloud does: with its private half in the open, if it has one."""
    private = pair.private_key
    return KeyPair(
        name=pair.name,
        public_key=pair.public_key,
        fingerprint=pair.fingerprint,
        driver=driver,
        private_key=private.reveal() if private else None,
    )
