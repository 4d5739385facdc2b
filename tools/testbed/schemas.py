"""The databases' schemas and keystone's bootstrap, made once."""

import os
import subprocess

from testbed.configuration import db
from testbed.layout import AUTH_URL, ETC, PLUGINS, REGION, VENV
from testbed.services import NOVA
from testbed.steps import once, parallel, run, secret

BIN = VENV / "bin"


def make_schemas() -> None:
    """Make all of them; only the first time, two at a time."""
    parallel(_first_half, _second_half)


def _first_half() -> None:
    _keystone()
    _nova()


def _second_half() -> None:
    neutron = ["--config-file", ETC / "neutron/neutron.conf"]
    _sync("neutron", "neutron-db-manage", *neutron, "upgrade", "heads")
    cinder = ["--config-file", ETC / "cinder/cinder.conf"]
    _sync("cinder", "cinder-manage", *cinder, "db", "sync")
    glance = ["--config-file", ETC / "glance/glance-api.conf"]
    _sync("glance", "glance-manage", *glance, "db_sync")
    _sync("placement", "placement-manage", "--config-dir", ETC / "placement", "db", "sync")


def _sync(name: str, program: str, *arguments: object) -> None:
    with once(f"db-{name}") as todo:
        if todo:
            env = dict(os.environ, PYTHONPATH=str(PLUGINS))
            run([BIN / program, *arguments], f"db-{name}", env=env)


def _keystone() -> None:
    with once("db-keystone") as todo:
        if not todo:
            return
        manage = [BIN / "keystone-manage", "--config-dir", ETC / "keystone"]
        me = ["--keystone-user", "root", "--keystone-group", "root"]
        for kind in ("fernet", "credential"):
            (ETC / f"keystone/{kind}-keys").mkdir(mode=0o700, exist_ok=True)
            run([*manage, f"{kind}_setup", *me], "db-keystone")
        run([*manage, "db_sync"], "db-keystone")
        admin = ["--bootstrap-password", secret("admin"), "--bootstrap-region-id", REGION]
        urls = [f"--bootstrap-{kind}-url={AUTH_URL}" for kind in ("admin", "internal", "public")]
        run([*manage, "bootstrap", *admin, *urls], "db-keystone")


def _nova() -> None:
    with once("db-nova") as todo:
        if not todo:
            return
        manage = [str(BIN / "nova-manage"), *map(str, NOVA)]
        cell0 = ["--database_connection", db("nova_cell0")]
        run([*manage, "api_db", "sync"], "db-nova")
        run([*manage, "cell_v2", "map_cell0", *cell0], "db-nova")
        run([*manage, "db", "sync"], "db-nova")
        listing = [*manage, "cell_v2", "list_cells"]
        cells = subprocess.run(listing, capture_output=True, text=True, check=False)
        if "cell1" not in cells.stdout:
            run([*manage, "cell_v2", "create_cell", "--name", "cell1"], "db-nova")
