"""The calls about volume types and their extra specs."""

from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.volume import bodies as read
from leasehold.emulator.volume.faults import bad_request, demand_admin, not_found
from leasehold.emulator.volume.records import VolumeType
from leasehold.emulator.volume.types import VolumeTypes
from leasehold.emulator.volume.views import type_view
from leasehold.emulator.volume.volumes import Volumes


class TypeCalls:
    """``/v3/types``. Only administrators change them."""

    def __init__(self, types: VolumeTypes, volumes: Volumes, router: Router) -> None:
        self._types = types
        self._volumes = volumes
        router.add("GET", "/v3/types", self._list)
        router.add("POST", "/v3/types", self._create)
        router.add("GET", "/v3/types/default", self._show_default)
        router.add("GET", "/v3/types/{id}", self._show)
        router.add("PUT", "/v3/types/{id}", self._update)
        router.add("DELETE", "/v3/types/{id}", self._delete)
        router.add("GET", "/v3/types/{id}/extra_specs", self._list_specs)
        router.add("POST", "/v3/types/{id}/extra_specs", self._add_specs)
        router.add("GET", "/v3/types/{id}/extra_specs/{key}", self._show_spec)
        router.add("PUT", "/v3/types/{id}/extra_specs/{key}", self._set_spec)
        router.add("DELETE", "/v3/types/{id}/extra_specs/{key}", self._remove_spec)

    def _find(self, request: Request) -> VolumeType:
        return self._types.find(request.params["id"], Caller.of(request))

    def _list(self, request: Request) -> Response:
        public = _public(request.one("is_public")) if request.is_admin else True
        listed = self._types.listed(Caller.of(request), public)
        shown = [type_view(one, admin=request.is_admin) for one in listed]
        return Response(200, {"volume_types": shown})

    def _show(self, request: Request) -> Response:
        return self._answer(self._find(request), request)

    def _show_default(self, request: Request) -> Response:
        shown = type_view(self._types.default, admin=request.is_admin)
        del shown["os-volume-type-access:is_public"]
        return Response(200, {"volume_type": shown})

    def _answer(self, volume_type: VolumeType, request: Request) -> Response:
        return Response(200, {"volume_type": type_view(volume_type, admin=request.is_admin)})

    def _create(self, request: Request) -> Response:
        demand_admin(request, "volume_extension:type_create")
        given = read.body_of(request, "volume_type")
        name = read.text("name", read.required("volume_type", given, "name"))
        if not name:
            raise bad_request("Volume type name can not be empty.")
        volume_type = self._types.create(
            name=name,
            description=read.text("description", given.get("description")),
            is_public=read.boolean("is_public", given.get("os-volume-type-access:is_public", True)),
            extra_specs=read.metadata(given.get("extra_specs")),
        )
        shown = type_view(volume_type, admin=True)
        del shown["qos_specs_id"]
        return Response(200, {"volume_type": shown})

    def _update(self, request: Request) -> Response:
        demand_admin(request, "volume_extension:type_update")
        given = read.body_of(request, "volume_type")
        fields: dict[str, Any] = {
            name: read.text(name, given[name]) for name in ("name", "description") if name in given
        }
        if "is_public" in given:
            fields["is_public"] = read.boolean("is_public", given["is_public"])
        return self._answer(self._types.change(self._find(request), **fields), request)

    def _delete(self, request: Request) -> Response:
        demand_admin(request, "volume_extension:type_delete")
        volume_type = self._find(request)
        if any(volume.volume_type_id == volume_type.id for volume in self._volumes.records):
            raise bad_request("Target volume type is still in use.")
        self._types.delete(volume_type)
        return Response(202)

    def _list_specs(self, request: Request) -> Response:
        specs = self._find(request).extra_specs
        return Response(200, {"extra_specs": specs if request.is_admin else {}})

    def _add_specs(self, request: Request) -> Response:
        demand_admin(request, "volume_extension:types_extra_specs:create")
        volume_type = self._find(request)
        added = read.metadata(read.body_of(request, "extra_specs"))
        self._types.change(volume_type, extra_specs={**volume_type.extra_specs, **added})
        return Response(200, {"extra_specs": added})

    def _show_spec(self, request: Request) -> Response:
        volume_type, key = self._find(request), request.params["key"]
        if key not in volume_type.extra_specs or not request.is_admin:
            raise _no_spec(volume_type, key)
        return Response(200, {key: volume_type.extra_specs[key]})

    def _set_spec(self, request: Request) -> Response:
        demand_admin(request, "volume_extension:types_extra_specs:update")
        volume_type, key = self._find(request), request.params["key"]
        given = read.metadata(read.whole_body(request))
        if key not in given:
            raise bad_request("Request body and URI mismatch")
        if key not in volume_type.extra_specs:
            raise _no_spec(volume_type, key)
        self._types.change(volume_type, extra_specs={**volume_type.extra_specs, **given})
        return Response(200, given)

    def _remove_spec(self, request: Request) -> Response:
        demand_admin(request, "volume_extension:types_extra_specs:delete")
        volume_type, key = self._find(request), request.params["key"]
        if key not in volume_type.extra_specs:
            raise _no_spec(volume_type, key)
        kept = {name: value for name, value in volume_type.extra_specs.items() if name != key}
        self._types.change(volume_type, extra_specs=kept)
        return Response(202)


def _public(word: str | None) -> bool | None:
    """Which types an administrator asks for: public ones unless told, or others, or all."""
    if word is not None and word.lower() == "none":
        return None
    try:
        return word is None or read.boolean("is_public", word)
    except Fault:
        raise bad_request(f"Invalid is_public filter [{word}]") from None


def _no_spec(volume_type: VolumeType, key: str) -> Exception:
    return not_found(f"Volume Type {volume_type.id} has no extra specs with key {key}.")
