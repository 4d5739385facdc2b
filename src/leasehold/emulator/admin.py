"""The admin routes below ``/_emulator``: faults, counts, seeding, settings, reset."""

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from leasehold.emulator.fault_rules import Rule
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.settings import Settings

if TYPE_CHECKING:
    from leasehold.emulator.cloud import Cloud

T = TypeVar("T")


class OutageWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    service: str | None = None
    status: int | None = 503
    """None cuts every connection instead of an answer."""
    seconds: float | None = None
    refuse: bool = False
    """Refuse connections altogether; needs `seconds`, for nobody could lift it."""


class SeedWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    count: int
    project: str = "demo"
    prefix: str = "seed"


class Admin:
    """For tests and demonstrations in other processes. Needs no token, suffers no fault."""

    name = "_emulator"
    prefix = "/_emulator"

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self.router = Router()
        for method, path, handler in (
            ("GET", "/ready", self._ready),
            ("GET", "/faults", self._faults),
            ("POST", "/faults", self._add_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("DELETE", "/faults/{id}", self._remove_fault),
            ("GET", "/outages", self._outages),
            ("POST", "/outages", self._begin_outage),
            ("DELETE", "/outages", self._end_outages),
            ("GET", "/requests", self._requests),
            ("DELETE", "/requests", self._reset_requests),
            ("POST", "/servers", self._seed),
            ("GET", "/leftovers", self._leftovers),
            ("GET", "/settings", self._settings),
            ("PUT", "/settings", self._change_settings),
            ("POST", "/tokens/expire", self._expire_tokens),
            ("POST", "/reset", self._reset),
        ):
            self.router.add(method, path, handler, public=True)

    def locate(self, path: str) -> str:
        return path

    def negotiate(self, request: Request) -> None:
        return None

    def render(self, fault: Fault, request: Request) -> Response:
        return Response(fault.status, {"error": fault.message}, fault.headers)

    def stamp(self, request: Request) -> dict[str, str]:
        return {}

    def _ready(self, request: Request) -> Response:
        return Response(200, {"ready": True})

    def _faults(self, request: Request) -> Response:
        return Response(200, {"faults": self._cloud.faults.rules()})

    def _add_fault(self, request: Request) -> Response:
        rule_id = self._cloud.faults.add(_read(request, Rule))
        return Response(201, {"id": rule_id})

    def _clear_faults(self, request: Request) -> Response:
        self._cloud.faults.clear()
        return Response(204)

    def _remove_fault(self, request: Request) -> Response:
        rule_id = request.params["id"]
        if not self._cloud.faults.remove(rule_id):
            raise Fault(404, f"There is no fault {rule_id}: GET /_emulator/faults lists them.")
        return Response(204)

    def _outages(self, request: Request) -> Response:
        return Response(200, {"outages": self._cloud.faults.outages()})

    def _begin_outage(self, request: Request) -> Response:
        wish = _read(request, OutageWish)
        if wish.refuse:
            if wish.seconds is None or self._cloud.refuse is None:
                raise Fault(400, "To refuse connections, say for how many seconds.")
            self._cloud.refuse(wish.seconds)
        else:
            self._cloud.faults.begin_outage(wish.service, status=wish.status, seconds=wish.seconds)
        return Response(204)

    def _end_outages(self, request: Request) -> Response:
        for outage in self._cloud.faults.outages():
            self._cloud.faults.end_outage(outage.service)
        return Response(204)

    def _requests(self, request: Request) -> Response:
        calls = [
            {**msgspec.structs.asdict(call), "count": count}
            for call, count in sorted(self._cloud.requests.by_call().items())
        ]
        return Response(200, {"total": self._cloud.requests.total, "calls": calls})

    def _reset_requests(self, request: Request) -> Response:
        self._cloud.requests.reset()
        return Response(204)

    def _seed(self, request: Request) -> Response:
        wish = _read(request, SeedWish)
        try:
            servers = self._cloud.seed_servers(wish.count, project=wish.project, prefix=wish.prefix)
        except KeyError as error:
            raise Fault(400, str(error.args[0])) from error
        return Response(201, {"servers": [server.id for server in servers]})

    def _leftovers(self, request: Request) -> Response:
        return Response(200, self._cloud.leftovers())

    def _settings(self, request: Request) -> Response:
        return Response(200, self._cloud.settings)

    def _change_settings(self, request: Request) -> Response:
        """A part is enough: what is not given stays."""
        given = _read(request, dict[str, Any])
        merged = _merged(msgspec.to_builtins(self._cloud.settings), given)
        try:
            settings = msgspec.convert(merged, Settings)
        except msgspec.ValidationError as error:
            raise Fault(400, f"These are no settings: {error}.") from error
        self._cloud.change_settings(settings)
        return Response(200, settings)

    def _expire_tokens(self, request: Request) -> Response:
        return Response(200, {"expired": self._cloud.expire_tokens()})

    def _reset(self, request: Request) -> Response:
        self._cloud.reset()
        return Response(204)


def _read(request: Request, wanted: type[T]) -> T:
    try:
        return msgspec.json.decode(request.body, type=wanted)
    except msgspec.DecodeError as error:
        raise Fault(400, f"The body does not fit: {error}.") from error


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return old | {
        key: _merged(old[key], value)
        if isinstance(value, dict) and isinstance(old.get(key), dict)
        else value
        for key, value in new.items()
    }
