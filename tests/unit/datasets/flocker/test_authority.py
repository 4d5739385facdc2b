import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from leasehold.datasets.flocker.authority import Authority, AuthorityError
from leasehold.datasets.flocker.certificate import BadName, Role, bearer_named, bearer_of
from tests.unit.datasets.flocker.flocker_ca import CLUSTER, FlockerCa

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "ca", "lab", now=NOW)


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def openssl(*words: object) -> subprocess.CompletedProcess[str]:
    command = ["openssl", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def is_trusted(directory: Path, leaf: Path) -> bool:
    """Ask OpenSSL, which is what stands behind every client."""
    ca, revoked = directory / "cluster.crt", directory / "revoked.pem"
    options = ("-x509_strict", "-crl_check", "-CRLfile", revoked, "-CAfile", ca)
    return openssl("verify", *options, leaf).returncode == 0


def test_openssl_trusts_what_the_authority_issues(authority: Authority, tmp_path: Path) -> None:
    for role, name in ((Role.CONTROL, "127.0.0.1"), (Role.NODE, "n1"), (Role.USER, "ann")):
        leaf, _ = authority.issue(role, name, tmp_path, now=NOW)
        assert is_trusted(tmp_path / "ca", leaf)


def test_subjects_and_file_names_are_those_of_flocker(authority: Authority, tmp_path: Path) -> None:
    control, _ = authority.issue(Role.CONTROL, "control.lab.example", tmp_path, now=NOW)
    user, key = authority.issue(Role.USER, "ann", tmp_path, now=NOW)
    assert (control.name, user.name, key.name) == (
        "control-control.lab.example.crt",
        "ann.crt",
        "ann.key",
    )
    cluster = f"OU={authority.cluster}"
    assert certificate(control).subject.rfc4514_string() == f"{cluster},CN=control-service"
    assert certificate(user).subject.rfc4514_string() == f"{cluster},CN=user-ann"
    found = bearer_of(certificate(user))
    assert found is not None
    assert (found.role, found.name) == (Role.USER, "ann")
    assert bearer_named("somebody") is None


def test_only_the_owner_can_read_a_key(authority: Authority, tmp_path: Path) -> None:
    _, key = authority.issue(Role.USER, "ann", tmp_path, now=NOW)
    assert key.stat().st_mode & 0o077 == 0
    assert (tmp_path / "ca" / "cluster.key").stat().st_mode & 0o077 == 0


def test_a_revoked_certificate_is_refused_and_others_are_not(
    authority: Authority, tmp_path: Path
) -> None:
    ann, _ = authority.issue(Role.USER, "ann", tmp_path, now=NOW)
    bob, _ = authority.issue(Role.USER, "bob", tmp_path, now=NOW)
    assert authority.revoke(Role.USER, "ann", now=NOW) == 1
    assert not is_trusted(tmp_path / "ca", ann)
    assert is_trusted(tmp_path / "ca", bob)
    assert {each.name: each.revoked for each in authority.issued()} == {"ann": True, "bob": False}


def test_revoking_whom_nothing_was_issued_to_is_an_error(authority: Authority) -> None:
    with pytest.raises(AuthorityError, match="no valid certificate was issued to user 'ann'"):
        authority.revoke(Role.USER, "ann", now=NOW)


def test_a_rotation_keeps_what_was_issued_valid_until_the_older_one_is_retired(
    authority: Authority, tmp_path: Path
) -> None:
    before, _ = authority.issue(Role.USER, "before", tmp_path, now=NOW)
    gone, _ = authority.issue(Role.USER, "gone", tmp_path, now=NOW)
    authority.revoke(Role.USER, "gone", now=NOW)
    cluster = authority.cluster
    authority.rotate(now=NOW)
    after, _ = authority.issue(Role.USER, "after", tmp_path, now=NOW)
    directory = tmp_path / "ca"
    trusted = {path.stem: is_trusted(directory, path) for path in (before, gone, after)}
    assert trusted == {"before": True, "gone": False, "after": True}
    again = Authority(directory)
    assert again.cluster == cluster
    assert {each.name: each.retiring for each in again.issued()} == {
        "before": True,
        "gone": True,
        "after": False,
    }
    assert again.retire(now=NOW) == 1
    assert not is_trusted(directory, before)
    assert is_trusted(directory, after)
    assert len(list(directory.glob("cluster*.key"))) == 1


def test_revoking_still_works_for_an_authority_that_is_rotated_away(
    authority: Authority, tmp_path: Path
) -> None:
    ann, _ = authority.issue(Role.USER, "ann", tmp_path, now=NOW)
    authority.rotate(now=NOW)
    Authority(tmp_path / "ca").revoke(Role.USER, "ann", now=NOW)
    assert not is_trusted(tmp_path / "ca", ann)


@pytest.mark.parametrize("survives", [0, 1, 2])
def test_a_rotation_that_is_killed_at_any_write_leaves_an_authority_that_works(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survives: int
) -> None:
    import leasehold.datasets.flocker.authority as module

    ann, _ = authority.issue(Role.USER, "ann", tmp_path, now=NOW)
    real, written = module._write, []

    def write(path: Path, text: bytes, mode: int) -> None:
        if len(written) == survives:
            raise KeyboardInterrupt
        written.append(path)
        real(path, text, mode)

    with monkeypatch.context() as patch:
        patch.setattr(module, "_write", write)
        with pytest.raises(KeyboardInterrupt):
            authority.rotate(now=NOW)
    again = Authority(tmp_path / "ca")
    bob, _ = again.issue(Role.USER, "bob", tmp_path, now=NOW)
    assert is_trusted(tmp_path / "ca", ann)
    assert is_trusted(tmp_path / "ca", bob)


def test_no_certificate_is_valid_for_longer_than_its_authority(
    authority: Authority, tmp_path: Path
) -> None:
    late = NOW + timedelta(days=3000)
    leaf, _ = authority.issue(Role.USER, "ann", tmp_path, now=late, days=5000)
    ca = certificate(tmp_path / "ca" / "cluster.crt")
    assert certificate(leaf).not_valid_after_utc <= ca.not_valid_after_utc


def test_a_directory_with_an_authority_is_not_written_over(
    authority: Authority, tmp_path: Path
) -> None:
    before = (tmp_path / "ca" / "cluster.key").read_bytes()
    with pytest.raises(AuthorityError, match="holds an authority already"):
        Authority.create(tmp_path / "ca", "lab", now=NOW)
    assert (tmp_path / "ca" / "cluster.key").read_bytes() == before


def test_an_authority_that_flocker_made_goes_on(tmp_path: Path) -> None:
    FlockerCa(tmp_path)
    authority = Authority(tmp_path)
    leaf, _ = authority.issue(Role.USER, "ann", tmp_path, now=NOW)
    assert authority.cluster == CLUSTER
    assert openssl("verify", "-CAfile", tmp_path / "cluster.crt", leaf).returncode == 0


def test_what_flocker_issued_is_known_where_it_lies_and_revoked_by_name(tmp_path: Path) -> None:
    flocker = FlockerCa(tmp_path)
    ann, bob = flocker.user("ann"), flocker.user("bob")
    (tmp_path / "mine.crt").write_text("no certificate")
    authority = Authority(tmp_path)
    assert authority.revoke(Role.USER, "ann", now=NOW) == 1
    assert {each.name: each.revoked for each in authority.issued()} == {"ann": True, "bob": False}
    options = ("-crl_check", "-CRLfile", tmp_path / "revoked.pem")
    ca = tmp_path / "cluster.crt"
    assert openssl("verify", *options, "-CAfile", ca, ann).returncode != 0
    assert openssl("verify", *options, "-CAfile", ca, bob).returncode == 0
    authority.rotate(now=NOW)
    assert authority.may_have_issued_more
    assert {each.name: each.retiring for each in authority.issued()} == {"ann": True, "bob": True}


def test_what_lies_nowhere_is_revoked_by_its_number(authority: Authority, tmp_path: Path) -> None:
    ann, _ = authority.issue(Role.USER, "ann", tmp_path, now=NOW)
    bob, _ = authority.issue(Role.USER, "bob", tmp_path, now=NOW)
    authority.revoke(Role.USER, "bob", now=NOW)
    authority.revoke_serial(certificate(ann).serial_number, now=NOW)
    assert not is_trusted(tmp_path / "ca", ann)
    assert not is_trusted(tmp_path / "ca", bob)
    assert not authority.may_have_issued_more


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 64, "ü"])
def test_a_name_that_no_certificate_can_carry_is_refused(
    authority: Authority, tmp_path: Path, name: str
) -> None:
    with pytest.raises(BadName, match="cannot be in a certificate"):
        authority.issue(Role.USER, name, tmp_path / "out", now=NOW)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["cluster", "cluster-1"])
