"""``[clouds.NAME]``: the clouds, and how to sign in to them."""

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from leasehold.lab.config.values import Positive
from leasehold.lab.table import ConfigError

Argument = str | bool | int | float


class CloudConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[clouds.NAME]``: an OpenStack project in one region, and how to sign in to it."""

    cloud: str | None = None
    """A name in clouds.yaml. Without it and without `auth`, the ``OS_*`` variables are used."""
    auth: dict[str, Argument | dict[str, str]] = {}
    """Arguments for `leasehold.openstack.connect`, such as `auth_url`; passwords are better kept
    in clouds.yaml, secure.yaml or `auth_file`."""
    auth_file: str | None = None
    """TOML file with more arguments, such as `password`, or Flocker's agent.yml with its `dataset:`
    stanza, relative to the configuration file; let only its owner read it."""
    region: str | None = None
    calls_per_second: Annotated[float, Meta(gt=0)] = 10.0
    """The API budget: calls that make or delete something."""
    burst: Positive = 20
    """How many of them may leave at once after a rest."""
    timeout: Annotated[float, Meta(gt=0)] = 60.0
    """Seconds that one call may take."""

    def __repr__(self) -> str:
        return f"CloudConfig(cloud={self.cloud!r}, auth of {sorted(self.auth)})"


def with_auth_file(name: str, cloud: CloudConfig, path: Path) -> CloudConfig:
    """The cloud with the arguments of its `auth_file`. Raises `ConfigError`, without a value."""
    if cloud.auth_file is None:
        return cloud
    file = path.parent / cloud.auth_file
    if file.suffix in (".yml", ".yaml"):
        return _with_agent_file(name, cloud, file, path)
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "no UTF-8 text"
        place = f"clouds.{name}.auth_file"
        raise ConfigError(path, place, f"{str(file)!r}: {why}", "a readable file") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(file, "", str(error), 'TOML, such as password = "..."') from None
    for key, value in raw.items():
        if not isinstance(value, Argument):
            found = f"a {type(value).__name__}"
            raise ConfigError(file, key, found, "a text, a number, true or false")
        if key in cloud.auth:
            found = f"one in [clouds.{name}.auth] of {path} as well"
            raise ConfigError(file, key, found, "each argument in one of the two")
    return msgspec.structs.replace(cloud, auth=cloud.auth | raw, auth_file=None)


def _with_agent_file(name: str, cloud: CloudConfig, file: Path, path: Path) -> CloudConfig:
    """The cloud that the stanza of an agent.yml of Flocker describes."""
    from leasehold.openstack.errors import SettingsError  # the driver costs half a second
    from leasehold.openstack.flocker_stanza import read_agent_file

    try:
        arguments = read_agent_file(file)
    except SettingsError as error:
        allowed = "an agent.yml of Flocker whose backend is openstack"
        raise ConfigError(path, f"clouds.{name}.auth_file", str(error), allowed) from None
    twice = sorted(cloud.auth.keys() & arguments.keys())
    if twice:
        found = f"one in [clouds.{name}.auth] of {path} as well"
        raise ConfigError(file, twice[0], found, "each argument in one of the two")
    auth = {**cloud.auth, **arguments}
    return msgspec.structs.replace(cloud, auth=auth, auth_file=None)
