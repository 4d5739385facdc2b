"""Loopback addresses for the guests of one emulator, which no other emulator here hands out."""

import socket

BLOCKS = tuple(f"127.{second}" for second in range(64, 128))
"""The 64 blocks of 65,536 addresses in 127.64.0.0/10: Linux answers on each without any set-up."""

CLAIM_PORT = 6480
"""Bound, never listened on: who holds it on the first address of a block holds the block."""


class NoBlockFree(Exception):
    """So many emulators run on this machine that no addresses are left."""

    def __init__(self) -> None:
        super().__init__(f"all {len(BLOCKS)} blocks of guest addresses are taken; end an emulator")


class AddressBlock:
    """A /16 of loopback, held until `release` or the end of the process."""

    def __init__(self, first: int = 0) -> None:
        """Take the first free block, counted from number `first`. Raises `NoBlockFree`."""
        for number in range(len(BLOCKS)):
            prefix = BLOCKS[(first + number) % len(BLOCKS)]
            claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                claim.bind((f"{prefix}.0.1", CLAIM_PORT))
            except OSError:
                claim.close()
                continue
            self._claim = claim
            self.cidr = f"{prefix}.0.0/16"
            return
        raise NoBlockFree

    def release(self) -> None:
        """Let others have it."""
        self._claim.close()
