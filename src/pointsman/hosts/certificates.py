"""A certificate authority of this machine's own, and a server certificate by it.

The rule: whoever trusts the authority trusts it for the original's domain and for this machine alone;
its constraints say so, and clients hold it to them. Keys are readable by their owner only, and exist in
no other place.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pointsman.hosts.names import DOMAIN

__all__ = ["Certificates"]

_AUTHORITY_LIFE = timedelta(days=3650)
_SERVER_LIFE = timedelta(days=800)
"""Some systems refuse a server certificate that is to live for more than 825 days."""
_RENEWED_BEFORE = timedelta(days=60)
_HOUR = timedelta(hours=1)
_LOCAL = ("localhost", "127.0.0.1", "::1")
_SYSTEM_ROOTS = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class Certificates:
    """The files of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = folder / "ca.pem"
        self.bundle = folder / "bundle.pem"
        """The system's authorities and ours, for programs that take one file instead of theirs."""
        self.certificate = folder / "server.pem"
        self.key = folder / "server.key"
        self._authority_key = folder / "ca.key"

    @property
    def exist(self) -> bool:
        return self.certificate.exists() and self.key.exists()

    def ensure(self, names: Iterable[str], now_ms: int) -> bool:
        """Have a certificate for exactly these names and this machine; whether it is a new one.

        Raises `OSError` when the folder cannot be written, `ValueError` for damaged files.
        """
        now = datetime.fromtimestamp(now_ms / 1000, UTC)
        wanted = [*names, *_LOCAL]
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.authority.exists() or not self._authority_key.exists():
            self._make_authority(now)
        if self.exist and self._serves(wanted, now):
            return False
        self._make_server(wanted, now)
        return True

    def remove(self) -> bool:
        """Delete the files, and the folder if nothing else lies in it; whether there were any."""
        ours = (self.authority, self.bundle, self.certificate, self.key, self._authority_key)
        found = [file for file in ours if file.exists()]
        for file in found:
            file.unlink()
        with contextlib.suppress(OSError):  # not ours, or not empty
            self.folder.rmdir()
        return bool(found)

    def _serves(self, wanted: list[str], now: datetime) -> bool:
        found = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        told = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = {*map(str, told.get_values_for_type(x509.DNSName))}
        names |= {*map(str, told.get_values_for_type(x509.IPAddress))}
        authority = x509.load_pem_x509_certificate(self.authority.read_bytes())
        lives = found.not_valid_after_utc - now > _RENEWED_BEFORE
        return names == set(wanted) and lives and found.issuer == authority.subject

    def _make_authority(self, now: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        number = x509.random_serial_number()
        name = _named(f"Pointsman local authority {number:x}"[:40])
        made = (
            _draft(name, key.public_key(), now, _AUTHORITY_LIFE)
            .serial_number(number)
            .issuer_name(name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(_constraints(), critical=True)
            .sign(key, hashes.SHA256())
        )
        _write(self._authority_key, _key_pem(key), 0o600)
        _write(self.authority, made.public_bytes(Encoding.PEM), 0o644)
        roots = next((path for path in map(Path, _SYSTEM_ROOTS) if path.exists()), None)
        known = roots.read_bytes() if roots else b""
        _write(self.bundle, known + made.public_bytes(Encoding.PEM), 0o644)

    def _make_server(self, names: list[str], now: datetime) -> None:
        authority = x509.load_pem_x509_certificate(self.authority.read_bytes())
        signing = load_pem_private_key(self._authority_key.read_bytes(), password=None)
        assert isinstance(signing, ec.EllipticCurvePrivateKey), "the authority's key is ours"
        key = ec.generate_private_key(ec.SECP256R1())
        serving = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
        made = (
            _draft(_named("Pointsman"), key.public_key(), now, _SERVER_LIFE)
            .serial_number(x509.random_serial_number())
            .issuer_name(authority.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(serving, critical=False)
            .add_extension(x509.SubjectAlternativeName([*map(_general, names)]), critical=False)
            .add_extension(issuer, critical=False)
            .sign(signing, hashes.SHA256())
        )
        _write(self.key, _key_pem(key), 0o600)
        _write(self.certificate, made.public_bytes(Encoding.PEM), 0o644)


def _draft(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .not_valid_before(now - _HOUR)  # clients' clocks may be behind
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _constraints() -> x509.NameConstraints:
    networks = map(ipaddress.ip_network, ("127.0.0.0/8", "::1/128"))
    names = map(x509.DNSName, (DOMAIN, "localhost"))
    return x509.NameConstraints([*names, *map(x509.IPAddress, networks)], None)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes, mode: int) -> None:
    """Put a whole file in its place; it is never there in part, nor readable by others before."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
        out.write(content)
    draft.replace(path)
