"""The original's quickstart from the caller's side: a number, a menu, a queue, a worker's browser, figures.

Real telephones, a real browser, an application of three documents, and nothing is scripted: the caller
presses keys when he hears the menu, the worker accepts what is offered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.hotline import Hotline, heard_in
from tests.receiver import Received, Receiver, a_receiver

pytestmark = pytest.mark.alone

NUMBER = "+4930199"
MENU = """<Response>
  <Gather numDigits="1" action="/chosen" timeout="5">
    <Say loop="0">For Spanish press one. For English press two.</Say>
  </Gather>
</Response>"""
QUEUE = """<Response>
  <Enqueue workflowSid="{workflow}" action="/after">
    <Task priority="5">{{"language": "{language}", "level": 1, "account": "77-12"}}</Task>
  </Enqueue>
</Response>"""
LANGUAGES = {"1": "es", "2": "en"}
COUNTED = ("tasks_entered", "tasks_completed", "reservations_created", "reservations_accepted")


def application(hotline: Hotline, workflow_sid: str) -> Receiver:
    """What answers when the number is called."""

    async def answer(received: Received) -> web.StreamResponse:
        documents = {
            "/menu": MENU,
            "/chosen": QUEUE.format(
                workflow=workflow_sid, language=LANGUAGES.get(received.form.get("Digits", ""), "")
            ),
            "/after": "<Response/>",
        }
        path = received.url.rpartition(str(running.port))[2]
        return web.Response(text=documents[path], content_type="text/xml")

    running = hotline.aside.open(a_receiver(answer))
    return running


def asked(receiver: Receiver, path: str) -> list[dict[str, str]]:
    """The parameters of every request for a document."""
    return [each.form for each in receiver.received if each.url.endswith(path)]


def figures(workflow: Any) -> dict[str, int]:
    counted = workflow.cumulative_statistics().fetch()
    return {name: getattr(counted, name) for name in COUNTED}


@pytest.mark.feature(219)
def test_from_the_dialled_number_to_the_statistics(
    hotline: Hotline, phone_desk: Callable[[], Desk]
) -> None:
    """The caller chooses Spanish, a worker who speaks it accepts, they talk, and it is counted."""
    [workflow] = hotline.workspace.workflows.list()
    running = application(hotline, workflow.sid)
    hotline.number(NUMBER, f"{running.url}/menu")
    before = figures(workflow)
    bob, carla = phone_desk(), phone_desk()
    for desk, name in ((bob, "Bob"), (carla, "Carla")):
        desk.sit_down(name, "Available")
        expect(desk.page.locator("#phone")).to_contain_text("Ready")

    hotline.dial(NUMBER)
    hotline.caller_hears("say")
    hotline.press("1")
    hotline.caller_hears("music")
    expect(bob.offers).to_have_count(0)
    offer = carla.offers.first
    expect(offer).to_contain_text("Call from caller")
    expect(offer).to_contain_text("language: es · level: 1 · account: 77-12")
    expect(offer).to_contain_text("priority 5")
    carla.press("Accept", offer)
    hotline.caller_hears("worker")
    heard_in(carla.page, "caller")

    hotline.hang_up()
    expect(carla.work.first).to_contain_text("Wrapping up")
    carla.press("Complete", carla.work.first)
    expect(carla.work).to_have_count(0)
    [chosen], [after] = asked(running, "/chosen"), asked(running, "/after")
    assert (chosen["To"], chosen["Digits"], after["QueueResult"]) == (NUMBER, "1", "bridged")
    done = hotline.workspace.tasks.list(assignment_status=["completed"])
    assert [task.sid for task in done if chosen["CallSid"] in task.attributes] == [after["TaskSid"]]
    counted = figures(workflow)
    assert {name: counted[name] - before[name] for name in COUNTED} == dict.fromkeys(COUNTED, 1)
