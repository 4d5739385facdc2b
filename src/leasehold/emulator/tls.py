"""The emulator's port behind TLS, and the client certificates it believes."""

import ssl
from pathlib import Path
from typing import Any

import msgspec


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """Files in PEM form."""

    certificate: Path
    """Made out to the emulator's host."""
    key: Path | None = None
    """None when it is in the same file."""
    authority: Path | None = None
    """Who signed it: what clients are told to believe in clouds.yaml."""
    client_authority: Path | None = None
    """Who signs client certificates; None asks for none."""
    demand: bool = False
    """Refuse clients that have none. Otherwise they are asked, and may come without."""

    def context(self) -> ssl.SSLContext:
        """Raises OSError (ssl.SSLError among them) for files that cannot be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        if self.client_authority is not None:
            context.load_verify_locations(self.client_authority)
            context.verify_mode = ssl.CERT_REQUIRED if self.demand else ssl.CERT_OPTIONAL
        return context


def common_name(certificate: dict[str, Any] | None) -> str | None:
    """Whom a certificate, as `ssl.SSLSocket.getpeercert` tells it, is made out to."""
    for parts in (certificate or {}).get("subject", ()):
        for key, value in parts:
            if key == "commonName":
                return str(value)
    return None
