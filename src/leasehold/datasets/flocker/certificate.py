"""What the certificates of a cluster say: an authority, and who it vouches for.

Subjects are Flocker's: CN ``control-service`` for the service, ``node-NAME`` for an agent's node,
``user-NAME`` for a caller of the REST API, with the cluster's id in OU.
"""

import ipaddress
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import (
    CertificateIssuerPrivateKeyTypes,
    CertificatePublicKeyTypes,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from leasehold.errors import LeaseholdError

_EARLIER = timedelta(minutes=5)
"""Valid since before now, for machines whose clock is a little behind."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


class BadName(LeaseholdError):
    """A name that a certificate cannot carry."""


class Role(StrEnum):
    """Whom a certificate is for."""

    AUTHORITY = "authority"
    CONTROL = "control"
    NODE = "node"
    USER = "user"


_CONTROL = "control-service"
_PREFIXES = {Role.NODE: "node-", Role.USER: "user-"}
_USES = {
    Role.CONTROL: [ExtendedKeyUsageOID.SERVER_AUTH],
    Role.NODE: [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH],
    Role.USER: [ExtendedKeyUsageOID.CLIENT_AUTH],
}


class Bearer(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a certificate names."""

    role: Role
    name: str
    """The node's or user's name; a control service's host; an authority's cluster."""


def bearer_of(certificate: x509.Certificate) -> Bearer | None:
    """Read whom a certificate is for; None if its subject is none of ours."""
    common = _attribute(certificate.subject, NameOID.COMMON_NAME)
    if _is_authority(certificate):
        return Bearer(role=Role.AUTHORITY, name=common)
    if common == _CONTROL:
        hosts = _hosts(certificate)
        return Bearer(role=Role.CONTROL, name=hosts[0] if hosts else _CONTROL)
    return bearer_named(common)


def bearer_named(common_name: str) -> Bearer | None:
    """Read a subject's common name as TLS shows it: a node's or a user's; None for another."""
    for role, prefix in _PREFIXES.items():
        if common_name.startswith(prefix):
            return Bearer(role=role, name=common_name.removeprefix(prefix))
    return None


def cluster_of(authority: x509.Certificate) -> str:
    """The cluster's id, which every certificate of it carries."""
    return _attribute(authority.subject, NameOID.ORGANIZATIONAL_UNIT_NAME)


def is_flockers(authority: x509.Certificate) -> bool:
    """Whether flocker-ca made an authority: its keys are of RSA, and none of ours is."""
    return isinstance(authority.public_key(), rsa.RSAPublicKey)


def new_key() -> ec.EllipticCurvePrivateKey:
    """Make a private key: P-256, which every TLS library of the last ten years takes."""
    return ec.generate_private_key(ec.SECP256R1())


def new_authority(
    name: str, key: ec.EllipticCurvePrivateKey, *, now: datetime, days: int, cluster: str | None
) -> x509.Certificate:
    """Make a self-signed authority for the cluster `name`; a fresh id unless one goes on."""
    _check(name)
    subject = _subject(name, cluster or str(uuid.uuid4()))
    public = key.public_key()
    builder = (
        _begin(subject, subject, public, now, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    return builder.sign(key, hashes.SHA256())


def new_certificate(
    bearer: Bearer,
    public: CertificatePublicKeyTypes,
    *,
    issuer: x509.Certificate,
    issuer_key: CertificateIssuerPrivateKeyTypes,
    now: datetime,
    days: int,
) -> x509.Certificate:
    """Vouch for a bearer, never for longer than the authority itself is valid.

    Raises `BadName` for a name that is none, and for a control service whose name is no host.
    """
    common = _CONTROL if bearer.role is Role.CONTROL else _PREFIXES[bearer.role] + bearer.name
    _check(bearer.name if bearer.role is not Role.CONTROL else common)
    subject = _subject(common, cluster_of(issuer))
    left = (issuer.not_valid_after_utc - now).days
    builder = (
        _begin(subject, issuer.subject, public, now, min(days, left))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_USES[bearer.role]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(_issued_by(issuer), critical=False)
    )
    if bearer.role is Role.CONTROL:
        names = x509.SubjectAlternativeName([_host(bearer.name)])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def new_revocations(
    revoked: Sequence[tuple[int, datetime]],
    *,
    issuer: x509.Certificate,
    issuer_key: CertificateIssuerPrivateKeyTypes,
    now: datetime,
) -> x509.CertificateRevocationList:
    """List serial numbers, and since when each is revoked; valid as long as the authority."""
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=issuer.subject,
        last_update=now - _EARLIER,
        next_update=issuer.not_valid_after_utc,
    ).add_extension(_issued_by(issuer), critical=False)
    for serial, since in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer_key, hashes.SHA256())


def _begin(
    subject: x509.Name,
    issuer: x509.Name,
    public: CertificatePublicKeyTypes,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    now = now.astimezone(UTC)
    return x509.CertificateBuilder(
        subject_name=subject,
        issuer_name=issuer,
        public_key=public,
        serial_number=x509.random_serial_number(),
        not_valid_before=now - _EARLIER,
        not_valid_after=now + timedelta(days=days),
    )


def _issued_by(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """Tell which of a cluster's authorities it is: they all have the same name."""
    public = issuer.public_key()
    known = x509.SubjectKeyIdentifier.from_public_key(public)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    return found.value.ca


def _hosts(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [str(each.value) for each in names.value]


def _subject(common: str, cluster: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, cluster),
        ]
    )


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        _check(name)
        return x509.DNSName(name)


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadName(
            f"{name!r} cannot be in a certificate; allowed: up to 63 letters, digits, dots, hyphens"
            " and underscores, the first a letter or digit"
        )
