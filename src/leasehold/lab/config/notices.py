"""``[mail]`` and ``[webhooks.NAME]``: who is told when a lease is about to end, or something failed."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from leasehold.lab.table import ConfigError, show

Told = Literal["warning", "expired", "failed", "down", "broken"]
"""A lease is about to end, has ended by its time, has failed; a node went down, or lost its server."""

_LEASES: tuple[Told, ...] = ("warning", "expired", "failed")
_ALL: tuple[Told, ...] = ("warning", "expired", "failed", "down", "broken")


class MailConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[mail]``: e-mail to the owners of leases. Without this table none is sent."""

    host: str
    """The mail server that takes it on."""
    sender: str
    """The address that it comes from."""
    port: Annotated[int, Meta(ge=1, le=65535)] = 25
    """Its port: 25, or 587 for ``starttls`` and 465 for ``tls``."""
    tls: Literal["none", "starttls", "tls"] = "none"
    """Whether the connection is encrypted, and from when on."""
    username: str | None = None
    """Whom to sign in as; left out, nobody signs in."""
    password_file: str | None = None
    """File with the password, relative to the configuration file."""
    domain: str | None = None
    """What owners who are no addresses are looked for at: ``ann`` is then ``ann@DOMAIN``, and what
    stands before the @ of ``ann@host`` counts. Left out, only owners that are addresses with a dot
    after the @ get mail."""
    owners: dict[str, str] = {}
    """The addresses of single owners."""
    events: tuple[Told, ...] = _LEASES
    """What is told; ``down`` and ``broken`` go to who holds the node."""


class WebhookConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[webhooks.NAME]``: an address that is posted to whenever something happens."""

    url: str
    """``https://...`` or ``http://...``."""
    secret_file: str | None = None
    """File with a secret, relative to the configuration file: every body is signed with it."""
    events: tuple[Told, ...] = _ALL
    """What is told."""
    timeout: Annotated[float, Meta(gt=0, le=60)] = 10.0
    """Seconds that one answer may take."""


def check_notices(mail: MailConfig | None, webhooks: dict[str, WebhookConfig], path: Path) -> None:
    """Raise `ConfigError` for what the types alone do not forbid."""
    if mail is not None:
        for key, address in (("sender", mail.sender), *mail.owners.items()):
            if not _is_address(address):
                place = "mail.sender" if key == "sender" else f"mail.owners.{key}"
                raise ConfigError(path, place, show(address), "an address, as lab@example.org")
        if (mail.username is None) != (mail.password_file is None):
            found = "one of username and password_file"
            raise ConfigError(path, "mail.username", found, "both, or none of them")
        _check_file("mail.password_file", mail.password_file, path)
    for name, webhook in webhooks.items():
        if not webhook.url.startswith(("http://", "https://")):
            allowed = "http://... or https://..."
            raise ConfigError(path, f"webhooks.{name}.url", show(webhook.url), allowed)
        _check_file(f"webhooks.{name}.secret_file", webhook.secret_file, path)


def secret_in(file: str | None, path: Path) -> str | None:
    """What a file beside the configuration holds, without the end of its line."""
    return None if file is None else (path.parent / file).read_text(encoding="utf-8").strip()


def _check_file(place: str, file: str | None, path: Path) -> None:
    try:
        secret_in(file, path)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "no UTF-8 text"
        raise ConfigError(path, place, f"{file!r}: {why}", "a readable file") from None


def _is_address(text: str) -> bool:
    name, at, domain = text.rpartition("@")
    return bool(name and at and domain) and not any(each.isspace() for each in text)
