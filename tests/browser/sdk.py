"""An application's page with the SDK in it, as a test sees it: what it calls, what it hears.

The page is served from another origin than the server and loads the SDK by a script tag. `Sdk.ask`
calls a method whose last argument is a callback and gives what the callback got.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.browser.application import Application
from tests.browser.place import Place

EVENTS = (
    "ready",
    "connected",
    "disconnected",
    "error",
    "token.expired",
    "activity.update",
    "attributes.update",
    "capacity.update",
    "channel.availability.update",
    "reservation.created",
    "reservation.accepted",
    "reservation.rejected",
    "reservation.timeout",
    "reservation.canceled",
    "reservation.rescinded",
    "reservation.wrapup",
    "reservation.completed",
)
PAGE = """<!doctype html>
<title>An application</title>
{tag}
<script>
  const heard = [];
  const kept = {{}};  // the live objects that events brought, by the event's name
  function listen(worker) {{
    window.worker = window.client = worker;
    for (const name of {events}) {{
      worker.on(name, (value) => {{
        kept[name] = value;
        const brought = value === undefined ? null : JSON.parse(JSON.stringify(value));
        heard.push({{ name, value: brought, at: Date.now() / 1000 }});
      }});
    }}
  }}
  function outcome(error, result) {{
    return {{
      isError: error instanceof Error,
      error: error && {{ code: error.code, message: error.message, twilioCode: error.twilioCode }},
      none: error === null,
      result: result === undefined ? null : JSON.parse(JSON.stringify(result)),
    }};
  }}
</script>
"""


def page_with(tag: str) -> str:
    """The application's page, with this line to load the SDK."""
    return PAGE.format(tag=tag, events=list(EVENTS))


class Sdk:
    """One page with one client."""

    def __init__(self, page: Page, application: Application, place: Place) -> None:
        self.page = page
        self._seen: dict[str, int] = {}
        tag = f'<script src="{place.address}/sdk/taskrouter.min.js" crossorigin></script>'
        page.goto(application.serve("/sdk.html", page_with(tag)))

    def start(self, token: str, *arguments: Any, kind: str = "Worker") -> None:
        """Make the client with these constructor arguments."""
        self.page.evaluate(
            f"(given) => listen(new Twilio.TaskRouter.{kind}(...given))", [token, *arguments]
        )

    def hear(self, event: str) -> Any:
        """What the next event of this name brought; waits for it."""
        number = self._seen[event] = self._seen.get(event, 0) + 1
        found = self.page.wait_for_function(
            "([name, number]) => heard.filter((each) => each.name === name)[number - 1]",
            arg=[event, number],
        )
        return found.json_value()["value"]

    def heard(self) -> list[str]:
        """The names of all events so far."""
        return list(self.page.evaluate("heard.map((each) => each.name)"))

    def ask(self, call: str, argument: Any = None) -> Any:
        """What `done` got in a call such as `worker.fetch(done)`; `a` is the argument."""
        return self.page.evaluate(
            f"(a) => new Promise((tell) => {{ const done = (...got) => tell(outcome(...got)); {call} }})",
            argument,
        )

    def run(self, script: str, argument: Any = None) -> Any:
        """Run a statement; `a` is the argument."""
        return self.page.evaluate(f"(a) => {{ {script} }}", argument)