def test_nobodys_files_take_the_place_of_the_authoritys_own(
    authority: Authority, tmp_path: Path, name: str
) -> None:
    with pytest.raises(AuthorityError, match="taken for the authority's own files"):
        authority.issue(Role.USER, name, tmp_path / "ca", now=NOW)


@pytest.mark.parametrize("role", [Role.USER, Role.NODE])
def test_nobodys_files_take_the_place_of_the_services(
    authority: Authority, tmp_path: Path, role: Role
) -> None:
    with pytest.raises(AuthorityError, match="taken for the service's files"):
        authority.issue(role, "control-h1", tmp_path, now=NOW)


def test_a_pair_takes_the_place_of_an_earlier_one_of_the_same_bearer_alone(
    authority: Authority, tmp_path: Path
) -> None:
    ann, key = authority.issue(Role.USER, "ann", tmp_path, now=NOW)
    before = ann.read_bytes(), key.read_bytes()
    other = Authority.create(tmp_path / "other", "lab", now=NOW)
    for issuer, role in ((authority, Role.NODE), (other, Role.USER)):
        with pytest.raises(AuthorityError, match=r"ann\.crt is the certificate of .*CN=user-ann"):
            issuer.issue(role, "ann", tmp_path, now=NOW)
    assert (ann.read_bytes(), key.read_bytes()) == before
    assert len(authority.issued()) == 1
    authority.rotate(now=NOW)
    authority.issue(Role.USER, "ann", tmp_path, now=NOW)
    assert ann.read_bytes() != before[0]


