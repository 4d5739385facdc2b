"""What a call to create a server asks for, read from its body and checked for form."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from typing import Any, Literal
from uuid import UUID

import msgspec

from leasehold.emulator.compute.faults import bad_input
from leasehold.emulator.http import Fault, Request
from leasehold.emulator.identity.accounts import Secret
from leasehold.emulator.microversions import Microversion

MAX_USER_DATA = 65_535
"""Characters of base64."""
TRUE = (True, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes")
FALSE = (False, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no")
_METADATA_KEY = re.compile(r"^[a-zA-Z0-9-_:. ]{1,255}$")
_SINCE: dict[str, Microversion] = {
    "description": (2, 19),
    "tags": (2, 52),
    "trusted_image_certificates": (2, 63),
    "host": (2, 74),
    "hypervisor_hostname": (2, 74),
    "hostname": (2, 90),
}
_UNTIL: dict[str, Microversion] = {"personality": (2, 57)}
_KNOWN = frozenset(
    {"name", "imageRef", "flavorRef", "adminPass", "metadata", "networks", "OS-DCF:diskConfig"}
    | {"accessIPv4", "accessIPv6", "availability_zone", "block_device_mapping", "key_name"}
    | {"block_device_mapping_v2", "config_drive", "min_count", "max_count", "security_groups"}
    | {"return_reservation_id", "user_data"}
)


class NetworkWish(msgspec.Struct, frozen=True, kw_only=True):
    """A network to be on, or a port to use."""

    network_id: str | None = None
    port_id: str | None = None
    fixed_ip: str | None = None
    tag: str | None = None


class MappingWish(msgspec.Struct, frozen=True, kw_only=True):
    """A block device, made from something."""

    source: str
    source_id: str | None = None
    destination: str = "volume"
    size_gib: int | None = None
    boot_index: int | None = None
    delete_on_termination: bool = False
    device: str | None = None
    tag: str | None = None
    volume_type: str | None = None


class ServerWish(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a body of ``POST /servers`` can say that matters here."""

    name: str
    flavor_id: str
    image_id: str | None
    networks: tuple[NetworkWish, ...] | Literal["auto", "none"] | None
    mappings: tuple[MappingWish, ...]
    password: Secret | None
    key_name: str | None
    user_data: str | None
    metadata: dict[str, str]
    security_groups: tuple[str, ...] | None
    min_count: int
    max_count: int
    config_drive: str
    zone: str | None
    description: str | None
    tags: tuple[str, ...]
    hostname: str | None
    access_ip_v4: str
    access_ip_v6: str
    auto_disk_config: bool
    wants_reservation: bool
    hints: dict[str, Any]


def read_wish(request: Request) -> ServerWish:
    """The body as a wish; 400 in the words of Nova's schema when its form is wrong."""
    body = body_of(request)
    given = part(body, "server")
    _check_names(request, given)
    min_count = _count(given, "min_count", 1)
    max_count = _count(given, "max_count", min_count)
    if min_count > max_count:
        raise Fault(400, "min_count must be <= max_count")
    mappings = _mappings(given)
    image_id = _image(given, mappings)
    return ServerWish(
        name=check_name(given["name"]),
        flavor_id=str(given["flavorRef"]).rpartition("/")[2],
        image_id=image_id,
        networks=_networks(request, given),
        mappings=mappings,
        password=Secret(value=str(given["adminPass"])) if given.get("adminPass") else None,
        key_name=given.get("key_name"),
        user_data=check_user_data(given.get("user_data")),
        metadata=check_metadata(given.get("metadata", {})),
        security_groups=_security_groups(given.get("security_groups")),
        min_count=min_count,
        max_count=max_count,
        config_drive="True" if _boolean(given, "config_drive") else "",
        zone=given.get("availability_zone"),
        description=given.get("description") if request.at_least(2, 19) else given["name"],
        tags=tuple(given.get("tags") or ()),
        hostname=given.get("hostname"),
        access_ip_v4=check_address(given, "accessIPv4", 4),
        access_ip_v6=check_address(given, "accessIPv6", 6),
        auto_disk_config=check_disk_config(given) == "AUTO",
        wants_reservation=_boolean(given, "return_reservation_id"),
        hints=body.get("os:scheduler_hints") or body.get("OS-SCH-HNT:scheduler_hints") or {},
    )


