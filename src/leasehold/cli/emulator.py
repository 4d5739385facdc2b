"""``leasehold emulator``: the emulator's own command, under ours."""

from leasehold.emulator.command import run as emulator

__all__ = ["emulator"]
