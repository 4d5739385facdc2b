"""The TSIG key that signs updates, as BIND keeps it in a file. The secret is never shown."""

import base64
import binascii
import re
from pathlib import Path

import dns.name
import dns.tsig

from leasehold.dns.errors import BadKey

_ALGORITHMS = {
    "hmac-sha256": dns.tsig.HMAC_SHA256,
    "hmac-sha384": dns.tsig.HMAC_SHA384,
    "hmac-sha512": dns.tsig.HMAC_SHA512,
}
_KEY = re.compile(r'\bkey\s+"?([^\s"{;]+)"?\s*\{([^}]*)\}')
_FIELD = re.compile(r'(\w+)\s+"?([^\s";]+)"?\s*;')
_COMMENT = re.compile(r'("[^"]*")|//[^\n]*|#[^\n]*|/\*.*?\*/', re.DOTALL)
"""Or a quoted text, which stays: a secret may well have ``//`` in it."""


class Key:
    """A key's name, algorithm and secret; HMAC-SHA256 and stronger only."""

    def __init__(self, name: str, algorithm: str, secret: str) -> None:
        """`secret` is base64. Raises `BadKey`."""
        self.name = name
        self.algorithm = algorithm.lower().rstrip(".")
        if self.algorithm not in _ALGORITHMS:
            allowed = ", ".join(_ALGORITHMS)
            raise BadKey(f"key {name}: algorithm {algorithm}; allowed: {allowed} (`tsig-keygen`)")
        try:
            raw = base64.b64decode(secret, validate=True)
            owner = dns.name.from_text(name)
        except (binascii.Error, ValueError, dns.exception.DNSException):
            raise BadKey(
                f"key {name}: its name or secret is broken; `tsig-keygen NAME` makes one"
            ) from None
        self.tsig = dns.tsig.Key(owner, raw, _ALGORITHMS[self.algorithm])

    def __repr__(self) -> str:
        return f"Key({self.name}, {self.algorithm}, ***)"

    @classmethod
    def read(cls, path: Path) -> "Key":
        """Read a file as ``tsig-keygen`` and BIND's ``session.key`` write it. Raises `BadKey`."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "no text"
            raise BadKey(f"key file {path}: {why}; allowed: a file of `tsig-keygen`") from None
        found = _KEY.findall(_COMMENT.sub(r"\1", text))
        if len(found) != 1:
            raise BadKey(
                f'key file {path}: {len(found)} keys; allowed: one, key "NAME" {{ algorithm'
                ' hmac-sha256; secret "..."; }; as `tsig-keygen NAME` prints it'
            )
        name, body = found[0]
        fields = dict(_FIELD.findall(body))
        if not {"algorithm", "secret"} <= fields.keys():
            raise BadKey(f"key file {path}: no algorithm or no secret; `tsig-keygen` writes both")
        try:
            return cls(name, fields["algorithm"], fields["secret"])
        except BadKey as error:
            raise BadKey(f"key file {path}: {error}") from None
