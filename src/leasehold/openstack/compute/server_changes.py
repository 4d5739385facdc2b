"""Changes of what a server is made of: its disk, size, password, and images taken of it."""

from collections.abc import Mapping

import msgspec

from leasehold.openstack.body import given
from leasehold.openstack.call import Answer
from leasehold.openstack.compute import new_server, server
from leasehold.openstack.compute.action import act, action_path
from leasehold.openstack.compute.server import NewServer, RebuildBody
from leasehold.openstack.compute.servers import taking_files
from leasehold.openstack.ids import ImageId
from leasehold.openstack.microversion import Version
from leasehold.openstack.secret import Secret, revealed
from leasehold.openstack.service import Shape, Verbs

_REBUILD_DESCRIPTION: Version = (2, 19)
_REBUILD_KEY: Version = (2, 54)
_REBUILD_USER_DATA: Version = (2, 57)


class _Password(msgspec.Struct, frozen=True):
    password: Secret | None = msgspec.field(name="adminPass", default=None)


class _Image(msgspec.Struct, frozen=True):
    image_id: ImageId


class _Backup(msgspec.Struct, frozen=True):
    image_id: ImageId | None = None


_PASSWORD = Shape(_Password)
_IMAGE = Shape(_Image)
_BACKUP = Shape(_Backup)


class ServerChanges(Verbs):
    """Rebuilding, resizing and rescuing. Each raises `Conflict` in a state that does not allow it."""

    def rebuild_server(
        self,
        server_id: str,
        *,
        image_id: str,
        name: str | None = None,
        admin_password: Secret | str | None = None,
        metadata: Mapping[str, str] | None = None,
        files: Mapping[str, str | bytes] | None = None,
        user_data: str | bytes | None = None,
        key_name: str | None = None,
        description: str | None = None,
        disk_config: str | None = None,
        preserve_ephemeral: bool | None = None,
    ) -> NewServer:
        """Make a server's disk anew from an image; its id, addresses and volumes stay.

        A server that boots from a volume takes another image from microversion 2.93 on only.
        `files` are as for `create_server`, and do not go together with `user_data`.
        """
        if user_data is not None:
            self.service.need(_REBUILD_USER_DATA, "rebuild a server with other user-data")
        if key_name is not None:
            self.service.need(_REBUILD_KEY, "rebuild a server with another key")
        if description is not None:
            self.service.need(_REBUILD_DESCRIPTION, "describe a server")
        body = RebuildBody(
            image_id=image_id,
            name=name,
            admin_password=None if admin_password is None else revealed(admin_password),
            metadata=metadata,
            files=new_server.personality(files),
            user_data=new_server.encoded_user_data(user_data),
            key_name=key_name,
            description=description,
            disk_config=disk_config,
            preserve_ephemeral=preserve_ephemeral,
        )
        service = taking_files(self.service) if files else self.service
        return service.post(action_path(server_id), {"rebuild": body}, server.NEW_SERVER)

    def resize_server(
        self, server_id: str, *, flavor_id: str, disk_config: str | None = None
    ) -> None:
        """Move a server to another flavor; in VERIFY_RESIZE it waits for a confirm or revert.

        Raises `QuotaExceeded`, and `BadRequest` for the flavor that it has.
        """
        config = {} if disk_config is None else {"OS-DCF:diskConfig": disk_config}
        act(self.service, server_id, "resize", {"flavorRef": flavor_id, **config})

    def confirm_resize(self, server_id: str) -> None:
        """Keep the new size, and give the old place up. Raises `Conflict` if there is none."""
        act(self.service, server_id, "confirmResize")

    def revert_resize(self, server_id: str) -> None:
        """Go back to the old size. Raises `Conflict` if the server was not resized."""
        act(self.service, server_id, "revertResize")

    def rescue_server(
        self,
        server_id: str,
        *,
        password: Secret | str | None = None,
        image_id: str | None = None,
    ) -> Secret | None:
        """Boot a server from a rescue image, its own disk beside it; gives the password for it.

        Gives None on a cloud that does not tell passwords.
        """
        wish = given(
            adminPass=None if password is None else revealed(password), rescue_image_ref=image_id
        )
        return self.service.post(
            action_path(server_id), {"rescue": wish or None}, _PASSWORD
        ).password

    def unrescue_server(self, server_id: str) -> None:
        """Boot a server from its own disk again. Raises `Conflict` if it is not in rescue."""
        act(self.service, server_id, "unrescue")

    def set_server_password(self, server_id: str, password: Secret | str) -> None:
        """Change the administrator's password in the guest, where the hypervisor can do that."""
        act(self.service, server_id, "changePassword", {"adminPass": revealed(password)})

    def create_server_image(
        self, server_id: str, *, name: str, metadata: Mapping[str, str] | None = None
    ) -> ImageId:
        """Start to take an image of a server; it is there when its status says active."""
        body = {"name": name, "metadata": metadata or {}}
        answer = act(self.service, server_id, "createImage", body)
        return _located(answer) or self.service.read(answer, _IMAGE, method="POST").image_id

    def create_server_backup(
        self, server_id: str, *, name: str, backup_type: str, rotation: int
    ) -> ImageId | None:
        """Take an image of a server, and keep the newest `rotation` of that `backup_type` only.

        A `rotation` of 0 only deletes; then there is no image to tell.
        """
        body = {"name": name, "backup_type": backup_type, "rotation": rotation}
        answer = act(self.service, server_id, "createBackup", body)
        if not answer.content:
            return _located(answer)
        return self.service.read(answer, _BACKUP, method="POST").image_id


def _located(answer: Answer) -> ImageId | None:
    """Take an image's id from its address, which is where Nova told it before 2.45."""
    address = answer.headers.get("location", "")
    return ImageId(address.rstrip("/").rpartition("/")[2]) or None
