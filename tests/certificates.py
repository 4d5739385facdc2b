"""A certificate authority for one test, thrown away with its directory."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LIFETIME = timedelta(hours=1)


class Authority:
    """Signs certificates; each file that it writes holds the certificate and its key."""

    def __init__(self, directory: Path, name: str = "authority") -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        unsigned = self._unsigned(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.path = self._write(name, unsigned.sign(self._key, hashes.SHA256()))
        """What a client has to believe; without the authority's key."""

    def server(self, *hosts: str) -> Path:
        """For the addresses and ``localhost``."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName("localhost"), *(x509.IPAddress(ip_address(host)) for host in hosts)]
        unsigned = self._unsigned(_named("emulator"), key).add_extension(
            x509.SubjectAlternativeName(names), critical=False
        )
        return self._write("server", unsigned.sign(self._key, hashes.SHA256()), key)

    def client(self, name: str) -> Path:
        """Made out to a user."""
        key = ec.generate_private_key(ec.SECP256R1())
        unsigned = self._unsigned(_named(name), key)
        return self._write(f"client-{name}", unsigned.sign(self._key, hashes.SHA256()), key)

    def _unsigned(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _LIFETIME)
            .not_valid_after(now + _LIFETIME)
        )

    def _write(
        self,
        name: str,
        certificate: x509.Certificate,
        key: ec.EllipticCurvePrivateKey | None = None,
    ) -> Path:
        path = self._directory / f"{name}.pem"
        text = certificate.public_bytes(serialization.Encoding.PEM)
        if key is not None:
            text += key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        path.write_bytes(text)
        return path


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
