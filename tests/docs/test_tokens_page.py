"""docs/tokens.md: its samples run, and its tables tell what tokens do."""

from __future__ import annotations

import hmac
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hatch_build import node_folder
from pointsman.auth import AuthError, Role, access, authorize
from pointsman.auth.capability import verify
from pointsman.auth.minting import RESOURCE_ALLOWS, WORKER_ALLOWS
from pointsman.auth.principal import token_principal
from pointsman.auth.signing import SKEW_S, TOKEN_MAX_LENGTH
from tests.auth.builders import (
    AC,
    AUTH_TOKEN,
    BASE,
    QUEUE,
    SECRET,
    SK,
    WK,
    WQ,
    WR,
    WS,
    WT,
    read,
    segment,
)
from tests.auth.stock_tokens import REQUESTS, WORKER_CALLS, stock_token
from tests.program import environment

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tokens.md"
TEXT = PAGE.read_text(encoding="utf-8")
ACCESS = TEXT.partition("## Access tokens")[2]
ROWS = re.findall(
    r"^\| (.+) \| (\w+) `(\{W\}.+)` \| (.*?) ?\| `(\w+)`( \*)? \|$", TEXT, re.MULTILINE
)
OWN_ROWS = re.findall(r"^\| .+ \| (\w+) `\{R\}(.*?)` \| `(\w+)`( \*)? \|$", TEXT, re.MULTILINE)
DEFAULTS = {*WORKER_CALLS[:2], *WORKER_CALLS[7:10]}


READS = {"fetch", "activities.fetch", "fetchReservations", "reservation", "task", "list tasks"}
ANSWERS = {"update activity", "accept", "task's reservation", "completeTask"}
OF_QUEUE = {
    "queue": ("GET", QUEUE, {}),
    "queue's figures": ("GET", f"{QUEUE}/Statistics", {}),
    "change queue": ("POST", QUEUE, {"TaskOrder": "LIFO"}),
}
ASKED = {**REQUESTS, **OF_QUEUE}
ALLOWED = {
    "worker": (WK, READS | ANSWERS),
    "workspace": (WS, {name for name, (method, *_) in ASKED.items() if method == "GET"}),
    "taskqueue": (WQ, {"queue", "queue's figures"}),
    "customer": (WS, {"create task"}),
}
"""The page's tokens: their channels, and which of the requests each of them allows."""
SIDS = {
    "POINTSMAN_ACCOUNT_SID": AC,
    "POINTSMAN_AUTH_TOKEN": AUTH_TOKEN,
    "WORKSPACE_SID": WS,
    "WORKER_SID": WK,
    "TASK_QUEUE_SID": WQ,
}


