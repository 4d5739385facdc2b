"""The arguments of `connect()`: the one vocabulary that all of its sources are read into."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypedDict
from urllib.parse import urlsplit

from leasehold.openstack.call import ServiceType
from leasehold.openstack.catalog import ALIASES
from leasehold.openstack.edge import public_url
from leasehold.openstack.errors import SettingsError, UnknownArgument
from leasehold.openstack.secret import Secret
from leasehold.openstack.settings import CONNECT_TIMEOUT, READ_TIMEOUT, RETRIES, Settings, SignIn


class Arguments(TypedDict, total=False):
    """What `connect()` takes, besides a cloud's name."""

    auth_type: str
    """A keystoneauth plugin. Left out: application credential, token or password, as given."""
    auth_url: str
    """Keystone's address; with /v2.0 at its end the old sign-in, else v3."""
    username: str
    user_id: str
    password: str
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
    region: str
    interface: str
    """``public`` (if left out), ``internal`` or ``admin``."""
    endpoints: Mapping[str, str]
    """Addresses to use instead of the catalog's, by service type."""
    compute_microversion: str
    volume_microversion: str
    verify: bool
    cacert: str
    cert: str
    key: str
    timeout: float
    """Seconds of silence after which an answer is given up."""
    connect_timeout: float
    retries: int
    """How often a harmless call is sent again; 0 for never, and for no waiting at all."""


_SCOPE = (
    *("project_id", "project_name", "project_domain_id", "project_domain_name"),
    *("domain_id", "domain_name", "system_scope", "trust_id"),
)
_USER = ("username", "user_id", "user_domain_id", "user_domain_name")
_CREDENTIAL = ("application_credential_id", "application_credential_name")

# Which arguments each way of signing in uses, as options of its plugin.
_OPTIONS: dict[str, tuple[str, ...]] = {
    "v3password": (*_USER, "password", *_SCOPE),
    "v3token": ("token", *_SCOPE),
    "v3applicationcredential": (*_USER, *_CREDENTIAL, "application_credential_secret"),
    "v2password": ("username", "user_id", "password", "project_id", "project_name", "trust_id"),
    "v2token": ("token", "project_id", "project_name", "trust_id"),
}
_TENANT = {"project_id": "tenant_id", "project_name": "tenant_name"}
_SECRET_OPTIONS = ("password", "token", "secret", "passcode", "key")
_DEFAULT_DOMAIN = "default"
_INTERFACES = ("public", "internal", "admin")


def check_names(names: Iterable[str]) -> None:
    """Raise `UnknownArgument`, with the nearest name, for one that `connect()` does not take."""
    known = list(Arguments.__annotations__)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            raise UnknownArgument(name, near=near[0] if near else None)


def settings_of(arguments: Arguments, *, name: str | None = None) -> Settings:
    """Make the settings that the arguments describe. Raises `SettingsError` if something lacks."""
    endpoints = _endpoints(arguments.get("endpoints", {}))
    interface = arguments.get("interface", "public").removesuffix("URL")
    if interface not in _INTERFACES:
        raise SettingsError(f"interface is one of {', '.join(_INTERFACES)}, not {interface!r}")
    verify: bool | str = arguments.get("verify", True) and (arguments.get("cacert") or True)
    cert, key = arguments.get("cert"), arguments.get("key")
    pins = {
        ServiceType.COMPUTE: arguments.get("compute_microversion"),
        ServiceType.VOLUME: arguments.get("volume_microversion"),
    }
    return Settings(
        name=name,
        sign_in=_sign_in(arguments),
        region=arguments.get("region") or None,
        interface=interface,
        endpoints=endpoints,
        microversions={service: pin for service, pin in pins.items() if pin},
        verify=verify,
        cert=(cert, key) if cert and key else cert,
        connect_timeout=arguments.get("connect_timeout", CONNECT_TIMEOUT),
        timeout=arguments.get("timeout", READ_TIMEOUT),
        retries=arguments.get("retries", RETRIES),
    )


def _check_url(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise SettingsError(f"{name} cannot be read as an address: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SettingsError(
            f"{name} must begin with http:// or https:// and a host, found {public_url(url)!r}"
        )


def _endpoints(given: Mapping[str, str]) -> dict[ServiceType, str]:
    for kind, url in given.items():
        _check_url(f"the endpoint of {kind}", url)
    return {_service(kind): url for kind, url in given.items()}


def _service(kind: str) -> ServiceType:
    for service, aliases in ALIASES.items():
        if kind in aliases:
            return service
    raise SettingsError(
        f"endpoints names no service that is known: {kind!r}; known: {', '.join(ServiceType)}"
    )


def _sign_in(arguments: Arguments) -> SignIn:
    if not (auth_url := arguments.get("auth_url")):
        raise SettingsError("no auth_url: it is the address of the cloud's Keystone")
    _check_url("auth_url", auth_url)
    auth_type = _auth_type(arguments, auth_url)
    if auth_type.startswith("v2") and not auth_url.rstrip("/").endswith("/v2.0"):
        auth_url = auth_url.rstrip("/") + "/v2.0"
    options = {
        name: str(value)
        for name, value in arguments.items()
        if value and name in _OPTIONS.get(auth_type, _every_option())
    }
    if auth_type.startswith("v3"):
        _default_domains(options)
    if auth_type.startswith("v2"):
        options = {_TENANT.get(name, name): value for name, value in options.items()}
    options |= arguments.get("auth_options", {})
    _demand(auth_type, options)
    return SignIn(
        auth_type=auth_type,
        auth_url=auth_url,
        options={name: _hidden(name, value) for name, value in options.items()},
    )


def _auth_type(arguments: Arguments, auth_url: str) -> str:
    """Name the plugin: the one asked for, with the version that the URL says, or what fits."""
    asked = arguments.get("auth_type")
    if not asked:
        if arguments.get("application_credential_secret"):
            return "v3applicationcredential"
        asked = "token" if arguments.get("token") else "password"
    if asked in ("password", "token"):
        return ("v2" if "/v2.0" in urlsplit(auth_url).path else "v3") + asked
    return asked


def _every_option() -> frozenset[str]:
    return frozenset(name for names in _OPTIONS.values() for name in names)


def _default_domains(options: dict[str, str]) -> None:
    """Put names that were given without a domain into the one that every Keystone begins with."""
    for name, domain in (("username", "user_domain"), ("project_name", "project_domain")):
        if name in options and not options.keys() & {f"{domain}_id", f"{domain}_name"}:
            options[f"{domain}_id"] = _DEFAULT_DOMAIN


def _demand(auth_type: str, options: Mapping[str, str]) -> None:
    """Say what lacks in words of ours, before a plugin says it in its own."""
    needs: list[tuple[str, ...]] = []
    if auth_type in ("v2password", "v3password"):
        needs = [("username", "user_id"), ("password",)]
    elif auth_type in ("v2token", "v3token"):
        needs = [("token",)]
    elif auth_type == "v3applicationcredential":
        needs = [_CREDENTIAL, ("application_credential_secret",)]
    for names in needs:
        if not any(name in options for name in names):
            raise SettingsError(f"to sign in by {auth_type}, {' or '.join(names)} is needed")


def _hidden(name: str, value: str) -> str | Secret:
    return Secret(value) if any(word in name for word in _SECRET_OPTIONS) else value
