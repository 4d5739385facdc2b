"""Tokens for the service, as those carry them who call it."""


def may_be_sent(token: str) -> bool:
    """Whether a token can stand in a header; HTTP's own error would show it."""
    return token.isascii() and token.isprintable() and " " not in token
