"""The leasehold.toml that `import teuthology` writes. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import tomli_w

from leasehold.lab.teuthology import Tables, TeuthologyYaml

SECRETS = (
    "password", "api_key", "token", "application_credential_secret", "ex_force_auth_token",
    "proxy_url",
)  # fmt: skip
"""Arguments that nobody else may read; a proxy's address may have a password in it."""

_USERINFO = re.compile(r"//[^/@]*@")

_HEAD = """\
# Written by `leasehold import teuthology {source}`. docs/teuthology.md says what is different here.

[service]
# Another address than loopback demands tokens; `leasehold token NAME` makes one.
listen = "127.0.0.1:8484"
# Where the ledger and keys are kept, relative to this file.
state = ".leasehold"

# Clients name it as `lock_server` in their teuthology.yaml.
[paddles]
listen = "127.0.0.1:8081"
"""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written, and what is to be said."""

    toml: str
    auth_files: dict[str, str]
    """The files with passwords, by name; they stand beside leasehold.toml."""
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Draft(auth_files={list(self.auth_files)})"


def draft(
    given: TeuthologyYaml,
    tables: Tables,
    *,
    nodes: int | None = None,
    dns: Mapping[str, Mapping[str, Any]],
    public_keys: Sequence[str],
    name: str = "leasehold",
) -> Draft:
    """Write the tables as a leasehold.toml, with the passwords in files of their own.

    `dns` are its ``[dns]`` tables; `name` is that of the file, without its end.
    """
    domain = tomli_w.dumps({"domain": given.lab_domain}) if given.lab_domain else ""
    parts = [_HEAD.format(source=given.path) + domain]
    auth_files: dict[str, str] = {}
    for domain, table in dns.items():
        parts.append(_toml("dns", domain, table, "`lab_domain` and `nsupdate_url`"))
    for cloud, table in tables.clouds.items():
        secrets = {key: each for key, each in table["auth"].items() if key in SECRETS}
        auth = {key: each for key, each in table["auth"].items() if key not in SECRETS}
        table = {**table, "auth": auth}
        if secrets:
            file = f"{name}.{cloud}.auth.toml"
            auth_files[file] = tomli_w.dumps(secrets)
            table = {"auth_file": file, **table}
        parts.append(_toml("clouds", cloud, table, f"`libcloud.providers.{cloud}.driver_args`"))
    for kind, table in tables.machine_types.items():
        table = table if nodes is None else {"cloud": table["cloud"], "nodes": nodes, **table}
        parts.append(_toml("machine_types", kind, table, f"`libcloud.providers.{kind}`"))
    return Draft(
        toml="\n".join(parts),
        auth_files=auth_files,
        notes=tuple(_notes(given, nodes=nodes, dns=dns, public_keys=public_keys)),
    )


def _toml(section: str, name: str, table: Mapping[str, Any], source: str) -> str:
    text = tomli_w.dumps({section: {name: table}}, multiline_strings=True)
    return f"# From {source}.\n{text}"


def _notes(
    given: TeuthologyYaml, *, nodes: int | None, dns: Mapping[str, Any], public_keys: Sequence[str]
) -> list[str]:
    notes = []
    for name, provider in given.providers.items():
        if len(provider.patterns("exclude_sizes")) > 1:
            notes.append(
                f"{name}: a flavor that fits any of its exclude_sizes is left out; in teuthology only"
                " one that fits all of them"
            )
    if nodes is None:
        notes.append(
            "nodes: teuthology has as many as paddles has records; each machine type has 10 here,"
            " --nodes N says otherwise"
        )
    if not dns:
        missing = " and ".join(
            key for key in ("lab_domain", "nsupdate_url") if getattr(given, key) is None
        )
        why = f"without {missing} in the file" if missing else "without --name-server HOST"
        notes.append(f"names: {why} the nodes have no names in DNS, by which teuthology calls them")
    if not public_keys:
        notes.append(
            f"keys: {given.ssh_key or '~/.ssh/id_*'}.pub is not there, so nobody of teuthology's is let"
            " in; add ssh_authorized_keys to user_data"
        )
    if given.lock_server:
        url = _USERINFO.sub("//", given.lock_server)
        notes.append(f"nodes and locks of {url} come along with `leasehold import paddles {url}`")
    return notes
