"""``leasehold version``."""

from leasehold import __version__


def version() -> None:
    """Print the version."""
    print(f"leasehold {__version__}")
