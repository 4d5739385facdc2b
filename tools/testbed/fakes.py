"""The fake bottom layer, put where the services look for it."""

from pathlib import Path

from testbed.layout import PLUGINS, VENV
from testbed.steps import write

DRIVERS = Path(__file__).parent / "drivers"


def place_drivers() -> None:
    """Copy the three drivers to where nova, cinder and neutron find them."""
    # Nova loads hypervisor drivers only from its own package nova.virt.
    for virt in VENV.glob("lib/python3*/site-packages/nova/virt"):
        write(virt / "testbed.py", (DRIVERS / "nova_hypervisor.py").read_text())
    write(PLUGINS / "testbed_cinder.py", (DRIVERS / "cinder_files.py").read_text())
    write(PLUGINS / "testbed_neutron.py", (DRIVERS / "neutron_ports.py").read_text())
    # ML2 finds its drivers only through entry points; this is the least that declares one.
    info = PLUGINS / "openstack_testbed-1.0.dist-info"
    write(info / "METADATA", "Metadata-Version: 2.1\nName: openstack-testbed\nVersion: 1.0\n")
    driver = "testbed = testbed_neutron:TestbedMechanismDriver"
    write(info / "entry_points.txt", f"[neutron.ml2.mechanism_drivers]\n{driver}\n")
