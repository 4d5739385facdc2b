"""Leasehold leases machines and volumes from OpenStack clouds, and gives every one of them back."""

from leasehold.errors import LeaseholdError

__version__ = "0.1.0"

__all__ = ["LeaseholdError", "__version__"]
