"""Decides from the arguments who signs in, and how. Pure."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from leasehold.openstack.edge import public_url
from leasehold.openstack.errors import SettingsError
from leasehold.openstack.keystone_url import KeystoneUrl, read_keystone_url
from leasehold.openstack.microversion import Version
from leasehold.openstack.secret import Secret
from leasehold.openstack.settings import SignIn

if TYPE_CHECKING:
    from leasehold.openstack.arguments import Arguments

_SCOPE = (
    *("project_id", "project_name", "project_domain_id", "project_domain_name"),
    *("domain_id", "domain_name", "system_scope", "trust_id"),
)
_USER = ("username", "user_id", "user_domain_id", "user_domain_name")
_CREDENTIAL = ("application_credential_id", "application_credential_name")
_PROJECT = ("project_id", "project_name")

# Which arguments each way of signing in uses, as options of its plugin.
_OPTIONS: dict[str, tuple[str, ...]] = {
    "v3password": (*_USER, "password", *_SCOPE),
    "v3token": ("token", *_SCOPE),
    "v3applicationcredential": (*_USER, *_CREDENTIAL, "application_credential_secret"),
    "v2password": ("username", "user_id", "password", *_PROJECT, "trust_id"),
    "v2token": ("token", *_PROJECT, "trust_id"),
    "rackspace": ("username", "api_key", *_PROJECT),
    "leasehold_v2voms": _PROJECT,
    "leasehold_v1_1": ("username", "api_key"),
    "leasehold_v1_0": ("username", "api_key"),
    "leasehold_v3oidcaccesstoken": (),
    "leasehold_given_token": ("token",),
    "admin_token": ("token",),
}
_TENANT = {"project_id": "tenant_id", "project_name": "tenant_name"}
_SECRET_OPTIONS = ("password", "token", "secret", "passcode", "key")
_DEFAULT_DOMAIN = "default"

# What signing in by a password is called in each version, newest first.
_BY_PASSWORD: dict[Version, str] = {
    (3, 0): "v3password",
    (2, 0): "v2password",
    (1, 1): "leasehold_v1_1",
    (1, 0): "leasehold_v1_0",
}
_BY_KEY = _BY_PASSWORD | {(3, 0): "rackspace", (2, 0): "rackspace"}
_BY_TOKEN: dict[Version, str] = {(3, 0): "v3token", (2, 0): "v2token"}

# What goes out in a header as it is, so that HTTP has a say in it.
_IN_HEADERS: dict[str, tuple[str, ...]] = {
    "leasehold_v1_0": ("username", "api_key"),
    "leasehold_given_token": ("token",),
    "admin_token": ("token",),
    "leasehold_v3oidcaccesstoken": ("access_token",),
    "v3oidcaccesstoken": ("access_token",),
}

_HEADER = re.compile(r"(?! )[ -~\xa0-\xff]*(?<! )")

WITHOUT_KEYSTONE = frozenset({"none", "http_basic", "admin_token"})
"""The plugins that ask nobody, so that they need no address of a Keystone."""


def sign_in_of(arguments: "Arguments") -> SignIn:
    """Name the plugin and its options. Raises `SettingsError`, which says what lacks."""
    made = _named(arguments)
    if name := _unsendable(made):
        raise SettingsError(
            f"{name} has a character that no header may have, such as the line's end of the file that "
            "it was read from"
        )
    older = tuple(way for way in made.older if not _unsendable(way))
    return msgspec.structs.replace(made, older=older)


def _named(arguments: "Arguments") -> SignIn:
    asked = arguments.get("auth_type")
    auth_url = arguments.get("auth_url", "")
    if not auth_url and asked not in WITHOUT_KEYSTONE:
        raise SettingsError("no auth_url: it is the address of the cloud's Keystone")
    if auth_url:
        check_url("auth_url", auth_url)
    url = read_keystone_url(auth_url)
    by_version = _by_version(arguments)
    if by_version is None:
        assert asked is not None
        return _sign_in(asked, arguments, url)
    newest, *older = by_version.items()
    if url.version is not None:
        version = url.version if url.version in by_version else newest[0]
        return _sign_in(by_version[version], arguments, url)
    made = _sign_in(newest[1], arguments, url)
    ways = [name for _, name in older if name != newest[1]] if _may_be_older(arguments) else []
    return msgspec.structs.replace(made, older=tuple(_sign_in(way, arguments, url) for way in ways))


def check_url(name: str, url: str) -> None:
    """Raise `SettingsError` for what is no address of the web."""
    if any(character.isspace() for character in url):
        raise SettingsError(f"{name} has a space or a line's end in it: {public_url(url)!r}")
    try:
        parts = urlsplit(url)
        _ = parts.port  # read only here
    except ValueError as error:
        raise SettingsError(f"{name} cannot be read as an address: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SettingsError(
            f"{name} must begin with http:// or https:// and a host, found {public_url(url)!r}"
        )


def _by_version(arguments: "Arguments") -> dict[Version, str] | None:
    """Name what fits the credentials in each version; None if a plugin was asked for by its name."""
    match arguments.get("auth_type"):
        case "password":
            return _BY_PASSWORD
        case "token":
            return _BY_TOKEN
        case None if arguments.get("application_credential_secret"):
            return {(3, 0): "v3applicationcredential"}
        case None if arguments.get("api_key"):
            return _BY_KEY
        case None:
            return _BY_TOKEN if arguments.get("token") else _BY_PASSWORD
        case _:
            return None


def _may_be_older(arguments: "Arguments") -> bool:
    """Say whether the credentials can mean the same in a Keystone that has no domains."""
    named = ("user_domain_id", "user_domain_name", "project_domain_id", "project_domain_name")
    domains = {str(arguments.get(name) or _DEFAULT_DOMAIN).lower() for name in named}
    beyond = ("domain_id", "domain_name", "system_scope", "user_id", "project_id", "trust_id")
    return domains == {_DEFAULT_DOMAIN} and not any(arguments.get(name) for name in beyond)


def _sign_in(auth_type: str, arguments: "Arguments", url: KeystoneUrl) -> SignIn:
    options = {
        name: str(value)
        for name, value in arguments.items()
        if value and name in _OPTIONS.get(auth_type, every_option())
    }
    if auth_type.startswith("v3"):
        _default_domains(options)
    if auth_type.startswith("leasehold_v1_") and (password := arguments.get("password")):
        options.setdefault("api_key", password)
    version = _version_of(auth_type)
    if version == (2, 0):
        options = {_TENANT.get(name, name): value for name, value in options.items()}
    options |= arguments.get("auth_options", {})
    _demand(auth_type, options)
    return SignIn(
        auth_type=auth_type,
        auth_url=url.at(version) if version else arguments.get("auth_url", ""),
        options={name: _hidden(name, value) for name, value in options.items()},
        certificate=arguments.get("cert") if auth_type == "leasehold_v2voms" else None,
    )


def _version_of(auth_type: str) -> Version | None:
    """Tell which version of Keystone a plugin speaks; None if only the plugin knows."""
    if auth_type in ("rackspace", "leasehold_given_token"):
        return (2, 0) if auth_type == "rackspace" else (3, 0)
    name = auth_type.removeprefix("leasehold_")
    prefixes: dict[str, Version] = {"v3": (3, 0), "v2": (2, 0), "v1_1": (1, 1), "v1_0": (1, 0)}
    return next((version for prefix, version in prefixes.items() if name.startswith(prefix)), None)


def every_option() -> frozenset[str]:
    """Name those of our arguments that are a plugin's options."""
    return frozenset(name for names in _OPTIONS.values() for name in names)


