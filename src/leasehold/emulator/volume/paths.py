"""Cinder's addresses, which may have the project's id in them or not."""

import re
from typing import Self

from leasehold.emulator.http import Handler, Request, Response, Router
from leasehold.emulator.volume.faults import bad_request

_WITH_PROJECT = re.compile(r"^/v3/(?P<project>[0-9a-f-]{32,36})(?=/|$)")


class Path(str):
    """A path as the routes know it, which remembers the project id that stood in it."""

    project_id: str | None

    @classmethod
    def of(cls, asked: str) -> Self:
        found = _WITH_PROJECT.match(asked)
        path = cls(_WITH_PROJECT.sub("/v3", asked))
        path.project_id = found["project"] if found else None
        return path


class ProjectRouter(Router):
    """A router that refuses addresses with another project's id in them."""

    def add(self, method: str, template: str, handler: Handler, *, public: bool = False) -> None:
        def answer(request: Request) -> Response:
            project_id = project_in(request)
            if project_id is not None and project_id != request.project.id:
                raise bad_request("Malformed request url")
            return handler(request)

        super().add(method, template, answer, public=public)


def project_in(request: Request) -> str | None:
    """The project id in the address the caller used."""
    return request.path.project_id if isinstance(request.path, Path) else None


def base_of(request: Request, version: str = "/v3") -> str:
    """What links of the answer begin with: the address form the caller used."""
    project_id = project_in(request)
    base = f"{request.host_url}/volume{version}"
    return f"{base}/{project_id}" if project_id is not None else base
