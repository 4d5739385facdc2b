"""Cinder's addresses: a version of the API, with the project's id behind it or not."""

import re
from collections.abc import Iterable
from typing import Self

from leasehold.emulator.http import Request

VERSIONS = ("v1", "v2", "v3")
NEWEST = "v3"
PREFIX = "/volume"
_ASKED = re.compile(r"^/(?P<version>v[123])(?:/(?P<project>[0-9a-f-]{32,36}))?(?=/|$)")


class Path(str):
    """A path as the routes know it, which is v3's, and how it was asked."""

    version: str
    project_id: str | None

    @classmethod
    def of(cls, asked: str) -> Self:
        found = _ASKED.match(asked)
        path = cls(f"/{NEWEST}{asked[found.end() :]}" if found else asked)
        path.version = found["version"] if found else NEWEST
        path.project_id = found["project"] if found else None
        return path


def versions_in(paths: Iterable[str]) -> tuple[str, ...]:
    """The versions of the Cinder that a catalog leads to; the newest where it names none."""
    named = {
        Path.of(path.removeprefix(PREFIX)).version for path in paths if path.startswith(PREFIX)
    }
    return tuple(version for version in VERSIONS if version in named) or (NEWEST,)


def version_of(request: Request) -> str:
    """The version in the address the caller used."""
    return request.path.version if isinstance(request.path, Path) else NEWEST


def project_in(request: Request) -> str | None:
    """The project id in the address the caller used."""
    return request.path.project_id if isinstance(request.path, Path) else None


def base_of(request: Request, *, versioned: bool = True) -> str:
    """What links of the answer begin with: the address form the caller used."""
    version = f"/{version_of(request)}" if versioned else ""
    project_id = project_in(request)
    project = f"/{project_id}" if project_id is not None else ""
    return f"{request.host_url}{PREFIX}{version}{project}"


def below(request: Request) -> str:
    """What comes after the version and the project in the address."""
    return request.path.removeprefix(f"/{NEWEST}")
