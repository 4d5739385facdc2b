"""The arguments of novaclient's ``servers.create``, which masters pass as `nova_args`. Pure."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from leasehold.engine.choice import near

_FIELDS = {
    "access_ip_v4": "accessIPv4",
    "access_ip_v6": "accessIPv6",
    "admin_pass": "adminPass",
    "description": "description",
    "disk_config": "OS-DCF:diskConfig",
    "host": "host",
    "hostname": "hostname",
    "hypervisor_hostname": "hypervisor_hostname",
    "tags": "tags",
    "trusted_image_certificates": "trusted_image_certificates",
}
"""Arguments that are fields of Nova's create under another name."""

_OURS = (
    *("availability_zone", "block_device_mapping_v2", "config_drive", "files", "key_name"),
    *("meta", "nics", "scheduler_hints", "security_groups", "userdata"),
)


class Nic(msgspec.Struct, frozen=True, kw_only=True):
    """A network interface: on a network, or a port that is there."""

    network: str | None = None
    fixed_ip: str | None = None
    port: str | None = None


class NovaArgs(msgspec.Struct, frozen=True, kw_only=True):
    """What they ask for; None where they say nothing."""

    nics: tuple[Nic, ...] | str | None = None
    """Interfaces; or ``auto`` or ``none``."""
    security_groups: tuple[str, ...] | None = None
    key_name: str | None = None
    user_data: str | None = None
    zone: str | None = None
    config_drive: bool | None = None
    meta: dict[str, str] | None = None
    devices: list[dict[str, Any]] | None = None
    hints: dict[str, Any] = {}
    extra: dict[str, Any] = {}


def wrong_nova_args(given: object) -> Iterator[str]:
    """Say which of them cannot be taken."""
    if not isinstance(given, Mapping):
        return
    allowed = (*_OURS, *_FIELDS)
    for name in given:
        if name not in allowed:
            likely = near(str(name), list(allowed))
            hint = f"did you mean {' or '.join(likely)}?" if likely else ", ".join(sorted(allowed))
            yield f"nova_args has {name!r}; {hint}"
    nics = given.get("nics")
    for nic in nics if isinstance(nics, list | tuple) else ():
        if isinstance(nic, Mapping) and not {"net-id", "port-id"} & nic.keys():
            yield f"a nic in nova_args has neither net-id nor port-id: {dict(nic)!r}"


def read_nova_args(given: Mapping[str, Any]) -> NovaArgs:
    """Put rendered arguments into our words."""
    groups = given.get("security_groups")
    extra = {field: given[name] for name, field in _FIELDS.items() if given.get(name) is not None}
    if given.get("files"):
        extra["personality"] = [_file(path, text) for path, text in given["files"].items()]
    meta, drive = given.get("meta"), given.get("config_drive")
    return NovaArgs(
        nics=_nics(given.get("nics")),
        security_groups=None if groups is None else tuple(groups),
        key_name=given.get("key_name"),
        user_data=_text(given.get("userdata")),
        zone=given.get("availability_zone"),
        config_drive=None if drive is None else bool(drive),
        meta=None if meta is None else {str(key): str(value) for key, value in meta.items()},
        devices=given.get("block_device_mapping_v2"),
        hints=dict(given.get("scheduler_hints") or {}),
        extra=extra,
    )


def _nics(given: Any) -> tuple[Nic, ...] | str | None:
    if given is None or isinstance(given, str):
        return given
    return tuple(
        Nic(
            network=each.get("net-id"),
            fixed_ip=each.get("v4-fixed-ip") or each.get("v6-fixed-ip"),
            port=each.get("port-id"),
        )
        for each in given
    )


def _file(path: str, content: Any) -> dict[str, str]:
    text = _text(content) or ""
    return {"path": path, "contents": base64.b64encode(text.encode()).decode()}


def _text(given: Any) -> str | None:
    """Text from what novaclient takes as such: a string, bytes, or an open file."""
    content = given.read() if hasattr(given, "read") else given
    return content.decode() if isinstance(content, bytes) else content