@pytest.mark.parametrize("days", [-5, 0])
def test_a_certificate_that_would_end_at_once_is_not_issued(
    authority: Authority, tmp_path: Path, days: int
) -> None:
    with pytest.raises(AuthorityError, match="would end at once; allowed: 1 day or more"):
        authority.issue(Role.USER, "ann", tmp_path, now=NOW, days=days)
    late = NOW + timedelta(days=3650)
    with pytest.raises(AuthorityError, match="ca rotate"):
        authority.issue(Role.USER, "ann", tmp_path, now=late)
    assert authority.issued() == []


def test_what_cannot_be_written_is_not_counted_as_issued(
    authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        authority.issue(Role.USER, "ann", tmp_path / "file", now=NOW)
    assert authority.issued() == []


def test_a_key_that_is_not_the_authoritys_is_told(tmp_path: Path) -> None:
    Authority.create(tmp_path / "a", "a", now=NOW)
    Authority.create(tmp_path / "b", "b", now=NOW)
    (tmp_path / "a" / "cluster.key").write_bytes((tmp_path / "b" / "cluster.key").read_bytes())
    with pytest.raises(AuthorityError, match="no key there is that of the authority"):
        Authority(tmp_path / "a")


def test_no_authority_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(AuthorityError, match="`leasehold ca init NAME` makes an authority"):
        Authority(tmp_path)