def has_other_options(auth_type: str) -> bool:
    """Tell whether a plugin is none of those that our arguments are enough for."""
    return not _OPTIONS.get(auth_type) and auth_type not in ("password", "token")


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
    elif auth_type in ("v2token", "v3token", "leasehold_given_token", "admin_token"):
        needs = [("token",)]
    elif auth_type == "v3applicationcredential":
        needs = [_CREDENTIAL, ("application_credential_secret",)]
    elif auth_type in ("rackspace", "leasehold_v1_1", "leasehold_v1_0"):
        needs = [("username",), ("api_key",)]
    elif auth_type in ("v3oidcaccesstoken", "leasehold_v3oidcaccesstoken"):
        needs = [("identity_provider",), ("protocol",), ("access_token",)]
    for names in needs:
        if not any(name in options for name in names):
            raise SettingsError(f"to sign in by {auth_type}, {' or '.join(names)} is needed")


def _unsendable(way: SignIn) -> str | None:
    """Name the option that HTTP would refuse to send as a header; its error would show it."""
    for name in _IN_HEADERS.get(way.auth_type, ()):
        value = way.options.get(name, "")
        if not _HEADER.fullmatch(value.reveal() if isinstance(value, Secret) else value):
            return name
    return None


def _hidden(name: str, value: str) -> str | Secret:
    return Secret(value) if any(word in name for word in _SECRET_OPTIONS) else value
