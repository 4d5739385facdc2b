"""What one server's guest has to do at its boot, from its specification."""

import re

import msgspec

from leasehold.emulator.guests import GuestSpec
from leasehold.emulator.guests.cloudinit import config
from leasehold.emulator.guests.cloudinit.config import DEFAULT, CloudConfig
from leasehold.emulator.guests.cloudinit.parts import Kind, take_apart
from leasehold.emulator.guests.inside.messages import Account, Early, Late, Script

_DOMAIN = "novalocal"  # Nova's default for names in metadata
_LONGEST_NAME = 63
_GROUPS = (
    "adm",
    "audio",
    "cdrom",
    "dialout",
    "dip",
    "floppy",
    "netdev",
    "plugdev",
    "sudo",
    "video",
)
"""Of Debian's own account in its cloud images."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The stages of a first boot; `again` makes those of a later one."""

    early: Early
    late: Late

    def again(self) -> "Plan":
        """Leave out what is done once per server."""
        replace = msgspec.structs.replace
        return Plan(
            early=replace(self.early, first_boot=False, notes=()),
            late=replace(self.late, first_boot=False),
        )


def make(spec: GuestSpec, host_key: str) -> Plan:
    """Work out the plan; wrong user-data ends up as notes in it, never as an exception."""
    found = take_apart(spec.user_data or b"")
    cloud_config = config.read([part for part in found.parts if part.kind is Kind.CONFIG])
    hostname, fqdn = _names(spec, cloud_config)
    scripts = [
        Script(name=part.name, content=part.content)
        for part in found.parts
        if part.kind is Kind.SCRIPT
    ]
    if cloud_config.runcmd is not None:
        scripts.append(Script(name="runcmd", content=cloud_config.runcmd.encode()))
    return Plan(
        early=Early(
            instance=spec.id,
            first_boot=True,
            hostname=hostname,
            fqdn=fqdn,
            address=spec.address,
            metadata=spec.metadata,
            user_data=spec.user_data or b"",
            notes=(*found.notes, *cloud_config.notes),
            bootcmd=cloud_config.bootcmd,
            files=cloud_config.files,
            groups=cloud_config.groups,
            accounts=_accounts(spec, cloud_config),
            host_key=host_key,
        ),
        late=Late(
            instance=spec.id,
            first_boot=True,
            files=cloud_config.deferred_files,
            scripts=tuple(scripts),
            failures=cloud_config.failures,
        ),
    )


def hostname_of(name: str, otherwise: str) -> str:
    """Make a host name of a server's, by Nova's rules."""
    latin = name.encode("latin-1", "ignore").decode("latin-1")[:_LONGEST_NAME]
    spaced = re.sub(r"[ _.]", "-", latin)
    return re.sub(r"[^\w.-]+", "", spaced).lower().strip(".-") or otherwise[:_LONGEST_NAME]


def _names(spec: GuestSpec, cloud_config: CloudConfig) -> tuple[str, str]:
    given = hostname_of(spec.name, f"server-{spec.id}")
    if cloud_config.preserve_hostname:
        return given, f"{given}.{_DOMAIN}"
    if cloud_config.fqdn:
        short = cloud_config.hostname or cloud_config.fqdn.partition(".")[0]
        return short[:_LONGEST_NAME], cloud_config.fqdn
    if cloud_config.hostname:
        short = cloud_config.hostname.partition(".")[0]
        return short[:_LONGEST_NAME], cloud_config.hostname
    return given, f"{given}.{_DOMAIN}"


def _accounts(spec: GuestSpec, cloud_config: CloudConfig) -> tuple[Account, ...]:
    """Say who can sign in: root, the image's account unless ``users`` drops it, and the others.

    Root gets the keys too, as on images that do not disable it: a test lab uses both.
    """
    keys = (*spec.public_keys, *cloud_config.keys)
    accounts = [
        Account(
            name="root", keys=() if cloud_config.disable_root else keys, login_shell="/bin/bash"
        )
    ]
    default_name = cloud_config.default_user or spec.default_user
    for user in cloud_config.users:
        if user == DEFAULT:
            accounts.append(_default_account(default_name, keys))
        elif isinstance(user, str):
            accounts.append(Account(name=user, login_shell="/bin/sh"))
        else:
            accounts.append(user)
    return tuple(accounts)


def _default_account(name: str, keys: tuple[str, ...]) -> Account:
    return Account(
        name=name,
        gecos=name.capitalize(),
        groups=_GROUPS,
        sudo=("ALL=(ALL) NOPASSWD:ALL",),
        keys=keys,
    )
