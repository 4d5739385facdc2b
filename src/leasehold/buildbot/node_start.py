"""Starts the worker on a leased node, which runs already: a script over SSH."""

import asyncio

import asyncssh

from leasehold.buildbot.lease_client import Node
from leasehold.engine.errors import Impossible
from leasehold.engine.reason import Cause, Reason

PATIENCE = 120.0
"""Seconds that the script may take."""

_RUN = """
file=$(mktemp) && cat > "$file" && chmod 700 "$file" && "$file"
code=$?
rm -f "$file"
exit $code
"""
"""The script comes in by its standard input: on a command line everybody could read the password."""


def start_worker(node: Node, script: str, key: asyncssh.SSHKey) -> None:
    """Run the script on the node. Blocking; raises `Impossible` if it fails.

    Only a node whose host key the service has seen is spoken to: the script holds a password.
    """
    if node.address is None or node.host_key is None:
        text = f"node {node.name} has no host key; its machine type needs `ready` sentinel or ssh"
        raise Impossible(Reason(cause=Cause.REFUSED, text=text))
    try:
        asyncio.run(
            asyncio.wait_for(_run(node, node.address, node.host_key, script, key), PATIENCE)
        )
    except (OSError, asyncssh.Error, TimeoutError) as error:
        text = f"the worker could not be started on node {node.name}: {error or 'timed out'}"
        raise Impossible(Reason(cause=Cause.BUILD_FAILED, text=text)) from error


async def _run(node: Node, address: str, host_key: str, script: str, key: asyncssh.SSHKey) -> None:
    trusted = [asyncssh.import_public_key(host_key)]
    async with asyncssh.connect(
        address,
        node.ssh_port,
        username=node.ssh_user,
        client_keys=[key],
        known_hosts=(trusted, [], []),
        agent_path=None,
        config=None,
    ) as connection:
        done = await connection.run(_RUN, input=script)
    if done.exit_status != 0:
        lines = str(done.stderr or done.stdout or "").strip().splitlines()
        last = lines[-1] if lines else "it says nothing"
        text = f"the script ended with status {done.exit_status} on node {node.name}: {last}"
        raise Impossible(Reason(cause=Cause.BUILD_FAILED, text=text))
