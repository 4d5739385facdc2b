"""The emulator in the foreground, until it is interrupted."""

import asyncio
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from leasehold.emulator.emulator import Emulator, GuestMode
from leasehold.emulator.guests import GuestFailed
from leasehold.emulator.settings import Delays, Quota
from leasehold.emulator.timeline import Delay
from leasehold.emulator.volume.disks import DisksFailed

_USAGE = 2
"""The exit status for a wrong option, as of other commands."""


def run(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    guests: GuestMode = "none",
    boot: str = "1,2,4",
    delete: str = "0.2,0.5,1",
    instances: int = 1000,
    servers: int = 0,
    password: str = "demo",  # noqa: S107 - no secret: the cloud listens on loopback only
    seed: int | None = None,
    catalog: str = "modern",
    disks: Path | None = None,
    write_clouds: Path | None = None,
) -> int:
    """Serve until Ctrl-C or SIGTERM; returns the exit status.

    `boot` and `delete` are seconds, lowest, usual and highest; `instances` is the quota of servers;
    `servers` is how many there are from the start; `catalog` the name of a ready-made one; `disks`
    the directory of what volumes hold, without which they hold nothing. The clouds.yaml goes to
    `write_clouds` and stays there; without it, to a temporary file that goes with the emulator.
    """
    defaults = Delays()
    for name, found, most in (
        ("port", port, 65535), ("servers", servers, 100_000), ("instances", instances, 10**9)
    ):  # fmt: skip
        if not 0 <= found <= most:
            return _refuse(f"--{name}: found {found}; allowed: 0 to {most}", code=_USAGE)
    try:
        emulator = Emulator(
            host=host,
            port=port,
            guests=guests,
            delays=Delays(
                boot=Delay.parse(boot),
                delete=Delay.parse(delete),
                action=defaults.action,
                volume=defaults.volume,
                image=defaults.image,
            ),
            quota=Quota(instances=instances),
            password=password,
            seed=seed,
            catalog=catalog,
            disk_directory=disks,
        )
    except ValueError as error:
        return _refuse(str(error), code=_USAGE)
    except (GuestFailed, DisksFailed) as error:
        return _refuse(str(error))
    with ExitStack() as stack:
        path = write_clouds
        if path is None:
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="leasehold-"))
            path = Path(directory) / "clouds.yaml"
        try:
            asyncio.run(_serve(emulator, path, servers))
        except OSError as error:
            if error.filename is not None:
                return _refuse(f"--write-clouds {error.filename}: {error.strerror}")
            return _refuse(f"cannot listen on {host} port {port}: {error.strerror}")
    return 0


async def _serve(emulator: Emulator, clouds: Path, servers: int) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, emulator.request_stop)

    def announce() -> None:
        if servers:
            emulator.cloud.seed_servers(servers)
        clouds.write_text(emulator.clouds_yaml())
        clouds.chmod(0o600)
        print(f"OpenStack emulator: {emulator.url}")
        if emulator.guests is not None:
            print(f"Guests: {emulator.guests.reason}; SSH port {emulator.guests.ssh_port}")
        print(f"Clouds demo and admin: export OS_CLIENT_CONFIG_FILE={clouds} OS_CLOUD=demo")
        print("Ctrl-C ends it.", flush=True)

    await emulator.serve(announce)


def _refuse(reason: str, *, code: int = 1) -> int:
    print(f"emulator: {reason}", file=sys.stderr)
    return code
