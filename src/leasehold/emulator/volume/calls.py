"""The calls about volumes: list, show, create, update, delete, summary."""

from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.effects import Effect
from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.volume import bodies as read
from leasehold.emulator.volume.birth import VolumeBirth
from leasehold.emulator.volume.faults import too_old
from leasehold.emulator.volume.listing import listing, of_caller
from leasehold.emulator.volume.metadata import Metadata
from leasehold.emulator.volume.quotas import VolumeQuotas, too_many
from leasehold.emulator.volume.records import Volume
from leasehold.emulator.volume.views import VolumeViews
from leasehold.emulator.volume.volumes import Volumes

_FILTERS = (
    "name", "status", "metadata", "bootable", "migration_status", "availability_zone", "group_id",
    "size", "created_at", "updated_at", "consumes_quota",
)  # fmt: skip
_SORTS = (
    "id", "name", "status", "size", "availability_zone", "bootable", "created_at", "updated_at",
)  # fmt: skip
_CHANGEABLE = ("name", "display_name", "description", "display_description", "metadata")


class VolumeCalls:
    """``/v3/volumes``."""

    def __init__(
        self,
        volumes: Volumes,
        birth: VolumeBirth,
        quotas: VolumeQuotas,
        views: VolumeViews,
        router: Router,
    ) -> None:
        self._volumes = volumes
        self._birth = birth
        self._quotas = quotas
        self._views = views
        router.add("GET", "/v3/volumes", lambda request: self._list(request, views.brief))
        router.add("GET", "/v3/volumes/detail", lambda request: self._list(request, views.full))
        router.add("GET", "/v3/volumes/summary", self._summary)
        router.add("POST", "/v3/volumes", self._create)
        router.add("GET", "/v3/volumes/{id}", self._show)
        router.add("PUT", "/v3/volumes/{id}", self._update)
        router.add("DELETE", "/v3/volumes/{id}", self._delete)
        router.add("GET", "/v3/volumes/{id}/encryption", self._encryption)
        Metadata(router, "/v3/volumes", "Volume", volumes.find, volumes.change)

    def _find(self, request: Request) -> Volume:
        return self._volumes.find(request.params["id"], Caller.of(request))

    def _list(self, request: Request, view: Any) -> Response:
        return listing(
            request,
            "volumes",
            of_caller(request, self._volumes.records),
            lambda volume: view(volume, request),
            filters=_FILTERS,
            find=lambda volume_id: self._volumes.find(volume_id, Caller.of(request)),
            sorts=_SORTS,
        )

    def _summary(self, request: Request) -> Response:
        too_old(request, 3, 12)
        volumes = list(of_caller(request, self._volumes.records))
        summary: dict[str, Any] = {
            "total_count": len(volumes),
            "total_size": sum(volume.size for volume in volumes),
        }
        if request.at_least(3, 36):
            values: dict[str, set[str]] = {}
            for volume in volumes:
                for key, value in volume.metadata.items():
                    values.setdefault(key, set()).add(value)
            summary["metadata"] = {key: sorted(found) for key, found in values.items()}
        return Response(200, {"volume-summary": summary})

    def _create(self, request: Request) -> Response:
        caller = Caller.of(request)
        given = read.body_of(request, "volume")
        fields = self._birth.fields_of(given, caller, strict=request.at_least(3, 53))
        if Effect.QUOTA in request.effects:
            raise too_many("volumes", self._quotas.used(caller.project_id)["volumes"])
        volume = self._volumes.create(fields, caller, request.effects)
        return Response(202, {"volume": self._views.born(volume, request)})

    def _show(self, request: Request) -> Response:
        return Response(200, {"volume": self._views.full(self._find(request), request)})

    def _update(self, request: Request) -> Response:
        given = read.body_of(request, "volume")
        read.refuse_unknown("volume", given, _CHANGEABLE)
        fields: dict[str, Any] = {}
        for name in ("name", "description"):
            for word in (name, f"display_{name}"):
                if word in given:
                    fields[name] = read.text(name, given[word])
        if "metadata" in given:
            fields["metadata"] = read.metadata(given["metadata"])
        volume = self._volumes.change(self._find(request), **fields)
        return Response(200, {"volume": self._views.born(volume, request)})

    def _delete(self, request: Request) -> Response:
        cascade = (request.one("cascade") or "").lower() in ("true", "1")
        self._volumes.delete(self._find(request), request.effects, cascade=cascade)
        return Response(202)

    def _encryption(self, request: Request) -> Response:
        self._find(request)
        return Response(200, {"encryption_key_id": None})
