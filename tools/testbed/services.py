"""How each OpenStack service is started."""

from collections.abc import Iterable

from testbed.layout import ETC, PORT, VENV, computes
from testbed.processes import start

NOVA = ("--config-file", ETC / "nova/nova.conf", "--config-file", ETC / "nova/database.conf")
CINDER = ("--config-file", ETC / "cinder/cinder.conf")


def start_keystone() -> None:
    """Start what all others sign in at."""
    # One process: its in-memory cache is then always coherent.
    _api("keystone", "keystone.wsgi.api", 1, 6, OS_KEYSTONE_CONFIG_DIR=str(ETC / "keystone"))


def start_services() -> None:
    """Start the other APIs and their workers."""
    _daemon("nova-conductor", "nova-conductor", *NOVA)
    _daemon("nova-scheduler", "nova-scheduler", *NOVA)
    _api("placement", "placement.wsgi.api", 1, 4, OS_PLACEMENT_CONFIG_DIR=str(ETC / "placement"))
    _api("glance", "glance.wsgi.api", 1, 4, OS_GLANCE_CONFIG_DIR=str(ETC / "glance"))
    _api(
        "neutron",
        "neutron.wsgi.api",
        2,
        4,
        OS_NEUTRON_CONFIG_DIR=str(ETC / "neutron"),
        OS_NEUTRON_CONFIG_FILES="neutron.conf",
    )
    _api(
        "nova",
        "nova.wsgi.osapi_compute",
        2,
        6,
        OS_NOVA_CONFIG_DIR=str(ETC / "nova"),
        # in this order
        OS_NOVA_CONFIG_FILES=f"{VENV}/etc/nova/api-paste.ini;nova.conf;database.conf",
    )
    arguments = ("--pyargv", f"--config-file {ETC}/cinder/cinder.conf")
    _api("cinder", "cinder.wsgi.api", 1, 6, arguments)
    _daemon("cinder-scheduler", "cinder-scheduler", *CINDER)
    _daemon("cinder-volume", "cinder-volume", *CINDER)


def start_computes() -> None:
    """Start the fake hypervisors."""
    for name in computes():
        own = ("--config-file", ETC / f"nova/{name}.conf")
        _daemon(f"nova-{name}", "nova-compute", *NOVA[:2], *own)


def _daemon(name: str, program: str, *arguments: object) -> None:
    start(name, [VENV / "bin" / program, *arguments])


def _api(
    name: str,
    module: str,
    processes: int,
    threads: int,
    arguments: Iterable[object] = (),
    **env: str,
) -> None:
    application = ["--virtualenv", VENV, "--module", f"{module}:application"]
    serve = ["uwsgi", "--plugin", "python3", *application]
    listen = ["--http-socket", f"127.0.0.1:{PORT[name]}", "--buffer-size", 65535]
    # uwsgi closes after each answer; unsaid, clients reuse the socket after a 204 and get a reset.
    close = ["--add-header", "Connection: close", "--socket-timeout", 120]
    workers = ["--processes", processes, "--threads", threads, "--enable-threads"]
    manners = ["--master", "--need-app", "--lazy-apps", "--die-on-term", "--thunder-lock"]
    mercy = ["--worker-reload-mercy", 5]
    log = ["--log-format", "[uwsgi] %(method) %(uri) %(status) %(msecs)ms pid=%(pid)"]
    start(name, [*serve, *listen, *close, *workers, *manners, *mercy, *log, *arguments], env)
