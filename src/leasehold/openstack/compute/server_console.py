"""A server's console: what it printed, and where to see it live."""

import msgspec

from leasehold.openstack.compute.action import action_path
from leasehold.openstack.errors import BadRequest
from leasehold.openstack.microversion import Version
from leasehold.openstack.secret import Secret
from leasehold.openstack.service import Shape, Verbs

_REMOTE_CONSOLES: Version = (2, 6)
_OLD_ACTIONS = {
    "vnc": "os-getVNCConsole",
    "spice": "os-getSPICEConsole",
    "rdp": "os-getRDPConsole",
    "serial": "os-getSerialConsole",
}


class RemoteConsole(msgspec.Struct, frozen=True, kw_only=True):
    """Where a console can be seen. Who has the URL is in: it holds a token."""

    type: str
    url: Secret
    protocol: str | None = None
    """Not told before microversion 2.6."""


_OUTPUT = Shape(str, key="output")
_OLD_CONSOLE = Shape(RemoteConsole, key="console")
_CONSOLE = Shape(RemoteConsole, key="remote_console")


class ServerConsole(Verbs):
    """Consoles of servers."""

    def console_output(self, server_id: str, *, lines: int | None = None) -> str:
        """Get the last `lines` lines of a server's console, or all that the cloud keeps."""
        length = {} if lines is None else {"length": lines}
        body = {"os-getConsoleOutput": length}
        return self.service.post(action_path(server_id), body, _OUTPUT)

    def remote_console(
        self, server_id: str, *, protocol: str = "vnc", kind: str = "novnc"
    ) -> RemoteConsole:
        """Get a URL that shows a server's console: vnc with novnc, spice with spice-html5 ...

        Raises `BadRequest` for a kind that the cloud does not run.
        """
        if self.service.speaks(_REMOTE_CONSOLES):
            wish = {"remote_console": {"protocol": protocol, "type": kind}}
            return self.service.post(f"/servers/{server_id}/remote-consoles", wish, _CONSOLE)
        if protocol not in _OLD_ACTIONS:
            raise BadRequest(f"this Nova knows the protocols {', '.join(_OLD_ACTIONS)} only")
        old = {_OLD_ACTIONS[protocol]: {"type": kind}}
        return self.service.post(action_path(server_id), old, _OLD_CONSOLE)
