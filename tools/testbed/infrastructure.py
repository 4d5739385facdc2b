"""MariaDB on a socket and RabbitMQ on loopback, as private processes."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

from testbed.layout import DATABASES, DIR, ETC, LOG, PORT, RUN
from testbed.processes import start
from testbed.steps import once, run, secret, wait_for, write

SOCKET = RUN / "mysql.sock"
SQL = ("mariadb", "--no-defaults", "-uroot", f"-S{SOCKET}", "-e")


def start_mysql() -> None:
    """Start the database server, with all databases made."""
    if len(str(SOCKET)) > 100:
        sys.exit(f"OPENSTACK_TESTBED_DIR is too long for a unix socket: {SOCKET}")
    data = DIR / "mysql"
    with once("mysql-files") as todo:
        if todo:
            shutil.rmtree(data, ignore_errors=True)
            make = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--user=root"]
            own = ["--auth-root-authentication-method=normal", "--skip-test-db"]
            run([*make, *own], "mysql-install")
    server = ["mariadbd", "--no-defaults", "--user=root", f"--datadir={data}"]
    # No TCP at all: every service uses the unix socket. Durability is traded for speed.
    place = [f"--socket={SOCKET}", f"--pid-file={RUN}/mysqld.pid", "--skip-networking"]
    speed = [
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=0",
        "--skip-log-bin",
        "--innodb-buffer-pool-size=256M",
        "--performance-schema=off",
        "--max-connections=1000",
    ]
    start("mysql", [*server, *place, *speed])
    wait_for("MariaDB", _mysql_answers, 60, ["mysql"])
    with once("mysql-databases") as todo:
        if todo:
            run([*SQL, _databases()], "mysql-install")


def _mysql_answers() -> bool:
    return subprocess.run([*SQL, "select 1"], capture_output=True, check=False).returncode == 0


def _databases() -> str:
    made = "".join(
        f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb3;" for name in DATABASES
    )
    return (
        f"{made} CREATE USER IF NOT EXISTS openstack@localhost IDENTIFIED BY '{secret('db')}';"
        "GRANT ALL ON *.* TO openstack@localhost;"
    )


def start_rabbitmq() -> None:
    """Start the message queue, and the port mapper that Erlang wants."""
    home = DIR / "rabbitmq"
    home.mkdir(exist_ok=True)
    write(
        ETC / "rabbitmq.conf",
        f"""
        listeners.tcp.local = 127.0.0.1:{PORT["amqp"]}
        default_user = openstack
        default_pass = {secret("amqp")}
        default_user_tags.administrator = true
        log.console = true
        log.console.level = warning
        log.file = false
        """,
    )
    env = {
        "HOME": str(home),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(PORT["epmd"]),
        "RABBITMQ_NODENAME": "testbed@localhost",
        "RABBITMQ_DIST_PORT": str(PORT["dist"]),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_CONFIG_FILE": str(ETC / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_ALLOW_INPUT": "1",
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(LOG),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
            "-noinput +sbwt none +sbwtdcpu none +sbwtdio none "
            "-kernel inet_dist_use_interface {127,0,0,1}"
        ),
    }
    # Start epmd ourselves, else the Erlang VM leaves a daemonized one behind, on all addresses.
    start("epmd", ["epmd", "-address", "127.0.0.1", "-port", PORT["epmd"]], env)
    # Not /usr/sbin/rabbitmq-server: that wrapper becomes the rabbitmq user and drops our environment.
    servers = Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server")
    start("rabbitmq", [max(servers)], env)


def rabbitmq_ready() -> bool:
    """Say whether it speaks AMQP yet."""
    try:
        with socket.create_connection(("127.0.0.1", PORT["amqp"]), 2) as broker:
            broker.sendall(b"AMQP\0\0\x09\x01")  # protocol header; it answers Connection.Start
            broker.settimeout(2)
            return broker.recv(1) == b"\1"
    except OSError:
        return False
