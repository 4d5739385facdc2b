"""Reads a cloud from clouds.yaml as openstacksdk does: with secure.yaml, vendors and profiles."""

import os
import warnings
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from leasehold.openstack.arguments import Arguments
from leasehold.openstack.errors import SettingsError, UnknownCloud


def from_clouds_yaml(name: str, *, region: str | None = None) -> Arguments:
    """Read the cloud of that name.

    Raises `UnknownCloud`, or `SettingsError` if its entry is broken. Costs half a second or more,
    for openstacksdk is imported here and nowhere else.
    """
    from openstack import exceptions
    from openstack.config import OpenStackConfig
    from openstack.config.loader import CONFIG_FILES

    try:
        config = OpenStackConfig()
        # openstacksdk makes a cloud "defaults" up where no file has one.
        known = sorted(set(config.get_cloud_names()) - {"defaults"})
        if name not in known:
            near = get_close_matches(name, known, n=3, cutoff=0.5)
            searched = _searched(CONFIG_FILES)
            raise UnknownCloud(name, near=near, known=known, searched=searched)
        with warnings.catch_warnings():
            # openstacksdk 4 warns of its InfluxDB support even where nobody has configured it.
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            # Not validated: that would scan all installed plugins, and Keystone says it better.
            wish = {"region_name": region} if region else {}
            return _arguments(config.get_one(cloud=name, validate=False, **wish))
    except exceptions.ConfigException as error:
        raise SettingsError(f"cloud {name!r} in clouds.yaml: {error}") from error


def _searched(files: list[str]) -> list[str]:
    named = os.environ.get("OS_CLIENT_CONFIG_FILE")
    paths = dict.fromkeys([named, *files] if named else files)
    return [path if Path(path).exists() else f"{path} (not there)" for path in paths]


def _arguments(cloud: Any) -> Arguments:  # Any: openstacksdk's CloudRegion has no types of use
    auth: Mapping[str, Any] = cloud.get_auth_args()
    arguments = Arguments()
    options = {}
    for name, value in auth.items():
        if value is None:
            continue
        if name in Arguments.__annotations__:
            arguments[name] = str(value)  # type: ignore[literal-required]  # checked just now
        elif name not in ("default_domain_id", "default_domain_name"):
            options[name] = str(value)
    _domains(arguments, auth)
    arguments |= _way(cloud)
    if options:
        arguments["auth_options"] = options
    return arguments


def _domains(arguments: Arguments, auth: Mapping[str, Any]) -> None:
    """Use the entry's default domain where it gives no other."""
    for kind in ("id", "name"):
        if not (domain := auth.get(f"default_domain_{kind}")):
            continue
        for owner in ("user", "project"):
            if not auth.keys() & {f"{owner}_domain_id", f"{owner}_domain_name"}:
                arguments[f"{owner}_domain_{kind}"] = str(domain)  # type: ignore[literal-required]  # four keys that exist


def _way(cloud: Any) -> Arguments:
    """Read all but the credentials: region, interface, TLS, services, microversions, time-out."""
    arguments = Arguments(interface=_interface(cloud) or "public")
    if auth_type := cloud.config.get("auth_type"):
        arguments["auth_type"] = auth_type
    if region := cloud.get_region_name():
        arguments["region"] = region
    verify, cert = cloud.get_requests_verify_args()
    if isinstance(verify, str):
        arguments["cacert"] = verify
    else:
        arguments["verify"] = bool(verify)
    if isinstance(cert, tuple):
        arguments["cert"], arguments["key"] = cert
    elif cert:
        arguments["cert"] = cert
    arguments |= _services(cloud)
    if compute := cloud.get_default_microversion("compute"):
        arguments["compute_microversion"] = compute
    if volume := cloud.get_default_microversion("block-storage"):
        arguments["volume_microversion"] = volume
    if timeout := cloud.config.get("api_timeout"):
        arguments["timeout"] = timeout
    return arguments


def _interface(cloud: Any, service: str | None = None) -> str | None:
    interface: str | list[str] | None = cloud.get_interface(service)
    if isinstance(interface, list):
        raise SettingsError(
            f"cloud {cloud.name!r} in clouds.yaml has several interfaces for one service "
            f"({', '.join(interface)}): the driver takes one"
        )
    return interface


_SERVICES = ("compute", "image", "network", "block-storage", "reservation")


def _services(cloud: Any) -> Arguments:
    """Read what an entry says of single services, as ``compute_service_name``.

    openstacksdk also finds it under older names of a service: ``volume_service_name``.
    """
    region, interface = cloud.get_region_name(), _interface(cloud)
    found: dict[str, dict[str, str]] = {}
    for service in _SERVICES:
        kind, its_region = cloud.get_service_type(service), cloud.get_region_name(service)
        its_interface = _interface(cloud, service)
        said = {
            "endpoints": cloud.get_endpoint(service),
            "service_names": cloud.get_service_name(service),
            "service_types": None if kind == service else kind,
            "service_regions": None if its_region == region else its_region,
            "service_interfaces": None if its_interface == interface else its_interface,
        }
        for name, value in said.items():
            if value:
                found.setdefault(name, {})[service] = str(value)
    return cast("Arguments", found)
