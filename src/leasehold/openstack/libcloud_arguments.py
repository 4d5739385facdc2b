"""Reads Apache Libcloud's arguments into ours. Pure.

`connect()` takes both vocabularies side by side. Where Libcloud's arguments mean less than they say,
what they say counts: a service's type or name is wished for one service, and not for all of them.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypedDict, cast

from leasehold.openstack.arguments import Arguments, merged
from leasehold.openstack.call import ServiceType
from leasehold.openstack.catalog import ALIASES
from leasehold.openstack.credentials import WITHOUT_KEYSTONE
from leasehold.openstack.errors import SettingsError
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
_DOMAIN = ("domain_id", "domain_name")
_RENAMED = {*_SAME, *_URLS, *_WISHES}

Found = dict[str, Any]
Words = Mapping[str, Any]


def renamed(given: Mapping[str, Any]) -> Found:
    """Put those of Libcloud's words that mean one of ours into ours.

    Those that change what other arguments mean stay, until all of them are known. Raises
    `SettingsError` where two names of one thing are given with different values, and where a value
    is none that Libcloud takes.
    """
    found: Found = {k: v for k, v in given.items() if k not in _RENAMED}
    for name, ours in _SAME.items():
        if name in given:
            _put(found, ours, given[name], name)
    _endpoints(found, given)
    _wish(found, given)
    if version := given.get("ex_force_auth_version"):
        _put(found, "auth_type", _way(version)[0], "ex_force_auth_version")
    if (scope := given.get("ex_token_scope", "project")) not in _SCOPES:
        raise SettingsError(f"ex_token_scope is one of {', '.join(_SCOPES)}, not {scope!r}")
    return found


def says_where(found: Mapping[str, Any]) -> bool:
    """Tell whether renamed arguments alone are enough to find the cloud by."""
    without = found.get("auth_type") in WITHOUT_KEYSTONE
    forced = "ex_force_auth_token" in found and _base_url(found) is not None
    return "auth_url" in found or without or forced


def translated(given: Mapping[str, Any], source: Mapping[str, Any] | None = None) -> Arguments:
    """Put all of Libcloud's words into ours, and leave ours as they are; they go before the source's.

    Libcloud's words also hold for what the source says: the password of clouds.yaml is an API key
    if the version wants one. Raises as `renamed` does.
    """
    mine = renamed(given)
    words = merged(source or {}, mine)
    found: Found = {k: v for k, v in words.items() if k in Arguments.__annotations__}
    _scope(found, words.get("ex_token_scope", "project"))
    if version := words.get("ex_force_auth_version"):
        _way(version)[1](found, words, mine)
    if (cache := words.get("ex_auth_cache")) is not None:
        found["token_cache"] = LibcloudCache(cache, words)
    if "ex_force_auth_token" in words:
        _given_token(found, words["ex_force_auth_token"])
    return cast("Arguments", found)


def _put(found: Found, ours: str, value: object, theirs: str) -> None:
    if found.setdefault(ours, value) != value:
        raise SettingsError(
            f"{ours} and {theirs} are two names of one thing, and say different things: give one"
        )


def _endpoints(found: Found, given: Mapping[str, Any]) -> None:
    endpoints = dict(found.get("endpoints", {}))
    for name, service in _URLS.items():
        if name in given:
            kind = _compute(found) if service is ServiceType.COMPUTE else service
            _put(endpoints, str(kind), given[name], name)
    if endpoints:
        found["endpoints"] = endpoints


def _compute(found: Mapping[str, Any]) -> ServiceType:
    """Name the service that is compute: the one of API 1.0 is another."""
    old = found.get("api_version") == "1.0"
    return ServiceType.COMPUTE_V1 if old else ServiceType.COMPUTE


def _base_url(found: Mapping[str, Any]) -> str | None:
    url: str | None = found.get("endpoints", {}).get(str(_compute(found)))
    return url


def _wish(found: Found, given: Mapping[str, Any]) -> None:
    """Take a wish as one for compute, unless it names the type of another service."""
    kind = given.get("ex_force_service_type")
    others = [s for s, aliases in ALIASES.items() if kind in aliases and s not in _COMPUTES]
    service = others[0] if others else _compute(found)
    for name, ours in _WISHES.items():
        if name in given:
            found[ours] = dict(found.get(ours, {}))
            _put(found[ours], str(service), given[name], name)


def _scope(found: Found, scope: str) -> None:
    if scope == "project":
        return
    for name in (*_PROJECT, "system_scope", "trust_id"):
        found.pop(name, None)
    if scope == "unscoped":
        for name in _DOMAIN:
            found.pop(name, None)
    elif not any(name in found for name in _DOMAIN):
        # Libcloud has one domain for both, the user's.
        kind = "id" if "user_domain_id" in found else "name"
        found[f"domain_{kind}"] = found.get(f"user_domain_{kind}", "Default")


def _way(version: object) -> tuple[str, Callable[[Found, Words, Words], None]]:
    if not isinstance(version, str) or version not in _VERSIONS:
        raise SettingsError(
            f"ex_force_auth_version is one of {', '.join(_VERSIONS)}, not {version!r}"
        )
    return _VERSIONS[version]


def _as_given(found: Found, words: Words, mine: Words) -> None:
    """Leave user and password as they are called."""


def _as_key(found: Found, words: Words, mine: Words) -> None:
    """Libcloud has one secret; to this version it is an API key."""
    _rename(found, "password", "api_key", mine)


def _as_token(found: Found, words: Words, mine: Words) -> None:
    _rename(found, "password", "token", mine)


def _as_certificate(found: Found, words: Words, mine: Words) -> None:
    """The secret is the path of the proxy certificate, and nobody is named."""
    _rename(found, "password", "cert", mine)
    found.pop("username", None)


def _as_credential(found: Found, words: Words, mine: Words) -> None:
    _rename(found, "username", "application_credential_id", mine)
    _rename(found, "password", "application_credential_secret", mine)


def _as_access_token(found: Found, words: Words, mine: Words) -> None:
    """The user is the identity provider, the tenant the protocol, the domain the project."""
    options = dict(found.get("auth_options", {}))
    given = mine.get("auth_options", {})
    for name, option in (
        ("username", "identity_provider"),
        ("project_name", "protocol"),
        ("password", "access_token"),
    ):
        found.pop(name, None)
        if (value := words.get(name)) and (option not in options or name in mine):
            options[option] = given.get(option, value)
    project = found.pop("user_domain_name", "Default")
    if words.get("ex_token_scope", "project") != "project":
        found["auth_type"] = "v3oidcaccesstoken"
    elif project != "Default":
        options.setdefault("project", project)
    found["auth_options"] = options


def _rename(found: Found, old: str, new: str, mine: Words) -> None:
    """Put a word under another name, unless what is there by that name was given and this was not."""
    if old in found:
        value = found.pop(old)
        if new not in found or (old in mine and new not in mine):
            found[new] = value


_VERSIONS: dict[str, tuple[str, Callable[[Found, Words, Words], None]]] = {
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


def _given_token(found: Found, token: str) -> None:
    found["token"] = token
    found.pop("auth_options", None)
    if found.get("auth_url"):
        found["auth_type"] = "leasehold_given_token"
    elif base_url := _base_url(found):
        found["auth_type"] = "admin_token"
        found["auth_options"] = {"endpoint": base_url}
    else:
        raise SettingsError(
            "ex_force_auth_token needs ex_force_base_url, or ex_force_auth_url to find the services by"
        )
