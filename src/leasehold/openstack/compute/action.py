"""How Nova is told to do something to a server: one path, and the action's name in the body."""

from leasehold.openstack.call import Answer
from leasehold.openstack.service import Service


def act(service: Service, server_id: str, name: str, given: object = None) -> Answer:
    """Have an action done. Raises `Conflict` in a state of the server that does not allow it."""
    return service.act(action_path(server_id), {name: given})


def action_path(server_id: str) -> str:
    """Where a server takes its actions."""
    return f"/servers/{server_id}/action"
