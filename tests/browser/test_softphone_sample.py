"""docs/voice.md: the sample of a softphone in a page of one's own is a telephone."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from twilio.jwt.taskrouter.capabilities import WorkerCapabilityToken

from hatch_build import node_folder
from tests.browser.application import Application
from tests.browser.chromium import windows_of
from tests.browser.hotline import EAR, Hotline, heard_in
from tests.server import ACCOUNT_SID, AUTH_TOKEN

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/voice.md").read_text()
SECTION = PAGE.split("## A phone in the worker's page\n")[1].split("\n## ")[0]
[SAMPLE] = re.findall(r"^```js\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
LINE = "+4930166"
HTML = """<!doctype html>
<title>A telephone</title>
<audio autoplay></audio>
<script src="/jssip.js"></script>
<script>
  const server = "{server}", workspaceSid = "{workspace}", workerSid = "{worker}", token = "{token}";
</script>
<script type="module">{sample}</script>
"""


def bundled(folder: Path) -> bytes:
    """JsSIP as one classic script."""
    made = folder / "jssip.js"
    options = {
        "entryPoints": ["jssip"],
        "bundle": True,
        "globalName": "JsSIP",
        "outfile": str(made),
    }
    program = f"require('esbuild').buildSync({json.dumps(options)})"
    node = node_folder(folder) / "node"
    subprocess.run([node, "-e", program], cwd=ROOT / "web", check=True)
    return made.read_bytes()


@pytest.mark.feature(230, partly=True)
def test_a_page_of_ones_own_is_a_telephone(
    hotline: Hotline, talkative: Browser, application: Application, tmp_path: Path
) -> None:
    """It registers with what the server gives a worker's token, is called, and both hear each other."""
    hotline.queue_at(LINE)
    workspace = hotline.workspace
    [available] = workspace.activities.list(friendly_name="Available")
    [worker] = workspace.workers.list(friendly_name="erin")
    token = WorkerCapabilityToken(
        ACCOUNT_SID, AUTH_TOKEN, workspace.sid, worker.sid, allow_fetch_subresources=True
    )
    application.serve("/jssip.js", bundled(tmp_path), "text/javascript")
    html = HTML.format(
        server=hotline.server.address,
        workspace=workspace.sid,
        worker=worker.sid,
        token=token.to_jwt(),
        sample=SAMPLE,
    )
    with windows_of(talkative) as opened:
        page = opened()
        page.add_init_script(EAR)
        with page.expect_console_message(lambda message: "can be called" in message.text):
            page.goto(application.serve("/telephone.html", html))
        worker.update(activity_sid=available.sid)
        hotline.dial(LINE)
        hotline.caller_hears("music")
        hotline.offer().update(instruction="dequeue")
        hotline.caller_hears("worker")
        heard_in(page, "caller")
        hotline.hang_up()
    while not (wrapping := workspace.tasks.list(assignment_status=["wrapping"])):
        pass
    [task] = wrapping
    task.update(assignment_status="completed")
    [offline] = workspace.activities.list(friendly_name="Offline")
    worker.update(activity_sid=offline.sid)
