"""Text that must not be seen: it hides itself wherever it is printed."""

import msgspec


class Secret:
    """A password, token or private key; `reveal()` is the one way to its text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. Call it where it is sent or written to a file of the owner's, only."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled: it would be readable in the pickle")


def revealed(secret: Secret | str) -> str:
    """Give the text to send, of one that the caller may have wrapped or not."""
    return secret.reveal() if isinstance(secret, Secret) else secret


def decode_secret(kind: type, value: object) -> object:
    """Let msgspec decode into a `Secret`, so that no answer holds it in the open.

    Of what is no string, an object that has passwords in it, the secret is its JSON.
    """
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    if kind is Secret and isinstance(value, dict):
        return Secret(msgspec.json.encode(value).decode())
    raise TypeError(f"cannot decode {type(value).__name__} into {kind.__name__}")
