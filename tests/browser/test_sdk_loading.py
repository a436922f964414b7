"""How a page loads the SDK, where the SDK finds its server, and what it prints."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from pointsman.console import load_sdk
from tests.browser.application import Application
from tests.browser.place import Place
from tests.browser.sdk import Sdk, page_with
from tests.program import pointsman

START = "(given) => listen(new Twilio.TaskRouter.Worker(...given))"
READY = "() => heard.find((each) => each.name === 'ready')"


@pytest.fixture
def tag(place: Place, tmp_path: Path) -> str:
    """The script line for the running server, as the command prints it."""
    return pointsman("sdk", "tag", f"--public-url={place.address}", folder=tmp_path).stdout


@pytest.mark.feature("181.2", 238, 239)
def test_the_printed_line_loads_the_sdk(
    window: Callable[..., Page], application: Application, place: Place, tag: str
) -> None:
    """The line of `pointsman sdk tag`, pasted into a page of another origin, makes a worker."""
    page = window()
    page.goto(application.serve("/pasted.html", page_with(tag)))
    page.evaluate(START, [place.token(), False])

    assert page.wait_for_function(READY).json_value()["value"]["sid"] == place.alice
    assert page.evaluate("location.origin") != place.address
    assert 'crossorigin="anonymous"' in tag


@pytest.mark.feature("181.2")
def test_other_bytes_are_blocked(
    window: Callable[..., Page], application: Application, tag: str
) -> None:
    """With a hash of other bytes the browser refuses the script."""
    page = window()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    wrong = re.sub(r"sha384-[^\"]+", "sha384-" + "A" * 64, tag)
    page.goto(application.serve("/blocked.html", page_with(wrong)))

    assert page.evaluate("typeof Twilio") == "undefined"
    assert any("integrity" in message for message in messages)


@pytest.mark.feature("181.2", 239)
def test_the_demo_page_shows_the_same_line(
    window: Callable[..., Page], place: Place, tag: str
) -> None:
    """The page at `/` shows the line that the command prints."""
    page = window()
    page.goto(place.address)

    assert page.locator("#tag").text_content() == tag.strip()


@pytest.mark.feature(238)
@pytest.mark.parametrize("path", ["/sdk/taskrouter.mjs", "/sdk/v{version}/taskrouter.mjs"])
def test_the_module_makes_a_worker(
    window: Callable[..., Page], application: Application, place: Place, path: str
) -> None:
    """The ES module, imported from another origin, finds its server by its own address."""
    page = window()
    page.goto(application.serve("/module.html", page_with("")))
    version = page.evaluate(f"import('{place.address}/sdk/taskrouter.mjs').then((m) => m.version)")
    page.evaluate(
        "([url, token]) => import(url).then((module) => listen(new module.Worker(token, false)))",
        [place.address + path.format(version=version), place.token()],
    )

    assert page.wait_for_function(READY).json_value()["value"]["sid"] == place.alice
    assert page.evaluate("typeof window.Twilio") == "undefined"


ELSEWHERE = '<script src="/own/taskrouter.min.js"></script>'
WITH_REGIONS = ELSEWHERE.replace("></", """ data-regions='{"ie1": "SERVER"}'></""")


@pytest.mark.feature("181.3")
@pytest.mark.parametrize(
    ("line", "setting", "arguments"),
    [
        (ELSEWHERE, "", ["", 0, "", "SERVER"]),
        (ELSEWHERE, "Twilio.TaskRouter.baseUrl = 'SERVER/'", []),
        ('<script src="SERVER/sdk/taskrouter.min.js"></script>', "", []),
        (WITH_REGIONS, "", ["ie1"]),
        (ELSEWHERE, "Twilio.TaskRouter.regions.ie1 = 'SERVER'", ["ie1"]),
    ],
    ids=["argument", "setting", "script address", "region of the tag", "region of the page"],
)
def test_the_server_is_found(
    window: Callable[..., Page],
    application: Application,
    place: Place,
    line: str,
    setting: str,
    arguments: list[Any],
) -> None:
    """The server is the argument's, the region's, the page's or where the script came from."""

    def here(text: Any) -> Any:
        return text.replace("SERVER", place.address) if isinstance(text, str) else text

    page = window()
    sdk = load_sdk()["taskrouter.min.js"]
    application.serve("/own/taskrouter.min.js", sdk.body, "text/javascript")
    page.goto(application.serve("/found.html", page_with(here(line))))
    page.evaluate(f"() => {{ {here(setting)} }}")
    page.evaluate(START, [place.token(), False, None, None, False, *map(here, arguments)])

    assert page.wait_for_function(READY).json_value()["value"]["sid"] == place.alice


@pytest.mark.feature("181.1")
def test_the_arguments_of_the_constructor(sdk: Sdk, place: Place) -> None:
    """Seven arguments and two more are kept; each has its default."""
    members = (
        "[worker.workerSid, worker.connectActivitySid, worker.disconnectActivitySid,"
        " worker.closeExistingSessions, worker.maxRetries, worker.resourceUrl]"
    )
    home = f"/v1/Workspaces/{place.workspace_sid}/Workers/{place.alice}"
    sdk.start(place.token())
    defaults = sdk.run(f"return {members}")
    sdk.hear("ready")
    available = place.activities["Available"]
    sdk.start(place.token(), "false", available, available, "true", "ie1", 3, "https://x.test/v1")

    assert defaults == [place.alice, None, None, False, 0, place.address + home]
    assert sdk.run(f"return {members}") == [
        place.alice, available, available, True, 3, "https://x.test" + home,
    ]  # fmt: skip


@pytest.mark.feature("181.1")
@pytest.mark.parametrize(
    ("debug", "prints"), [([], True), ([True], True), ([False], False), (["false"], False)]
)
def test_debug(sdk: Sdk, place: Place, debug: list[Any], prints: bool) -> None:
    """The SDK prints what happens, never a token, and with `debug` false it prints nothing."""
    texts: list[str] = []
    sdk.page.on("console", lambda message: texts.append(message.text))
    token = place.token()
    sdk.start(token, *debug)
    sdk.hear("ready")
    sdk.ask("worker.update('ActivitySid', a, done)", place.activities["Offline"])
    sdk.hear("activity.update")

    assert bool(texts) is prints
    assert any("activity.update" in text for text in texts) is prints
    assert not any(token in text for text in texts)


@pytest.mark.feature("181.1")
@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        (None, "Token is required for TaskRouter JS SDK"),
        ("", "Token is required for TaskRouter JS SDK"),
        ("a.b", "Wrong number of segments"),
        ("e30.e30.e30", "Missing minimum payload values"),
    ],
)
def test_an_unusable_token_throws(sdk: Sdk, token: str | None, sentence: str) -> None:
    """Without a token, or with one that is no token, the constructor throws a sentence."""
    told = sdk.run(
        "try { new Twilio.TaskRouter.Worker(a) } catch (error) { return error.message }", token
    )

    assert told.startswith(sentence)
