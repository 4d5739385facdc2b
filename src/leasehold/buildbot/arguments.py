"""The arguments of a worker, as they stand in master.cfg, and what is wrong with them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from buildbot.interfaces import IRenderable

from leasehold.bearer import may_be_sent
from leasehold.buildbot import user_data
from leasehold.buildbot.nova_args import wrong_nova_args
from leasehold.buildbot.sign_in import connect_arguments
from leasehold.engine.choice import near
from leasehold.engine.cloud import Limits
from leasehold.errors import LeaseholdError
from leasehold.openstack import connect

DEVICE_KEYS = frozenset(
    {
        "uuid",
        "volume_size",
        "device_name",
        "source_type",
        "destination_type",
        "delete_on_termination",
        "boot_index",
    }
)
SOURCES = ("image", "snapshot", "volume")
DESTINATIONS = ("volume", "local")
FLAVOR_KEYS = ("cores", "ram_mib", "disk_gib")

RENDERED = (
    *("flavor", "image", "block_devices", "meta", "nova_args", "networks", "security_groups"),
    *("floating_ip", "key_pair", "user_data", "zones"),
)
"""The arguments that may differ from build to build."""

BY_PLACE = (
    *("flavor", "os_username", "os_password", "os_tenant_name", "os_auth_url", "os_user_domain"),
    *("os_project_domain", "os_auth_args", "block_devices", "region", "image", "meta", "nova_args"),
    "client_version",
)
"""The arguments after name and password that Buildbot's own class takes without their names."""

_KINDS: tuple[tuple[tuple[str, ...], Any, str], ...] = (
    (("cloud", "region", "leasehold_url", "machine_type", "master_address"), str | None, "text"),
    (("os_auth_args", "cloud_limits", "meta", "nova_args"), Mapping | None, "a dictionary"),
    (("block_devices",), list | tuple | None, "a list of dictionaries"),
    (("networks", "security_groups", "zones"), str | list | tuple | None, "a list of names"),
    (("user_data",), str | None, "text"),
    (("boot_timeout",), int | float, "seconds, more than 0"),
)
"""Which arguments are of which kind, and how that is called."""


