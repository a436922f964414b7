"""The clients of a workspace and of a task queue in a supervisor's page."""

from __future__ import annotations

import json

import pytest

from tests.browser.place import Place
from tests.browser.sdk import Sdk


@pytest.fixture
def workspace(sdk: Sdk, place: Place) -> Sdk:
    """A page with a workspace's client, ready."""
    sdk.start(place.workspace_token(), False, kind="Workspace")
    ready = sdk.hear("ready")
    assert ready["sid"] == place.workspace_sid
    return sdk


@pytest.mark.feature(184)
def test_a_workspace_is_read_changed_and_deleted(workspace: Sdk, place: Place) -> None:
    """Ready, fetch, update and delete of the workspace itself."""
    updated = workspace.ask("client.update('FriendlyName', a, done)", "Renamed")
    assert updated["result"]["friendlyName"] == "Renamed"
    assert workspace.run("return client.friendlyName") == "Renamed"
    assert place.workspace.fetch().friendly_name == "Renamed"
    assert workspace.ask("client.fetch(done)")["result"]["sid"] == place.workspace_sid
    assert workspace.ask("client.delete(done)") == {
        "isError": False,
        "error": None,
        "none": True,
        "result": None,
    }
    assert workspace.hear("disconnected")["code"] == 4404


LISTS = {
    "activities": ({"FriendlyName": "Lunch", "Available": "false"}, "FriendlyName", "Break"),
    "workflows": (
        {"FriendlyName": "Other", "Configuration": {"task_routing": {"filters": []}}},
        "FriendlyName",
        "Another",
    ),
    "taskqueues": ({"FriendlyName": "Spanish"}, "FriendlyName", "French"),
    "workers": ({"FriendlyName": "bob"}, "FriendlyName", "bert"),
    "tasks": ({"Attributes": '{"a":1}', "WorkflowSid": None}, "Priority", "15"),
}


@pytest.mark.feature(184)
@pytest.mark.parametrize("name", list(LISTS))
def test_every_list_of_a_workspace(workspace: Sdk, place: Place, name: str) -> None:
    """Items are created, found in the list, fetched, updated by list and by item, and deleted."""
    fields, field, value = LISTS[name]
    fields = {key: place.workflow_sid if given is None else given for key, given in fields.items()}
    if "Configuration" in fields:
        routing = {"task_routing": {"default_filter": {"queue": place.queue_sid}}}
        fields["Configuration"] = json.dumps(routing)
    made = workspace.ask(f"client.{name}.create(a, done)", fields)
    assert made["none"], made
    sid = made["result"]["sid"]

    found = workspace.ask(f"client.{name}.fetch((e, list) => done(e, list && list.data))")
    assert sid in [each["sid"] for each in found["result"]]
    assert workspace.ask(f"client.{name}.fetch(a, done)", sid)["result"]["sid"] == sid
    changed = workspace.ask(f"client.{name}.update(a[0], a[1], a[2], done)", [sid, field, value])
    key = field[0].lower() + field[1:]
    assert str(changed["result"][key]) == value
    script = f"client.{name}.fetch(a, (e, item) => item.delete(done))"
    assert workspace.ask(script, sid)["none"]
    gone = workspace.ask(f"client.{name}.fetch(a, done)", sid)
    assert gone["error"]["code"] == 404


@pytest.mark.feature(184)
def test_a_workspace_s_figures(workspace: Sdk, place: Place) -> None:
    """The three statistics of the workspace, and those of its lists."""
    place.task()
    realtime = workspace.ask("client.realtimeStats.fetch(done)")["result"]
    assert realtime["tasksByStatus"]["reserved"] == 1
    cumulative = workspace.ask("client.cumulativeStats.fetch({ Minutes: '5' }, done)")["result"]
    assert cumulative["tasksCreated"] == 1
    both = workspace.ask("client.statistics.fetch(done)")["result"]
    assert (both["realtime"]["totalWorkers"], both["cumulative"]["tasksCreated"]) == (1, 1)
    workers = workspace.ask("client.workers.statistics.fetch(done)")["result"]
    assert workers["realtime"]["totalWorkers"] == 1
    queues = workspace.ask(
        "client.taskqueues.statistics.fetch((e, list) => done(e, list && list.data))"
    )["result"]
    assert [each["taskQueueSid"] for each in queues] == [place.queue_sid]


@pytest.mark.feature(184)
def test_a_task_queue_is_read_and_changed_and_tells_its_figures(sdk: Sdk, place: Place) -> None:
    """Ready, update and the three statistics with a token of that queue alone."""
    sdk.start(place.queue_token(), False, kind="TaskQueue")
    assert sdk.hear("ready")["friendlyName"] == "Everybody"
    place.task()
    updated = sdk.ask("client.update({ TargetWorkers: '1==1', FriendlyName: 'All' }, done)")
    assert updated["result"]["friendlyName"] == "All"
    realtime = sdk.ask("client.realtimeStats.fetch(done)")["result"]
    assert realtime["tasksByStatus"]["reserved"] == 1
    cumulative = sdk.ask("client.cumulativeStats.fetch({ Minutes: 5 }, done)")["result"]
    assert cumulative["tasksEntered"] == 1
    both = sdk.ask("client.statistics.fetch(done)")["result"]
    assert both["realtime"]["tasksByStatus"]["reserved"] == 1


@pytest.mark.feature(184)
def test_a_supervisor_s_token_is_held_to_its_policies(sdk: Sdk, place: Place) -> None:
    """Without the right to change what is below it, a workspace's client is told 403."""
    sdk.start(place.workspace_token(()), False, kind="Workspace")
    sdk.hear("ready")
    refused = sdk.ask("client.workers.create({ FriendlyName: 'bob' }, done)")

    assert (refused["error"]["code"], refused["isError"]) == (403, True)


@pytest.mark.feature(184)
def test_a_token_of_another_kind_is_refused(sdk: Sdk, place: Place) -> None:
    """A worker's token makes no workspace's client."""
    told = sdk.run(
        "try { new Twilio.TaskRouter.Workspace(a) } catch (error) { return error.message }",
        place.token(),
    )

    assert told == "Missing minimum payload values: workspace_sid"
