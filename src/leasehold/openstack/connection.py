"""A connection: one cloud's services, signed in to once."""

import os
import random
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import Unpack

import requests

from leasehold.openstack.arguments import Arguments, settings_of
from leasehold.openstack.call import ServiceType
from leasehold.openstack.clouds_yaml import from_clouds_yaml
from leasehold.openstack.compute.client import Compute
from leasehold.openstack.compute_v1.client import ComputeV1
from leasehold.openstack.environment import debugging, from_environment
from leasehold.openstack.errors import SettingsError, UnverifiedTls
from leasehold.openstack.image.client import ImageService
from leasehold.openstack.libcloud_arguments import (
    LibcloudArguments,
    renamed,
    says_where,
    translated,
)
from leasehold.openstack.microversion import Microversion
from leasehold.openstack.network.client import Networking
from leasehold.openstack.nova_network.client import NovaNetwork
from leasehold.openstack.nova_volume.client import NovaVolume
from leasehold.openstack.reservation.client import Reservations
from leasehold.openstack.service import Service
from leasehold.openstack.settings import Settings
from leasehold.openstack.sign_in import Identity
from leasehold.openstack.transport import Transport
from leasehold.openstack.vocabulary import checked
from leasehold.openstack.volume.client import BlockStorage


class Connection:
    """The services of one project in one region. Thread-safe; nothing is sent before the first verb.

    In tests `adapter` stands in for the network, `random` for the jitter of retries, and `pause`
    for waiting between them.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        adapter: requests.adapters.BaseAdapter | None = None,
        random: Callable[[], float] = random.random,
        pause: Callable[[float], bool] | None = None,
    ) -> None:
        self.settings = settings
        self.transport = Transport(settings, random=random, adapter=adapter, pause=pause)
        self.compute = Compute(self._service(ServiceType.COMPUTE, plain=settings.plain_compute))
        self.compute_v1 = ComputeV1(self._service(ServiceType.COMPUTE_V1))
        self.nova_network = NovaNetwork(self._service(ServiceType.COMPUTE, plain=True))
        self.nova_volume = NovaVolume(self._service(ServiceType.COMPUTE, plain=True))
        self.image = ImageService(self._service(ServiceType.IMAGE))
        self.network = Networking(self._service(ServiceType.NETWORK))
        self.volume = BlockStorage(self._service(ServiceType.VOLUME))
        self.reservation = Reservations(self._service(ServiceType.RESERVATION))

    def _service(self, kind: ServiceType, *, plain: bool = False) -> Service:
        """Make the way to a service; `plain` leaves microversions, and a pin of one, out."""
        pinned = None if plain else self.settings.microversions.get(kind)
        return Service(self.transport, kind, Microversion(kind, pinned, plain=plain))

    def identity(self) -> Identity:
        """Tell who we are to the cloud; signs in if need be, and raises what that raises."""
        return self.transport.identity()

    def close(self) -> None:
        """Close idle connections to the cloud; a retry that is waiting gives up."""
        self.transport.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AllArguments(Arguments, LibcloudArguments, total=False):
    """Everything that `connect()` takes by name."""


def connect(cloud: str | None = None, **arguments: Unpack[AllArguments]) -> Connection:
    """Describe a cloud and give the connection to it; signing in waits for the first verb.

    The description comes from one source: the clouds.yaml entry `cloud`; else, if there is an
    `auth_url` (or a token and an address), the arguments alone; else the environment (OS_CLOUD, or
    OS_AUTH_URL and its kin). Single arguments go before what a source says. Raises `UnknownCloud`,
    `UnknownArgument` and `SettingsError`.
    """
    given = renamed(checked(arguments))
    alone = says_where(given)
    if cloud is None and not alone:
        cloud = os.environ.get("OS_CLOUD") or None
    if cloud is not None:
        source = from_clouds_yaml(cloud, region=given.get("region"))
    elif alone:
        source = Arguments()
    elif "auth_url" not in (source := from_environment(os.environ)):
        raise SettingsError(
            "no cloud given: name one of clouds.yaml, set OS_CLOUD or OS_AUTH_URL, "
            "or pass auth_url= with the credentials"
        )
    everything = translated(given, {**debugging(os.environ), **source})
    settings = settings_of(everything, name=cloud)
    if settings.verify is False:
        warnings.warn(
            f"the certificate of {settings.name or settings.sign_in.auth_url} is not checked: anybody "
            "on the way can read the password; name its CA by cacert instead",
            UnverifiedTls,
            stacklevel=2,
        )
    return Connection(settings)
