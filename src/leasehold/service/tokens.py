"""Bearer tokens: random when made, kept only as hashes, compared in constant time."""

import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256

_PREFIX = "sha256:"


def new_token() -> str:
    """Make a token of 256 random bits; it is shown once and stored nowhere.

    So much randomness needs no slow hash: nobody guesses it, whatever leaks of its SHA-256.
    """
    return f"lh_{secrets.token_urlsafe(32)}"


def fingerprint(token: str) -> str:
    """What the configuration keeps of a token: ``sha256:`` and 64 hexadecimal digits."""
    return _PREFIX + sha256(token.encode()).hexdigest()


class Tokens:
    """The tokens a service accepts, by name; the name is the owner they speak for."""

    def __init__(self, fingerprints: Mapping[str, str]) -> None:
        self._fingerprints = {
            name: wanted.lower().encode() for name, wanted in fingerprints.items()
        }

    def __bool__(self) -> bool:
        return bool(self._fingerprints)

    def name_of(self, token: str) -> str | None:
        """Whose token it is, or None. Compares with every known one, so that time tells nothing."""
        shown = fingerprint(token).encode()
        found = None
        for name, wanted in self._fingerprints.items():
            if hmac.compare_digest(shown, wanted):
                found = name
        return found
