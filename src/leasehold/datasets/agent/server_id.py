"""Which server of the cloud this is: as configured, by the config drive, by the metadata service."""

import contextlib
import http.client
import re
import tempfile
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import msgspec

from leasehold.datasets.agent.errors import AgentError, InstanceUnknown, ToolFailed
from leasehold.datasets.agent.tool import run

METADATA_URL = "http://169.254.169.254/openstack/latest/meta_data.json"
"""Nova's documentation, "Metadata service"; the config drive has the same document."""
_ON_DRIVE = "openstack/latest/meta_data.json"
_LABEL = "config-2"
_SECONDS = 5.0
_LONGEST = 4 << 20
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class _Metadata(msgspec.Struct):
    uuid: str


def server_id(configured: str | None, metadata_url: str = METADATA_URL) -> str:
    """The UUID of this server. Raises `InstanceUnknown`, with what each way gave."""
    if configured is not None:
        return _checked(configured, "server_id of the configuration")
    tried = []
    ways: tuple[Callable[[], str], ...] = (
        from_config_drive,
        lambda: from_metadata_service(metadata_url),
    )
    for way in ways:
        try:
            return way()
        except AgentError as error:
            tried.append(str(error))
    raise InstanceUnknown(
        f"which server this is could not be learnt: {'; '.join(tried)}. Write its id in the cloud into"
        ' the agent\'s configuration: server_id = "..."'
    )


def from_config_drive() -> str:
    """From the disk that Nova gives to servers with ``config_drive``. Raises `InstanceUnknown`."""
    try:
        _, text = run(
            "blkid", "--match-token", f"LABEL={_LABEL}", "--output", "device", fine=(0, 2)
        )
    except ToolFailed as error:
        raise InstanceUnknown(f"config drive: {error}") from error
    devices = text.split()
    if not devices:
        raise InstanceUnknown(f"config drive: no disk is labelled {_LABEL}")
    with tempfile.TemporaryDirectory(prefix="leasehold-config-drive-") as place:
        try:
            run("mount", "-o", "ro", devices[0], place)
        except ToolFailed as error:
            raise InstanceUnknown(f"config drive {devices[0]}: {error}") from error
        try:
            document = (Path(place) / _ON_DRIVE).read_bytes()
        except OSError as error:
            raise InstanceUnknown(
                f"config drive {devices[0]}: {_ON_DRIVE}: {error.strerror}"
            ) from error
        finally:
            with contextlib.suppress(ToolFailed):
                run("umount", place)
    return _uuid_in(document, f"config drive {devices[0]}")


def from_metadata_service(url: str) -> str:
    """From the address that Nova answers every server at. Raises `InstanceUnknown`."""
    where = f"metadata service {url}"
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        document = answer.read(_LONGEST)
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InstanceUnknown(f"{where}: {why}") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise InstanceUnknown(f"{where}: it answers {answer.status}")
    return _uuid_in(document, where)


def _uuid_in(document: bytes, where: str) -> str:
    try:
        found = msgspec.json.decode(document, type=_Metadata).uuid
    except msgspec.DecodeError as error:
        raise InstanceUnknown(f"{where}: no metadata: {error}") from error
    return _checked(found, where)


def _checked(found: str, where: str) -> str:
    if not _UUID.fullmatch(found.lower()):
        raise InstanceUnknown(f"{where}: found {found!r}; allowed: a server's UUID")
    return found.lower()
