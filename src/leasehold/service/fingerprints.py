"""Bearer tokens: random when made, kept only as hashes, compared in constant time."""

import hmac
import re
import secrets
from hashlib import sha256

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,99}")
"""What a token, and the owner that it speaks for, may be called."""
NAME_ALLOWED = "letters, digits and @ . _ -, 100 at most (such as ann@lab)"

_PREFIX = "sha256:"


def new_token() -> str:
    """Make a token of 256 random bits; it is shown once and stored nowhere.

    So much randomness needs no slow hash: nobody guesses it, whatever leaks of its SHA-256.
    """
    return f"lh_{secrets.token_urlsafe(32)}"


def fingerprint(token: str) -> str:
    """What is kept of a token: ``sha256:`` and 64 hexadecimal digits."""
    return _PREFIX + sha256(token.encode()).hexdigest()


def is_of(kept: str, token_fingerprint: str) -> bool:
    """Whether two fingerprints are of the same token; how long it takes tells nothing."""
    return hmac.compare_digest(kept.encode(), token_fingerprint.encode())
