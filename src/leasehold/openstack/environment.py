"""Reads the ``OS_*`` variables that OpenStack's own clients read, and ``LEASEHOLD_DEBUG``."""

from collections.abc import Mapping
from typing import cast

from keystoneauth1 import exceptions as keystone
from keystoneauth1.loading import get_plugin_loader

from leasehold.openstack.arguments import Arguments
from leasehold.openstack.credentials import every_option, has_other_options

# Ours, then the variables that mean it: the first one set counts. Some have had several names.
_TEXTS: dict[str, tuple[str, ...]] = {
    "auth_type": ("OS_AUTH_TYPE", "OS_AUTH_PLUGIN"),
    "auth_url": ("OS_AUTH_URL",),
    "username": ("OS_USERNAME",),
    "user_id": ("OS_USER_ID",),
    "password": ("OS_PASSWORD",),
    "api_key": ("OS_API_KEY",),
    "token": ("OS_TOKEN", "OS_AUTH_TOKEN"),
    "application_credential_id": ("OS_APPLICATION_CREDENTIAL_ID",),
    "application_credential_name": ("OS_APPLICATION_CREDENTIAL_NAME",),
    "application_credential_secret": ("OS_APPLICATION_CREDENTIAL_SECRET",),
    "project_id": ("OS_PROJECT_ID", "OS_TENANT_ID"),
    "project_name": ("OS_PROJECT_NAME", "OS_TENANT_NAME"),
    "user_domain_id": ("OS_USER_DOMAIN_ID",),
    "user_domain_name": ("OS_USER_DOMAIN_NAME",),
    "project_domain_id": ("OS_PROJECT_DOMAIN_ID",),
    "project_domain_name": ("OS_PROJECT_DOMAIN_NAME",),
    "domain_id": ("OS_DOMAIN_ID",),
    "domain_name": ("OS_DOMAIN_NAME",),
    "system_scope": ("OS_SYSTEM_SCOPE",),
    "trust_id": ("OS_TRUST_ID",),
    "region": ("OS_REGION_NAME",),
    "interface": ("OS_INTERFACE", "OS_ENDPOINT_TYPE"),
    "cacert": ("OS_CACERT",),
    "cert": ("OS_CERT",),
    "key": ("OS_KEY",),
}
_TRUE = frozenset({"1", "true", "yes", "on"})


def debugging(environ: Mapping[str, str]) -> Arguments:
    """Read whether requests are written down; that holds whatever the cloud is described by."""
    if not (path := environ.get("LEASEHOLD_DEBUG")):
        return Arguments()
    pretty = environ.get("LEASEHOLD_DEBUG_PRETTY", "").lower() in _TRUE
    return Arguments(debug=path, debug_pretty=pretty)


def from_environment(environ: Mapping[str, str]) -> Arguments:
    """Read what is set; an empty variable is as good as none."""
    arguments = Arguments()
    for name, variables in _TEXTS.items():
        if value := next((environ[each] for each in variables if environ.get(each)), None):
            arguments[name] = value  # type: ignore[literal-required]  # a key of the table above
    if environ.get("OS_INSECURE", "").lower() in _TRUE:
        arguments["verify"] = False
    if "auth_type" not in arguments and environ.get("OS_IDENTITY_API_VERSION", "").startswith("2"):
        arguments["auth_type"] = "v2token" if "token" in arguments else "v2password"
    if (auth_type := arguments.get("auth_type")) and has_other_options(auth_type):
        return _for_plugin(auth_type, arguments, environ)
    return arguments


def _for_plugin(auth_type: str, found: Arguments, environ: Mapping[str, str]) -> Arguments:
    """Add the plugin's own options, and leave out credentials that it does not take.

    Those are left over from another way to sign in, as a password is in most shells.
    """
    try:
        options = get_plugin_loader(auth_type).get_options()
    except keystone.NoMatchingPlugin:
        return found  # whoever makes the plugin says so
    names = {each.dest for option in options for each in (option, *option.deprecated)}
    left = every_option() - names
    own = {
        option.dest: value
        for option in options
        if option.dest not in Arguments.__annotations__
        and (value := environ.get(f"OS_{option.dest.upper()}"))
    }
    kept = {name: value for name, value in found.items() if name not in left}
    return cast("Arguments", {**kept, "auth_options": own})
