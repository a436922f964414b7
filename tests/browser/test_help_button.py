"""`examples/help_button`: the shop's page and the desk, in two windows of a real browser."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.program import environment
from tests.server import ACCOUNT_SID, AUTH_TOKEN, Server

APPLICATION = Path(__file__).parents[2] / "examples" / "help_button" / "app.py"


@pytest.fixture
def shop(server: Server) -> Iterator[str]:
    """The running application's address."""
    process = subprocess.Popen(
        [sys.executable, str(APPLICATION)],
        env=environment(
            POINTSMAN_URL=server.address,
            POINTSMAN_ACCOUNT_SID=ACCOUNT_SID,
            POINTSMAN_AUTH_TOKEN=AUTH_TOKEN,
        ),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        with process.stdout as lines:
            found = re.search(r"http://\S+/", lines.readline())
            assert found is not None
            yield found[0]
    finally:
        process.kill()
        process.wait()


@pytest.mark.feature(271)
def test_a_customer_presses_and_somebody_comes(
    window: Callable[..., Page], shop: str, server: Server
) -> None:
    """The question reaches the desk, its acceptance the customer, and the task is completed."""
    desk, customer = window(), window()
    desk.goto(f"{shop}desk")
    expect(desk.get_by_role("status")).to_have_text("Nora is Available.")

    customer.goto(shop)
    customer.get_by_label("Your question").fill("Does it pour?")
    customer.get_by_role("button", name="Help me").click()
    line = desk.get_by_role("listitem")
    expect(line).to_contain_text("Does it pour?")
    expect(customer.get_by_role("status")).to_have_text("One moment, please.")

    line.get_by_role("button", name="Accept").click()
    expect(customer.get_by_role("status")).to_have_text("Nora will be with you at once.")
    line.get_by_role("button", name="Done").click()
    expect(line).to_have_count(0)

    [workspace] = server.client().taskrouter.v1.workspaces.list(friendly_name="Help button")
    [task] = workspace.tasks.list()
    assert (task.assignment_status, task.reason) == ("completed", "helped")
