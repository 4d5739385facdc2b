"""The arguments of Libcloud's driver, in the words of `connect()`."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypedDict, cast
from urllib.parse import urlsplit

import libcloud.security
from libcloud.common.types import LibcloudError

from leasehold.openstack.arguments import Arguments


class Options(TypedDict, total=False):
    """What Libcloud's driver takes by keyword."""

    ex_force_auth_url: str
    """Keystone's address, with or without port and path."""
    ex_force_auth_version: str
    """How to sign in: ``3.x_password``, ``3.x_appcred``, ``2.0_password`` ..."""
    ex_force_auth_token: str
    """A token to use instead of signing in; needs `ex_force_base_url`."""
    ex_token_scope: str
    """``project`` (if left out), ``domain`` or ``unscoped``."""
    ex_tenant_name: str
    ex_tenant_domain_id: str
    """Of the project; ``default`` if left out."""
    ex_domain_name: str
    """Of the user; ``Default`` if left out."""
    ex_force_service_type: str
    ex_force_service_name: str
    ex_force_service_region: str
    ex_force_base_url: str
    """Nova's address, with the project's id at its end where Nova wants it."""
    ex_force_image_url: str
    ex_force_network_url: str
    ex_force_volume_url: str
    ex_force_reservation_url: str
    ex_force_microversion: str
    """``2.60``, or ``volume 3.50``."""
    ex_auth_cache: Any
    ex_force_api_version: str
    """Does nothing, as in Libcloud."""
    timeout: float
    retry_delay: float
    backoff: float
    proxy_url: str


# Libcloud asks for no microversion: its users read what Nova 2.1 and Cinder 3.0 said at first.
_FIRST_COMPUTE, _FIRST_VOLUME = "2.1", "3.0"
_ENDPOINTS = {
    "ex_force_base_url": "compute",
    "ex_force_image_url": "image",
    "ex_force_network_url": "network",
    "ex_force_volume_url": "block-storage",
    "ex_force_reservation_url": "reservation",
}


def check_names(names: Mapping[str, object]) -> None:
    """Raise `TypeError`, with the nearest name, for an argument that the driver does not take."""
    known = list(Options.__annotations__)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"the OpenStack driver takes no argument {name!r}{hint}")


def connect_arguments(
    key: str, secret: str | None, *, region: str | None, options: Options
) -> Arguments:
    """Say in `connect()`'s words what Libcloud's arguments ask for. Raises `LibcloudError`."""
    if options.get("ex_force_auth_token") and not options.get("ex_force_base_url"):
        raise LibcloudError(
            "Must also provide ex_force_base_url when specifying ex_force_auth_token."
        )
    if not (auth_url := options.get("ex_force_auth_url")):
        raise LibcloudError("OpenStack instance must have auth_url set: pass ex_force_auth_url")
    version = options.get("ex_force_auth_version") or "1.1"
    if version not in ("2.0_password", "3.x_password"):
        raise LibcloudError(f"Unsupported Auth Version requested: {version}")
    compute, volume = _microversions(options.get("ex_force_microversion"))
    given: dict[str, Any] = {
        "auth_url": _auth_url(auth_url, version),
        "username": key,
        "password": secret,
        "project_name": options.get("ex_tenant_name"),
        "region": options.get("ex_force_service_region") or region,
        "endpoints": {kind: url for name, kind in _ENDPOINTS.items() if (url := options.get(name))},
        "compute_microversion": compute,
        "volume_microversion": volume,
        "timeout": options.get("timeout"),
        "verify": libcloud.security.VERIFY_SSL_CERT,
        "cacert": libcloud.security.CA_CERTS_PATH,
    }
    if version == "3.x_password":
        given["user_domain_name"] = options.get("ex_domain_name", "Default")
        given["project_domain_id"] = options.get("ex_tenant_domain_id", "default")
    return cast("Arguments", {name: value for name, value in given.items() if value is not None})


def _auth_url(url: str, version: str) -> str:
    parts = urlsplit(url)
    prefix = re.sub(r"/(v3|v2\.0)(/.*)?$", "", parts.path.rstrip("/"))
    ending = "/v2.0" if version.startswith("2.0") else "/v3"
    return f"{parts.scheme}://{parts.netloc}{prefix}{ending}"


def _microversions(asked: str | None) -> tuple[str, str]:
    words = (asked or "").split()
    match words:
        case []:
            return _FIRST_COMPUTE, _FIRST_VOLUME
        case [number] | ["compute", number]:
            return number, _FIRST_VOLUME
        case [service, number] if "volume".startswith(service.rstrip("v23")):
            return _FIRST_COMPUTE, number
        case _:
            raise LibcloudError(
                f"Invalid microversion format: servicename X.XX, as 'compute 2.60' or "
                f"'volume 3.50', not {asked!r}"
            )
