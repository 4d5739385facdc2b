"""The arguments of `connect()`: the one vocabulary that all of its sources are read into."""

import re
from collections.abc import Mapping
from math import isfinite, nan
from pathlib import Path
from typing import Any, TypedDict

from leasehold.openstack.call import ServiceType
from leasehold.openstack.catalog import ALIASES
from leasehold.openstack.credentials import check_url, sign_in_of
from leasehold.openstack.errors import SettingsError
from leasehold.openstack.secret import Secret
from leasehold.openstack.settings import (
    BACKOFF,
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    RETRIES,
    RETRY_DELAY,
    Debug,
    Settings,
    Wish,
)
from leasehold.openstack.token_cache import TokenCache
from leasehold.openstack.token_file import TokenFile


class Arguments(TypedDict, total=False):
    """What `connect()` takes, besides a cloud's name."""

    auth_type: str
    """A keystoneauth plugin. Left out: application credential, API key, token or password, as given."""
    auth_url: str
    """Keystone's address, with or without a version, a path before it, and what tokens are posted
    to. Without a version it is v3, or an older one if Keystone has no v3."""
    username: str
    user_id: str
    password: str
    api_key: str
    """In place of a password, to Rackspace and Keystones before v2.0."""
    token: str
    application_credential_id: str
    application_credential_name: str
    application_credential_secret: str
    project_id: str
    project_name: str
    user_domain_id: str
    user_domain_name: str
    project_domain_id: str
    project_domain_name: str
    domain_id: str
    domain_name: str
    system_scope: str
    trust_id: str
    auth_options: Mapping[str, str]
    """Options of other plugins."""
    token_cache: str | Path | TokenCache
    """A file to keep tokens in, for programs that run often and shortly; or a cache of your own."""
    region: str
    usual_region: str
    """The region to take if none is named and there are several; for Libcloud's users."""
    interface: str
    """``public`` (if left out), ``internal`` or ``admin``."""
    endpoints: Mapping[str, str]
    """Addresses to use instead of the catalog's, by service type."""
    service_types: Mapping[str, str]
    """The type that a service has in this catalog, by service type, where it is no usual one."""
    service_names: Mapping[str, str]
    """The name of the entry that is meant, by service type, where there are several."""
    service_regions: Mapping[str, str]
    """The region of single services that are not in `region`, by service type."""
    service_interfaces: Mapping[str, str]
    """The interface of single services that have another than `interface`, by service type."""
    api_version: str
    """``1.0``, ``1.1`` (compute without microversions) or ``2.x``; for Libcloud's users."""
    compute_microversion: str
    volume_microversion: str
    verify: bool | str
    """Whether the cloud's certificate is checked. A path means the same as `cacert`."""
    cacert: str
    cert: str
    key: str
    timeout: float
    """Seconds of silence after which an answer is given up."""
    connect_timeout: float
    retries: int
    """How often a harmless call is sent again; 0 for never, and for no waiting at all."""
    retry_delay: float
    """Seconds before the first of them."""
    backoff: float
    """How many times longer each further wait is."""
    proxy_url: str
    """The proxy of all requests. Left out: as ``HTTPS_PROXY`` and its kin say."""
    debug: str | Path
    """A file to which each request and answer is appended, without secrets. Left out: as
    ``LEASEHOLD_DEBUG`` says."""
    debug_pretty: bool
    """Whether JSON is spread over lines there. Left out: if ``LEASEHOLD_DEBUG_PRETTY`` is 1."""


_INTERFACES = ("public", "internal", "admin")

# Names of one and the same thing: whoever gives one of them does not mean the source's other.
_EITHER = (
    ("username", "user_id"),
    ("project_id", "project_name"),
    ("user_domain_id", "user_domain_name"),
    ("project_domain_id", "project_domain_name"),
    ("domain_id", "domain_name"),
    ("application_credential_id", "application_credential_name"),
)
_BY_SERVICE = (
    "endpoints",
    "service_types",
    "service_names",
    "service_regions",
    "service_interfaces",
)


