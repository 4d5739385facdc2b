"""Mutual TLS in front of Flocker's REST API: what we show, whom we let in, read anew when it changes.

A revocation holds from the next request on, also over a connection that is open; a rotated authority
or a renewed certificate from the next handshake on. Nothing has to be restarted.
"""

import contextlib
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from leasehold.datasets.flocker.authority import AuthorityError, revoked_in
from leasehold.datasets.flocker.certificate import Bearer, bearer_named
from leasehold.errors import LeaseholdError

_Stamp = tuple[int, int] | None


class GateError(LeaseholdError):
    """The directory of certificates lacks what the listener needs."""


class _Loaded(msgspec.Struct, frozen=True, kw_only=True):
    stamps: tuple[_Stamp, ...]
    context: ssl.SSLContext
    revoked: frozenset[int]


class Gate:
    """Knows the certificates of one directory. For one event loop."""

    def __init__(self, directory: Path, host: str | None = None) -> None:
        """`host` chooses among several ``control-HOST.crt``. Raises `GateError`."""
        certificate = _certificate(directory, host)
        self._files = (
            directory / "cluster.crt",
            directory / "revoked.pem",
            certificate,
            certificate.with_suffix(".key"),
        )
        self._loaded = self._load()

    def context(self) -> ssl.SSLContext:
        """For the listener; every handshake is led over to what the files say at that moment."""
        front = self._loaded.context

        def lead(connection: Any, _name: str | None, _context: ssl.SSLContext) -> None:
            connection.context = self._now().context

        front.sni_callback = lead
        return front

    def bearer(self, peer: Mapping[str, Any] | None) -> Bearer | None:
        """Whom a certificate, as `ssl` shows it, names; None for nobody, or one that was revoked."""
        if not peer or int(peer["serialNumber"], 16) in self._now().revoked:
            return None
        subject = dict(pair for names in peer["subject"] for pair in names)
        return bearer_named(subject.get("commonName", ""))

    def _now(self) -> _Loaded:
        if self._stamps() != self._loaded.stamps:
            # What is being written just now cannot be read: what was read last still holds.
            with contextlib.suppress(GateError, AuthorityError):
                self._loaded = self._load()
        return self._loaded

    def _stamps(self) -> tuple[_Stamp, ...]:
        return tuple(_stamp(path) for path in self._files)

    def _load(self) -> _Loaded:
        stamps = self._stamps()
        trusted, revoked, certificate, key = self._files
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        try:
            context.load_verify_locations(trusted)
            context.load_cert_chain(certificate, key, "")
        except (OSError, ValueError) as error:
            why = getattr(error, "reason", None) or getattr(error, "strerror", None) or "unusable"
            raise GateError(
                f"{trusted.parent}: {trusted.name} and {certificate.name} with its key cannot be used:"
                f" {why}; `leasehold ca control HOST` issues a new pair"
            ) from None
        taken_back = frozenset(serial for serial, _ in revoked_in(revoked))
        return _Loaded(stamps=stamps, context=context, revoked=taken_back)


def _certificate(directory: Path, host: str | None) -> Path:
    found = sorted(directory.glob(f"control-{host or '*'}.crt"))
    if len(found) != 1:
        known = ", ".join(path.name for path in found) or "none"
        raise GateError(
            f"{directory}: one control-{host or 'HOST'}.crt is needed, found {known};"
            " `leasehold ca control HOST` issues one, `host` in [flocker] chooses one of several"
        )
    return found[0]


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino
