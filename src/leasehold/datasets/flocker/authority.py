"""The directory of a cluster's authority: its keys, what it issued and what it took back.

    cluster.crt     the authorities to trust: the present one first, then those not yet retired
    cluster.key, cluster-*.key
                    their private keys; which belongs to which is seen from the keys
    revoked.pem     what each of them took back; what lies in it must be refused
    issued/         every certificate ever issued here, by its serial number (no keys)

A directory that flocker-ca made, with ``cluster.crt`` and ``cluster.key``, is taken over as it is,
with the certificates of control services, nodes and users that lie in it.
Each step writes whole files, and in an order that leaves a directory which works wherever it ends.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from leasehold.datasets.flocker import certificate
from leasehold.datasets.flocker.certificate import Bearer, Role
from leasehold.errors import LeaseholdError
from leasehold.files import replace_file

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 730


class AuthorityError(LeaseholdError):
    """An authority's directory is not as it has to be, or must not be changed like this."""


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that was issued once."""

    role: Role
    name: str
    serial: str
    """In hexadecimal, as OpenSSL shows it."""
    until: datetime
    revoked: bool
    retiring: bool
    """Issued by an older authority: it ends to be trusted when that one is retired."""


class Authority:
    """Issues, revokes and lists certificates; one process at a time should change a directory."""

    def __init__(self, directory: Path) -> None:
        """Open a directory. Raises `AuthorityError` if it holds no authority that can be read."""
        self._directory = directory
        self._trusted = _read_all(directory / "cluster.crt")
        found = [_read_key(path) for path in self._key_paths()]
        self._keys = [_key_of(each, found, directory) for each in self._trusted]

    @classmethod
    def create(cls, directory: Path, name: str, *, now: datetime) -> "Authority":
        """Make an authority for a cluster. Raises `AuthorityError` where there is one already."""
        if (directory / "cluster.key").exists() or (directory / "cluster.crt").exists():
            raise AuthorityError(
                f"{directory} holds an authority already; name another --directory, or give that"
                " one a fresh key with `leasehold ca rotate`"
            )
        key = certificate.new_key()
        made = certificate.new_authority(name, key, now=now, days=AUTHORITY_DAYS, cluster=None)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(directory / "cluster.key", _key_text(key), 0o600)
        _write(directory / "cluster.crt", made.public_bytes(Encoding.PEM), 0o644)
        authority = cls(directory)
        authority._save_revoked((), now)
        return authority

    @property
    def name(self) -> str:
        """The cluster's name."""
        bearer = certificate.bearer_of(self._trusted[0])
        return bearer.name if bearer else ""

    @property
    def cluster(self) -> str:
        """The cluster's id, a UUID that stays through rotations."""
        return certificate.cluster_of(self._trusted[0])

    def issue(
        self, role: Role, name: str, into: Path, *, now: datetime, days: int = CERTIFICATE_DAYS
    ) -> tuple[Path, Path]:
        """Issue a certificate with a key of its own; returns the paths of both in `into`.

        They are named as Flocker names them: ``control-HOST``, ``NAME`` for users and nodes. An
        earlier pair of theirs is replaced by the whole new one, and goes on being valid until it
        ends or is revoked. Raises `BadName`; `AuthorityError` where the files would be taken for
        somebody else's, or are, and where it would end at once; OSError when they cannot be written.
        """
        bearer = Bearer(role=role, name=name)
        stem = f"control-{name}" if role is Role.CONTROL else name
        _refuse_stem(bearer, stem)
        self._refuse_end(days, now)
        key = certificate.new_key()
        made = certificate.new_certificate(
            bearer,
            key.public_key(),
            issuer=self._trusted[0],
            issuer_key=self._keys[0],
            now=now,
            days=days,
        )
        text = made.public_bytes(Encoding.PEM)
        into.mkdir(parents=True, exist_ok=True)
        paths = into / f"{stem}.crt", into / f"{stem}.key"
        self._refuse_others(bearer, paths[0])
        issued = self._directory / "issued"
        issued.mkdir(mode=0o700, exist_ok=True)
        _write(issued / f"{made.serial_number:x}.crt", text, 0o644)
        _write(paths[1], _key_text(key), 0o600)
        _write(paths[0], text, 0o644)
        return paths

    def issued(self) -> list[Issued]:
        """All that was issued here, and what flocker-ca left in the directory; the newest last."""
        revoked = {serial for serial, _ in self._revoked()}
        found = []
        for made in self._certificates():
            bearer = certificate.bearer_of(made)
            if bearer is None:
                continue
            by = self._issuer_of(made)
            found.append(
                Issued(
                    role=bearer.role,
                    name=bearer.name,
                    serial=f"{made.serial_number:x}",
                    until=made.not_valid_after_utc,
                    revoked=made.serial_number in revoked or by is None,
                    retiring=by is not None and by != 0,
                )
            )
        return found

    @property
    def may_have_issued_more(self) -> bool:
        """Whether an older authority is flocker-ca's: what it issued need not lie here."""
        return any(certificate.is_flockers(each) for each in self._trusted[1:])

    def revoke(self, role: Role, name: str, *, now: datetime) -> int:
        """Take back everything that is known to be issued to somebody; returns how many.

        Raises `AuthorityError` if there is none that is not revoked yet.
        """
        bearer = Bearer(role=role, name=name)
        known = dict(self._revoked())
        fresh = [
            each.serial_number
            for each in self._certificates()
            if certificate.bearer_of(each) == bearer and each.serial_number not in known
        ]
        if not fresh:
            raise AuthorityError(
                f"no valid certificate was issued to {role.value} {name!r} here;"
                " `leasehold ca list` shows those that were, --serial revokes any other"
            )
        self._save_revoked([*known.items(), *((serial, now) for serial in fresh)], now)
        return len(fresh)

    def revoke_serial(self, serial: int, *, now: datetime) -> None:
        """Take back one certificate by its number, whether it is known here or not."""
        self._save_revoked({serial: now, **dict(self._revoked())}.items(), now)

    def rotate(self, *, now: datetime) -> None:
        """Begin with a fresh authority: new certificates are issued by it, older ones stay valid.

        Everybody who trusts the cluster needs the new ``cluster.crt``, which holds both, before the
        service's own certificate is issued anew; then `retire` ends the older ones.
        """
        key = certificate.new_key()
        made = certificate.new_authority(
            self.name, key, now=now, days=AUTHORITY_DAYS, cluster=self.cluster
        )
        self._become([made, *self._trusted], [key, *self._keys], now)

    def retire(self, *, now: datetime) -> int:
        """Trust only the present authority; returns how many older ones ended."""
        older = [key.public_key() for key in self._keys[1:]]
        self._become(self._trusted[:1], self._keys[:1], now)
        for path in self._key_paths():
            if _read_key(path).public_key() in older:
                path.unlink()
        return len(older)

    def _key_paths(self) -> list[Path]:
        return [*self._directory.glob("cluster.key"), *self._directory.glob("cluster-*.key")]

    def _become(
        self, trusted: list[x509.Certificate], keys: list[PrivateKey], now: datetime
    ) -> None:
        revoked = self._revoked()
        # The key first: a certificate without its key could neither issue nor revoke.
        if keys[0] not in self._keys:
            name = f"cluster-{trusted[0].serial_number:x}.key"
            _write(self._directory / name, _key_text(keys[0]), 0o600)
        self._trusted, self._keys = trusted, keys
        self._save_revoked(revoked, now)
        _write(self._directory / "cluster.crt", _pem(trusted), 0o644)

    def _certificates(self) -> list[x509.Certificate]:
        found = [_read_all(path)[0] for path in (self._directory / "issued").glob("*.crt")]
        found += self._left_by_flocker()
        once = {each.serial_number: each for each in found}
        return sorted(once.values(), key=lambda each: each.not_valid_before_utc)

    def _left_by_flocker(self) -> Iterator[x509.Certificate]:
        """flocker-ca keeps no list: what it issued is known where it lies beside the authority."""
        for path in sorted(self._directory.glob("*.crt")):
            with contextlib.suppress(AuthorityError):  # somebody's file, and no certificate
                leaf = _read_all(path)[0]
                if leaf not in self._trusted and self._issuer_of(leaf) is not None:
                    yield leaf

    def _refuse_end(self, days: int, now: datetime) -> None:
        until = self._trusted[0].not_valid_after_utc
        if min(days, (until - now).days) < 1:
            raise AuthorityError(
                f"a certificate for {days} days would end at once; allowed: 1 day or more, and until"
                f" the authority's own end on {until:%Y-%m-%d} (`leasehold ca rotate` makes a new one)"
            )

    def _refuse_others(self, bearer: Bearer, path: Path) -> None:
        """A pair may take the place of an earlier one of the same bearer alone."""
        if not path.exists():
            return
        found = _read_all(path)[0]
        if certificate.bearer_of(found) == bearer and certificate.cluster_of(found) == self.cluster:
            return
        raise AuthorityError(
            f"{path} is the certificate of {found.subject.rfc4514_string()} and stays;"
            " name another --output, or move it away"
        )

    def _issuer_of(self, made: x509.Certificate) -> int | None:
        """The place of the authority that issued it; None if that one is retired."""
        for place, authority in enumerate(self._trusted):
            try:
                made.verify_directly_issued_by(authority)
            except (ValueError, TypeError, InvalidSignature):
                continue
            return place
        return None

    def _revoked(self) -> list[tuple[int, datetime]]:
        return revoked_in(self._directory / "revoked.pem")

    def _save_revoked(self, revoked: Iterable[tuple[int, datetime]], now: datetime) -> None:
        """Write one list for each authority: OpenSSL looks into its issuer's alone."""
        pairs = list(revoked)
        lists = [
            certificate.new_revocations(pairs, issuer=issuer, issuer_key=key, now=now)
            for issuer, key in zip(self._trusted, self._keys, strict=True)
        ]
        text = b"".join(each.public_bytes(Encoding.PEM) for each in lists)
        _write(self._directory / "revoked.pem", text, 0o644)