def merged(source: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Let what is given go before what a source says; of what is by service, for each service."""
    found = {**source, **given}
    for name in _BY_SERVICE:
        if name in source and name in given:
            found[name] = {**source[name], **given[name]}
    for names in _EITHER:
        if any(name in given for name in names):
            for name in names:
                if name not in given:
                    found.pop(name, None)
    if found.get("auth_type") != source.get("auth_type") and "auth_options" not in given:
        found.pop("auth_options", None)
    return found


def settings_of(arguments: Arguments, *, name: str | None = None) -> Settings:
    """Make the settings that the arguments describe. Raises `SettingsError` if something lacks."""
    interface = _interface("interface", arguments.get("interface", "public"))
    verify: bool | str = arguments.get("verify", True) and (arguments.get("cacert") or True)
    cert, key = arguments.get("cert"), arguments.get("key")
    if key and not cert:
        raise SettingsError("key is the key of a client certificate: name that by cert")
    if proxy_url := arguments.get("proxy_url"):
        check_url("proxy_url", proxy_url)
    pins = {
        ServiceType.COMPUTE: arguments.get("compute_microversion"),
        ServiceType.VOLUME: arguments.get("volume_microversion"),
    }
    endpoints = _endpoints(arguments.get("endpoints", {}))
    return Settings(
        name=name,
        sign_in=sign_in_of(arguments),
        region=arguments.get("region") or None,
        usual_region=arguments.get("usual_region"),
        token_cache=_token_cache(arguments.get("token_cache")),
        interface=interface,
        endpoints=endpoints,
        wishes=_wishes(arguments),
        plain_compute=_is_plain(arguments.get("api_version", "2.1")),
        microversions={service: pin for service, pin in pins.items() if pin},
        verify=verify,
        cert=(cert, key) if cert and key else cert,
        debug=_debug(arguments),
        proxy_url=Secret(proxy_url) if proxy_url else None,
        connect_timeout=_number(arguments, "connect_timeout", CONNECT_TIMEOUT, above=0),
        timeout=_number(arguments, "timeout", READ_TIMEOUT, above=0),
        retries=int(_number(arguments, "retries", RETRIES)),
        retry_delay=_number(arguments, "retry_delay", RETRY_DELAY),
        backoff=_number(arguments, "backoff", BACKOFF),
    )


def _number(
    arguments: Arguments, name: str, default: float, *, above: float | None = None
) -> float:
    """Read a number that is not below 0, from text as well: clouds.yaml may hold that."""
    given: object = arguments.get(name, default)
    try:
        number = float(str(given))
    except ValueError:
        number = nan
    if not isfinite(number) or number < 0 or (above is not None and number <= above):
        least = "0 or more" if above is None else f"more than {above:g}"
        raise SettingsError(f"{name} is a number, {least}, not {given!r}")
    return number


def _debug(arguments: Arguments) -> Debug | None:
    if not (path := arguments.get("debug")):
        return None
    return Debug(path=str(path), pretty=arguments.get("debug_pretty", False))


def _token_cache(given: str | Path | TokenCache | None) -> TokenCache | None:
    return TokenFile(Path(given)) if isinstance(given, str | Path) else given


def _is_plain(api_version: str) -> bool:
    """Tell whether a compute API is one of before there were microversions."""
    if api_version in ("1.0", "1.1"):
        return True
    if re.fullmatch(r"2(\.(\d+|x))?", api_version):
        return False
    raise SettingsError(f"api_version is 1.0, 1.1 or 2.x of compute, not {api_version!r}")


def _endpoints(given: Mapping[str, str]) -> dict[ServiceType, str]:
    for kind, url in given.items():
        check_url(f"the endpoint of {kind}", url)
    return _by_service("endpoints", given)


def _interface(name: str, given: str) -> str:
    interface = given.removesuffix("URL")
    if interface not in _INTERFACES:
        raise SettingsError(f"{name} is one of {', '.join(_INTERFACES)}, not {interface!r}")
    return interface


def _wishes(arguments: Arguments) -> dict[ServiceType, Wish]:
    types = _by_service("service_types", arguments.get("service_types", {}))
    names = _by_service("service_names", arguments.get("service_names", {}))
    regions = _by_service("service_regions", arguments.get("service_regions", {}))
    interfaces = {
        service: _interface(f"the interface of {service}", interface)
        for service, interface in _by_service(
            "service_interfaces", arguments.get("service_interfaces", {})
        ).items()
    }
    return {
        service: Wish(
            type=types.get(service),
            name=names.get(service),
            region=regions.get(service),
            interface=interfaces.get(service),
        )
        for service in types.keys() | names.keys() | regions.keys() | interfaces.keys()
    }


def _by_service(argument: str, given: Mapping[str, str]) -> dict[ServiceType, str]:
    return {_service(kind, argument): value for kind, value in given.items()}


def _service(kind: str, argument: str) -> ServiceType:
    if kind in (known := list(ServiceType)):
        return ServiceType(kind)
    for service, aliases in ALIASES.items():
        if kind in aliases:
            return service
    raise SettingsError(
        f"{argument} names no service that is known: {kind!r}; known: {', '.join(known)}"
    )
