"""Builders: teuthology.yaml files."""

from pathlib import Path

SEED = """
libcloud:
  providers:
    ovh:  # This string is the 'machine type' value you will use when locking these nodes
      driver: openstack
      driver_args:  # driver args are passed directly to the libcloud driver
        username: 'my_ovh_username'
        password: 'my_ovh_password'
        ex_force_auth_url: 'https://auth.cloud.ovh.net/v2.0/tokens'
        ex_force_auth_version: '2.0_password'
        ex_tenant_name: 'my_tenant_name'
        ex_force_service_region: 'my_region'
"""
"""The example of teuthology's own documentation, letter by letter."""


def a_file(directory: Path, text: str = SEED, *, provider: str = "", more: str = "") -> Path:
    """teuthology.yaml with `provider` at the end of the provider's keys, and `more` beside libcloud."""
    lines = "".join(f"      {line}\n" for line in provider.splitlines())
    path = directory / "teuthology.yaml"
    path.write_text(f"{text}{lines}{more}")
    return path
