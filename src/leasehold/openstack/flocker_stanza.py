"""The ``dataset:`` stanza of Flocker's agent.yml: how it signs in to OpenStack.

    dataset:
      backend: openstack
      region: DFW
      auth_plugin: password        # any plugin of keystoneauth, and `rackspace`
      ...                          # that plugin's options, under its names
      verify_peer: true
      verify_ca_path: /etc/flocker/openstack-ca.crt

A key that is neither one of these nor an option of the plugin is an error: Flocker ignored it, and
signed in with what was left.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NoReturn, cast

import yaml
from keystoneauth1 import exceptions as keystone
from keystoneauth1.loading import PLUGIN_NAMESPACE, get_plugin_loader

from leasehold.openstack.arguments import Arguments
from leasehold.openstack.errors import SettingsError

_OURS = ("backend", "region", "auth_plugin", "verify_peer", "verify_ca_path")
_PROJECT = {"tenant_id": "project_id", "tenant_name": "project_name", "user_name": "username"}
"""What Keystone's plugins call otherwise, by their names and by ours."""
_SCALARS = (str, int, float)
_SWITCH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
"""YAML's own words for a boolean, in small letters."""


class StanzaError(SettingsError):
    """A stanza that cannot be used. It never shows a value: it may be a password."""


class _AsWritten(yaml.SafeLoader):
    """Leaves a value as the text that it is: `012345` is a password, and no octal number."""


_AsWritten.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag.endswith((":null", ":merge"))]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_agent_file(path: Path) -> Arguments:
    """Read an agent.yml and give the arguments of `leasehold.openstack.connect` for its stanza.

    Raises `StanzaError`.
    """
    try:
        content = _AsWritten(path.read_text(encoding="utf-8")).get_single_data()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "no UTF-8 text"
        raise StanzaError(f"{path}: {why}") from None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise StanzaError(f"{path}: no YAML{where}") from None
    stanza = content.get("dataset") if isinstance(content, dict) else None
    if not isinstance(stanza, dict):
        raise StanzaError(f"{path}: no `dataset:` stanza; Flocker's agent.yml has one")
    return connect_arguments(stanza, place=f"{path}: dataset")


def connect_arguments(stanza: Mapping[str, Any], *, place: str = "dataset") -> Arguments:
    """Give the arguments of `leasehold.openstack.connect` that a stanza describes. Pure.

    Raises `StanzaError`, which names the key, and the nearest one that there is.
    """

    def refuse(key: str, found: str, allowed: str) -> NoReturn:
        raise StanzaError(f"{place}.{key}: found {found}; allowed: {allowed}")

    if (backend := stanza.get("backend")) != "openstack":
        refuse("backend", repr(backend), "openstack")
    for key, value in stanza.items():
        if not isinstance(value, _SCALARS) and value is not None:
            refuse(str(key), f"a {type(value).__name__}", "one value")
    region = stanza.get("region")
    if not isinstance(region, str) or not region:
        refuse("region", repr(region), "the region that the nodes run in")
    plugin = stanza.get("auth_plugin", "password")
    names = _option_names(plugin, refuse)
    arguments: dict[str, Any] = {"auth_type": plugin, "region": region}
    others: dict[str, str] = {}
    for key, value in stanza.items():
        if key in _OURS or value is None:
            continue
        if key not in names:
            known = [*_OURS, *names]
            likely = get_close_matches(str(key), known, cutoff=0.5)
            refuse(str(key), "an unknown key", ", ".join(likely or sorted(known)))
        name = _PROJECT.get(names[key], names[key])
        into = arguments if name in Arguments.__annotations__ else others
        into[name] = str(value)
    if others:
        arguments["auth_options"] = others
    return cast("Arguments", {**arguments, **_tls(stanza, refuse)})


def _option_names(plugin: object, refuse: Any) -> dict[str, str]:
    """What the plugin's options may be called, older names among them, and what they are now."""
    known = sorted(entry_points(group=PLUGIN_NAMESPACE).names)
    if plugin not in known:
        likely = get_close_matches(str(plugin), known, cutoff=0.5) or known
        refuse("auth_plugin", repr(plugin), ", ".join(likely))
    try:
        options = get_plugin_loader(plugin).get_options()
    except keystone.NoMatchingPlugin as error:  # one whose own requirements are not installed
        refuse("auth_plugin", repr(plugin), f"a plugin that can be loaded ({error})")
    names = {}
    for option in options:
        for each in (option, *option.deprecated):
            names[each.dest] = option.dest
    return names


def _tls(stanza: Mapping[str, Any], refuse: Any) -> dict[str, Any]:
    """`verify_peer: false` switches verification off, whatever CA is named, as it did in Flocker."""
    said, ca = stanza.get("verify_peer", True), stanza.get("verify_ca_path")
    verify = _SWITCH.get(str(said).lower())
    if verify is None:
        refuse("verify_peer", repr(said), "true or false")
    if ca is not None and not isinstance(ca, str):
        refuse("verify_ca_path", f"a {type(ca).__name__}", "the path of a file")
    if not verify:
        return {"verify": False}
    return {"cacert": ca} if ca else {}
