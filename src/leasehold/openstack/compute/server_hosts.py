"""Which host a server runs on: for administrators."""

from leasehold.openstack.compute.action import act
from leasehold.openstack.microversion import Version
from leasehold.openstack.secret import Secret, revealed
from leasehold.openstack.service import Verbs

_MIGRATE_TO_HOST: Version = (2, 56)
_STORAGE_IS_FOUND_OUT: Version = (2, 14)
_AUTO_BLOCK_MIGRATION: Version = (2, 25)


class ServerHosts(Verbs):
    """Moves of servers between hosts. Each raises `Forbidden` for all but administrators."""

    def migrate_server(self, server_id: str, *, host: str | None = None) -> None:
        """Move a server to another host, restarting it; it waits for a confirm as after a resize.

        Raises `BadRequest` if there is no other host.
        """
        if host is not None:
            self.service.need(_MIGRATE_TO_HOST, "migrate a server to a host")
        act(self.service, server_id, "migrate", host and {"host": host})

    def live_migrate_server(
        self, server_id: str, *, host: str | None = None, block_migration: bool | None = None
    ) -> None:
        """Move a running server to another host.

        `block_migration` copies its local disks too; None lets Nova find out whether it must, and
        stands for False before microversion 2.25.
        """
        wish: dict[str, object] = {"host": host}
        if self.service.speaks(_AUTO_BLOCK_MIGRATION):
            wish["block_migration"] = "auto" if block_migration is None else block_migration
        else:
            wish |= {"block_migration": bool(block_migration), "disk_over_commit": False}
        act(self.service, server_id, "os-migrateLive", wish)

    def evacuate_server(
        self,
        server_id: str,
        *,
        host: str | None = None,
        admin_password: Secret | str | None = None,
        on_shared_storage: bool = False,
    ) -> None:
        """Make a server anew on another host, after its own has failed.

        `on_shared_storage` must be told to a Nova before 2.14; a newer one finds it out. Raises
        `BadRequest` while its host is up, and `NotFound` for a host that Nova does not know.
        """
        wish: dict[str, object] = {}
        if host is not None:
            wish["host"] = host
        if admin_password is not None:
            wish["adminPass"] = revealed(admin_password)
        if not self.service.speaks(_STORAGE_IS_FOUND_OUT):
            wish["onSharedStorage"] = on_shared_storage
        act(self.service, server_id, "evacuate", wish)