_CRL_BEGIN = b"-----BEGIN X509 CRL-----"


def revoked_in(path: Path) -> list[tuple[int, datetime]]:
    """The serial numbers in a file of lists, and since when; none if there is no such file.

    Raises `AuthorityError` for a file that cannot be read: nobody may be let in then.
    """
    try:
        text = path.read_bytes()
        found: dict[int, datetime] = {}
        for block in text.split(_CRL_BEGIN)[1:]:
            for each in x509.load_pem_x509_crl(_CRL_BEGIN + block):
                found[each.serial_number] = each.revocation_date_utc
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise AuthorityError(
            f"{path}: {error}; allowed: lists of revoked certificates in PEM"
        ) from None
    return list(found.items())


def _refuse_stem(bearer: Bearer, stem: str) -> None:
    if stem == "cluster" or stem.startswith("cluster-"):
        raise AuthorityError(
            f"{bearer.name!r} would be taken for the authority's own files; name another"
        )
    if stem.startswith("control-") and bearer.role is not Role.CONTROL:
        raise AuthorityError(
            f"{bearer.name!r} would be taken for the service's files; name another"
        )


def _read_all(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except FileNotFoundError:
        hint = "`leasehold ca init NAME` makes an authority"
        raise AuthorityError(f"{path}: no such file; {hint}") from None
    except (OSError, ValueError) as error:
        raise AuthorityError(f"{path}: {error}; allowed: certificates in PEM") from None


def _key_of(authority: x509.Certificate, keys: Sequence[PrivateKey], directory: Path) -> PrivateKey:
    for key in keys:
        if key.public_key() == authority.public_key():
            return key
    raise AuthorityError(
        f"{directory}: no key there is that of the authority that ends on"
        f" {authority.not_valid_after_utc:%Y-%m-%d} in cluster.crt; restore it from your copy"
    )


def _read_key(path: Path) -> PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        why = getattr(error, "strerror", None) or "no private key in PEM without a passphrase"
        raise AuthorityError(f"{path}: {why}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise AuthorityError(f"{path}: a {type(key).__name__}; allowed: a key of ECDSA or RSA")
    return key


def _key_text(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _pem(certificates: Sequence[x509.Certificate]) -> bytes:
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def _write(path: Path, text: bytes, mode: int) -> None:
    """Put a whole file in its place, or none: never half a key."""
    replace_file(path, text, mode, durable=True)
