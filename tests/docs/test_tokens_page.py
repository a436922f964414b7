"""docs/tokens.md: its example runs, and its table tells what tokens do."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pointsman.auth import AuthError, authorize
from pointsman.auth.capability import SKEW_S, TOKEN_MAX_LENGTH, verify
from pointsman.auth.minting import RESOURCE_ALLOWS, WORKER_ALLOWS
from pointsman.auth.principal import token_principal
from tests.auth.builders import AC, AUTH_TOKEN, BASE, WK, WORKER, WR, WS, WT, read
from tests.auth.stock_tokens import WORKER_CALLS, stock_token

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tokens.md"
TEXT = PAGE.read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| (.+) \| (\w+) `(\{W\}.+)` \| (.*?) ?\| `(\w+)`( \*)? \|$", TEXT, re.MULTILINE
)
DEFAULTS = {*WORKER_CALLS[:2], *WORKER_CALLS[7:10]}


@pytest.mark.feature("181.24", 20)
def test_the_example_makes_a_token() -> None:
    """The page's Python, run as it stands, prints a worker's token with both capabilities."""
    example = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    printed = subprocess.run(
        [sys.executable, "-c", example[1]],
        env={
            "POINTSMAN_ACCOUNT_SID": AC,
            "POINTSMAN_AUTH_TOKEN": AUTH_TOKEN,
            "WORKSPACE_SID": WS,
            "WORKER_SID": WK,
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    token = verify(printed.stdout.strip(), {AC: AUTH_TOKEN}.get, time.time())

    assert token.worker_sid == WK
    assert token.policies.allow("POST", WORKER, {"ActivitySid": "WA1"})
    assert token.policies.allow("POST", f"{BASE}/Tasks/{WT}", {})


@pytest.mark.feature(21, "181.23")
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


def test_the_page_is_complete() -> None:
    """Every call, every word of --allow and every limit stands on the page."""
    told = set(re.findall(r"`(allow_\w+)`", TEXT))

    assert told == set(WORKER_CALLS)
    assert len(ROWS) == 13
    assert all(word in TEXT for word in (*WORKER_ALLOWS, *RESOURCE_ALLOWS))
    assert f"over {TOKEN_MAX_LENGTH} characters" in TEXT
    assert f"with {SKEW_S} seconds allowed" in TEXT
