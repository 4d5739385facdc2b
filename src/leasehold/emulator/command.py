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
    except (ValueError, GuestFailed, DisksFailed) as error:
        return _refuse(str(error))
    with ExitStack() as stack:
        path = write_clouds
        if path is None:
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="leasehold-"))
            path = Path(directory) / "clouds.yaml"
        try:
            asyncio.run(_serve(emulator, path, servers))
        except OSError as error:
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


def _refuse(reason: str) -> int:
    print(f"emulator: {reason}", file=sys.stderr)
    return 1
