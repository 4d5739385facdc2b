"""The calls about metadata, alike for volumes and for snapshots."""

from collections.abc import Callable
from typing import Any, Protocol

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.volume import bodies as read
from leasehold.emulator.volume.faults import bad_request, not_found


class Marked(Protocol):
    """Something with metadata."""

    @property
    def id(self) -> str: ...
    @property
    def metadata(self) -> dict[str, str]: ...


class Metadata:
    """``PATH/ID/metadata``. `find` looks the object up, `change` writes its metadata."""

    def __init__(
        self,
        router: Router,
        path: str,
        word: str,
        find: Callable[[str, Caller], Any],
        change: Callable[..., Any],
    ) -> None:
        self._word = word
        self._find = find
        self._change = change
        router.add("GET", f"{path}/{{id}}/metadata", self._list)
        router.add("POST", f"{path}/{{id}}/metadata", self._extend)
        router.add("PUT", f"{path}/{{id}}/metadata", self._replace)
        router.add("GET", f"{path}/{{id}}/metadata/{{key}}", self._show)
        router.add("PUT", f"{path}/{{id}}/metadata/{{key}}", self._set)
        router.add("DELETE", f"{path}/{{id}}/metadata/{{key}}", self._remove)

    def _found(self, request: Request) -> Marked:
        found: Marked = self._find(request.params["id"], Caller.of(request))
        return found

    def _list(self, request: Request) -> Response:
        return Response(200, {"metadata": self._found(request).metadata})

    def _extend(self, request: Request) -> Response:
        found = self._found(request)
        given = read.metadata(read.body_of(request, "metadata"))
        return self._write(found, {**found.metadata, **given})

    def _replace(self, request: Request) -> Response:
        given = read.metadata(read.body_of(request, "metadata"))
        return self._write(self._found(request), given)

    def _write(self, found: Marked, metadata: dict[str, str]) -> Response:
        self._change(found, metadata=metadata)
        return Response(200, {"metadata": metadata})

    def _show(self, request: Request) -> Response:
        key = request.params["key"]
        metadata = self._found(request).metadata
        if key not in metadata:
            raise self._no_key(request)
        return Response(200, {"meta": {key: metadata[key]}})

    def _set(self, request: Request) -> Response:
        key = request.params["key"]
        given = read.metadata(read.body_of(request, "meta"))
        if key not in given:
            raise bad_request("Request body and URI mismatch")
        if len(given) > 1:
            raise bad_request("Request body contains too many items")
        found = self._found(request)
        self._change(found, metadata={**found.metadata, **given})
        return Response(200, {"meta": given})

    def _remove(self, request: Request) -> Response:
        found, key = self._found(request), request.params["key"]
        if key not in found.metadata:
            raise self._no_key(request)
        kept = {name: value for name, value in found.metadata.items() if name != key}
        self._change(found, metadata=kept)
        return Response(200)

    def _no_key(self, request: Request) -> Exception:
        return not_found(
            f"{self._word} {request.params['id']} has no metadata with key {request.params['key']}."
        )
