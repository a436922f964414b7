"""The samples of docs/browser-sdk.md for a supervisor's page, in the form of `samples`."""

from __future__ import annotations

from tests.browser.samples import Row
from tests.browser.stage import Stage

CLIENTS = """
  const workspace = new Twilio.TaskRouter.Workspace(workspaceToken, false);
  const queue = new Twilio.TaskRouter.TaskQueue(taskQueueToken, false);
"""


def show(stage: Stage, name: str, more: str = "") -> None:
    """The sample, with a token of the workspace and one of the queue."""
    tokens = f"""
      const workspaceToken = "{stage.place.workspace_token()}";
      const taskQueueToken = "{stage.place.queue_token()}";
    """
    stage.show(name, setup=tokens + more)


def both(stage: Stage) -> None:
    show(stage, "a workspace and a task queue")
    stage.page.wait_for_function("workspace.friendlyName && queue.friendlyName")
    assert stage.page.evaluate("[workspace.sid, queue.sid]") == [
        stage.place.workspace_sid,
        stage.place.queue_sid,
    ]


def lists(stage: Stage) -> None:
    place = stage.place
    place.worker("bob", "Offline")
    show(stage, "lists", CLIENTS)
    lines = set(stage.lines(4))
    made = [each for each in place.workspace.task_queues.list() if each.friendly_name == "Spanish"]
    assert lines == {"alice", made[0].sid, "Lunch", "deleted"}
    assert "Lunch" not in [each.friendly_name for each in place.workspace.activities.list()]


def figures(stage: Stage) -> None:
    stage.place.task()
    show(stage, "figures", CLIENTS)
    assert sorted(stage.lines(3)) == ["1", "1", "1"]


SUPERVISION: list[tuple[str, Row]] = [
    ("a workspace and a task queue", both),
    ("lists", lists),
    ("figures", figures),
]
