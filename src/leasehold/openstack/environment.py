"""Reads the ``OS_*`` variables that OpenStack's own clients read, and ``LEASEHOLD_DEBUG``."""

from collections.abc import Mapping

from leasehold.openstack.arguments import Arguments

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
    return arguments
