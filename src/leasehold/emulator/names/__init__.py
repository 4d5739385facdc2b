"""A small name server on loopback: signed updates (RFC 2136), transfers, questions.

For the demonstration and for tests where no BIND is. It knows the zones it is given, and no others.
"""

from leasehold.emulator.names.server import NameServer

__all__ = ["NameServer"]
