"""How a worker's arguments say which cloud is meant, and how to sign in to it."""

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from leasehold.openstack.arguments import Arguments as ConnectArguments

if TYPE_CHECKING:
    from leasehold.buildbot.arguments import Arguments

_OLD_NAMES = {
    "tenant_name": "project_name",
    "tenant_id": "project_id",
    "user_name": "username",
    "region_name": "region",
}
_WHERE = (
    *("cloud", "auth_url", "region", "project_id", "project_name"),
    *("project_domain_id", "project_domain_name", "domain_id", "domain_name"),
)
"""The arguments that say which project in which region is meant."""

_WHO = ("application_credential_id", "application_credential_name", "username", "user_id")
"""What says it where no project is named: it is that of the user or of the credential."""


def connect_arguments(arguments: "Arguments") -> dict[str, Any]:
    """The worker's arguments in the words of `leasehold.openstack.connect`; secrets not rendered."""
    given: dict[str, Any]
    if arguments.cloud is not None:
        given = {"cloud": arguments.cloud}
    elif arguments.os_auth_args is not None:
        given = _of_plugin(arguments.os_auth_args)
    else:
        given = {
            "auth_url": arguments.os_auth_url,
            "username": arguments.os_username,
            "password": arguments.os_password,
            "project_name": arguments.os_tenant_name,
            "user_domain_name": arguments.os_user_domain,
            "project_domain_name": arguments.os_project_domain,
        }
    found = {**given, "region": arguments.region or given.get("region")}
    return {name: value for name, value in found.items() if value is not None}


def _of_plugin(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a keystoneauth plugin: those that `connect` knows, and the others as they are."""
    known = ConnectArguments.__annotations__
    found: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for key, value in options.items():
        name = key.replace("-", "_")
        name = _OLD_NAMES.get(name, name)
        if name.startswith("default_domain_"):
            kind = name.removeprefix("default_domain_")
            found.setdefault(f"user_domain_{kind}", value)
            found.setdefault(f"project_domain_{kind}", value)
        elif name in known:
            found[name] = value
        else:
            rest[name] = value
    return {**found, **({"auth_options": rest} if rest else {})}


def name_of(connect: Mapping[str, Any]) -> str:
    """A name for the cloud: the same for all who mean the same project, whatever their password.

    It names the ledger's file, so that a new password finds the servers made with the old one.
    """
    where = {name: connect[name] for name in _WHERE if connect.get(name)}
    if not where.keys() & {"cloud", "project_id", "project_name"}:
        where |= {name: connect[name] for name in _WHO if connect.get(name)}
    host = urlsplit(str(connect.get("auth_url", ""))).hostname or ""
    told = [connect.get("cloud"), host, connect.get("project_name"), connect.get("project_id")]
    words = "-".join(re.sub(r"[^A-Za-z0-9.]+", "-", str(each)) for each in told if each)
    digest = hashlib.sha256(repr(sorted(where.items())).encode()).hexdigest()
    return f"{words[:40].strip('-.')}-{digest[:8]}"
