from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.emulator import Delays, Emulator, fixed
from tests.disks import loops_below, need_loop_devices, need_program
from tests.system.datasets.agent.site import Site
from tests.system.datasets.agent.stand_in import StandIn, until

QUICK = fixed(0.05)
DELAYS = Delays(boot=QUICK, delete=QUICK, action=QUICK, volume=QUICK, image=QUICK)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    need_loop_devices()
    need_program("mkfs.ext4", "e2fsprogs")
    disks = tmp_path / "disks"
    control = StandIn()
    with Emulator(delays=DELAYS, disk_directory=disks) as emulator:
        made = Site(emulator, control, tmp_path, disks)
        try:
            yield made
        finally:
            made.close()
            control.close()
    until(lambda: loops_below(disks) == [])
