"""Running or not: what starts, stops, freezes and puts away a server."""

from leasehold.openstack.body import given
from leasehold.openstack.compute.action import act
from leasehold.openstack.microversion import Version
from leasehold.openstack.service import Verbs

_LOCK_REASON: Version = (2, 73)
_UNSHELVE_TO_ZONE: Version = (2, 77)
_UNSHELVE_TO_HOST: Version = (2, 91)
_CRASH_DUMP: Version = (2, 17)


class ServerPower(Verbs):
    """Changes of a server's state. Each raises `Conflict` in a state that does not allow it."""

    def start_server(self, server_id: str) -> None:
        """Start a stopped server. Raises `Conflict` if it is not stopped."""
        act(self.service, server_id, "os-start")

    def stop_server(self, server_id: str) -> None:
        """Stop a server. Raises `Conflict` if it is not running."""
        act(self.service, server_id, "os-stop")

    def reboot_server(self, server_id: str, *, hard: bool = False) -> None:
        """Reboot a server: by its own system, or `hard`, as by the power switch."""
        act(self.service, server_id, "reboot", {"type": "HARD" if hard else "SOFT"})

    def pause_server(self, server_id: str) -> None:
        """Freeze a server in its host's memory. Raises `Conflict` if it is not running."""
        act(self.service, server_id, "pause")

    def unpause_server(self, server_id: str) -> None:
        """Let a paused server run on. Raises `Conflict` if it is not paused."""
        act(self.service, server_id, "unpause")

    def suspend_server(self, server_id: str) -> None:
        """Write a server's memory to disk and stop it. Raises `Conflict` if it is not running."""
        act(self.service, server_id, "suspend")

    def resume_server(self, server_id: str) -> None:
        """Let a suspended server run on. Raises `Conflict` if it is not suspended."""
        act(self.service, server_id, "resume")

    def shelve_server(self, server_id: str) -> None:
        """Stop a server, take an image of it and, as the cloud decides, free its host."""
        act(self.service, server_id, "shelve")

    def shelve_offload_server(self, server_id: str) -> None:
        """Free the host of a shelved server. Raises `Conflict` if it is not shelved."""
        act(self.service, server_id, "shelveOffload")

    def unshelve_server(
        self, server_id: str, *, availability_zone: str | None = None, host: str | None = None
    ) -> None:
        """Bring a shelved server back: to any place, or to the zone or host that is named.

        Raises `Conflict` if it is not shelved.
        """
        if host is not None:
            self.service.need(_UNSHELVE_TO_HOST, "unshelve a server to a host")
        if availability_zone is not None:
            self.service.need(_UNSHELVE_TO_ZONE, "unshelve a server to a zone")
        place = given(availability_zone=availability_zone, host=host)
        act(self.service, server_id, "unshelve", place or None)

    def lock_server(self, server_id: str, *, reason: str | None = None) -> None:
        """Refuse every change to a server, also to its owner's other tools, until it is unlocked."""
        if reason is not None:
            self.service.need(_LOCK_REASON, "say why a server is locked")
        act(self.service, server_id, "lock", reason and {"locked_reason": reason})

    def unlock_server(self, server_id: str) -> None:
        """Allow changes again. Raises `Forbidden` if an administrator has locked it."""
        act(self.service, server_id, "unlock")

    def force_delete_server(self, server_id: str) -> None:
        """Delete a server at once, also where the cloud would keep it for a while."""
        act(self.service, server_id, "forceDelete")

    def restore_server(self, server_id: str) -> None:
        """Take a delete back, on a cloud that keeps deleted servers for a while."""
        act(self.service, server_id, "restore")

    def reset_server_state(self, server_id: str, *, state: str = "error") -> None:
        """Make Nova believe that a server is ``active`` or in ``error``; administrators only."""
        act(self.service, server_id, "os-resetState", {"state": state})

    def trigger_crash_dump(self, server_id: str) -> None:
        """Send a server's kernel an NMI, for it to dump its memory, if it is made to."""
        self.service.need(_CRASH_DUMP, "trigger a crash dump")
        act(self.service, server_id, "trigger_crash_dump")
