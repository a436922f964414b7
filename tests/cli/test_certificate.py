"""`pointsman serve --tls-cert --tls-key` as a real process, asked by clients that verify."""

from __future__ import annotations

import signal
import socket
import ssl
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.certificates import a_certificate, trusting
from tests.program import pointsman
from tests.server import ACCOUNT_SID, AUTH_TOKEN, Server, a_server

PATIENCE_S = 20.0


@pytest.mark.feature(291)
def test_https_and_wss_with_a_certificate_of_the_users(tmp_path: Path) -> None:
    """REST, links and the live channel are served with the given certificate, and only so."""
    certificate, key = a_certificate(tmp_path)
    trust = trusting(certificate)
    with a_server(tmp_path, f"--tls-cert={certificate}", f"--tls-key={key}") as server:
        assert server.address.startswith("https://127.0.0.1:")
        with httpx.Client(verify=trust, auth=(ACCOUNT_SID, AUTH_TOKEN)) as client:
            listed = client.get(f"{server.address}/v1/Workspaces").json()
            told = client.get(f"{server.address}/openapi.json").json()["servers"]
        assert listed["meta"]["url"].startswith(f"{server.address}/v1/Workspaces")
        assert told[0]["url"] == server.address
        live = f"wss{server.address.removeprefix('https')}/v1/wschannels/{ACCOUNT_SID}/WK?token=bad"
        with connect(live, ssl=trust) as opened, pytest.raises(ConnectionClosed) as closed:
            opened.recv(timeout=PATIENCE_S)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4403
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{server.program.port}/healthz")


@pytest.mark.feature(291)
def test_the_environment_names_the_certificate(tmp_path: Path) -> None:
    """The two settings do what the two options do."""
    certificate, key = a_certificate(tmp_path)
    files = {"POINTSMAN_TLS_CERT": str(certificate), "POINTSMAN_TLS_KEY": str(key)}
    with a_server(tmp_path, **files) as server:
        assert httpx.get(f"{server.address}/healthz", verify=trusting(certificate)).text == "ok\n"


def shown(server: Server) -> bytes:
    """The certificate that a client is shown now."""
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", server.program.port)) as plain:
        with asking.wrap_socket(plain) as tls:
            return tls.getpeercert(binary_form=True) or b""


def test_a_renewed_certificate_is_read_on_sighup(tmp_path: Path) -> None:
    """After SIGHUP new connections see the files' new content; bad content changes nothing."""
    certificate, key = a_certificate(tmp_path)
    with a_server(tmp_path, f"--tls-cert={certificate}", f"--tls-key={key}") as server:
        first = shown(server)
        a_certificate(tmp_path)
        server.program.process.send_signal(signal.SIGHUP)
        server.program.says("the certificate was read again")
        second = shown(server)
        key.write_text("nothing")
        server.program.process.send_signal(signal.SIGHUP)
        server.program.says("the certificate stays as it was")

        assert first != second == shown(server) == ssl.PEM_cert_to_DER_cert(certificate.read_text())


@pytest.mark.feature(291)
@pytest.mark.parametrize(
    ("certificate", "key", "sentence"),
    [
        ("own.pem", "gone.key", "gone.key cannot be read (No such file or directory)."),
        (".", "own.key", ". cannot be read (Is a directory)."),
        ("own.pem", "own.pem", "own.pem and own.pem are not a certificate and its private key"),
        ("own.pem", "other.key", "The key in other.key is not that of the certificate in own.pem."),
        ("locked.pem", "locked.key", "locked.key is locked by a password; a server needs it open."),
    ],
)
def test_files_that_cannot_be_used(
    certificate: str, key: str, sentence: str, tmp_path: Path
) -> None:
    """A missing, foreign, locked or unreadable file ends the start with a sentence and status 2."""
    a_certificate(tmp_path)
    a_certificate(tmp_path, "other")
    a_certificate(tmp_path, "locked", password="secret")
    ended = pointsman(
        "serve", "--port=0", f"--tls-cert={certificate}", f"--tls-key={key}", folder=tmp_path
    )

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(sentence)
    assert ended.stderr.endswith("Choose with --tls-cert and --tls-key.\n")


@pytest.mark.feature(291)
def test_one_of_the_two_is_not_enough(tmp_path: Path) -> None:
    """A certificate without its key, or the reverse, ends with a sentence and status 2."""
    for option in ("--tls-cert=own.pem", "--tls-key=own.key"):
        ended = pointsman("serve", "--port=0", option, folder=tmp_path)

        assert ended.returncode == 2
        assert ended.stderr == (
            "POINTSMAN_TLS_CERT and POINTSMAN_TLS_KEY go together; only one of them is set.\n"
        )
