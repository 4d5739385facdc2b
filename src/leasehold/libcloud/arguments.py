"""The arguments of Libcloud's driver, checked as Libcloud checks them, for `connect()`."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, cast

import libcloud.security
from libcloud.common.types import LibcloudError

from leasehold.openstack.connection import AllArguments
from leasehold.openstack.libcloud_arguments import LibcloudArguments


class Options(LibcloudArguments, total=False):
    """What the driver takes by keyword."""

    ex_force_microversion: str
    """What compute is asked for, ``2.60`` or ``compute 2.60``; or volume, ``volume 3.50``."""
    timeout: float
    """Seconds of silence after which an answer is given up; 60 if left out."""
    retry_delay: float
    """Seconds before a harmless call is sent again."""
    backoff: float
    """How many times longer each further wait is."""
    proxy_url: str
    """The proxy of all requests. Left out: as ``HTTPS_PROXY`` and its kin say."""
    ex_force_api_version: str
    """Does nothing, as in Libcloud."""


# Libcloud asks for no microversion: its users read what Nova 2.1 and Cinder 3.0 say.
_FIRST_COMPUTE, _FIRST_VOLUME = "2.1", "3.0"
_USUAL_REGION = "RegionOne"
_IDLE = ("ex_force_api_version",)


def check_names(names: Mapping[str, object]) -> None:
    """Raise `TypeError`, with the nearest name, for an argument that the driver does not take."""
    for name in names:
        if name not in Options.__annotations__:
            near = get_close_matches(name, Options.__annotations__, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"the OpenStack driver takes no argument {name!r}{hint}")


def connect_arguments(
    key: str, secret: str | None, *, api_version: str, region: str | None, options: Options
) -> AllArguments:
    """Give `connect()` what a program gave the driver. Raises `LibcloudError` where Libcloud does."""
    _demand(options)
    compute, volume = _microversions(options.get("ex_force_microversion"))
    given: dict[str, Any] = {
        "ex_domain_name": "Default",
        "ex_tenant_domain_id": "default",
        "ex_force_service_region": region,
        "usual_region": _USUAL_REGION,
        **{name: value for name, value in options.items() if name not in _IDLE},
        "username": key,
        "password": secret,
        "api_version": api_version,
        "ex_force_microversion": compute,
        "volume_microversion": volume,
        "verify": libcloud.security.VERIFY_SSL_CERT,
        "cacert": libcloud.security.CA_CERTS_PATH,
    }
    return cast("AllArguments", {name: value for name, value in given.items() if value is not None})


def _demand(options: Options) -> None:
    token = options.get("ex_force_auth_token")
    if token and not options.get("ex_force_base_url"):
        raise LibcloudError(
            "Must also provide ex_force_base_url when specifying ex_force_auth_token."
        )
    if not token and not options.get("ex_force_auth_url"):
        raise LibcloudError(
            "OpenStack instance must have auth_url set: give Keystone's address by ex_force_auth_url"
        )


def _microversions(asked: str | None) -> tuple[str, str]:
    """Read ``2.60``, ``compute 2.60`` or ``volume 3.50``: what to ask of compute and of volume."""
    match (asked or "").split():
        case []:
            return _FIRST_COMPUTE, _FIRST_VOLUME
        case [number] | ["compute", number]:
            return number, _FIRST_VOLUME
        case ["volume" | "volumev2" | "volumev3", number]:
            return _FIRST_COMPUTE, number
        case _:
            raise LibcloudError(
                "Invalid microversion format: servicename X.XX, as in 'compute 2.60' or "
                f"'volume 3.50', not {asked!r}"
            )
