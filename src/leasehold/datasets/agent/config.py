"""``agent.toml``: where the control side is, who this node is to it, and where datasets go."""

import tomllib
import urllib.parse
from pathlib import Path
from typing import Any

import msgspec

from leasehold.datasets.agent.device import Places
from leasehold.datasets.agent.errors import BadConfig
from leasehold.datasets.agent.server_id import METADATA_URL

DEFAULT = Path("/etc/leasehold/agent.toml")
DOCKER_PATIENCE = 110.0
"""Docker itself gives up after 120 seconds, and would not show why."""


class AgentConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that can be set about an agent. Paths that are not absolute are from the file's directory."""

    service: str
    """URL of the control side, such as ``https://leasehold.example.com``."""
    token_file: Path
    """File with the token of this node; nobody else may read it."""
    authority: Path | None = None
    """PEM file of who vouches for the service's certificate; None: whom the system trusts."""
    server_id: str | None = None
    """The id of this server in its cloud; None: the config drive, then the metadata service."""
    metadata_url: str = METADATA_URL
    directory: Path = Path("/var/lib/leasehold/datasets")
    """Where datasets are mounted, each in a directory named by its id."""
    open_to_users: bool = False
    """Whether others than root may pass through `directory`, as a database on the host itself has to.
    What they may do in a dataset, its own permissions say."""
    mount_options: str = ""
    """For ``mount -o``."""
    state: Path = Path("/var/lib/leasehold/agent")
    """Where the agent keeps what it must not forget."""
    docker_socket: str = "/run/docker/plugins/leasehold/leasehold.sock"
    """The name of the file is the driver's name to Docker; empty: no volumes for Docker and Podman."""
    docker_patience: float = DOCKER_PATIENCE
    """Seconds that a container waits for its dataset."""
    places: Places = Places()


def load(path: Path) -> AgentConfig:
    """Read the file. Raises `BadConfig`."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadConfig(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    try:
        config = msgspec.convert(content, AgentConfig, dec_hook=_path)
    except msgspec.ValidationError as error:
        names = ", ".join(AgentConfig.__struct_fields__)
        raise BadConfig(f"{path}: {error}; settings are {names}") from error
    if not _is_url(config.service):
        raise BadConfig(f"{path}: service: found {config.service!r}; allowed: a http or https URL")
    here = path.resolve().parent
    authority = here / config.authority if config.authority is not None else None
    return msgspec.structs.replace(
        config,
        token_file=here / config.token_file,
        authority=authority,
        directory=here / config.directory,
        state=here / config.state,
        docker_socket=str(here / config.docker_socket) if config.docker_socket else "",
    )


def read_token(path: Path) -> str:
    """The token. Raises `BadConfig`, also if others can read the file; never shows what is in it."""
    where = f"token_file {path}"
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise BadConfig(f"{where}: {why}; `leasehold agent token NODE` makes one") from error
    if mode & 0o077:
        raise BadConfig(f"{where}: others can read it (mode {mode & 0o777:o}): chmod 600 {path}")
    if not text or any(not character.isprintable() or character == " " for character in text):
        raise BadConfig(f"{where}: found no token; allowed: one line with what was printed")
    return text


def _is_url(text: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _path(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError
