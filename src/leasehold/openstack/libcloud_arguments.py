"""Reads Apache Libcloud's arguments into ours. Pure.

`connect()` takes both vocabularies side by side. Where Libcloud's arguments mean less than they say,
what they say counts: a service's type or name is wished for one service, and not for all of them.
"""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypedDict, cast

from leasehold.openstack.arguments import Arguments
from leasehold.openstack.call import ServiceType
from leasehold.openstack.catalog import ALIASES
from leasehold.openstack.errors import SettingsError, UnknownArgument
from leasehold.openstack.libcloud_cache import LibcloudCache


class LibcloudArguments(TypedDict, total=False):
    """The arguments of Libcloud's OpenStack driver that are not called the same with us."""

    ex_force_auth_url: str
    """Keystone's address, with or without a path and a version."""
    ex_force_auth_version: str
    """``1.0``, ``1.1``, ``2.0``, ``2.0_apikey``, ``2.0_password``, ``2.0_voms``, ``3.x_password``,
    ``3.x_appcred``, ``3.x_oidc_access_token`` or ``3.x_token``. Left out: by discovery."""
    ex_force_auth_token: str
    """A token that you manage: the driver never signs in."""
    ex_tenant_name: str
    """The project, by name."""
    ex_domain_name: str
    """The user's domain, by name."""
    ex_tenant_domain_id: str
    """The project's domain, by id."""
    ex_token_scope: str
    """``project``, ``domain`` or ``unscoped``."""
    ex_force_service_type: str
    """Which entry of the catalog is compute's; or another service's, if it is a type of its."""
    ex_force_service_name: str
    """The name of the entry that is meant, of the same service."""
    ex_force_service_region: str
    """The region of all services."""
    ex_force_base_url: str
    """Address of the compute service, the project's id last."""
    ex_force_network_url: str
    """Address of Neutron."""
    ex_force_image_url: str
    """Address of Glance."""
    ex_force_volume_url: str
    """Address of Cinder."""
    ex_force_reservation_url: str
    """Address of Blazar."""
    ex_force_microversion: str
    """What compute is asked for, ``2.60``."""
    ex_auth_cache: Any
    """A token cache of Libcloud's kind: an object with get, put and clear."""


# Those that mean one of ours, with another name.
_SAME: dict[str, str] = {
    "ex_force_auth_url": "auth_url",
    "ex_tenant_name": "project_name",
    "ex_domain_name": "user_domain_name",
    "ex_tenant_domain_id": "project_domain_id",
    "ex_force_service_region": "region",
    "ex_force_microversion": "compute_microversion",
}
_URLS: dict[str, ServiceType] = {
    "ex_force_base_url": ServiceType.COMPUTE,
    "ex_force_network_url": ServiceType.NETWORK,
    "ex_force_image_url": ServiceType.IMAGE,
    "ex_force_volume_url": ServiceType.VOLUME,
    "ex_force_reservation_url": ServiceType.RESERVATION,
}
_WISHES = {"ex_force_service_type": "service_types", "ex_force_service_name": "service_names"}
_COMPUTES = (ServiceType.COMPUTE, ServiceType.COMPUTE_V1)
_SCOPES = ("project", "domain", "unscoped")
_PROJECT = ("project_id", "project_name", "project_domain_id", "project_domain_name")

Found = dict[str, Any]


def check_names(names: Iterable[str]) -> None:
    """Raise `UnknownArgument`, with the nearest name, for one that `connect()` does not take."""
    known = [*Arguments.__annotations__, *LibcloudArguments.__annotations__]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            raise UnknownArgument(name, near=near[0] if near else None)


def translated(given: Mapping[str, Any]) -> Arguments:
    """Put Libcloud's words into ours, and leave ours as they are.

    Raises `SettingsError` where two names of one thing are given with different values, and where
    a value is none that Libcloud takes.
    """
    theirs = {
        name: value for name, value in given.items() if name in LibcloudArguments.__annotations__
    }
    found: Found = {name: value for name, value in given.items() if name not in theirs}
    for name, ours in _SAME.items():
        if name in theirs:
            _put(found, ours, theirs[name], name)
    _endpoints(found, theirs)
    _wish(found, theirs)
    _scope(found, theirs.get("ex_token_scope", "project"), theirs)
    if version := theirs.get("ex_force_auth_version"):
        _sign_in(found, version, theirs)
    if (cache := theirs.get("ex_auth_cache")) is not None:
        found["token_cache"] = LibcloudCache(cache, given)
    if "ex_force_auth_token" in theirs:
        _given_token(found, theirs)
    return cast("Arguments", found)


def _put(found: Found, ours: str, value: object, theirs: str) -> None:
    if found.setdefault(ours, value) != value:
        raise SettingsError(
            f"{ours} and {theirs} are two names of one thing, and say different things: give one"
        )


