"""The certificate that `pointsman serve` speaks TLS with.

The rule: what cannot be used ends the start with a sentence; while serving, it is told in the log and
the certificate from before stays, because a server without TLS would be worse than an old certificate.
"""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

from pointsman.cli.ending import refuse
from pointsman.settings import Settings

__all__ = ["Certificate", "certificate_or_refuse"]

log = logging.getLogger(__name__)


class Certificate:
    """A certificate and its key from two files, which may be replaced while serving."""

    def __init__(self, certificate_file: str, key_file: str) -> None:
        """Raises `ValueError` with a sentence when the files cannot be used."""
        self._files = (certificate_file, key_file)
        self.context = _context(*self._files)

    def read_again(self) -> None:
        """Show the files' present content to whoever connects from now on."""
        try:
            _context(*self._files)
        except ValueError as problem:
            log.error("the certificate stays as it was: %s", problem)
            return
        self.context.load_cert_chain(*self._files, password=_no_password)
        log.info("the certificate was read again")


def certificate_or_refuse(settings: Settings) -> Certificate | None:
    """The certificate that the settings name, if any, or an end with a sentence."""
    if not settings.tls_cert:
        return None
    try:
        return Certificate(settings.tls_cert, settings.tls_key)
    except ValueError as problem:
        refuse(f"{problem} Choose with --tls-cert and --tls-key.")


def _context(certificate_file: str, key_file: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for file in (certificate_file, key_file):
        try:
            with Path(file).open("rb"):
                pass
        except OSError as problem:
            raise ValueError(f"{file} cannot be read ({problem.strerror}).") from problem
    try:
        context.load_cert_chain(certificate_file, key_file, password=_no_password)
    except _PasswordNeededError:
        raise ValueError(f"{key_file} is locked by a password; a server needs it open.") from None
    except ssl.SSLError as problem:
        raise ValueError(_why_unusable(certificate_file, key_file, problem)) from problem
    return context


def _why_unusable(certificate_file: str, key_file: str, problem: ssl.SSLError) -> str:
    if problem.reason == "KEY_VALUES_MISMATCH":
        return f"The key in {key_file} is not that of the certificate in {certificate_file}."
    what = problem.reason or "no PEM"
    return (
        f"{certificate_file} and {key_file} are not a certificate and its private key "
        f"in PEM ({what.replace('_', ' ').lower()})."
    )


class _PasswordNeededError(Exception):
    """The key file asks for a password, and nobody is there to type one."""


def _no_password() -> str:
    raise _PasswordNeededError
