"""The leasehold.toml that `init` writes. Pure."""

import json
import re
import textwrap
from collections.abc import Iterable

from leasehold.cli.choice import Choice, Seen
from leasehold.cli.tables import clean

_SHOWN = 12
_WIDTH = 98


def table_name(cloud: str) -> str:
    """A cloud's name as a key of leasehold.toml: lower case, digits, inner hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", cloud.lower()).strip("-")[:60].strip("-") or "cloud"


def draft(cloud: str | None, region: str | None, seen: Seen, choice: Choice) -> str:
    """Write a configuration with one machine type, each pick with its reason and alternatives."""
    name = table_name(cloud or "cloud")
    parts = (
        _service(name),
        _cloud(name, cloud, region),
        [f"[machine_types.{name}]", f"cloud = {_text(name)}"],
        _image(seen, choice),
        _flavor(seen, choice),
        _network(seen, choice),
        _access(seen, choice),
        [
            f"nodes = {choice.nodes}  # {choice.nodes_why}",
            'duration = "4h"  # how long a lock lasts unless it says otherwise',
            'max_duration = "7d"  # and at most, extensions included',
        ],
    )
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def _service(name: str) -> list[str]:
    return [
        *_comment(
            "Written by `leasehold init`. To try it: `leasehold serve`, and in another terminal"
            f' `leasehold lock --type {name} --for 1h --purpose "try it"`.'
        ),
        "",
        "[service]",
        *_comment(
            "Another address than loopback demands tokens; `leasehold token NAME` makes one."
        ),
        'listen = "127.0.0.1:8484"',
        *_comment("Where the ledger and keys are kept, relative to this file."),
        'state = ".leasehold"',
    ]


def _cloud(name: str, cloud: str | None, region: str | None) -> list[str]:
    sign_in = (
        [f"cloud = {_text(cloud)}  # the name in clouds.yaml"]
        if cloud
        else _comment("Signs in with the OS_* variables of the service's environment.")
    )
    where = [f"region = {_text(region)}"] if region else []
    return [f"[clouds.{name}]", *sign_in, *where]


def _image(seen: Seen, choice: Choice) -> list[str]:
    name = choice.image.name or choice.image.id
    lines = [
        *_comment(f"Image: {choice.image_why}. Others: {_others(name, (i.name for i in seen.images))}"),
        f"image = {_text(name)}",
        f"ssh_user = {_text(choice.ssh_user)}",
    ]  # fmt: skip
    if choice.ready == "sentinel":
        return lines
    why = "This image knows no cloud-config, so SSH that answers is the best proof to be had."
    return [*lines, *_comment(why), f"ready = {_text(choice.ready)}"]


def _flavor(seen: Seen, choice: Choice) -> list[str]:
    flavor = choice.flavor
    size = f"{flavor.vcpus} cores, {flavor.ram} MiB RAM, {flavor.disk} GiB disk"
    others = _others(flavor.name, (each.name for each in seen.flavors))
    volume = [f"boot_volume_gib = {choice.boot_volume_gib}"] if choice.boot_volume_gib else []
    return [
        *_comment(f"Flavor: {choice.flavor_why}: {size}. Others: {others}"),
        f"flavor = {_text(flavor.name)}",
        *volume,
    ]


def _network(seen: Seen, choice: Choice) -> list[str]:
    name = choice.network.name or choice.network.id
    others = _others(name, (each.name for each in seen.networks))
    return [
        *_comment(f"Network: {choice.network_why}. Others: {others}"),
        f"networks = [{_text(name)}]",
        *_comment(f"Floating IP: {choice.floating_why}."),
        _maybe("floating_ip", choice.floating_ip and _text(choice.floating_ip), '"NAME"'),
    ]


def _access(seen: Seen, choice: Choice) -> list[str]:
    group = choice.security_group
    return [
        *_comment(f"Security group: {choice.security_why}{':' if choice.security_remedy else '.'}"),
        *([f"#     {choice.security_remedy}"] if choice.security_remedy else []),
        _maybe("security_groups", group and f"[{_text(group)}]", '["default"]'),
        *_comment(
            "Key pair: none is needed, for the lab brings its own key and those of who locks."
            f" There are: {_others('', seen.key_pairs)}"
        ),
        _maybe("key", choice.key and _text(choice.key), '"NAME"'),
    ]


def _maybe(key: str, value: str | None, example: str) -> str:
    return f"{key} = {value}" if value else f"# {key} = {example}"


def _text(value: str) -> str:
    """A TOML string: JSON's, without surrogates, and with one control character more escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(clean(text), _WIDTH, break_on_hyphens=False)]


def _others(taken: str, names: Iterable[str | None]) -> str:
    rest = sorted({name for name in names if name and name != taken})
    more = f" and {len(rest) - _SHOWN} more" if len(rest) > _SHOWN else ""
    return (", ".join(rest[:_SHOWN]) + more) or "none"
