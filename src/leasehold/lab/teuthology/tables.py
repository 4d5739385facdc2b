"""What leasehold.toml says in the place of a teuthology.yaml. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec
import yaml

from leasehold.lab.config.values import LABEL
from leasehold.lab.table import ConfigError
from leasehold.lab.teuthology.patterns import whole
from leasehold.lab.teuthology.settings import Provider, TeuthologyYaml
from leasehold.lab.user_data import HEADER, BadUserData, compose
from leasehold.openstack.arguments import settings_of
from leasehold.openstack.errors import SettingsError, UnknownArgument
from leasehold.openstack.libcloud_arguments import translated
from leasehold.openstack.vocabulary import checked

USER = "ubuntu"
"""The account that teuthology signs in to, whatever the image."""

SYSTEM = "ubuntu-22.04"
"""What teuthology takes where nobody names a system."""

PACKAGES = ("git", "wget", "python3")
"""teuthology's, as today's systems call them. They bring a time service of their own, and one package
that a system does not know keeps all of the list away; so there is no ntp."""

_POINTLESS = frozenset(("api_version", "secure", "host", "port", "ex_force_api_version"))
"""Which of Libcloud's classes to take, and what those ignore: we speak what the cloud speaks."""

_MANNERS = frozenset(("timeout", "connect_timeout", "retries", "retry_delay", "backoff"))


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """Tables of a leasehold.toml by name, as a reader of TOML would give them."""

    clouds: dict[str, dict[str, Any]]
    machine_types: dict[str, dict[str, Any]]


def tables_of(
    given: TeuthologyYaml, *, public_keys: Sequence[str] = (), dns: str | None = None
) -> Tables:
    """The clouds and machine types of a teuthology.yaml.

    `public_keys` are let in to each node; `dns` names the table where the nodes' names are set.
    Providers that sign in alike share a cloud, so that what is in it is seen and counted once.
    Raises `ConfigError` for what no cloud or no node can be made of.
    """
    clouds: dict[str, dict[str, Any]] = {}
    machine_types = {}
    for name, provider in given.providers.items():
        _check(given, name, provider)
        cloud = _cloud(provider)
        alike = (other for other, each in clouds.items() if _same_place(each, cloud))
        shared = next(alike, name)
        clouds.setdefault(shared, cloud)
        table = {"cloud": shared, **_machine_type(given, provider, public_keys)}
        machine_types[name] = table if dns is None else {**table, "dns": dns}
    return Tables(clouds=clouds, machine_types=machine_types)


def _check(given: TeuthologyYaml, name: str, provider: Provider) -> None:
    place = f"libcloud.providers.{name}"

    def refuse(key: str, found: str, allowed: str) -> None:
        raise ConfigError(given.path, f"{place}{key}", found, allowed) from None

    if not LABEL.fullmatch(name):
        allowed = "lower-case letters, digits and inner hyphens, for nodes are called after it"
        refuse("", repr(name), allowed)
    arguments = _arguments(provider)
    try:
        settings_of(translated(checked(arguments)))
    except UnknownArgument as error:
        known = f"did you mean {error.near}?" if error.near else "what Libcloud's driver takes"
        refuse(f".driver_args.{error.name}", "an unknown key", known)
    except SettingsError as error:
        found = f"what no cloud can be reached with: {error}"
        refuse(".driver_args", found, "the arguments of Libcloud's OpenStack driver")
    for system, content in provider.userdata.items():
        if "-" not in system:
            refuse(f".userdata.{system}", repr(system), "OS_TYPE-OS_VERSION, as in ubuntu-22.04")
        try:
            compose(_cloud_config(content), (), "")
        except (BadUserData, yaml.YAMLError) as error:
            refuse(f".userdata.{system}", str(error), "cloud-config")


def _arguments(provider: Provider) -> dict[str, Any]:
    return {name: each for name, each in provider.driver_args.items() if name not in _POINTLESS}


def _cloud(provider: Provider) -> dict[str, Any]:
    auth = _arguments(provider)
    table: dict[str, Any] = {k: auth.pop(k) for k in ("region", "timeout") if k in auth}
    return {**table, "auth": auth}


def _same_place(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two clouds differ in how they are called at most, and not in what they are."""

    def place(cloud: dict[str, Any]) -> dict[str, Any]:
        flat = cloud | cloud["auth"]
        return {key: each for key, each in flat.items() if key not in ("auth", *_MANNERS)}

    return place(one) == place(other)


def _machine_type(
    given: TeuthologyYaml, provider: Provider, public_keys: Sequence[str]
) -> dict[str, Any]:
    """All keys but `cloud` and `dns`; those that would say what goes without saying are left out."""
    size, volumes, groups = given.machine, given.volumes, provider.security_groups
    exclude_image = _whole(provider, "exclude_image")
    table: dict[str, Any] = {
        "image": {"match": "(?i).*{os_type}[ -]{os_version}.*"}
        | ({"exclude": exclude_image} if exclude_image else {}),
        "default_system": SYSTEM,
        "flavor": {
            "cores": size.cpus,
            "ram_mib": size.ram,
            "disk_gib": size.disk,
            "allow": _whole(provider, "allow_sizes"),
            "exclude": _whole(provider, "exclude_sizes"),
        },
        "networks": _networks(provider),
        "address": provider.ssh_interface.removesuffix("_ips"),
        "ssh_user": USER,
        "user_data": _cloud_config(_base(public_keys)),
    }
    if groups is not None:
        table["security_groups"] = [groups] if isinstance(groups, str) else list(groups)
    if volumes.count:
        table["volumes"] = [{"size_gib": max(1, volumes.size), "count": volumes.count}]
    if provider.userdata:
        table["systems"] = {
            system.lower(): {"user_data": _cloud_config(content)}
            for system, content in provider.userdata.items()
        }
    return table


def _networks(provider: Provider) -> list[dict[str, Any]]:
    """All that match. An external one, as OVH's Ext-Net, is taken only if it is asked for: no other
    cloud lets a server be attached to one."""
    match = _whole(provider, "allow_networks")
    asked = ".*" not in provider.patterns("allow_networks")
    return [{"match": match} | ({"external": True} if asked else {})]


def _whole(provider: Provider, key: str) -> str | list[str]:
    found = [whole(each) for each in provider.patterns(key)]
    return found[0] if len(found) == 1 else found


def _base(public_keys: Sequence[str]) -> dict[str, Any]:
    """What teuthology does to each machine, besides the `userdata` of its system."""
    keys = {"ssh_authorized_keys": list(public_keys)} if public_keys else {}
    return {
        "packages": list(PACKAGES),
        "user": USER,
        "manage_etc_hosts": True,
        **keys,
        # Lets people in at the console, and tells teuthology that cloud-init is done.
        "runcmd": [["passwd", "-d", USER], ["touch", "/.teuth_provisioned"]],
    }


def _cloud_config(content: dict[str, Any]) -> str:
    return f"{HEADER}\n{yaml.safe_dump(content, sort_keys=False)}"