class Arguments(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker takes beside its name and password, and beside what every latent worker takes.

    Those marked so may be renderables, such as ``util.Interpolate``.
    """

    flavor: Any = None
    """Id or name; ``{"cores": 2, "ram_mib": 4096}`` for the smallest that fits; left out, the
    smallest that fits the image. Renderable."""
    image: Any = None
    """Id or name (the newest of that name); or a function that gets the list of images and returns
    one of them or an id, called in a thread. Renderable."""
    os_username: Any = None
    os_password: Any = None
    os_tenant_name: Any = None
    os_auth_url: Any = None
    os_user_domain: Any = None
    os_project_domain: Any = None
    os_auth_args: Mapping[str, Any] | None = None
    """Options of a keystoneauth plugin, in place of the above: `auth_type` ("password" if left
    out), `auth_url` and so on."""
    cloud: str | None = None
    """A name in clouds.yaml, in place of all ``os_`` arguments."""
    region: str | None = None
    block_devices: Any = None
    """Disks, each a dictionary with `uuid` and maybe `volume_size`, `device_name`, `source_type`,
    `destination_type`, `delete_on_termination`, `boot_index`. Renderable."""
    meta: Any = None
    """Metadata of the server. Renderable."""
    nova_args: Any = None
    """More arguments of novaclient's ``servers.create``. Renderable."""
    client_version: Any = "2"
    """Taken and not needed: versions are negotiated."""
    networks: Any = ()
    """Names or ids. Left out, Nova chooses, which it can where there is one. Renderable."""
    security_groups: Any = None
    """Names or ids; left out, the default group. Renderable."""
    floating_ip: Any = None
    """The external network to take a floating IP from. Renderable."""
    key_pair: Any = None
    """A key pair of the cloud's to let in. Renderable."""
    user_data: Any = None
    """What cloud-init does at the first boot: a ``#cloud-config`` or a script, in which
    ``@WORKER_NAME@``, ``@WORKER_PASSWORD@`` and ``@MASTER@`` are replaced. Renderable."""
    master_address: str | None = None
    """What ``@MASTER@`` becomes: the HOST:PORT at which workers reach this master."""
    zones: Any = ()
    """Availability zones, in order: the next is tried when one fails. Renderable."""
    config_drive: bool = False
    boot_timeout: float = 600.0
    """Seconds that the cloud may take to build the server; then it is deleted and the build is
    tried again."""
    cloud_limits: Mapping[str, int] | None = None
    """The most that all workers of this master may have of a cloud together: `servers`, `cores`,
    `ram_mib`, `ports`, `floating_ips`, `volumes`, `volume_gib`."""
    leasehold_url: str | None = None
    """A Leasehold service to lease from, in place of a cloud."""
    leasehold_token: Any = None
    machine_type: str | None = None
    """What to lease there."""


def named(arguments: Mapping[str, Any], inherited: Sequence[str]) -> Iterator[str]:
    """Say which arguments nobody knows."""
    known = [*Arguments.__struct_fields__, *inherited]
    for name in arguments:
        if name not in known:
            likely = near(name, known)
            hint = f"; did you mean {' or '.join(likely)}?" if likely else ""
            yield f"there is no argument {name!r}{hint}"


def by_name(values: Sequence[Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """All arguments by their names, also those that were given by their place.

    Raises `TypeError` if there are too many of those, or one is given in both ways.
    """
    if len(values) > len(BY_PLACE):
        raise TypeError(f"{len(values) + 2} arguments without a name; allowed: {len(BY_PLACE) + 2}")
    placed = dict(zip(BY_PLACE, values, strict=False))
    for name in placed.keys() & arguments.keys():
        raise TypeError(f"{name} is given twice, with and without its name")
    return {**placed, **arguments}


def wrong(arguments: Arguments, password: object) -> Iterator[str]:
    """Say what is wrong with a worker's arguments, as far as that is known without the cloud."""
    of_wrong_kind = list(_of_wrong_kind(arguments))
    if of_wrong_kind:  # whose contents nobody can look at
        yield from of_wrong_kind
        return
    if arguments.leasehold_url is not None:
        yield from _wrong_lease(arguments)
    else:
        yield from _wrong_sign_in(arguments)
        if arguments.image is None and not arguments.block_devices:
            yield "one of image or block_devices must be given"
        yield from _wrong_flavor(arguments.flavor)
        if not is_renderable(arguments.block_devices):
            for device in arguments.block_devices or ():
                yield from _wrong_device(device)
        yield from wrong_nova_args(arguments.nova_args)
    yield from _wrong_user_data(arguments, password)
    for name, most in (arguments.cloud_limits or {}).items():
        if name not in Limits.__struct_fields__:
            yield f"cloud_limits has {name!r}; allowed: {', '.join(Limits.__struct_fields__)}"
        elif not _is_count(most):
            yield f"cloud_limits has {name} {most!r}; allowed: a whole number"
    if arguments.boot_timeout <= 0:
        yield f"boot_timeout is {arguments.boot_timeout}; allowed: seconds, more than 0"


def _of_wrong_kind(arguments: Arguments) -> Iterator[str]:
    for names, kind, words in _KINDS:
        for name in names:
            value = getattr(arguments, name)
            if isinstance(value, kind):
                continue
            may_be_rendered = name in (*RENDERED, "cloud", "region")
            if not (may_be_rendered and is_renderable(value)):
                allowed = f"{words} or a renderable" if may_be_rendered else words
                yield f"{name} is a {type(value).__name__}; allowed: {allowed}"


def _wrong_lease(arguments: Arguments) -> Iterator[str]:
    if not arguments.machine_type:
        yield "leasehold_url needs machine_type: what to lease there"
    url = arguments.leasehold_url or ""
    if not _is_address(url):
        yield f"leasehold_url is {url!r}; allowed: http://HOST:PORT or https://HOST:PORT"
    token = arguments.leasehold_token
    if isinstance(token, str) and not may_be_sent(token.strip()):
        yield "leasehold_token has a character that no header may have"
    script = arguments.user_data
    if script is None or (isinstance(script, str) and not script.startswith("#!")):
        yield "leasehold_url needs user_data: a script (#!) that starts the worker on a leased node"
    for name in ("cloud", "os_auth_url", "os_auth_args", "image", "flavor", "block_devices"):
        if getattr(arguments, name):
            yield f"{name} has no use beside leasehold_url: the machine type there says it"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _wrong_sign_in(arguments: Arguments) -> Iterator[str]:
    given = arguments.os_auth_args
    if arguments.cloud is not None:
        if given or arguments.os_auth_url:
            yield "cloud names an entry of clouds.yaml; os_auth_url and os_auth_args go without it"
    elif given is None:
        if arguments.os_auth_url is None:
            yield "os_auth_url is missing, and so are os_auth_args, cloud and leasehold_url"
        if arguments.os_username is None or arguments.os_password is None:
            yield "os_username and os_password are missing, and so are os_auth_args and cloud"
    elif given.get("auth_url") is None:
        yield "os_auth_args has no 'auth_url'"
    yield from _wrong_connection(connect_arguments(arguments))


def _wrong_connection(plain: Mapping[str, Any]) -> Iterator[str]:
    """What the driver says to it; secrets that are rendered later it cannot judge."""
    if not all(isinstance(each, str) for each in plain.values()):
        return
    if "cloud" not in plain and "auth_url" not in plain:
        return
    try:
        connect(**plain).close()
    except LeaseholdError as error:
        yield str(error)


def _wrong_flavor(flavor: object) -> Iterator[str]:
    if isinstance(flavor, Mapping):
        for key, least in flavor.items():
            if key not in FLAVOR_KEYS:
                yield f"flavor has {key!r}; allowed: {', '.join(FLAVOR_KEYS)}"
            elif not is_renderable(least) and not _is_count(least):
                yield f"flavor has {key} {least!r}; allowed: a whole number"


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _wrong_device(device: object) -> Iterator[str]:
    if is_renderable(device):
        return
    if not isinstance(device, Mapping):
        yield f"a block device is a {type(device).__name__}; allowed: a dictionary or a renderable"
        return
    if "uuid" not in device:
        yield f"a block device has no 'uuid': {dict(device)!r}"
    for key in device.keys() - DEVICE_KEYS:
        yield f"a block device has {key!r}; allowed: {', '.join(sorted(DEVICE_KEYS))}"
    for key, allowed in (("source_type", SOURCES), ("destination_type", DESTINATIONS)):
        value = device.get(key, allowed[0])
        if not is_renderable(value) and value not in allowed:
            yield f"a block device has {key} {value!r}; allowed: {', '.join(allowed)}"


def _wrong_user_data(arguments: Arguments, password: object) -> Iterator[str]:
    text = arguments.user_data
    if arguments.nova_args is not None and arguments.leasehold_url is None:
        text = _goes_before(text, arguments.nova_args)
    if text is not None and not isinstance(text, str):
        return  # known only when there is a build
    if password is None and user_data.PASSWORD not in (text or ""):
        yield (
            "without a password each server gets a new one: user_data must hand it over with "
            f"{user_data.PASSWORD}"
        )
    if user_data.MASTER in (text or "") and not arguments.master_address:
        yield f"user_data has {user_data.MASTER}; master_address must say HOST:PORT"


def _goes_before(user_data: object, nova_args: object) -> object:
    """The user-data that a server gets, as `leasehold.buildbot.wish.read_wish` finds it."""
    if not isinstance(nova_args, Mapping):
        return nova_args
    found = nova_args.get("userdata") or user_data
    return found.decode(errors="replace") if isinstance(found, bytes) else found


def is_renderable(value: object) -> bool:
    """Whether a value is known only when there is a build."""
    return bool(IRenderable.providedBy(value))
