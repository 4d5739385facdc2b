"""Reads the address of a Keystone, however much of it somebody wrote down. Pure.

People copy what they have: a host, a host with a port, the path that a proxy puts before Keystone, a
version, or the whole address that tokens are posted to.
"""

import re
from urllib.parse import urlsplit, urlunsplit

import msgspec

from leasehold.openstack.microversion import Version

SEGMENTS: dict[Version, str] = {(3, 0): "v3", (2, 0): "v2.0", (1, 1): "v1.1", (1, 0): "v1.0"}
"""The versions of Keystone's API, newest first, as its URLs spell them."""

_VERSIONED = re.compile(
    r"(?P<prefix>.*?)/v(?P<major>\d+)(?:\.(?P<minor>\d+))?(?:/auth/tokens|/tokens|/auth)?"
)


class KeystoneUrl(msgspec.Struct, frozen=True, kw_only=True):
    """Where a Keystone is: `root` holds neither version nor last slash."""

    root: str
    version: Version | None
    """The one that the address named, e.g. (2, 0)."""

    def at(self, version: Version) -> str:
        """Give the URL of a version of its API, without a last slash."""
        return f"{self.root}/{SEGMENTS[version]}"


def read_keystone_url(url: str) -> KeystoneUrl:
    """Take an address apart. A version that Keystone never had counts as part of a prefix."""
    parts = urlsplit(url)
    path = re.sub(r"/+", "/", parts.path).rstrip("/")
    version = None
    if found := _VERSIONED.fullmatch(path):
        named = int(found["major"]), int(found["minor"] or 0)
        if named in SEGMENTS or named[0] == 3:
            version = (3, 0) if named[0] == 3 else named
            path = found["prefix"]
    root = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
    return KeystoneUrl(root=root, version=version)
