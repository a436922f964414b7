"""Callers who wait: their tasks, what they hear meanwhile, how they leave, and documents that fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.voice.twiml import BadTwiml, parse
from tests.voice.scene import VoiceScene, told

NOBODY = "<Enqueue workflowSid='{}' waitUrl='/wait' action='/after'>{}</Enqueue>"


@pytest.mark.feature(159, 160)
def test_the_task_of_a_caller(tmp_path: Path) -> None:
    """The noun gives priority, time-out and attributes, and what the call knows wins."""

    async def story(scene: VoiceScene) -> None:
        noun = '<Task priority="5" timeout="200">{"language": "es", "from": "me"}</Task>'
        await scene.number(NOBODY.format(scene.workflow_sid, noun))
        await scene.call_in()
        task = await scene.task()
        assert (task["priority"], task["timeout"]) == (5, 200)
        attributes = task["attributes"]
        assert (attributes["language"], attributes["from"]) == ("es", "+15557654321")
        assert attributes["call_status"] == "in-progress"
        assert attributes["direction"] == "inbound"
        assert attributes["from_city"] == ""

    told(tmp_path, story)


@pytest.mark.feature(162, 212)
def test_a_caller_who_leaves(tmp_path: Path) -> None:
    """The wait document is told the queue's figures; Leave ends the wait and the action's verbs run."""

    async def story(scene: VoiceScene) -> None:
        scene.application.documents["/wait"] = "<Say>Please hold</Say><Leave/>"
        scene.application.documents["/after"] = "<Say>Goodbye then</Say>"
        await scene.number(NOBODY.format(scene.workflow_sid, ""))
        caller = await scene.call_in()
        assert scene.hears(caller) == {"say:Please hold"}
        (wait,) = scene.application.told("/wait")
        figures = ("QueuePosition", "CurrentQueueSize", "MaxQueueSize", "QueueTime", "AvgQueueTime")
        assert [wait[name] for name in figures] == ["1", "1", "100", "0", "0"]
        await scene.pass_time(0.7)
        (after,) = scene.application.told("/after")
        assert (after["QueueResult"], after["TaskCanceledReason"]) == ("leave", "leave")
        assert (await scene.task())["reason"] == "leave"
        assert scene.hears(caller) == {"say:Goodbye then"}

    told(tmp_path, story)


@pytest.mark.feature(162)
def test_a_queue_that_is_full(tmp_path: Path) -> None:
    """Who finds the queue full makes no task, and the action is told so."""

    async def story(scene: VoiceScene) -> None:
        await scene.number(
            f"<Enqueue workflowSid='{scene.workflow_sid}' maxQueueSize='1' action='/after'/>"
        )
        await scene.call_in()
        await scene.call_in("+15552223333")
        (after,) = scene.application.told("/after")
        assert after["QueueResult"] == "queue-full"
        assert len(await scene.tasks()) == 1

    told(tmp_path, story)


@pytest.mark.feature(162)
def test_a_workflow_that_is_not_there(tmp_path: Path) -> None:
    """Without a task the result is error, with an alert."""

    async def story(scene: VoiceScene) -> None:
        await scene.number(NOBODY.format("WW" + "0" * 32, ""))
        await scene.call_in()
        (after,) = scene.application.told("/after")
        assert after["QueueResult"] == "error"
        assert (14222, "warning") in await scene.alerts()

    told(tmp_path, story)


@pytest.mark.feature(213)
def test_a_verb_out_of_scope(tmp_path: Path) -> None:
    """A verb that is not offered raises a warning that names it, and the next one runs."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("<Pay/><Say>Hello</Say>")
        caller = await scene.call_in()
        assert scene.hears(caller) == {"say:Hello"}
        found = (await scene.get("/pointsman/v1/Alerts"))["alerts"]
        assert [alert["log_level"] for alert in found] == ["warning"]
        assert "<Pay>" in found[0]["message"]

    told(tmp_path, story)


@pytest.mark.feature(215)
@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE r [<!ENTITY a "aaaa">]><Response><Say>&a;</Say></Response>',
        '<!DOCTYPE r SYSTEM "http://elsewhere.test/r.dtd"><Response/>',
        "<Response>" + "<Gather>" * 40 + "</Gather>" * 40 + "</Response>",
        "<Response>" + "<Say/>" * 5_000 + "</Response>",
        "<Response><Say>" + "a" * 70_000 + "</Say></Response>",
        "<Answer/>",
        "no XML at all",
    ],
)
def test_hostile_documents(document: str) -> None:
    """Entities, document types, endless depth, length and other elements are refused with a sentence."""
    with pytest.raises(BadTwiml, match="document"):
        parse(document.encode())


def test_a_menu(tmp_path: Path) -> None:
    """Keys that the caller presses end the prompt and are told at the action."""

    async def story(scene: VoiceScene) -> None:
        menu = "<Gather numDigits='2' action='/menu'><Say>Press two keys</Say></Gather>"
        await scene.number(menu + "<Say>Nothing</Say>")
        caller = await scene.call_in()
        scene.world.press(caller, "4")
        await scene.pass_time(0)
        assert scene.hears(caller) == set()
        scene.world.press(caller, "2")
        await scene.pass_time(0)
        (menu_told,) = scene.application.told("/menu")
        assert menu_told["Digits"] == "42"

    told(tmp_path, story)