def _endpoints(found: Found, theirs: Mapping[str, Any]) -> None:
    endpoints = dict(found.get("endpoints", {}))
    for name, service in _URLS.items():
        if name in theirs:
            kind = _compute(found) if service is ServiceType.COMPUTE else service
            _put(endpoints, str(kind), theirs[name], name)
    if endpoints:
        found["endpoints"] = endpoints


def _compute(found: Found) -> ServiceType:
    """Name the service that is compute: the one of API 1.0 is another."""
    old = found.get("api_version") == "1.0"
    return ServiceType.COMPUTE_V1 if old else ServiceType.COMPUTE


def _wish(found: Found, theirs: Mapping[str, Any]) -> None:
    """Take a wish as one for compute, unless it names the type of another service."""
    kind = theirs.get("ex_force_service_type")
    others = [s for s, aliases in ALIASES.items() if kind in aliases and s not in _COMPUTES]
    service = others[0] if others else _compute(found)
    for name, ours in _WISHES.items():
        if name in theirs:
            found[ours] = dict(found.get(ours, {}))
            _put(found[ours], str(service), theirs[name], name)


def _scope(found: Found, scope: str, theirs: Mapping[str, Any]) -> None:
    if scope not in _SCOPES:
        raise SettingsError(f"ex_token_scope is one of {', '.join(_SCOPES)}, not {scope!r}")
    if scope != "project":
        for name in _PROJECT:
            found.pop(name, None)
    if scope == "domain":
        found["domain_name"] = theirs.get("ex_domain_name", "Default")


def _sign_in(found: Found, version: str, theirs: Mapping[str, Any]) -> None:
    if version not in _VERSIONS:
        raise SettingsError(
            f"ex_force_auth_version is one of {', '.join(_VERSIONS)}, not {version!r}"
        )
    auth_type, rename = _VERSIONS[version]
    _put(found, "auth_type", auth_type, "ex_force_auth_version")
    rename(found, theirs)


def _as_given(found: Found, theirs: Mapping[str, Any]) -> None:
    """Leave user and password as they are called."""


def _as_key(found: Found, theirs: Mapping[str, Any]) -> None:
    """Libcloud has one secret; to this version it is an API key."""
    _rename(found, "password", "api_key")


def _as_token(found: Found, theirs: Mapping[str, Any]) -> None:
    _rename(found, "password", "token")


def _as_certificate(found: Found, theirs: Mapping[str, Any]) -> None:
    """The secret is the path of the proxy certificate, and nobody is named."""
    _rename(found, "password", "cert")
    found.pop("username", None)


def _as_credential(found: Found, theirs: Mapping[str, Any]) -> None:
    _rename(found, "username", "application_credential_id")
    _rename(found, "password", "application_credential_secret")


def _as_access_token(found: Found, theirs: Mapping[str, Any]) -> None:
    """The user is the identity provider, the tenant the protocol, the domain the project."""
    options = dict(found.get("auth_options", {}))
    for name, option in (
        ("username", "identity_provider"),
        ("project_name", "protocol"),
        ("password", "access_token"),
    ):
        if value := found.pop(name, None):
            options.setdefault(option, value)
    project = found.pop("user_domain_name", "Default")
    scope = theirs.get("ex_token_scope", "project")
    if scope != "project":
        # The tenant went with the scope, but here it is no tenant.
        found["auth_type"] = "v3oidcaccesstoken"
        options.setdefault("protocol", theirs.get("ex_tenant_name"))
    elif project != "Default":
        options.setdefault("project", project)
    found["auth_options"] = options


def _rename(found: Found, old: str, new: str) -> None:
    if old in found:
        found.setdefault(new, found.pop(old))


_VERSIONS: dict[str, tuple[str, Callable[[Found, Mapping[str, Any]], None]]] = {
    "1.0": ("leasehold_v1_0", _as_key),
    "1.1": ("leasehold_v1_1", _as_key),
    "2.0": ("rackspace", _as_key),
    "2.0_apikey": ("rackspace", _as_key),
    "2.0_password": ("v2password", _as_given),
    "2.0_voms": ("leasehold_v2voms", _as_certificate),
    "3.x_password": ("v3password", _as_given),
    "3.x_appcred": ("v3applicationcredential", _as_credential),
    "3.x_oidc_access_token": ("leasehold_v3oidcaccesstoken", _as_access_token),
    "3.x_token": ("v3token", _as_token),
}


def _given_token(found: Found, theirs: Mapping[str, Any]) -> None:
    found["token"] = theirs["ex_force_auth_token"]
    if found.get("auth_url"):
        found["auth_type"] = "leasehold_given_token"
    elif base_url := theirs.get("ex_force_base_url"):
        found["auth_type"] = "admin_token"
        found["auth_options"] = {"endpoint": base_url}
    else:
        raise SettingsError(
            "ex_force_auth_token needs ex_force_base_url, or ex_force_auth_url to find the services by"
        )
