"""``leasehold emulator``: the emulator's own command, under ours."""

from pathlib import Path

from leasehold.emulator import GuestMode


def emulator(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    guests: GuestMode = "auto",
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
    """Run an OpenStack in one process, to try things on.

    Identity, compute, images, networks, volumes and reservations on one loopback port, until
    Ctrl-C. Prints how to reach it. Nothing is kept.

    Parameters
    ----------
    host
        A loopback address.
    port
        0 takes a free one.
    guests
        What stands behind a server: auto takes what this machine can give, container or shell;
        none shows state only.
    boot
        Seconds until a server is ACTIVE: lowest, usual, highest.
    delete
        Seconds until it is gone, in the same way.
    instances
        The quota of servers.
    servers
        How many there are from the start.
    password
        Of the users demo and admin.
    seed
        The same seed gives the same ids and delays.
    catalog
        What the service catalog looks like: modern, old, oldest, rackspace, regions, renamed,
        unversioned, versioned or empty.
    disks
        A directory for what volumes hold; each is a loop device of the server that has it (root).
        Left out, volumes hold nothing.
    write_clouds
        Where to write the clouds.yaml; left out, a temporary file.
    """
    from leasehold.emulator.command import run

    return run(
        host=host,
        port=port,
        guests=guests,
        boot=boot,
        delete=delete,
        instances=instances,
        servers=servers,
        password=password,
        seed=seed,
        catalog=catalog,
        disks=disks,
        write_clouds=write_clouds,
    )
