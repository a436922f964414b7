"""`pointsman hosts` on a hosts file of the test's own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest

from tests.certificates import trusting
from tests.program import pointsman
from tests.server import a_server

ORIGINAL = b"127.0.0.1 localhost\n10.0.0.5 printer # ours"


def hosts(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return pointsman("hosts", "--hosts-file=hosts", "--data=data", *options, folder=folder)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a hosts file, without a line break at its end."""
    (tmp_path / "hosts").write_bytes(ORIGINAL)
    return tmp_path


def test_without_apply_the_lines_are_printed(place: Path) -> None:
    """Standard output is what belongs into the hosts file, which stays as it is."""
    told = hosts(place, "--address=10.1.2.3", "--no-api")

    assert told.returncode == 0
    assert told.stdout == (
        "# pointsman hosts: begin\n10.1.2.3 taskrouter.twilio.com\n"
        "10.1.2.3 event-bridge.twilio.com\n# pointsman hosts: end\n"
    )
    for word in ("REQUESTS_CA_BUNDLE=", "SSL_CERT_FILE=", "NODE_EXTRA_CA_CERTS=", "browsers"):
        assert word in told.stderr
    assert (place / "hosts").read_bytes() == ORIGINAL


@pytest.mark.feature(261)
def test_apply_and_remove_leave_no_trace(place: Path) -> None:
    """After `--apply`, twice, and `--remove`, the hosts file is the same byte for byte."""
    file = place / "hosts"
    file.chmod(0o640)
    assert hosts(place, "--apply").returncode == 0
    applied = hosts(place, "--apply", "--region=ie1-ix", "--region=dublin.ie1")

    assert applied.returncode == 0
    content = file.read_bytes()
    assert content.count(b"# pointsman hosts: begin\n") == 1
    assert content.endswith(b"# pointsman hosts: end\n" + ORIGINAL)
    assert b"127.0.0.1 event-bridge.ie1-ix.us1.twilio.com\n" in content
    assert b"127.0.0.1 api.dublin.ie1.twilio.com\n" in content

    removed = hosts(place, "--remove")
    assert removed.returncode == 0
    assert removed.stdout.startswith("hosts is as it was before.\nThe certificates are deleted;")
    assert file.read_bytes() == ORIGINAL
    assert file.stat().st_mode & 0o777 == 0o640
    assert list((place / "data").iterdir()) == []
    assert hosts(place, "--remove").stdout == "There is nothing to undo.\n"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--region=IE 1"], "'IE 1' is no region; say for example ie1, ie1-ix or dublin.ie1.\n"),
        (["--address=here"], "'here' does not appear to be an IPv4 or IPv6 address\n"),
        (["--remove", "--apply"], "--remove undoes everything; it goes with --hosts-file and"),
        (["--apply", "--hosts-file=gone"], "gone cannot be read (No such file or directory);"),
    ],
)
def test_what_cannot_be_done(options: list[str], sentence: str, place: Path) -> None:
    """A mistake ends with status 2 and a sentence, and the hosts file stays."""
    told = hosts(place, *options)

    assert told.returncode == 2
    assert told.stderr.startswith(sentence)
    assert (place / "hosts").read_bytes() == ORIGINAL


def test_serving_the_names(place: Path) -> None:
    """`serve --hosts` shows the certificate, on the port that was named; certificates come first."""
    without = pointsman("serve", "--hosts", "--port=0", "--data=data", folder=place)
    assert without.returncode == 2
    assert without.stderr.startswith("There are no certificates in ")
    assert hosts(place).returncode == 0
    both = pointsman("serve", "--hosts", "--tls-cert=x", "--data=data", folder=place)
    assert both.returncode == 2
    assert both.stderr.startswith("--hosts has a certificate of its own;")
    with a_server(place / "data", "--hosts") as server:
        trust = trusting(place / "data" / "hosts" / "ca.pem")
        assert httpx.get(f"{server.address}/healthz", verify=trust).text == "ok\n"
