"""The reference of ``leasehold.toml``, from the structs that read it."""

import msgspec
from msgspec import inspect
from tools.docs.markdown import code, link, prose, sentence, table
from tools.docs.source import doc, texts_of
from tools.docs.types import default, words

from leasehold.cli.configuration import own_directory, places
from leasehold.lab import config
from leasehold.openstack.arguments import Arguments

_SECTIONS: tuple[tuple[str, type[msgspec.Struct]], ...] = (
    ("[service]", config.ServiceConfig),
    ("[service.tokens], as a table", config.TokenConfig),
    ("[clouds.NAME]", config.CloudConfig),
    ("[lab]", config.LabConfig),
    ("[dns.NAME]", config.DnsConfig),
    ("[machine_types.NAME]", config.MachineTypeConfig),
    ('[machine_types.NAME.systems."OS-VERSION"]', config.SystemConfig),
    ("image, as a rule", config.ImageRule),
    ("flavor, as a rule", config.FlavorRule),
    ("networks, as a rule", config.NetworkRule),
    ("volumes", config.VolumeConfig),
    ("[limits]", config.LimitsConfig),
    ("[limits.owners.OWNER]", config.OwnerLimits),
    ("[paddles]", config.PaddlesConfig),
    ("[flocker]", config.FlockerConfig),
    ("[mail]", config.MailConfig),
    ("[webhooks.NAME]", config.WebhookConfig),
    ("[datasets]", config.DatasetsConfig),
    ("[dataset_profiles.NAME]", config.DatasetProfileConfig),
)

_EXAMPLE = """\
[clouds.lab]
cloud = "mycloud"                                # a name in clouds.yaml

[machine_types.debian]
cloud = "lab"
image = { match = "debian-12.*" }                # the newest that matches
flavor = { cores = 2, ram_mib = 4096 }           # the smallest that fits
nodes = 8
"""


def page() -> str:
    parts = [_intro()]
    links = {kind.__name__: f"#{_anchor(heading)}" for heading, kind in _SECTIONS}
    for heading, kind in _SECTIONS:
        parts += [f"## {heading}", _lead(kind), _keys(kind, links)]
        if kind is config.CloudConfig:
            parts.append(_auth())
    return "\n\n".join(parts)


def _intro() -> str:
    looked = [str(place).replace(str(own_directory()), "~/.config/leasehold") for place in places()]
    found = ", ".join(map(code, [f"./{looked[0]}", *looked[1:]]))
    return f"""# leasehold.toml

Every key that the configuration file knows. The file is [TOML](https://toml.io/en/v1.0.0).
`leasehold init` writes one for a cloud, with comments; [Your own cloud](../own-cloud.md) explains the
steps. The first of these is read: {found}; `--config FILE` or `LEASEHOLD_CONFIG` names another one.

A key that is unknown, missing or wrong stops the service before it starts. The error names the file,
the key, what was found there and what is allowed. The service reads the file once, at its start.

The smallest file that works:

```toml
{_EXAMPLE}```

Names of clouds and machine types are lower-case letters, digits and inner hyphens. A key without a
default may be left out unless it says "required"."""


def _anchor(heading: str) -> str:
    return link(heading).partition("#")[2].rstrip(")")


def _lead(kind: type[msgspec.Struct]) -> str:
    text = doc(kind)
    return sentence(text.partition(": ")[2] if text.startswith("``[") else text)


_PLAIN = {
    "region": "The region, where the cloud has several",
    "cores": "So many at least",
    "ram_mib": "So much at least",
    "disk_gib": "So much at least",
    "size_gib": "Its size",
    "type": "A volume type of the cloud, by name; left out, the cloud's own choice",
    "config_drive": "Whether servers get their metadata on a disk, for images that ask for it there",
    "ssh_user": "The account to sign in to: for the lab's proof of readiness, and for `leasehold ssh`",
    "ssh_port": "Where SSH listens on the node",
}
"""Keys whose name says it all in the code, but not to a reader of the page."""


def _keys(kind: type[msgspec.Struct], links: dict[str, str]) -> str:
    texts = _PLAIN | texts_of(kind)
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    types = {field.name: field.type for field in described.fields}
    return table(
        ("key", "value", "default", "meaning"),
        [
            (
                code(field.name),
                words(types[field.name], links),
                default(field),
                sentence(texts.get(field.name)),
            )
            for field in msgspec.structs.fields(kind)
        ],
    )


def _auth() -> str:
    names = list(Arguments.__annotations__)
    texts = texts_of(Arguments)
    told = [(code(name), prose(texts[name])) for name in names if name in texts]
    rest = ", ".join(code(name) for name in names if name not in texts)
    return f"""`auth` takes what `leasehold.openstack.connect()` takes. These need a word:

{table(("argument", "meaning"), told)}

The others are named as in clouds.yaml and mean the same: {rest}."""
