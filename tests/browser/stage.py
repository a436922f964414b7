"""A page that runs one sample of docs/browser-sdk.md as printed, in classic scripts.

Before the sample the page gets the names that the samples use (`WORKER_TOKEN`, `taskSid`,
`refreshJWT`), and nothing else; `WAxxx`, `WAyyy` and `CAxxxx` are filled in, and where calls are real the
addresses of documents and callbacks. A sample about a `reservation` runs when one is offered. What the sample prints is kept; what the SDK's own debugging prints is apart.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, Response

from tests.browser.application import Application
from tests.browser.place import Place

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "browser-sdk.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
SAMPLES: dict[str, str] = dict(
    re.findall(r"^<!-- sample: (.+?) -->\n\n```js\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
)
DEBUG = "[TaskRouter]"
CALL_SID = "CA" + "c1" * 16
"""The caller's, in the attributes of a task that a call made."""
PAGE = """<!doctype html>
<title>A sample</title>
<script src="{address}/sdk/taskrouter.min.js" crossorigin></script>
<script>
  const WORKER_TOKEN = {token};
  const taskSid = {task_sid};
  const refreshJWT = () => {next_token};
</script>
<script>{setup}</script>
{scripts}
"""
OFFERED = """
  const client = new Twilio.TaskRouter.Worker(WORKER_TOKEN, false);
  const run = (offered) => {
    window.reservation = offered;
    const script = document.createElement("script");
    script.textContent = %s;
    document.body.append(script);
  };
"""
ON_OFFER = OFFERED + 'client.on("reservation.created", run);'
ON_ACCEPTED = (
    OFFERED
    + 'client.on("reservation.created", (offered) => offered.accept((_, mine) => run(mine)));'
)


class Stage:
    """One page, its workspace, and what the sample printed."""

    def __init__(self, page: Page, application: Application, place: Place) -> None:
        self.page = page
        self.place = place
        self.next_token = place.token(ttl=1800)
        self.debugged: list[str] = []
        self.answers: list[Response] = []
        self.filled: dict[str, str] = {"CAxxxx": CALL_SID}
        """What stands in the samples for something that only a reader can know."""
        self._application = application
        self._lines: list[str] = []
        page.on("console", self._heard)
        page.on("response", self._answered)

    def show(
        self,
        name: str,
        *,
        setup: str = "",
        token: str = "",
        task_sid: str = "",
    ) -> None:
        """Open a page with the sample; with `ON_OFFER` it runs when a reservation is there."""
        sample = self._filled_in(SAMPLES[name])
        waits = "%s" in setup
        text = PAGE.format(
            address=self.place.address,
            token=json.dumps(token or self.place.token()),
            task_sid=json.dumps(task_sid),
            next_token=json.dumps(self.next_token),
            setup=setup % json.dumps(sample) if waits else setup,
            scripts="" if waits else f"<script>{sample}</script>",
        )
        self.page.goto(self._application.serve("/sample.html", text))

    def be_ready(self) -> None:
        """Wait until the worker's client that the sample made knows its worker."""
        self.page.wait_for_function("worker.sid")

    def lines(self, count: int) -> list[str]:
        """The lines that the sample printed, as soon as there are so many."""
        while len(self._lines) < count:
            self.page.wait_for_event("console")
        return list(self._lines)

    def lines_to(self, last: str) -> list[str]:
        """The lines that the sample printed, as soon as this one is among them."""
        while last not in self._lines:
            self.page.wait_for_event("console")
        return list(self._lines)

    def instructed(self) -> dict[str, Any]:
        """The answer to the instruction that the sample gave, and under `params` what it sent."""
        while not (found := [each for each in self.answers if "Instruction" in _sent(each)]):
            self.page.wait_for_event("response")
        body: dict[str, Any] = found[0].json()
        return {**body, "params": json.loads(_sent(found[0]))["params"]}

    def tokens(self) -> list[str]:
        """The tokens of all requests so far, in order."""
        return [json.loads(_sent(each))["token"] for each in self.answers]

    def _filled_in(self, sample: str) -> str:
        activities = self.place.activities
        known = {"WAxxx": activities["Offline"], "WAyyy": activities["Unavailable"], **self.filled}
        pattern = "|".join(map(re.escape, known))
        return re.sub(pattern, lambda found: known[found[0]], sample)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type != "log":  # the browser's own
            return
        text = message.text
        (self.debugged if text.startswith(DEBUG) else self._lines).append(text)

    def _answered(self, response: Response) -> None:
        if response.request.method == "POST":
            self.answers.append(response)


def _sent(response: Response) -> str:
    return response.request.post_data or ""
