"""The authority and its certificate, judged by clients that verify."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from pointsman.ambient import now
from pointsman.hosts.certificates import Certificates
from pointsman.hosts.names import names_of

DAY_MS = 86_400_000


def refused(certificate: Path, key: Path, authority: Path, name: str) -> str:
    """Why a client that trusts the authority refuses the certificate for this name; empty if not."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, key)
    ours, theirs = socket.socketpair()

    def answer() -> None:
        try:
            with serving.wrap_socket(ours, server_side=True) as answering:
                answering.recv(1)
        except (ssl.SSLError, OSError):
            ours.close()

    thread = threading.Thread(target=answer)
    thread.start()
    trust = ssl.create_default_context(cafile=authority)
    try:
        with trust.wrap_socket(theirs, server_hostname=name) as asking:
            asking.send(b"x")
            return ""
    except ssl.SSLCertVerificationError as problem:
        return str(problem.verify_message)
    finally:
        theirs.close()
        thread.join()


def judged(made: Certificates, name: str) -> str:
    return refused(made.certificate, made.key, made.authority, name)


@pytest.fixture
def made(tmp_path: Path) -> Certificates:
    """Certificates for the plain names."""
    certificates = Certificates(tmp_path / "hosts")
    assert certificates.ensure(names_of(), now())
    return certificates


def test_a_client_that_trusts_the_authority_believes_the_names(made: Certificates) -> None:
    """Each name is believed, and this machine; a name that was not asked for is not."""
    for name in [*names_of(), "localhost", "127.0.0.1", "::1"]:
        assert judged(made, name) == ""
    assert "mismatch" in judged(made, "taskrouter.ie1-ix.twilio.com")


@pytest.mark.feature(261)
def test_a_region_is_in_the_certificate(made: Certificates) -> None:
    """With a region the certificate is made anew for its names, by the same authority."""
    authority = made.authority.read_bytes()

    assert made.ensure(names_of(["ie1-ix"]), now())
    assert judged(made, "event-bridge.ie1-ix.us1.twilio.com") == ""
    assert judged(made, "taskrouter.twilio.com") == ""
    assert made.authority.read_bytes() == authority


def test_the_authority_is_good_for_nothing_else(made: Certificates, tmp_path: Path) -> None:
    """A certificate that its key signed for another site is refused by who trusts the authority."""
    signing = load_pem_private_key((made.folder / "ca.key").read_bytes(), None)
    ours = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    forged = (
        x509.CertificateBuilder()
        .subject_name(ours.subject)
        .issuer_name(ours.issuer)
        .public_key(ours.public_key())
        .serial_number(1)
        .not_valid_before(ours.not_valid_before_utc)
        .not_valid_after(ours.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("bank.example")]), critical=False)
        .sign(signing, hashes.SHA256())  # type: ignore[arg-type]
    )
    file = tmp_path / "forged.pem"
    file.write_bytes(forged.public_bytes(Encoding.PEM))

    told = refused(file, made.key, made.authority, "bank.example")

    assert told == "permitted subtree violation"


def test_keys_are_their_owners_alone(made: Certificates) -> None:
    """Both private keys have mode 0600; what clients need can be read by them."""
    modes = {path.name: path.stat().st_mode & 0o777 for path in made.folder.iterdir()}

    assert modes == {
        "bundle.pem": 0o644,
        "ca.key": 0o600,
        "ca.pem": 0o644,
        "server.key": 0o600,
        "server.pem": 0o644,
    }


def test_what_is_good_is_kept_and_what_ends_soon_is_made_anew(made: Certificates) -> None:
    """A second run changes nothing, until two months before the certificate's end."""
    before = made.certificate.read_bytes()

    assert not made.ensure(names_of(), now() + 700 * DAY_MS)
    assert made.certificate.read_bytes() == before
    assert made.ensure(names_of(), now() + 741 * DAY_MS)
    assert made.certificate.read_bytes() != before


def test_the_bundle_is_the_systems_and_ours(made: Certificates) -> None:
    """A program that takes the bundle instead of its own authorities still knows the system's."""
    debians = Path("/etc/ssl/certs/ca-certificates.crt")
    known = debians.read_bytes() if debians.exists() else b""

    assert made.bundle.read_bytes() == known + made.authority.read_bytes()


def test_removing_leaves_nothing(made: Certificates) -> None:
    """The files and their folder are gone, and a second time there is nothing to remove."""
    assert made.remove()
    assert not made.folder.exists()
    assert not made.remove()
