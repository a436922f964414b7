"""Workspaces, activities, channels, queues, workflows and workers by their operations."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from pointsman.api.operations import OPERATIONS
from pointsman.store import CallbackNote
from tests.api.builders import Place, every_name
from tests.inside import Inside


def test_every_row_of_the_table_is_reached(place: Place) -> None:
    """No path of the table is hidden by another one: each answers something other than 404 or 405."""
    names = {**every_name(place), "event_sid": a_dead_letter(place)}
    ordered = sorted(OPERATIONS, key=lambda row: (row.method == "DELETE", -row.path.count("/")))
    for row in ordered:
        answer = place.server.ask(row.method, row.path.format(**names), {})
        assert answer.status in (200, 201, 202, 204, 400), (row, answer.body)


def a_dead_letter(place: Place) -> str:
    """The event whose callback was given up."""
    server = place.server
    place.post("", EventCallbackUrl="https://hooks.example/events")
    [owed] = server.store.history().waiting_callbacks()

    async def give_up() -> None:
        server.runtime.note([CallbackNote(replace(owed, dead=True))])

    server.run(give_up())
    server.api.redrive_by(lambda letter: letter)
    return owed.event_sid


@pytest.mark.feature(25, 26, 27, 33)
def test_a_workspace(server: Inside) -> None:
    """A workspace begins with its activities and channels, is changed, and ends with everything."""
    made = server.post("/v1/Workspaces", FriendlyName="A").json
    home = f"/v1/Workspaces/{made['sid']}"
    activities = server.get(f"{home}/Activities").json["activities"]
    channels = server.get(f"{home}/TaskChannels").json["channels"]
    found = {activity["friendly_name"]: activity["available"] for activity in activities}
    ready = next(a["sid"] for a in activities if a["available"])

    changed = server.post(home, FriendlyName="B", DefaultActivitySid=ready).json

    assert found == {"Offline": False, "Available": True, "Unavailable": False}
    assert {channel["unique_name"] for channel in channels} == {
        "default",
        "voice",
        "chat",
        "sms",
        "video",
    }
    assert (changed["friendly_name"], changed["default_activity_name"]) == ("B", "Available")
    worker = server.post(f"{home}/Workers", FriendlyName="Ana").json
    assert worker["activity_name"] == "Available"
    assert server.post(home, DefaultActivitySid="WA" + "0" * 32).status == 400
    gone = server.delete(home)
    assert (gone.status, gone.body) == (204, b"")
    for path in ("", "/Activities", f"/Workers/{worker['sid']}"):
        assert server.get(home + path).status == 404


@pytest.mark.feature(30)
def test_default_and_timeout_activity(server: Inside) -> None:
    """A new worker takes the default activity; one who does not answer takes the timeout activity."""
    place = Place(server, TaskReservationTimeout=5)
    available, unavailable = place.activities["Available"], place.activities["Unavailable"]

    changed = place.post("", DefaultActivitySid=available, TimeoutActivitySid=unavailable).json
    worker = place.post("/Workers", FriendlyName="Ana").json
    place.a_task()
    server.wait(5)

    assert (changed["default_activity_sid"], changed["timeout_activity_name"]) == (
        available,
        "Unavailable",
    )
    assert worker["activity_name"] == "Available"
    assert place.get(f"/Workers/{worker['sid']}").json["activity_name"] == "Unavailable"


@pytest.mark.feature(121)
def test_a_task_that_no_filter_takes(place: Place) -> None:
    """Without a default filter a task that matches nothing is refused, and is not there."""
    filters = [{"expression": 'language == "en"', "targets": [{"queue": place.queue_sid}]}]
    configuration = json.dumps({"task_routing": {"filters": filters}})
    strict = place.post("/Workflows", FriendlyName="x", Configuration=configuration).json["sid"]

    refused = place.post("/Tasks", WorkflowSid=strict, Attributes='{"language": "fr"}')

    assert (refused.status, refused.json["code"]) == (400, 20001)
    assert place.get("/Tasks").json["tasks"] == []
    assert place.post("/Tasks", WorkflowSid=strict, Attributes='{"language": "en"}').status == 201


@pytest.mark.feature(34, 38, 41)
def test_activities_and_channels(place: Place) -> None:
    """Activities and task channels are made, found by both keys, renamed and deleted."""
    worker = place.a_worker()
    lunch = place.post("/Activities", FriendlyName="Lunch", Available="yes").json
    fax = place.post("/TaskChannels", FriendlyName="Fax", UniqueName="fax").json

    assert lunch["available"] is True
    renamed = place.post(f"/Activities/{lunch['sid']}", FriendlyName="Tea", Available="false")
    assert (renamed.status, renamed.json["friendly_name"]) == (200, "Tea")
    assert renamed.json["available"] is True
    assert place.get("/TaskChannels/fax").json == place.get(f"/TaskChannels/{fax['sid']}").json
    own = place.get(f"/Workers/{worker}/Channels/fax").json
    assert own == place.get(f"/Workers/{worker}/Channels/{own['sid']}").json
    assert own == place.get(f"/Workers/{worker}/Channels/{fax['sid']}").json
    other = place.a_worker("Ben")
    assert place.get(f"/Workers/{other}/Channels/{own['sid']}").status == 404
    assert (
        place.post("/TaskChannels/fax", FriendlyName="Telefax").json["friendly_name"] == "Telefax"
    )
    assert place.delete("/TaskChannels/fax").status == 204
    assert place.delete(f"/Activities/{lunch['sid']}").status == 204
    assert place.get(f"/Activities/{lunch['sid']}").status == 404


@pytest.mark.feature(54, 55)
def test_worker_channels(place: Place) -> None:
    """Capacity 0 and an unavailable channel keep new work away."""
    worker = place.a_worker()
    voice = f"/Workers/{worker}/Channels/voice"

    assert place.post(voice, Capacity=0).json["available_capacity_percentage"] == 0
    assert place.offers(place.a_task(TaskChannel="voice")) == []
    assert place.post(voice, Capacity="2", Available="false").json["available"] is False
    assert place.offers(place.a_task(TaskChannel="voice")) == []
    open_again = place.post(voice, Available="true").json
    assert open_again["available_capacity_percentage"] == 0
    assert len(place.get(f"/Workers/{worker}/Reservations").json["reservations"]) == 2


@pytest.mark.feature(56)
def test_capacity_is_shown_in_whole_percent(place: Place) -> None:
    """One task of three leaves 66 percent."""
    worker = place.a_worker()
    place.post(f"/Workers/{worker}/Channels/voice", Capacity=3)
    place.a_task(TaskChannel="voice")

    assert (
        place.get(f"/Workers/{worker}/Channels/voice").json["available_capacity_percentage"] == 66
    )


@pytest.mark.feature(57, 58, 277)
def test_queues(place: Place) -> None:
    """A queue serves everybody by default and nobody with empty text; errors show their place."""
    plain = place.post("/TaskQueues", FriendlyName="a").json
    nobody = place.post("/TaskQueues", FriendlyName="b", TargetWorkers="").json
    bad = place.post("/TaskQueues", FriendlyName="c", TargetWorkers="skill-level > 3")

    assert (plain["target_workers"], plain["task_order"]) == ("1==1", "FIFO")
    assert nobody["target_workers"] == ""
    assert (bad.status, bad.json["code"]) == (400, 20001)
    assert "^" in bad.json["message"]
    assert place.delete(f"/TaskQueues/{place.queue_sid}").status == 400


@pytest.mark.feature(67, 69)
@pytest.mark.parametrize(
    ("configuration", "told"),
    [
        ("{", "JSON"),
        ("[]", "object"),
        ('{"filters": []}', "task_routing"),
        ('{"task_routing": {"default_filter": {"queue": "WQ1"}}}', "default_filter"),
        ('{"task_routing": {"filters": [{"expression": "1 ==", "targets": []}]}}', "filters"),
    ],
)
def test_bad_workflows(place: Place, configuration: str, told: str) -> None:
    """A configuration that cannot route is refused, with the place in it that is wrong."""
    answer = place.post("/Workflows", FriendlyName="x", Configuration=configuration)

    assert (answer.status, answer.json["code"]) == (400, 20001)
    assert told in answer.json["message"]


@pytest.mark.feature(69)
def test_reservation_timeouts(place: Place) -> None:
    """The reservation time-out lies between a second and a day, 120 s by default."""
    home = f"/Workflows/{place.workflow_sid}"

    assert place.get(home).json["task_reservation_timeout"] == 120
    assert (
        place.post(home, TaskReservationTimeout="86400").json["task_reservation_timeout"] == 86_400
    )
    for refused in ("0", "86401", "-1", "soon"):
        assert place.post(home, TaskReservationTimeout=refused).status == 400


@pytest.mark.feature(42)
def test_attributes(place: Place) -> None:
    """Attributes are a JSON object of at most 4,096 characters, kept as they were written."""
    written = '{ "a" : [1,  2] }'
    worker = place.a_worker(Attributes=written)

    assert place.get(f"/Workers/{worker}").json["attributes"] == written
    fits = json.dumps({"a": "x" * 4087})
    assert len(fits) == 4096
    assert place.post(f"/Workers/{worker}", Attributes=fits).status == 200
    for refused in ("{", "[]", "1", "", fits + " ", '{"a": NaN}'):
        answer = place.post(f"/Workers/{worker}", Attributes=refused)
        assert (answer.status, answer.json["code"]) == (400, 20001), refused
    assert place.get(f"/Workers/{worker}").json["attributes"] == fits
