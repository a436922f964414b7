"""Programs with the original's hosts built in, in a world where `pointsman hosts` was applied.

`python inside.py FOLDER NODE` runs in mount and network namespaces of its own (`unshare -rmn`), so it may
change /etc/hosts, listen on port 443 and tell Chromium by policy whom to trust, and nobody outside
sees any of it. Prints one JSON object of what the programs said.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.modern.clients import bundled
from tests.modern.desk import access_token
from tests.program import pointsman, printed_by, running_server
from tests.server import ACCOUNT, ACCOUNT_SID, AUTH_TOKEN

HERE = Path(__file__).parent
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40
PATIENCE_MS = 15_000


def main(folder: Path, node: str) -> dict[str, Any]:
    """What was seen, from the first line in /etc/hosts to the last one gone."""
    _raise_loopback()
    _own_file(folder / "etc-hosts", Path("/etc/hosts"))
    before = Path("/etc/hosts").read_bytes()
    applied = pointsman("hosts", "--apply", "--region=ie1-ix", "--data=data", folder=folder)
    assert applied.returncode == 0, applied.stderr
    certificates = folder / "data" / "hosts"
    _trust_by_policy(folder, certificates / "ca.pem")
    with running_server(folder / "data", "--hosts", port=None, **ACCOUNT) as server:
        seen = {
            "address": server.address,
            "python": _run([sys.executable, HERE / "stock_client.py"], certificates),
            "node": _run([node, HERE / "stock_client.mjs"], certificates),
        }
        token = access_token(*seen["python"]["sids"])
        seen["modern"] = _run([node, HERE / "modern_client.mjs"], certificates, ACCESS_TOKEN=token)
        seen["browser"] = _browser(seen["python"], token, bundled(Path(node).parent))
    removed = pointsman("hosts", "--remove", "--data=data", folder=folder)
    assert removed.returncode == 0, removed.stderr
    seen["undone"] = Path("/etc/hosts").read_bytes() == before and not certificates.exists()
    return seen


def _raise_loopback() -> None:
    """A new network namespace has a loopback interface that is down."""
    request = struct.pack("16sh22x", b"lo", IFF_UP | IFF_RUNNING)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        fcntl.ioctl(asking, SIOCSIFFLAGS, request)


def _own_file(copy: Path, path: Path) -> None:
    copy.write_bytes(path.read_bytes())
    subprocess.run(["mount", "--bind", copy, path], check=True)


def _trust_by_policy(folder: Path, authority: Path) -> None:
    """As an operator of many machines does it: a file with the authority's certificate."""
    lines = authority.read_text().splitlines()
    policies = folder / "chromium" / "policies" / "managed"
    policies.mkdir(parents=True)
    told = {"CACertificates": ["".join(lines[1:-1])]}
    (policies / "authority.json").write_text(json.dumps(told))
    subprocess.run(["mount", "--bind", folder / "chromium", "/etc/chromium"], check=True)


def _run(command: list[Any], certificates: Path, **more: str) -> Any:
    """What a program says that was told nothing but whom to trust."""
    trust = {
        "REQUESTS_CA_BUNDLE": str(certificates / "bundle.pem"),
        "NODE_EXTRA_CA_CERTS": str(certificates / "ca.pem"),
    }
    account = {"TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": AUTH_TOKEN}
    return printed_by(*command, **trust, **account, **more)


def _browser(given: dict[str, str], access_token: str, bundle: str) -> Any:
    """What a page sees whose script comes from, and goes to, the original's hosts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"],
        )
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto("https://taskrouter.twilio.com/")
        page.add_script_tag(url="https://event-bridge.twilio.com/sdk/taskrouter.min.js")
        seen = page.evaluate((HERE / "page.js").read_text(), given["token"])
        page.add_script_tag(content=bundle)
        seen["modern"] = page.evaluate((HERE / "modern_page.js").read_text(), access_token)
        browser.close()
        return seen


if __name__ == "__main__":
    os.umask(0o077)
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))
