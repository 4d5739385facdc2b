"""Where everything is: directories, ports, addresses."""

import os
from pathlib import Path

TOOL = Path(__file__).parents[1] / "openstack-testbed"

_HOME = "/var/tmp/openstack-testbed"  # noqa: S108 - a name to agree on; secrets in it are mode 0600
DIR = Path(os.environ.get("OPENSTACK_TESTBED_DIR", _HOME)).absolute()
BASE = int(os.environ.get("OPENSTACK_TESTBED_PORT_BASE", "27000"))
COMPUTES = int(os.environ.get("OPENSTACK_TESTBED_COMPUTES", "1"))
REGION = "RegionOne"

VENV, ETC, LOG, RUN = DIR / "venv", DIR / "etc", DIR / "log", DIR / "run"
DONE, PLUGINS = DIR / "done", DIR / "plugins"
PYTHON = VENV / "bin/python"

# The last two digits are those of the well-known ports (5000, 9292, 8774, ...).
_OFFSETS = {
    "keystone": 0,
    "glance": 92,
    "nova": 74,
    "cinder": 76,
    "placement": 78,
    "neutron": 96,
    "epmd": 69,
    "amqp": 72,
    "dist": 25,
}
PORT = {name: BASE + offset for name, offset in _OFFSETS.items()}
URL = {name: f"http://127.0.0.1:{port}" for name, port in PORT.items()}
AUTH_URL = URL["keystone"] + "/v3"

SERVICES = ("placement", "glance", "nova", "cinder", "neutron")  # each gets a keystone user
DATABASES = ("keystone", "nova_api", "nova_cell0", *SERVICES)
APIS = ("keystone", *SERVICES)


def computes() -> list[str]:
    return [f"compute{n}" for n in range(1, COMPUTES + 1)]


def all_names() -> list[str]:
    return [
        "epmd",
        "rabbitmq",
        "mysql",
        *APIS,
        "nova-conductor",
        "nova-scheduler",
        "cinder-scheduler",
        "cinder-volume",
        *(f"nova-{n}" for n in computes()),
    ]