def code(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def printed(command: list[str | Path], folder: Path) -> Any:
    """What a sample prints, as JSON."""
    ran = subprocess.run(
        command, cwd=folder, env=environment(**SIDS), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def by_python(folder: Path) -> Any:
    sample, _ = code("python")
    return printed([sys.executable, "-c", sample], folder)


def by_node(folder: Path) -> Any:
    [sample] = code("js")
    (folder / "tokens.mjs").write_text(sample)
    (folder / "node_modules").symlink_to(ROOT / "web" / "node_modules")
    return printed([node_folder(folder) / "node", "tokens.mjs"], folder)


def by_php(folder: Path) -> Any:
    [sample] = code("php")
    (folder / "tokens.php").write_text(sample)
    php = shutil.which("php")
    assert php is not None, "php is missing; `make test` installs Debian's php-cli"
    return printed([php, "tokens.php"], folder)


def by_hand(_: Path) -> Any:
    """The page's claims, signed as it says."""
    names = re.findall(r"^(?:.*)The `(\w+)`:$", TEXT, re.MULTILINE)
    tokens = {}
    sids = {sid[:2]: sid for sid in (AC, WS, WK, WQ)}
    for name, shown in zip(names, code("json"), strict=True):
        claims = re.sub(r"([A-Z]{2})…", lambda short: sids[short[1]], shown)
        [header] = re.findall(r"`(\{\"alg\".*?\})`", TEXT)
        signed = f"{segment(header.encode())}.{segment(claims.encode())}"
        digest = hmac.digest(AUTH_TOKEN.encode(), signed.encode(), "sha256")
        tokens[name] = f"{signed}.{segment(digest)}"
    return tokens


@pytest.mark.feature("181.24", 20, 303)
@pytest.mark.parametrize("made", [by_python, by_node, by_php, by_hand])
def test_each_sample_makes_the_four_tokens(made: Callable[[Path], Any], tmp_path: Path) -> None:
    """What the page's programs print allows exactly what the page says of each token."""
    tokens = made(tmp_path)
    assert list(tokens) == list(ALLOWED)

    for name, (channel, allowed) in ALLOWED.items():
        token = verify(tokens[name], {AC: AUTH_TOKEN}.get, time.time())
        assert token.channel_sid == channel
        assert {each for each, asked in ASKED.items() if token.policies.allow(*asked)} == allowed
        live = token.policies.allow("POST", f"/v1/wschannels/{AC}/{channel}", {})
        assert live is (name != "customer")


@pytest.mark.feature(21, "181.23", 303)
@pytest.mark.parametrize(("_method", "verb", "path", "names", "call", "default"), ROWS)
def test_each_row_of_the_table_is_true(
    _method: str, verb: str, path: str, names: str, call: str, default: str
) -> None:
    """The row's call alone allows its request, a token without it refuses and names it."""
    for short, sid in {"{W}": BASE, "WK…": WK, "WR…": WR, "WT…": WT}.items():
        path = path.replace(short, sid)
    params = dict.fromkeys(re.findall(r"`(\w+)`", names), "x")
    authorize(token_principal(read(stock_token(call))), verb, path, params)

    with pytest.raises(AuthError, match=rf": {call}( \(\w+\))? would$"):
        authorize(token_principal(read(stock_token("allow_web_sockets"))), verb, path, params)
    assert bool(default) is (call in DEFAULTS)


@pytest.mark.feature(303)
@pytest.mark.parametrize("channel", [WS, WQ])
@pytest.mark.parametrize(("verb", "below", "call", "default"), OWN_ROWS)
def test_each_row_of_the_second_table_is_true(
    verb: str, below: str, call: str, default: str, channel: str
) -> None:
    """The same of tokens for a workspace and for a task queue."""
    path = (BASE if channel == WS else QUEUE) + below.replace("…", "Statistics")
    authorize(token_principal(read(stock_token(call, channel=channel))), verb, path, {})

    bare = token_principal(read(stock_token("allow_web_sockets", channel=channel)))
    with pytest.raises(AuthError, match=rf": {call}( \(\w+\))? would$"):
        authorize(bare, verb, path, {})
    assert bool(default) is (call in DEFAULTS)


@pytest.mark.feature(22)
def test_the_last_example_makes_an_access_token() -> None:
    """The page's last Python, run as it stands, prints an access token of a worker."""
    [example] = re.findall(r"```python\n(.*?)```", ACCESS, re.DOTALL)
    printed = subprocess.run(
        [sys.executable, "-c", example],
        env={
            "POINTSMAN_ACCOUNT_SID": AC,
            "POINTSMAN_API_KEY_SID": SK,
            "POINTSMAN_API_KEY_SECRET": SECRET,
            "WORKSPACE_SID": WS,
            "WORKER_SID": WK,
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    token = access.verify(
        printed.stdout.strip(), lambda *key: {(SK, AC): SECRET}.get(key), time.time()
    )

    assert (token.worker_sid, token.role) == (WK, Role.WORKER)


def test_the_roles_are_complete() -> None:
    """The table of roles names each of them once."""
    rows = re.findall(r"^\| `(\w+)` \| ", ACCESS, re.MULTILINE)

    assert rows == list(Role)


def test_the_page_is_complete() -> None:
    """Every call, every word of --allow and every limit stands on the page."""
    told = set(re.findall(r"`(allow_\w+)`", TEXT))

    assert told == set(WORKER_CALLS)
    assert (len(ROWS), len(OWN_ROWS)) == (13, 6)
    assert all(word in TEXT for word in (*WORKER_ALLOWS, *RESOURCE_ALLOWS))
    assert f"over {TOKEN_MAX_LENGTH} characters" in TEXT
    assert f"with {SKEW_S} seconds allowed" in TEXT
