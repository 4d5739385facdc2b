"""What one can ask of the testbed."""

import fcntl
import os
import shutil
import sys

from testbed.configuration import write_client_files, write_configuration
from testbed.fakes import place_drivers
from testbed.infrastructure import rabbitmq_ready, start_mysql, start_rabbitmq
from testbed.installation import install
from testbed.layout import (
    APIS,
    AUTH_URL,
    DIR,
    DONE,
    ETC,
    LOG,
    PLUGINS,
    PYTHON,
    RUN,
    TOOL,
    URL,
    VENV,
    all_names,
    computes,
)
from testbed.processes import alive, memory_mib, read_pid, stop
from testbed.schemas import make_schemas
from testbed.services import NOVA, start_computes, start_keystone, start_services
from testbed.steps import http_ok, once, run, say, wait_for


def up() -> None:
    """Start everything, and wait until it is ready for use."""
    if not (VENV / "installed").exists():
        install()
    for directory in (ETC, LOG, RUN, DONE, PLUGINS):
        directory.mkdir(parents=True, exist_ok=True)
    place_drivers()
    write_configuration()
    write_client_files()
    say("starting MariaDB and RabbitMQ")
    start_rabbitmq()
    start_mysql()
    say("databases")
    make_schemas()
    wait_for("RabbitMQ", rabbitmq_ready, 90, ["rabbitmq"])
    say("starting keystone")
    start_keystone()
    wait_for("keystone", lambda: http_ok(AUTH_URL), 90, ["keystone"])
    _fill("identity")
    say("starting the other services")
    start_services()
    wait_for("the APIs", lambda: all(http_ok(URL[name]) for name in APIS), 180, APIS)
    say("APIs answer; waiting for the workers")
    start_computes()  # late: before nova-conductor listens it would lose 10 s per failed call
    _fill("services-up")
    with once("cell-hosts-" + "-".join(computes())) as todo:
        if todo:
            run([VENV / "bin/nova-manage", *NOVA, "cell_v2", "discover_hosts"], "db-nova")
    _fill("resources")
    say(f"ready: export OS_CLIENT_CONFIG_FILE={DIR}/clouds.yaml OS_CLOUD=lab")


def _fill(stage: str) -> None:
    """Have `contents.fill` run inside the virtualenv, where openstacksdk is."""
    with once(f"seed-{stage}") as todo:
        if todo or stage == "services-up":
            env = dict(os.environ, OS_CLIENT_CONFIG_FILE=str(DIR / "clouds.yaml"), OS_CLOUD="admin")
            run([PYTHON, TOOL, "_fill", stage], "seed", env=env)


def status() -> int:
    """Print what runs and its memory; 0 only when everything does."""
    total, good = 0.0, True
    for name in all_names():
        entry = read_pid(name)
        running = entry is not None and alive(name)
        memory = memory_mib(entry[0]) if entry and running else 0
        total += memory
        note = ""
        if name in APIS:
            answers = running and http_ok(URL[name])
            good &= answers
            note = URL[name] + ("" if answers else "  NO ANSWER")
        good &= running
        print(f"{name:18} {'up' if running else 'DOWN':5} {memory:7.0f} MiB  {note}")
    print(f"{'total (PSS)':18} {'ok' if good else 'BAD':5} {total:7.0f} MiB")
    return 0 if good else 1


def down() -> None:
    """Stop what runs; the state is kept."""
    names = {path.stem for path in RUN.glob("*.pid") if path.stem != "mysqld"}
    base = {"epmd", "rabbitmq", "mysql"}
    stop(sorted(names - base))
    stop(sorted(names & {"rabbitmq", "mysql"}), 30)
    stop(sorted(names & {"epmd"}), 5)
    say("down")


def wipe() -> None:
    """Stop what runs, and delete all but the virtualenv."""
    down()
    for path in DIR.iterdir():
        if path != VENV and path.name != "lock":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    say("wiped", DIR)


COMMANDS = {"install": install, "up": up, "status": status, "down": down, "wipe": wipe}


def main(arguments: list[str], usage: str) -> int:
    """Run the command named by the one argument; its exit code."""
    if arguments[:1] == ["_fill"]:
        from testbed.contents import fill

        fill(arguments[1])
        return 0
    command = COMMANDS.get(arguments[0]) if len(arguments) == 1 else None
    if command is None:
        print(usage, file=sys.stderr)
        return 2
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if command is status:
        return status()
    DIR.mkdir(parents=True, exist_ok=True)
    with (DIR / "lock").open("w") as lock:  # one command at a time
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.set_inheritable(lock.fileno(), False)
        return command() or 0
