"""The driver that programs ask Libcloud for: it chooses the class of an API version, and connects."""

from typing import Any, ClassVar, Unpack

from libcloud.compute.base import NodeLocation
from libcloud.compute.types import Provider

from leasehold.libcloud import states
from leasehold.libcloud.arguments import Options, check_names, connect_arguments
from leasehold.libcloud.errors import translated
from leasehold.libcloud.part import Part
from leasehold.libcloud.raw import RawConnection
from leasehold.openstack import ServiceType, SettingsError, connect

DEFAULT_API_VERSION = "1.1"
"""What Libcloud takes if a program says nothing: Nova 1.1, and the sign-in of its time."""

_KINDS: dict[str, type["OpenStackNodeDriver"]] = {}


class OpenStackNodeDriver(Part):
    """An OpenStack cloud as Libcloud shows it; makes the class that `api_version` names.

    Raises `NotImplementedError` for an API version that is none, `LibcloudError` where Libcloud
    does, and `TypeError` for an argument that there is not.
    """

    name = "OpenStack"
    api_name = "openstack"
    website = "https://www.openstack.org/"
    type = Provider.OPENSTACK
    features: ClassVar[dict[str, list[str]]] = {"create_node": ["generates_password"]}

    NODE_STATE_MAP = states.NODE
    VOLUME_STATE_MAP = states.VOLUME
    SNAPSHOT_STATE_MAP = states.SNAPSHOT

    default_auth_version: ClassVar[str] = "1.1"
    compute_version: ClassVar[str] = "2.1"
    """The API of Nova's to speak, where a cloud has several."""
    service: ClassVar[ServiceType] = ServiceType.COMPUTE
    """The service behind `driver.connection`."""

    def __init_subclass__(cls, *, api_versions: tuple[str, ...] = (), **options: Any) -> None:
        super().__init_subclass__(**options)
        _KINDS.update(dict.fromkeys(api_versions, cls))

    def __new__(
        cls,
        key: str,
        secret: str | None = None,
        secure: bool = True,
        host: str | None = None,
        port: int | None = None,
        api_version: str | None = DEFAULT_API_VERSION,
        **options: Any,
    ) -> "OpenStackNodeDriver":
        """Make a driver for an API version. `secure`, `host` and `port` do nothing: the URL says."""
        if cls is not OpenStackNodeDriver:
            return super().__new__(cls)
        if kind := _KINDS.get(str(api_version)):
            return super().__new__(kind)
        raise NotImplementedError(f"No OpenStackNodeDriver found for API version {api_version}")

    def __init__(
        self,
        key: str,
        secret: str | None = None,
        secure: bool = True,
        host: str | None = None,
        port: int | None = None,
        api_version: str | None = None,
        region: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        check_names(options)
        self.key, self.secret, self.secure = key, secret, secure
        self.api_version, self.region = api_version, region
        asked: Options = {"ex_force_auth_version": self.default_auth_version, **options}
        arguments = connect_arguments(
            key, secret, api_version=self.compute_version, region=region, options=asked
        )
        try:
            self.cloud = connect(**arguments)
        except SettingsError as error:
            raise translated(error, driver=self) from error
        self._options = asked
        self.connection = self._raw(self.service)

    def _raw(self, service: ServiceType) -> RawConnection:
        name = self._options.get("ex_force_service_name")
        return RawConnection(self.cloud, service, driver=self, name=name)

    def list_locations(self) -> list[NodeLocation]:
        """The one place there is: a driver is for one region. Its zones are arguments of a node."""
        return [NodeLocation(0, "", "", self)]

    def openstack_connection_kwargs(self) -> dict[str, Any]:
        """The ``ex_*`` arguments that the driver was made with."""
        return {name: value for name, value in self._options.items() if name.startswith("ex_")}