def body_of(request: Request) -> dict[str, Any]:
    """The body, which must be a JSON object."""
    if not request.body:
        raise Fault(400, "None is not of type 'object'")
    body = request.json()
    if not isinstance(body, dict):
        raise Fault(400, f"{body!r} is not of type 'object'")
    return body


def part(body: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under `name`."""
    if name not in body:
        raise Fault(400, f"'{name}' is a required property")
    value = body[name]
    if not isinstance(value, dict):
        raise bad_input(name, value, f"{value!r} is not of type 'object'")
    return value


def check_name(name: object, field: str = "name") -> str:
    """1 to 255 characters; blanks around it are taken off."""
    if not isinstance(name, str):
        raise bad_input(field, name, f"{name!r} is not of type 'string'")
    if not name:
        raise bad_input(field, name, "'' should be non-empty")
    if len(name) > 255:
        raise bad_input(field, name, f"'{name}' is too long")
    return name.strip()


def check_metadata(metadata: object) -> dict[str, str]:
    if not isinstance(metadata, dict):
        raise bad_input("metadata", metadata, f"{metadata!r} is not of type 'object'")
    for key, value in metadata.items():
        if not _METADATA_KEY.match(key):
            problem = f"'{key}' does not match any of the regexes: '{_METADATA_KEY.pattern}'"
            raise bad_input("metadata", metadata, problem)
        if not isinstance(value, str):
            raise bad_input(key, value, f"{value!r} is not of type 'string'")
        if len(value) > 255:
            raise bad_input(key, value, f"'{value}' is too long")
    return metadata


def check_user_data(user_data: str | None) -> str | None:
    """Base64 of at most `MAX_USER_DATA` characters."""
    if user_data is None:
        return None
    if len(user_data) > MAX_USER_DATA:
        raise bad_input("user_data", user_data, f"'{user_data}' is too long")
    try:
        base64.b64decode("".join(user_data.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_input("user_data", user_data, f"'{user_data}' is not a 'base64'") from error
    return user_data


def check_address(given: dict[str, Any], field: str, version: int) -> str:
    text = given.get(field) or ""
    if not text:
        return ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        address = None
    if address is None or address.version != version:
        raise bad_input(field, text, f"'{text}' is not a 'ipv{version}'")
    return str(text)


def check_disk_config(given: dict[str, Any]) -> str | None:
    config = given.get("OS-DCF:diskConfig")
    if config not in (None, "AUTO", "MANUAL"):
        raise bad_input("OS-DCF:diskConfig", config, f"'{config}' is not one of ['AUTO', 'MANUAL']")
    return None if config is None else str(config)


def is_uuid(text: object) -> bool:
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True


def _check_names(request: Request, given: dict[str, Any]) -> None:
    """The properties there must be, and those there may be in this microversion."""
    required = ["name", "flavorRef"] + (["networks"] if request.at_least(2, 37) else [])
    for name in required:
        if name not in given:
            raise bad_input("server", given, f"'{name}' is a required property")
    known = set(_KNOWN)
    known |= {name for name, since in _SINCE.items() if request.at_least(*since)}
    known |= {name for name, until in _UNTIL.items() if not request.at_least(*until)}
    for name in given:
        if name not in known:
            problem = f"Additional properties are not allowed ('{name}' was unexpected)"
            raise bad_input("server", given, problem)


def _count(given: dict[str, Any], field: str, default: int) -> int:
    value = given.get(field, default)
    if not str(value).isdecimal() or int(value) < 1:
        raise bad_input(field, value, f"{value!r} is not a positive integer")
    return int(value)


def _boolean(given: dict[str, Any], field: str) -> bool:
    value = given.get(field)
    if value is None or value in FALSE:
        return False
    if value in TRUE:
        return True
    raise bad_input(field, value, f"{value!r} is not one of {[*TRUE, *FALSE]}")


def _image(given: dict[str, Any], mappings: tuple[MappingWish, ...]) -> str | None:
    image = given.get("imageRef")
    if image in (None, ""):
        if not mappings:
            raise Fault(400, "Missing imageRef attribute")
        return None
    if not is_uuid(image):
        raise bad_input("imageRef", image, f"'{image}' is not valid under any of the given schemas")
    return str(image)


def _networks(
    request: Request, given: dict[str, Any]
) -> tuple[NetworkWish, ...] | Literal["auto", "none"] | None:
    wanted = given.get("networks")
    if wanted is None:
        return None
    modern = request.at_least(2, 37)
    if modern and wanted in ("auto", "none"):
        return "auto" if wanted == "auto" else "none"
    if not isinstance(wanted, list):
        problem = "is not valid under any of the given schemas"
        if not modern:
            problem = "is not of type 'array'"
        raise bad_input("networks", wanted, f"{wanted!r} {problem}")
    return tuple(_network(wanted, entry, modern=modern) for entry in wanted)


def _network(wanted: list[Any], entry: Any, *, modern: bool) -> NetworkWish:
    if not isinstance(entry, dict):
        raise Fault(400, "Bad networks format")
    if entry.get("port"):
        if entry.get("fixed_ip"):
            raise Fault(
                400,
                f"Specified Fixed IP '{entry['fixed_ip']}' cannot be used with port "
                f"'{entry['port']}': the two cannot be specified together.",
            )
        return NetworkWish(port_id=entry["port"], tag=entry.get("tag"))
    if "uuid" not in entry:
        raise Fault(400, "Bad network format: missing 'uuid'")
    if not is_uuid(entry["uuid"]):
        if modern:
            problem = f"{wanted!r} is not valid under any of the given schemas"
            raise bad_input("networks", wanted, problem)
        raise Fault(
            400, f"Bad networks format: network uuid is not in proper format ({entry['uuid']})"
        )
    return NetworkWish(
        network_id=entry["uuid"], fixed_ip=entry.get("fixed_ip"), tag=entry.get("tag")
    )


def _security_groups(given: object) -> tuple[str, ...] | None:
    if given is None:
        return None
    if not isinstance(given, list):
        raise bad_input("security_groups", given, f"{given!r} is not of type 'array'")
    return tuple(dict.fromkeys(str(group["name"]) for group in given if group.get("name")))


def _mappings(given: dict[str, Any]) -> tuple[MappingWish, ...]:
    legacy, modern = given.get("block_device_mapping"), given.get("block_device_mapping_v2")
    if legacy and modern:
        raise Fault(
            400,
            "Using different block_device_mapping syntaxes is not allowed in the same request.",
        )
    read: Callable[[dict[str, Any]], MappingWish | None] = _legacy_mapping if legacy else _mapping
    return tuple(found for entry in legacy or modern or () if (found := read(entry)) is not None)


def _mapping(entry: dict[str, Any]) -> MappingWish | None:
    if entry.get("no_device"):
        return None
    source = entry.get("source_type")
    if source is None:
        raise Fault(400, "Block Device Mapping is Invalid: Some required fields are missing")
    source_id = entry.get("uuid") or entry.get(f"{source}_id")
    if source == "blank" and source_id:
        raise Fault(400, "Block Device Mapping is Invalid: Invalid device UUID.")
    if source != "blank" and not source_id:
        raise Fault(400, "Block Device Mapping is Invalid: Missing device UUID.")
    boot_index = entry.get("boot_index")
    size = entry.get("volume_size")
    return MappingWish(
        source=source,
        source_id=source_id,
        destination=entry.get("destination_type") or ("local" if source == "image" else "volume"),
        size_gib=None if size in (None, "") else int(size),
        boot_index=None if boot_index is None else int(boot_index),
        delete_on_termination=_boolean(entry, "delete_on_termination"),
        device=entry.get("device_name"),
        tag=entry.get("tag"),
        volume_type=entry.get("volume_type"),
    )


def _legacy_mapping(entry: dict[str, Any]) -> MappingWish | None:
    if entry.get("no_device") or entry.get("virtual_name"):
        return None
    device = str(entry.get("device_name") or "")
    source = "snapshot" if entry.get("snapshot_id") else "volume"
    if not entry.get(f"{source}_id"):
        raise Fault(400, "Block Device Mapping is Invalid: Unrecognized legacy format.")
    size = entry.get("volume_size")
    return MappingWish(
        source=source,
        source_id=entry[f"{source}_id"],
        size_gib=None if size in (None, "") else int(size),
        boot_index=0 if device.endswith("vda") else None,
        delete_on_termination=_boolean(entry, "delete_on_termination"),
        device=device or None,
    )
