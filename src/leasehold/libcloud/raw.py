"""`driver.connection`: requests of a program's own, and what it asks of the sign-in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from libcloud.common.openstack_identity import OpenStackServiceCatalog
from libcloud.common.types import MalformedResponseError

from leasehold.libcloud.errors import in_libcloud_words
from leasehold.openstack import Connection, ServiceType
from leasehold.openstack.call import Answer, Call
from leasehold.openstack.microversion import Microversion

Params = Mapping[str, Any] | None

# The names that Libcloud's connections call their services by.
_NAMES = {
    ServiceType.COMPUTE: "nova",
    ServiceType.COMPUTE_V1: "nova",
    ServiceType.IMAGE: "glance",
    ServiceType.NETWORK: "neutron",
    ServiceType.VOLUME: "cinderv3",
    ServiceType.RESERVATION: "blazar",
}


class RawAnswer:
    """What the cloud answered to a request of the program's own, as Libcloud's `Response` shows it."""

    def __init__(self, answer: Answer, connection: "RawConnection") -> None:
        self.connection = connection
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.headers.items()}
        self.body = answer.content.decode(errors="replace").strip()
        self.object = self.parse_body()

    def success(self) -> bool:
        """Say that it worked: a refusal never becomes an answer, it is raised."""
        return True

    def parse_body(self) -> Any:
        """Read the body: JSON where it says so, else as text; None if there is none."""
        if not self.body:
            return None
        if "application/json" not in self.headers.get("content-type", ""):
            return self.body
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as error:
            driver = self.connection.driver
            raise MalformedResponseError(
                "Failed to parse JSON", body=self.body, driver=driver
            ) from error


class RawConnection:
    """One service of a driver's cloud, with a driver's token: what `driver.connection` is used for.

    Threads may share it, unlike Libcloud's. Whatever needs a token signs in at the first use.
    """

    def __init__(
        self, cloud: Connection, service: ServiceType, *, driver: Any, name: str | None = None
    ) -> None:
        self._cloud = cloud
        self._service = service
        self.driver = driver
        self.service_type = str(service)
        self.service_name = name or _NAMES[service]
        self.service_region = cloud.settings.region
        self.timeout = cloud.settings.timeout
        pinned = cloud.settings.microversions.get(service)
        self._version = Microversion(service, pinned, plain=pinned is None).headers()

    @in_libcloud_words
    def request(
        self,
        action: str,
        params: Params = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
    ) -> RawAnswer:
        """Send a request to a path of the service, and give its answer of status 2xx.

        `data` that is not text is sent as JSON. Raises what every method of the driver raises.
        """
        path, _, query = self._path(action, params).partition("?")
        call = Call(
            service=self._service,
            method=method.upper(),
            path=path.rstrip("/") or "/",
            query=tuple(parse_qsl(query, keep_blank_values=True)),
            body=_encoded(data),
            headers=(*self._version, *(headers or {}).items()),
            repeatable=method.upper() == "GET",
        )
        return RawAnswer(self._cloud.transport.send(call), self)

    def _path(self, action: str, params: Params) -> str:
        """Write the path after the endpoint; Libcloud's paths repeat the version of some endpoints."""
        path = "/" + action.lstrip("/")
        version = "/" + self.get_endpoint().rpartition("/")[2]
        if version.startswith("/v") and path.startswith(version + "/"):
            path = path.removeprefix(version)
        if not params:
            return path
        return path + ("&" if "?" in path else "?") + urlencode(params, doseq=True)

    # Where the service is

    @in_libcloud_words
    def get_endpoint(self) -> str:
        """The service's address, with its version. Raises Libcloud's exceptions."""
        return self._cloud.transport.endpoint(self._service)

    @in_libcloud_words
    def get_service_catalog(self) -> OpenStackServiceCatalog:
        """What the cloud's catalog offers, as Libcloud's own class."""
        services: dict[tuple[str, str | None], list[dict[str, Any]]] = {}
        for line in self._cloud.transport.catalog:
            endpoint = {"url": line.url, "region": line.region, "interface": line.interface}
            services.setdefault((line.type, line.name), []).append(endpoint)
        catalog = [
            {"type": kind, "name": name, "endpoints": endpoints}
            for (kind, name), endpoints in services.items()
        ]
        return OpenStackServiceCatalog(catalog, auth_version="3.x")

    @property
    def service_catalog(self) -> OpenStackServiceCatalog:
        """The same, as the attribute that it also is in Libcloud."""
        return self.get_service_catalog()

    def get_service_name(self) -> str:
        """The name of the service, as Libcloud calls it or as `ex_force_service_name` says."""
        return self.service_name

    @property
    def host(self) -> str:
        """The host of the service's address."""
        return urlsplit(self.get_endpoint()).hostname or ""

    @property
    def port(self) -> int:
        """The port of the service's address."""
        return urlsplit(self.get_endpoint()).port or (443 if self.secure else 80)

    @property
    def secure(self) -> bool:
        """Whether the service is reached by https."""
        return urlsplit(self.get_endpoint()).scheme == "https"

    @property
    def request_path(self) -> str:
        """The path of the service's address; on most clouds the project's id is at its end."""
        return urlsplit(self.get_endpoint()).path

    # Who we are there

    @property
    @in_libcloud_words
    def auth_token(self) -> str:
        """The token in use. Whoever has it can do what the user can: keep it out of logs."""
        return self._cloud.transport.token().reveal()

    @property
    @in_libcloud_words
    def auth_token_expires(self) -> datetime | None:
        """When the token ends."""
        return self._cloud.identity().expires_at

    @property
    @in_libcloud_words
    def auth_user_info(self) -> dict[str, Any]:
        """Who the token is for."""
        identity = self._cloud.identity()
        return {"id": identity.user_id, "name": identity.user_name}

    def _populate_hosts_and_request_paths(self) -> None:
        """Sign in now: programs call it, though it is private, to have the properties above."""
        self.get_endpoint()


def _encoded(data: Any) -> bytes | None:
    match data:
        case None | "":
            return None
        case bytes():
            return data
        case str():
            return data.encode()
        case _:
            return msgspec.json.encode(data)
