"""A directory as flocker-ca leaves it: keys of RSA, few extensions, no list of what it issued."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CLUSTER = "4f3a1c0e-8a52-4a0e-9b59-6a2a8c1c7f11"


class FlockerCa:
    """2048 bits stand for its 4096, which take seconds."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._name, self._key = _name("old"), _new_key()
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        builder = self._begin(self._name, self._key).add_extension(constraints, critical=True)
        self._write("cluster", builder, self._key)

    def user(self, name: str) -> Path:
        """As `flocker-ca create-api-certificate` does."""
        key = _new_key()
        use = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = self._begin(_name(f"user-{name}"), key).add_extension(use, critical=False)
        return self._write(name, builder, key)

    def _begin(self, subject: x509.Name, key: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return x509.CertificateBuilder(
            issuer_name=self._name,
            subject_name=subject,
            public_key=key.public_key(),
            serial_number=random.getrandbits(128),
            not_valid_before=now,
            not_valid_after=now + timedelta(days=7300),
        )

    def _write(self, stem: str, builder: x509.CertificateBuilder, key: rsa.RSAPrivateKey) -> Path:
        made = builder.sign(self._key, hashes.SHA256())
        path = self.directory / f"{stem}.crt"
        path.write_bytes(made.public_bytes(Encoding.PEM))
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.with_suffix(".key").write_bytes(text)
        return path


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, CLUSTER),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )
