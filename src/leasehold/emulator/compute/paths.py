"""Nova's addresses: which version of the API, with the project's id in it or not."""

import re
from typing import Self

from leasehold.emulator.http import Request

NEWEST = "v2.1"
OLDER = ("v1.0", "v1.1", "v2")
"""Versions from before there were microversions."""
PREFIX = "/compute"
_ASKED = re.compile(r"^/(?P<version>v1\.0|v1\.1|v2|v2\.1)(?P<project>/[0-9a-f]{32})?(?=/|$)")


class Path(str):
    """A path as the routes know it, which remembers how it was asked.

    1.1 and 2 are what 2.1 is without microversions, and share its routes; 1.0 has its own.
    """

    version: str
    project: str

    @classmethod
    def of(cls, asked: str) -> Self:
        found = _ASKED.match(asked)
        if found is None:
            path, version, project = cls(asked), NEWEST, ""
        else:
            version, project = found["version"], found["project"] or ""
            served = version if version == "v1.0" else NEWEST
            path = cls(f"/{served}{asked[found.end() :]}")
        path.version, path.project = version, project
        return path


def version_of(request: Request) -> str:
    """The version in the address the caller used."""
    return request.path.version if isinstance(request.path, Path) else NEWEST


def base_of(request: Request, *, versioned: bool = True) -> str:
    """What links of the answer begin with: the address form the caller used."""
    version = f"/{version_of(request)}" if versioned else ""
    project = request.path.project if isinstance(request.path, Path) else ""
    return f"{request.host_url}{PREFIX}{version}{project}"


def below(request: Request) -> str:
    """What comes after the version and the project in the address."""
    return request.path.removeprefix(f"/{NEWEST}")
